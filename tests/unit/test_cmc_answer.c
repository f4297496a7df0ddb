#include "ra/cmc_answer.h"

#include <check.h>
#include <openssl/cms.h>
#include <string.h>

#include "batch/request.h"
#include "expect.h"
#include "help_bundle.h"
#include "help_cmc.h"
#include "help_pki.h"
#include "pki/cert.h"
#include "pki/der.h"
#include "ra/cmc_draft.h"
#include "ra/cmc_match.h"

Suite *suite_cmc_answer(void);

#define NOW HELP_BUNDLE_NOW

static EVP_PKEY *key;
static X509 *cert;
static struct buf csr, file;
static struct cmc cmc;
static struct cmc_additions with;
static struct diag d;

static void setup(void)
{
    key = help_key(KEY_RSA);
    cert = help_cert(key, SIG_RSA_SHA256, "another RA");
    EVP_PKEY *holder = help_key(KEY_P256);
    help_csr(holder, SIG_ECDSA_SHA256, NULL, &csr);
    EVP_PKEY_free(holder);
    help_cmc_good(buf_span(&csr), cert, key, &file);
    expect_ok_diag(cmc_parse(buf_span(&file), &cmc, &d), &d);
    with = help_cmc_additions(NOW);
}

static void teardown(void)
{
    EVP_PKEY_free(key);
    X509_free(cert);
    cmc_free(&cmc);
    buf_free(&csr);
    buf_free(&file);
    help_clean();
}

static enum err draft(size_t part, struct request *r)
{
    d = (struct diag){0};
    return cmc_draft(&cmc, &cmc.parts[part], &with, r, &d);
}

/* -- a batch with them -- */

static void put_request(struct buf *lines, const struct request *r)
{
    expect_ok(request_write(r, lines));
    buf_append_byte(lines, '\n');
}

static struct buf more; /* lines behind the requests */

/* The requests of the parts in this order; change() may spoil each. */
static void make_batch(const size_t *parts, size_t n, void (*change)(size_t place, struct request *r), struct desk *k)
{
    struct batch_header h = {.authority = "ca", .ra = "town", .id = "b-1", .sequence = 1, .created = NOW,
                             .valid_until = NOW + 86400, .count = (int64_t)n};
    struct buf lines = {0}, all = {0};
    char dir[256];
    for (size_t i = 0; i < n; i++) {
        struct request r;
        expect_ok_diag(draft(parts[i], &r), &d);
        if (change != NULL)
            change(i, &r);
        put_request(&lines, &r);
        request_free(&r);
    }
    expect_ok(header_write(&h, &all));
    buf_append_byte(&all, '\n');
    buf_append(&all, lines.data, lines.len);
    buf_append(&all, more.data, more.len);
    help_run("mkdir -p batch");
    help_write("batch/batch.jsonl", buf_span(&all));
    snprintf(dir, sizeof dir, "%s", help_path("batch"));
    expect_ok_diag(desk_open(dir, k, &d), &d);
    buf_free(&lines);
    buf_free(&all);
}

static void of_another(size_t place, struct request *r)
{
    if (place == 0) {
        r->has_evidence = false;
        snprintf(r->id, sizeof r->id, "other-9");
    }
}

static void expect_match(const size_t *parts, size_t n, void (*change)(size_t, struct request *), enum err want, const char *words)
{
    struct desk k;
    size_t places[3];
    make_batch(parts, n, change, &k);
    enum err e = cmc_match(&cmc, &k, places, &d);
    ck_assert_msg(e == want && (e == E_OK || strcmp(d.text, words) == 0), "%s: %s: %s", words, err_name(e), d.text);
    expect_seen(e);
    for (size_t i = 0; e == E_OK && i < n; i++)
        ck_assert(change != NULL || places[parts[i]] == i);
    desk_close(&k);
}

static void other_serial(size_t place, struct request *r)
{
    if (place == 1)
        r->serial[15]++;
}

static void other_number(size_t place, struct request *r)
{
    if (place == 0)
        snprintf(r->id, sizeof r->id, "order-6");
}

static void renamed(size_t place, struct request *r)
{
    snprintf(r->id, sizeof r->id, "%c-%u", (char)(97 + place), cmc.parts[place % 3].id);
}

/* Body part 5 and other numbers are none; 4294967301 is 5 and 2^32. */
static const char *const no_numbers[] = {"order",    "order-",   "order-05",         "order-5x",
                                         "order-x5", "order-00", "order-4294967301", "order-10000000005"};
static const char *renamed_to;

