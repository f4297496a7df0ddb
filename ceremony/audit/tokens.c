#include "audit/tokens.h"
#include "core/i18n.h"

#include <string.h>

#include "audit/audit.h"
#include "log/transferred.h"

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

/* Each line of a signer stands for one signature, of responses for as many as there are. Who signed an anchor is seen when it is
 * verified. */
static uint64_t signatures_of(const struct record *r)
{
    if (r->type == RECORD_OCSP)
        return (uint64_t)record_number(r, "responses");
    return r->type != RECORD_ANCHOR;
}

void tokens_take_signature(struct audit *a, const struct record *r)
{
    struct keys_entry *k = keys_find(&a->keys, signer_of(a, r));
    if (k != NULL)
        k->signatures += signatures_of(r);
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

/* The line is about the key that was made under this name. */
static enum err check_same(const struct keys_entry *k, const struct record *r, struct diag *why)
{
    uint8_t said[DIGEST_LEN];
    return record_digest(r, "public-key", said) == E_OK && memcmp(said, k->spki, DIGEST_LEN) == 0
               ? E_OK
               : diag_set(why, E_KEY_MISMATCH, "what was destroyed is not the key that was made as %s", k->name);
}

enum err tokens_take_ending(struct audit *a, const struct record *r)
{
    struct diag why = {0};
    struct keys_entry *k = keys_find(&a->keys, record_text(r, "key"));
    if (k == NULL) /* what an attempt had left; its destroyed line says so */
        return E_OK;
    if (k->destroyed > 0) {
        audit_error(a, E_LOG_ORDER, "the key %s was destroyed before", k->name);
        return E_OK;
    }
    k->ending = r->seq;
    return audit_take(a, check_same(k, r, &why), &why);
}

enum err tokens_take_destroyed(struct audit *a, const struct record *r)
{
    struct diag why = {0};
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
    enum err e = check_same(k, r, &why);
    if (e == E_OK)
        audit_note(a, "the key %s was destroyed; nothing may be signed by it from here on", k->name);
    return audit_take(a, e, &why);
}

void tokens_finish(struct audit *a)
{
    for (size_t i = 0; i < a->keys.n; i++)
        if (a->keys.v[i].ending > 0 && a->keys.v[i].destroyed == 0)
            audit_note(a, "the end of the key %s was begun in line %llu, and no line tells that it is destroyed", a->keys.v[i].name,
                       (unsigned long long)a->keys.v[i].ending);
}

/* Both tokens signed the challenge with that key. */
static enum err check_copy(const struct keys_entry *k, const struct record *r, struct diag *why)
{
    static const char *const fields[] = {"signature", "copy-signature"};
    uint8_t challenge[DIGEST_LEN];
    struct buf text = {0};
    enum err e = record_digest(r, "challenge", challenge);
    if (e == E_OK)
        e = transferred_text(challenge, k->name, record_text(r, "token-serial"), &text);
    for (size_t i = 0; i < 2 && e == E_OK; i++) {
        struct buf signature = {0};
        e = json_get_base64(r->obj, fields[i], &signature, "a transferred line", why);
        if (e == E_OK && alg_verify(k->alg, k->public, buf_span(&text), buf_span(&signature)) != E_OK)
            e = diag_set(why, E_KEY_MISMATCH, "its %s is not by the key that was made as %s", fields[i], k->name);
        buf_free(&signature);
    }
    buf_free(&text);
    return e;
}

enum err tokens_take_transferred(struct audit *a, const struct record *r)
{
    struct diag why = {0};
    struct keys_entry *k = keys_find(&a->keys, record_text(r, "key"));
    if (k == NULL || k->destroyed > 0 || k->confined) {
        audit_error(a, E_LOG_ORDER, k == NULL || k->destroyed > 0 ? N_("the key %s is not there to be transferred")
                                                                  : N_("the key %s can never have left its token"),
                    record_text(r, "key"));
        return E_OK;
    }
    k->signatures += 2; /* by the key and by its copy */
    enum err e = check_copy(k, r, &why);
    if (e == E_OK)
        k->transferred = r->seq;
    if (e == E_OK)
        audit_note(a, "the key %s is on a second token as well: model %s, serial %s", k->name, record_text(r, "token-model"),
                   record_text(r, "token-serial"));
    return audit_take(a, e, &why);
}
