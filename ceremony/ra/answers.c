#include "ra/answers.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/i18n.h"
#include "ra/answering.h"
#include "ra/copies.h"

enum err answering_differs(const struct answering *w, const char *what, struct diag *d)
{
    if (w->n > w->desk->header.count)
        return diag_set(d, E_BUNDLE_ANSWER, "list %" PRId64 ": %s", w->n, what);
    return diag_set(d, E_BUNDLE_ANSWER, "request %" PRId64 ": %s", w->n, what);
}

static enum err advised(enum err e, const char *advice, struct diag *d)
{
    diag_advise(d, advice);
    return e;
}

/* Two folders that do not belong together are a slip of whoever names them, and no fault of the appliance. */
static enum err check_header(const struct desk *k, const struct manifest *m, struct diag *d)
{
    const struct batch_header *h = &k->header;
    bool bytes = memcmp(k->digest, m->batch, DIGEST_LEN) == 0;
    bool names = strcmp(h->authority, m->authority) == 0 && strcmp(h->ra, m->ra) == 0 && strcmp(h->id, m->id) == 0 &&
                 h->sequence == m->sequence;
    if (!bytes && !names)
        return advised(diag_set(d, E_BUNDLE_ANSWER,
                                "the bundle answers %s, sequence %" PRId64 " of %s; the batch is %s, sequence %" PRId64 " of %s",
                                m->id, m->sequence, m->ra, h->id, h->sequence, h->ra),
                       N_("name the bundle and the batch that belong together"), d);
    if (!bytes)
        return advised(diag_set(d, E_BUNDLE_ANSWER, "the bundle answers another %s of the same name", BATCH_FILE),
                       N_("name the batch as it was sent: this one is another, or was changed"), d);
    if (!names)
        return diag_set(d, E_BUNDLE_ANSWER, "authority, RA, id or sequence is not the batch's");
    return h->count == desk_count(k)
               ? E_OK
               : diag_set(d, E_BUNDLE_ANSWER, "requests announced by the header: %" PRId64 ", in the file: %" PRId64,
                          h->count, desk_count(k));
}

/* The next line of the log that tells what became of one of this batch's requests, or of a list. */
static enum err next_outcome(struct answering *w, struct record *r, bool *more, struct diag *d)
{
    struct span line;
    *more = false;
    while (lines_next(&w->log, &line, NULL)) {
        enum err e = record_parse(line, r, d);
        if (e != E_OK)
            return e;
        if (w->log.number == 1)
            w->intent = r->time;
        if (record_is_outcome(r) && strcmp(record_text(r, "batch"), w->batch) == 0) {
            *more = true;
            return E_OK;
        }
        record_free(r);
    }
    return E_OK;
}

static enum err check_place(const struct answering *w, const struct result *s, const struct record *r, struct diag *d)
{
    static const enum record_type types[PLAN_ACTS] = {
        [PLAN_REFUSE] = RECORD_REFUSED,  [PLAN_ISSUE] = RECORD_ISSUED,    [PLAN_REVOKE] = RECORD_REVOKED,
        [PLAN_HOLD] = RECORD_REVOKED,    [PLAN_RELEASE] = RECORD_REVOKED, [PLAN_ACCEPT] = RECORD_ACCEPTED,
        [PLAN_CRL] = RECORD_CRL,         [PLAN_OCSP] = RECORD_OCSP};
    if (s->n != w->n || record_number(r, "n") != w->n)
        return answering_differs(w, "its result or its log line is not in its place", d);
    if ((uint64_t)s->log != r->seq || r->type != types[s->act])
        return answering_differs(w, "the log line that its result names says something else", d);
    return E_OK;
}

static enum err check_refused(const struct answering *w, const struct result *s, const struct record *r, struct diag *d)
{
    return strcmp(record_text(r, "code"), err_name(s->code)) == 0 && strcmp(record_text(r, "clause"), s->clause) == 0
               ? E_OK
               : answering_differs(w, "it was refused for another reason than its log line says", d);
}

