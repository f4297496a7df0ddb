#include "batch/decide.h"

#include <openssl/x509v3.h>
#include <string.h>

#include "pki/name.h"
#include "pki/san.h"

static enum err check_id(struct decider *c, const struct request *r, uint64_t number, struct diag *d)
{
    uint8_t key[DIGEST_LEN];
    const uint8_t *old;
    enum err e = digest_bytes(DIGEST_SHA256, r->id, strlen(r->id), key);
    if (e == E_OK)
        e = set_put(&c->ids, key, key, &old);
    if (e == E_OK && old != NULL)
        e = diag_set(d, E_REQUEST_ID, "batch.jsonl line %llu: %s", (unsigned long long)number, r->id);
    return e;
}

static enum err check_service(const struct decider *c, const struct request *r, struct decision *out, struct diag *d)
{
    if (policy_service_find(c->authority, r->op) == NULL)
        return diag_set_clause(d, E_OP_NOT_OFFERED, c->authority->services_clause, "%s is not offered by %s", r->op,
                               c->authority->name);
    out->profile = policy_profile_find(c->authority, r->profile);
    if (out->profile == NULL)
        return diag_set_clause(d, E_PROFILE, c->authority->services_clause, "%s has no profile %s",
                               c->authority->name, r->profile);
    if (r->requested_at > c->header->created + LIMIT_CLOCK_SKEW)
        return diag_set(d, E_REQUEST_DATE, "asked for after the batch was made");
    if (r->requested_at < c->header->created - c->policy->limits.batch_age)
        return diag_set_clause(d, E_REQUEST_DATE, c->policy->limits.clause, "asked for too long before the batch");
    return E_OK;
}

static enum err check_key_kind(const struct policy_profile *p, const struct key *key, struct diag *d)
{
    bool kind = false;
    for (size_t i = 0; i < p->keys_n; i++) {
        const struct policy_subject_key *k = &p->keys[i];
        if (k->kind != key->kind)
            continue;
        kind = true;
        if (key->bits >= k->min_bits && key->bits <= k->max_bits)
            return E_OK;
    }
    if (!kind)
        return diag_set_clause(d, E_KEY_TYPE, p->keys_clause, "%s is not in the profile", alg_key_name(key->kind));
    return diag_set_clause(d, E_KEY_SIZE, p->keys_clause, "%s with %d bits is not in the profile",
                           alg_key_name(key->kind), key->bits);
}

/* Our own keys, and keys that the history or this batch gave to another subject. */
static enum err check_key_owner(struct decider *c, struct decision *o, struct diag *d)
{
    const uint8_t *digest = o->csr.key.digest;
    uint8_t subject[DIGEST_LEN] = {0};
    bool own = false, found = false;
    const uint8_t *old;
    enum err e = E_OK;
    if (c->history != NULL)
        e = c->history->is_own(c->history->arg, digest, &own, d);
    if (e == E_OK && own)
        e = diag_set(d, E_KEY_OF_CA, "the request carries one of the appliance's keys");
    if (e == E_OK && c->history != NULL)
        e = c->history->owner(c->history->arg, digest, subject, &found, d);
    if (e == E_OK && found && memcmp(subject, o->subject_digest, DIGEST_LEN) != 0)
        e = diag_set_clause(d, E_KEY_OTHER_SUBJECT, o->profile->clause, "a certificate with this key was issued");
    if (e == E_OK)
        e = set_put(&c->keys, digest, o->subject_digest, &old);
    if (e == E_OK && old != NULL && memcmp(old, o->subject_digest, DIGEST_LEN) != 0)
        e = diag_set_clause(d, E_KEY_OTHER_SUBJECT, o->profile->clause, "an earlier request of the batch has this key");
    return e;
}

static void note_ignored(struct decision *o, const X509_EXTENSION *ext)
{
    char name[80];
    const ASN1_OBJECT *type = X509_EXTENSION_get_object((X509_EXTENSION *)ext);
    int nid = OBJ_obj2nid(type);
    OBJ_obj2txt(name, sizeof name, type, 1);
    size_t used = strlen(o->ignored);
    snprintf(o->ignored + used, sizeof o->ignored - used, "%s%s", used > 0 ? "," : "",
             nid != NID_undef ? OBJ_nid2sn(nid) : name);
}

/* Only subjectAltName is ever copied, and only when the profile says so. */
static enum err take_extensions(struct decision *o, struct diag *d)
{
    enum err e = E_OK;
    for (int i = 0; e == E_OK && i < sk_X509_EXTENSION_num(o->csr.extensions); i++) {
        X509_EXTENSION *ext = sk_X509_EXTENSION_value(o->csr.extensions, i);
        if (o->profile->copy_san && OBJ_obj2nid(X509_EXTENSION_get_object(ext)) == NID_subject_alt_name)
            e = san_from_request(ext, o->profile->extensions_clause, &o->san, d);
        else
            note_ignored(o, ext);
    }
    return e;
}

static enum err decide(struct decider *c, struct span line, enum err line_error, uint64_t number, struct decision *o,
                       struct diag *d)
{
    if (line_error != E_OK)
        return diag_set(d, line_error, "batch.jsonl line %llu", (unsigned long long)number);
    struct diag twice = {0};
    enum err e = request_parse(line, number, &o->request, d);
    /* an id that could be read is taken, whatever else is wrong with its line */
    enum err id = o->request.id[0] != '\0' ? check_id(c, &o->request, number, &twice) : E_OK;
    if (e == E_OK && id != E_OK) {
        e = id;
        if (d != NULL)
            *d = twice;
    }
    if (e == E_OK)
        e = check_service(c, &o->request, o, d);
    if (e == E_OK)
        e = csr_parse((struct span){o->request.csr.data, o->request.csr.len}, &o->csr, d);
    if (e == E_OK)
        e = check_key_kind(o->profile, &o->csr.key, d);
    if (e == E_OK)
        e = key_check_strength(&o->csr.key, d);
    if (e == E_OK)
        e = name_from_request(csr_subject(&o->csr), o->profile->subject, o->profile->subject_n, o->profile->clause,
                              &o->subject, d);
    if (e == E_OK)
        e = digest_bytes(DIGEST_SHA256, o->subject.data, o->subject.len, o->subject_digest);
    if (e == E_OK)
        e = take_extensions(o, d);
    if (e == E_OK)
        e = check_key_owner(c, o, d);
    return e;
}

enum err decide_request(struct decider *c, struct span line, enum err line_error, uint64_t number,
                        struct decision *out, struct diag *d)
{
    struct diag why = {0};
    *out = (struct decision){0};
    enum err e = decide(c, line, line_error, number, out, &why);
    if (e != E_OK && !err_is_refusal(e)) {
        if (d != NULL)
            *d = why;
        return e;
    }
    out->code = e;
    if (e == E_OK) {
        snprintf(out->clause, sizeof out->clause, "%s", out->profile->clause);
    } else {
        snprintf(out->clause, sizeof out->clause, "%s", why.clause[0] != '\0' ? why.clause : err_clause(e));
        memcpy(out->detail, why.text, sizeof out->detail);
    }
    return E_OK;
}

void decision_free(struct decision *o)
{
    request_free(&o->request);
    csr_free(&o->csr);
    buf_free(&o->subject);
    buf_free(&o->san);
}

void decider_free(struct decider *c)
{
    set_free(&c->ids);
    set_free(&c->keys);
}
