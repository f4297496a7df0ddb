/* The builder of CRLs: the same bytes as OpenSSL's, signatures, sources that are wrong, and what stock tools say. */
#include <check.h>
#include <fcntl.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <unistd.h>

#include "expect.h"
#include "help_crl.h"
#include "help_pki.h"
#include "pki/crl_view.h"

Suite *suite_crl(void);

static struct diag d;
static EVP_PKEY *sm2, *rsa;
static X509 *sm2_issuer, *rsa_issuer;

static void set_up(void)
{
    sm2 = help_key(KEY_SM2);
    rsa = help_key(KEY_RSA);
    sm2_issuer = help_crl_issuer(sm2, SIG_SM2_SM3);
    rsa_issuer = help_crl_issuer(rsa, SIG_RSA_SHA256);
}

static void tear_down(void)
{
    X509_free(sm2_issuer);
    X509_free(rsa_issuer);
    EVP_PKEY_free(sm2);
    EVP_PKEY_free(rsa);
    help_clean();
}

/* -- the same list by OpenSSL's X509_CRL API -- */

static void add(X509_CRL *crl, int nid, void *value, bool critical)
{
    ck_assert_int_eq(X509_CRL_add1_ext_i2d(crl, nid, value, critical, X509V3_ADD_APPEND), 1);
}

static void add_number(X509_CRL *crl, int nid, uint64_t number, bool critical)
{
    ASN1_INTEGER *i = ASN1_INTEGER_new();
    ASN1_INTEGER_set_uint64(i, number);
    add(crl, nid, i, critical);
    ASN1_INTEGER_free(i);
}

static DIST_POINT_NAME *point_name(const char *url)
{
    DIST_POINT_NAME *name = DIST_POINT_NAME_new();
    GENERAL_NAME *uri = GENERAL_NAME_new();
    ASN1_IA5STRING *text = ASN1_IA5STRING_new();
    ASN1_STRING_set(text, url, -1);
    GENERAL_NAME_set0_value(uri, GEN_URI, text);
    name->type = 0;
    name->name.fullname = GENERAL_NAMES_new();
    sk_GENERAL_NAME_push(name->name.fullname, uri);
    return name;
}

static void add_points(X509_CRL *crl, const struct crl_head *h)
{
    if (h->idp_url != NULL) {
        ISSUING_DIST_POINT *idp = ISSUING_DIST_POINT_new();
        idp->distpoint = point_name(h->idp_url);
        add(crl, NID_issuing_distribution_point, idp, true);
        ISSUING_DIST_POINT_free(idp);
    }
    if (h->freshest_url != NULL && h->base == 0) {
        DIST_POINT *p = DIST_POINT_new();
        p->distpoint = point_name(h->freshest_url);
        CRL_DIST_POINTS *points = CRL_DIST_POINTS_new();
        sk_DIST_POINT_push(points, p);
        add(crl, NID_freshest_crl, points, false);
        CRL_DIST_POINTS_free(points);
    }
}

static void add_entry(X509_CRL *crl, const struct crl_entry *e)
{
    X509_REVOKED *r = X509_REVOKED_new();
    BIGNUM *n = BN_bin2bn(e->serial, (int)e->serial_n, NULL);
    ASN1_INTEGER *serial = BN_to_ASN1_INTEGER(n, NULL);
    ASN1_TIME *at = ASN1_TIME_adj(NULL, (time_t)e->revoked, 0, 0);
    X509_REVOKED_set_serialNumber(r, serial);
    X509_REVOKED_set_revocationDate(r, at);
    if (e->reason != 0) {
        ASN1_ENUMERATED *reason = ASN1_ENUMERATED_new();
        ASN1_ENUMERATED_set(reason, e->reason);
        ck_assert_int_eq(X509_REVOKED_add1_ext_i2d(r, NID_crl_reason, reason, 0, X509V3_ADD_APPEND), 1);
        ASN1_ENUMERATED_free(reason);
    }
    ck_assert_int_eq(X509_CRL_add0_revoked(crl, r), 1);
    BN_free(n);
    ASN1_INTEGER_free(serial);
    ASN1_TIME_free(at);
}

