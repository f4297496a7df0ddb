#include "batch/plan_requests.h"

#include "batch/announce.h"
#include "batch/certifier.h"
#include "batch/lists.h"
#include "core/file.h"
#include "core/threads.h"
#include "core/turns.h"

#define THREADS_MAX 16
#define FLUSH (64 * 1024) /* bytes of the plan that are written at once */

/* What the threads share. Each takes a line, reads it, and builds and lints what is to be signed, beside the others:
 * that is nearly all of the work. Between the two it passes a gate in the order of the lines, because there history,
 * serial numbers and earlier requests of the batch are asked; behind the second another one, to write. */
struct requests {
    const struct plan_source *from;
    struct decider decider;     /* these three: of whose turn it is to decide */
    struct certifier certifier;
    struct effects effects;
    struct plan_counts counts;  /* these three: of whose turn it is to write */
    struct buf out;
    int fd;
    pthread_mutex_t lock;       /* for the lines and all that follows here */
    int64_t taken;              /* lines given out */
    bool failed;
    int64_t failed_n;           /* of the first that failed so far */
    enum err err;               /* with which */
    struct diag diag;
    struct turns deciding, writing;
};

/* One request on its way through one thread. */
struct passing {
    int64_t n;
    uint64_t number; /* of its line in the file */
    struct buf line;
    enum err line_error;
    struct decision decision;
    struct plan_item item;
    struct issuer issuer; /* who signs it, when it is to be built */
    bool to_build;
    struct buf out;
};

/* -- what is decided in order -- */

/* What cannot be signed is refused; anything else that goes wrong ends the run. */
static enum err refuse_or_fail(struct plan_item *item, enum err e, const struct diag *why, struct diag *d)
{
    if (e == E_OUTLIVES_ISSUER || e == E_LINT || e == E_LIST_KEY || e == E_KEY_DESTROYED) {
        certify_refuse(item, e, why->clause, why->text);
        return E_OK;
    }
    if (e != E_OK && d != NULL)
        *d = *why;
    return e;
}

static enum err plan_responses(struct requests *q, const struct decision *o, struct plan_item *item, struct diag *d)
{
    struct issuer *found = NULL;
    enum err e = certifier_issuer(&q->certifier, o->list_key->name, &found, d);
    if (e != E_OK)
        return e;
    const struct issuer issuer = *found; /* the next search may move it */
    e = certifier_issuer(&q->certifier, q->decider.authority->ocsp_key, &found, d);
    return e == E_OK ? effects_responses(&q->effects, &issuer, found, item, d) : e;
}

static enum err build(const struct requests *q, struct passing *p, struct diag *d)
{
    p->to_build = false;
    return certify_build(&p->issuer, &p->decision, q->from->plan->created, &p->item, d);
}

/* Whether this certificate is issued or fails its lint changes nothing for the requests after it, so that those need
 * not wait: it supersedes none, and none can name it as its pair. */
static bool stands_alone(const struct requests *q, const struct passing *p)
{
    return !p->item.has_supersedes &&
           (p->decision.profile == NULL || !policy_is_pair(q->decider.authority, p->decision.profile));
}

/* What the decision means for the token, or for lists and responses. */
static enum err plan_decision(struct requests *q, struct passing *p, struct diag *d)
{
    const struct decision *o = &p->decision;
    struct plan_item *item = &p->item;
    struct issuer *issuer = NULL;
    enum err e;
    switch (o->act) {
    case PLAN_ISSUE:
        e = certifier_begin(&q->certifier, o, item, &p->issuer, d);
        p->to_build = e == E_OK && stands_alone(q, p);
        return e == E_OK && !p->to_build ? build(q, p, d) : e;
    case PLAN_OCSP:
        return plan_responses(q, o, item, d);
    case PLAN_CRL:
        e = certifier_issuer(&q->certifier, o->list_key->name, &issuer, d);
        return e == E_OK ? effects_list(&q->effects, issuer, o->request.op == OP_DELTA_CRL, item, d) : e;
    default:
        certify_status(o, item);
        if (!effects_needs_list(o, q->decider.policy))
            return E_OK;
        e = certifier_issuer(&q->certifier, o->existing.key, &issuer, d);
        return e == E_OK ? effects_check_living(issuer, d) : e;
    }
}

