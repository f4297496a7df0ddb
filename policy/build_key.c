/* Keys that sign, and the rules of the names that certificates carry. */
#include <openssl/objects.h>
#include <stdlib.h>
#include <string.h>

#include "policy/part.h"
#include "policy/scalar.h"

#define ATTRIBUTE_MAX 32768 /* ub-name; the largest bound of RFC 5280 A.1 */

/* Upper bounds of RFC 5280 A.1 in characters. A type that is not here needs a max of its own. */
static const struct {
    int nid;
    int max;
} bounds[] = {{NID_countryName, 2},       {NID_commonName, 64},
              {NID_organizationName, 64}, {NID_organizationalUnitName, 64},
              {NID_localityName, 128},    {NID_stateOrProvinceName, 128},
              {NID_serialNumber, 64},     {NID_title, 64},
              {NID_pseudonym, 128},       {NID_name, 32768},
              {NID_surname, 32768},       {NID_givenName, 32768},
              {NID_initials, 32768},      {NID_generationQualifier, 32768}};

static int bound_of(int nid)
{
    for (size_t i = 0; i < sizeof bounds / sizeof bounds[0]; i++)
        if (bounds[i].nid == nid)
            return bounds[i].max;
    return 0;
}

/* A DirectoryString or PrintableString attribute under the name OpenSSL prints: an X.520 type or a
 * user ID. Others, such as emailAddress and DC, are IA5Strings, which are not written. */
static bool is_name_attribute(const char *type, int nid)
{
    char oid[80];
    if (nid == NID_undef || strcmp(OBJ_nid2sn(nid), type) != 0)
        return false;
    if (nid == NID_userId)
        return true;
    return OBJ_obj2txt(oid, sizeof oid, OBJ_nid2obj(nid), 1) > 0 && strncmp(oid, "2.5.4.", 6) == 0;
}

/* C and serialNumber are PrintableString by RFC 5280 A.1, whatever the policy would like. */
static enum err attribute_string(struct build *b, const char *at, const struct yaml_attribute *y,
                                 int nid, enum policy_string *out)
{
    bool printable = nid == NID_countryName || nid == NID_serialNumber || nid == NID_dnQualifier;
    *out = printable ? POLICY_PRINTABLE : POLICY_UTF8;
    if (y->string == NULL)
        return E_OK;
    if (!policy_string_by_name(y->string, out))
        return build_error(b, at, "string", "\"%s\" is neither utf8 nor printable", y->string);
    if (printable && *out != POLICY_PRINTABLE)
        return build_error(b, at, "string", "%s is always a PrintableString (RFC 5280 A.1)",
                           y->type);
    return E_OK;
}

static enum err attribute_max(struct build *b, const char *at, const struct yaml_attribute *y,
                              int nid, int *out)
{
    int64_t max = bound_of(nid);
    enum err e = E_OK;
    if (y->max != NULL)
        e = build_number(b, at, "max", y->max, 1, max > 0 ? max : ATTRIBUTE_MAX, &max);
    else if (max == 0 && y->value == NULL)
        e = build_error(b, at, "", "%s has no upper bound in RFC 5280, so \"max\" must give one",
                        y->type);
    else if (max == 0)
        max = (int64_t)scalar_characters(y->value);
    *out = (int)max;
    return e;
}

static bool is_country(const char *s)
{
    return strlen(s) == 2 && s[0] >= 'A' && s[0] <= 'Z' && s[1] >= 'A' && s[1] <= 'Z';
}

static enum err attribute_value(struct build *b, const char *at, const struct policy_attribute *a,
                                int nid, bool must_be_fixed)
{
    if (nid == NID_countryName && (a->value == NULL || !is_country(a->value)))
        return build_error(b, at, a->value != NULL ? "value" : "",
                           "C must be fixed to a value of two capital letters");
    if (a->value == NULL && must_be_fixed)
        return build_error(
            b, at, "", "%s needs a fixed value: this is the appliance's own certificate", a->type);
    if (a->value == NULL)
        return E_OK;
    if (!scalar_filled(a->value))
        return build_error(b, at, "value", "the fixed value is empty");
    if (a->string == POLICY_PRINTABLE && !scalar_printable(a->value))
        return build_error(b, at, "value", "\"%s\" does not fit into a PrintableString", a->value);
    if (scalar_characters(a->value) > (size_t)a->max)
        return build_error(b, at, "value", "\"%s\" is longer than %d characters", a->value, a->max);
    return E_OK;
}

static enum err build_attribute(struct build *b, const char *at, const struct yaml_attribute *y,
                                bool must_be_fixed, struct policy_attribute *out)
{
    int nid = OBJ_txt2nid(y->type);
    out->type = y->type;
    out->value = y->value;
    if (!is_name_attribute(y->type, nid))
        return build_error(b, at, "type",
                           "\"%s\" is no type of a name attribute (C, ST, L, O, OU, CN, ...)",
                           y->type);
    enum err e = E_OK;
    if (y->required != NULL)
        e = build_bool(b, at, "required", y->required, &out->required);
    if (e == E_OK)
        e = attribute_string(b, at, y, nid, &out->string);
    if (e == E_OK)
        e = attribute_max(b, at, y, nid, &out->max);
    if (e == E_OK)
        e = attribute_value(b, at, out, nid, must_be_fixed);
    return e != E_OK ? e : build_clause(b, at, y->clause, &out->clause);
}

