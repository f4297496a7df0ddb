/* What the log says of the ceremony, where it stood, the digests of what the minutes rest on, and room for signatures. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/base64.h"
#include "core/clock.h"
#include "room/minutes_code.h"
#include "room/minutes_telling.h"

/* -- the lines of the log -- */

static bool is_one_of(const char *key, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(key, list[i]) == 0)
            return true;
    return false;
}

/* Base64, which nobody reads, is told by the SHA-256 of what it encodes; a certificate's with its words, for it is compared by
 * ear. */
static enum err encoded(const struct telling *t, const char *key, const char *base64, struct diag *d)
{
    uint8_t digest[DIGEST_LEN];
    char label[64], hex[DIGEST_HEX];
    struct buf bytes = {0};
    enum err e = base64_decode(base64, strlen(base64), &bytes);
    if (e == E_OK)
        e = digest_bytes(DIGEST_SHA256, bytes.data, bytes.len, digest);
    buf_free(&bytes);
    if (e != E_OK)
        return diag_set(d, e, "%s", key);
    hex_encode(digest, DIGEST_LEN, hex);
    snprintf(label, sizeof label, "%.40s, SHA-256", key);
    if (strcmp(key, "certificate") == 0)
        t->sheet->digest(t->out, label, digest);
    else
        t->sheet->pair(t->out, label, hex);
    return E_OK;
}

/* A field of a line, under its name in the log: names and codes are the same in every language. */
static enum err field(const struct telling *t, const char *key, const json_t *value, struct diag *d)
{
    static const char *const in_base64[] = {"certificate", "public-key", "signature", "copy-signature"};
    const char *text = json_string_value(value);
    if (text != NULL && strlen(text) > 2 * DIGEST_LEN && is_one_of(key, in_base64, sizeof in_base64 / sizeof *in_base64))
        return encoded(t, key, text, d);
    if (text != NULL)
        t->sheet->pair(t->out, key, text);
    else if (json_is_integer(value))
        telling_pair(t, key, "%" PRId64, (int64_t)json_integer_value(value));
    else
        t->sheet->pair(t->out, key, json_is_true(value) ? _("yes") : _("no"));
    return E_OK;
}

static enum err line(const struct telling *t, const struct record *r, struct diag *d)
{
    static const char *const frame[] = {"seq", "time", "type", "prev"};
    enum err e = E_OK;
    const char *key;
    json_t *value;
    char time[CLOCK_TEXT];
    clock_format(r->time, time);
    telling_piece(t, SHEET_PLAIN, _("Line %" PRIu64 ": %s"), r->seq, record_type_name(r->type));
    telling_pair(t, _("when"), "%.10s %.8s UTC", time, time + 11);
    json_object_foreach(r->obj, key, value)
        if (e == E_OK && !is_one_of(key, frame, 4))
            e = field(t, key, value, d);
    t->sheet->piece_end(t->out, SHEET_PLAIN);
    return e;
}

static void counts(const struct telling *t)
{
    bool any = false;
    for (int i = 0; i < RECORD_TYPE_COUNT; i++) {
        if (t->facts->others[i] == 0)
            continue;
        if (!any)
            t->sheet->piece(t->out, _("Other lines, by their type"), SHEET_PLAIN);
        any = true;
        telling_pair(t, record_type_name((enum record_type)i), "%" PRIu64, t->facts->others[i]);
    }
    if (any)
        t->sheet->piece_end(t->out, SHEET_PLAIN);
}

enum err minutes_log(const struct telling *t, struct diag *d)
{
    enum err e = E_OK;
    t->sheet->part(t->out, _("What the log says of it"), false);
    if (t->facts->lines_n == 0)
        t->sheet->say(t->out, _("Nothing: the ceremony ended before it."), SHEET_PLAIN);
    for (size_t i = 0; i < t->facts->lines_n && e == E_OK; i++)
        e = line(t, &t->facts->lines[i], d);
    counts(t);
    t->sheet->part_end(t->out);
    return e;
}

/* -- digests -- */

static enum err code(const struct telling *t, const char *text, struct diag *d)
{
    struct buf svg = {0};
    enum err e = qr_svg(text, &svg, d);
    if (e == E_OK)
        t->sheet->code(t->out, text, buf_span(&svg));
    buf_free(&svg);
    return e;
}

