/* What happened in the order of time: ceremonies, keys, tokens, policies, seals; and the keys with what proves where they are. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "audit/page_parts.h"
#include "core/err.h"

/* -- exceptions -- */

void page_exceptions(const struct page *p)
{
    const struct tally_list *l = &p->tally->exceptions;
    const struct sheet_column columns[] = {{.heading = _("line"), .number = true}, {.heading = _("when")}, {.heading = _("ceremony")},
                                           {.heading = _("step"), .number = true}, {.heading = _("code")}, {.heading = _("SHA-256 of the reason")}, {0}};
    struct page_cells c = {0};
    char time[PAGE_TIME];
    p->sheet->part(p->out, _("Exceptions of ceremonies"), false);
    if (l->n == 0)
        page_say(p, SHEET_PLAIN, "%s", _("None."));
    else
        page_say(p, SHEET_PLAIN, "%s", _("The words of each, and who answered for it, stand in the minutes of its ceremony: "
                                         "ceremonies/NAME/minutes.html."));
    if (l->n > 0)
        p->sheet->table(p->out, columns);
    for (size_t i = 0; i < l->n; i++) {
        const struct tally_line *one = &l->v[i];
        page_time(one->time, time);
        page_cell(&c, "%" PRIu64, one->line);
        page_cell(&c, "%s", time);
        page_cell(&c, "%s", one->text[0]);
        page_cell(&c, "%" PRId64, one->number);
        page_cell(&c, "%s: %s", one->text[1], i18n(err_sentence(err_by_name(one->text[1]))));
        page_cell(&c, "%.16s…", one->text[2]);
        page_row(p, columns, &c);
    }
    if (l->n > 0)
        p->sheet->table_end(p->out);
    page_more(p, l->more);
    p->sheet->part_end(p->out);
}

/* -- the course -- */

static void tell_token(struct page_cells *c, const struct tally_line *one)
{
    if (one->type == RECORD_GENESIS)
        page_cell(c, _("the log begins, written by %s; token: model %s, serial %s"), one->text[0], one->text[1], one->text[2]);
    else if (one->type == RECORD_TRANSFERRED)
        page_cell(c, _("the key %s is on a second token as well: model %s, serial %s"), one->text[0], one->text[1], one->text[2]);
    else
        page_cell(c, one->number != 0 ? _("another token takes the place of the last: %s, model %s, serial %s")
                                      : _("the token: %s, model %s, serial %s"), one->text[0], one->text[1], one->text[2]);
}

static void tell_key(struct page_cells *c, const struct tally_line *one)
{
    const char *key = one->text[0];
    switch (one->type) {
    case RECORD_KEYGEN:
        if (one->lines == 1)
            page_cell(c, _("the key %s was made"), key);
        else
            page_cell(c, _("%" PRIu64 " keys were made, the last %s"), one->lines, key);
        break;
    case RECORD_ANCHOR:
        if (one->lines == 1)
            page_cell(c, _("the certificate of the key %s"), key);
        else
            page_cell(c, _("%" PRIu64 " certificates of keys, the last of %s"), one->lines, key);
        break;
    case RECORD_CROSS:
        page_cell(c, _("a certificate for another CA, by the key %s"), key);
        break;
    case RECORD_ENDING:
        page_cell(c, _("the end of the key %s begins"), key);
        break;
    default:
        page_cell(c, _("the key %s is destroyed"), key);
        break;
    }
}

static void tell_ceremony(struct page_cells *c, const struct tally_line *one)
{
    const char *name = one->text[0];
    switch (one->type) {
    case RECORD_CEREMONY:
        if (one->number == 0)
            page_cell(c, _("the ceremony %s begins"), name);
        else
            page_cell(c, _("the ceremony %s goes on after step %" PRId64), name, one->number);
        break;
    case RECORD_TIME:
        page_cell(c, _("%" PRId64 " persons confirm the clock"), one->number);
        break;
    case RECORD_EXCEPTION:
        page_cell(c, _("exception in step %" PRId64 " of the ceremony %s: %s"), one->number, name, one->text[1]);
        break;
    case RECORD_CERTIFY:
        page_cell(c, _("certificates agreed upon in the ceremony %s: %" PRId64), name, one->number);
        break;
    default:
        page_cell(c, _("the minutes of the ceremony %s, SHA-256 %.16s…"), name, one->text[1]);
        break;
    }
}

