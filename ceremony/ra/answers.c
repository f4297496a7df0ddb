#include "ra/answers.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "log/record.h"
#include "pki/der.h"
#include "ra/certificate.h"
#include "ra/copies.h"

struct work {
    const struct desk *desk;
    const struct bundle *bundle;
    struct anchors *anchors;
    struct decider decider;
    struct lines requests, results, log;
    char batch[DIGEST_HEX];
    struct set ids; /* of what was issued */
    int64_t n, issued;
    struct answers *out;
};

static enum err differs(const struct work *w, const char *what, struct diag *d)
{
    return diag_set(d, E_BUNDLE_ANSWER, "request %" PRId64 ": %s", w->n, what);
}

static enum err check_header(const struct desk *k, const struct manifest *m, struct diag *d)
{
    const struct batch_header *h = &k->header;
    if (memcmp(k->digest, m->batch, DIGEST_LEN) != 0)
        return diag_set(d, E_BUNDLE_ANSWER, "the bundle answers another " BATCH_FILE);
    if (strcmp(h->authority, m->authority) != 0 || strcmp(h->ra, m->ra) != 0 ||
        strcmp(h->id, m->id) != 0 || h->sequence != m->sequence)
        return diag_set(d, E_BUNDLE_ANSWER, "authority, RA, id or sequence is not the batch's");
    if (m->issued + m->refused != h->count || h->count != desk_count(k))
        return diag_set(d, E_BUNDLE_ANSWER,
                        "%" PRId64 " requests, %" PRId64 " issued, %" PRId64 " refused", h->count,
                        m->issued, m->refused);
    return E_OK;
}

/* The next line of the log that tells of one of this batch's requests. */
static enum err next_outcome(struct work *w, struct record *r, bool *more, struct diag *d)
{
    struct span line;
    *more = false;
    while (lines_next(&w->log, &line, NULL)) {
        enum err e = record_parse(line, r, d);
        if (e != E_OK)
            return e;
        bool outcome = r->type == RECORD_ISSUED || r->type == RECORD_REFUSED;
        if (outcome && strcmp(record_text(r, "batch"), w->batch) == 0 &&
            record_number(r, "n") > 0) {
            *more = true;
            return E_OK;
        }
        record_free(r);
    }
    return E_OK;
}

static enum err check_line(const struct work *w, const struct result *s, const struct record *r,
                           struct diag *d)
{
    if (s->n != w->n || record_number(r, "n") != w->n)
        return differs(w, "its result or its log line is not in its place", d);
    if ((uint64_t)s->log != r->seq || s->issued != (r->type == RECORD_ISSUED))
        return differs(w, "the log line that its result names says something else", d);
    if (!s->issued && (strcmp(record_text(r, "code"), err_name(s->code)) != 0 ||
                       strcmp(record_text(r, "clause"), s->clause) != 0))
        return differs(w, "it was refused for another reason than its log line says", d);
    return E_OK;
}

