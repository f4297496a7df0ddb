#include "batch/decide_status.h"

#include <string.h>

#include "core/clock.h"
#include "core/i18n.h"

enum err decide_find_existing(struct decider *c, struct decision *o, struct diag *d)
{
    char hex[2 * SERIAL_LEN + 1];
    if (!o->request.has_serial || c->history == NULL)
        return E_OK;
    enum err e = c->history->certificate(c->history->arg, c->authority->name, o->request.serial, &o->existing,
                                         &o->existing_found, d);
    hex_encode(o->request.serial, SERIAL_LEN, hex);
    if (e == E_OK && !o->existing_found)
        e = diag_set_clause(d, E_CERT_UNKNOWN, o->clause, "%s issued none with the serial number %s", c->authority->name,
                            hex);
    if (e == E_OK && o->request.issuer[0] != '\0' && strcmp(o->request.issuer, o->existing.key) != 0)
        e = diag_set_clause(d, E_CERT_UNKNOWN, o->clause, "%s is by %s, not by %s", hex, o->existing.key, o->request.issuer);
    bool seal = strcmp(o->existing.profile, POLICY_SEAL) == 0;
    if (e == E_OK && seal != op_is_eseal(o->request.op))
        e = diag_set_clause(d, E_NOT_A_SEAL, o->clause, seal ? N_("%s is a seal's") : N_("%s is a certificate's"), hex);
    return e;
}

static enum err check_alive(const struct decider *c, const struct decision *o, struct diag *d)
{
    char when[CLOCK_TEXT];
    if (!o->existing_found)
        return E_OK;
    if (o->existing.not_after < c->now) {
        clock_format(o->existing.not_after, when);
        return diag_set_clause(d, E_CERT_EXPIRED, o->clause, "it ended at %s", when);
    }
    clock_format(o->existing.changed, when);
    if (o->existing.status == INDEX_REVOKED)
        return diag_set_clause(d, E_CERT_REVOKED, o->clause, "at %s", when);
    return E_OK;
}

enum err decide_check_usable(const struct decider *c, const struct decision *o, struct diag *d)
{
    enum err e = check_alive(c, o, d);
    if (e == E_OK && o->existing.status == INDEX_HELD)
        e = diag_set_clause(d, E_CERT_HELD, o->clause, "resume it first");
    return e;
}

static enum err decide_revoke(const struct decider *c, struct decision *o, struct diag *d)
{
    const struct request *r = &o->request;
    const struct policy_service *service = policy_service_find(c->authority, r->op_text);
    enum policy_by by;
    if (!policy_by_by_name(r->by, &by))
        return diag_set(d, E_FIELD_VALUE, "\"by\" is %s", r->by);
    o->act = PLAN_REVOKE;
    o->reason = policy_reason_find(c->authority, by, r->reason);
    if (o->reason == NULL)
        return diag_set_clause(d, E_REASON, service->by_clause[by], "%s is no reason for a revocation by %s", r->reason,
                               r->by);
    snprintf(o->clause, sizeof o->clause, "%s", o->reason->clause);
    return check_alive(c, o, d);
}

/* A batch asks for each list once: the bundle is a folder of few files. An id holds no newline. */
static enum err check_list_once(struct decider *c, const struct decision *o, struct diag *d)
{
    const struct request *r = &o->request;
    char text[2 * LIMIT_TOKEN_TEXT + 2];
    uint8_t key[DIGEST_LEN];
    const uint8_t *old;
    int n = snprintf(text, sizeof text, "%s\n%s", op_name(r->op), r->key);
    enum err e = digest_bytes(DIGEST_SHA256, text, (size_t)n, key);
    if (e == E_OK)
        e = set_put(&c->ids, key, key, &old);
    if (e != E_OK)
        return diag_set(d, e, "the lists that were asked for");
    if (old != NULL)
        return diag_set_clause(d, E_LIST_KEY, o->clause, "%s of %s was asked for before", op_name(r->op), r->key);
    return E_OK;
}

static enum err decide_list(struct decider *c, struct decision *o, struct diag *d)
{
    const struct request *r = &o->request;
    o->act = PLAN_CRL;
    snprintf(o->clause, sizeof o->clause, "%s", c->authority->services_clause);
    for (size_t i = 0; i < c->authority->keys_n; i++)
        if (strcmp(c->authority->keys[i].name, r->key) == 0)
            o->list_key = &c->authority->keys[i];
    if (o->list_key == NULL || o->list_key->crl_period == 0)
        return diag_set_clause(d, E_LIST_KEY, o->clause, "%s of %s", r->key, c->authority->name);
    if (r->op == OP_DELTA_CRL && o->list_key->crl_delta_period == 0)
        return diag_set_clause(d, E_LIST_KEY, o->list_key->crl_clause, "%s has no delta lists", r->key);
    snprintf(o->clause, sizeof o->clause, "%s", o->list_key->crl_clause);
    return check_list_once(c, o, d);
}

static enum err decide_responses(struct decider *c, struct decision *o, struct diag *d)
{
    const struct policy_key *responder = policy_key_find(c->policy, c->authority->ocsp_key);
    o->act = PLAN_OCSP;
    o->list_key = policy_key_issuer(c->policy, responder);
    snprintf(o->clause, sizeof o->clause, "%s", c->authority->ocsp_clause);
    if (strcmp(o->list_key->name, o->request.key) != 0)
        return diag_set_clause(d, E_LIST_KEY, o->clause, "%s answers for %s, not for %s", responder->name,
                               o->list_key->name, o->request.key);
    return check_list_once(c, o, d);
}

/* What certificateHold and its end ask of the certificate. */
static enum err decide_hold(const struct decider *c, struct decision *o, bool hold, struct diag *d)
{
    o->act = hold ? PLAN_HOLD : PLAN_RELEASE;
    enum err e = hold ? decide_check_usable(c, o, d) : check_alive(c, o, d);
    if (e == E_OK && !hold && o->existing_found && o->existing.status != INDEX_HELD)
        e = diag_set_clause(d, E_CERT_NOT_HELD, o->clause, "nothing to resume");
    return e;
}

static enum err decide_accept(const struct decider *c, struct decision *o, struct diag *d)
{
    o->act = PLAN_ACCEPT;
    enum err e = check_alive(c, o, d);
    if (e == E_OK && o->existing.accepted)
        e = diag_set_clause(d, E_CERT_ACCEPTED, o->clause, "once is enough");
    return e;
}

enum err decide_status(struct decider *c, struct decision *o, struct diag *d)
{
    if (o->request.op == OP_OCSP)
        return decide_responses(c, o, d);
    if (op_is_list(o->request.op))
        return decide_list(c, o, d);
    snprintf(o->clause, sizeof o->clause, "%s", policy_service_find(c->authority, o->request.op_text)->clause);
    enum err e = decide_find_existing(c, o, d);
    if (e != E_OK)
        return e;
    switch (o->request.op) {
    case OP_REVOKE:
    case OP_SEAL_REVOKE:
        return decide_revoke(c, o, d);
    case OP_SUSPEND:
    case OP_RESUME:
        return decide_hold(c, o, o->request.op == OP_SUSPEND, d);
    default:
        return decide_accept(c, o, d);
    }
}
