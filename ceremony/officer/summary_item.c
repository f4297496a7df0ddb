#include <inttypes.h>
#include <stdio.h>

#include "batch/lateness.h"
#include "core/clock.h"
#include "core/i18n.h"
#include "core/screen.h"
#include "pki/show.h"
#include "pki/show_eseal.h"
#include "pki/show_parts.h"
#include "officer/summary.h"

#define HOUR 3600

bool summary_is_late(const struct summary_of *of, const struct plan_item *i)
{
    return of->authority != NULL && lateness_of(of->authority, i->act, i->asked, of->now);
}

enum summary_turn summary_turn_of(const struct summary_of *of, const struct plan_item *i)
{
    switch (i->act) {
    case PLAN_REFUSE:
        return TURN_REFUSED;
    case PLAN_ISSUE:
        return TURN_ISSUED;
    case PLAN_CRL:
    case PLAN_OCSP:
        return TURN_LIST;
    default:
        return summary_is_late(of, i) ? TURN_LATE : TURN_STATUS;
    }
}

const char *summary_act(const struct plan_item *i)
{
    static const char *const acts[PLAN_ACTS] = {
        [PLAN_REFUSE] = N_("refuse"),   [PLAN_ISSUE] = N_("sign"),    [PLAN_REVOKE] = N_("revoke"), [PLAN_HOLD] = N_("hold"),
        [PLAN_RELEASE] = N_("release"), [PLAN_ACCEPT] = N_("accept"), [PLAN_CRL] = N_("crl"),       [PLAN_OCSP] = N_("ocsp")};
    return plan_is_eseal(i) ? _("seal") : _(acts[i->act]);
}

static void put_head(const struct plan_item *i, struct buf *out)
{
    const char *id = i->id[0] != '\0' ? i->id : i->act == PLAN_CRL ? _("(follows from the batch)") : _("(no id)");
    buf_printf(out, "%s %" PRId64 "  %s", summary_act(i), i->n, id);
}

/* A label, and in eight columns where it does not want more, so that it is one block with those of a list. */
static void put_field(struct buf *out, const char *label, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void put_field(struct buf *out, const char *label, const char *format, ...)
{
    char text[2 * LIMIT_CLAUSE + 64];
    va_list ap;
    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    buf_append_str(out, "    ");
    screen_put_label(out, label, 8);
    buf_printf(out, "%s\n", text);
}

static void put_time(struct buf *out, const char *label, int64_t t)
{
    char text[CLOCK_TEXT];
    clock_format(t, text);
    put_field(out, label, "%s", text);
}

static void put_digest(struct buf *out, const uint8_t digest[DIGEST_LEN])
{
    char hex[DIGEST_HEX];
    hex_encode(digest, DIGEST_LEN, hex);
    put_field(out, "SHA-256", "%s", hex);
}

static void put_refused(const struct plan_item *i, struct buf *out)
{
    put_head(i, out);
    buf_printf(out, "\n    %s [%s]\n    %s\n", err_name(i->code), i->clause, i->detail);
}

static void put_override(const struct plan_item *i, struct buf *out)
{
    buf_printf(out, _("override %" PRId64 "  %s\n    the check digit is wrong of %s\n"), i->n, i->id, i->override_);
}

/* Everything but the request's own id comes out of the bytes that would be signed. */
static enum err put_issued(const struct plan_item *i, struct buf *out, struct diag *d)
{
    struct eseal_info seal;
    char hex[2 * SERIAL_LEN + 1];
    put_head(i, out);
    hex_encode(i->supersedes, SERIAL_LEN, hex);
    if (i->has_supersedes)
        buf_printf(out, _(", ends %s"), hex);
    hex_encode(i->pair, SERIAL_LEN, hex);
    if (i->has_pair)
        buf_printf(out, _(", beside %s"), hex);
    buf_append_byte(out, '\n');
    if (!plan_is_eseal(i))
        return show_tbs(buf_span(&i->tbs), out, d);
    enum err e = eseal_info_parse(buf_span(&i->tbs), &seal, d);
    return e == E_OK ? show_eseal(&seal, out, d) : e;
}

static void put_status(const struct summary_of *of, const struct plan_item *i, struct buf *out)
{
    char hex[2 * SERIAL_LEN + 1];
    hex_encode(i->serial, SERIAL_LEN, hex);
    put_head(i, out);
    buf_append_byte(out, '\n');
    put_field(out, _("serial"), "%s", hex);
    put_field(out, _("key"), "%s", i->key);
    if (i->reason[0] != '\0')
        put_field(out, _("reason"), "%s, CRLReason %d", i->reason, i->reason_code);
    put_time(out, _("asked"), i->asked);
    if (summary_is_late(of, i))
        put_field(out, _("LATE"), _("%" PRId64 " hours ago, and the policy promises %" PRId64 " [%s]"),
                  (of->now - i->asked) / HOUR, of->authority->revoke_within / HOUR,
                  of->authority->revoke_within_clause != NULL ? of->authority->revoke_within_clause : "");
    put_field(out, _("rule"), "%s", i->clause);
}

static void put_list(const struct plan_item *i, struct buf *out)
{
    put_head(i, out);
    buf_append_byte(out, '\n');
    put_field(out, _("key"), "%s", i->key);
    if (i->crl.base > 0)
        put_field(out, _("number"), _("%" PRId64 ", changes since number %" PRId64), i->crl.number, i->crl.base);
    else
        put_field(out, _("number"), "%" PRId64, i->crl.number);
    put_field(out, _("entries"), "%" PRId64, i->crl.entries);
    put_time(out, _("next"), i->crl.next_update);
    put_digest(out, i->crl.tbs);
    put_field(out, _("rule"), "%s", i->clause);
}

static void put_responses(const struct plan_item *i, struct buf *out)
{
    put_head(i, out);
    buf_append_byte(out, '\n');
    put_field(out, _("about"), "%s", i->key);
    put_field(out, _("key"), "%s", i->ocsp.responder);
    put_field(out, _("count"), "%" PRId64, i->ocsp.count);
    put_time(out, _("next"), i->ocsp.next_update);
    put_digest(out, i->ocsp.tbs);
    put_field(out, _("rule"), "%s", i->clause);
}

enum err summary_put_item(const struct summary_of *of, const struct plan_item *i, enum summary_turn turn, struct buf *out,
                          struct diag *d)
{
    if (turn == TURN_OVERRIDE)
        put_override(i, out);
    else if (i->act == PLAN_REFUSE)
        put_refused(i, out);
    else if (i->act == PLAN_CRL)
        put_list(i, out);
    else if (i->act == PLAN_OCSP)
        put_responses(i, out);
    else if (i->act == PLAN_ISSUE)
        return put_issued(i, out, d);
    else
        put_status(of, i, out);
    return E_OK;
}