enum err answering_keep(struct answering *w, struct span bytes, struct span *kept, struct diag *d)
{
    return spool_append(&w->out->kept, bytes, kept, d);
}

static enum err begin_answer(struct answering *w, const struct result *s, struct answer *a, struct diag *d)
{
    const char *note = s->act == PLAN_REFUSE ? s->detail : s->act == PLAN_ISSUE ? s->ignored : "";
    struct span kept;
    memset(a, 0, sizeof *a); /* with what lies between its members: it is written to a file */
    a->act = s->act;
    a->code = s->code;
    a->log = s->log;
    a->note = "";
    snprintf(a->id, sizeof a->id, "%s", s->id);
    snprintf(a->profile, sizeof a->profile, "%s", s->profile != NULL ? s->profile : "");
    snprintf(a->clause, sizeof a->clause, "%s", s->clause);
    if (note[0] == '\0')
        return E_OK;
    enum err e = answering_keep(w, (struct span){(const uint8_t *)note, strlen(note) + 1}, &kept, d);
    if (e == E_OK)
        a->note = (const char *)kept.p;
    return e;
}

/* What was done is what the policy says of the request; what it refuses cannot have been done. The other way round the
 * appliance knows more than the RA. */
static enum err take_done(struct answering *w, const struct result *s, const struct record *r, const struct decision *o,
                          struct answer *a, struct diag *d)
{
    if (o->code != E_OK)
        return diag_set(d, E_BUNDLE_ANSWER, "request %" PRId64 ": it was %s, though the policy refuses it (%s)", w->n,
                        s->act == PLAN_CRL ? "made" : result_word(s->act), err_name(o->code));
    if (s->act != o->act)
        return answering_differs(w, "something else was done than was asked for", d);
    switch (s->act) {
    case PLAN_ISSUE:
        return o->seals != NULL ? answer_seal(w, s, r, o, a, d) : answer_issued(w, s, r, o, a, d);
    case PLAN_CRL:
        return answer_list(w, s, r, o, a, d);
    default:
        return answer_status(w, s, r, o, a, d);
    }
}

static enum err take_request(struct answering *w, const struct result *s, const struct record *r, struct answer *a,
                             struct diag *d)
{
    struct decision o;
    struct span line;
    enum err line_error;
    if (!desk_next(&w->requests, &line, &line_error))
        return answering_differs(w, "the log tells of it, but the batch has no such request", d);
    enum err e = decide_request(&w->decider, line, line_error, w->requests.number, &o, d);
    set_free(&w->decider.keys); /* who has a key is decided by the history, which is not known here */
    if (e == E_OK && strcmp(o.request.id, s->id) != 0)
        e = answering_differs(w, "its result has another id", d);
    if (e == E_OK)
        e = check_place(w, s, r, d);
    if (e == E_OK)
        e = begin_answer(w, s, a, d);
    if (e == E_OK)
        e = s->act == PLAN_REFUSE ? check_refused(w, s, r, d) : take_done(w, s, r, &o, a, d);
    decision_free(&o);
    return e;
}

/* A list that nobody asked for. */
static enum err take_due(struct answering *w, const struct result *s, const struct record *r, struct answer *a,
                         struct diag *d)
{
    if (s->act != PLAN_CRL || s->id[0] != '\0')
        return answering_differs(w, "what follows the requests is no list", d);
    enum err e = check_place(w, s, r, d);
    if (e == E_OK)
        e = begin_answer(w, s, a, d);
    return e == E_OK ? answer_list(w, s, r, NULL, a, d) : e;
}