/* Where the log stood: the first thing that the next ceremony compares. */
static enum err log_head(const struct telling *t, struct diag *d)
{
    char log[DIGEST_HEX], text[LIMIT_QR_TEXT + 1];
    uint8_t head[DIGEST_LEN];
    size_t i = telling_last(t, "head", 0);
    if (i == t->n || !t->facts->has_log || !hex_decode(telling_text(t, i, "head"), head, DIGEST_LEN)) {
        t->sheet->say(t->out, _("There is no log yet."), SHEET_PLAIN);
        return E_OK;
    }
    int64_t size = (int64_t)json_integer_value(json_object_get(telling_event(t, i), "size"));
    hex_encode(t->facts->log, DIGEST_LEN, log);
    t->sheet->pair(t->out, _("log"), log);
    telling_pair(t, _("lines"), "%" PRId64, size);
    t->sheet->digest(t->out, _("head of the log"), head);
    minutes_code_of_head(t->facts->log, (uint64_t)size, head, text);
    return code(t, text, d);
}

enum err minutes_digests(const struct telling *t, struct diag *d)
{
    char hex[DIGEST_HEX], text[LIMIT_QR_TEXT + 1];
    t->sheet->part(t->out, _("Where the log stood"), false);
    enum err e = log_head(t, d);
    t->sheet->part_end(t->out);
    t->sheet->part(t->out, _("What these minutes rest on"), false);
    hex_encode(t->script->digest, DIGEST_LEN, hex);
    t->sheet->pair(t->out, _("ceremony file, SHA-256"), hex);
    t->sheet->pair(t->out, _("policy"), telling_text(t, telling_last(t, "open", 0), "policy"));
    hex_encode(t->script->follows, DIGEST_LEN, hex);
    t->sheet->pair(t->out, _("minutes before these"), t->script->follows_any ? hex : _("none: this is the first ceremony"));
    t->sheet->digest(t->out, _("transcript, SHA-256"), t->transcript);
    minutes_code_of_digest(MINUTES_CODE_TRANSCRIPT, t->transcript, text);
    if (e == E_OK)
        e = code(t, text, d);
    t->sheet->part_end(t->out);
    return e;
}

/* -- signatures -- */

/* Who signs with a key and who on paper; their certificates, which whoever checks a signature compares. */
static enum err signers(const struct telling *t, struct diag *d)
{
    const struct sheet_column columns[] = {{_("person"), 26, false}, {_("signs"), 0, false}, {0}};
    enum err e = E_OK;
    t->sheet->table(t->out, columns);
    for (size_t i = 0; i < t->script->persons_n && e == E_OK; i++) {
        const struct script_person *p = &t->script->persons[i];
        char hex[DIGEST_HEX], how[SCRIPT_TEXT], who[TELLING_PERSON];
        uint8_t digest[DIGEST_LEN];
        telling_person(t, p->id, who);
        snprintf(how, sizeof how, "%s", _("on paper, below"));
        if (p->certificate.n > 0) {
            e = digest_bytes(DIGEST_SHA256, p->certificate.p, p->certificate.n, digest);
            hex_encode(digest, DIGEST_LEN, hex);
            snprintf(how, sizeof how, _("with a key, minutes-%s.p7s; certificate, SHA-256 %s"), p->id, hex);
        }
        t->sheet->row(t->out, columns, (const char *const[]){who, how});
    }
    t->sheet->table_end(t->out);
    return e == E_OK ? E_OK : diag_set(d, e, "the digest of a certificate");
}

enum err minutes_signatures(const struct telling *t, struct diag *d)
{
    t->sheet->part(t->out, _("Signatures"), true);
    t->sheet->say(t->out, _("We were there. What stands in these minutes is what was done."), SHEET_PLAIN);
    enum err e = signers(t, d);
    t->sheet->say(t->out, _("The digest of this file cannot stand in it. The screen shows it at the end of the ceremony; its first four words, "
                            "written by hand:"), SHEET_PLAIN);
    t->sheet->sign(t->out, _("words of the digest"), _("words 1 and 2"), _("words 3 and 4"));
    for (size_t i = 0; i < t->script->persons_n; i++) {
        const struct script_person *p = &t->script->persons[i];
        char who[TELLING_PERSON];
        snprintf(who, sizeof who, "%s, %s", p->name, telling_role(p->role));
        t->sheet->sign(t->out, who, _("signature"), _("date"));
    }
    t->sheet->part_end(t->out);
    return e;
}
