#include "audit/batches.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/approvals.h"
#include "audit/audit.h"
#include "audit/tally.h"
#include "audit/folder.h"
#include "audit/statuses.h"
#include "core/clock.h"
#include "core/i18n.h"

enum err batches_put(struct set *s, const uint8_t key[DIGEST_LEN], bool *known)
{
    static const uint8_t nothing[DIGEST_LEN];
    const uint8_t *old;
    enum err e = set_put(s, key, nothing, &old);
    *known = old != NULL;
    return e;
}

int64_t batches_total(const struct batches_open *b)
{
    return plan_total(&b->counts);
}

struct batches_open *batches_find(const struct batches *b, const char *batch)
{
    for (struct batches_open *one = b->open; one != NULL; one = one->next)
        if (strcmp(one->batch, batch) == 0)
            return one;
    return NULL;
}

/* -- batches as they came -- */

enum err batches_take_batch(struct audit *a, const struct record *r)
{
    struct diag why = {0};
    struct batch_header h;
    uint8_t intake[DIGEST_LEN];
    bool known = false;
    int fd;
    enum err e = record_digest(r, "intake", intake);
    if (e == E_OK)
        e = batches_put(&a->batches.came, intake, &known);
    if (e == E_OK)
        e = batches_put(&a->batches.seen, intake, &known);
    if (e != E_OK)
        return e;
    e = folder_open(a, record_text(r, "intake"), record_text(r, "batch"), &fd, &why);
    if (e == E_OK)
        e = header_read(fd, &h, &why);
    if (e == E_OK &&
        (strcmp(h.authority, record_text(r, "authority")) != 0 ||
         strcmp(h.ra, record_text(r, "ra")) != 0 || h.sequence != record_number(r, "sequence") ||
         h.count != record_number(r, "requests")))
        e = diag_set(&why, E_ARCHIVE, "the header of the archived batch says something else");
    if (fd >= 0)
        close(fd);
    return audit_take(a, e, &why);
}

enum err batches_put_text(struct set *s, bool *known, const char *first, const char *second)
{
    struct buf text = {0};
    uint8_t key[DIGEST_LEN];
    *known = false;
    buf_printf(&text, "%s %s", first, second);
    enum err e = buf_err(&text);
    if (e == E_OK)
        e = digest_bytes(DIGEST_SHA256, text.data, text.len, key);
    if (e == E_OK)
        e = batches_put(s, key, known);
    buf_free(&text);
    return e;
}

/* An intent that the token was never told of, and whose plan was no longer good when that was found. */
static void give_up(struct audit *a, struct batches_open *b, const struct record *r)
{
    if (strcmp(record_text(r, "code"), err_name(E_PLAN_STALE)) != 0 || b->answered > 0)
        audit_error(a, E_LOG_ORDER, "the batch of line %llu is under way, and cannot be refused any more",
                    (unsigned long long)b->plan_line);
    else
        audit_note(a, "the batch of line %llu was given up: the token had not been told of it in time",
                   (unsigned long long)b->plan_line);
    b->given_up = true;
}

enum err batches_take_refusal(struct audit *a, const struct record *r)
{
    struct diag why = {0};
    uint8_t intake[DIGEST_LEN];
    const char *hex = record_text(r, "intake"), *code = record_text(r, "code");
    bool known = false, found = false;
    int fd;
    a->counts.turned_away++;
    enum err e = record_digest(r, "intake", intake);
    if (e == E_OK)
        e = batches_put(&a->batches.seen, intake, &known);
    if (e == E_OK)
        e = batches_put_text(&a->batches.refusals, &known, hex, code);
    if (e != E_OK)
        return e;
    if (known) {
        audit_error(a, E_LOG_ORDER, "the batch was refused with %s before", code);
        return E_OK;
    }
    struct batches_open *planned = batches_find(&a->batches, record_text(r, "batch"));
    if (planned != NULL)
        give_up(a, planned, r);
    e = folder_open(a, hex, record_text(r, "batch"), &fd, &why);
    if (e == E_OK)
        e = folder_refusal(fd, r, &found, &why);
    if (e == E_OK && !found)
        audit_note(a, "the words of the refusal are not in the archive");
    if (fd >= 0)
        close(fd);
    return audit_take(a, e, &why);
}

