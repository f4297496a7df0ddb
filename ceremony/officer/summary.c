#include "officer/summary.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/i18n.h"
#include "core/pager.h"
#include "core/screen.h"
#include "officer/own_letters.h"

#define BANNER_ROWS 4 /* of banner_print(), and one to spare */
#define WORDS_ROWS 8
#define QUESTION_ROWS 2 /* of confirm_digest() */
#define DETAIL OWN_LETTERS_DETAIL

static void put(struct buf *out, const char *label, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void put(struct buf *out, const char *label, const char *format, ...)
{
    char text[256];
    va_list ap;
    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    screen_put_label(out, label, SUMMARY_LABEL);
    buf_printf(out, "%s\n", text);
}

static void put_header(const struct plan *plan, struct buf *out)
{
    const struct plan_header *h = &plan->header;
    char created[CLOCK_TEXT], expires[CLOCK_TEXT], hex[DIGEST_HEX];
    clock_format(h->created, created);
    clock_format(h->expires, expires);
    put(out, _("authority"), "%s", h->authority);
    put(out, _("RA"), "%s", h->ra);
    put(out, _("batch"), _("%s, sequence %" PRId64), h->id, h->sequence);
    for (size_t i = 0; i < h->approvals_n; i++) {
        hex_encode(h->approvals[i].certificate, DIGEST_LEN, hex);
        screen_put_label(out, _("approved"), SUMMARY_LABEL);
        screen_put_label(out, _(policy_role_name(h->approvals[i].role)), 8);
        buf_printf(out, _("certificate %.16s...\n"), hex);
    }
    put(out, _("planned"), _("%s, good until %s"), created, expires);
    put(out, _("to sign"), "%" PRId64, plan->counts.issue);
    put(out, _("to refuse"), "%" PRId64, plan->counts.refuse);
    if (plan->counts.status > 0)
        put(out, _("to change"), "%" PRId64, plan->counts.status);
    if (plan->counts.lists > 0)
        put(out, _("lists"), "%" PRId64, plan->counts.lists);
}

static void put_unusual(const struct summary_table *t, struct buf *out)
{
    if (t->turns[TURN_OVERRIDE] + t->turns[TURN_LATE] == 0)
        return;
    put(out, _("UNUSUAL"), _("%" PRId64 " overridden check digits, %" PRId64 " late revocations"), t->turns[TURN_OVERRIDE],
        t->turns[TURN_LATE]);
}

/* Lines that are folded go on below column `indent`. */
static enum err page(struct pager *pager, const struct summary_of *of, size_t indent, size_t column, struct buf *text,
                     struct diag *d)
{
    struct buf both = {0};
    if (of->utf8 && buf_err(text) == E_OK)
        own_letters_put(text, column, &both);
    enum err e = pager_print(pager, indent, of->utf8 ? &both : text, d);
    buf_free(&both);
    buf_reset(text);
    return e;
}

static enum err count_items(struct plan *plan, const struct summary_of *of, struct summary_table *t, struct diag *d)
{
    struct plan_item item = {0};
    bool more = true;
    enum err e = plan_rewind(plan, d);
    while (e == E_OK) {
        e = plan_next(plan, &item, &more, d);
        if (e != E_OK || !more)
            break;
        e = summary_table_add(t, of, &item);
        if (e != E_OK)
            diag_set(d, e, "counting what the plan holds");
    }
    plan_item_free(&item);
    return e;
}

static enum err print_turn(struct plan *plan, const struct summary_of *of, enum summary_turn turn, struct pager *pager,
                           struct diag *d)
{
    struct plan_item item = {0};
    struct buf text = {0};
    bool more = true;
    const size_t column = turn == TURN_ISSUED ? SUMMARY_ITEM_LABEL : DETAIL;
    enum err e = plan_rewind(plan, d);
    while (e == E_OK) {
        e = plan_next(plan, &item, &more, d);
        if (e != E_OK || !more)
            break;
        if (turn == TURN_OVERRIDE ? item.override_[0] == '\0' : summary_turn_of(of, &item) != turn)
            continue;
        e = summary_put_item(of, &item, turn, &text, d);
        if (e == E_OK)
            e = page(pager, of, 2 * DETAIL, column, &text, d);
    }
    plan_item_free(&item);
    buf_free(&text);
    return e;
}

/* What stands above was on other pages; what is confirmed stands together on the last. */
static enum err print_end(const struct plan *plan, const struct summary_table *t, struct pager *pager, struct diag *d)
{
    struct buf text = {0};
    char hex[DIGEST_HEX];
    hex_encode(plan->digest, DIGEST_LEN, hex);
    buf_append_byte(&text, '\n');
    put_header(plan, &text);
    put_unusual(t, &text);
    put(&text, _("plan"), "%s", hex);
    size_t rows = WORDS_ROWS + QUESTION_ROWS;
    for (size_t i = 0; i < text.len; i++)
        rows += text.data[i] == '\n';
    enum err e = pager_keep_together(pager, rows, d);
    if (e == E_OK)
        e = pager_print(pager, SUMMARY_LABEL, &text, d);
    if (e == E_OK)
        screen_words(_("words"), SUMMARY_LABEL, plan->digest);
    buf_free(&text);
    return e;
}

enum err summary_print(struct plan *plan, bool utf8, struct diag *d)
{
    const struct summary_of of = {policy_authority_find(&policy_table, plan->header.authority), clock_now(), utf8};
    struct summary_table t = {0};
    struct pager pager;
    struct buf text = {0};
    pager_begin(&pager, BANNER_ROWS);
    enum err e = count_items(plan, &of, &t, d);
    put_header(plan, &text);
    put_unusual(&t, &text);
    summary_table_put(&t, &text);
    buf_append_byte(&text, '\n');
    if (e == E_OK)
        e = page(&pager, &of, SUMMARY_LABEL, SUMMARY_LABEL, &text, d);
    for (int turn = 0; turn < TURNS && e == E_OK; turn++)
        if (t.turns[turn] > 0)
            e = print_turn(plan, &of, (enum summary_turn)turn, &pager, d);
    if (e == E_OK)
        e = plan_rewind(plan, d);
    if (e == E_OK)
        e = print_end(plan, &t, &pager, d);
    summary_table_free(&t);
    buf_free(&text);
    return e;
}
