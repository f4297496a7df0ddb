#include "pki/lint_extensions.h"

#include <openssl/x509v3.h>
#include <string.h>

static enum err wrong(struct diag *d, const char *clause, const char *what)
{
    return diag_set_clause(d, E_LINT, clause, "%s", what);
}

/* Every extension must be one of the wanted, at most once, with the wanted criticality; a wanted one must be there. */
struct wanted {
    int nid;
    bool critical;
    bool present;
};

static enum err check_set(X509 *x, const struct wanted *w, size_t n, struct diag *d)
{
    char name[80];
    for (int i = 0; i < X509_get_ext_count(x); i++) {
        X509_EXTENSION *ext = X509_get_ext(x, i);
        const ASN1_OBJECT *type = X509_EXTENSION_get_object(ext);
        int nid = OBJ_obj2nid(type);
        size_t k = 0;
        while (k < n && (w[k].nid != nid || !w[k].present))
            k++;
        OBJ_obj2txt(name, sizeof name, type, 0);
        if (k == n)
            return diag_set_clause(d, E_LINT, "RFC 5280 4.2", "the extension %s does not belong here", name);
        if (X509_get_ext_by_NID(x, nid, -1) != i)
            return diag_set_clause(d, E_LINT, "RFC 5280 4.2", "the extension %s comes twice", name);
        if ((X509_EXTENSION_get_critical(ext) != 0) != w[k].critical)
            return diag_set_clause(d, E_LINT, "RFC 5280 4.2", "the criticality of %s is wrong", name);
    }
    for (size_t k = 0; k < n; k++)
        if (w[k].present && X509_get_ext_by_NID(x, w[k].nid, -1) < 0)
            return diag_set_clause(d, E_LINT, "RFC 5280 4.2", "the extension %s is missing", OBJ_nid2ln(w[k].nid));
    return E_OK;
}

/* Method 1 of RFC 5280 4.2.1.2. */
static bool ski_fits_key(X509 *x)
{
    uint8_t sha1[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    const ASN1_BIT_STRING *bits = X509_get0_pubkey_bitstr(x);
    const ASN1_OCTET_STRING *ski = X509_get0_subject_key_id(x);
    return bits != NULL && ski != NULL &&
           EVP_Digest(ASN1_STRING_get0_data(bits), (size_t)ASN1_STRING_length(bits), sha1, &n, EVP_sha1(), NULL) == 1 &&
           (int)n == ASN1_STRING_length(ski) && memcmp(sha1, ASN1_STRING_get0_data(ski), n) == 0;
}

static enum err check_key_ids(X509 *x, X509 *issuer, struct diag *d)
{
    const ASN1_OCTET_STRING *aki = X509_get0_authority_key_id(x);
    const ASN1_OCTET_STRING *theirs = X509_get0_subject_key_id(issuer);
    if (aki == NULL || theirs == NULL || ASN1_OCTET_STRING_cmp(aki, theirs) != 0 ||
        X509_get0_authority_issuer(x) != NULL || X509_get0_authority_serial(x) != NULL)
        return wrong(d, "RFC 5280 4.2.1.1", "the authority key identifier is not the signing key's");
    if (!ski_fits_key(x))
        return wrong(d, "RFC 5280 4.2.1.2", "the subject key identifier is not the key's");
    return E_OK;
}

static enum err check_oids(const struct policy_strings *want, const char *const *have, int have_n, const char *clause,
                           const char *what, struct diag *d)
{
    bool same = (size_t)have_n == want->n;
    for (int i = 0; same && i < have_n; i++)
        same = strcmp(have[i], want->v[i]) == 0;
    return same ? E_OK : wrong(d, clause, what);
}

#define OIDS_MAX 32
#define OID_TEXT 80

struct oids {
    char text[OIDS_MAX][OID_TEXT];
    const char *list[OIDS_MAX];
    int n;
};

static void oids_add(struct oids *o, const ASN1_OBJECT *object)
{
    if (o->n < OIDS_MAX) {
        OBJ_obj2txt(o->text[o->n], OID_TEXT, object, 1);
        o->list[o->n] = o->text[o->n];
    }
    o->n += o->n < OIDS_MAX;
}

static enum err check_extended_key_usage(X509 *x, const struct policy_profile *p, struct diag *d)
{
    struct oids have = {.n = 0};
    EXTENDED_KEY_USAGE *eku = X509_get_ext_d2i(x, NID_ext_key_usage, NULL, NULL);
    for (int i = 0; eku != NULL && i < sk_ASN1_OBJECT_num(eku); i++)
        oids_add(&have, sk_ASN1_OBJECT_value(eku, i));
    EXTENDED_KEY_USAGE_free(eku);
    return check_oids(&p->extended_key_usage, have.list, have.n, p->extensions_clause,
                      "the extended key usage is not the profile's", d);
}

static enum err check_policies(X509 *x, const struct policy_profile *p, struct diag *d)
{
    struct oids have = {.n = 0};
    bool qualified = false;
    CERTIFICATEPOLICIES *policies = X509_get_ext_d2i(x, NID_certificate_policies, NULL, NULL);
    for (int i = 0; policies != NULL && i < sk_POLICYINFO_num(policies); i++) {
        const POLICYINFO *info = sk_POLICYINFO_value(policies, i);
        qualified = qualified || info->qualifiers != NULL;
        oids_add(&have, info->policyid);
    }
    CERTIFICATEPOLICIES_free(policies);
    if (qualified)
        return wrong(d, p->extensions_clause, "a certificate policy has qualifiers");
    return check_oids(&p->policies, have.list, have.n, p->extensions_clause,
                      "the certificate policies are not the profile's", d);
}

static bool is_url(const GENERAL_NAME *name, const char *want)
{
    if (name == NULL || name->type != GEN_URI)
        return false;
    const ASN1_IA5STRING *s = name->d.uniformResourceIdentifier;
    return (size_t)ASN1_STRING_length(s) == strlen(want) &&
           memcmp(ASN1_STRING_get0_data(s), want, strlen(want)) == 0;
}

static bool is_point(const DIST_POINT *point, const char *want)
{
    return point->reasons == NULL && point->CRLissuer == NULL && point->distpoint != NULL &&
           point->distpoint->type == 0 && sk_GENERAL_NAME_num(point->distpoint->name.fullname) == 1 &&
           is_url(sk_GENERAL_NAME_value(point->distpoint->name.fullname, 0), want);
}

static enum err check_crl(X509 *x, const struct policy_profile *p, struct diag *d)
{
    CRL_DIST_POINTS *points = X509_get_ext_d2i(x, NID_crl_distribution_points, NULL, NULL);
    int n = points != NULL ? sk_DIST_POINT_num(points) : 0;
    bool same = (size_t)n == p->crl.n;
    for (int i = 0; same && i < n; i++)
        same = is_point(sk_DIST_POINT_value(points, i), p->crl.v[i]);
    CRL_DIST_POINTS_free(points);
    return same ? E_OK : wrong(d, p->extensions_clause, "the CRL addresses are not the profile's");
}

static enum err check_aia(X509 *x, const struct policy_profile *p, struct diag *d)
{
    AUTHORITY_INFO_ACCESS *aia = X509_get_ext_d2i(x, NID_info_access, NULL, NULL);
    size_t n = aia != NULL ? (size_t)sk_ACCESS_DESCRIPTION_num(aia) : 0;
    bool same = n == p->ocsp.n + p->issuers.n;
    for (size_t i = 0; same && i < n; i++) {
        const ACCESS_DESCRIPTION *one = sk_ACCESS_DESCRIPTION_value(aia, (int)i);
        bool ocsp = i < p->ocsp.n;
        same = OBJ_obj2nid(one->method) == (ocsp ? NID_ad_OCSP : NID_ad_ca_issuers) &&
               is_url(one->location, ocsp ? p->ocsp.v[i] : p->issuers.v[i - p->ocsp.n]);
    }
    AUTHORITY_INFO_ACCESS_free(aia);
    return same ? E_OK : wrong(d, p->extensions_clause, "the authority information access is not the profile's");
}

static enum err check_san(X509 *x, const struct policy_profile *p, struct diag *d)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
    bool fine = names == NULL || (p->copy_san && sk_GENERAL_NAME_num(names) > 0);
    for (int i = 0; fine && names != NULL && i < sk_GENERAL_NAME_num(names); i++) {
        int type = sk_GENERAL_NAME_value(names, i)->type;
        fine = type == GEN_DNS || type == GEN_IPADD;
    }
    GENERAL_NAMES_free(names);
    return fine ? E_OK : wrong(d, p->extensions_clause, "the subject alternative name is not allowed");
}

