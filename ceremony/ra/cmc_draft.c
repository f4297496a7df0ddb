#include "ra/cmc_draft.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "pki/der.h"
#include "pki/name.h"

#define ID (LIMIT_TOKEN_TEXT + 16) /* longer than an id may be, so that the rest is not cut off unseen */

/* -- revocations -- */

static enum err is_issuer(const struct policy_key *key, struct span name, bool *is, struct diag *d)
{
    struct buf subject = {0};
    enum err e = name_from_rules(key->subject, key->subjects, &subject, d);
    *is = e == E_OK && der_same(buf_span(&subject), name);
    buf_free(&subject);
    return e;
}

/* Which of the authority's CAs is meant: its name is *key. */
static enum err check_certificate(const struct cmc_part *p, const struct cmc_additions *with, const char **key, struct diag *d)
{
    const struct policy_authority *a = with->authority;
    enum err e = E_OK;
    bool is = false;
    *key = "";
    for (size_t i = 0; i < a->keys_n && !is && e == E_OK; i++) {
        *key = a->keys[i].name;
        if (policy_key_is_ca(with->policy, &a->keys[i]))
            e = is_issuer(&a->keys[i], p->issuer, &is, d);
    }
    if (e != E_OK)
        return e;
    if (!is)
        return diag_set(d, E_CERT_UNKNOWN, "the issuer is not a CA of %s", a->name);
    return p->serial.n == SERIAL_LEN
               ? E_OK
               : diag_set(d, E_CERT_UNKNOWN, "the serial number has %zu bytes, those of the appliance have %d", p->serial.n,
                          SERIAL_LEN);
}

/* The reasons of the policy that have this CRLReason, for a person to choose from; *first is NULL when there is none. */
static size_t list_reasons(const struct policy_authority *a, int code, enum policy_by by, const char **first, struct buf *all)
{
    size_t n = 0;
    *first = NULL;
    for (size_t i = 0; i < a->reasons_n; i++) {
        const struct policy_reason *r = &a->reasons[i];
        if (r->by != by || r->code != code)
            continue;
        *first = n == 0 ? r->name : *first;
        buf_printf(all, "%s%s", n++ > 0 ? ", " : "", r->name);
    }
    return n;
}

/* The one that a person named, when it has this CRLReason, or the request left that open. */
static const char *named_reason(const struct policy_authority *a, int code, enum policy_by by, const char *named)
{
    const struct policy_reason *r = named != NULL ? policy_reason_find(a, by, named) : NULL;
    return r != NULL && (r->code == code || code == 0) ? r->name : NULL;
}

/* The policy's name for a CRLReason. When one reason has it, it is that one, whatever a person said of the others in the file;
 * else a person must say which. */
static enum err find_reason(const struct cmc_part *p, const struct cmc_additions *a, const char **name, struct diag *d)
{
    const char *code = policy_code_name(p->reason);
    struct buf all = {0};
    enum policy_by by;
    if (!policy_by_by_name(a->text[DRAFT_BY], &by))
        return diag_set(d, E_FIELD_VALUE, "--by: %s is not subscriber, ceased or operator", a->text[DRAFT_BY]);
    size_t n = list_reasons(a->authority, p->reason, by, name, &all);
    if (n != 1)
        *name = named_reason(a->authority, p->reason, by, a->text[DRAFT_REASON]);
    enum err e = buf_err(&all);
    if (e != E_OK)
        diag_set(d, e, "a reason");
    else if (*name == NULL && n == 0)
        e = diag_set(d, E_REASON, "by %s %s has no reason for the CRLReason %d%s%s%s", a->text[DRAFT_BY], a->authority->name,
                     p->reason, code != NULL ? " (" : "", code != NULL ? code : "", code != NULL ? ")" : "");
    else if (*name == NULL)
        e = diag_set(d, E_REASON, "the CRLReason %d may be one of %.*s: give --reason", p->reason, (int)all.len,
                     (const char *)all.data);
    buf_free(&all);
    return e;
}

static enum err fill_revocation(const struct cmc_part *p, const struct cmc_additions *a, struct draft *draft,
                                char serial[2 * SERIAL_LEN + 1], const char **issuer, struct diag *d)
{
    enum err e = check_certificate(p, a, issuer, d);
    if (e != E_OK)
        return e;
    hex_encode(p->serial.p, SERIAL_LEN, serial);
    draft->text[DRAFT_SERIAL] = serial;
    if (p->reason == CRL_REASON_HOLD || p->reason == CRL_REASON_REMOVE) {
        draft->text[DRAFT_OP] = op_name(p->reason == CRL_REASON_HOLD ? OP_SUSPEND : OP_RESUME);
        return E_OK;
    }
    draft->text[DRAFT_OP] = op_name(OP_REVOKE);
    draft->text[DRAFT_BY] = a->text[DRAFT_BY];
    return a->text[DRAFT_BY] == NULL ? diag_set(d, E_FIELD_MISSING, "a revocation needs --by")
                                     : find_reason(p, a, &draft->text[DRAFT_REASON], d);
}

/* -- the whole -- */

static void fill_request(const struct cmc_part *p, const struct cmc_additions *a, struct draft *draft)
{
    memcpy(draft->text, a->text, sizeof draft->text);
    draft->text[DRAFT_BY] = draft->text[DRAFT_REASON] = NULL;
    draft->csr = p->csr;
}

static enum err draft_part(const struct cmc *c, const struct cmc_part *p, const struct cmc_additions *a, struct request *out,
                           struct diag *d)
{
    char serial[2 * SERIAL_LEN + 1], id[ID];
    const char *issuer = "";
    struct draft draft = {.folder = NULL};
    struct diag why = {0};
    enum draft_field at = DRAFT_FIELDS;
    enum err e = E_OK;
    if (p->csr.n > 0)
        fill_request(p, a, &draft);
    else
        e = fill_revocation(p, a, &draft, serial, &issuer, d);
    if (e != E_OK)
        return e;
    snprintf(id, sizeof id, "%s-%" PRIu32, a->text[DRAFT_ID], p->id);
    draft.text[DRAFT_ID] = id;
    draft.text[DRAFT_REQUESTED_AT] = a->text[DRAFT_REQUESTED_AT];
    draft.text[DRAFT_OPERATOR] = a->text[DRAFT_OPERATOR];
    e = draft_request(&draft, a->authority, a->now, out, &at, &why);
    if (e != E_OK)
        return at == DRAFT_FIELDS ? diag_again_clause(d, e, why.clause, &why)
                                  : diag_wrap_clause(d, e, why.clause, &why, "%s%s", a->text[at] != NULL ? "--" : "", draft_name(at));
    snprintf(out->issuer, sizeof out->issuer, "%s", issuer);
    out->has_evidence = true;
    memcpy(out->evidence, c->digest, DIGEST_LEN);
    return E_OK;
}

enum err cmc_draft(const struct cmc *c, const struct cmc_part *p, const struct cmc_additions *a, struct request *out,
                   struct diag *d)
{
    struct diag why = {0};
    *out = (struct request){0};
    enum err e = draft_part(c, p, a, out, &why);
    return e == E_OK ? E_OK : diag_wrap_clause(d, e, why.clause, &why, "body part %" PRIu32, p->id);
}
