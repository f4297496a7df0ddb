/* One authority: who must approve, its keys and profiles; build_services.c and build_terms.c add the rest. */
#include <openssl/x509v3.h>
#include <string.h>

#include "core/limits.h"
#include "policy/part.h"
#include "policy/scalar.h"

/* Extended key usages of RFC 5280 4.2.1.12, which may be written by name. */
static const struct {
    const char *name, *oid;
} purposes[] = {{"serverAuth", "1.3.6.1.5.5.7.3.1"},   {"clientAuth", "1.3.6.1.5.5.7.3.2"},
                {"codeSigning", "1.3.6.1.5.5.7.3.3"},  {"emailProtection", "1.3.6.1.5.5.7.3.4"},
                {"timeStamping", "1.3.6.1.5.5.7.3.8"}, {"OCSPSigning", "1.3.6.1.5.5.7.3.9"}};

static enum err build_approvals(struct build *b, const char *scope, const struct yaml_approval *y,
                                size_t n, struct policy_authority *out)
{
    struct policy_approval *list = build_alloc(b, n, sizeof *list);
    enum err e = list != NULL ? E_OK : E_NO_MEMORY;
    bool entry = false, review = false;
    for (size_t i = 0; i < n && e == E_OK; i++) {
        char at[WHERE_PATH];
        int64_t count = 0;
        build_path(at, "", "approvals", i);
        if (!policy_role_by_name(y[i].role, &list[i].role))
            e = build_error(b, at, "role", "\"%s\" is neither entry nor review", y[i].role);
        if (e == E_OK)
            e = build_claim(b, at, "role", "role", scope, y[i].role);
        if (e == E_OK)
            e = build_number(b, at, "count", y[i].count, 1, PERSONS_MAX, &count);
        if (e == E_OK)
            e = build_clause(b, at, y[i].clause, &list[i].clause);
        list[i].count = (int)count;
        entry = entry || list[i].role == POLICY_ENTRY;
        review = review || list[i].role == POLICY_REVIEW;
    }
    if (e == E_OK && !(entry && review))
        e = build_error(b, "", "approvals", "both roles must approve: %s is missing",
                        entry ? "review" : "entry");
    out->approvals = list;
    out->approvals_n = n;
    return e;
}

static enum err build_keys(struct build *b, const struct yaml_key *y, size_t n,
                           struct policy_authority *out)
{
    if (n == 0)
        return build_error(b, "", "keys", "an authority needs a key to sign with");
    if (n > LIMIT_KEYS)
        return build_error(b, "", "keys", "at most %d keys are allowed", LIMIT_KEYS);
    struct policy_key *list = build_alloc(b, n, sizeof *list);
    enum err e = list != NULL ? E_OK : E_NO_MEMORY;
    for (size_t i = 0; i < n && e == E_OK; i++) {
        char at[WHERE_PATH];
        build_path(at, "", "keys", i);
        e = build_key(b, at, &y[i], &list[i]);
        if (e == E_OK && y[i].crl != NULL)
            e = build_crl(b, at, y[i].crl, &list[i]);
    }
    out->keys = list;
    out->keys_n = n;
    return e;
}

/* Sizes are a choice for RSA only; a curve has the one size it has. */
static enum err build_subject_key(struct build *b, const char *at, const struct yaml_subject_key *y,
                                  struct policy_subject_key *out)
{
    if (!alg_key_by_name(y->kind, &out->kind))
        return build_error(b, at, "kind", "\"%s\" is not one of sm2, p256, p384, rsa", y->kind);
    bool rsa = out->kind == KEY_RSA;
    int64_t size = out->kind == KEY_P384 ? 384 : 256;
    int64_t min = rsa ? RSA_MIN : size, max = rsa ? RSA_MAX : size;
    enum err e = E_OK;
    if (rsa && (y->min_bits == NULL || y->max_bits == NULL))
        return build_error(b, at, "", "RSA needs \"min-bits\" and \"max-bits\"");
    if (y->min_bits != NULL)
        e = build_number(b, at, "min-bits", y->min_bits, min, max, &min);
    if (e == E_OK && y->max_bits != NULL)
        e = build_number(b, at, "max-bits", y->max_bits, min, max, &max);
    out->min_bits = (int)min;
    out->max_bits = (int)max;
    return e;
}

static enum err build_subject_keys(struct build *b, const char *at,
                                   const struct yaml_subject_keys *y, struct policy_profile *out)
{
    char below[WHERE_PATH];
    build_join(below, at, "subject-keys");
    if (y->allowed_n == 0)
        return build_error(b, below, "allowed", "a profile needs at least one kind of key");
    struct policy_subject_key *list = build_alloc(b, y->allowed_n, sizeof *list);
    enum err e = list != NULL ? E_OK : E_NO_MEMORY;
    for (size_t i = 0; i < y->allowed_n && e == E_OK; i++) {
        char entry[WHERE_PATH];
        build_path(entry, below, "allowed", i);
        e = build_subject_key(b, entry, &y->allowed[i], &list[i]);
        for (size_t k = 0; k < i && e == E_OK; k++)
            if (list[k].kind == list[i].kind)
                e = build_error(b, entry, "kind", "%s stands twice", y->allowed[i].kind);
    }
    out->keys = list;
    out->keys_n = y->allowed_n;
    return e != E_OK ? e : build_clause(b, below, y->clause, &out->keys_clause);
}

