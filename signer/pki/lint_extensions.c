#include "pki/lint_extensions.h"

#include <openssl/x509v3.h>
#include <string.h>

#include "pki/der.h"
#include "pki/lint_identity.h"

static enum err wrong(struct diag *d, const char *clause, const char *what)
{
    return diag_set_clause(d, E_LINT, clause, "%s", what);
}

/* The value is DER, and OpenSSL decodes it and writes the same bytes again. */
static bool is_canonical(X509_EXTENSION *ext)
{
    const ASN1_OCTET_STRING *value = X509_EXTENSION_get_data(ext);
    struct span bytes = {ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value)};
    const X509V3_EXT_METHOD *method = X509V3_EXT_get(ext);
    uint8_t *again = NULL;
    void *decoded = method != NULL && method->it != NULL && der_check(bytes) ? X509V3_EXT_d2i(ext) : NULL;
    int n = decoded != NULL ? ASN1_item_i2d(decoded, &again, ASN1_ITEM_ptr(method->it)) : -1;
    bool same = n > 0 && der_same((struct span){again, (size_t)n}, bytes);
    if (decoded != NULL)
        ASN1_item_free(decoded, ASN1_ITEM_ptr(method->it));
    OPENSSL_free(again);
    return same;
}

/* Every extension must be one of the wanted, at most once, with the wanted criticality; a wanted one must be there. With
 * identity true those of lint_identity.h are left to it. */
struct wanted {
    int nid;
    bool critical;
    bool present;
};

static enum err check_set(const TBS_VIEW *v, const struct wanted *w, size_t n, bool identity, struct diag *d)
{
    char name[80];
    for (int i = 0; i < X509v3_get_ext_count(v->extensions); i++) {
        X509_EXTENSION *ext = X509v3_get_ext(v->extensions, i);
        const ASN1_OBJECT *type = X509_EXTENSION_get_object(ext);
        int nid = OBJ_obj2nid(type);
        size_t k = 0;
        if (identity && lint_identity_is(type))
            continue;
        while (k < n && (w[k].nid != nid || !w[k].present))
            k++;
        OBJ_obj2txt(name, sizeof name, type, 0);
        if (k == n)
            return diag_set_clause(d, E_LINT, "RFC 5280 4.2", "the extension %s does not belong here", name);
        if (X509v3_get_ext_by_NID(v->extensions, nid, -1) != i)
            return diag_set_clause(d, E_LINT, "RFC 5280 4.2", "the extension %s comes twice", name);
        if ((X509_EXTENSION_get_critical(ext) != 0) != w[k].critical)
            return diag_set_clause(d, E_LINT, "RFC 5280 4.2", "the criticality of %s is wrong", name);
        if (!is_canonical(ext))
            return diag_set_clause(d, E_LINT, "RFC 5280 4.2", "the value of %s is not DER", name);
    }
    for (size_t k = 0; k < n; k++)
        if (w[k].present && X509v3_get_ext_by_NID(v->extensions, w[k].nid, -1) < 0)
            return diag_set_clause(d, E_LINT, "RFC 5280 4.2", "the extension %s is missing", OBJ_nid2ln(w[k].nid));
    return E_OK;
}

/* The content of the key's BIT STRING, found again in the SubjectPublicKeyInfo. */
static bool key_bits(const TBS_VIEW *v, struct span *bits)
{
    struct der spki, e;
    struct span in = tbs_view_spki(v);
    if (!der_take(&in, DER_SEQUENCE, &spki))
        return false;
    in = spki.body;
    return der_take(&in, DER_SEQUENCE, &e) && der_take(&in, DER_BIT_STRING, &e) && der_bits(&e, bits);
}

