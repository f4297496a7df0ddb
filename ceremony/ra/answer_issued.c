#include <stdlib.h>
#include <string.h>

#include "batch/pair.h"
#include "pki/der.h"
#include "ra/answering.h"
#include "ra/certificate.h"

enum err answering_check_issued(const struct answering *w, const struct result *s, const struct record *r,
                                struct span bytes, const char *profile, const char *key, const struct decision *o,
                                struct diag *d)
{
    uint8_t digest[DIGEST_LEN];
    char hex[DIGEST_HEX];
    enum err e = digest_bytes(DIGEST_SHA256, bytes.p, bytes.n, digest);
    if (e != E_OK)
        return diag_set(d, e, "a certificate");
    hex_encode(digest, DIGEST_LEN, hex);
    if (strcmp(s->profile, profile) != 0 || strcmp(s->clause, o->clause) != 0)
        return answering_differs(w, "it was issued under another profile or clause than it asked for", d);
    if (strcmp(s->ignored, o->ignored) != 0)
        return answering_differs(w, "other extensions were left out than the profile leaves out", d);
    if (strcmp(record_text(r, "authority"), w->desk->header.authority) != 0 ||
        strcmp(record_text(r, "profile"), profile) != 0 || strcmp(record_text(r, "key"), key) != 0)
        return answering_differs(w, "its log line has another authority, profile or key", d);
    if (strcmp(record_text(r, "serial"), s->serial) != 0 || strcmp(record_text(r, "certificate"), hex) != 0)
        return answering_differs(w, "its log line is about another certificate", d);
    return E_OK;
}

/* The certificate that the request follows ends with this one, when the service is of that kind. Which key signed that one
 * only the appliance knows. */
static enum err check_superseded(struct answering *w, const struct result *s, const struct record *r,
                                 const struct decision *o, struct diag *d)
{
    struct change change = {.act = PLAN_REVOKE, .reason = CRL_REASON_SUPERSEDED};
    char want[2 * SERIAL_LEN + 1] = "";
    bool ends = op_supersedes(o->request.op);
    if (ends)
        hex_encode(o->request.serial, SERIAL_LEN, want);
    if (strcmp(s->supersedes, want) != 0 || strcmp(record_text(r, "supersedes"), want) != 0)
        return answering_differs(w, "it supersedes another certificate than was asked for", d);
    memcpy(change.serial, o->request.serial, SERIAL_LEN);
    return ends ? changes_put(&w->changes, &change, d) : E_OK;
}

static enum err note_issuer(struct answers *a, const struct anchor *issuer)
{
    for (size_t i = 0; i < a->issuers_n; i++)
        if (a->issuers[i] == issuer)
            return E_OK;
    const struct anchor **more = reallocarray(a->issuers, a->issuers_n + 1, sizeof *more);
    if (more == NULL)
        return E_NO_MEMORY;
    a->issuers = more;
    more[a->issuers_n++] = issuer;
    return E_OK;
}

enum err answering_note_issued(struct answering *w, const char *key, const struct anchor **issuer,
                               struct diag *d)
{
    enum err e = anchors_find(w->anchors, key, issuer, d);
    if (e == E_OK && (e = note_issuer(w->out, *issuer)) != E_OK)
        diag_set(d, e, "the issuers");
    return e;
}

enum err answering_complete_issuers(struct answering *w, struct diag *d)
{
    enum err e = E_OK;
    for (size_t i = 0; i < w->out->issuers_n && e == E_OK; i++) {
        const struct policy_key *ca = policy_key_issuer(w->anchors->policy, w->out->issuers[i]->row);
        const struct anchor *issuer = NULL;
        if (ca != NULL)
            e = anchors_find(w->anchors, ca->name, &issuer, d);
        if (issuer != NULL && (e = note_issuer(w->out, issuer)) != E_OK)
            diag_set(d, e, "the issuers");
    }
    return e;
}

/* The link to the signing certificate, and the enveloped key, byte for byte. */
static enum err check_pair(struct answering *w, const struct result *s, const struct decision *o, struct diag *d)
{
    struct plan_item item = {.act = PLAN_ISSUE};
    char pair[2 * SERIAL_LEN + 1];
    const struct buf *sent = &o->request.pair.enveloped_key;
    hex_encode(o->pair, SERIAL_LEN, pair);
    if ((s->pair != NULL) != (o->profile->pair != NULL))
        return answering_differs(w, "it has a pair and should not, or the other way round", d);
    if (s->pair != NULL && (strcmp(s->pair, pair) != 0 || !der_same(buf_span(sent), buf_span(&s->enveloped_key))))
        return answering_differs(w, "its pair or its enveloped key is not the one that was asked for", d);
    if (!hex_decode(s->serial, item.serial, SERIAL_LEN))
        return answering_differs(w, "its serial number is not one that the appliance makes", d);
    return pair_note_issued(&w->decider, o, &item, d);
}

static enum err keep(struct answering *w, const struct result *s, const struct show *show, struct answer *a, struct diag *d)
{
    memcpy(a->serial, show->serial, sizeof a->serial);
    memcpy(a->not_before, show->not_before, sizeof a->not_before);
    memcpy(a->not_after, show->not_after, sizeof a->not_after);
    snprintf(a->supersedes, sizeof a->supersedes, "%s", s->supersedes);
    enum err e = answering_keep(w, buf_span(&s->cert), &a->cert, d);
    return e == E_OK && s->pair != NULL ? answering_keep(w, buf_span(&s->enveloped_key), &a->enveloped_key, d) : e;
}

enum err answer_issued(struct answering *w, const struct result *s, const struct record *r, const struct decision *o,
                       struct answer *a, struct diag *d)
{
    const struct policy_profile *p = o->profile;
    const struct anchor *issuer = NULL;
    struct show show;
    if (s->cert.len == 0)
        return answering_differs(w, "it was answered with no certificate", d);
    enum err e = answering_check_issued(w, s, r, buf_span(&s->cert), p->name, p->key, o, d);
    if (e == E_OK)
        e = answering_note_issued(w, p->key, &issuer, d);
    if (e == E_OK)
        e = certificate_check(s, o, issuer, &show, d);
    if (e == E_OK)
        e = check_pair(w, s, o, d);
    if (e == E_OK)
        e = check_superseded(w, s, r, o, d);
    return e == E_OK ? keep(w, s, &show, a, d) : e;
}
