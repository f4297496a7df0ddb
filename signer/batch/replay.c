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
        return diag_set(d, E_ARCHIVE, BATCH_FILE " is larger than it can have come");
    }
    r->lines.f = fdopen(fd, "r");
    if (r->lines.f == NULL) {
        close(fd);
        return diag_set(d, E_NO_MEMORY, BATCH_FILE);
    }
    enum err e = json_lines_next(&r->lines, &more, NULL);
    return e != E_OK ? diag_set(d, e, BATCH_FILE " line 1") : header_parse(buf_span(&r->lines.line), &r->header, d);
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

static enum err make_again(struct replay *r, const struct decision *o, const struct plan_item *planned,
                           struct plan_item *again, struct diag *d)
{
    struct diag why = {0};
    const struct issuer *issuer = NULL;
    again->n = planned->n;
    snprintf(again->id, sizeof again->id, "%s", o->request.id);
    enum err code = o->code;
    const char *clause = o->clause, *detail = o->detail;
    if (code == E_OK) {
        memcpy(again->serial, planned->serial, PLAN_SERIAL);
        enum err e = r->source->issuer(r->source->arg, o->profile->key, &issuer, d);
        if (e != E_OK)
            return e;
        code = certify_build(issuer, o, r->plan->header.created, again, &why);
        if (code != E_OK && code != E_OUTLIVES_ISSUER && code != E_LINT)
            return diag_set(d, code, "%s", why.text);
        if (code != E_OK) {
            clause = why.clause;
            detail = why.text;
        }
    }
    again->issue = code == E_OK;
    again->code = code;
    snprintf(again->clause, sizeof again->clause, "%s", clause);
    if (code != E_OK)
        snprintf(again->detail, sizeof again->detail, "%s", detail);
    return E_OK;
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

static enum err replay_items(struct replay *r, struct diag *d)
{
    struct plan_item planned = {0};
    bool more = true;
    int64_t n = 0;
    enum err e = E_OK;
    while (e == E_OK) {
        e = plan_next(r->plan, &planned, &more, d);
        if (e != E_OK || !more)
            break;
        e = replay_item(r, &planned, d);
        n++;
    }
    plan_item_free(&planned);
    if (e == E_OK && n != r->header.count)
        e = differs(d, "it has fewer requests than the batch");
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