/* -- plans -- */

static enum err find_ra(struct batches *b, const char *id, struct batches_ra **out)
{
    for (size_t i = 0; i < b->ras_n; i++) {
        if (strcmp(b->ras[i].id, id) == 0) {
            *out = &b->ras[i];
            return E_OK;
        }
    }
    struct batches_ra *more = realloc(b->ras, (b->ras_n + 1) * sizeof *more);
    if (more == NULL)
        return E_NO_MEMORY;
    b->ras = more;
    *out = &more[b->ras_n++];
    **out = (struct batches_ra){0};
    snprintf((*out)->id, sizeof (*out)->id, "%s", id);
    return E_OK;
}

/* What the lines before say about this one. */
static enum err check_order(struct audit *a, const struct record *r, struct batches_ra *ra,
                            struct diag *d)
{
    struct batches *b = &a->batches;
    uint8_t batch[DIGEST_LEN], plan[DIGEST_LEN], intake[DIGEST_LEN];
    char policy[DIGEST_HEX];
    bool came = false, planned = false, twice = false, again = false;
    enum err e = record_digest(r, "batch", batch);
    if (e == E_OK)
        e = record_digest(r, "plan", plan);
    if (e == E_OK)
        e = record_digest(r, "intake", intake);
    if (e == E_OK)
        e = batches_put(&b->came, intake, &came);
    if (e == E_OK)
        e = batches_put(&b->planned, batch, &planned);
    if (e == E_OK)
        e = batches_put(&b->plans, plan, &twice);
    if (e == E_OK)
        e = batches_put(&b->under_way, intake, &again);
    if (e != E_OK)
        return e;
    int64_t expected = ra->sequence + 1, got = record_number(r, "sequence");
    ra->sequence = got;
    hex_encode(a->log_policy, DIGEST_LEN, policy);
    if (strcmp(record_text(r, "policy"), policy) != 0)
        return diag_set(d, E_LOG_ORDER, "a plan under another policy than the log has named");
    if (!came)
        return diag_set(d, E_LOG_ORDER, "a plan for a batch that did not come in");
    if (planned || again)
        return diag_set(d, E_LOG_ORDER, "the batch was planned before");
    if (twice)
        return diag_set(d, E_LOG_ORDER, "the plan was recorded before");
    if (got != expected)
        return diag_set(d, E_LOG_ORDER, "sequence %lld of %s follows %lld", (long long)got, ra->id,
                        (long long)expected - 1);
    return E_OK;
}

/* The plan's header against its line. */
static enum err compare_header(const struct batches_open *b, const struct record *r,
                               struct diag *d)
{
    const struct plan_header *h = &b->header;
    char batch[DIGEST_HEX], intake[DIGEST_HEX], plan[DIGEST_HEX], policy[DIGEST_HEX];
    hex_encode(h->batch, DIGEST_LEN, batch);
    hex_encode(h->intake, DIGEST_LEN, intake);
    hex_encode(b->plan_digest, DIGEST_LEN, plan);
    hex_encode(h->policy, DIGEST_LEN, policy);
    if (strcmp(plan, record_text(r, "plan")) != 0)
        return diag_set(d, E_ARCHIVE, "%s is not the plan of this line", PLAN_FILE);
    if (strcmp(batch, record_text(r, "batch")) != 0)
        return diag_set(d, E_ARCHIVE, "the plan names another batch");
    if (strcmp(intake, record_text(r, "intake")) != 0)
        return diag_set(d, E_ARCHIVE, "the plan names another intake");
    if (strcmp(policy, record_text(r, "policy")) != 0)
        return diag_set(d, E_ARCHIVE, "the plan names another policy");
    if (strcmp(h->authority, record_text(r, "authority")) != 0)
        return diag_set(d, E_ARCHIVE, "the plan names another authority");
    if (strcmp(h->ra, record_text(r, "ra")) != 0)
        return diag_set(d, E_ARCHIVE, "the plan names another RA");
    if (h->sequence != record_number(r, "sequence"))
        return diag_set(d, E_ARCHIVE, "the plan names another sequence number");
    if (b->counts.issue != record_number(r, "issue") || b->counts.refuse != record_number(r, "refuse") ||
             b->counts.status != record_number(r, "status") || b->counts.lists != record_number(r, "lists"))
        return diag_set(d, E_ARCHIVE, "the plan names another number of requests");
    return E_OK;
}

