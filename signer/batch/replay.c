#include "batch/replay.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "batch/intake.h"

struct replay {
    int dir_fd;
    struct plan *plan;
    const struct policy *policy;
    const struct policy_authority *authority;
    const struct replay_source *source;
    struct batch_header header;
    struct json_lines lines;
    struct decider decider;
    struct effects effects;
};

static enum err differs(struct diag *d, const char *what)
{
    return diag_set(d, E_PLAN_CONTENT, "%s", what);
}

static enum err open_batch(struct replay *r, struct diag *d)
{
    struct stat st;
    bool more;
    r->lines.line_max = LIMIT_LINE;
    int fd = openat(r->dir_fd, BATCH_FILE, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return diag_errno(d, errno, BATCH_FILE);
    if (fstat(fd, &st) == 0 && st.st_size > LIMIT_BATCH_BYTES) { /* a line without end would be read to its end */
        close(fd);
        return diag_set(d, E_ARCHIVE, "%s is larger than it can have come", BATCH_FILE);
    }
    r->lines.f = fdopen(fd, "r");
    if (r->lines.f == NULL) {
        close(fd);
        return diag_set(d, E_NO_MEMORY, BATCH_FILE);
    }
    enum err e = json_lines_next(&r->lines, &more, NULL);
    return e != E_OK ? diag_set(d, e, "%s line 1", BATCH_FILE) : header_parse(buf_span(&r->lines.line), &r->header, d);
}

static enum err check_names(const struct replay *r, struct diag *d)
{
    const struct plan_header *h = &r->plan->header;
    struct intake in;
    enum err e = intake_digest(r->dir_fd, &in, d);
    if (e != E_OK)
        return e;
    if (memcmp(in.digest, h->intake, DIGEST_LEN) != 0 || memcmp(in.batch, h->batch, DIGEST_LEN) != 0)
        return differs(d, "it names other files than those beside it");
    if (strcmp(r->header.authority, h->authority) != 0 || strcmp(r->header.ra, h->ra) != 0 ||
        strcmp(r->header.id, h->id) != 0 || r->header.sequence != h->sequence)
        return differs(d, "it names another batch");
    return E_OK;
}

static enum err check_approvals(const struct replay *r, struct diag *d)
{
    const struct plan_header *h = &r->plan->header;
    struct approvals approvals;
    uint8_t digest[DIGEST_LEN];
    enum err e = approval_check(r->dir_fd, r->policy, r->authority, &r->header, h->created, &approvals, d);
    if (e == E_OK && approvals.n != h->approvals_n)
        e = differs(d, "it names other approvals");
    for (size_t i = 0; e == E_OK && i < approvals.n; i++) {
        struct span der = approvals.by[i]->certificate;
        e = digest_bytes(DIGEST_SHA256, der.p, der.n, digest);
        if (e == E_OK && (approvals.by[i]->role != h->approvals[i].role ||
                          memcmp(digest, h->approvals[i].certificate, DIGEST_LEN) != 0))
            e = differs(d, "it names other approvals");
    }
    return e;
}

static enum err make_list(struct replay *r, const char *key, bool delta, struct plan_item *again, struct diag *d)
{
    const struct issuer *issuer = NULL;
    enum err e = r->source->issuer(r->source->arg, key, &issuer, d);
    return e == E_OK ? effects_list(&r->effects, issuer, delta, again, d) : e;
}

static enum err make_responses(struct replay *r, const char *key, struct plan_item *again, struct diag *d)
{
    const struct issuer *found = NULL;
    enum err e = r->source->issuer(r->source->arg, key, &found, d);
    if (e != E_OK)
        return e;
    const struct issuer issuer = *found; /* the next search may move it */
    e = r->source->issuer(r->source->arg, r->authority->ocsp_key, &found, d);
    return e == E_OK ? effects_responses(&r->effects, &issuer, found, again, d) : e;
}

static enum err find_living(struct replay *r, const char *key, struct diag *d)
{
    const struct issuer *issuer = NULL;
    enum err e = r->source->issuer(r->source->arg, key, &issuer, d);
    return e == E_OK ? effects_check_living(issuer, d) : e;
}

static enum err make_decided(struct replay *r, const struct decision *o, const struct plan_item *planned,
                             struct plan_item *again, struct diag *d)
{
    const struct issuer *issuer = NULL;
    if (o->act == PLAN_CRL)
        return make_list(r, o->list_key->name, o->request.op == OP_DELTA_CRL, again, d);
    if (o->act == PLAN_OCSP)
        return make_responses(r, o->list_key->name, again, d);
    if (o->act != PLAN_ISSUE) {
        certify_status(o, again);
        return effects_needs_list(o, r->policy) ? find_living(r, o->existing.key, d) : E_OK;
    }
    memcpy(again->serial, planned->serial, SERIAL_LEN);
    enum err e = r->source->issuer(r->source->arg, certify_key(o), &issuer, d);
    return e == E_OK ? certify_build(issuer, o, r->plan->header.created, again, d) : e;
}

static enum err make_again(struct replay *r, const struct decision *o, const struct plan_item *planned,
                           struct plan_item *again, struct diag *d)
{
    struct diag why = {0};
    again->n = planned->n;
    certify_begin(o, again);
    enum err e = o->code == E_OK ? make_decided(r, o, planned, again, &why) : E_OK;
    if (e == E_OUTLIVES_ISSUER || e == E_LINT || e == E_LIST_KEY || e == E_KEY_DESTROYED)
        certify_refuse(again, e, why.clause, why.text);
    else if (e != E_OK)
        return diag_again(d, e, &why);
    e = pair_note_issued(&r->decider, o, again, d);
    return e == E_OK ? effects_take(&r->effects, o, again, d) : e;
}

static enum err compare(const struct plan_item *planned, const struct plan_item *again, struct diag *d)
{
    struct buf a = {0}, b = {0};
    enum err e = plan_write_item(planned, &a);
    if (e == E_OK)
        e = plan_write_item(again, &b);
    if (e == E_OK && (a.len != b.len || memcmp(a.data, b.data, a.len) != 0))
        e = diag_set(d, E_PLAN_CONTENT, "request %lld was not decided so, or other bytes are to be signed",
                     (long long)planned->n);
    buf_free(&a);
    buf_free(&b);
    return e;
}

static enum err replay_item(struct replay *r, const struct plan_item *planned, struct diag *d)
{
    struct plan_item again = {0};
    struct decision o = {0};
    bool more = false;
    enum err line = json_lines_next(&r->lines, &more, NULL);
    if (line != E_OK && line != E_LINE_TOO_LONG)
        return diag_set(d, line, BATCH_FILE);
    if (!more)
        return differs(d, "it has more requests than the batch");
    enum err e = decide_request(&r->decider, buf_span(&r->lines.line), line, r->lines.number, &o, d);
    if (e == E_OK)
        e = make_again(r, &o, planned, &again, d);
    if (e == E_OK)
        e = compare(planned, &again, d);
    plan_item_free(&again);
    decision_free(&o);
    return e;
}

/* A key that was destroyed signs no list: what it certified can be superseded all the same. */
static enum err next_due(struct replay *r, const struct policy_key **out, struct diag *d)
{
    const struct issuer *issuer = NULL;
    enum err e = E_OK;
    do {
        *out = effects_next_due(&r->effects);
        e = *out != NULL ? r->source->issuer(r->source->arg, (*out)->name, &issuer, d) : E_OK;
    } while (e == E_OK && *out != NULL && issuer->destroyed);
    return e;
}

/* The lists that nobody asked for: each key whose turn it is, in order. */
static enum err replay_due(struct replay *r, const struct plan_item *planned, struct diag *d)
{
    struct plan_item again = {.n = planned->n};
    const struct policy_key *key = NULL;
    enum err e = next_due(r, &key, d);
    if (e == E_OK && key == NULL)
        return differs(d, "it has more items than the batch asks for");
    if (e == E_OK)
        e = make_list(r, key->name, false, &again, d);
    if (e == E_OK)
        e = compare(planned, &again, d);
    plan_item_free(&again);
    return e;
}

static enum err replay_items(struct replay *r, struct diag *d)
{
    struct plan_item planned = {0};
    const struct policy_key *key = NULL;
    bool more = true;
    int64_t n = 0;
    enum err e = E_OK;
    while (e == E_OK) {
        e = plan_next(r->plan, &planned, &more, d);
        if (e != E_OK || !more)
            break;
        n++;
        e = n <= r->header.count ? replay_item(r, &planned, d) : replay_due(r, &planned, d);
    }
    plan_item_free(&planned);
    if (e == E_OK)
        e = next_due(r, &key, d);
    if (e == E_OK && (n < r->header.count || key != NULL))
        e = differs(d, "it has fewer items than the batch asks for");
    return e;
}

enum err replay_plan(int dir_fd, struct plan *plan, const struct policy *policy, const struct decide_history *history,
                     const struct replay_source *source, struct diag *d)
{
    struct replay r = {.dir_fd = dir_fd, .plan = plan, .policy = policy, .source = source};
    enum err e = open_batch(&r, d);
    if (e == E_OK)
        e = check_names(&r, d);
    if (e == E_OK)
        e = header_check(&r.header, policy, plan->header.created, &r.authority, d);
    if (e == E_OK)
        e = check_approvals(&r, d);
    if (e == E_OK) {
        r.decider = (struct decider){.policy = policy, .authority = r.authority, .header = &r.header,
                                     .now = plan->header.created, .history = history};
        r.effects = (struct effects){.world = source->world, .authority = r.authority, .header = &plan->header};
        e = replay_items(&r, d);
    }
    if (e == E_OK)
        e = plan_rewind(plan, d);
    decider_free(&r.decider);
    if (r.lines.f != NULL)
        fclose(r.lines.f);
    json_lines_free(&r.lines);
    return e;
}
