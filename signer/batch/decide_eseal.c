#include "batch/decide_eseal.h"

#include <string.h>

#include "batch/decide_certificate.h"
#include "batch/decide_status.h"
#include "core/text.h"
#include "pki/der.h"
#include "pki/identity.h"
#include "pki/lint_eseal.h"
#include "pki/picture.h"
#include "pki/tbs_view.h"

static enum err check_name(const struct decision *o, struct diag *d)
{
    const struct buf *name = &o->request.seal.name;
    uint32_t cp;
    if (name->len == 0 || name->len > LIMIT_ESEAL_TEXT)
        return diag_set_clause(d, E_ESEAL_NAME, o->clause, "%zu bytes", name->len);
    for (size_t i = 0, n; i < name->len; i += n) {
        n = text_utf8_next(name->data + i, name->len - i, &cp);
        if (n == 0 || !text_is_plain(cp))
            return diag_set_clause(d, E_ESEAL_NAME, o->clause, "the character at byte %zu", i);
    }
    if (name->data[0] == ' ' || name->data[name->len - 1] == ' ')
        return diag_set_clause(d, E_ESEAL_NAME, o->clause, "a blank at its end");
    return E_OK;
}

static enum err check_picture(const struct decision *o, struct diag *d)
{
    struct picture p;
    struct diag why = {0};
    enum err e = picture_read(buf_span(&o->request.seal.picture), &p, &why);
    return e == E_OK ? E_OK : diag_again_clause(d, e, o->clause, &why);
}

/* The holder's key and subject stand in the decision as an applicant's do. */
static enum err take_holder(struct decider *c, struct decision *o, struct diag *d)
{
    const struct span der = buf_span(&o->request.seal.holder);
    struct span in = der;
    struct der cert, tbs;
    struct tbs_outline parts;
    enum err e = lint_eseal_holder(der, o->seals, c->now, d);
    if (e != E_OK)
        return e;
    if (!der_take(&in, DER_SEQUENCE, &cert) || !der_take(&cert.body, DER_SEQUENCE, &tbs))
        return diag_set_clause(d, E_HOLDER, o->seals->holder_clause, "it is not in DER");
    e = tbs_outline(tbs.whole, &parts, d);
    if (e == E_OK)
        e = key_from_spki(parts.spki, &o->csr.key, d);
    if (e == E_OK && !der_same(buf_span(&o->csr.key.spki), parts.spki)) /* one key has one digest */
        e = diag_set_clause(d, E_HOLDER, o->seals->holder_clause, "its public key is not in the standard form");
    if (e != E_OK)
        return e;
    buf_append(&o->subject, parts.subject.p, parts.subject.n);
    e = buf_err(&o->subject);
    if (e == E_OK)
        e = identity_holder(parts.subject, parts.identity, o->subject_digest);
    return e == E_OK ? decide_check_key_owner(c, o, o->seals->holder_clause, d) : diag_set(d, e, "a holder's subject");
}

/* A seal is not transferable: another one for the same holder, in the window before its end. */
static enum err check_renewal(const struct decider *c, const struct decision *o, struct diag *d)
{
    enum err e = decide_check_usable(c, o, d);
    if (e != E_OK || !o->existing_found)
        return e;
    e = decide_check_window(c, o, d);
    if (e == E_OK && memcmp(o->existing.subject, o->subject_digest, DIGEST_LEN) != 0)
        e = diag_set_clause(d, E_SUBJECT_OTHER, c->authority->renewal.clause, "renewal is for the holder of the seal");
    return e;
}

enum err decide_eseal(struct decider *c, struct decision *o, struct diag *d)
{
    const struct policy_service *service = policy_service_find(c->authority, o->request.op_text);
    o->act = PLAN_ISSUE;
    o->seals = &c->authority->seals;
    snprintf(o->clause, sizeof o->clause, "%s", service->clause);
    enum err e = decide_find_existing(c, o, d);
    if (e == E_OK)
        e = check_name(o, d);
    if (e == E_OK)
        e = check_picture(o, d);
    if (e == E_OK)
        e = take_holder(c, o, d);
    return e == E_OK && o->request.has_serial ? check_renewal(c, o, d) : e;
}