static enum err decide(struct requests *q, struct passing *p, struct reading *in, struct diag *d)
{
    struct diag why = {0};
    enum err e = decide_reading(&q->decider, in, &p->decision, d);
    if (e != E_OK)
        return e;
    certify_begin(&p->decision, &p->item);
    if (p->decision.code == E_OK)
        e = plan_decision(q, p, &why);
    e = refuse_or_fail(&p->item, e, &why, d);
    if (e == E_OK)
        e = pair_note_issued(&q->decider, &p->decision, &p->item, d);
    return e == E_OK ? effects_take(&q->effects, &p->decision, &p->item, d) : e;
}

/* -- what is written in order -- */

static enum err put(struct requests *q, const struct plan_item *item, struct span line, struct diag *d)
{
    plan_count(&q->counts, item->act);
    buf_append(&q->out, line.p, line.n);
    enum err e = buf_err(&q->out);
    if (e != E_OK)
        return diag_set(d, e, PLAN_FILE);
    if (q->out.len > FLUSH) {
        e = file_write_all(q->fd, q->out.data, q->out.len, PLAN_FILE, d);
        buf_reset(&q->out);
    }
    return e;
}

static enum err put_passing(struct requests *q, const struct passing *p, struct diag *d)
{
    const struct progress *progress = q->from->progress;
    enum err e = put(q, &p->item, buf_span(&p->out), d);
    if (progress != NULL)
        progress->step(progress->arg, (uint64_t)p->n, (uint64_t)q->from->header->count);
    return e;
}

/* -- one thread -- */

static bool take_line(struct requests *q, struct passing *p)
{
    struct json_lines *lines = q->from->lines;
    bool more = false, taken;
    pthread_mutex_lock(&q->lock);
    taken = !q->failed && q->taken < q->from->header->count;
    if (taken) {
        const struct buf last = p->line;
        p->n = ++q->taken;
        p->line_error = json_lines_next(lines, &more, NULL);
        p->number = lines->number;
        p->line = lines->line;
        lines->line = last; /* each has its own memory, and none is copied */
    }
    pthread_mutex_unlock(&q->lock);
    return taken;
}

/* Through both gates; false when they were closed. */
static bool pass(struct requests *q, struct passing *p, struct reading *in, enum err *e, struct diag *d)
{
    struct diag why = {0};
    if (!turns_wait(&q->deciding, p->n))
        return false;
    *e = decide(q, p, in, d);
    if (*e != E_OK)
        return true;
    turns_pass(&q->deciding);
    if (p->to_build)
        *e = refuse_or_fail(&p->item, build(q, p, &why), &why, d);
    if (*e == E_OK)
        *e = plan_write_item(&p->item, &p->out);
    if (*e != E_OK)
        return true;
    if (!turns_wait(&q->writing, p->n))
        return false;
    *e = put_passing(q, p, d);
    if (*e == E_OK)
        turns_pass(&q->writing);
    return true;
}

static enum err plan_line(struct requests *q, struct passing *p, struct diag *d)
{
    struct reading in;
    enum err e = E_OK;
    if (p->line_error != E_OK && p->line_error != E_LINE_TOO_LONG)
        return diag_set(d, p->line_error, BATCH_FILE);
    reading_take(buf_span(&p->line), p->line_error, p->number, &in);
    p->decision = (struct decision){0};
    p->item = (struct plan_item){.n = p->n};
    buf_reset(&p->out);
    (void)pass(q, p, &in, &e, d);
    reading_free(&in);
    decision_free(&p->decision);
    plan_item_free(&p->item);
    return e;
}

/* Of several that fail the first line's counts. Those that wait at a gate would wait for good. */
static void tell(struct requests *q, int64_t n, enum err e, const struct diag *why)
{
    pthread_mutex_lock(&q->lock);
    if (!q->failed || n < q->failed_n) {
        q->failed = true;
        q->failed_n = n;
        q->err = e;
        q->diag = *why;
    }
    pthread_mutex_unlock(&q->lock);
    turns_stop(&q->deciding);
    turns_stop(&q->writing);
}

