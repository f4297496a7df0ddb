#include "ra/cmc.h"

#include <check.h>
#include <string.h>

#include "expect.h"
#include "help_bundle.h"
#include "help_cmc.h"
#include "help_pki.h"
#include "pki/der.h"

Suite *suite_cmc(void);

#define NOW HELP_BUNDLE_NOW
#define SPAN(...) ((struct span){(const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})})
#define NONE ((struct span){0})

static EVP_PKEY *key;
static X509 *cert;
static struct buf csr;
static const uint8_t name_bytes[] = {0x30, 0x0d, 0x31, 0x0b, 0x30, 0x09, 0x06, 0x03, 0x55, 0x04, 0x06, 0x13, 0x02, 'C', 'N'};
static const struct span name = {name_bytes, sizeof name_bytes};

static void setup(void)
{
    key = help_key(KEY_P256);
    cert = help_cert(key, SIG_ECDSA_SHA256, "another RA");
    help_csr(key, SIG_ECDSA_SHA256, NULL, &csr);
}

static void teardown(void)
{
    EVP_PKEY_free(key);
    X509_free(cert);
    buf_free(&csr);
}

/* What the request with this PKIData gets. */
static enum err read_data(struct span data, struct cmc *c, struct diag *d)
{
    struct buf file = {0};
    *d = (struct diag){0};
    help_cmc_sign(data, cert, key, &file);
    enum err e = cmc_parse(buf_span(&file), c, d);
    if (e == E_OK)
        e = cmc_verify(c, cert, NOW, d);
    buf_free(&file);
    return e;
}

static void expect_data(struct span data, enum err want, const char *words)
{
    struct cmc c;
    struct diag d;
    enum err e = read_data(data, &c, &d);
    ck_assert_msg(e == want && (e == E_OK || strstr(d.text, words) != NULL), "%s: %s: %s", words, err_name(e), d.text);
    expect_seen(e);
    cmc_free(&c);
}

/* The same of one made of parts, which are freed. */
static void expect_parts(struct help_cmc *h, enum err want, const char *words)
{
    struct buf data = {0};
    help_cmc_data(h, &data);
    expect_data(buf_span(&data), want, words);
    buf_free(&data);
    help_cmc_free(h);
    *h = (struct help_cmc){0};
}

START_TEST(what_is_asked_for_is_read)
{
    static const enum sig_alg algs[] = {SIG_ECDSA_SHA256, SIG_RSA_SHA256, SIG_SM2_SM3};
    EVP_PKEY *k = help_key(alg_sig_key(algs[_i]));
    X509 *by = help_cert(k, algs[_i], "another RA"), *twin = help_cert(key, SIG_ECDSA_SHA256, "another RA");
    struct buf file = {0};
    struct cmc c;
    struct diag d = {0};
    uint8_t digest[DIGEST_LEN];
    help_cmc_good(buf_span(&csr), by, k, &file);
    expect_ok(digest_bytes(DIGEST_SHA256, file.data, file.len, digest));
    expect_ok_diag(cmc_parse(buf_span(&file), &c, &d), &d);
    expect_ok_diag(cmc_verify(&c, by, NOW, &d), &d);
    ck_assert_mem_eq(c.digest, digest, DIGEST_LEN);
    ck_assert_uint_eq(c.n, 3);
    ck_assert(c.parts[0].id == 5 && c.parts[1].id == 9 && c.parts[2].id == 70000);
    ck_assert(c.parts[0].csr.n == csr.len && memcmp(c.parts[0].csr.p, csr.data, csr.len) == 0);
    ck_assert(c.parts[1].csr.n == 0 && c.parts[1].reason == 1 && c.parts[1].serial.n == 16 && c.parts[1].serial.p[15] == 7);
    ck_assert(c.parts[2].reason == 6 && c.parts[2].serial.p[15] == 8);
    ck_assert(c.transaction.n == 3 && c.transaction.p[2] == 77 && c.nonce.n == 4 && c.nonce.p[3] == 2);
    ck_assert(cmc_find(&c, 9) == &c.parts[1] && cmc_find(&c, 1) == NULL);
    ck_assert_ptr_null(cmc_find(&(struct cmc){.n = 0}, 9));
    /* by another certificate; before and after its time; of the same name and number with another key */
    expect_err(cmc_verify(&c, cert, NOW, &d), E_CMC_SIGNATURE);
    expect_err(cmc_verify(&c, twin, NOW, &d), E_CMC_SIGNATURE);
    expect_err(cmc_verify(&c, by, 1, &d), E_CMC_SIGNATURE);
    expect_err(cmc_verify(&c, by, INT64_C(4000000000), &d), E_CMC_SIGNATURE);
    cmc_free(&c);
    buf_free(&file);
    X509_free(by);
    X509_free(twin);
    EVP_PKEY_free(k);
}
END_TEST

