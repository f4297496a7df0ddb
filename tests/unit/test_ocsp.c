/* OCSP responses made in advance, and the responder's certificate: what OpenSSL reads in them, and what nobody takes. */
#include <check.h>
#include <openssl/ocsp.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "core/clock.h"
#include "expect.h"
#include "help_ocsp.h"
#include "help_pki.h"
#include "mutants.h"
#include "pki/cert.h"
#include "pki/der.h"
#include "pki/lint.h"
#include "pki/ocsp_check.h"

Suite *suite_ocsp(void);

static struct help_ocsp sm2, rsa;
static struct diag d;
static unsigned accepted;

static void set_up(void)
{
    help_ocsp_make(&sm2, SIG_SM2_SM3);
    help_ocsp_make(&rsa, SIG_RSA_SHA256);
}

static void tear_down(void)
{
    help_ocsp_free(&sm2);
    help_ocsp_free(&rsa);
    help_clean();
}

/* Good, revoked, revoked with a reason; serial numbers short and long. */
#define KINDS 4
static struct ocsp_status kind(const struct help_ocsp *h, int i)
{
    struct ocsp_status s = help_ocsp_status(h);
    if (i == 1 || i == 2) {
        s.revoked = true;
        s.revoked_at = HELP_OCSP_NOW - 86400;
        s.reason = i == 1 ? 0 : 6;
    }
    if (i >= 2) {
        memset(s.id.serial, 0x80, 19);
        s.id.serial_n = 19;
    }
    if (i == 3) {
        memset(s.id.serial, 0x7f, 20);
        s.id.serial_n = 20;
        s.next_update = 2600000000; /* 2052 */
    }
    return s;
}

/* -- what OpenSSL reads -- */

static int64_t seconds(const ASN1_GENERALIZEDTIME *t)
{
    struct tm tm;
    ck_assert_int_eq(ASN1_TIME_to_tm(t, &tm), 1);
    return timegm(&tm);
}

static OCSP_CERTID *their_id(const struct help_ocsp *h, const struct ocsp_status *s)
{
    BIGNUM *n = BN_bin2bn(s->id.serial, (int)s->id.serial_n, NULL);
    ASN1_INTEGER *serial = BN_to_ASN1_INTEGER(n, NULL);
    OCSP_CERTID *id = OCSP_cert_id_new(EVP_sha1(), X509_get_subject_name(h->ca), X509_get0_pubkey_bitstr(h->ca), serial);
    ck_assert_ptr_nonnull(id);
    BN_free(n);
    ASN1_INTEGER_free(serial);
    return id;
}

static void check_read(const struct help_ocsp *h, const struct ocsp_status *s)
{
    struct buf ours = {0};
    uint8_t *again = NULL;
    int status, reason = -1;
    ASN1_GENERALIZEDTIME *revoked, *this_update, *next_update;
    help_ocsp_response(h, s, &ours);
    const uint8_t *p = ours.data;
    OCSP_RESPONSE *r = d2i_OCSP_RESPONSE(NULL, &p, (long)ours.len);
    ck_assert_ptr_nonnull(r);
    ck_assert_ptr_eq(p, ours.data + ours.len);
    ck_assert_int_eq(i2d_OCSP_RESPONSE(r, &again), (int)ours.len);
    ck_assert_mem_eq(again, ours.data, ours.len);
    ck_assert_int_eq(OCSP_response_status(r), OCSP_RESPONSE_STATUS_SUCCESSFUL);
    OCSP_BASICRESP *basic = OCSP_response_get1_basic(r);
    OCSP_CERTID *id = their_id(h, s);
    ck_assert_int_eq(OCSP_resp_find_status(basic, id, &status, &reason, &revoked, &this_update, &next_update), 1);
    ck_assert_int_eq(status, s->revoked ? V_OCSP_CERTSTATUS_REVOKED : V_OCSP_CERTSTATUS_GOOD);
    ck_assert_int_eq(reason, s->reason != 0 ? s->reason : -1);
    if (s->revoked)
        ck_assert_int_eq(seconds(revoked), s->revoked_at);
    ck_assert_int_eq(seconds(this_update), s->this_update);
    ck_assert_int_eq(seconds(next_update), s->next_update);
    ck_assert_int_eq(seconds(OCSP_resp_get0_produced_at(basic)), s->produced_at);
    OCSP_CERTID_free(id);
    OCSP_BASICRESP_free(basic);
    OCSP_RESPONSE_free(r);
    OPENSSL_free(again);
    buf_free(&ours);
}

