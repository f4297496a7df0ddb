#include <string.h>

#include "core/clock.h"
#include "pki/cert.h"
#include "pki/der.h"
#include "pki/lint_eseal.h"
#include "ra/answering.h"

/* The maker's certificate in the seal is the anchor itself, and its signature verifies. */
static enum err check_maker(const struct answering *w, const struct eseal *seal, const struct anchor *maker, struct diag *d)
{
    struct buf anchor = {0};
    enum err e = cert_write_der(maker->cert, &anchor);
    if (e == E_OK && !der_same(buf_span(&anchor), seal->maker.cert))
        e = answering_differs(w, "the seal was made with another certificate than the anchor", d);
    else if (e != E_OK)
        diag_set(d, e, "an anchor");
    buf_free(&anchor);
    return e == E_OK ? eseal_verify(seal, d) : e;
}

/* What was asked for. lint_eseal() has seen that there is one holder. */
static enum err check_content(const struct answering *w, const struct eseal_info *i, const struct request *q, struct diag *d)
{
    if (!der_same(i->name, buf_span(&q->seal.name)))
        return answering_differs(w, "the seal has another name", d);
    if (!der_same(i->picture, buf_span(&q->seal.picture)) || i->width != q->seal.width || i->height != q->seal.height)
        return answering_differs(w, "the seal has another picture or size", d);
    return der_same(i->signers[0].value, buf_span(&q->seal.holder))
               ? E_OK
               : answering_differs(w, "the seal has another holder", d);
}

static enum err check_seal(const struct answering *w, const struct result *s, const struct decision *o,
                           const struct anchor *maker, struct eseal *seal, struct diag *d)
{
    uint8_t serial[SERIAL_LEN];
    struct diag why = {0};
    if (!hex_decode(s->serial, serial, SERIAL_LEN))
        return answering_differs(w, "its serial number is not one that the appliance makes", d);
    enum err e = eseal_parse(buf_span(&s->seal), seal, d);
    if (e == E_OK)
        e = check_maker(w, seal, maker, d);
    if (e != E_OK)
        return e;
    e = lint_eseal(seal->signed_part, (struct span){serial, SERIAL_LEN}, o->seals, &why);
    if (e != E_OK)
        return diag_wrap(d, e == E_LINT ? E_BUNDLE_ANSWER : e, &why, "request %lld (%s), seal", (long long)s->n, s->id);
    return check_content(w, &seal->info, &o->request, d);
}

enum err answer_seal(struct answering *w, const struct result *s, const struct record *r, const struct decision *o,
                     struct answer *a, struct diag *d)
{
    const struct anchor *maker = NULL;
    struct eseal seal = {0};
    if (s->seal.len == 0)
        return answering_differs(w, "it was answered with no seal", d);
    if (s->supersedes[0] != '\0' || record_text(r, "supersedes")[0] != '\0')
        return answering_differs(w, "a seal supersedes nothing", d);
    enum err e = answering_check_issued(w, s, r, buf_span(&s->seal), POLICY_SEAL, o->seals->key, o, d);
    if (e == E_OK)
        e = answering_note_issued(w, o->seals->key, &maker, d);
    if (e == E_OK)
        e = check_seal(w, s, o, maker, &seal, d);
    if (e != E_OK)
        return e;
    snprintf(a->serial, sizeof a->serial, "%s", s->serial);
    clock_format(seal.info.from, a->not_before);
    clock_format(seal.info.until, a->not_after);
    return answering_keep(w, buf_span(&s->seal), &a->seal, d);
}