static enum err build_key_usage(struct build *b, const char *at, const struct yaml_key_usage *y,
                                struct policy_profile *out)
{
    char below[WHERE_PATH];
    char path[WHERE_PATH];
    build_join(below, at, "key-usage");
    if (y->bits.n == 0)
        return build_error(b, below, "bits", "at least one bit must be set (RFC 5280 4.2.1.3)");
    for (size_t i = 0; i < y->bits.n; i++) {
        uint32_t bit = policy_usage_by_name(y->bits.v[i]);
        build_path(path, below, "bits", i);
        if (bit == 0)
            return build_error(b, path, "", "\"%s\" is not a key usage of RFC 5280 4.2.1.3",
                               y->bits.v[i]);
        if (bit == KU_KEY_CERT_SIGN || bit == KU_CRL_SIGN)
            return build_error(b, path, "",
                               "%s is for authorities, not for the end entities of a profile",
                               y->bits.v[i]);
        if ((out->key_usage & bit) != 0)
            return build_error(b, path, "", "%s stands twice", y->bits.v[i]);
        out->key_usage |= bit;
    }
    if ((out->key_usage & (KU_ENCIPHER_ONLY | KU_DECIPHER_ONLY)) != 0 &&
        (out->key_usage & KU_KEY_AGREEMENT) == 0)
        return build_error(b, below, "bits",
                           "encipherOnly and decipherOnly mean something with keyAgreement only");
    return build_clause(b, below, y->clause, &out->key_usage_clause);
}

static const char *purpose_oid(const char *s)
{
    for (size_t i = 0; i < sizeof purposes / sizeof purposes[0]; i++)
        if (strcmp(purposes[i].name, s) == 0)
            return purposes[i].oid;
    return s;
}

enum list_of { OIDS, PURPOSES, URLS };

static enum err build_strings(struct build *b, const char *at, const char *field, enum list_of what,
                              const struct yaml_strings *y, struct policy_strings *out)
{
    const char **v = build_alloc(b, y->n, sizeof *v);
    if (v == NULL)
        return E_NO_MEMORY;
    for (size_t i = 0; i < y->n; i++) {
        char path[WHERE_PATH];
        build_path(path, at, field, i);
        v[i] = what == PURPOSES ? purpose_oid(y->v[i]) : y->v[i];
        if (what == URLS && !scalar_url(v[i]))
            return build_error(b, path, "", "\"%s\" is not an http:// address without blanks",
                               v[i]);
        if (what != URLS && !scalar_oid(v[i]))
            return build_error(b, path, "", "\"%s\" is not an object identifier in dotted form",
                               v[i]);
        for (size_t k = 0; k < i; k++)
            if (strcmp(v[k], v[i]) == 0)
                return build_error(b, path, "", "\"%s\" stands twice", v[i]);
    }
    out->v = v;
    out->n = y->n;
    return E_OK;
}

/* Only the name of a device may be taken from its request: those of persons and organisations are
 * the RA's to state. */
static enum err build_copied(struct build *b, const char *at, const struct yaml_strings *y,
                             struct policy_profile *out)
{
    for (size_t i = 0; i < y->n; i++) {
        char path[WHERE_PATH];
        build_path(path, at, "copy-extensions", i);
        if (strcmp(y->v[i], "subjectAltName") != 0)
            return build_error(b, path, "",
                               "\"%s\" is never copied from a request (only subjectAltName)",
                               y->v[i]);
        if (out->kind != POLICY_DEVICE)
            return build_error(b, path, "",
                               "subjectAltName is copied for devices only, not for kind %s",
                               policy_kind_name(out->kind));
        if (out->copy_san)
            return build_error(b, path, "", "subjectAltName stands twice");
        out->copy_san = true;
    }
    return E_OK;
}

static enum err build_extensions(struct build *b, const char *at, const struct yaml_extensions *y,
                                 struct policy_profile *out)
{
    char below[WHERE_PATH];
    build_join(below, at, "extensions");
    enum err e = build_strings(b, below, "extended-key-usage", PURPOSES, &y->extended_key_usage,
                               &out->extended_key_usage);
    if (e == E_OK)
        e = build_strings(b, below, "policies", OIDS, &y->policies, &out->policies);
    if (e == E_OK)
        e = build_strings(b, below, "crl", URLS, &y->crl, &out->crl);
    if (e == E_OK)
        e = build_strings(b, below, "ocsp", URLS, &y->ocsp, &out->ocsp);
    if (e == E_OK)
        e = build_strings(b, below, "issuers", URLS, &y->issuers, &out->issuers);
    if (e == E_OK)
        e = build_copied(b, below, &y->copy_extensions, out);
    return e != E_OK ? e : build_clause(b, below, y->clause, &out->extensions_clause);
}