START_TEST(as_openssl_reads_it)
{
    for (int i = 0; i < KINDS; i++) {
        struct ocsp_status s = kind(&sm2, i);
        check_read(&sm2, &s);
        s = kind(&rsa, i);
        check_read(&rsa, &s);
    }
}
END_TEST

/* OpenSSL's own request for the certificate is ours. */
START_TEST(requests)
{
    for (int i = 0; i < KINDS; i++) {
        struct ocsp_status s = kind(&rsa, i);
        struct buf ours = {0};
        uint8_t *theirs = NULL;
        OCSP_REQUEST *r = OCSP_REQUEST_new();
        ck_assert_ptr_nonnull(OCSP_request_add0_id(r, their_id(&rsa, &s)));
        int n = i2d_OCSP_REQUEST(r, &theirs);
        expect_ok(ocsp_request(&s.id, &ours));
        ck_assert_int_eq(n, (int)ours.len);
        ck_assert_mem_eq(theirs, ours.data, ours.len);
        OPENSSL_free(theirs);
        OCSP_REQUEST_free(r);
        buf_free(&ours);
    }
}
END_TEST

/* Slashes at the end, twice and alone: 0x3f, 0xff and 0xf? make them. */
START_TEST(paths)
{
    struct ocsp_id id = {.serial_n = 20};
    char path[OCSP_PATH_MAX];
    memset(id.name_hash, 0xff, OCSP_HASH);
    memset(id.key_hash, 0xff, OCSP_HASH);
    memset(id.serial, 0x7f, 20);
    id.serial[19] = 0xff;
    expect_ok(ocsp_path(&id, path));
    ck_assert_int_eq(strncmp(path, "MF", 2), 0);
    ck_assert_ptr_null(strstr(path, "//"));
    ck_assert_ptr_nonnull(strchr(path, '/'));
    size_t n = strlen(path);
    ck_assert_msg(n > 5 && strcmp(path + n - 6, "/index") == 0, "%s", path);
    id.serial[19] = 0xfe;
    expect_ok(ocsp_path(&id, path));
    ck_assert_ptr_null(strstr(path, "index"));

    /* the longest */
    memset(id.name_hash, 0, OCSP_HASH);
    memset(id.key_hash, 0, OCSP_HASH);
    expect_ok(ocsp_path(&id, path));
    ck_assert_uint_eq(strlen(path), 116);
}
END_TEST

START_TEST(stock_tools)
{
    struct ocsp_status s = help_ocsp_status(&rsa);
    struct buf ours = {0};
    help_write_cert("ca.pem", rsa.ca);
    for (int revoked = 0; revoked < 2; revoked++) {
        s.revoked = revoked == 1;
        s.revoked_at = revoked == 1 ? HELP_OCSP_NOW : 0;
        s.reason = revoked == 1 ? 1 : 0;
        buf_reset(&ours);
        help_ocsp_response(&rsa, &s, &ours);
        help_write("response", buf_span(&ours));
        ck_assert(help_run("faketime '2026-05-29 00:00:00' openssl ocsp -issuer ca.pem -serial 0x7b -no_nonce -respin response "
                           "-CAfile ca.pem > answer 2>&1"));
        ck_assert(help_run("grep -q 'Response verify OK' answer && grep -q '^0x7b: %s' answer", revoked ? "revoked" : "good"));
        /* past nextUpdate it says so */
        ck_assert(help_run("faketime '2026-06-06 00:00:00' openssl ocsp -issuer ca.pem -serial 0x7b -no_nonce -respin response "
                           "-CAfile ca.pem > answer 2>&1; grep -q 'WARNING: Status times invalid' answer"));
    }
    buf_free(&ours);
}
END_TEST

