#include "batch/history.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "batch/announce.h"
#include "core/base64.h"
#include "core/i18n.h"

/* A key has one certificate for good: a second line for it would let names be changed behind everybody's back. */
static enum err check_first_anchor(struct state *s, const char *key, const struct record *r, struct diag *d)
{
    struct index_key known = {0};
    bool found = false;
    enum err e = index_key(s->index, key, &known, &found, d);
    if (e == E_OK && (!found || known.certificate.len > 0))
        e = diag_set(d, E_LOG_ORDER, found ? N_("log line %llu: the key %s has a certificate already")
                                           : N_("log line %llu: the key %s was never made"), (unsigned long long)r->seq, key);
    index_key_free(&known);
    return e;
}

static enum err apply_own_key(struct state *s, const struct record *r, struct diag *d)
{
    struct buf bytes = {0};
    bool anchor = r->type == RECORD_ANCHOR;
    const char *text = record_text(r, anchor ? "certificate" : "public-key");
    enum err e = base64_decode(text, strlen(text), &bytes);
    if (e == E_OK && anchor)
        e = check_first_anchor(s, record_text(r, "key"), r, d);
    if (e == E_OK && anchor)
        e = index_set_anchor(s->index, record_text(r, "key"), buf_span(&bytes), d);
    else if (e == E_OK)
        e = index_add_key(s->index, record_text(r, "key"), buf_span(&bytes), d);
    buf_free(&bytes);
    return e;
}

/* The genesis line names the first token that holds the keys, a token line each that follows. */
static enum err apply_token(struct state *s, const struct record *r, struct diag *d)
{
    struct index_token t = {.seq = r->seq};
    snprintf(t.model, sizeof t.model, "%s", record_text(r, "token-model"));
    snprintf(t.serial, sizeof t.serial, "%s", record_text(r, "token-serial"));
    return index_add_token(s->index, &t, d);
}

static enum err announce_all(struct state *s, struct plan *plan, uint64_t plan_seq, struct diag *d)
{
    struct plan_item item = {0};
    bool more = true;
    enum err e = E_OK;
    while (e == E_OK) {
        e = plan_next(plan, &item, &more, d);
        if (e != E_OK || !more)
            break;
        e = announce_item(s->index, &plan->header, &item, plan_seq, d);
    }
    plan_item_free(&item);
    return e;
}

/* No honest run plans a batch, or a batch id of an RA, a second time. */
static enum err check_first_plan(struct state *s, const struct index_batch *b, struct diag *d)
{
    struct index_batch other;
    bool found = false;
    enum err e = index_batch_by_digest(s->index, b->digest, &other, &found, d);
    if (e == E_OK && !found)
        e = index_batch_by_id(s->index, b->ra, b->id, &other, &found, d);
    if (e == E_OK && found)
        e = diag_set(d, E_LOG_ORDER, "log line %llu: the batch %s of %s was planned in line %llu",
                     (unsigned long long)b->plan_seq, b->id, b->ra, (unsigned long long)other.plan_seq);
    return e;
}

static enum err apply_plan(struct state *s, const struct record *r, const struct log_position *before, struct diag *d)
{
    struct index_batch b = {.before = *before, .plan_seq = r->seq, .sequence = record_number(r, "sequence"),
                            .total = (uint64_t)(record_number(r, "issue") + record_number(r, "refuse") +
                                                record_number(r, "status") + record_number(r, "lists"))};
    struct plan plan = {0};
    int fd = -1;
    enum err e = record_digest(r, "batch", b.digest);
    if (e == E_OK)
        e = record_digest(r, "intake", b.intake);
    if (e == E_OK)
        e = record_digest(r, "plan", b.plan);
    if (e == E_OK)
        e = state_open_batch(s, b.intake, &fd, d);
    if (e == E_OK)
        e = plan_open_known(fd, b.plan, &plan, d); /* its form was proven before it was logged */
    if (e == E_OK && plan.header.sequence != b.sequence)
        e = E_ARCHIVE;
    if (e != E_OK && e != E_NO_MEMORY && e != E_IO)
        e = diag_set(d, E_ARCHIVE, "the plan of log line %llu", (unsigned long long)r->seq);
    if (e == E_OK) {
        snprintf(b.ra, sizeof b.ra, "%s", plan.header.ra);
        snprintf(b.id, sizeof b.id, "%s", plan.header.id);
        e = check_first_plan(s, &b, d);
    }
    if (e == E_OK)
        e = index_add_batch(s->index, &b, d);
    if (e == E_OK)
        e = announce_all(s, &plan, b.plan_seq, d);
    plan_close(&plan);
    if (fd >= 0)
        close(fd);
    return e;
}

static enum err apply_policy(struct state *s, const struct record *r, struct diag *d)
{
    uint8_t policy[DIGEST_LEN];
    enum err e = record_digest(r, "policy", policy);
    if (e == E_OK)
        e = index_add_policy(s->index, policy, r->seq, d);
    return e == E_OK && r->type == RECORD_GENESIS ? apply_token(s, r, d) : e;
}