static void rename_first(size_t place, struct request *r)
{
    if (place == 0)
        snprintf(r->id, sizeof r->id, "%s", renamed_to);
}

/* A request for a certificate under the number of a revocation: one more, and one that ends the same certificate. */
static void issues_instead(size_t place, struct request *r)
{
    if (place == 0)
        snprintf(r->id, sizeof r->id, "order-9");
}

static void renews_instead(size_t place, struct request *r)
{
    issues_instead(place, r);
    if (place != 0)
        return;
    r->op = OP_RENEW;
    snprintf(r->op_text, sizeof r->op_text, "renew");
    r->has_serial = true;
    memcpy(r->serial, cmc.parts[1].serial.p, SERIAL_LEN);
}

START_TEST(requests_are_found_again)
{
    expect_match((const size_t[]){0, 1, 2}, 3, NULL, E_OK, "");
    expect_match((const size_t[]){2, 0, 1}, 3, NULL, E_OK, "");
    expect_match((const size_t[]){1, 0, 1, 2}, 4, of_another, E_OK, "");
    expect_match((const size_t[]){0, 1, 2}, 3, renamed, E_OK, "");
    expect_match((const size_t[]){0, 2}, 2, NULL, E_CMC_OTHER, "body part 9 is not in this batch");
    expect_match((const size_t[]){0, 1, 2, 0}, 4, renamed, E_CMC_OTHER, "body part 5 is there twice");
    expect_match((const size_t[]){0, 1, 2}, 3, other_serial, E_CMC_OTHER,
                 "the request order-9 has it as evidence, and is none of its body parts");
    expect_match((const size_t[]){0, 1, 2}, 3, other_number, E_CMC_OTHER,
                 "the request order-6 has it as evidence, and is none of its body parts");
    for (size_t i = 0; i < sizeof no_numbers / sizeof no_numbers[0]; i++) {
        char words[128];
        renamed_to = no_numbers[i];
        snprintf(words, sizeof words, "the request %s has it as evidence, and is none of its body parts", renamed_to);
        expect_match((const size_t[]){0, 1, 2}, 3, rename_first, E_CMC_OTHER, words);
    }
    expect_match((const size_t[]){0, 1, 2}, 3, issues_instead, E_CMC_OTHER,
                 "the request order-9 has it as evidence, and is none of its body parts");
    expect_match((const size_t[]){0, 1, 2}, 3, renews_instead, E_CMC_OTHER,
                 "the request order-9 has it as evidence, and is none of its body parts");
}
END_TEST

START_TEST(lines_that_nobody_can_read_are_passed)
{
    buf_append_str(&more, "{}\n\n");
    for (int i = 0; i <= LIMIT_LINE; i++)
        buf_append_byte(&more, 'x');
    buf_append_byte(&more, '\n');
    expect_match((const size_t[]){0, 1, 2}, 3, NULL, E_OK, "");
    buf_free(&more);
}
END_TEST

/* -- responses -- */

static char note[64], nothing[1];

START_TEST(refusals_are_told)
{
    static const struct {
        enum err code;
        enum cmc_fail fail;
    } rows[] = {{E_CSR_ALGORITHM, CMC_BAD_ALG},      {E_KEY_TYPE, CMC_BAD_ALG},
                {E_REQUEST_DATE, CMC_BAD_TIME},      {E_CERT_UNKNOWN, CMC_BAD_CERT_ID},
                {E_CSR_EXTENSION, CMC_UNSUPPORTED_EXT}, {E_CSR_ASKS_CA, CMC_UNSUPPORTED_EXT},
                {E_CSR_SIGNATURE, CMC_POP_FAILED},   {E_RENEWAL_SAME_KEY, CMC_NO_KEY_REUSE},
                {E_KEY_OTHER_SUBJECT, CMC_NO_KEY_REUSE}, {E_KEY_OF_CA, CMC_NO_KEY_REUSE},
                {E_KEY_SIZE, CMC_BAD_REQUEST},       {E_SUBJECT_MISSING, CMC_BAD_REQUEST}};
    struct cmc_status s;
    snprintf(note, sizeof note, "CN");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct answer a = {.act = PLAN_REFUSE, .code = rows[i].code, .clause = "c 3", .note = note};
        char want[CMC_TEXT];
        cmc_status_of(&a, &s);
        ck_assert(s.word == CMC_FAILED && s.fail == rows[i].fail);
        snprintf(want, sizeof want, "%s: %s: CN [c 3]", err_name(a.code), err_sentence(a.code));
        ck_assert_str_eq(s.text, want);
    }
    cmc_status_of(&(struct answer){.act = PLAN_REFUSE, .code = E_KEY_SIZE, .note = nothing}, &s);
    ck_assert_str_eq(s.text, "E_KEY_SIZE: the key's size is not allowed");
    cmc_status_of(&(struct answer){.act = PLAN_ISSUE, .note = note}, &s);
    ck_assert(s.word == CMC_SUCCESS && strcmp(s.text, "issued without the requested CN") == 0);
    cmc_status_of(&(struct answer){.act = PLAN_REVOKE, .note = nothing, .late = true}, &s);
    ck_assert(s.word == CMC_SUCCESS && strcmp(s.text, "revoked later than promised") == 0);
    cmc_status_of(&(struct answer){.act = PLAN_HOLD, .note = nothing}, &s);
    ck_assert(s.word == CMC_SUCCESS && s.text[0] == '\0');
}
END_TEST

