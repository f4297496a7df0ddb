#include "audit/tally.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "core/clock.h"

static enum err count(struct tally_table *t, const char *first, const char *second, const char *third, enum tally_figure figure,
                      uint64_t by)
{
    struct tally_row *row;
    enum err e = tally_at(t, (const char *const[]){first, second, third}, &row);
    if (e == E_OK)
        row->figure[figure] += by;
    return e;
}

static enum err count_month(struct tally *t, const struct record *r, enum tally_figure figure)
{
    char time[CLOCK_TEXT];
    clock_format(r->time, time);
    time[strlen("2026-11")] = '\0';
    return count(&t->months, time, "", "", figure, 1);
}

/* -- lists -- */

static void fill(struct tally_line *out, const struct record *r, int64_t number, const char *const text[TALLY_KEYS])
{
    *out = (struct tally_line){.type = r->type, .line = r->seq, .last = r->seq, .time = r->time, .last_time = r->time, .lines = 1,
                               .number = number};
    for (size_t i = 0; i < TALLY_KEYS; i++)
        snprintf(out->text[i], sizeof out->text[i], "%s", text[i]);
}

static enum err append(struct tally_list *l, const struct record *r, int64_t number, const char *const text[TALLY_KEYS])
{
    if (l->n == TALLY_LINES_MAX) {
        l->more++;
        return E_OK;
    }
    if (l->n % 16 == 0) {
        struct tally_line *more = realloc(l->v, (l->n + 16) * sizeof *more);
        if (more == NULL)
            return E_NO_MEMORY;
        l->v = more;
    }
    fill(&l->v[l->n++], r, number, text);
    return E_OK;
}

static bool is_same_month(int64_t a, int64_t b)
{
    char first[CLOCK_TEXT], second[CLOCK_TEXT];
    clock_format(a, first);
    clock_format(b, second);
    return strncmp(first, second, strlen("2026-11")) == 0;
}

/* Lines of which many come in a row are one entry a month, with the number and texts of the last. */
static enum err append_to_course(struct tally_list *l, const struct record *r, int64_t number, const char *first, const char *second,
                                 const char *third)
{
    const char *const text[] = {first, second, third};
    struct tally_line *last = l->n > 0 && l->more == 0 ? &l->v[l->n - 1] : NULL;
    if (last == NULL || last->type != r->type || !is_same_month(last->time, r->time) ||
        (r->type != RECORD_SEAL && r->type != RECORD_KEYGEN && r->type != RECORD_ANCHOR && r->type != RECORD_RECOVERY))
        return append(l, r, number, text);
    struct tally_line next;
    fill(&next, r, number, text);
    next.line = last->line;
    next.time = last->time;
    next.lines = last->lines + 1;
    *last = next;
    return E_OK;
}

static enum err take_course(struct tally *t, const struct record *r)
{
    struct tally_list *l = &t->course;
    const char *ceremony = record_text(r, "ceremony"), *key = record_text(r, "key");
    switch (r->type) {
    case RECORD_GENESIS:
        return append_to_course(l, r, 0, record_text(r, "program"), record_text(r, "token-model"), record_text(r, "token-serial"));
    case RECORD_TOKEN:
        return append_to_course(l, r, json_is_true(json_object_get(r->obj, "replaces")), record_text(r, "token-manufacturer"),
                                record_text(r, "token-model"), record_text(r, "token-serial"));
    case RECORD_TRANSFERRED:
        return append_to_course(l, r, 0, key, record_text(r, "token-model"), record_text(r, "token-serial"));
    case RECORD_POLICY:
        return append_to_course(l, r, 0, record_text(r, "policy"), "", "");
    case RECORD_CEREMONY:
        return append_to_course(l, r, record_number(r, "done"), ceremony, "", "");
    case RECORD_TIME:
        return append_to_course(l, r, record_number(r, "persons"), ceremony, "", "");
    case RECORD_EXCEPTION:
        return append_to_course(l, r, record_number(r, "step"), ceremony, record_text(r, "code"), "");
    case RECORD_CERTIFY:
        return append_to_course(l, r, record_number(r, "certificates"), ceremony, "", "");
    case RECORD_MINUTES:
        return append_to_course(l, r, 0, ceremony, record_text(r, "minutes"), "");
    case RECORD_SEAL:
        return append_to_course(l, r, record_number(r, "size"), key, "", "");
    case RECORD_RECOVERY:
        return append_to_course(l, r, record_number(r, "torn"), "", "", "");
    default:
        return append_to_course(l, r, 0, key, "", "");
    }
}

static enum err take_exception(struct tally *t, const struct record *r)
{
    return append(&t->exceptions, r, record_number(r, "step"),
                  (const char *const[]){record_text(r, "ceremony"), record_text(r, "code"), record_text(r, "reason")});
}