/* What it says of its own time must be possible. */
START_TEST(it_was_signed_when_that_could_be)
{
    static const struct {
        int64_t at;
        enum err want;
        const char *words;
    } rows[] = {{NOW - 86400, E_OK, ""},
                {NOW + 3600, E_OK, ""},
                {NOW + 3601, E_CMC_SIGNATURE, "which is to come"},
                {1704067200 - 1, E_CMC_SIGNATURE, "when it was signed: the certificate is not valid yet"}, /* 2024-01-01 */
                {1704067200, E_OK, ""}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buf file = {0};
        struct cmc c;
        struct diag d = {0};
        help_cmc_signed_at = rows[i].at;
        help_cmc_good(buf_span(&csr), cert, key, &file);
        expect_ok_diag(cmc_parse(buf_span(&file), &c, &d), &d);
        ck_assert(c.has_time && c.time == rows[i].at);
        enum err e = cmc_verify(&c, cert, NOW, &d);
        ck_assert_msg(e == rows[i].want && (e == E_OK || strstr(d.text, rows[i].words) != NULL), "%zu: %s", i, d.text);
        expect_seen(e);
        cmc_free(&c);
        buf_free(&file);
    }
}
END_TEST

/* It need not say when: then the certificate is valid now, and that is all. */
START_TEST(it_does_not_say_when_it_was_signed)
{
    struct buf file = {0};
    struct cmc c;
    struct diag d = {0};
    help_cmc_signed_at = 0;
    help_cmc_good(buf_span(&csr), cert, key, &file);
    expect_ok_diag(cmc_parse(buf_span(&file), &c, &d), &d);
    ck_assert(!c.has_time && c.n == 3);
    expect_ok_diag(cmc_verify(&c, cert, NOW, &d), &d);
    expect_err(cmc_verify(&c, cert, 1, &d), E_CMC_SIGNATURE);
    cmc_free(&c);
    buf_free(&file);
}
END_TEST

/* The PKIData has one digest in whatever file. */
START_TEST(what_was_signed_is_known_again)
{
    struct buf file = {0}, again = {0};
    struct cmc a, b;
    struct diag d = {0};
    help_cmc_good(buf_span(&csr), cert, key, &file);
    help_cmc_signed_at--;
    help_cmc_good(buf_span(&csr), cert, key, &again);
    expect_ok_diag(cmc_parse(buf_span(&file), &a, &d), &d);
    expect_ok_diag(cmc_parse(buf_span(&again), &b, &d), &d);
    ck_assert_mem_ne(a.digest, b.digest, DIGEST_LEN);
    ck_assert_mem_eq(a.signed_digest, b.signed_digest, DIGEST_LEN);
    cmc_free(&a);
    cmc_free(&b);
    buf_free(&file);
    buf_free(&again);
}
END_TEST