enum err build_subject(struct build *b, const char *at, const struct yaml_attribute *y, unsigned n,
                       bool all_fixed, const struct policy_attribute **out, size_t *out_n)
{
    if (n == 0)
        return build_error(b, at, "subject", "a name needs at least one attribute");
    struct policy_attribute *a = build_alloc(b, n, sizeof *a);
    if (a == NULL)
        return E_NO_MEMORY;
    for (size_t i = 0; i < n; i++) {
        char path[WHERE_PATH];
        build_path(path, at, "subject", i);
        enum err e = build_attribute(b, path, &y[i], all_fixed, &a[i]);
        if (e != E_OK)
            return e;
        for (size_t k = 0; k < i; k++)
            if (strcmp(a[k].type, a[i].type) == 0)
                return build_error(b, path, "type", "the name has a second rule for %s", a[i].type);
    }
    *out = a;
    *out_n = n;
    return E_OK;
}

/* The algorithm fits the kind; authorities' keys are SM2 or RSA, as hsm_sign() knows them. */
static enum err build_algorithm(struct build *b, const char *at, const struct yaml_key *y,
                                struct policy_key *out)
{
    if (!alg_key_by_name(y->kind, &out->kind) || (out->kind != KEY_SM2 && out->kind != KEY_RSA))
        return build_error(b, at, "kind", "\"%s\" is not a kind of key that signs here (sm2, rsa)",
                           y->kind);
    if (!alg_sig_by_name(y->alg, &out->alg))
        return build_error(b, at, "alg", "\"%s\" is not a signature algorithm", y->alg);
    if (alg_sig_key(out->alg) != out->kind)
        return build_error(b, at, "alg", "%s is not an algorithm of %s keys (%s)", y->alg, y->kind,
                           out->kind == KEY_SM2
                               ? "sm2-sm3"
                               : "rsa-sha256, rsa-sha384, rsa-pss-sha256, rsa-pss-sha384");
    /* Production certificates carry NULL parameters, so that is the default. */
    out->sm2_null = out->kind == KEY_SM2;
    if (y->sm2_null == NULL)
        return E_OK;
    if (out->kind != KEY_SM2)
        return build_error(b, at, "sm2-null", "only SM2 keys have this choice");
    return build_bool(b, at, "sm2-null", y->sm2_null, &out->sm2_null);
}

static enum err build_bits(struct build *b, const char *at, const struct yaml_key *y,
                           struct policy_key *out)
{
    int64_t bits = 256;
    enum err e = E_OK;
    if (out->kind == KEY_RSA && y->bits == NULL)
        return build_error(b, at, "", "an RSA key needs \"bits\"");
    if (y->bits != NULL)
        e = out->kind == KEY_RSA ? build_number(b, at, "bits", y->bits, RSA_MIN, RSA_MAX, &bits)
                                 : build_number(b, at, "bits", y->bits, 256, 256, &bits);
    if (e == E_OK && bits % 8 != 0)
        e = build_error(b, at, "bits", "the size must be a multiple of 8");
    out->bits = (int)bits;
    return e;
}

/* Two keys may not share a label: a token that has both could sign with the wrong one. */
static enum err build_label(struct build *b, const char *at, const char *uri)
{
    size_t n = 0;
    if (!scalar_uri(uri))
        return build_error(b, at, "uri",
                           "\"%s\" is not a PKCS#11 URI of path attributes (pkcs11:object=...)",
                           uri);
    char *label = scalar_uri_attribute(uri, "object", &n);
    if (label == NULL)
        return build_error(b, at, "uri", "the URI of a key needs object=");
    enum err e = build_claim(b, at, "uri", "label of a key", "", label);
    free(label);
    if (e != E_OK)
        return e;
    size_t wanted_n = 0;
    char *token = scalar_uri_attribute(uri, "token", &n);
    char *wanted = scalar_uri_attribute(b->policy.token, "token", &wanted_n);
    if (token != NULL && wanted != NULL && (n != wanted_n || memcmp(token, wanted, n) != 0))
        e = build_error(b, at, "uri", "the key is on another token than the appliance's");
    free(token);
    free(wanted);
    return e;
}

enum err build_key(struct build *b, const char *at, const struct yaml_key *y,
                   struct policy_key *out)
{
    enum err e = build_token(b, at, "name", y->name, &out->name);
    if (e == E_OK)
        e = build_claim(b, at, "name", "name of a key", "", y->name);
    if (e == E_OK)
        e = build_label(b, at, y->uri);
    out->uri = y->uri;
    if (e == E_OK)
        e = build_algorithm(b, at, y, out);
    if (e == E_OK)
        e = build_bits(b, at, y, out);
    if (e == E_OK && y->transferable != NULL)
        e = build_bool(b, at, "transferable", y->transferable, &out->transferable);
    if (e == E_OK)
        e = build_period(b, at, "validity", y->validity, &out->validity);
    if (e == E_OK)
        e = build_clause(b, at, y->clause, &out->clause);
    out->issuer = y->issuer;
    return e != E_OK ? e
                     : build_subject(b, at, y->subject, y->subject_n, true, &out->subject,
                                     &out->subjects);
}
