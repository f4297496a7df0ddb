/* A certificate request: read, its key checked, its name and alternative names made into what would be certified. */
#include <openssl/x509v3.h>

#include "fuzz.h"
#include "pki/csr.h"
#include "pki/der.h"
#include "pki/name.h"
#include "pki/san.h"
#include "policy/policy.h"

void fuzz_start(void)
{
}

/* All of it was read, and OpenSSL's own reader sees the same. */
static void check_whole(struct span in)
{
    const uint8_t *p = in.p;
    uint8_t *again = NULL;
    fuzz_hold(der_check(in), "a request that is not DER");
    X509_REQ *req = d2i_X509_REQ(NULL, &p, (long)in.n);
    fuzz_hold(req != NULL && p == in.p + in.n, "a request that OpenSSL does not read to its end");
    int n = i2d_X509_REQ(req, &again);
    fuzz_hold(n > 0 && fuzz_same((struct span){again, (size_t)n}, in), "a request that OpenSSL writes otherwise");
    OPENSSL_free(again);
    X509_REQ_free(req);
}

static void check_key(const struct key *k)
{
    struct key again;
    struct diag d = {0};
    fuzz_hold(key_from_spki(buf_span(&k->spki), &again, &d) == E_OK, "a key whose standard form is not read");
    fuzz_hold(fuzz_same(buf_span(&k->spki), buf_span(&again.spki)), "a key whose standard form changes");
    key_free(&again);
    enum err e = key_check_strength(k, &d);
    fuzz_check_diag(e, &d);
}

static void check_names(const struct csr *csr, const struct policy_profile *p)
{
    struct buf name = {0}, shown = {0}, san = {0};
    struct diag d = {0};
    name_display(csr_subject(csr), &shown);
    fuzz_check_shown(buf_span(&shown), false);
    enum err e = name_from_request(csr_subject(csr), p->subject, p->subject_n, p->clause, &name, &d);
    fuzz_check_diag(e, &d);
    if (e == E_OK)
        fuzz_check_name(buf_span(&name));
    int at = X509v3_get_ext_by_NID(csr->extensions, NID_subject_alt_name, -1);
    if (at >= 0) {
        struct diag why = {0};
        e = san_from_request(X509v3_get_ext(csr->extensions, at), p->clause, &san, &why);
        fuzz_check_diag(e, &why);
        fuzz_hold(e != E_OK || der_check(buf_span(&san)), "alternative names that are not DER");
    }
    buf_free(&name);
    buf_free(&shown);
    buf_free(&san);
}

bool fuzz_one(struct span in)
{
    struct csr csr;
    struct diag d = {0};
    enum err e = csr_parse(in, &csr, &d);
    fuzz_check_diag(e, &d);
    if (e != E_OK)
        return false;
    if (fuzz_turn(0, 4))
        check_whole(in);
    if (fuzz_turn(1, 4))
        check_key(&csr.key);
    for (size_t i = 0; i < policy_table.authorities_n; i++)
        if (policy_table.authorities[i].profiles_n > 0 && fuzz_turn(i, policy_table.authorities_n))
            check_names(&csr, &policy_table.authorities[i].profiles[in.n % policy_table.authorities[i].profiles_n]);
    csr_free(&csr);
    return true;
}