/* OpenSSL puts in the algorithm when it signs; for SM2 without NULL. */
static void by_openssl(const struct crl_head *h, const struct crl_entry *entries, size_t n, struct buf *out)
{
    uint8_t *der = NULL;
    const uint8_t *p = h->issuer.p;
    X509_CRL *crl = X509_CRL_new();
    X509_NAME *issuer = d2i_X509_NAME(NULL, &p, (long)h->issuer.n);
    X509_CRL_set_version(crl, X509_CRL_VERSION_2);
    X509_CRL_set_issuer_name(crl, issuer);
    ASN1_TIME *t = ASN1_TIME_adj(NULL, (time_t)h->this_update, 0, 0);
    X509_CRL_set1_lastUpdate(crl, t);
    ASN1_TIME_free(t);
    t = ASN1_TIME_adj(NULL, (time_t)h->next_update, 0, 0);
    X509_CRL_set1_nextUpdate(crl, t);
    ASN1_TIME_free(t);
    for (size_t i = 0; i < n; i++)
        add_entry(crl, &entries[i]);
    AUTHORITY_KEYID *aki = AUTHORITY_KEYID_new();
    aki->keyid = ASN1_OCTET_STRING_new();
    ASN1_OCTET_STRING_set(aki->keyid, h->aki.p, (int)h->aki.n);
    add(crl, NID_authority_key_identifier, aki, false);
    AUTHORITY_KEYID_free(aki);
    add_number(crl, NID_crl_number, h->number, false);
    if (h->base != 0)
        add_number(crl, NID_delta_crl, h->base, true);
    add_points(crl, h);
    ck_assert_int_gt(X509_CRL_sign(crl, h->alg == SIG_SM2_SM3 ? sm2 : rsa, h->alg == SIG_SM2_SM3 ? EVP_sm3() : EVP_sha256()), 0);
    int len = i2d_re_X509_CRL_tbs(crl, &der);
    ck_assert_int_gt(len, 0);
    buf_append(out, der, (size_t)len);
    OPENSSL_free(der);
    X509_NAME_free(issuer);
    X509_CRL_free(crl);
}

static void compare(const struct crl_head *h, const struct crl_entry *entries, size_t n)
{
    struct buf ours = {0}, theirs = {0};
    help_crl_tbs(h, entries, n, &ours);
    by_openssl(h, entries, n, &theirs);
    ck_assert_uint_eq(ours.len, theirs.len);
    ck_assert_mem_eq(ours.data, theirs.data, theirs.len);
    buf_free(&ours);
    buf_free(&theirs);
}

START_TEST(as_openssl_writes_it)
{
    struct crl_head h = help_crl_head(rsa_issuer, SIG_RSA_SHA256);
    for (size_t n = 0; n <= 4; n++)
        compare(&h, help_crl_entries, n);
    h.number = UINT64_MAX;
    h.freshest_url = "http://crl.example/delta.crl";
    compare(&h, help_crl_entries, 4);
    h.base = 0x80;
    compare(&h, help_crl_entries, 4);
    struct crl_entry remove = help_crl_entry("0a0b", HELP_CRL_NOW, CRL_REMOVE);
    compare(&h, &remove, 1);
    h.idp_url = NULL;
    h.number = 0x81;
    compare(&h, &remove, 1);

    /* the last second of UTCTime and the first of GeneralizedTime */
    struct crl_entry late = help_crl_entry("01", 2524607999, 0), later = help_crl_entry("01", 2524608000, 0);
    compare(&h, &late, 1);
    compare(&h, &later, 1);
    h.this_update = 2524607999;
    h.next_update = 2524608000;
    compare(&h, &later, 1);

    h = help_crl_head(sm2_issuer, SIG_SM2_SM3);
    h.sm2_null = false;
    compare(&h, help_crl_entries, 4);
}
END_TEST

/* More entries than one chunk of bytes, so that lengths of three octets come too. */
START_TEST(many)
{
    static struct crl_entry entries[5000];
    struct crl_head h = help_crl_head(rsa_issuer, SIG_RSA_SHA256);
    for (size_t i = 0; i < 5000; i++)
        entries[i] = (struct crl_entry){{(uint8_t)(1 + i / 256), (uint8_t)i}, 2, HELP_CRL_NOW, (int)(i % 7)};
    compare(&h, entries, 5000);
}
END_TEST