static void tell(struct page_cells *c, const struct tally_line *one)
{
    switch (one->type) {
    case RECORD_GENESIS:
    case RECORD_TOKEN:
    case RECORD_TRANSFERRED:
        tell_token(c, one);
        break;
    case RECORD_CEREMONY:
    case RECORD_TIME:
    case RECORD_EXCEPTION:
    case RECORD_CERTIFY:
    case RECORD_MINUTES:
        tell_ceremony(c, one);
        break;
    case RECORD_POLICY:
        page_cell(c, _("from here on the policy is %.16s…"), one->text[0]);
        break;
    case RECORD_SEAL:
        if (one->lines == 1)
            page_cell(c, _("a seal over %" PRId64 " lines"), one->number);
        else
            page_cell(c, _("%" PRIu64 " seals, the last over %" PRId64 " lines"), one->lines, one->number);
        break;
    case RECORD_RECOVERY:
        page_cell(c, _("%" PRId64 " bytes of a line that was never finished were cut off"), one->number);
        break;
    default:
        tell_key(c, one);
        break;
    }
}

void page_course(const struct page *p)
{
    const struct tally_list *l = &p->tally->course;
    const struct sheet_column columns[] = {{.heading = _("when")}, {.heading = _("line")}, {.heading = _("what happened")}, {0}};
    struct page_cells c = {0};
    char time[PAGE_TIME], last[PAGE_TIME];
    p->sheet->part(p->out, _("Ceremonies, keys and seals in the order of time"), false);
    p->sheet->table(p->out, columns);
    for (size_t i = 0; i < l->n; i++) {
        const struct tally_line *one = &l->v[i];
        page_time(one->time, time);
        page_time(one->last_time, last);
        if (strncmp(time, last, strlen("2026-11-27")) == 0)
            page_cell(&c, "%s", time);
        else
            page_cell(&c, "%.10s – %.10s", time, last);
        if (one->line == one->last)
            page_cell(&c, "%" PRIu64, one->line);
        else
            page_cell(&c, "%" PRIu64 "–%" PRIu64, one->line, one->last);
        tell(&c, one);
        page_row(p, columns, &c);
    }
    p->sheet->table_end(p->out);
    page_more(p, l->more);
    p->sheet->part_end(p->out);
}

/* -- keys -- */

static void attribute(char out[PAGE_CELL], bool has, const char *yes, const char *no)
{
    size_t n = strlen(out);
    snprintf(out + n, PAGE_CELL - n, "%s%s", n > 0 ? _(", ") : "", has ? yes : no);
}

static void certificate_pairs(const struct page *p, const struct keys_entry *k)
{
    char hex[DIGEST_HEX], until[PAGE_TIME];
    struct tm tm = {0};
    if (k->anchor == NULL) {
        page_pair(p, _("certificate"), "%s", _("none"));
        return;
    }
    hex_encode(k->digest, DIGEST_LEN, hex);
    page_pair(p, _("certificate"), "%s", hex);
    if (ASN1_TIME_to_tm(X509_get0_notAfter(k->anchor), &tm) == 1) {
        page_time((int64_t)timegm(&tm), until);
        page_pair(p, _("valid until"), (int64_t)timegm(&tm) < p->now ? _("%s, which is over") : "%s", until);
    }
}

static void one_key(const struct page *p, const struct keys_entry *k)
{
    char made[PAGE_TIME], attributes[PAGE_CELL] = "";
    const struct policy_key *row = policy_key_find(p->audit->policy, k->name);
    p->sheet->piece(p->out, k->name, SHEET_PLAIN);
    page_time(k->made_at, made);
    page_pair(p, _("kind"), "%s", alg_sig_name(k->alg));
    page_pair(p, _("made"), _("%s, line %" PRIu64), made, k->made);
    attribute(attributes, k->local, _("made in the token"), _("not made in the token"));
    attribute(attributes, k->sensitive && k->always_sensitive, _("always sensitive"), _("not always sensitive"));
    attribute(attributes, k->confined, _("never extractable"), row != NULL && row->transferable ? _("extractable, as the policy lets it be")
                                                                                                : _("extractable"));
    page_pair(p, _("the token said"), "%s", attributes);
    if (k->self_test > 0)
        page_pair(p, _("self-test"), _("signed, line %" PRIu64), k->self_test);
    certificate_pairs(p, k);
    if (k->transferred > 0)
        page_pair(p, _("copy"), _("on a second token, proven by both in line %" PRIu64), k->transferred);
    if (k->destroyed > 0)
        page_pair(p, _("end"), _("destroyed, line %" PRIu64), k->destroyed);
    else if (k->ending > 0)
        page_pair(p, _("end"), _("begun in line %" PRIu64 ", not told to be completed"), k->ending);
    p->sheet->piece_end(p->out, SHEET_PLAIN);
}

void page_keys(const struct page *p)
{
    const struct keys *k = &p->audit->keys;
    p->sheet->part(p->out, _("Keys, and what proves where they are"), false);
    for (size_t i = 0; i < k->n && i < TALLY_LINES_MAX; i++)
        one_key(p, &k->v[i]);
    page_more(p, k->n > TALLY_LINES_MAX ? k->n - TALLY_LINES_MAX : 0);
    p->sheet->part_end(p->out);
}
