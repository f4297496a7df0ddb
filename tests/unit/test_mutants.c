/* Requests, approvals and certificates with one element spoilt, signed again where a forger could sign. */
#include <openssl/x509v3.h>
#include <string.h>

#include "batch/decide.h"
#include "expect.h"
#include "help_bundle.h"
#include "help_pki.h"
#include "mutants.h"
#include "pki/cert.h"
#include "pki/cms.h"
#include "pki/lint.h"
#include "pki/name.h"
#include "pki/san.h"
#include "pki/show.h"
#include "pki/tbs_view.h"
#include "ra/lines.h"
#include "ra/result.h"

Suite *suite_mutants(void);

static EVP_PKEY *key;
static X509 *cert;
static struct span text = {(const uint8_t *)"what was approved", 17};
static struct buf good;
static unsigned accepted;

/* A request that is taken must be what OpenSSL makes of it, to the byte. */
static void try_request(struct span info)
{
    struct csr csr;
    struct buf der = {0}, tbs = {0}, name = {0}, san = {0};
    struct diag d = {0};
    buf_append(&tbs, info.p, info.n);
    help_assemble(&tbs, SIG_SM2_SM3, key, &der);
    if (csr_parse(buf_span(&der), &csr, &d) == E_OK) {
        uint8_t *again = NULL;
        const uint8_t *p = der.data;
        X509_REQ *req = d2i_X509_REQ(NULL, &p, (long)der.len);
        ck_assert_int_eq(i2d_X509_REQ(req, &again), (int)der.len);
        ck_assert_mem_eq(again, der.data, der.len);
        const struct policy_profile *p0 = &help_bundle_policy()->authorities[0].profiles[0];
        (void)!name_from_request(csr_subject(&csr), p0->subject, p0->subject_n, "c", &name, &d);
        int at = X509v3_get_ext_by_NID(csr.extensions, NID_subject_alt_name, -1);
        if (at >= 0)
            (void)!san_from_request(X509v3_get_ext(csr.extensions, at), "c", &san, &d);
        accepted++;
        csr_free(&csr);
        X509_REQ_free(req);
        OPENSSL_free(again);
    }
    buf_free(&der);
    buf_free(&tbs);
    buf_free(&name);
    buf_free(&san);
}

START_TEST(requests)
{
    struct buf der = {0};
    STACK_OF(X509_EXTENSION) *ext = NULL;
    key = help_key(KEY_SM2);
    help_extension(&ext, NID_subject_alt_name, "DNS:a.example.com,IP:192.0.2.1");
    help_extension(&ext, NID_basic_constraints, "critical,CA:FALSE");
    help_csr(key, SIG_SM2_SM3, ext, &der);
    struct span in = buf_span(&der);
    struct der request, info;
    ck_assert(der_take(&in, DER_SEQUENCE, &request) && der_take(&request.body, DER_SEQUENCE, &info));
    size_t n = mutants_each(info.whole, try_request);
    ck_assert_uint_gt(n, 100);
    ck_assert_uint_lt(accepted, n / 4); /* a name or an extension less is a request too */
    sk_X509_EXTENSION_pop_free(ext, X509_EXTENSION_free);
    EVP_PKEY_free(key);
    buf_free(&der);
}
END_TEST

static void try_approval(struct span der)
{
    struct cms *c;
    struct diag d = {0};
    if (cms_parse_person(der, &c, &d) != E_OK)
        return;
    if (cms_is_by(c, cert) && cms_verify(c, cert, text, &d) == E_OK)
        accepted++;
    cms_free(c);
}

/* The certificate may be missing, and there may be others with it; nothing else may be otherwise. */
START_TEST(approvals)
{
    struct buf der = {0}, signature = {0};
    struct diag d = {0};
    key = help_key(KEY_SM2);
    cert = help_cert(key, SIG_SM2_SM3, "person");
    if (_i != 1) {
        const struct cms_signer signer = cms_signer_in_memory(key, _i == 0 ? CMS_RFC5652 : CMS_GMT0010);
        expect_ok(cms_sign_with(cert, &signer, text, 1760000000, &der, &d));
    } else {
        expect_ok(alg_sign(SIG_SM2_SM3, key, text, &signature));
        expect_ok(cms_wrap(cert, SIG_SM2_SM3, buf_span(&signature), &der, &d));
    }
    ck_assert_uint_gt(mutants_each(buf_span(&der), try_approval), 100);
    ck_assert_uint_le(accepted, 6); /* [0] gone or empty, its certificate gone, others beside it */
    X509_free(cert);
    EVP_PKEY_free(key);
    buf_free(&der);
    buf_free(&signature);
}
END_TEST