/* -- signing -- */

/* The digest that was made while writing is that of the bytes: a signature over either verifies as one over the other. */
static void check_digest(const struct crl_head *h, EVP_PKEY *key)
{
    struct help_entries e = {help_crl_entries, 4, 0};
    struct crl_source source = help_crl_source(&e);
    struct prehash *p;
    struct prehash_value v;
    struct crl_written w;
    struct buf tbs = {0}, signature = {0};
    uint8_t sha256[DIGEST_LEN];
    expect_ok(prehash_new(h->alg, key, &p));
    expect_ok_diag(crl_write_tbs(h, &source, -1, p, &w, &d), &d);
    expect_ok(prehash_final(p, &v));
    prehash_free(p);
    help_crl_tbs(h, help_crl_entries, 4, &tbs);
    ck_assert_uint_eq(w.bytes, tbs.len);
    expect_ok(digest_bytes(DIGEST_SHA256, tbs.data, tbs.len, sha256));
    ck_assert_mem_eq(w.sha256, sha256, DIGEST_LEN);

    struct span digest = {v.bytes, v.n};
    expect_ok(alg_sign(h->alg, key, buf_span(&tbs), &signature));
    expect_ok(alg_verify_digest(h->alg, key, digest, buf_span(&signature)));
    v.bytes[v.n - 1] ^= 1;
    expect_err(alg_verify_digest(h->alg, key, digest, buf_span(&signature)), E_SIGNATURE_BAD);
    v.bytes[v.n - 1] ^= 1;
    expect_err(alg_verify_digest(h->alg, key, (struct span){v.bytes, v.n - 1}, buf_span(&signature)), E_SIGNATURE_BAD);
    expect_err(alg_verify_digest(h->alg, key == rsa ? sm2 : rsa, digest, buf_span(&signature)), E_SIGNATURE_BAD);
    buf_free(&tbs);
    buf_free(&signature);
}

START_TEST(digests)
{
    struct crl_head h = help_crl_head(sm2_issuer, SIG_SM2_SM3);
    struct prehash *p;
    check_digest(&h, sm2);
    for (int a = SIG_RSA_SHA256; a <= SIG_PSS_SHA384; a++) {
        h = help_crl_head(rsa_issuer, (enum sig_alg)a);
        check_digest(&h, rsa);
    }
    expect_err(prehash_new(SIG_SM2_SM3, rsa, &p), E_KEY_TYPE);
    ck_assert_ptr_null(p);
}
END_TEST

START_TEST(assembled)
{
    struct crl_head h = help_crl_head(rsa_issuer, SIG_RSA_SHA256);
    struct buf tbs = {0};
    uint8_t sha256[DIGEST_LEN];
    struct span signature = {(const uint8_t *)"signature", 9};
    help_crl_tbs(&h, help_crl_entries, 4, &tbs);
    int from = help_crl_file(buf_span(&tbs)), to = help_crl_file((struct span){0});
    /* the file is not as long as it should be */
    expect_err(crl_assemble(from, tbs.len - 1, h.alg, true, signature, to, sha256, &d), E_IO);
    expect_err(crl_assemble(from, tbs.len + 1, h.alg, true, signature, to, sha256, &d), E_IO);
    /* nor is it one; and the other cannot be written */
    expect_err(crl_assemble(-1, tbs.len, h.alg, true, signature, to, sha256, &d), E_IO);
    int full = open("/dev/full", O_WRONLY);
    expect_err(crl_assemble(from, tbs.len, h.alg, true, signature, full, sha256, &d), E_DISK_FULL);
    close(full);
    close(from);
    close(to);
    buf_free(&tbs);
}
END_TEST

/* -- sources -- */

static enum err write_from(const struct crl_head *h, const struct crl_entry *entries, size_t n)
{
    struct help_entries e = {entries, n, 0};
    struct crl_source source = help_crl_source(&e);
    struct crl_written w;
    enum err err = crl_write_tbs(h, &source, -1, NULL, &w, &d);
    ck_assert(err == E_OK || (w.bytes == 0 && w.entries == 0));
    return err;
}