/* -- outcomes -- */

/* Of which authority and RA a line is: by its batch, when that was planned, or came in just before. */
static void find_source(const struct audit *a, const struct record *r, const char **authority, const char **ra)
{
    const struct tally *t = a->tally;
    const struct batches_open *b = batches_find(&a->batches, record_text(r, "batch"));
    bool last = strcmp(record_text(r, "intake"), t->intake) == 0;
    *authority = b != NULL ? b->header.authority : last ? t->authority : record_text(r, "authority");
    *ra = b != NULL ? b->header.ra : last ? t->ra : "";
}

/* The profile of a certificate, "" when the log knows none with this number. */
static enum err find_profile(const struct audit *a, const struct record *r, char profile[LIMIT_TOKEN_TEXT + 1])
{
    struct index_cert c = {0};
    struct diag d = {0};
    bool found = false;
    uint8_t serial[SERIAL_LEN];
    const char *text = record_text(r, "serial");
    enum err e = E_OK;
    if (strlen(text) == 2 * SERIAL_LEN && hex_decode(text, serial, SERIAL_LEN))
        e = index_cert(a->index, record_text(r, "authority"), serial, SERIAL_LEN, &c, &found, &d);
    snprintf(profile, LIMIT_TOKEN_TEXT + 1, "%s", found ? c.profile : "");
    return e;
}

static enum err count_outcome(const struct audit *a, const struct record *r, const char *profile, enum tally_figure figure)
{
    const char *authority, *ra;
    find_source(a, r, &authority, &ra);
    enum err e = count(&a->tally->outcomes, authority, profile, ra, figure, 1);
    return e == E_OK ? count_month(a->tally, r, figure) : e;
}

static enum err take_issued(const struct audit *a, const struct record *r)
{
    const char *profile = record_text(r, "profile");
    enum err e = count_outcome(a, r, profile, TALLY_ISSUED);
    if (e == E_OK && record_text(r, "supersedes")[0] != '\0')
        e = count_outcome(a, r, profile, TALLY_SUPERSEDED);
    return e;
}

static enum err take_refused(const struct audit *a, const struct record *r)
{
    const char *authority, *ra;
    const bool whole = record_number(r, "n") == 0;
    find_source(a, r, &authority, &ra);
    enum err e = count(&a->tally->refusals, authority, record_text(r, "code"), record_text(r, "clause"),
                       whole ? TALLY_BATCHES : TALLY_REFUSED, 1);
    if (e == E_OK && !whole)
        e = count_outcome(a, r, "", TALLY_REFUSED);
    return e;
}

static enum err take_revoked(const struct audit *a, const struct record *r, const char *profile)
{
    struct tally *t = a->tally;
    struct tally_row *row = NULL;
    int64_t asked = r->time;
    char code[24];
    const bool late = json_is_true(json_object_get(r->obj, "late")), read = clock_parse(record_text(r, "asked"), &asked);
    const char *authority = record_text(r, "authority"), *reason = record_text(r, "reason");
    snprintf(code, sizeof code, "%" PRId64, record_number(r, "reason-code"));
    enum err e = count_outcome(a, r, profile, TALLY_REVOKED);
    if (e == E_OK)
        e = count(&t->reasons, authority, reason, code, TALLY_REVOKED, 1);
    if (e == E_OK && late)
        e = count_outcome(a, r, profile, TALLY_LATE);
    if (e == E_OK && late)
        e = append(&t->late, r, asked, (const char *const[]){authority, record_text(r, "serial"), reason});
    if (e == E_OK)
        e = tally_at(&t->promise, (const char *const[]){authority, "", ""}, &row);
    if (e != E_OK)
        return e;
    row->figure[TALLY_REVOKED]++;
    row->figure[TALLY_LATE] += late;
    if (read && asked < r->time && (uint64_t)(r->time - asked) > row->figure[TALLY_LONGEST])
        row->figure[TALLY_LONGEST] = (uint64_t)(r->time - asked);
    return E_OK;
}

static enum err take_status(const struct audit *a, const struct record *r)
{
    char profile[LIMIT_TOKEN_TEXT + 1];
    const char *status = record_text(r, "status");
    enum err e = find_profile(a, r, profile);
    if (e != E_OK)
        return e;
    if (r->type == RECORD_ACCEPTED)
        return count_outcome(a, r, profile, TALLY_ACCEPTED);
    if (strcmp(status, "revoked") == 0)
        return take_revoked(a, r, profile);
    return count_outcome(a, r, profile, strcmp(status, "held") == 0 ? TALLY_HELD : TALLY_RELEASED);
}

/* -- persons -- */

