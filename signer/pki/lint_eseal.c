#include "pki/lint_eseal.h"

#include <openssl/x509v3.h>
#include <string.h>

#include "pki/cause.h"
#include "pki/cert.h"
#include "pki/der.h"
#include "pki/tbs.h"

static enum err no_holder(const struct policy_seals *policy, struct diag *d, const char *why)
{
    return diag_set_clause(d, E_HOLDER, policy->holder_clause, "%s", why);
}

static enum err check_holder(X509 *cert, X509 *issuer, const struct policy_seals *policy, int64_t at, struct diag *d)
{
    struct diag why = {0};
    uint32_t flags = X509_get_extension_flags(cert), usage = X509_get_key_usage(cert);
    if (X509_NAME_cmp(X509_get_issuer_name(cert), X509_get_subject_name(issuer)) != 0)
        return no_holder(policy, d, "it is of another issuer");
    enum err e = cert_verify(cert, X509_get0_pubkey(issuer), &why);
    if (e == E_OK)
        e = cert_check_time(cert, at, &why);
    if (e == E_CERT_SIGNATURE || e == E_APPROVAL_EXPIRED)
        return no_holder(policy, d, why.text);
    if (e != E_OK)
        return diag_again(d, e, &why);
    if ((flags & (EXFLAG_INVALID | EXFLAG_CA)) != 0)
        return no_holder(policy, d, "it is a CA's, or its extensions are broken");
    if ((usage & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)) == 0)
        return no_holder(policy, d, "its key is not for signatures");
    return E_OK;
}

enum err lint_eseal_holder(struct span der, const struct policy_seals *policy, int64_t at, struct diag *d)
{
    X509 *cert = NULL, *issuer = NULL;
    struct diag why = {0};
    if (policy->holder_issuer.n == 0)
        return no_holder(policy, d, "this build pins no CA of holders");
    if (!der_check(der))
        return no_holder(policy, d, "it is not in DER");
    enum err e = cert_parse(der, &cert, &why);
    if (e == E_CERTIFICATE)
        return no_holder(policy, d, why.text);
    if (e == E_OK)
        e = cert_parse(policy->holder_issuer, &issuer, &why);
    e = e == E_OK ? check_holder(cert, issuer, policy, at, d) : diag_again(d, e, &why);
    X509_free(cert);
    X509_free(issuer);
    return cause_settle(e, d, "the holder's certificate");
}

static bool is_number(struct span id, struct span serial)
{
    static const char digits[] = "0123456789abcdef";
    bool same = id.n == 2 * serial.n;
    for (size_t i = 0; same && i < serial.n; i++)
        same = id.p[2 * i] == (uint8_t)digits[serial.p[i] >> 4] && id.p[2 * i + 1] == (uint8_t)digits[serial.p[i] & 15];
    return same;
}

static const char *wrong_with(const struct eseal_info *x, struct span serial, const struct policy_seals *policy)
{
    if (x->version != 4)
        return "the version is not 4";
    if (!is_number(x->id, serial))
        return "the number is not the plan's";
    if (x->list != ESEAL_CERTIFICATES || x->signers_n != 1)
        return "it does not name one holder by certificate";
    if (x->created != x->from || x->until != tbs_add_period(x->from, &policy->validity) - 1)
        return "the validity is not the policy's";
    if (x->extensions.n != 0)
        return "it has extensions";
    return NULL;
}

enum err lint_eseal(struct span info, struct span serial, const struct policy_seals *policy, struct diag *d)
{
    struct eseal_info x;
    struct picture p;
    struct diag why = {0};
    bool known = false;
    enum err e = eseal_info_parse(info, &x, &why);
    if (e != E_OK)
        return diag_again(d, E_LINT, &why);
    const char *wrong = wrong_with(&x, serial, policy);
    if (wrong != NULL)
        return diag_set(d, E_LINT, "%s", wrong);
    e = eseal_picture(&x, &known, &p, &why);
    if (e == E_OK && !known)
        return diag_set(d, E_LINT, "the picture is of another kind");
    if (e == E_OK)
        e = lint_eseal_holder(x.signers[0].value, policy, x.created, &why);
    return e == E_OK ? E_OK : diag_again(d, err_is_refusal(e) ? E_LINT : e, &why);
}
