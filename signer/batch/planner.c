#include "batch/planner.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "batch/plan_requests.h"
#include "batch/recheck.h"
#include "batch/standing.h"
#include "core/clock.h"
#include "core/file.h"
#include "core/i18n.h"
#include "log/merkle_lines.h"
#include "pki/cert.h"

#define PLAN_TMP PLAN_FILE ".tmp"

/* Everything one run of the planner holds. */
struct job {
    struct state *s;
    const struct intake *in;
    int dir_fd;
    int64_t now;
    struct json_lines lines;
    struct batch_header header;
    const struct policy_authority *authority;
    struct approvals approvals;
    struct plan_header plan;
    const struct progress *progress;
};

static enum err open_batch(struct job *j, struct diag *d)
{
    bool more;
    j->lines.line_max = LIMIT_LINE;
    int fd = openat(j->dir_fd, BATCH_FILE, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return diag_errno(d, errno, BATCH_FILE);
    j->lines.f = fdopen(fd, "r");
    if (j->lines.f == NULL) {
        close(fd);
        return diag_set(d, E_NO_MEMORY, BATCH_FILE);
    }
    enum err e = json_lines_next(&j->lines, &more, NULL);
    if (e != E_OK)
        return diag_set(d, e, "%s line 1", BATCH_FILE);
    return header_parse(buf_span(&j->lines.line), &j->header, d);
}

/* The number of lines is counted before anything is decided: a wrong count refuses the whole batch. */
static enum err check_count(struct job *j, struct diag *d)
{
    int64_t n = 0;
    bool more = true;
    enum err e = E_OK;
    while (e == E_OK && more && n <= j->header.count) {
        e = json_lines_next(&j->lines, &more, NULL);
        if (e == E_LINE_TOO_LONG)
            e = E_OK;
        n += e == E_OK && more;
    }
    if (e != E_OK)
        return diag_set(d, e, BATCH_FILE);
    if (n != j->header.count)
        return diag_set(d, E_BATCH_COUNT,
                        n > j->header.count ? N_("requests announced by the header: %lld, in the file at least: %lld")
                                            : N_("requests announced by the header: %lld, in the file: %lld"),
                        (long long)j->header.count, (long long)n);
    if (fseeko(j->lines.f, 0, SEEK_SET) != 0)
        return diag_errno(d, errno, BATCH_FILE);
    j->lines.number = 0;
    return json_lines_next(&j->lines, &more, NULL); /* the header again */
}

static enum err check_batch(struct job *j, struct diag *d)
{
    enum err e = open_batch(j, d);
    if (e == E_OK)
        e = header_check(&j->header, j->s->policy, j->now, &j->authority, d);
    if (e == E_OK)
        e = standing_check_order(j->s, &j->header, INDEX_NOW, d);
    if (e == E_OK)
        e = approval_check(j->dir_fd, j->s->policy, j->authority, &j->header, j->now, &j->approvals, d);
    if (e == E_OK)
        e = check_count(j, d);
    return e;
}

static enum err fill_header(struct job *j)
{
    const struct log_position *at = log_position(j->s->log);
    struct plan_header *h = &j->plan;
    enum err e = E_OK;
    memcpy(h->batch, j->in->batch, DIGEST_LEN);
    memcpy(h->intake, j->in->digest, DIGEST_LEN);
    snprintf(h->authority, sizeof h->authority, "%s", j->header.authority);
    snprintf(h->ra, sizeof h->ra, "%s", j->header.ra);
    snprintf(h->id, sizeof h->id, "%s", j->header.id);
    h->sequence = j->header.sequence;
    memcpy(h->policy, j->s->policy_digest, DIGEST_LEN);
    h->created = j->now;
    h->expires = j->now + j->s->policy->limits.plan_lifetime;
    h->log_size = at->size;
    h->log_bytes = at->bytes;
    memcpy(h->log_head, at->head, DIGEST_LEN);
    h->approvals_n = j->approvals.n;
    for (size_t i = 0; i < j->approvals.n && e == E_OK; i++) {
        struct span der = j->approvals.by[i]->certificate;
        h->approvals[i].role = j->approvals.by[i]->role;
        e = digest_bytes(DIGEST_SHA256, der.p, der.n, h->approvals[i].certificate);
    }
    return e;
}

/* A plan that is given up was perhaps authorised: it stays in the archive under its own name. */
static enum err set_aside(int dir_fd, struct diag *d)
{
    uint8_t digest[DIGEST_LEN];
    char hex[DIGEST_HEX], name[sizeof "superseded-" + 16 + sizeof ".jsonl"];
    if (faccessat(dir_fd, PLAN_FILE, F_OK, AT_SYMLINK_NOFOLLOW) != 0)
        return E_OK;
    enum err e = merkle_lines_root_file(dir_fd, PLAN_FILE, LIMIT_ARCHIVE_BYTES, digest, d);
    if (e == E_MEDIUM_LIMIT)
        e = diag_set(d, E_ARCHIVE, "the %s that is there is larger than any plan", PLAN_FILE);
    if (e != E_OK)
        return e;
    hex_encode(digest, DIGEST_LEN, hex);
    snprintf(name, sizeof name, "superseded-%.16s.jsonl", hex);
    return file_rename(dir_fd, PLAN_FILE, name, d);
}

static enum err write_plan(struct job *j, struct diag *d)
{
    enum err e = fill_header(j);
    if (e != E_OK)
        return e;
    int fd = openat(j->dir_fd, PLAN_TMP, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return diag_errno(d, errno, PLAN_TMP);
    const struct plan_source source = {.state = j->s, .authority = j->authority, .header = &j->header, .plan = &j->plan,
                                       .lines = &j->lines, .progress = j->progress};
    e = plan_requests(&source, fd, d);
    if (e == E_OK)
        e = file_sync(fd, PLAN_TMP, d);
    close(fd);
    if (e == E_OK)
        e = set_aside(j->dir_fd, d);
    if (e == E_OK)
        e = file_rename(j->dir_fd, PLAN_TMP, PLAN_FILE, d);
    return e;
}

static enum err log_batch(struct job *j, struct diag *d)
{
    bool seen = false;
    uint64_t seq;
    char batch[DIGEST_HEX];
    enum err e = index_seen(j->s->index, j->in->digest, "batch", &seen, &seq, d);
    if (e != E_OK || seen)
        return e;
    hex_encode(j->in->batch, DIGEST_LEN, batch);
    e = log_append(j->s->log, RECORD_BATCH,
                   json_pack("{s:s,s:s,s:s,s:s,s:I,s:I}", "batch", batch, "intake", j->in->dir, "authority",
                             j->header.authority, "ra", j->header.ra, "sequence", (json_int_t)j->header.sequence,
                             "requests", (json_int_t)j->header.count),
                   d);
    if (e == E_OK)
        e = log_sync(j->s->log, d);
    return e != E_OK ? e : state_refresh(j->s, d);
}

/* The log has the code and the clause only; the words go to the RA (batch/export.h). */
static enum err log_refusal(struct job *j, enum err code, const struct diag *why, struct planned *out, struct diag *d)
{
    bool seen = false;
    uint64_t seq;
    char batch[DIGEST_HEX];
    out->refused = code;
    memcpy(out->clause, why->clause, sizeof out->clause);
    memcpy(out->detail, why->text, sizeof out->detail);
    enum err e = index_seen(j->s->index, j->in->digest, err_name(code), &seen, &seq, d);
    if (e != E_OK || seen)
        return e;
    hex_encode(j->in->batch, DIGEST_LEN, batch);
    e = log_append(j->s->log, RECORD_REFUSED,
                   json_pack("{s:s,s:s,s:I,s:s,s:s}", "batch", batch, "intake", j->in->dir, "n", (json_int_t)0, "code",
                             err_name(code), "clause", why->clause),
                   d);
    if (e == E_OK)
        e = log_sync(j->s->log, d);
    return e != E_OK ? e : state_refresh(j->s, d);
}

/* Is there a plan in the folder that still stands, and that this batch would be given again? */
static enum err keep_plan(struct job *j, bool *keep, uint8_t digest[DIGEST_LEN], struct diag *d)
{
    struct plan plan = {0};
    *keep = false;
    enum err e = plan_open(j->dir_fd, &plan, NULL);
    if (e == E_OK && standing_check_plan(j->s, &plan.header, INDEX_NOW, j->now, NULL) == E_OK &&
        recheck_plan(j->s, j->dir_fd, &plan, NULL) == E_OK) {
        *keep = true;
        memcpy(digest, plan.digest, DIGEST_LEN);
    }
    plan_close(&plan);
    if (e != E_OK && e != E_PLAN_MISSING && e != E_PLAN_FORMAT)
        return diag_set(d, e, PLAN_FILE);
    /* It is shown again: the run that made it may have been killed before its name was synced. */
    return *keep ? file_sync(j->dir_fd, PLAN_FILE, d) : E_OK;
}

/* The folder may be there from an earlier run: its files must still be what its name says. */
static enum err check_archive(struct job *j, struct diag *d)
{
    struct intake there;
    enum err e = intake_digest(j->dir_fd, &there, d);
    if (e == E_OK && memcmp(&there, j->in, sizeof there) != 0)
        e = diag_set(d, E_ARCHIVE, "%s/%s holds something else", ARCHIVE_DIR, j->in->dir);
    return e;
}

static enum err make_plan(struct job *j, struct planned *out, struct diag *d)
{
    struct diag why = {0};
    bool keep = false;
    enum err e = check_batch(j, &why);
    if (e != E_OK && err_is_refusal(e))
        return log_refusal(j, e, &why, out, d);
    if (e != E_OK) {
        if (d != NULL)
            *d = why;
        return e;
    }
    e = log_batch(j, d);
    if (e == E_OK)
        e = keep_plan(j, &keep, out->plan, d);
    if (e == E_OK && !keep)
        e = write_plan(j, d);
    if (e == E_OK && !keep)
        e = merkle_lines_root_file(j->dir_fd, PLAN_FILE, LIMIT_ARCHIVE_BYTES, out->plan, d);
    return e;
}

/* The plan of a batch under way stays, unless it was given up before anything was signed (batch/untold.h). */
static enum err take_under_way(struct state *s, const struct index_batch *b, struct planned *out, struct diag *d)
{
    uint64_t line;
    bool given_up = false;
    memcpy(out->plan, b->plan, DIGEST_LEN);
    memcpy(out->intake.digest, b->intake, DIGEST_LEN);
    hex_encode(b->intake, DIGEST_LEN, out->intake.dir);
    enum err e = index_seen(s->index, b->intake, err_name(E_PLAN_STALE), &given_up, &line, d);
    if (e == E_OK && given_up) {
        out->under_way = false;
        out->refused = E_PLAN_STALE;
        snprintf(out->detail, sizeof out->detail, "%s", "its plan was given up; send it anew, with another batch id");
    }
    return e;
}

enum err planner_run(struct state *s, const struct intake *in, const struct progress *progress, struct planned *out,
                     struct diag *d)
{
    struct job j = {.s = s, .in = in, .dir_fd = -1, .now = clock_now(), .progress = progress};
    struct index_batch under_way;
    *out = (struct planned){.intake = *in};
    enum err e = index_batch_by_digest(s->index, in->batch, &under_way, &out->under_way, d);
    if (e == E_OK && out->under_way)
        return take_under_way(s, &under_way, out, d);
    if (e == E_OK && j.now < log_position(s->log)->time)
        e = diag_set(d, E_CLOCK_BEHIND, "set it right before planning");
    if (e == E_OK)
        e = state_open_batch(s, in->digest, &j.dir_fd, d);
    if (e == E_OK)
        e = check_archive(&j, d);
    if (e == E_OK)
        e = make_plan(&j, out, d);
    if (j.lines.f != NULL)
        fclose(j.lines.f);
    json_lines_free(&j.lines);
    if (j.dir_fd >= 0)
        close(j.dir_fd);
    return e;
}
