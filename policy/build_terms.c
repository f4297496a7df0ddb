/* The terms of an authority's services: renewal, the promise to revoke in time, CRLs, OCSP responses, seals; and that these
 * fit each other and the profiles. */
#include <string.h>

#include "policy/part.h"
#include "policy/scalar.h"

#define DAY 86400

static bool offers(const struct policy_authority *a, const char *op)
{
    return policy_service_find(a, op) != NULL;
}

static bool named(const char *name, const struct policy_key *key)
{
    return name != NULL && strcmp(name, key->name) == 0;
}

static bool signs_certificates(const struct policy_authority *a, const struct policy_key *key)
{
    for (size_t i = 0; i < a->profiles_n; i++)
        if (named(a->profiles[i].key, key))
            return true;
    return false;
}

/* Seconds, compared by whole days: enough to tell that something would outlive its key. */
static bool outlives(int64_t seconds, const struct policy_period *validity)
{
    const struct policy_period p = {.days = (int)(seconds / DAY)};
    return !scalar_period_longer(validity, &p);
}

enum err build_crl(struct build *b, const char *at, const struct yaml_crl *y, struct policy_key *out)
{
    char below[WHERE_PATH];
    build_join(below, at, "crl");
    enum err e = build_duration(b, below, "period", y->period, &out->crl_period);
    if (e == E_OK && outlives(out->crl_period, &out->validity))
        e = build_error(b, below, "period", "a CRL would outlive the key \"%s\"", out->name);
    if (e == E_OK && y->delta != NULL)
        e = build_duration(b, below, "delta", y->delta, &out->crl_delta_period);
    if (e == E_OK && out->crl_delta_period >= out->crl_period)
        e = build_error(b, below, "delta", "delta CRLs come more often than full ones, so \"%s\" must be shorter than \"%s\"",
                        y->delta, y->period);
    if (e == E_OK && y->url != NULL && !scalar_url(y->url))
        e = build_error(b, below, "url", "\"%s\" is not an http:// address without blanks", y->url);
    out->crl_url = y->url;
    return e != E_OK ? e : build_clause(b, below, y->clause, &out->crl_clause);
}

static const struct policy_key *key_find(const struct policy_authority *a, const char *name)
{
    for (size_t i = 0; i < a->keys_n; i++)
        if (named(name, &a->keys[i]))
            return &a->keys[i];
    return NULL;
}

static enum err key_missing(struct build *b, const char *at, const char *name)
{
    return build_error(b, at, "key", "\"%s\" is not a key of this authority", name);
}

/* A key of its own for one purpose: it signs no certificates, and serves no other purpose. */
static enum err claim_key(struct build *b, const char *at, const struct policy_authority *a, const struct policy_key *key)
{
    if (signs_certificates(a, key))
        return build_error(b, at, "key", "\"%s\" signs certificates; this needs a key of its own", key->name);
    return build_claim(b, at, "key", "key for one purpose", a->name, key->name);
}

static enum err build_renewal(struct build *b, const struct yaml_renewal *y, struct policy_authority *out)
{
    bool certificates = offers(out, "renew"), seals = offers(out, "seal-renew");
    if (y == NULL)
        return certificates || seals
                   ? build_error(b, "services", "", "what can be renewed needs \"renewal\" to say when")
                   : E_OK;
    struct policy_renewal *r = &out->renewal;
    enum err e = E_OK;
    if (!certificates && !seals)
        return build_error(b, "renewal", "", "nothing of this authority can be renewed");
    if (certificates != (y->new_key != NULL) || certificates != (y->key_clause != NULL))
        return build_error(b, "renewal", "",
                           certificates ? "renew needs \"new-key\" and \"key-clause\""
                                        : "seals hold no key of their own: \"new-key\" and \"key-clause\" are for renew");
    if (y->window != NULL)
        e = build_period(b, "renewal", "window", y->window, &r->window);
    if (e == E_OK && y->new_key != NULL)
        e = build_bool(b, "renewal", "new-key", y->new_key, &r->new_key);
    if (e == E_OK && y->key_clause != NULL)
        e = build_clause_of(b, "renewal", "key-clause", y->key_clause, &r->key_clause);
    return e != E_OK ? e : build_clause(b, "renewal", y->clause, &r->clause);
}