/* An RA uses a batch id once. */
static enum err check_id(struct batches *b, const struct plan_header *h, struct diag *d)
{
    bool known;
    enum err e = batches_put_text(&b->ids, &known, h->ra, h->id);
    if (e == E_OK && known)
        e = diag_set(d, E_LOG_ORDER, "%s used the batch id %s before", h->ra, h->id);
    return e;
}

/* It was good for some hours, and became an intent in that time. */
static enum err check_time(const struct plan_header *h, const struct record *r, struct diag *d)
{
    char limit[CLOCK_TEXT];
    if (r->time < h->created) {
        clock_format(h->created, limit);
        return diag_set(d, E_LOG_ORDER, "the plan was made after this line, at %s", limit);
    }
    if (r->time > h->expires) {
        clock_format(h->expires, limit);
        return diag_set(d, E_PLAN_EXPIRED, "the plan was good until %s", limit);
    }
    return E_OK;
}

/* The plan was decided on this log, with nothing planned and no policy named since. */
static enum err check_base(struct audit *a, const struct batches_open *b, struct diag *d)
{
    const struct plan_header *h = &b->header;
    bool holds = false;
    struct log_position base = {.size = h->log_size, .bytes = h->log_bytes, .hash = a->before.hash};
    memcpy(base.head, h->log_head, DIGEST_LEN);
    enum err e = E_OK;
    if (h->log_bytes <= a->before.bytes && h->log_size <= a->before.size)
        e = log_position_holds(a->state_fd, &base, &holds, d);
    if (e == E_OK && !holds)
        e = diag_set(d, E_LOG_ROLLED_BACK, "the plan was decided on another log, with %llu lines",
                     (unsigned long long)h->log_size);
    if (e == E_OK && a->batches.last_plan > h->log_size)
        e = diag_set(d, E_LOG_ORDER, "the plan was decided before the plan of line %llu",
                     (unsigned long long)a->batches.last_plan);
    if (e == E_OK && a->policy_line > h->log_size)
        e = diag_set(d, E_LOG_ORDER, "the plan was decided before line %llu named its policy again",
                     (unsigned long long)a->policy_line);
    return e;
}

static enum err open_plan(struct audit *a, const struct record *r, struct batches_open *b,
                          struct diag *d)
{
    enum err e = folder_open_only(a, b->intake, &b->fd, d);
    if (e == E_OK)
        e = audit_archive(plan_open(b->fd, &b->plan, d), d);
    if (e != E_OK)
        return e;
    b->header = b->plan.header;
    b->counts = b->plan.counts;
    memcpy(b->plan_digest, b->plan.digest, DIGEST_LEN);
    b->policy = policies_find(a, b->header.policy);
    return compare_header(b, r, d);
}

/* What can be checked once the plan is known to be the right one. */
static enum err check_plan(struct audit *a, const struct batches_open *b,
                           const struct batches_ra *ra, const struct record *r)
{
    struct diag why = {0};
    enum err e = audit_take(a, check_id(&a->batches, &b->header, &why), &why);
    if (e == E_OK)
        e = audit_take(a, check_time(&b->header, r, &why), &why);
    if (e == E_OK)
        e = audit_take(a, check_base(a, b, &why), &why);
    if (e == E_OK && a->tally != NULL)
        e = tally_take_plan(a, b, r->time);
    if (e == E_OK)
        e = approvals_check(a, b, ra);
    if (e == E_OK)
        e = officers_check(a, &(struct officers_of){b->fd, {.digest = b->plan_digest}, b->policy, "the plan was made"});
    if (e == E_OK)
        e = audit_take(a, statuses_announce(a, b, &why), &why);
    return e;
}

