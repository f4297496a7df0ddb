/* Sub-CAs: keys whose certificates another key of their authority signs. A root certifies sub-CAs, a sub-CA end entities
 * (pathLenConstraint 0), so that there is neither a longer chain nor a loop. */
#include <string.h>

#include "policy/part.h"
#include "policy/scalar.h"

static const struct policy_key *issuer_of(const struct policy_authority *a, const struct policy_key *key)
{
    for (size_t i = 0; i < a->keys_n; i++)
        if (key->issuer != NULL && strcmp(a->keys[i].name, key->issuer) == 0)
            return &a->keys[i];
    return NULL;
}

bool build_is_issuer(const struct policy_authority *a, const struct policy_key *key)
{
    for (size_t i = 0; i < a->keys_n; i++)
        if (issuer_of(a, &a->keys[i]) == key)
            return true;
    return false;
}

/* The key of OCSP responses or of seals. */
static bool is_for_else(const struct policy_authority *a, const struct policy_key *key)
{
    return (a->ocsp_key != NULL && strcmp(a->ocsp_key, key->name) == 0) ||
           (a->seals.key != NULL && strcmp(a->seals.key, key->name) == 0);
}

/* A certificate whose issuer has its own subject's name would pass for self-signed. */
static bool same_subject(const struct policy_key *x, const struct policy_key *y)
{
    bool same = x->subjects == y->subjects;
    for (size_t i = 0; same && i < x->subjects; i++)
        same = strcmp(x->subject[i].type, y->subject[i].type) == 0 && strcmp(x->subject[i].value, y->subject[i].value) == 0;
    return same;
}

static enum err check(struct build *b, const char *at, const struct policy_authority *a, const struct policy_key *key)
{
    const struct policy_key *ca = issuer_of(a, key);
    if (key->issuer == NULL)
        return E_OK;
    if (ca == NULL)
        return build_error(b, at, "issuer", "\"%s\" is not a key of this authority", key->issuer);
    if (is_for_else(a, key))
        return build_error(b, at, "issuer", "\"%s\" signs no certificates; only a sub-CA names its issuer", key->name);
    if (is_for_else(a, ca))
        return build_error(b, at, "issuer", "\"%s\" signs no certificates", ca->name);
    if (ca->issuer != NULL)
        return build_error(b, at, "issuer", "\"%s\" has an issuer itself, and a sub-CA certifies no CA", ca->name);
    if (same_subject(key, ca))
        return build_error(b, at, "subject", "\"%s\", which certifies it, has the same name", ca->name);
    if (!scalar_period_longer(&ca->validity, &key->validity))
        return build_error(b, at, "validity", "\"%s\" would outlive \"%s\", which certifies it", key->name, ca->name);
    return E_OK;
}

enum err build_issuers(struct build *b, const struct policy_authority *a)
{
    enum err e = E_OK;
    for (size_t i = 0; i < a->keys_n && e == E_OK; i++) {
        char at[WHERE_PATH];
        build_path(at, "", "keys", i);
        e = check(b, at, a, &a->keys[i]);
    }
    return e;
}