enum err lint_extensions_end_entity(X509 *x, const struct policy_profile *p, X509 *issuer, struct diag *d)
{
    const struct wanted wanted[] = {
        {NID_authority_key_identifier, false, true},
        {NID_subject_key_identifier, false, true},
        {NID_key_usage, true, p->key_usage != 0},
        {NID_certificate_policies, false, p->policies.n > 0},
        {NID_subject_alt_name, false, X509_get_ext_by_NID(x, NID_subject_alt_name, -1) >= 0},
        {NID_ext_key_usage, false, p->extended_key_usage.n > 0},
        {NID_crl_distribution_points, false, p->crl.n > 0},
        {NID_info_access, false, p->ocsp.n + p->issuers.n > 0},
    };
    static enum err (*const checks[])(X509 *, const struct policy_profile *, struct diag *) = {
        check_extended_key_usage, check_policies, check_crl, check_aia, check_san};
    enum err e = check_set(x, wanted, sizeof wanted / sizeof wanted[0], d);
    if (e == E_OK)
        e = check_key_ids(x, issuer, d);
    if (e == E_OK && p->key_usage != 0 && X509_get_key_usage(x) != p->key_usage)
        e = wrong(d, p->key_usage_clause, "the key usage is not the profile's");
    for (size_t i = 0; i < sizeof checks / sizeof checks[0] && e == E_OK; i++)
        e = checks[i](x, p, d);
    return e;
}

enum err lint_extensions_self_signed(X509 *x, bool ca, struct diag *d)
{
    const struct wanted wanted[] = {
        {NID_subject_key_identifier, false, true},
        {NID_key_usage, true, true},
        {NID_basic_constraints, true, ca},
    };
    enum err e = check_set(x, wanted, sizeof wanted / sizeof wanted[0], d);
    if (e != E_OK)
        return e;
    if (!ski_fits_key(x))
        return wrong(d, "RFC 5280 4.2.1.2", "the subject key identifier is not the key's");
    if (X509_get_key_usage(x) != (ca ? KU_KEY_CERT_SIGN | KU_CRL_SIGN : KU_DIGITAL_SIGNATURE))
        return wrong(d, "RFC 5280 4.2.1.3", "the key usage is not that of such a key");
    if (ca != (X509_check_ca(x) == 1))
        return wrong(d, "RFC 5280 4.2.1.9", "the basic constraints are wrong");
    return E_OK;
}