/* Method 1 of RFC 5280 4.2.1.2. */
static bool ski_fits_key(const TBS_VIEW *v)
{
    uint8_t sha1[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    struct span bits;
    ASN1_OCTET_STRING *ski = X509V3_get_d2i(v->extensions, NID_subject_key_identifier, NULL, NULL);
    bool fits = ski != NULL && key_bits(v, &bits) && EVP_Digest(bits.p, bits.n, sha1, &n, EVP_sha1(), NULL) == 1 &&
                (int)n == ASN1_STRING_length(ski) && memcmp(sha1, ASN1_STRING_get0_data(ski), n) == 0;
    ASN1_OCTET_STRING_free(ski);
    return fits;
}

static bool aki_fits_issuer(const TBS_VIEW *v, X509 *issuer)
{
    const ASN1_OCTET_STRING *theirs = X509_get0_subject_key_id(issuer);
    AUTHORITY_KEYID *aki = X509V3_get_d2i(v->extensions, NID_authority_key_identifier, NULL, NULL);
    bool fits = aki != NULL && aki->keyid != NULL && theirs != NULL && aki->issuer == NULL && aki->serial == NULL &&
                ASN1_OCTET_STRING_cmp(aki->keyid, theirs) == 0;
    AUTHORITY_KEYID_free(aki);
    return fits;
}

static enum err check_key_ids(const TBS_VIEW *v, X509 *issuer, struct diag *d)
{
    if (!aki_fits_issuer(v, issuer))
        return wrong(d, "RFC 5280 4.2.1.1", "the authority key identifier is not the signing key's");
    if (!ski_fits_key(v))
        return wrong(d, "RFC 5280 4.2.1.2", "the subject key identifier is not the key's");
    return E_OK;
}

/* The bits as OpenSSL numbers them in x509v3.h; 0 when the extension cannot be read. */
static uint32_t key_usage(const TBS_VIEW *v)
{
    uint32_t bits = 0;
    ASN1_BIT_STRING *usage = X509V3_get_d2i(v->extensions, NID_key_usage, NULL, NULL);
    int n = usage != NULL ? ASN1_STRING_length(usage) : 0;
    for (int i = 0; i < n && i < 2; i++)
        bits |= (uint32_t)ASN1_STRING_get0_data(usage)[i] << (8 * i);
    /* a named bit list ends with its last one bit (X.690 11.2.2) */
    if (n < 1 || n > 2 || (ASN1_STRING_get0_data(usage)[n - 1] >> (usage->flags & 7) & 1) == 0)
        bits = 0;
    ASN1_BIT_STRING_free(usage);
    return bits;
}

/* path_zero: its pathLenConstraint is 0; else it has none. */
static bool is_ca(const TBS_VIEW *v, bool path_zero)
{
    BASIC_CONSTRAINTS *bc = X509V3_get_d2i(v->extensions, NID_basic_constraints, NULL, NULL);
    bool ca = bc != NULL && bc->ca != 0 && (bc->pathlen != NULL) == path_zero;
    if (ca && path_zero)
        ca = ASN1_INTEGER_get(bc->pathlen) == 0;
    BASIC_CONSTRAINTS_free(bc);
    return ca;
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

static enum err check_extended_key_usage(const TBS_VIEW *v, const struct policy_profile *p, struct diag *d)
{
    struct oids have = {.n = 0};
    EXTENDED_KEY_USAGE *eku = X509V3_get_d2i(v->extensions, NID_ext_key_usage, NULL, NULL);
    for (int i = 0; eku != NULL && i < sk_ASN1_OBJECT_num(eku); i++)
        oids_add(&have, sk_ASN1_OBJECT_value(eku, i));
    EXTENDED_KEY_USAGE_free(eku);
    return check_oids(&p->extended_key_usage, have.list, have.n, p->extensions_clause,
                      "the extended key usage is not the profile's", d);
}

static enum err check_policies(const TBS_VIEW *v, const struct policy_profile *p, struct diag *d)
{
    struct oids have = {.n = 0};
    bool qualified = false;
    CERTIFICATEPOLICIES *policies = X509V3_get_d2i(v->extensions, NID_certificate_policies, NULL, NULL);
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

static enum err check_crl(const TBS_VIEW *v, const struct policy_profile *p, struct diag *d)
{
    CRL_DIST_POINTS *points = X509V3_get_d2i(v->extensions, NID_crl_distribution_points, NULL, NULL);
    int n = points != NULL ? sk_DIST_POINT_num(points) : 0;
    bool same = (size_t)n == p->crl.n;
    for (int i = 0; same && i < n; i++)
        same = is_point(sk_DIST_POINT_value(points, i), p->crl.v[i]);
    CRL_DIST_POINTS_free(points);
    return same ? E_OK : wrong(d, p->extensions_clause, "the CRL addresses are not the profile's");
}

static enum err check_aia(const TBS_VIEW *v, const struct policy_profile *p, struct diag *d)
{
    AUTHORITY_INFO_ACCESS *aia = X509V3_get_d2i(v->extensions, NID_info_access, NULL, NULL);
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

/* Letters, digits and hyphens in labels of which none is empty or has a hyphen at an end; at least two labels. */
static bool is_dns_name(const ASN1_IA5STRING *s)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-";
    char name[256] = "";
    size_t n = (size_t)ASN1_STRING_length(s);
    if (n == 0 || n > 253)
        return false;
    memcpy(name, ASN1_STRING_get0_data(s), n);
    static const char *const never[] = {"..", ".-", "-."};
    for (size_t i = 0; i < sizeof never / sizeof never[0]; i++)
        if (strstr(name, never[i]) != NULL)
            return false;
    return strspn(name, allowed) == n && strchr(name, '.') != NULL && strchr(".-", name[0]) == NULL &&
           strchr(".-", name[n - 1]) == NULL;
}

static bool is_fine_name(GENERAL_NAMES *names, int at)
{
    GENERAL_NAME *name = sk_GENERAL_NAME_value(names, at);
    for (int i = 0; i < at; i++)
        if (GENERAL_NAME_cmp(sk_GENERAL_NAME_value(names, i), name) == 0)
            return false;
    if (name->type == GEN_DNS)
        return is_dns_name(name->d.dNSName);
    return name->type == GEN_IPADD &&
           (ASN1_STRING_length(name->d.iPAddress) == 4 || ASN1_STRING_length(name->d.iPAddress) == 16);
}

static enum err check_san(const TBS_VIEW *v, const struct policy_profile *p, struct diag *d)
{
    GENERAL_NAMES *names = X509V3_get_d2i(v->extensions, NID_subject_alt_name, NULL, NULL);
    bool there = X509v3_get_ext_by_NID(v->extensions, NID_subject_alt_name, -1) >= 0;
    bool fine = !there || (p->copy_san && names != NULL && sk_GENERAL_NAME_num(names) > 0);
    for (int i = 0; fine && names != NULL && i < sk_GENERAL_NAME_num(names); i++)
        fine = is_fine_name(names, i);
    GENERAL_NAMES_free(names);
    return fine ? E_OK : wrong(d, p->extensions_clause, "the subject alternative name is not allowed");
}

enum err lint_extensions_end_entity(const TBS_VIEW *v, const struct policy_profile *p, X509 *issuer, struct diag *d)
{
    const struct wanted wanted[] = {
        {NID_authority_key_identifier, false, true},
        {NID_subject_key_identifier, false, true},
        {NID_key_usage, true, p->key_usage != 0},
        {NID_certificate_policies, false, p->policies.n > 0},
        {NID_subject_alt_name, false, X509v3_get_ext_by_NID(v->extensions, NID_subject_alt_name, -1) >= 0},
        {NID_ext_key_usage, false, p->extended_key_usage.n > 0},
        {NID_crl_distribution_points, false, p->crl.n > 0},
        {NID_info_access, false, p->ocsp.n + p->issuers.n > 0},
    };
    static enum err (*const checks[])(const TBS_VIEW *, const struct policy_profile *, struct diag *) = {
        check_extended_key_usage, check_policies, check_crl, check_aia, check_san};
    enum err e = check_set(v, wanted, sizeof wanted / sizeof wanted[0], true, d);
    if (e == E_OK)
        e = lint_identity(v, p, d);
    if (e == E_OK)
        e = check_key_ids(v, issuer, d);
    if (e == E_OK && p->key_usage != 0 && key_usage(v) != p->key_usage)
        e = wrong(d, p->key_usage_clause, "the key usage is not the profile's");
    for (size_t i = 0; i < sizeof checks / sizeof checks[0] && e == E_OK; i++)
        e = checks[i](v, p, d);
    return e;
}

enum err lint_extensions_self_signed(const TBS_VIEW *v, bool ca, bool lists, struct diag *d)
{
    const uint32_t usage = ca      ? KU_KEY_CERT_SIGN | KU_CRL_SIGN
                           : lists ? KU_DIGITAL_SIGNATURE | KU_CRL_SIGN
                                   : KU_DIGITAL_SIGNATURE;
    const struct wanted wanted[] = {
        {NID_subject_key_identifier, false, true},
        {NID_key_usage, true, true},
        {NID_basic_constraints, true, ca},
    };
    enum err e = check_set(v, wanted, sizeof wanted / sizeof wanted[0], false, d);
    if (e != E_OK)
        return e;
    if (!ski_fits_key(v))
        return wrong(d, "RFC 5280 4.2.1.2", "the subject key identifier is not the key's");
    if (key_usage(v) != usage)
        return wrong(d, "RFC 5280 4.2.1.3", "the key usage is not that of such a key");
    if (ca != is_ca(v, false))
        return wrong(d, "RFC 5280 4.2.1.9", "the basic constraints are wrong");
    return E_OK;
}

/* The value of nocheck is NULL, which check_set() has seen to be DER. */
enum err lint_extensions_responder(const TBS_VIEW *v, X509 *issuer, struct diag *d)
{
    const struct wanted wanted[] = {
        {NID_authority_key_identifier, false, true},
        {NID_subject_key_identifier, false, true},
        {NID_key_usage, true, true},
        {NID_ext_key_usage, false, true},
        {NID_id_pkix_OCSP_noCheck, false, true},
    };
    static const char *const signing[] = {"1.3.6.1.5.5.7.3.9"};
    const struct policy_profile profile = {.extended_key_usage = {signing, 1}, .extensions_clause = "RFC 6960 4.2.2.2"};
    enum err e = check_set(v, wanted, sizeof wanted / sizeof wanted[0], false, d);
    if (e == E_OK)
        e = check_key_ids(v, issuer, d);
    if (e == E_OK && key_usage(v) != KU_DIGITAL_SIGNATURE)
        e = wrong(d, "RFC 5280 4.2.1.3", "the key usage is not that of such a key");
    return e == E_OK ? check_extended_key_usage(v, &profile, d) : e;
}

enum err lint_extensions_ca(const TBS_VIEW *v, bool path_zero, const char *crl_url, X509 *issuer, struct diag *d)
{
    const struct wanted wanted[] = {
        {NID_authority_key_identifier, false, true},
        {NID_subject_key_identifier, false, true},
        {NID_basic_constraints, true, true},
        {NID_key_usage, true, true},
        {NID_crl_distribution_points, false, crl_url != NULL},
    };
    const char *const points[] = {crl_url};
    const struct policy_profile profile = {.crl = {points, crl_url != NULL}, .extensions_clause = "RFC 5280 4.2.1.13"};
    enum err e = check_set(v, wanted, sizeof wanted / sizeof wanted[0], false, d);
    if (e == E_OK)
        e = check_key_ids(v, issuer, d);
    if (e == E_OK && key_usage(v) != (KU_KEY_CERT_SIGN | KU_CRL_SIGN))
        e = wrong(d, "RFC 5280 4.2.1.3", "the key usage is not that of such a key");
    if (e == E_OK && !is_ca(v, path_zero))
        e = wrong(d, "RFC 5280 4.2.1.9", "the basic constraints are not those of such a CA");
    return e == E_OK ? check_crl(v, &profile, d) : e;
}