START_TEST(entries_refused)
{
    struct crl_head h = help_crl_head(rsa_issuer, SIG_RSA_SHA256);
    struct crl_entry e[2] = {help_crl_entries[1], help_crl_entries[0]};
    expect_err(write_from(&h, e, 2), E_CRL_ENTRIES);
    e[1] = e[0];
    expect_err(write_from(&h, e, 2), E_CRL_ENTRIES);
    e[0] = help_crl_entry("0100", HELP_CRL_NOW, 0);
    e[1] = help_crl_entry("ff", HELP_CRL_NOW, 0);
    expect_err(write_from(&h, e, 2), E_CRL_ENTRIES);
    static const int reasons[] = {-1, 7, CRL_REMOVE, 11, 256};
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        e[0].reason = reasons[i];
        expect_err(write_from(&h, e, 1), E_CRL_ENTRIES);
    }
    e[0] = help_crl_entry("", HELP_CRL_NOW, 0);
    expect_err(write_from(&h, e, 1), E_CRL_ENTRIES);
    e[0] = help_crl_entry("0001", HELP_CRL_NOW, 0);
    expect_err(write_from(&h, e, 1), E_CRL_ENTRIES);
    e[0] = help_crl_entries[3];
    e[0].serial[0] = 0x80; /* 21 bytes as an INTEGER */
    expect_err(write_from(&h, e, 1), E_CRL_ENTRIES);
    e[0].serial_n = CRL_SERIAL_MAX + 1;
    expect_err(write_from(&h, e, 1), E_CRL_ENTRIES);
}
END_TEST

/* A source whose passes differ, or that fails. */
struct unsteady {
    int passes, fails_in, next_fails_in, extra_in, late_in;
    bool given;
};

static enum err unsteady_rewind(void *arg, struct diag *why)
{
    struct unsteady *u = arg;
    u->given = false;
    return ++u->passes == u->fails_in ? diag_set(why, E_INDEX, "rewind") : E_OK;
}

static enum err unsteady_next(void *arg, struct crl_entry *e, bool *more, struct diag *why)
{
    struct unsteady *u = arg;
    if (u->passes == u->next_fails_in)
        return diag_set(why, E_INDEX, "next");
    *more = !u->given && u->passes != u->extra_in;
    u->given = true;
    *e = help_crl_entry("01", u->passes == u->late_in ? 2524608000 : HELP_CRL_NOW, 0);
    return E_OK;
}

static enum err write_unsteady(struct unsteady u)
{
    struct crl_head h = help_crl_head(rsa_issuer, SIG_RSA_SHA256);
    struct crl_source source = {&u, unsteady_rewind, unsteady_next};
    struct crl_written w;
    d = (struct diag){0};
    return crl_write_tbs(&h, &source, -1, NULL, &w, &d);
}

START_TEST(sources_that_change)
{
    expect_ok(write_unsteady((struct unsteady){0}));
    expect_err(write_unsteady((struct unsteady){.extra_in = 1}), E_CRL_ENTRIES);
    expect_err(write_unsteady((struct unsteady){.extra_in = 2}), E_CRL_ENTRIES);
    expect_err(write_unsteady((struct unsteady){.late_in = 2}), E_CRL_ENTRIES); /* longer by two bytes */
    for (int pass = 1; pass <= 2; pass++) {
        expect_err(write_unsteady((struct unsteady){.fails_in = pass}), E_INDEX);
        ck_assert_str_eq(d.text, "rewind");
        expect_err(write_unsteady((struct unsteady){.next_fails_in = pass}), E_INDEX);
        ck_assert_str_eq(d.text, "next");
    }
}
END_TEST

START_TEST(medium_full)
{
    struct crl_head h = help_crl_head(rsa_issuer, SIG_RSA_SHA256);
    struct help_entries e = {help_crl_entries, 4, 0};
    struct crl_source source = help_crl_source(&e);
    struct crl_written w;
    int fd = open("/dev/full", O_WRONLY);
    expect_err(crl_write_tbs(&h, &source, fd, NULL, &w, &d), E_DISK_FULL);
    close(fd);
}
END_TEST

START_TEST(order_of_serials)
{
    struct crl_entry small = help_crl_entry("ff", 0, 0), large = help_crl_entry("0100", 0, 0);
    ck_assert_int_eq(crl_compare(&small, &large), -1);
    ck_assert_int_eq(crl_compare(&large, &small), 1);
    ck_assert_int_eq(crl_compare(&large, &large), 0);
}
END_TEST

