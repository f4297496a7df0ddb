/* What was issued, refused and revoked: the tables of figures. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/page_parts.h"
#include "audit/standing_list.h"
#include "core/err.h"

/* The batches with a plan, into the rows that have the outcomes. */
static enum err add_batches(const struct tally_table *batches, struct tally_table *to)
{
    enum err e = E_OK;
    for (size_t i = 0; i < batches->n && e == E_OK; i++) {
        struct tally_row *row = NULL;
        const char *const key[] = {batches->v[i].key[0], batches->v[i].key[1], ""};
        e = tally_at(to, key, &row);
        if (e == E_OK)
            row->figure[TALLY_BATCHES] += batches->v[i].figure[TALLY_BATCHES];
    }
    to->rest.figure[TALLY_BATCHES] += batches->rest.figure[TALLY_BATCHES];
    return e;
}

static enum err by_profile(const struct page *p, struct diag *d)
{
    const struct page_figures what = {{_("authority"), _("profile")},
                                      {{_("issued"), TALLY_ISSUED}, {_("superseding"), TALLY_SUPERSEDED}, {_("revoked"), TALLY_REVOKED},
                                       {_("held"), TALLY_HELD}, {_("released"), TALLY_RELEASED}, {_("accepted"), TALLY_ACCEPTED}}};
    struct tally_table t = {0};
    enum err e = tally_sum(&p->tally->outcomes, 0, 1, &t);
    if (e != E_OK)
        return diag_set(d, e, "the report");
    p->sheet->part(p->out, _("By authority and profile"), false);
    page_figures(p, &what, &t);
    page_say(p, SHEET_PLAIN, "%s", _("Superseding: those of the issued ones that took the place of another certificate, which ended with it."));
    p->sheet->part_end(p->out);
    tally_table_free(&t);
    return E_OK;
}

static enum err by_ra(const struct page *p, struct diag *d)
{
    const struct page_figures what = {{_("authority"), _("RA")},
                                      {{_("batches"), TALLY_BATCHES}, {_("issued"), TALLY_ISSUED}, {_("refused"), TALLY_REFUSED},
                                       {_("revoked"), TALLY_REVOKED}, {_("held"), TALLY_HELD}, {_("released"), TALLY_RELEASED}}};
    struct tally_table t = {0};
    enum err e = tally_sum(&p->tally->outcomes, 0, 2, &t);
    if (e == E_OK)
        e = add_batches(&p->tally->batches, &t);
    if (e == E_OK) {
        p->sheet->part(p->out, _("By authority and RA"), false);
        page_figures(p, &what, &t);
        p->sheet->part_end(p->out);
    }
    tally_table_free(&t);
    return e == E_OK ? e : diag_set(d, e, "the report");
}

enum err page_outcomes(const struct page *p, struct diag *d)
{
    enum err e = by_profile(p, d);
    return e == E_OK ? by_ra(p, d) : e;
}

/* -- how the certificates stand -- */

static enum tally_figure figure_of(const char *standing)
{
    return strcmp(standing, "good") == 0         ? TALLY_ISSUED
           : strcmp(standing, "held") == 0       ? TALLY_HELD
           : strcmp(standing, "superseded") == 0 ? TALLY_SUPERSEDED
           : strcmp(standing, "revoked") == 0    ? TALLY_REVOKED
                                                 : TALLY_RELEASED;
}

static enum err count_standing(const struct page *p, struct tally_table *t, struct diag *d)
{
    struct index_certs *walk = NULL;
    struct index_cert c;
    struct tally_row *row;
    bool more = true;
    enum err e = index_certs_open(p->audit->index, &walk, d);
    while (e == E_OK) {
        e = index_certs_next(walk, &c, &more, d);
        if (e != E_OK || !more)
            break;
        e = tally_at(t, (const char *const[]){c.authority, c.profile, ""}, &row);
        if (e == E_OK)
            row->figure[figure_of(standing_word(&c, p->now))]++;
    }
    enum err closed = index_certs_close(walk, e == E_OK ? d : NULL);
    return e != E_OK ? e : closed;
}

enum err page_standing(const struct page *p, struct diag *d)
{
    const struct page_figures what = {{_("authority"), _("profile")},
                                      {{_("good"), TALLY_ISSUED}, {_("held"), TALLY_HELD}, {_("superseded"), TALLY_SUPERSEDED},
                                       {_("revoked"), TALLY_REVOKED}, {_("expired"), TALLY_RELEASED}}};
    char time[PAGE_TIME];
    struct tally_table t = {0};
    enum err e = E_OK;
    page_time(p->now, time);
    p->sheet->part(p->out, _("How the certificates stand"), false);
    if (p->audit->findings.count[FINDING_ERROR] > 0) {
        page_say(p, SHEET_PLAIN, "%s", _("This is not told of a state that does not verify."));
    } else {
        e = count_standing(p, &t, d);
        page_say(p, SHEET_PLAIN, _("All that were ever issued, at %s, whatever the period."), time);
        page_figures(p, &what, &t);
    }
    p->sheet->part_end(p->out);
    tally_table_free(&t);
    return e;
}

