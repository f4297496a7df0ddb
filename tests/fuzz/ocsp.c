/* An OCSP response: read, written again, its responder and signature verified. */
#include <openssl/ocsp.h>
#include <string.h>

#include "fuzz.h"
#include "pki/cert.h"
#include "pki/ocsp_check.h"
#include "policy/policy.h"

static X509 *issuer;

void fuzz_start(void)
{
    char name[128];
    struct buf der = {0};
    struct diag d = {0};
    snprintf(name, sizeof name, "issuer/%s.der", policy_table.authorities[0].keys[0].name);
    fuzz_sample(name, &der);
    fuzz_hold(cert_parse(buf_span(&der), &issuer, &d) == E_OK, "the sample's issuer is no certificate");
    buf_free(&der);
}

/* What is read has one form: the builder makes the same bytes of it. */
static void check_rebuilt(const struct ocsp_view *v, struct span in)
{
    struct buf tbs = {0}, again = {0};
    struct diag d = {0};
    fuzz_hold(ocsp_write_tbs(&v->status, &tbs, &d) == E_OK, "a response that is read and not written");
    fuzz_hold(fuzz_same(buf_span(&tbs), v->tbs), "a response that is written otherwise");
    bool null = v->alg_id.n == alg_identifier(v->alg, true).n;
    fuzz_hold(ocsp_assemble(buf_span(&tbs), v->alg, null, v->signature, v->responder, &again) == E_OK &&
                  fuzz_same(buf_span(&again), in),
              "a response that is assembled otherwise");
    buf_free(&tbs);
    buf_free(&again);
}

static void check_path(const struct ocsp_id *id)
{
    char path[OCSP_PATH_MAX];
    fuzz_hold(ocsp_path(id, path) == E_OK, "a response that has no place");
    size_t n = strlen(path);
    fuzz_hold(n > 20 && path[0] == 'M' && strstr(path, "//") == NULL && strstr(path, "..") == NULL && path[n - 1] != '/',
              "a response's place that is no path");
}

bool fuzz_one(struct span in)
{
    struct ocsp_view v;
    struct diag d = {0}, why = {0}, other = {0};
    enum err e = ocsp_view_response(in, &v, &d);
    fuzz_check_diag(e, &d);
    fuzz_hold(e == E_OK || e == E_OCSP_FORMAT, "a bad response that is not called one");
    if (e != E_OK)
        return false;
    check_rebuilt(&v, in);
    check_path(&v.status.id);
    const uint8_t *p = in.p;
    OCSP_RESPONSE *theirs = d2i_OCSP_RESPONSE(NULL, &p, (long)in.n);
    OCSP_BASICRESP *basic = theirs != NULL ? OCSP_response_get1_basic(theirs) : NULL;
    /* the certificate is looked into by ocsp_verify(), and by OpenSSL here */
    enum err verified = ocsp_verify(&v, issuer, &why);
    fuzz_check_diag(verified, &why);
    fuzz_hold(verified != E_OK || (basic != NULL && p == in.p + in.n), "a response that OpenSSL does not read to its end");
    enum err linted = ocsp_lint(v.tbs, &v.status, issuer, issuer, &other);
    fuzz_check_diag(linted, &other);
    OCSP_BASICRESP_free(basic);
    OCSP_RESPONSE_free(theirs);
    return true;
}