START_TEST(refused_to_write)
{
    struct buf out = {0};
    static const int reasons[] = {-1, 7, 8, 11};
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        struct ocsp_status s = kind(&sm2, 2);
        s.reason = reasons[i];
        expect_err(ocsp_write_tbs(&s, &out, &d), E_FIELD_VALUE);
    }
    struct ocsp_status s = kind(&sm2, 0);
    s.reason = 1;
    expect_err(ocsp_write_tbs(&s, &out, &d), E_FIELD_VALUE);
    s.reason = 0;
    s.id.serial_n = 0;
    expect_err(ocsp_write_tbs(&s, &out, &d), E_FIELD_VALUE);
    s.id.serial_n = 21;
    expect_err(ocsp_write_tbs(&s, &out, &d), E_FIELD_VALUE);
    s.id.serial_n = 20;
    s.id.serial[0] = 0x80;
    expect_err(ocsp_write_tbs(&s, &out, &d), E_FIELD_VALUE);
    s.id.serial[0] = 0;
    expect_err(ocsp_write_tbs(&s, &out, &d), E_FIELD_VALUE);
    ck_assert_uint_eq(out.len, 0);
}
END_TEST

/* -- reading -- */

static enum err try(struct span bytes, X509 *ca)
{
    struct ocsp_view v;
    d = (struct diag){0};
    enum err e = ocsp_view_response(bytes, &v, &d);
    return e == E_OK ? ocsp_verify(&v, ca, &d) : e;
}

static struct ocsp_view original;

/* What is read is one form: written again it is the same bytes. */
static void try_mutant(struct span bytes)
{
    struct ocsp_view v;
    struct buf tbs = {0}, again = {0};
    d = (struct diag){0};
    enum err e = ocsp_view_response(bytes, &v, &d);
    if (e == E_OK) {
        accepted++;
        expect_ok_diag(ocsp_write_tbs(&v.status, &tbs, &d), &d);
        bool null = v.alg_id.n == alg_identifier(v.alg, true).n;
        expect_ok(ocsp_assemble(buf_span(&tbs), v.alg, null, v.signature, v.responder, &again));
        ck_assert_uint_eq(again.len, bytes.n);
        ck_assert_mem_eq(again.data, bytes.p, bytes.n);
        /* The algorithm is not among what is signed, and SM2's has two forms of one meaning. */
        bool same = der_same(v.tbs, original.tbs) && der_same(v.signature, original.signature) &&
                    der_same(v.responder, original.responder) && v.alg == original.alg;
        ck_assert_int_eq(ocsp_verify(&v, sm2.ca, &d) == E_OK, same);
    } else {
        ck_assert_int_eq(e, E_OCSP_FORMAT);
    }
    buf_free(&tbs);
    buf_free(&again);
}

START_TEST(read_back)
{
    for (int i = 0; i < KINDS; i++) {
        struct ocsp_status s = kind(&sm2, i);
        struct ocsp_view v;
        struct buf der = {0};
        if (i == 3)
            s.next_update = HELP_OCSP_NOW + 1; /* inside the responder's validity */
        help_ocsp_response(&sm2, &s, &der);
        expect_ok_diag(ocsp_view_response(buf_span(&der), &v, &d), &d);
        ck_assert_mem_eq(&v.status.id, &s.id, sizeof s.id);
        ck_assert_mem_eq(v.status.responder, s.responder, OCSP_HASH);
        ck_assert_int_eq(v.status.revoked, s.revoked);
        ck_assert_int_eq(v.status.revoked_at, s.revoked_at);
        ck_assert_int_eq(v.status.reason, s.reason);
        ck_assert_int_eq(v.status.next_update, s.next_update);
        expect_ok_diag(ocsp_verify(&v, sm2.ca, &d), &d);
        buf_free(&der);
    }
}
END_TEST