/* Only an SM2 signature leaves it open. */
static enum err build_null(struct build *b, const char *at, const struct yaml_profile *y, const struct policy_key *key,
                           struct policy_profile *out)
{
    bool written = false;
    if (y->sm2_null == NULL)
        return E_OK;
    if (key->kind != KEY_SM2)
        return build_error(b, at, "sm2-null", "the key \"%s\" is no SM2 key", key->name);
    enum err e = build_bool(b, at, "sm2-null", y->sm2_null, &written);
    out->sm2_null = written ? POLICY_NULL_WRITTEN : POLICY_NULL_ABSENT;
    return e;
}

/* The key that signs is the authority's own and outlives what it signs. */
static enum err build_signer(struct build *b, const char *at, const struct yaml_profile *y,
                             const struct policy_authority *a, struct policy_profile *out)
{
    char below[WHERE_PATH];
    const struct policy_key *key = NULL;
    build_join(below, at, "validity");
    for (size_t i = 0; i < a->keys_n; i++)
        if (strcmp(a->keys[i].name, y->key) == 0)
            key = &a->keys[i];
    if (key == NULL)
        return build_error(b, at, "key", "\"%s\" is not a key of this authority", y->key);
    out->key = key->name;
    enum err e = build_null(b, at, y, key, out);
    if (e == E_OK)
        e = build_period(b, below, "period", y->validity.period, &out->validity);
    if (e == E_OK && !scalar_period_longer(&key->validity, &out->validity))
        e = build_error(b, below, "period",
                        "the certificate would outlive its authority's key \"%s\"", key->name);
    return e != E_OK ? e : build_clause(b, below, y->validity.clause, &out->validity_clause);
}

static enum err build_profile(struct build *b, const char *at, const struct yaml_profile *y,
                              const struct policy_authority *a, struct policy_profile *out)
{
    enum err e = build_token(b, at, "name", y->name, &out->name);
    if (e == E_OK)
        e = build_claim(b, at, "name", "name of a profile", a->name, y->name);
    if (e == E_OK && strcmp(y->name, POLICY_SEAL) == 0)
        e = build_error(b, at, "name", "\"" POLICY_SEAL "\" is what seals have in the place of a profile");
    if (e == E_OK && !policy_kind_by_name(y->kind, &out->kind))
        e = build_error(b, at, "kind", "\"%s\" is not one of person, organisation, device",
                        y->kind);
    if (e == E_OK)
        e = build_clause(b, at, y->clause, &out->clause);
    if (e == E_OK)
        e = build_subject_keys(b, at, &y->subject_keys, out);
    if (e == E_OK)
        e = build_subject(b, at, y->subject, y->subject_n, false, &out->subject, &out->subject_n);
    if (e == E_OK)
        e = build_signer(b, at, y, a, out);
    if (e == E_OK)
        e = build_key_usage(b, at, &y->key_usage, out);
    if (e == E_OK)
        e = build_extensions(b, at, &y->extensions, out);
    return e != E_OK ? e : build_identity(b, at, y, out);
}

static enum err build_profiles(struct build *b, const struct yaml_profile *y, size_t n,
                               struct policy_authority *out)
{
    bool issues = policy_service_find(out, "issue") != NULL;
    if (n == 0 && issues)
        return build_error(b, "", "profiles", "an authority that issues needs at least one profile");
    if (n > 0 && !issues)
        return build_error(b, "", "profiles", "this authority does not offer issue");
    struct policy_profile *list = build_alloc(b, n, sizeof *list);
    enum err e = list != NULL ? E_OK : E_NO_MEMORY;
    for (size_t i = 0; i < n && e == E_OK; i++) {
        char at[WHERE_PATH];
        build_path(at, "", "profiles", i);
        e = build_profile(b, at, &y[i], out, &list[i]);
    }
    out->profiles = list;
    out->profiles_n = n;
    return e != E_OK ? e : build_pairs(b, y, list, n);
}

enum err build_authority(struct build *b, const struct yaml_authority *y,
                         struct policy_authority *out)
{
    enum err e = build_token(b, "", "authority", y->authority, &out->name);
    if (e == E_OK)
        e = build_claim(b, "", "authority", "name of an authority", "", y->authority);
    if (e == E_OK)
        e = build_text(b, "", "title", y->title, &out->title);
    if (e == E_OK)
        e = build_token(b, "", "agreement", y->agreement, &out->agreement);
    if (e == E_OK)
        e = build_keys(b, y->keys, y->keys_n, out);
    if (e == E_OK)
        e = build_services(b, &y->services, out);
    if (e == E_OK)
        e = build_reasons(b, y->reasons, y->reasons_n, out);
    if (e == E_OK)
        e = build_approvals(b, out->name, y->approvals, y->approvals_n, out);
    if (e == E_OK)
        e = build_profiles(b, y->profiles, y->profiles_n, out);
    return e != E_OK ? e : build_terms(b, y, out);
}