static void try_certificate(struct span der)
{
    X509 *x;
    struct diag d = {0};
    if (cert_parse(der, &x, &d) == E_OK && cert_verify(x, key, &d) == E_OK) {
        struct buf again = {0};
        expect_ok(cert_write_der(x, &again)); /* such a certificate is kept as OpenSSL writes it */
        ck_assert_mem_eq(again.data, good.data, good.len);
        buf_free(&again);
    }
    X509_free(x);
}

START_TEST(certificates)
{
    key = help_key(KEY_SM2);
    cert = help_cert(key, SIG_SM2_SM3, "root");
    expect_ok(cert_write_der(cert, &good));
    ck_assert_uint_gt(mutants_each(buf_span(&good), try_certificate), 100);
    X509_free(cert);
    EVP_PKEY_free(key);
    buf_free(&good);
}
END_TEST

/* The lint knows no request: another name or alternative name that the profile allows is not its matter. But it must be
 * one that can be read. */
static struct span serial;
static void try_tbs(struct span tbs)
{
    struct diag d = {0};
    const struct policy_authority *a = &help_bundle_policy()->authorities[0];
    struct buf shown = {0};
    struct tbs_outline outline;
    enum err outlined = tbs_outline(tbs, &outline, &d);
    if (lint_end_entity(tbs, serial, &a->profiles[0], &a->keys[0], cert, &d) != E_OK)
        return;
    expect_ok(outlined);
    expect_ok(show_tbs(tbs, &shown, &d));
    buf_append_byte(&shown, 0);
    ck_assert_ptr_null(strchr((const char *)shown.data, '\\'));
    buf_free(&shown);
    accepted++;
}

static void try_own_tbs(struct span tbs)
{
    struct diag d = {0};
    const struct policy_key *row = &help_bundle_policy()->authorities[0].keys[0];
    (void)!lint_self_signed(tbs, row, true, key, &d); /* a serial number may be another */
}

START_TEST(what_would_be_signed)
{
    struct help_bundle b;
    struct lines lines;
    struct span line, in;
    struct result r;
    struct diag d = {0};
    struct der whole, tbs, rest, number;
    help_bundle_make(&b);
    expect_ok(cert_parse(buf_span(&b.certs[0]), &cert, &d));
    lines = (struct lines){.rest = buf_span(&b.files[MANIFEST_RESULTS])};
    ck_assert(lines_next(&lines, &line, NULL));
    expect_ok(result_parse(line, 1, &r, &d));
    in = buf_span(&r.cert);
    ck_assert(der_take(&in, DER_SEQUENCE, &whole) && der_take(&whole.body, DER_SEQUENCE, &tbs));
    in = tbs.body;
    ck_assert(der_next(&in, &rest) && der_take(&in, DER_INTEGER, &number));
    serial = number.body;
    const struct policy_authority *a = &help_bundle_policy()->authorities[0];
    expect_ok(lint_end_entity(tbs.whole, serial, &a->profiles[0], &a->keys[0], cert, &d));
    ck_assert_uint_gt(mutants_each(tbs.whole, try_tbs), 100);
    ck_assert_uint_le(accepted, 4);
    in = buf_span(&b.certs[0]);
    ck_assert(der_take(&in, DER_SEQUENCE, &whole) && der_take(&whole.body, DER_SEQUENCE, &tbs));
    key = b.keys[0];
    ck_assert_uint_gt(mutants_each(tbs.whole, try_own_tbs), 100);
    result_free(&r);
    X509_free(cert);
    help_bundle_free(&b);
}
END_TEST

Suite *suite_mutants(void)
{
    Suite *s = suite_create("mutants");
    TCase *t = tcase_create("one element");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, requests);
    tcase_add_loop_test(t, approvals, 0, 3);
    tcase_add_test(t, certificates);
    tcase_add_test(t, what_would_be_signed);
    suite_add_tcase(s, t);
    return s;
}