/* -- persons -- */

void page_persons(const struct page *p)
{
    const struct tally_table *t = &p->tally->persons;
    const struct sheet_column columns[] = {{.heading = _("role")}, {.heading = _("RA")}, {.heading = _("certificate")},
                                           {.heading = _("signatures"), .number = true}, {.heading = _("batches"), .number = true},
                                           {.heading = _("to issue"), .number = true}, {.heading = _("to refuse"), .number = true},
                                           {.heading = _("changes of status"), .number = true}, {0}};
    static const enum tally_figure figures[] = {TALLY_SIGNATURES, TALLY_BATCHES, TALLY_ISSUED, TALLY_REFUSED, TALLY_CHANGES};
    struct page_cells c = {0};
    p->sheet->part(p->out, _("By person and role"), false);
    page_say(p, SHEET_PLAIN, "%s", _("Who approved and authorised which plans, by what was planned; a plan has several of them. Officers sign "
                                     "the certificates of ceremonies, too. The log names nobody."));
    p->sheet->table(p->out, columns);
    for (size_t i = 0; i <= t->n; i++) {
        const struct tally_row *row = i < t->n ? &t->v[i] : &t->rest;
        if (i == t->n && !t->has_rest)
            break;
        page_cell(&c, "%s", i == t->n ? _("all others") : strcmp(row->key[0], "entry") == 0 ? _("entry") : strcmp(row->key[0], "review") == 0 ? _("review")
                                                                                                                    : _("officer"));
        page_cell(&c, "%s", row->key[2][0] != '\0' ? row->key[2] : "–");
        page_cell(&c, "%.16s…", row->key[1]);
        for (size_t k = 0; k < sizeof figures / sizeof figures[0]; k++)
            page_cell(&c, "%" PRIu64, row->figure[figures[k]]);
        page_row(p, columns, &c);
    }
    p->sheet->table_end(p->out);
    p->sheet->part_end(p->out);
}

/* -- refusals -- */

void page_refusals(const struct page *p)
{
    const struct tally_table *t = &p->tally->refusals;
    const struct sheet_column columns[] = {{.heading = _("authority")}, {.heading = _("code")}, {.heading = _("clause")},
                                           {.heading = _("requests"), .number = true}, {.heading = _("whole batches"), .number = true}, {0}};
    struct page_cells c = {0};
    p->sheet->part(p->out, _("What was refused, and why"), false);
    if (t->n == 0)
        page_say(p, SHEET_PLAIN, "%s", _("Nothing."));
    else
        p->sheet->table(p->out, columns);
    for (size_t i = 0; i < t->n; i++) {
        const struct tally_row *row = &t->v[i];
        page_cell(&c, "%s", row->key[0][0] != '\0' ? row->key[0] : "–");
        page_cell(&c, "%s: %s", row->key[1], i18n(err_sentence(err_by_name(row->key[1]))));
        page_cell(&c, "%s", row->key[2]);
        page_cell(&c, "%" PRIu64, row->figure[TALLY_REFUSED]);
        page_cell(&c, "%" PRIu64, row->figure[TALLY_BATCHES]);
        page_row(p, columns, &c);
    }
    if (t->n > 0)
        p->sheet->table_end(p->out);
    page_more(p, t->rest.figure[TALLY_REFUSED] + t->rest.figure[TALLY_BATCHES]);
    p->sheet->part_end(p->out);
}

/* -- revocations, and when they were promised -- */

static void promised(const struct page *p, const char *authority, char out[PAGE_CELL])
{
    const struct policy_authority *a = policy_authority_find(p->audit->policy, authority);
    char span[PAGE_SPAN];
    if (a == NULL)
        snprintf(out, PAGE_CELL, "%s", _("not in this program's policy"));
    else if (a->revoke_within == 0)
        snprintf(out, PAGE_CELL, "%s", _("nothing"));
    else {
        page_span((uint64_t)a->revoke_within, span);
        snprintf(out, PAGE_CELL, "%s (%s)", span, a->revoke_within_clause);
    }
}