/* -- what others say -- */

static void subject_cert(const char *serial)
{
    ck_assert(help_run("openssl req -new -newkey rsa:2048 -nodes -keyout ee.key -subj /CN=ee -out ee.csr"));
    ck_assert(help_run("openssl x509 -req -in ee.csr -CA ca.pem -CAkey ca.key -set_serial 0x%s -days 3650 -out ee.pem", serial));
}

START_TEST(stock_tools_rsa)
{
    struct crl_head h = help_crl_head(rsa_issuer, SIG_RSA_SHA256);
    struct buf crl = {0}, key = {0};
    uint8_t *der = NULL;
    int n = i2d_PrivateKey(rsa, &der);
    buf_append(&key, der, (size_t)n);
    OPENSSL_free(der);
    help_write("ca.der", buf_span(&key));
    help_write_cert("ca.pem", rsa_issuer);
    h.this_update = 1700000000;  /* 2023 */
    h.next_update = 2500000000;  /* 2049 */
    h.idp_url = NULL;            /* OpenSSL wants the certificates to name it */
    help_crl(&h, help_crl_entries, 4, rsa, &crl);
    help_write("ca.crl", buf_span(&crl));
    ck_assert(help_run("openssl pkey -inform DER -in ca.der -out ca.key"));
    ck_assert(help_run("openssl crl -inform DER -in ca.crl -out ca.crl.pem -CAfile ca.pem"));
    ck_assert(help_run("openssl crl -inform DER -in ca.crl -noout -text > text"));
    ck_assert(help_run("grep -A1 'CRL Number' text | grep -qw 7"));
    ck_assert(help_run("test $(grep -c 'Serial Number: ' text) = 4"));
    ck_assert(help_run("grep -q 'Key Compromise' text && grep -q 'Certificate Hold' text && grep -q 'AA Compromise' text"));
    ck_assert(help_run("certtool --crl-info --inder --infile ca.crl > info && grep -q 'Serial Number (hex): 7fff03' info"));
    subject_cert("7fff030405060708090a0b0c0d0e0f1011121314");
    ck_assert(help_run("openssl verify -CAfile ca.pem -crl_check -CRLfile ca.crl.pem ee.pem 2>&1 | grep -q 'certificate revoked'"));
    subject_cert("0102");
    ck_assert(help_run("openssl verify -CAfile ca.pem -crl_check -CRLfile ca.crl.pem ee.pem"));
    buf_free(&crl);
    buf_free(&key);
}
END_TEST

START_TEST(stock_tools_sm2)
{
    struct crl_head h = help_crl_head(sm2_issuer, SIG_SM2_SM3);
    struct buf crl = {0};
    for (int delta = 0; delta < 2; delta++) {
        h.base = delta ? 3 : 0;
        h.freshest_url = "http://crl.example/delta.crl";
        buf_reset(&crl);
        help_crl(&h, help_crl_entries, 4, sm2, &crl);
        help_write("sm2.crl", buf_span(&crl));
        ck_assert(help_run("openssl asn1parse -inform DER -in sm2.crl > parse && grep -q 'SM2-with-SM3' parse"));
        ck_assert(help_run("openssl crl -inform DER -in sm2.crl -noout -text > text && grep -q '%s' text",
                           delta ? "Delta CRL Indicator: critical" : "X509v3 Freshest CRL"));
        ck_assert(help_run("grep -q 'URI:http://crl.example/ca.crl' text"));
    }
    buf_free(&crl);
}
END_TEST

Suite *suite_crl(void)
{
    Suite *s = suite_create("crl");
    TCase *t = tcase_create("crl");
    tcase_set_timeout(t, 120);
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, as_openssl_writes_it);
    tcase_add_test(t, many);
    tcase_add_test(t, digests);
    tcase_add_test(t, assembled);
    tcase_add_test(t, entries_refused);
    tcase_add_test(t, sources_that_change);
    tcase_add_test(t, medium_full);
    tcase_add_test(t, order_of_serials);
    tcase_add_test(t, stock_tools_rsa);
    tcase_add_test(t, stock_tools_sm2);
    suite_add_tcase(s, t);
    return s;
}