static enum err build_promise(struct build *b, const struct yaml_promise *y, struct policy_authority *out)
{
    if (y == NULL)
        return E_OK;
    if (!offers(out, "revoke") && !offers(out, "seal-revoke"))
        return build_error(b, "revoke-within", "", "nothing of this authority can be revoked");
    enum err e = build_duration(b, "revoke-within", "duration", y->duration, &out->revoke_within);
    return e != E_OK ? e : build_clause(b, "revoke-within", y->clause, &out->revoke_within_clause);
}

/* The responder's certificate comes from the key it answers for, so there is one such key, and it lives longer. */
static enum err build_ocsp(struct build *b, const struct yaml_ocsp *y, struct policy_authority *out)
{
    if (y == NULL)
        return E_OK;
    const struct policy_key *responder = key_find(out, y->key), *issuer = NULL;
    if (responder == NULL)
        return key_missing(b, "ocsp", y->key);
    enum err e = claim_key(b, "ocsp", out, responder);
    if (e == E_OK)
        e = build_duration(b, "ocsp", "period", y->period, &out->ocsp_period);
    if (e != E_OK)
        return e;
    out->ocsp_key = responder->name;
    for (size_t i = 0; i < out->keys_n; i++) {
        const struct policy_key *key = &out->keys[i];
        if (!signs_certificates(out, key))
            continue;
        if (issuer != NULL)
            return build_error(b, "ocsp", "", "a responder answers for one key; both \"%s\" and \"%s\" sign certificates",
                               issuer->name, key->name);
        issuer = key;
    }
    if (issuer == NULL)
        return build_error(b, "ocsp", "", "this authority has no certificates to answer for");
    if (!scalar_period_longer(&issuer->validity, &responder->validity))
        return build_error(b, "ocsp", "key", "\"%s\" would outlive \"%s\", for which it answers", responder->name,
                           issuer->name);
    if (outlives(out->ocsp_period, &responder->validity))
        return build_error(b, "ocsp", "period", "a response would outlive the key \"%s\"", responder->name);
    return build_clause(b, "ocsp", y->clause, &out->ocsp_clause);
}

static enum err build_seals(struct build *b, const struct yaml_seals *y, struct policy_authority *out)
{
    struct policy_seals *s = &out->seals;
    if (y == NULL)
        return offers(out, "seal-issue") ? build_error(b, "services", "", "seal-issue needs \"seals\"") : E_OK;
    if (!offers(out, "seal-issue"))
        return build_error(b, "seals", "", "this authority does not offer seal-issue");
    const struct policy_key *key = key_find(out, y->key);
    if (key == NULL)
        return key_missing(b, "seals", y->key);
    enum err e = claim_key(b, "seals", out, key);
    if (e == E_OK)
        e = build_period(b, "seals.validity", "period", y->validity.period, &s->validity);
    s->key = key->name;
    if (e == E_OK && key->kind != KEY_SM2)
        e = build_error(b, "seals", "key", "\"%s\" is no SM2 key", key->name);
    if (e == E_OK && !scalar_period_longer(&key->validity, &s->validity))
        e = build_error(b, "seals.validity", "period", "a seal would outlive its key \"%s\"", key->name);
    if (e == E_OK)
        e = build_clause(b, "seals.validity", y->validity.clause, &s->validity_clause);
    if (e == E_OK && y->holders != NULL)
        e = build_ca_certificate(b, "seals.holders", "issuer", y->holders->issuer, &s->holder_issuer);
    if (e == E_OK && y->holders != NULL)
        e = build_clause(b, "seals.holders", y->holders->clause, &s->holder_clause);
    return e != E_OK ? e : build_clause(b, "seals", y->clause, &s->clause);
}