static enum err apply_batch(struct state *s, const struct record *r, const char *what, struct diag *d)
{
    uint8_t intake[DIGEST_LEN];
    enum err e = record_digest(r, "intake", intake);
    return e != E_OK ? e : index_add_seen(s->index, intake, what, r->seq, d);
}

static enum err apply_outcome(struct state *s, const struct record *r, struct diag *d)
{
    uint8_t digest[DIGEST_LEN];
    struct index_batch b = {0};
    bool found = false;
    int64_t n = record_number(r, "n");
    enum err e = record_digest(r, "batch", digest);
    if (e == E_OK)
        e = index_count_answer(s->index, digest, d);
    if (e == E_OK && r->type == RECORD_ISSUED)
        e = index_set_issued(s->index, digest, n, r->seq, d);
    if (e == E_OK && r->type == RECORD_CRL)
        e = index_set_crl_issued(s->index, digest, n, r->seq, d);
    bool changes = r->type == RECORD_REVOKED || r->type == RECORD_ACCEPTED ||
                   (r->type == RECORD_ISSUED && record_text(r, "supersedes")[0] != '\0');
    if (e != E_OK || !changes)
        return e;
    e = index_batch_by_digest(s->index, digest, &b, &found, d);
    return e == E_OK ? index_apply_change(s->index, digest, n, b.plan_seq, d) : e;
}

static enum err apply_bundle(struct state *s, const struct record *r, struct diag *d)
{
    uint8_t digest[DIGEST_LEN];
    struct index_batch b;
    bool found = false;
    enum err e = record_digest(r, "batch", digest);
    if (e == E_OK)
        e = index_batch_by_digest(s->index, digest, &b, &found, d);
    if (e == E_OK && !found)
        e = diag_set(d, E_LOG_FORMAT, "log line %llu is of a batch without a plan", (unsigned long long)r->seq);
    if (e == E_OK)
        e = record_digest(r, "bundle", b.bundle);
    b.bundle_seq = r->seq;
    return e != E_OK ? e : index_update_batch(s->index, &b, d);
}

static enum err apply(struct state *s, const struct record *r, const struct log_position *before, struct diag *d)
{
    switch (r->type) {
    case RECORD_GENESIS:
    case RECORD_POLICY:
        return apply_policy(s, r, d);
    case RECORD_KEYGEN:
    case RECORD_ANCHOR:
        return apply_own_key(s, r, d);
    case RECORD_DESTROYED:
        return index_destroy_key(s->index, record_text(r, "key"), r->seq, d);
    case RECORD_TOKEN:
        return apply_token(s, r, d);
    case RECORD_BATCH:
        return apply_batch(s, r, "batch", d);
    case RECORD_PLAN:
        return apply_plan(s, r, before, d);
    case RECORD_REFUSED:
        return record_number(r, "n") == 0 ? apply_batch(s, r, record_text(r, "code"), d) : apply_outcome(s, r, d);
    case RECORD_ISSUED:
    case RECORD_REVOKED:
    case RECORD_ACCEPTED:
    case RECORD_CRL:
    case RECORD_OCSP:
        return apply_outcome(s, r, d);
    case RECORD_BUNDLE:
        return apply_bundle(s, r, d);
    case RECORD_SEAL:
        return index_seal_answered(s->index, r->seq, d);
    default:
        return E_OK;
    }
}

/* Apply the lines from there on, but for line `until` and what follows it. */
static enum err read_on(struct state *s, const struct log_position *from, uint64_t until, struct log_position *end,
                        struct diag *d)
{
    struct log_reader *reader = NULL;
    struct record r = {0};
    struct span line;
    bool more = true;
    enum err e = log_reader_open(s->fd, LOG_FILE, from->size > 0 ? from : NULL, &reader, d);
    if (e != E_OK)
        return e;
    e = index_begin(s->index, d);
    while (e == E_OK) {
        struct log_position before = *log_reader_position(reader);
        if (before.size + 1 >= until)
            break;
        e = log_reader_next(reader, &line, &r, &more, d);
        if (e != E_OK || !more)
            break;
        e = apply(s, &r, &before, d);
        record_free(&r);
    }
    record_free(&r);
    *end = *log_reader_position(reader);
    if (e == E_OK)
        e = index_commit(s->index, end, d);
    else
        index_rollback(s->index);
    log_reader_close(reader);
    return e;
}

enum err history_catch_up(struct state *s, struct log_position *end, struct diag *d)
{
    struct log_position from;
    bool holds = false;
    enum err e = index_position(s->index, &from, d);
    if (e == E_OK && from.size > 0)
        e = log_position_holds(s->fd, &from, &holds, d);
    if (e == E_OK && from.size > 0 && !holds) {
        e = index_reset(s->index, d);
        from = (struct log_position){0};
    }
    return e != E_OK ? e : read_on(s, &from, INDEX_NOW, end, d);
}

enum err history_before(const struct state *s, uint64_t line, struct index **out, struct diag *d)
{
    const struct log_position start = {0};
    struct log_position end;
    struct state then = *s; /* of which lines that are applied change the index alone */
    enum err e = index_private(out, d);
    if (e != E_OK)
        return e;
    then.index = *out;
    e = read_on(&then, &start, line, &end, d);
    if (e != E_OK) {
        index_close(*out);
        *out = NULL;
    }
    return e;
}