static enum err check_issued_line(const struct work *w, const struct result *s,
                                  const struct record *r, const struct decision *o, struct diag *d)
{
    uint8_t digest[DIGEST_LEN];
    char hex[DIGEST_HEX];
    const struct policy_profile *p = o->profile;
    if (p == NULL)
        return differs(w, "it is answered with a certificate and did not ask for one", d);
    enum err e = digest_bytes(DIGEST_SHA256, s->cert.data, s->cert.len, digest);
    if (e != E_OK)
        return diag_set(d, e, "a certificate");
    hex_encode(digest, DIGEST_LEN, hex);
    if (strcmp(s->profile, p->name) != 0 || strcmp(s->clause, p->clause) != 0)
        return differs(w, "it was issued under another profile or clause than it asked for", d);
    if (strcmp(s->ignored, o->ignored) != 0)
        return differs(w, "other extensions were left out than the profile leaves out", d);
    if (strcmp(record_text(r, "authority"), w->desk->header.authority) != 0 ||
        strcmp(record_text(r, "profile"), p->name) != 0 || strcmp(record_text(r, "key"), p->key) != 0)
        return differs(w, "its log line has another authority, profile or key", d);
    if (strcmp(record_text(r, "serial"), s->serial) != 0 || strcmp(record_text(r, "certificate"), hex) != 0)
        return differs(w, "its log line is about another certificate", d);
    return E_OK;
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

static enum err note_id(struct work *w, const char *id, struct diag *d)
{
    uint8_t key[DIGEST_LEN];
    const uint8_t *old;
    enum err e = digest_bytes(DIGEST_SHA256, id, strlen(id), key);
    if (e == E_OK)
        e = set_put(&w->ids, key, key, &old);
    if (e != E_OK)
        return diag_set(d, e, "the ids");
    return old == NULL ? E_OK : differs(w, "a second certificate under the same id", d);
}

/* The link to the signing certificate, and the enveloped key, byte for byte. */
static enum err check_pair(struct work *w, const struct result *s, const struct decision *o, struct diag *d)
{
    struct plan_item item = {.act = PLAN_ISSUE};
    char pair[2 * SERIAL_LEN + 1];
    const struct buf *sent = &o->request.pair.enveloped_key;
    hex_encode(o->pair, SERIAL_LEN, pair);
    if ((s->pair != NULL) != (o->profile->pair != NULL))
        return differs(w, "it has a pair and should not, or the other way round", d);
    if (s->pair != NULL && (strcmp(s->pair, pair) != 0 || !der_same(buf_span(sent), buf_span(&s->enveloped_key))))
        return differs(w, "its pair or its enveloped key is not the one that was asked for", d);
    if (!hex_decode(s->serial, item.serial, SERIAL_LEN))
        return differs(w, "its serial number is not one that the appliance makes", d);
    return pair_note_issued(&w->decider, o, &item, d);
}

static enum err take_issued(struct work *w, const struct result *s, const struct record *r,
                            const struct decision *o, struct answer *a, struct diag *d)
{
    const struct anchor *issuer = NULL;
    struct show show;
    if (o->code != E_OK)
        return diag_set(d, E_BUNDLE_ANSWER,
                        "request %" PRId64 ": it was issued, though the policy refuses it (%s)",
                        w->n, err_name(o->code));
    enum err e = check_issued_line(w, s, r, o, d);
    if (e == E_OK)
        e = anchors_find(w->anchors, o->profile->key, &issuer, d);
    if (e == E_OK)
        e = certificate_check(s, o, issuer, &show, d);
    if (e == E_OK)
        e = note_id(w, s->id, d);
    if (e == E_OK)
        e = check_pair(w, s, o, d);
    if (e != E_OK)
        return e;
    w->issued++;
    memcpy(a->serial, show.serial, sizeof a->serial);
    memcpy(a->not_before, show.not_before, sizeof a->not_before);
    memcpy(a->not_after, show.not_after, sizeof a->not_after);
    buf_append(&a->cert, s->cert.data, s->cert.len);
    e = note_issuer(w->out, issuer);
    return e != E_OK ? diag_set(d, e, "the issuers") : buf_err(&a->cert);
}

static enum err take_decided(struct work *w, const struct result *s, const struct record *r,
                             struct span line, enum err line_error, struct diag *d)
{
    struct answer *a = &w->out->v[w->out->n];
    struct decision o;
    enum err e = decide_request(&w->decider, line, line_error, w->requests.number, &o, d);
    set_free(
        &w->decider.keys); /* who has a key is decided by the history, which is not known here */
    if (e == E_OK && strcmp(o.request.id, s->id) != 0)
        e = differs(w, "its result has another id", d);
    if (e == E_OK)
        e = check_line(w, s, r, d);
    if (e == E_OK) {
        w->out->n++;
        snprintf(a->id, sizeof a->id, "%s", s->id);
        a->issued = s->issued;
        a->code = s->code;
        snprintf(a->clause, sizeof a->clause, "%s", s->clause);
        a->note = strdup(s->issued ? s->ignored : s->detail);
        e = a->note != NULL ? E_OK : diag_set(d, E_NO_MEMORY, "the answers");
    }
    if (e == E_OK && s->issued)
        e = take_issued(w, s, r, &o, a, d);
    decision_free(&o);
    return e;
}

/* One request, its result, and its log line. */
static enum err take_one(struct work *w, const struct record *r, struct diag *d)
{
    struct span line, result_line;
    struct result s = {0};
    enum err line_error;
    bool whole = false;
    w->n++;
    if (!desk_next(&w->requests, &line, &line_error))
        return differs(w, "the log tells of it, but the batch has no such request", d);
    if (!lines_next(&w->results, &result_line, &whole) || !whole)
        return differs(w, "it has no result", d);
    enum err e = result_parse(result_line, w->results.number, &s, d);
    if (e == E_OK)
        e = take_decided(w, &s, r, line, line_error, d);
    result_free(&s);
    return e;
}

static enum err take_all(struct work *w, const struct progress *progress, struct diag *d)
{
    int64_t count = w->desk->header.count;
    struct span line;
    bool more = true;
    enum err e = E_OK;
    w->out->v = calloc((size_t)count + 1, sizeof *w->out->v);
    if (w->out->v == NULL)
        return diag_set(d, E_NO_MEMORY, "the answers");
    while (e == E_OK && more) {
        struct record r = {0};
        e = next_outcome(w, &r, &more, d);
        if (e == E_OK && more)
            e = take_one(w, &r, d);
        record_free(&r);
        if (progress != NULL)
            progress->step(progress->arg, (uint64_t)w->n, (uint64_t)count);
    }
    if (e == E_OK && (w->n != count || lines_next(&w->results, &line, NULL)))
        e = diag_set(d, E_BUNDLE_ANSWER,
                     "%" PRId64 " of %" PRId64 " requests have one log line and one result", w->n,
                     count);
    if (e == E_OK && w->issued != w->bundle->manifest.issued)
        e = diag_set(d, E_BUNDLE_ANSWER, "%" PRId64 " certificates, announced are %" PRId64,
                     w->issued, w->bundle->manifest.issued);
    return e;
}

enum err answers_check(const struct desk *desk, const struct bundle *bundle,
                       struct anchors *anchors, const struct progress *progress,
                       struct answers *out, struct diag *d)
{
    const struct policy *p = anchors->policy;
    struct work w = {.desk = desk,
                     .bundle = bundle,
                     .anchors = anchors,
                     .out = out,
                     .requests = desk->requests,
                     .results = {.rest = buf_span(&bundle->files[MANIFEST_RESULTS])},
                     .log = {.rest = buf_span(&bundle->files[MANIFEST_LOG])}};
    hex_encode(desk->digest, DIGEST_LEN, w.batch);
    w.decider = (struct decider){.policy = p,
                                 .header = &desk->header,
                                 .now = desk->header.created,
                                 .authority = policy_authority_find(p, desk->header.authority)};
    enum err e = check_header(desk, &bundle->manifest, d);
    if (e == E_OK && w.decider.authority == NULL)
        e = diag_set(d, E_AUTHORITY, "%s", desk->header.authority);
    if (e == E_OK)
        e = take_all(&w, progress, d);
    if (e == E_OK)
        e = copies_check(bundle, out, anchors, d);
    decider_free(&w.decider);
    set_free(&w.ids);
    return e;
}

void answers_free(struct answers *a)
{
    for (size_t i = 0; i < a->n; i++) {
        buf_free(&a->v[i].cert);
        free(a->v[i].note);
    }
    free(a->v);
    free(a->issuers);
    *a = (struct answers){0};
}