/* One log line, its result, and its request. */
static enum err take_one(struct answering *w, const struct record *r, struct diag *d)
{
    const struct manifest *m = &w->bundle->manifest;
    struct span line;
    struct result s = {0};
    struct answer a;
    bool whole = false;
    w->n++;
    if (w->n > w->desk->header.count + m->lists)
        return answering_differs(w, "there are more than the bundle announces", d);
    if (!lines_next(&w->results, &line, &whole) || !whole)
        return answering_differs(w, "it has no result", d);
    enum err e = result_parse(line, w->results.number, &s, d);
    if (e == E_OK)
        e = w->n > w->desk->header.count ? take_due(w, &s, r, &a, d) : take_request(w, &s, r, &a, d);
    clock_format(r->time, a.log_time);
    if (e == E_OK)
        e = spool_append(&w->out->rows, (struct span){(const uint8_t *)&a, sizeof a}, NULL, d);
    w->out->n += e == E_OK;
    if (e == E_OK)
        plan_count(&w->counts, s.act);
    result_free(&s);
    return e;
}

static enum err check_counts(struct answering *w, struct diag *d)
{
    const struct manifest *m = &w->bundle->manifest;
    const struct plan_counts *c = &w->counts;
    struct span line;
    if (w->n < w->desk->header.count || lines_next(&w->results, &line, NULL))
        return diag_set(d, E_BUNDLE_ANSWER, "%" PRId64 " of %" PRId64 " requests have one log line and one result", w->n,
                        w->desk->header.count);
    if (c->issue != m->issued || c->refuse != m->refused || c->status != m->status || c->lists != m->lists)
        return diag_set(d, E_BUNDLE_ANSWER,
                        "certificates: %" PRId64 ", changes of status: %" PRId64 ", lists: %" PRId64
                        "; announced are %" PRId64 ", %" PRId64 " and %" PRId64,
                        c->issue, c->status, c->lists, m->issued, m->status, m->lists);
    return E_OK;
}

/* What is kept stands in results.jsonl in base64, or as text between quotes. */
static enum err make_spools(struct answering *w, int64_t most, struct diag *d)
{
    struct answers *out = w->out;
    enum err e = spool_make(w->bundle->folder, (size_t)most * sizeof(struct answer), &out->rows, d);
    return e == E_OK ? spool_make(w->bundle->folder, w->results.rest.n, &out->kept, d) : e;
}

static enum err take_all(struct answering *w, const struct progress *progress, struct diag *d)
{
    int64_t most = w->desk->header.count + w->bundle->manifest.lists;
    bool more = true;
    enum err e = make_spools(w, most, d);
    while (e == E_OK && more) {
        struct record r = {0};
        e = next_outcome(w, &r, &more, d);
        if (e == E_OK && more)
            e = take_one(w, &r, d);
        record_free(&r);
        if (progress != NULL)
            progress->step(progress->arg, (uint64_t)w->n, (uint64_t)most);
    }
    return e == E_OK ? check_counts(w, d) : e;
}

enum err answers_check(const struct desk *desk, const struct bundle *bundle,
                       struct anchors *anchors, const struct progress *progress,
                       struct answers *out, struct diag *d)
{
    const struct policy *p = anchors->policy;
    struct answering w = {.desk = desk,
                          .bundle = bundle,
                          .anchors = anchors,
                          .out = out,
                          .requests = desk->requests,
                          .results = lines_of(&bundle->files[MANIFEST_RESULTS]),
                          .log = lines_of(&bundle->files[MANIFEST_LOG])};
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
        e = answer_lists_end(&w, d);
    if (e == E_OK)
        e = answering_complete_issuers(&w, d);
    if (e == E_OK)
        e = copies_check(bundle, out, anchors, d);
    decider_free(&w.decider);
    changes_free(&w.changes);
    return e;
}

#define AT_ONCE 256 /* answers, after which what was looked at is let go */

const struct answer *answers_at(const struct answers *a, size_t i)
{
    if (i % AT_ONCE == 0) {
        spool_let_go(&a->rows);
        spool_let_go(&a->kept);
    }
    return (const struct answer *)(const void *)a->rows.content.p + i;
}

void answers_free(struct answers *a)
{
    spool_free(&a->rows);
    spool_free(&a->kept);
    free(a->issuers);
    *a = (struct answers){0};
}
