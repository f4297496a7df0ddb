/* A certificate: read, taken apart, compared with every profile, shown. */
#include <string.h>

#include "fuzz.h"
#include "pki/cert.h"
#include "pki/der.h"
#include "pki/lint.h"
#include "pki/show.h"
#include "pki/tbs_view.h"

#define KEYS_MAX 16

static struct {
    const struct policy_key *row;
    X509 *cert;
} issuers[KEYS_MAX];
static size_t issuers_n;

void fuzz_start(void)
{
    for (size_t i = 0; i < policy_table.authorities_n; i++)
        for (size_t k = 0; k < policy_table.authorities[i].keys_n; k++) {
            struct buf der = {0};
            struct diag d = {0};
            char name[128];
            const struct policy_key *row = &policy_table.authorities[i].keys[k];
            snprintf(name, sizeof name, "issuer/%s.der", row->name);
            fuzz_sample(name, &der);
            fuzz_hold(issuers_n < KEYS_MAX && cert_parse(buf_span(&der), &issuers[issuers_n].cert, &d) == E_OK,
                      "the sample's issuer is no certificate");
            issuers[issuers_n++].row = row;
            buf_free(&der);
        }
}

/* The issuer whose row signs for the profile. */
static bool linted(struct span tbs, const struct policy_profile *p)
{
    for (size_t i = 0; i < issuers_n; i++) {
        struct diag d = {0};
        if (strcmp(issuers[i].row->name, p->key) != 0)
            continue;
        enum err e = lint_end_entity(tbs, (struct span){NULL, 0}, p, issuers[i].row, issuers[i].cert, &d);
        fuzz_check_diag(e, &d);
        return e == E_OK;
    }
    return false;
}

/* One of all the profiles. */
static bool fits_profile(struct span tbs)
{
    bool fits = false;
    size_t n = 0, at = 0;
    for (size_t i = 0; i < policy_table.authorities_n; i++)
        n += policy_table.authorities[i].profiles_n;
    for (size_t i = 0; i < policy_table.authorities_n; i++)
        for (size_t k = 0; k < policy_table.authorities[i].profiles_n; k++)
            if (fuzz_turn(at++, n))
                fits = linted(tbs, &policy_table.authorities[i].profiles[k]) || fits;
    return fits;
}

/* What lint lets through is shown whole; what is shown is printable; what is viewed is DER. */
static bool check_tbs(struct span tbs)
{
    struct buf shown = {0};
    struct diag d = {0};
    TBS_VIEW *v;
    enum err viewed = tbs_view_parse(tbs, &v, &d);
    fuzz_check_diag(viewed, &d);
    tbs_view_free(v);
    bool fits = viewed == E_OK && fits_profile(tbs);
    struct diag why = {0};
    enum err e = show_tbs(tbs, &shown, &why);
    fuzz_check_diag(e, &why);
    fuzz_hold(e == E_OK || shown.len == 0, "half a text of what is not shown");
    fuzz_hold(e == E_OK || !fits, "a certificate that fits a profile and cannot be shown");
    fuzz_hold(!fits || der_check(tbs), "a certificate that fits a profile and is not DER");
    fuzz_check_shown(buf_span(&shown), true);
    buf_free(&shown);
    return fits;
}

static void check_certificate(X509 *x, struct span in)
{
    struct show facts;
    struct buf der = {0};
    struct diag d = {0};
    X509 *again;
    enum err e = show_certificate(x, &facts, &d);
    fuzz_check_diag(e, &d);
    struct diag other = {0};
    e = cert_verify(x, X509_get0_pubkey(x), &other);
    fuzz_check_diag(e, &other);
    fuzz_hold(cert_write_der(x, &der) == E_OK, "a certificate that cannot be written");
    if (!fuzz_same(buf_span(&der), in)) {
        fuzz_hold(in.p[0] != DER_SEQUENCE, "a certificate that is written otherwise than it was read");
        fuzz_hold(cert_parse(buf_span(&der), &again, &other) == E_OK, "a certificate that is not read again");
        X509_free(again);
    }
    buf_free(&der);
}

bool fuzz_one(struct span in)
{
    struct diag d = {0};
    struct der whole, tbs;
    X509 *x;
    bool fits = false;
    if (!der_check(in) && !fuzz_turn(0, 8)) /* there is little to be found in them */
        return false;
    enum err e = cert_parse(in, &x, &d);
    fuzz_check_diag(e, &d);
    if (e == E_OK)
        check_certificate(x, in);
    if (der_take(&in, DER_SEQUENCE, &whole) && der_take(&whole.body, DER_SEQUENCE, &tbs))
        fits = check_tbs(tbs.whole);
    X509_free(x);
    return fits;
}