static void *work(void *arg)
{
    struct requests *q = arg;
    struct passing p = {0};
    while (take_line(q, &p)) {
        struct diag why = {0};
        enum err e = plan_line(q, &p, &why);
        if (e != E_OK)
            tell(q, p.n, e, &why);
    }
    buf_free(&p.line);
    buf_free(&p.out);
    return NULL;
}

static enum err plan_on_all_cores(struct requests *q, struct diag *d)
{
    pthread_t helpers[THREADS_MAX - 1];
    const size_t cores = threads_cores();
    pthread_mutex_init(&q->lock, NULL);
    turns_begin(&q->deciding, 1);
    turns_begin(&q->writing, 1);
    size_t n = threads_start(helpers, (cores < THREADS_MAX ? cores : THREADS_MAX) - 1, work, q);
    (void)work(q);
    threads_join(helpers, n);
    turns_end(&q->deciding);
    turns_end(&q->writing);
    pthread_mutex_destroy(&q->lock);
    if (q->failed && d != NULL)
        *d = q->diag;
    return q->failed ? q->err : E_OK;
}

/* -- the whole -- */

/* The lists that what was revoked, held or released makes necessary. */
static enum err plan_due(struct requests *q, struct diag *d)
{
    const struct policy_key *key;
    struct issuer *issuer;
    struct buf line = {0};
    int64_t n = q->from->header->count;
    enum err e = E_OK;
    while (e == E_OK && (key = effects_next_due(&q->effects)) != NULL) {
        n++;
        struct plan_item item = {.n = n};
        e = certifier_issuer(&q->certifier, key->name, &issuer, d);
        if (e == E_OK && issuer->destroyed) { /* what it certified can be superseded all the same */
            n--;
            continue;
        }
        if (e == E_OK)
            e = effects_list(&q->effects, issuer, false, &item, d);
        buf_reset(&line);
        if (e == E_OK)
            e = plan_write_item(&item, &line);
        if (e == E_OK)
            e = put(q, &item, buf_span(&line), d);
    }
    buf_free(&line);
    return e;
}

static enum err plan_lines(struct requests *q, struct diag *d)
{
    enum err e = plan_write_header(q->from->plan, &q->out);
    if (e == E_OK)
        e = plan_on_all_cores(q, d);
    if (e == E_OK)
        e = plan_due(q, d);
    if (e == E_OK)
        e = plan_write_end(&q->counts, &q->out);
    return e == E_OK ? file_write_all(q->fd, q->out.data, q->out.len, PLAN_FILE, d) : e;
}

/* Neither a list nor a decision about a certificate that was issued earlier can be foreseen while another batch may
 * still change what becomes of it. */
static enum err check_alone(const struct requests *q, struct diag *d)
{
    uint64_t line = 0;
    enum err e = q->effects.any ? index_unfinished(q->from->state->index, q->from->plan->batch, &line, d) : E_OK;
    if (e == E_OK && line > 0)
        e = diag_set(d, E_UNFINISHED, "its intent is log line %llu", (unsigned long long)line);
    return e;
}

enum err plan_requests(const struct plan_source *from, int fd, struct diag *d)
{
    struct state *s = from->state;
    const struct decide_history history = announce_history(s->index);
    struct lists lists;
    struct requests q = {
        .from = from,
        .decider = {.policy = s->policy, .authority = from->authority, .header = from->header,
                    .now = from->plan->created, .history = &history},
        .certifier = {.state = s, .authority = from->authority},
        .effects = {.world = &lists.world, .authority = from->authority, .header = from->plan},
        .fd = fd,
    };
    enum err e = lists_begin(&lists, s->index, log_position(s->log)->size + 1, d);
    if (e == E_OK)
        e = plan_lines(&q, d);
    lists_end(&lists);
    if (e == E_OK)
        e = check_alone(&q, d);
    buf_free(&q.out);
    certifier_free(&q.certifier);
    decider_free(&q.decider);
    return e;
}