static enum err leave_open(struct audit *a, const struct record *r)
{
    uint8_t plan[DIGEST_LEN];
    enum err e = record_digest(r, "plan", plan);
    if (e == E_OK)
        officers_forget(&a->officers, plan);
    audit_open(a, "without its plan, who authorised this batch and what was signed for it is not checked");
    return e;
}

enum err batches_take_plan(struct audit *a, const struct record *r)
{
    struct diag why = {0};
    struct batches_ra *ra;
    struct batches_open *b = calloc(1, sizeof *b);
    if (b == NULL)
        return E_NO_MEMORY;
    b->fd = -1;
    b->plan_line = r->seq;
    b->next = a->batches.open;
    a->batches.open = b;
    a->counts.batches++;
    snprintf(b->batch, sizeof b->batch, "%s", record_text(r, "batch"));
    snprintf(b->intake, sizeof b->intake, "%s", record_text(r, "intake"));
    snprintf(b->header.authority, sizeof b->header.authority, "%s", record_text(r, "authority")); /* while there is no other */
    snprintf(b->header.ra, sizeof b->header.ra, "%s", record_text(r, "ra"));
    enum err e = find_ra(&a->batches, record_text(r, "ra"), &ra);
    if (e == E_OK)
        e = audit_take(a, check_order(a, r, ra, &why), &why);
    if (e != E_OK)
        return e;
    e = open_plan(a, r, b, &why);
    b->followed = e == E_OK;
    e = audit_take(a, e, &why);
    if (e == E_OK && b->followed)
        e = check_plan(a, b, ra, r);
    else if (e == E_OK)
        e = leave_open(a, r);
    if (e == E_OK)
        e = record_digest(r, "batch", ra->batch);
    ra->has_bundle = false;
    a->batches.last_plan = r->seq;
    return e;
}

/* -- the rest of a batch's way -- */

static void free_one(struct batches_open *one)
{
    plan_close(&one->plan);
    if (one->fd >= 0)
        close(one->fd);
    free(one);
}

void batches_close(struct batches *b, struct batches_open *one)
{
    struct batches_open **at = &b->open;
    while (*at != NULL && *at != one)
        at = &(*at)->next;
    if (*at != NULL)
        *at = one->next;
    free_one(one);
}

void batches_sealed(struct batches *b, uint64_t line)
{
    for (struct batches_open *one = b->open; one != NULL; one = one->next)
        if (one->seal_line == 0 && one->followed && one->answered == batches_total(one))
            one->seal_line = line;
}

void batches_finish(struct audit *a)
{
    for (const struct batches_open *b = a->batches.open; b != NULL; b = b->next) {
        if (!b->followed || b->given_up)
            continue;
        if (b->answered < batches_total(b))
            audit_note(a, "the batch of line %llu is not finished: %lld of %lld requests are "
                          "answered; run signer again", (unsigned long long)b->plan_line,
                       (long long)b->answered, (long long)batches_total(b));
        else
            audit_note(a, b->seal_line == 0 ? N_("the batch of line %llu is answered, but not sealed; run signer again")
                                            : N_("the batch of line %llu is answered, but not bundled; run signer again"),
                       (unsigned long long)b->plan_line);
    }
}

void batches_free(struct batches *b)
{
    while (b->open != NULL)
        batches_close(b, b->open);
    struct set *const sets[] = {&b->came, &b->seen, &b->refusals, &b->planned, &b->plans,
                                &b->under_way, &b->ids, &b->bundled, &b->serials, &b->responses,
                                &b->owners};
    for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++)
        set_free(sets[i]);
    free(b->ras);
    *b = (struct batches){0};
}
