#include "audit/page_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/clock.h"

static void begin(const struct page *p)
{
    char subtitle[256], furniture[64], log[DIGEST_HEX], time[PAGE_TIME];
    hex_encode(p->audit->end.id, DIGEST_LEN, log);
    page_time(p->now, time);
    snprintf(subtitle, sizeof subtitle, _("As of %s UTC; %" PRIu64 " lines of the log %.16s"), time, p->audit->end.size, log);
    snprintf(furniture, sizeof furniture, "%.16s, %s", log, time);
    p->sheet->begin(p->out, &(struct sheet_head){strcmp(i18n_language(), "en") == 0 ? "en" : "zh-CN", _("Report of the audit of a signing appliance"),
                                                 subtitle, furniture, NULL, _("page")});
}

/* -- what is open -- */

static void findings(const struct page *p, enum finding_kind kind)
{
    const struct findings *f = &p->audit->findings;
    const struct sheet_column columns[] = {{.heading = _("line"), .number = true}, {.heading = _("finding")}, {0}};
    struct page_cells c = {0};
    p->sheet->table(p->out, columns);
    for (size_t i = 0; i < f->count[kind] && i < FINDINGS_KEPT; i++) {
        const struct finding *one = &f->kept[kind][i];
        if (one->line > 0)
            page_cell(&c, "%" PRIu64, one->line);
        else
            page_cell(&c, "–");
        if (one->code != E_OK)
            page_cell(&c, "%s: %s: %s", err_name(one->code), i18n(err_sentence(one->code)), one->said);
        else
            page_cell(&c, "%s", one->said);
        page_row(p, columns, &c);
    }
    p->sheet->table_end(p->out);
    page_more(p, f->count[kind] > FINDINGS_KEPT ? f->count[kind] - FINDINGS_KEPT : 0);
}

static void errors(const struct page *p)
{
    const struct audit *a = p->audit;
    if (a->findings.count[FINDING_ERROR] == 0)
        return;
    p->sheet->piece(p->out, _("What is wrong"), SHEET_ALARM);
    page_say(p, SHEET_PLAIN, _("This state does not verify. Errors: %" PRIu64 ". Below stands what its lines say; that they are right is proven "
                               "of lines 1 to %" PRIu64 " only."), a->findings.count[FINDING_ERROR], a->holds.size);
    if (!a->log_ended)
        page_say(p, SHEET_PLAIN, _("The log was read up to line %" PRIu64 ": what came after it is not counted."), a->end.size);
    findings(p, FINDING_ERROR);
    p->sheet->piece_end(p->out, SHEET_ALARM);
}

static size_t ends_begun(const struct page *p, bool tell)
{
    const struct keys *k = &p->audit->keys;
    size_t n = 0;
    for (size_t i = 0; i < k->n; i++) {
        if (k->v[i].ending == 0 || k->v[i].destroyed > 0)
            continue;
        n++;
        if (tell)
            page_say(p, SHEET_PLAIN, _("The end of the key %s was begun in line %" PRIu64 ", and no line tells that it is destroyed."),
                     k->v[i].name, k->v[i].ending);
    }
    return n;
}

static uint64_t late(const struct page *p)
{
    return p->tally->late.n + p->tally->late.more;
}

void page_open_questions(const struct page *p)
{
    const struct audit *a = p->audit;
    const uint64_t exceptions = p->tally->exceptions.n + p->tally->exceptions.more, open = a->findings.count[FINDING_OPEN];
    p->sheet->part(p->out, _("Open questions"), false);
    errors(p);
    if (a->findings.count[FINDING_ERROR] == 0)
        page_say(p, SHEET_PLAIN, "%s", _("This state verifies: nothing was found that is wrong."));
    if (open > 0) {
        p->sheet->piece(p->out, _("What could not be checked"), SHEET_PLAIN);
        findings(p, FINDING_OPEN);
        p->sheet->piece_end(p->out, SHEET_PLAIN);
    }
    if (late(p) > 0)
        page_say(p, SHEET_ALARM, _("Revocations after the promised time: %" PRIu64 ". They are listed below."), late(p));
    if (exceptions > 0)
        page_say(p, SHEET_ALARM, _("Exceptions in ceremonies: %" PRIu64 ". They are listed below."), exceptions);
    if (ends_begun(p, true) == 0 && open == 0 && exceptions == 0 && late(p) == 0)
        page_say(p, SHEET_PLAIN, "%s", _("No question is open."));
    p->sheet->part_end(p->out);
}

void page_notes(const struct page *p)
{
    if (p->audit->findings.count[FINDING_NOTE] == 0)
        return;
    p->sheet->part(p->out, _("What else should be known"), false);
    findings(p, FINDING_NOTE);
    p->sheet->part_end(p->out);
}

/* -- in short -- */

static void digest_pair(const struct page *p, const char *label, const uint8_t digest[DIGEST_LEN])
{
    char hex[DIGEST_HEX];
    hex_encode(digest, DIGEST_LEN, hex);
    p->sheet->pair(p->out, label, hex);
}

static void period(const struct page *p)
{
    const struct tally *t = p->tally;
    char from[PAGE_TIME], to[PAGE_TIME];
    page_time(t->from, from);
    page_time(t->to, to);
    if (t->from == INT64_MIN && t->to == INT64_MAX)
        page_pair(p, _("period"), "%s", _("the whole log"));
    else if (t->from == INT64_MIN)
        page_pair(p, _("period"), _("up to %.10s; %" PRIu64 " lines"), to, t->lines);
    else if (t->to == INT64_MAX)
        page_pair(p, _("period"), _("from %.10s on; %" PRIu64 " lines"), from, t->lines);
    else
        page_pair(p, _("period"), _("from %.10s to %.10s; %" PRIu64 " lines"), from, to, t->lines);
}

void page_summary(const struct page *p)
{
    const struct audit *a = p->audit;
    char time[PAGE_TIME];
    p->sheet->part(p->out, _("In short"), false);
    page_time(a->end.time, time);
    page_pair(p, _("state"), "%s", p->options->state);
    digest_pair(p, _("log"), a->end.id);
    digest_pair(p, _("policy"), a->log_policy);
    if (!a->policy_known)
        page_pair(p, "", "%s", _("It is not this program's: what only it can tell is not said here."));
    page_pair(p, _("lines"), _("%" PRIu64 ", the last of %s; %" PRIu64 " of them under a good seal"), a->end.size, time, a->sealed);
    digest_pair(p, _("head"), a->end.head);
    page_pair(p, _("certificates of the keys"), "%s",
              p->options->anchors != NULL ? _("compared with those that came by hand") : _("taken from the state itself"));
    period(p);
    page_say(p, SHEET_PLAIN, "%s", _("The figures are of lines of the log in this period. Persons stand here by the SHA-256 of their "
                                     "certificates. Times are UTC."));
    p->sheet->part_end(p->out);
}

enum err page_write(const struct audit *a, const struct verify_options *o, int64_t now, struct buf *out, struct diag *d)
{
    const struct page p = {a, o, a->tally, now, &sheet_html, out};
    begin(&p);
    page_open_questions(&p);
    page_summary(&p);
    enum err e = page_outcomes(&p, d);
    if (e == E_OK)
        e = page_standing(&p, d);
    page_revocations(&p);
    page_refusals(&p);
    page_persons(&p);
    page_exceptions(&p);
    page_course(&p);
    page_months(&p);
    page_keys(&p);
    page_notes(&p);
    p.sheet->end(out);
    if (e == E_OK && buf_err(out) != E_OK)
        e = diag_set(d, E_NO_MEMORY, "the report");
    return e;
}