/* Every code that there could be. */
START_TEST(reasons)
{
    static const uint8_t reason[] = {0xa0, 0x03, 0x0a, 0x01, 0x06};
    struct ocsp_status s = kind(&sm2, 2);
    struct ocsp_view v;
    struct buf tbs = {0};
    expect_ok(ocsp_write_tbs(&s, &tbs, &d));
    uint8_t *at = memmem(tbs.data, tbs.len, reason, sizeof reason);
    ck_assert_ptr_nonnull(at);
    for (int code = 0; code < 256; code++) {
        at[4] = (uint8_t)code;
        bool fine = code >= 1 && code <= 10 && code != 7 && code != 8;
        expect_err(ocsp_view_tbs(buf_span(&tbs), &v, &d), fine ? E_OK : E_OCSP_FORMAT);
    }
    buf_free(&tbs);
}
END_TEST

START_TEST(spoilt)
{
    struct ocsp_status s = kind(&sm2, 2);
    struct buf der = {0};
    help_ocsp_response(&sm2, &s, &der);
    expect_ok_diag(try(buf_span(&der), sm2.ca), &d);
    for (size_t bit = 0; bit < 8 * der.len; bit++) {
        der.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        ck_assert_msg(try(buf_span(&der), sm2.ca) != E_OK, "bit %zu", bit);
        der.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t n = 0; n < der.len; n++)
        ck_assert_int_eq(try((struct span){der.data, n}, sm2.ca), E_OCSP_FORMAT);
    expect_ok(ocsp_view_response(buf_span(&der), &original, &d));
    size_t n = mutants_each(buf_span(&der), try_mutant);
    ck_assert_uint_gt(n, 500);
    ck_assert_uint_gt(accepted, 10);
    der.data[der.len - 1] ^= 1;                              /* the certificate's signature */
    expect_err(try(buf_span(&der), sm2.ca), E_OCSP_RESPONDER);
    der.data[der.len - 1] ^= 1;
    expect_err(try(buf_span(&der), rsa.ca), E_OCSP_RESPONDER);
    buf_free(&der);

    /* another certificate's status under this signature */
    struct buf tbs = {0}, other = {0}, signature = {0};
    expect_ok(ocsp_write_tbs(&s, &tbs, &d));
    expect_ok(alg_sign(SIG_SM2_SM3, sm2.key, buf_span(&tbs), &signature));
    s.revoked = false;
    s.revoked_at = s.reason = 0;
    expect_ok(ocsp_write_tbs(&s, &other, &d));
    expect_ok(ocsp_assemble(buf_span(&other), SIG_SM2_SM3, true, buf_span(&signature), buf_span(&sm2.responder_der), &der));
    expect_err(try(buf_span(&der), sm2.ca), E_OCSP_SIGNATURE);
    buf_reset(&der); /* no signature at all */
    expect_ok(ocsp_assemble(buf_span(&other), SIG_SM2_SM3, true, (struct span){0}, buf_span(&sm2.responder_der), &der));
    expect_err(try(buf_span(&der), sm2.ca), E_OCSP_FORMAT);
    buf_free(&tbs);
    buf_free(&other);
    buf_free(&signature);
    buf_free(&der);
}
END_TEST

/* -- responders that are none -- */

/* A response by the responder with another certificate. */
static enum err with_certificate(const struct tbs_spec *spec, EVP_PKEY *by)
{
    struct help_ocsp h = sm2;
    struct buf tbs = {0}, der = {0};
    struct ocsp_status s = help_ocsp_status(&sm2);
    h.responder_der = (struct buf){0};
    expect_ok_diag(tbs_build(spec, &tbs, &d), &d);
    help_assemble(&tbs, SIG_SM2_SM3, by, &h.responder_der);
    help_ocsp_response(&h, &s, &der);
    enum err e = try(buf_span(&der), sm2.ca);
    buf_free(&tbs);
    buf_free(&der);
    buf_free(&h.responder_der);
    return e;
}