/* What a person answers for with one signature. */
static enum err count_person(struct tally *t, const struct batches_open *b, const char *role, const uint8_t certificate[DIGEST_LEN],
                             const char *ra, bool approval)
{
    char hex[DIGEST_HEX];
    struct tally_row *row;
    hex_encode(certificate, DIGEST_LEN, hex);
    enum err e = tally_at(&t->persons, (const char *const[]){role, hex, ra}, &row);
    if (e != E_OK)
        return e;
    row->figure[TALLY_SIGNATURES] += approval;
    row->figure[TALLY_BATCHES]++;
    row->figure[TALLY_ISSUED] += (uint64_t)b->counts.issue;
    row->figure[TALLY_REFUSED] += (uint64_t)b->counts.refuse;
    row->figure[TALLY_CHANGES] += (uint64_t)b->counts.status;
    return E_OK;
}

/* A crash between an authorise line and the plan's makes it come again. */
static bool is_first(const struct officers *o, const uint8_t plan[DIGEST_LEN], size_t at)
{
    if (memcmp(o->v[at].plan, plan, DIGEST_LEN) != 0)
        return false;
    for (size_t i = 0; i < at; i++)
        if (memcmp(o->v[i].plan, plan, DIGEST_LEN) == 0 && memcmp(o->v[i].officer, o->v[at].officer, DIGEST_LEN) == 0)
            return false;
    return true;
}

enum err tally_take_plan(const struct audit *a, const struct batches_open *b, int64_t time)
{
    struct tally *t = a->tally;
    enum err e = E_OK;
    if (time < t->from || time > t->to)
        return E_OK;
    for (size_t i = 0; i < b->header.approvals_n && e == E_OK; i++)
        e = count_person(t, b, policy_role_name(b->header.approvals[i].role), b->header.approvals[i].certificate, b->header.ra, true);
    for (size_t i = 0; i < a->officers.n && e == E_OK; i++)
        if (is_first(&a->officers, b->plan_digest, i))
            e = count_person(t, b, "officer", a->officers.v[i].officer, "", false);
    return e;
}

/* -- lines -- */

static void keep_batch(struct tally *t, const struct record *r)
{
    snprintf(t->intake, sizeof t->intake, "%s", record_text(r, "intake"));
    snprintf(t->authority, sizeof t->authority, "%s", record_text(r, "authority"));
    snprintf(t->ra, sizeof t->ra, "%s", record_text(r, "ra"));
}

static enum err take(const struct audit *a, const struct record *r)
{
    struct tally *t = a->tally;
    enum err e;
    switch (r->type) {
    case RECORD_PLAN:
        e = count(&t->batches, record_text(r, "authority"), record_text(r, "ra"), "", TALLY_BATCHES, 1);
        return e == E_OK ? count_month(t, r, TALLY_BATCHES) : e;
    case RECORD_AUTHORISE:
        return count(&t->persons, "officer", record_text(r, "officer"), "", TALLY_SIGNATURES, 1);
    case RECORD_ISSUED:
        return take_issued(a, r);
    case RECORD_REFUSED:
        return take_refused(a, r);
    case RECORD_REVOKED:
    case RECORD_ACCEPTED:
        return take_status(a, r);
    case RECORD_CRL:
    case RECORD_OCSP:
        return count_month(t, r, TALLY_LISTS);
    case RECORD_SEAL:
        e = count_month(t, r, TALLY_SEALS);
        return e == E_OK ? take_course(t, r) : e;
    case RECORD_CEREMONY:
        e = record_number(r, "done") == 0 ? count_month(t, r, TALLY_CEREMONIES) : E_OK; /* not one that goes on */
        return e == E_OK ? take_course(t, r) : e;
    case RECORD_EXCEPTION:
        e = take_exception(t, r);
        return e == E_OK ? take_course(t, r) : e;
    case RECORD_BATCH:
    case RECORD_BUNDLE:
    case RECORD_STEP:
    case RECORD_SELF_TEST:
    case RECORD_TYPE_COUNT:
        return E_OK;
    default:
        return take_course(t, r);
    }
}

enum err tally_take(const struct audit *a, const struct record *r)
{
    struct tally *t = a->tally;
    if (r->type == RECORD_BATCH)
        keep_batch(t, r);
    if (r->time < t->from || r->time > t->to)
        return E_OK;
    t->lines++;
    return take(a, r);
}

void tally_free(struct tally *t)
{
    struct tally_table *const tables[] = {&t->outcomes, &t->batches, &t->refusals, &t->reasons, &t->promise, &t->persons, &t->months};
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        tally_table_free(tables[i]);
    free(t->late.v);
    free(t->course.v);
    free(t->exceptions.v);
    *t = (struct tally){.from = t->from, .to = t->to};
}