static void promise(const struct page *p)
{
    const struct tally_table *t = &p->tally->promise;
    const struct sheet_column columns[] = {{.heading = _("authority")}, {.heading = _("promised")}, {.heading = _("revoked"), .number = true},
                                           {.heading = _("late"), .number = true}, {.heading = _("longest"), .number = true}, {0}};
    struct page_cells c = {0};
    char span[PAGE_SPAN], said[PAGE_CELL];
    p->sheet->piece(p->out, _("From asking to signing"), SHEET_PLAIN);
    p->sheet->table(p->out, columns);
    for (size_t i = 0; i < t->n; i++) {
        promised(p, t->v[i].key[0], said);
        page_span(t->v[i].figure[TALLY_LONGEST], span);
        page_cell(&c, "%s", t->v[i].key[0]);
        page_cell(&c, "%s", said);
        page_cell(&c, "%" PRIu64, t->v[i].figure[TALLY_REVOKED]);
        page_cell(&c, "%" PRIu64, t->v[i].figure[TALLY_LATE]);
        page_cell(&c, "%s", span);
        page_row(p, columns, &c);
    }
    p->sheet->table_end(p->out);
    p->sheet->piece_end(p->out, SHEET_PLAIN);
}

static void late_ones(const struct page *p)
{
    const struct tally_list *l = &p->tally->late;
    const struct sheet_column columns[] = {{.heading = _("line"), .number = true}, {.heading = _("authority")}, {.heading = _("serial number")},
                                           {.heading = _("asked")}, {.heading = _("revoked")}, {.heading = _("after"), .number = true}, {0}};
    struct page_cells c = {0};
    char asked[PAGE_TIME], done[PAGE_TIME], span[PAGE_SPAN];
    if (l->n == 0)
        return;
    p->sheet->piece(p->out, _("Every late one"), SHEET_PLAIN);
    p->sheet->table(p->out, columns);
    for (size_t i = 0; i < l->n; i++) {
        const struct tally_line *one = &l->v[i];
        page_time(one->number, asked);
        page_time(one->time, done);
        page_span(one->time > one->number ? (uint64_t)(one->time - one->number) : 0, span);
        page_cell(&c, "%" PRIu64, one->line);
        page_cell(&c, "%s", one->text[0]);
        page_cell(&c, "%s", one->text[1]);
        page_cell(&c, "%s", asked);
        page_cell(&c, "%s", done);
        page_cell(&c, "%s", span);
        page_row(p, columns, &c);
    }
    p->sheet->table_end(p->out);
    page_more(p, l->more);
    p->sheet->piece_end(p->out, SHEET_PLAIN);
}

static void reasons(const struct page *p)
{
    const struct tally_table *t = &p->tally->reasons;
    const struct sheet_column columns[] = {{.heading = _("authority")}, {.heading = _("reason")}, {.heading = _("in the list")},
                                           {.heading = _("revoked"), .number = true}, {0}};
    struct page_cells c = {0};
    p->sheet->piece(p->out, _("By reason"), SHEET_PLAIN);
    p->sheet->table(p->out, columns);
    for (size_t i = 0; i < t->n; i++) {
        const char *code = policy_code_name(atoi(t->v[i].key[2]));
        page_cell(&c, "%s", t->v[i].key[0]);
        page_cell(&c, "%s", t->v[i].key[1][0] != '\0' ? t->v[i].key[1] : "–");
        page_cell(&c, "%s", code != NULL ? code : t->v[i].key[2]);
        page_cell(&c, "%" PRIu64, t->v[i].figure[TALLY_REVOKED]);
        page_row(p, columns, &c);
    }
    p->sheet->table_end(p->out);
    page_more(p, t->rest.figure[TALLY_REVOKED]);
    p->sheet->piece_end(p->out, SHEET_PLAIN);
}

void page_revocations(const struct page *p)
{
    p->sheet->part(p->out, _("Revocations, and the time that is promised"), false);
    if (p->tally->promise.n == 0) {
        page_say(p, SHEET_PLAIN, "%s", _("Nothing was revoked."));
    } else {
        promise(p);
        late_ones(p);
        reasons(p);
    }
    p->sheet->part_end(p->out);
}

void page_months(const struct page *p)
{
    const struct page_figures what = {{_("month")},
                                      {{_("batches"), TALLY_BATCHES}, {_("issued"), TALLY_ISSUED}, {_("refused"), TALLY_REFUSED},
                                       {_("revoked"), TALLY_REVOKED}, {_("lists"), TALLY_LISTS}, {_("seals"), TALLY_SEALS},
                                       {_("ceremonies"), TALLY_CEREMONIES}}};
    p->sheet->part(p->out, _("Month by month"), false);
    page_figures(p, &what, &p->tally->months);
    p->sheet->part_end(p->out);
}