/* OpenSSL's word on a response: its content, and how many certificates its bag has. */
static void read_response(const struct buf *response, X509 *by, struct buf *content, int *certificates)
{
    const uint8_t *p = response->data;
    CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &p, (long)response->len);
    char type[64];
    ck_assert(cms != NULL && p == response->data + response->len);
    OBJ_obj2txt(type, sizeof type, CMS_get0_eContentType(cms), 1);
    ck_assert_str_eq(type, "1.3.6.1.5.5.7.12.3");
    STACK_OF(X509) *signers = sk_X509_new_null(), *bag = CMS_get1_certs(cms);
    sk_X509_push(signers, by);
    ck_assert_int_eq(CMS_verify(cms, signers, NULL, NULL, NULL, CMS_NO_SIGNER_CERT_VERIFY | CMS_NOINTERN | CMS_BINARY), 1);
    const ASN1_OCTET_STRING *octets = *CMS_get0_content(cms);
    buf_append(content, ASN1_STRING_get0_data(octets), (size_t)ASN1_STRING_length(octets));
    *certificates = sk_X509_num(bag);
    sk_X509_free(signers);
    sk_X509_pop_free(bag, X509_free);
    CMS_ContentInfo_free(cms);
}

static void expect_content(const struct buf *content, const char *hex)
{
    struct buf want = {0};
    ck_assert(der_check(buf_span(content)));
    help_hex(hex, &want);
    ck_assert_uint_eq(content->len, want.len);
    ck_assert_mem_eq(content->data, want.data, want.len);
    buf_free(&want);
}

#define CONTROL(id, oid, value) "0201" id "06082b0601050507" "07" oid value
#define NONCE "000102030405060708090a0b0c0d0e0f"

static void write_response(struct cmc_response *r, struct buf *content, int *certificates)
{
    struct buf whole = {0};
    for (uint8_t i = 0; i < CMC_NONCE; i++)
        r->nonce[i] = i;
    expect_ok_diag(cmc_write(r, cert, key, NOW, &whole, &d), &d);
    ck_assert(der_check(buf_span(&whole)));
    read_response(&whole, cert, content, certificates);
    buf_free(&whole);
}

START_TEST(answers_are_written)
{
    struct desk k;
    struct cmc_response r;
    struct buf content = {0}, der = {0};
    struct anchor anchor = {.cert = cert};
    const struct anchor *issuers[] = {&anchor};
    int certificates;
    expect_ok(cert_write_der(cert, &der));
    X509 *issued = help_cert(key, SIG_RSA_SHA256, "somebody");
    struct answer v[] = {{.act = PLAN_REFUSE, .code = E_CERT_UNKNOWN, .note = nothing},
                         {.act = PLAN_ISSUE, .note = nothing},
                         {.act = PLAN_HOLD, .note = nothing}};
    struct buf issued_der = {0};
    expect_ok(cert_write_der(issued, &issued_der));
    v[1].cert = buf_span(&issued_der);
    const struct answers answers = {.rows = {.content = {(const uint8_t *)v, sizeof v}}, .n = 3, .issuers = issuers, .issuers_n = 1};
    make_batch((const size_t[]){1, 0, 2}, 3, NULL, &k);
    expect_ok_diag(cmc_answer(&cmc, &k, &answers, &r, &d), &d);
    r.statuses[1].text[0] = '\0'; /* seen above */
    write_response(&r, &content, &certificates);
    ck_assert_int_eq(certificates, 2); /* the issued one, and the issuer, which is the signer, once */
    expect_content(&content, "3081a9" "3081a2"
                   "3019" CONTROL("01", "19", "310a" "3008" "020100" "3003" "020105")
                   "301c" CONTROL("02", "19", "310d" "300b" "020102" "3003" "020109" "020104")
                   "301b" CONTROL("03", "19", "310c" "300a" "020100" "3005" "0203011170")
                   "3012" CONTROL("04", "05", "3103" "02014d")
                   "3013" CONTROL("05", "07", "3104" "04020102")
                   "3021" CONTROL("06", "06", "3112" "0410" NONCE)
                   "3000" "3000");
    cmc_answer_free(&r);
    desk_close(&k);
    buf_free(&content);
    buf_free(&der);
    buf_free(&issued_der);
    X509_free(issued);
}
END_TEST