START_TEST(impostors)
{
    static const char *const server[] = {"1.3.6.1.5.5.7.3.1"};
    static const struct policy_strings usage = {server, 1};
    struct key key = {0}, other = {0};
    expect_ok(key_from_pkey(sm2.key, &key, &d));
    expect_ok(key_from_pkey(sm2.ca_key, &other, &d));
    const struct tbs_spec good = help_ocsp_spec(&sm2, &key);
    struct tbs_spec spec = good;
    expect_ok_diag(with_certificate(&spec, sm2.ca_key), &d);
    expect_err(with_certificate(&spec, sm2.key), E_OCSP_RESPONDER); /* signed by itself */
    spec.issuer = buf_span(&sm2.name);
    expect_err(with_certificate(&spec, sm2.ca_key), E_OCSP_RESPONDER);
    spec = good;
    spec.extended_key_usage = NULL;
    expect_err(with_certificate(&spec, sm2.ca_key), E_OCSP_RESPONDER);
    spec.extended_key_usage = &usage;
    expect_err(with_certificate(&spec, sm2.ca_key), E_OCSP_RESPONDER);
    spec = good;
    spec.ocsp_nocheck = false;
    expect_err(with_certificate(&spec, sm2.ca_key), E_OCSP_RESPONDER);
    spec = good;
    spec.not_before = HELP_OCSP_NOW + 1;
    expect_err(with_certificate(&spec, sm2.ca_key), E_OCSP_RESPONDER);
    spec = good;
    spec.not_after = HELP_OCSP_NOW + 604799;
    expect_err(with_certificate(&spec, sm2.ca_key), E_OCSP_RESPONDER);
    spec.not_after++;
    expect_ok_diag(with_certificate(&spec, sm2.ca_key), &d);
    spec = good;
    spec.spki = buf_span(&other.spki);
    expect_err(with_certificate(&spec, sm2.ca_key), E_OCSP_RESPONDER);
    key_free(&key);
    key_free(&other);

    /* the right responder for another issuer's certificate */
    struct ocsp_status s = help_ocsp_status(&sm2);
    struct buf der = {0};
    s.id.key_hash[0] ^= 1;
    help_ocsp_response(&sm2, &s, &der);
    expect_err(try(buf_span(&der), sm2.ca), E_OCSP_RESPONDER);
    buf_free(&der);
    /* and no certificate at all */
    struct help_ocsp h = sm2;
    h.responder_der = (struct buf){.data = (uint8_t[]){0x30, 0x00}, .len = 2};
    help_ocsp_response(&h, &s, &der);
    expect_err(try(buf_span(&der), sm2.ca), E_OCSP_RESPONDER);
    buf_free(&der);
}
END_TEST

/* -- the lints -- */

static enum err lint(const struct ocsp_status *made, const struct ocsp_status *want)
{
    struct buf tbs = {0};
    expect_ok(ocsp_write_tbs(made, &tbs, &d));
    d = (struct diag){0};
    enum err e = ocsp_lint(buf_span(&tbs), want, sm2.ca, sm2.responder, &d);
    buf_free(&tbs);
    return e;
}

static void expect_clause(enum err e, const char *clause)
{
    expect_err(e, E_LINT);
    ck_assert_str_eq(d.clause, clause);
}

START_TEST(linted)
{
    const struct ocsp_status good = kind(&sm2, 2);
    struct ocsp_status s = good;
    expect_ok_diag(lint(&good, &good), &d);
    s.id.serial[3] ^= 1;
    expect_clause(lint(&s, &good), "RFC 6960 4.1.1");
    s = good;
    s.id.name_hash[0] ^= 1;
    expect_clause(lint(&s, &good), "RFC 6960 4.1.1");
    expect_clause(lint(&s, &s), "RFC 6960 4.1.1");
    s = good;
    s.id.key_hash[19] ^= 1;
    expect_clause(lint(&s, &good), "RFC 6960 4.1.1");
    s = good;
    s.id.serial_n--;
    expect_clause(lint(&s, &good), "RFC 6960 4.1.1");
    s = good;
    s.responder[19] ^= 1;
    expect_clause(lint(&s, &good), "RFC 6960 4.2.1");
    expect_clause(lint(&s, &s), "RFC 6960 4.2.1");
    s = good;
    s.reason = 0;
    expect_clause(lint(&s, &good), "RFC 6960 2.2");
    s.revoked = false;
    expect_clause(lint(&s, &good), "RFC 6960 2.2");
    int64_t *const times[] = {&s.produced_at, &s.this_update, &s.next_update, &s.revoked_at};
    for (size_t i = 0; i < 4; i++) {
        s = good;
        ++*times[i];
        expect_clause(lint(&s, &good), i == 3 ? "RFC 6960 2.2" : "RFC 6960 2.4");
    }
    s = good;
    s.produced_at--;
    expect_clause(lint(&s, &s), "RFC 6960 2.4");
    s = good;
    s.next_update = s.produced_at;
    expect_clause(lint(&s, &s), "RFC 6960 2.4");
    s = good;
    s.revoked_at = s.this_update + 1;
    expect_clause(lint(&s, &s), "RFC 6960 2.4");
    s = good;
    s.next_update += 90 * 86400;
    expect_clause(lint(&s, &s), "RFC 5019 2.2.2");
    expect_err(ocsp_lint((struct span){(const uint8_t *)"0", 1}, &good, sm2.ca, sm2.responder, &d), E_OCSP_FORMAT);
}
END_TEST