/* A window that is not shorter than what is renewed would let it be renewed on the day it was made. */
static enum err check_window(struct build *b, const struct policy_authority *a)
{
    const struct policy_period *window = &a->renewal.window;
    for (size_t i = 0; i < a->profiles_n && offers(a, "renew"); i++)
        if (!scalar_period_longer(&a->profiles[i].validity, window))
            return build_error(b, "renewal", "window", "the window is not shorter than the validity of profile \"%s\"",
                               a->profiles[i].name);
    if (offers(a, "seal-renew") && !scalar_period_longer(&a->seals.validity, window))
        return build_error(b, "renewal", "window", "the window is not shorter than the validity of a seal");
    return E_OK;
}

static bool has_url(const struct policy_strings *s, const char *url)
{
    for (size_t i = 0; i < s->n; i++)
        if (strcmp(s->v[i], url) == 0)
            return true;
    return false;
}

/* What is revoked is told by the key that signed it; a CRL that names its place is found there by every certificate it
 * is about (RFC 5280 6.3.3 b 2). */
static enum err check_crl(struct build *b, const char *at, const struct policy_authority *a, const struct policy_key *key)
{
    static const char *const revoking[] = {"revoke", "suspend", "change", "add-application"};
    bool profiles = signs_certificates(a, key), issues = profiles || build_is_issuer(a, key), seals = named(a->seals.key, key);
    if (key->crl_period == 0) {
        for (size_t i = 0; profiles && i < sizeof revoking / sizeof revoking[0]; i++)
            if (offers(a, revoking[i]))
                return build_error(b, at, "", "%s is offered, so the key needs \"crl\"", revoking[i]);
        if (seals && offers(a, "seal-revoke"))
            return build_error(b, at, "", "seal-revoke is offered, so the key needs \"crl\"");
        return E_OK;
    }
    if (!issues && !seals)
        return build_error(b, at, "crl", "nothing is signed with this key that could be revoked");
    if (seals && (key->crl_delta_period != 0 || key->crl_url != NULL))
        return build_error(b, at, "crl", "the status list of seals has neither \"delta\" nor \"url\"");
    for (size_t i = 0; i < a->profiles_n && key->crl_url != NULL; i++)
        if (named(a->profiles[i].key, key) && !has_url(&a->profiles[i].crl, key->crl_url))
            return build_error(b, at, "crl.url", "certificates of profile \"%s\" do not name this address",
                               a->profiles[i].name);
    return E_OK;
}

/* Certificates say where their status can be asked for if, and only if, it can. */
static enum err check_responders(struct build *b, const struct policy_authority *a)
{
    for (size_t i = 0; i < a->profiles_n; i++) {
        char at[WHERE_PATH];
        build_path(at, "", "profiles", i);
        if (a->ocsp_key == NULL && a->profiles[i].ocsp.n > 0)
            return build_error(b, at, "extensions.ocsp", "this authority makes no OCSP responses (\"ocsp\")");
        if (a->ocsp_key != NULL && a->profiles[i].ocsp.n == 0)
            return build_error(b, at, "extensions", "the authority makes OCSP responses, so \"ocsp\" must say where");
    }
    return E_OK;
}

enum err build_terms(struct build *b, const struct yaml_authority *y, struct policy_authority *out)
{
    enum err e = build_renewal(b, y->renewal, out);
    if (e == E_OK)
        e = build_promise(b, y->revoke_within, out);
    if (e == E_OK)
        e = build_ocsp(b, y->ocsp, out);
    if (e == E_OK)
        e = build_seals(b, y->seals, out);
    if (e == E_OK)
        e = check_window(b, out);
    for (size_t i = 0; i < out->keys_n && e == E_OK; i++) {
        char at[WHERE_PATH];
        build_path(at, "", "keys", i);
        e = check_crl(b, at, out, &out->keys[i]);
    }
    if (e == E_OK)
        e = build_issuers(b, out);
    return e != E_OK ? e : check_responders(b, out);
}