START_TEST(where_nothing_was_issued_no_issuer_is_needed)
{
    struct desk k;
    struct cmc_response r;
    struct anchor anchor = {.cert = cert};
    const struct anchor *issuers[] = {&anchor};
    struct answer v[] = {{.act = PLAN_REFUSE, .code = E_KEY_SIZE, .note = nothing}, {.act = PLAN_HOLD, .note = nothing},
                         {.act = PLAN_HOLD, .note = nothing}};
    const struct answers answers = {.rows = {.content = {(const uint8_t *)v, sizeof v}}, .n = 3, .issuers = issuers, .issuers_n = 1};
    make_batch((const size_t[]){0, 1, 2}, 3, NULL, &k);
    expect_ok_diag(cmc_answer(&cmc, &k, &answers, &r, &d), &d);
    ck_assert_uint_eq(r.certificates_n, 0);
    cmc_answer_free(&r);
    desk_close(&k);
}
END_TEST

START_TEST(what_is_not_answered_is_pending)
{
    struct desk k;
    struct cmc_response r;
    struct buf content = {0};
    char hex[DIGEST_HEX], want[1024];
    int certificates;
    hex_encode(cmc.digest, DIGEST_LEN, hex);
    make_batch((const size_t[]){0, 1, 2}, 3, NULL, &k);
    cmc.nonce = cmc.transaction = (struct span){0};
    expect_ok_diag(cmc_answer(&cmc, &k, NULL, &r, &d), &d);
    write_response(&r, &content, &certificates);
    ck_assert_int_eq(certificates, 1);
    /* until 2025-10-10 08:53:20 */
#define PENDING "3033" "0420%1$s" "180f" "32303235313031303038353332305a"
    snprintf(want, sizeof want, "3081f9" "3081f2"
             "304e" CONTROL("01", "19", "313f" "303d" "020103" "3003" "020105" PENDING)
             "304e" CONTROL("02", "19", "313f" "303d" "020103" "3003" "020109" PENDING)
             "3050" CONTROL("03", "19", "3141" "303f" "020103" "3005" "0203011170" PENDING) "3000" "3000", hex);
    expect_content(&content, want);
    cmc_answer_free(&r);
    expect_ok_diag(cmc_answer(&cmc, &k, NULL, &r, &d), &d);
    cmc.parts[0].csr.n--;
    cmc_answer_free(&r);
    expect_err(cmc_answer(&cmc, &k, NULL, &r, &d), E_CMC_OTHER);
    cmc_answer_free(&r);
    desk_close(&k);
    buf_free(&content);
}
END_TEST

START_TEST(the_key_belongs_to_the_certificate)
{
    struct cmc_status statuses[3] = {{.word = CMC_SUCCESS}};
    const struct cmc_response r = {.request = &cmc, .statuses = statuses};
    struct buf out = {0};
    EVP_PKEY *other = help_key(KEY_SM2), *p256 = help_key(KEY_P256);
    expect_err(cmc_write(&r, cert, other, NOW, &out, &d), E_PRIVATE_KEY);
    expect_err(cmc_write(&r, cert, p256, NOW, &out, &d), E_PRIVATE_KEY);
    ck_assert_uint_eq(out.len, 0);
    EVP_PKEY_free(other);
    EVP_PKEY_free(p256);
}
END_TEST

Suite *suite_cmc_answer(void)
{
    Suite *s = suite_create("cmc_answer");
    TCase *t = tcase_create("responses");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, requests_are_found_again);
    tcase_add_test(t, lines_that_nobody_can_read_are_passed);
    tcase_add_test(t, refusals_are_told);
    tcase_add_test(t, answers_are_written);
    tcase_add_test(t, where_nothing_was_issued_no_issuer_is_needed);
    tcase_add_test(t, what_is_not_answered_is_pending);
    tcase_add_test(t, the_key_belongs_to_the_certificate);
    suite_add_tcase(s, t);
    return s;
}