static void lint_responder_says(const struct tbs_spec *spec, const char *clause)
{
    struct buf tbs = {0};
    d = (struct diag){0};
    expect_ok(tbs_build(spec, &tbs, &d));
    expect_err(lint_responder(buf_span(&tbs), &sm2.row, &sm2.ca_row, sm2.ca, sm2.key, &d), E_LINT);
    ck_assert_msg(strcmp(d.clause, clause) == 0, "%s: %s", d.clause, d.text);
    buf_free(&tbs);
}

START_TEST(responder_linted)
{
    static const char *const two[] = {"1.3.6.1.5.5.7.3.9", "1.3.6.1.5.5.7.3.1"};
    static const struct policy_strings usage = {two, 2};
    struct key key = {0}, other = {0};
    expect_ok(key_from_pkey(sm2.key, &key, &d));
    expect_ok(key_from_pkey(sm2.ca_key, &other, &d));
    const struct tbs_spec good = help_ocsp_spec(&sm2, &key);
    struct tbs_spec s = good;
    s.ocsp_nocheck = false;
    lint_responder_says(&s, "RFC 5280 4.2");
    s = good;
    s.ca = true;
    lint_responder_says(&s, "RFC 5280 4.2");
    s = good;
    s.extended_key_usage = &usage;
    lint_responder_says(&s, "RFC 6960 4.2.2.2");
    s = good;
    s.key_usage = KU_DIGITAL_SIGNATURE | KU_CRL_SIGN;
    lint_responder_says(&s, "RFC 5280 4.2.1.3");
    s = good;
    s.aki.n--;
    lint_responder_says(&s, "RFC 5280 4.2.1.1");
    s = good;
    s.ski.n--;
    lint_responder_says(&s, "RFC 5280 4.2.1.2");
    s = good;
    s.not_after--;
    lint_responder_says(&s, "the responder's clause");
    s = good;
    s.spki = buf_span(&other.spki);
    lint_responder_says(&s, "the responder's clause");
    s = good;
    s.subject = s.issuer;
    lint_responder_says(&s, "RFC 5280 4"); /* the name's rule has no clause of its own */
    s = good;
    s.issuer = s.subject;
    lint_responder_says(&s, "RFC 5280 4.1.2.4");
    s = good;
    s.sm2_null = false;
    lint_responder_says(&s, "RFC 5280 4.1.2.3");
    key_free(&key);
    key_free(&other);
}
END_TEST

Suite *suite_ocsp(void)
{
    Suite *s = suite_create("ocsp");
    TCase *t = tcase_create("ocsp");
    tcase_set_timeout(t, 240);
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, as_openssl_reads_it);
    tcase_add_test(t, requests);
    tcase_add_test(t, paths);
    tcase_add_test(t, stock_tools);
    tcase_add_test(t, refused_to_write);
    tcase_add_test(t, read_back);
    tcase_add_test(t, reasons);
    tcase_add_test(t, spoilt);
    tcase_add_test(t, impostors);
    tcase_add_test(t, linted);
    tcase_add_test(t, responder_linted);
    suite_add_tcase(s, t);
    return s;
}
