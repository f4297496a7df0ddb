#include "batch/decide_certificate.h"

#include <openssl/x509v3.h>
#include <string.h>

#include "batch/decide_identity.h"
#include "batch/decide_status.h"
#include "core/clock.h"
#include "pki/name.h"
#include "pki/san.h"
#include "pki/tbs.h"

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

enum err decide_check_key_owner(struct decider *c, struct decision *o, const char *clause, struct diag *d)
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
        e = diag_set_clause(d, E_KEY_OTHER_SUBJECT, clause, "a certificate with this key was issued");
    if (e == E_OK)
        e = set_put(&c->keys, digest, o->subject_digest, &old);
    if (e == E_OK && old != NULL && memcmp(old, o->subject_digest, DIGEST_LEN) != 0)
        e = diag_set_clause(d, E_KEY_OTHER_SUBJECT, clause, "an earlier request of the batch has this key");
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

static enum err check_request(struct decider *c, const struct reading *in, struct decision *o, struct diag *d)
{
    enum err e = verdict_tell(&in->proof, d);
    if (e == E_OK)
        e = check_key_kind(o->profile, &o->csr.key, d);
    if (e == E_OK)
        e = verdict_tell(&in->strength, d);
    if (e == E_OK)
        e = name_from_request(csr_subject(&o->csr), o->profile->subject, o->profile->subject_n, o->profile->clause,
                              &o->subject, d);
    if (e == E_OK)
        e = take_extensions(o, d);
    if (e == E_OK)
        e = decide_identity(c, o, d);
    if (e == E_OK)
        e = pair_decide(c, o, d);
    return e == E_OK ? decide_check_key_owner(c, o, o->profile->clause, d) : e;
}

static bool same_subject(const struct decision *o)
{
    return memcmp(o->existing.subject, o->subject_digest, DIGEST_LEN) == 0;
}

enum err decide_check_window(const struct decider *c, const struct decision *o, struct diag *d)
{
    const struct policy_renewal *r = &c->authority->renewal;
    const struct policy_period *w = &r->window;
    const struct policy_period back = {-w->years, -w->months, -w->days};
    bool any_time = w->years == 0 && w->months == 0 && w->days == 0;
    int64_t opens = tbs_add_period(o->existing.not_after + 1, &back);
    char text[CLOCK_TEXT];
    clock_format(opens, text);
    if (!any_time && c->now < opens)
        return diag_set_clause(d, E_RENEWAL_TOO_EARLY, r->clause, "it can be asked for from %s", text);
    return E_OK;
}

/* In the window before the end, for the same subject and use, with a new key where the clause asks for one. */
static enum err check_renewal(const struct decider *c, const struct decision *o, struct diag *d)
{
    const struct policy_renewal *r = &c->authority->renewal;
    enum err e = decide_check_window(c, o, d);
    if (e != E_OK)
        return e;
    if (strcmp(o->existing.profile, o->profile->name) != 0)
        return diag_set_clause(d, E_PROFILE_OTHER, r->clause, "the certificate has the profile %s", o->existing.profile);
    if (!same_subject(o))
        return diag_set_clause(d, E_SUBJECT_OTHER, r->clause, "renewal is for the subject of the certificate");
    if (r->new_key && memcmp(o->existing.spki, o->csr.key.digest, DIGEST_LEN) == 0)
        return diag_set_clause(d, E_RENEWAL_SAME_KEY, r->key_clause, "the request carries the key of the certificate");
    return E_OK;
}

static enum err check_change(const struct decision *o, struct diag *d)
{
    if (strcmp(o->existing.profile, o->profile->name) != 0)
        return diag_set_clause(d, E_PROFILE_OTHER, o->clause, "the certificate has the profile %s", o->existing.profile);
    if (same_subject(o))
        return diag_set_clause(d, E_SUBJECT_SAME, o->clause, "the certificate says the same already");
    return E_OK;
}

static enum err check_application(const struct decider *c, const struct decision *o, struct diag *d)
{
    const struct policy_profile *old = policy_profile_find(c->authority, o->existing.profile);
    if (old == o->profile)
        return diag_set_clause(d, E_PROFILE_OTHER, o->clause, "the certificate has this profile already");
    if (old != NULL && old->kind != o->profile->kind)
        return diag_set_clause(d, E_PROFILE_OTHER, o->clause, "%s is not for a %s", o->profile->name,
                               policy_kind_name(old->kind));
    if (!same_subject(o))
        return diag_set_clause(d, E_SUBJECT_OTHER, o->clause, "an application is added for the subject of the certificate");
    return E_OK;
}

static enum err check_existing(const struct decider *c, const struct decision *o, struct diag *d)
{
    enum err e = decide_check_usable(c, o, d);
    if (e != E_OK || !o->existing_found)
        return e;
    switch (o->request.op) {
    case OP_RENEW:
        return check_renewal(c, o, d);
    case OP_CHANGE:
        return check_change(o, d);
    default:
        return check_application(c, o, d);
    }
}

enum err decide_certificate(struct decider *c, const struct reading *in, struct decision *o, struct diag *d)
{
    const struct request *r = &o->request;
    const struct policy_service *service = policy_service_find(c->authority, r->op_text);
    o->act = PLAN_ISSUE;
    o->profile = policy_profile_find(c->authority, r->profile);
    if (o->profile == NULL)
        return diag_set_clause(d, E_PROFILE, c->authority->services_clause, "%s has no profile %s", c->authority->name,
                               r->profile);
    /* a first certificate rests on its profile, one that follows on the service */
    snprintf(o->clause, sizeof o->clause, "%s", r->op == OP_ISSUE ? o->profile->clause : service->clause);
    enum err e = decide_find_existing(c, o, d);
    if (e == E_OK)
        e = check_request(c, in, o, d);
    return e == E_OK && r->has_serial ? check_existing(c, o, d) : e;
}
