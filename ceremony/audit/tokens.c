#include "audit/tokens.h"

#include <string.h>

#include "audit/audit.h"
#include "pki/key.h"

/* The key whose signature a line tells of; "" for other lines. */
static const char *signer_of(const struct audit *a, const struct record *r)
{
    switch (r->type) {
    case RECORD_SELF_TEST:
    case RECORD_ANCHOR:
    case RECORD_ISSUED:
    case RECORD_CRL:
    case RECORD_SEAL:
    case RECORD_CROSS:
        return record_text(r, "key");
    case RECORD_OCSP:
        return record_text(r, "responder");
    case RECORD_BUNDLE:
        return a->policy->bundle_key.name;
    default:
        return "";
    }
}

void tokens_check_alive(struct audit *a, const struct record *r)
{
    const struct keys_entry *k = keys_find(&a->keys, signer_of(a, r));
    if (k != NULL && k->destroyed > 0)
        audit_error(a, E_KEY_DESTROYED, "a signature by %s, which line %llu says was destroyed", k->name,
                    (unsigned long long)k->destroyed);
}

void tokens_take_token(struct audit *a, const struct record *r)
{
    const char *model = record_text(r, "token-model"), *serial = record_text(r, "token-serial");
    const bool same = strcmp(a->token_model, model) == 0 && strcmp(a->token_serial, serial) == 0;
    const bool replaces = json_is_true(json_object_get(r->obj, "replaces"));
    if (!same && !replaces)
        audit_error(a, E_LOG_ORDER, "another token, which replaces none: model %s, serial %s", model, serial);
    else if (!same)
        audit_note(a, "from here on another token holds the keys: model %s, serial %s", model, serial);
    else if (replaces)
        audit_note(a, "from here on the same token goes on, which could not say any more where the log stood: persons compared it");
    snprintf(a->token_model, sizeof a->token_model, "%s", model);
    snprintf(a->token_serial, sizeof a->token_serial, "%s", serial);
}

enum err tokens_take_destroyed(struct audit *a, const struct record *r)
{
    struct key key = {0};
    struct diag why = {0};
    uint8_t said[DIGEST_LEN];
    struct keys_entry *k = keys_find(&a->keys, record_text(r, "key"));
    if (k == NULL) {
        audit_note(a, "what an attempt to make %s had left on the token was destroyed", record_text(r, "key"));
        return E_OK;
    }
    if (k->destroyed > 0) {
        audit_error(a, E_LOG_ORDER, "the key %s was destroyed before", k->name);
        return E_OK;
    }
    k->destroyed = r->seq;
    enum err e = key_from_pkey(k->public, &key, &why);
    if (e == E_OK && (record_digest(r, "public-key", said) != E_OK || memcmp(said, key.digest, DIGEST_LEN) != 0))
        e = diag_set(&why, E_KEY_MISMATCH, "what was destroyed is not the key that was made as %s", k->name);
    if (e == E_OK)
        audit_note(a, "the key %s was destroyed; nothing may be signed by it from here on", k->name);
    key_free(&key);
    return audit_take(a, e, &why);
}

void tokens_take_transferred(struct audit *a, const struct record *r)
{
    const struct keys_entry *k = keys_find(&a->keys, record_text(r, "key"));
    if (k == NULL || k->destroyed > 0)
        audit_error(a, E_LOG_ORDER, "the key %s is not there to be transferred", record_text(r, "key"));
    else if (k->confined)
        audit_error(a, E_LOG_ORDER, "the key %s can never have left its token", k->name);
    else
        audit_note(a, "the key %s is on a second token as well: model %s, serial %s", k->name, record_text(r, "token-model"),
                   record_text(r, "token-serial"));
}