START_TEST(no_bit_can_be_another)
{
    struct buf file = {0};
    struct diag d = {0};
    help_cmc_good(buf_span(&csr), cert, key, &file);
    for (size_t bit = 0; bit < 8 * file.len; bit++) {
        struct cmc c;
        file.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        enum err e = cmc_parse(buf_span(&file), &c, &d);
        if (e == E_OK)
            e = cmc_verify(&c, cert, NOW, &d);
        ck_assert_msg(e == E_CMC_FORMAT || e == E_CMC_SIGNATURE || e == E_CMC_UNSUPPORTED, "bit %zu: %s", bit, err_name(e));
        cmc_free(&c);
        file.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    buf_free(&file);
}
END_TEST

START_TEST(what_is_not_understood_is_named)
{
    static const struct {
        unsigned number;
        const char *words;
    } controls[] = {{3, "the control identityProof"},  {34, "the control identityProofV2"}, {2, "the control identification"},
                    {7, "the control recipientNonce"}, {8, "the control addExtensions"},    {28, "the control batchRequests"},
                    {21, "the control queryPending"},  {99, "the control 1.3.6.1.5.5.7.7.99"}};
    struct help_cmc h = {0};
    for (size_t i = 0; i < sizeof controls / sizeof controls[0]; i++) {
        help_cmc_csr(&h, 5, buf_span(&csr));
        help_cmc_control(&h, 6, controls[i].number, SPAN(DER_NULL, 0));
        expect_parts(&h, E_CMC_UNSUPPORTED, controls[i].words);
    }
    buf_append(&h.requests, SPAN(0xa1, 2, 0x30, 0).p, 4);
    expect_parts(&h, E_CMC_UNSUPPORTED, "CRMF");
    buf_append(&h.requests, SPAN(0xa2, 3, 2, 1, 1).p, 5);
    expect_parts(&h, E_CMC_UNSUPPORTED, "(orm)");
    help_cmc_csr(&h, 5, buf_span(&csr));
    buf_append(&h.cms, SPAN(0x30, 0).p, 2);
    expect_parts(&h, E_CMC_UNSUPPORTED, "cmsSequence");
    help_cmc_csr(&h, 5, buf_span(&csr));
    buf_append(&h.messages, SPAN(0x30, 0).p, 2);
    expect_parts(&h, E_CMC_UNSUPPORTED, "otherMsgSequence");
}
END_TEST

#define GENERAL 0x18, 15, '2', '0', '2', '6', '0', '1', '0', '1', '0', '0', '0', '0', '0', '0', 'Z'

START_TEST(revocations_are_whole)
{
    static const uint8_t zero_first[] = {0, 0x80, 1}, negative[] = {0x80}, zero[] = {0};
    struct help_cmc h = {0};
    const struct span one = SPAN(1);
    help_cmc_revoke(&h, 1, name, (struct span){zero_first, 3}, 0, SPAN(0x0c, 2, 0xc3, 0xa4));
    expect_parts(&h, E_OK, "");
    help_cmc_revoke(&h, 1, name, one, 1, SPAN(0x0c, 1, 0xc3));
    expect_parts(&h, E_CMC_FORMAT, "not UTF-8");
    help_cmc_revoke(&h, 1, name, one, 1, SPAN(GENERAL));
    expect_parts(&h, E_CMC_UNSUPPORTED, "invalidityDate");
    help_cmc_revoke(&h, 1, name, one, 1, SPAN(4, 1, 'x'));
    expect_parts(&h, E_CMC_UNSUPPORTED, "passphrase");
    help_cmc_revoke(&h, 1, name, one, 1, SPAN(5, 0));
    expect_parts(&h, E_CMC_FORMAT, "the revokeRequest");
    help_cmc_revoke(&h, 1, name, (struct span){negative, 1}, 1, NONE);
    expect_parts(&h, E_CMC_FORMAT, "serial number");
    help_cmc_revoke(&h, 1, name, (struct span){zero, 1}, 1, NONE);
    expect_parts(&h, E_CMC_FORMAT, "serial number");
    for (int reason = 0; reason <= 12; reason++) {
        help_cmc_revoke(&h, 1, name, one, reason, NONE);
        expect_parts(&h, reason == 7 || reason > 10 ? E_CMC_FORMAT : E_OK, "none of RFC 5280");
    }
    help_cmc_control(&h, 1, CMC_REVOKE_REQUEST, SPAN(0x30, 9, 0x30, 0, 2, 1, 1, 10, 2, 1, 0)); /* 256 */
    expect_parts(&h, E_CMC_FORMAT, "none of RFC 5280");
    help_cmc_control(&h, 1, CMC_REVOKE_REQUEST, SPAN(0x31, 0));
    expect_parts(&h, E_CMC_FORMAT, "the revokeRequest");
    help_cmc_control(&h, 1, CMC_REVOKE_REQUEST, SPAN(0x30, 2, 0x30, 0));
    expect_parts(&h, E_CMC_FORMAT, "the revokeRequest");
}
END_TEST

START_TEST(numbers_are_unique)
{
    struct help_cmc h = {0};
    help_cmc_csr(&h, 0, buf_span(&csr));
    expect_parts(&h, E_CMC_FORMAT, "no number");
    help_cmc_csr(&h, UINT32_MAX, buf_span(&csr));
    expect_parts(&h, E_OK, "");
    help_cmc_csr(&h, 7, buf_span(&csr));
    help_cmc_csr(&h, 7, buf_span(&csr));
    expect_parts(&h, E_CMC_FORMAT, "body part 7: there are two");
    help_cmc_csr(&h, 7, buf_span(&csr));
    help_cmc_control(&h, 7, CMC_SENDER_NONCE, SPAN(4, 0));
    expect_parts(&h, E_CMC_FORMAT, "body part 7: there are two");
    help_cmc_control(&h, 7, CMC_SENDER_NONCE, SPAN(4, 0));
    expect_parts(&h, E_NO_REQUESTS, "no certificate and no revocation");
    /* one more than 32 bits; negative */
    buf_append(&h.requests, SPAN(0xa0, 9, 2, 5, 1, 0, 0, 0, 0, 0x30, 0).p, 11);
    expect_parts(&h, E_CMC_FORMAT, "no number");
    buf_append(&h.requests, SPAN(0xa0, 5, 2, 1, 0x80, 0x30, 0).p, 7);
    expect_parts(&h, E_CMC_FORMAT, "no number");
}
END_TEST

START_TEST(controls_have_one_value)
{
    struct help_cmc h = {0};
    uint8_t nonce[4 + LIMIT_CMC_NONCE + 1] = {DER_OCTET_STRING, 0x82, 1, 1};
    help_cmc_csr(&h, 5, buf_span(&csr));
    help_cmc_control(&h, 6, CMC_TRANSACTION_ID, NONE);
    expect_parts(&h, E_CMC_FORMAT, "exactly one value");
    help_cmc_csr(&h, 5, buf_span(&csr));
    help_cmc_control(&h, 6, CMC_TRANSACTION_ID, SPAN(2, 1, 1, 2, 1, 2));
    expect_parts(&h, E_CMC_FORMAT, "exactly one value");
    help_cmc_csr(&h, 5, buf_span(&csr));
    help_cmc_control(&h, 6, CMC_TRANSACTION_ID, SPAN(4, 1, 1));
    expect_parts(&h, E_CMC_FORMAT, "the value of the control");
    help_cmc_csr(&h, 5, buf_span(&csr));
    help_cmc_control(&h, 6, CMC_SENDER_NONCE, (struct span){nonce, sizeof nonce});
    expect_parts(&h, E_CMC_FORMAT, "257 bytes, allowed are 256");
    help_cmc_csr(&h, 5, buf_span(&csr));
    help_cmc_control(&h, 6, CMC_SENDER_NONCE, SPAN(4, 0));
    help_cmc_control(&h, 7, CMC_SENDER_NONCE, SPAN(4, 0));
    expect_parts(&h, E_CMC_FORMAT, "a second time");
    buf_append(&h.controls, SPAN(0x31, 0).p, 2);
    expect_parts(&h, E_CMC_FORMAT, "the controls");
    buf_append(&h.controls, SPAN(0x30, 3, 2, 1, 1).p, 5);
    expect_parts(&h, E_CMC_FORMAT, "a control");
}
END_TEST

START_TEST(the_data_has_its_form)
{
    struct help_cmc h = {0};
    struct buf data = {0};
    expect_data(SPAN(0x30, 6, 0x30, 0, 0x30, 0, 0x30, 0), E_CMC_FORMAT, "four sequences");
    expect_data(SPAN(0x30, 10, 0x30, 0, 0x30, 0, 0x30, 0, 0x30, 0, 0x30, 0), E_CMC_FORMAT, "more than its four");
    expect_data(SPAN(0x30, 0x80, 0, 0), E_CMC_FORMAT, "not in DER");
    expect_data(SPAN(0x30, 8, 0x30, 0, 0x30, 0, 0x30, 0, 0x30, 0, 0), E_CMC_FORMAT, "not in DER");
    expect_data(SPAN(0x30, 8, 0x30, 0, 0x30, 0, 0x30, 0, 0x30, 0), E_NO_REQUESTS, "");
    buf_append(&h.requests, SPAN(0x30, 0).p, 2);
    expect_parts(&h, E_CMC_FORMAT, "no number");
    help_cmc_csr(&h, 5, SPAN(4, 0));
    expect_parts(&h, E_CMC_FORMAT, "body part 5: the PKCS#10");
    help_cmc_csr(&h, 5, SPAN(0x30, 0, 0x30, 0));
    expect_parts(&h, E_CMC_FORMAT, "body part 5: the PKCS#10");
    for (uint32_t i = 1; i <= LIMIT_CMC_PARTS + 1; i++)
        help_cmc_csr(&h, i, SPAN(0x30, 0));
    expect_parts(&h, E_CMC_FORMAT, "10001 body parts");
    buf_free(&data);
}
END_TEST

START_TEST(the_signature_holds_a_request)
{
    struct cmc c;
    struct diag d = {0};
    struct buf detached = {0}, other = {0};
    const struct span data = SPAN(0x30, 8, 0x30, 0, 0x30, 0, 0x30, 0, 0x30, 0);
    EVP_PKEY *sm2 = help_key(KEY_SM2);
    X509 *by = help_cert(sm2, SIG_SM2_SM3, "another RA");
    uint8_t *der = NULL;
    int n = i2d_X509(by, &der);
    ck_assert_int_gt(n, 0);
    expect_ok(cms_sign(by, sm2, data, NOW, &detached, &d));
    expect_err(cmc_parse(buf_span(&detached), &c, &d), E_CMC_FORMAT);
    cmc_free(&c);
    const struct cms_held held = {cmc_id_response, data, {der, (size_t)n}};
    expect_ok(cms_sign_holding(by, sm2, &held, NOW, &other, &d));
    expect_err(cmc_parse(buf_span(&other), &c, &d), E_CMC_FORMAT);
    ck_assert_str_eq(d.text, "it holds another type of content");
    cmc_free(&c);
    expect_err(cmc_parse(buf_span(&csr), &c, &d), E_CMC_FORMAT);
    cmc_free(&c);
    expect_err(cmc_parse(NONE, &c, &d), E_CMC_FORMAT);
    cmc_free(&c);
    OPENSSL_free(der);
    buf_free(&detached);
    buf_free(&other);
    X509_free(by);
    EVP_PKEY_free(sm2);
}
END_TEST

Suite *suite_cmc(void)
{
    Suite *s = suite_create("cmc");
    TCase *t = tcase_create("requests");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, what_is_asked_for_is_read, 0, 3);
    tcase_add_test(t, it_was_signed_when_that_could_be);
    tcase_add_test(t, it_does_not_say_when_it_was_signed);
    tcase_add_test(t, what_was_signed_is_known_again);
    tcase_add_test(t, no_bit_can_be_another);
    tcase_add_test(t, what_is_not_understood_is_named);
    tcase_add_test(t, revocations_are_whole);
    tcase_add_test(t, numbers_are_unique);
    tcase_add_test(t, controls_have_one_value);
    tcase_add_test(t, the_data_has_its_form);
    tcase_add_test(t, the_signature_holds_a_request);
    suite_add_tcase(s, t);
    return s;
}
