#include <string.h>

#include "core/text.h"
#include "core/width.h"
#include "core/words.h"
#include "room/sheet.h"

#define COLUMNS 80
#define LABEL 16 /* columns of a pair's label: a digest fits behind it */

static void fill(struct buf *out, char c, size_t n)
{
    while (n-- > 0)
        buf_append_byte(out, (uint8_t)c);
}

/* Chinese closes no line before these, and breaks anywhere else. */
static bool may_begin_line(uint32_t cp)
{
    static const uint32_t closing[] = {0x3001, 0x3002, 0xff0c, 0xff1a, 0xff1b, 0xff01, 0xff1f, 0xff09, 0x300d, 0x300b, 0x201d};
    for (size_t i = 0; i < sizeof closing / sizeof closing[0]; i++)
        if (cp == closing[i])
            return false;
    return true;
}

/* How many bytes of the text fit into `room` columns: up to a blank, before or after a wide character, or, where there is no
 * such place, as many characters as fit, one at least. */
static size_t take_line(const char *text, size_t n, size_t room)
{
    size_t at = 0, columns = 0, place = 0;
    uint32_t before = ' ';
    while (at < n) {
        uint32_t cp = ' ';
        size_t used = text_utf8_next((const uint8_t *)text + at, n - at, &cp);
        bool can_break = at > 0 && (cp == ' ' || ((width_of(cp) == 2 || width_of(before) == 2) && before != ' ' && may_begin_line(cp)) ||
                                    (before == ' ' && cp != ' '));
        if (can_break)
            place = at;
        columns += (size_t)width_of(cp);
        if (columns > room && at > 0)
            return place > 0 ? place : at;
        before = cp;
        at += used > 0 ? used : 1;
    }
    return n;
}

/* Append text that is plain already, its first line where the cursor is, the others after `indent`; `room` columns each. */
static void wrap(struct buf *out, struct span plain, const char *indent, size_t room)
{
    const char *p = (const char *)plain.p;
    for (size_t at = 0; at < plain.n;) {
        size_t n = take_line(p + at, plain.n - at, room);
        size_t shown = n;
        while (shown > 0 && p[at + shown - 1] == ' ')
            shown--;
        buf_append(out, p + at, shown);
        at += n;
        while (at < plain.n && p[at] == ' ')
            at++;
        if (at < plain.n) {
            buf_append_byte(out, '\n');
            buf_append_str(out, indent);
        }
    }
    buf_append_byte(out, '\n');
}

static void put(struct buf *out, const char *text, const char *indent, size_t room)
{
    struct buf plain = {0};
    sheet_plain(&plain, text, strlen(text), false);
    wrap(out, buf_span(&plain), indent, room);
    out->failed = out->failed || plain.failed;
    buf_free(&plain);
}

static void text_begin(struct buf *out, const struct sheet_head *h)
{
    fill(out, '=', COLUMNS);
    buf_append_byte(out, '\n');
    put(out, h->title, "", COLUMNS);
    put(out, h->subtitle, "", COLUMNS);
    fill(out, '=', COLUMNS);
    buf_append_byte(out, '\n');
}

static void text_end(struct buf *out)
{
    (void)out;
}

static void text_part(struct buf *out, const char *heading, bool new_page)
{
    (void)new_page;
    buf_append_byte(out, '\n');
    put(out, heading, "", COLUMNS);
    fill(out, '-', COLUMNS);
    buf_append_byte(out, '\n');
}

static void text_part_end(struct buf *out)
{
    (void)out;
}

static void text_piece(struct buf *out, const char *heading, enum sheet_tone tone)
{
    buf_append_byte(out, '\n');
    if (tone == SHEET_ALARM) {
        fill(out, '!', COLUMNS);
        buf_append_byte(out, '\n');
    }
    put(out, heading, "", COLUMNS);
}

static void text_piece_end(struct buf *out, enum sheet_tone tone)
{
    if (tone == SHEET_ALARM) {
        fill(out, '!', COLUMNS);
        buf_append_byte(out, '\n');
    }
}

static void text_say(struct buf *out, const char *text, enum sheet_tone tone)
{
    buf_append_str(out, tone == SHEET_ALARM ? "!! " : "");
    put(out, text, tone == SHEET_ALARM ? "!! " : "", COLUMNS - 3);
}

static const char spaces[] = "                                                                                ";
static const char *blanks(size_t n)
{
    return spaces + sizeof spaces - 1 - (n < sizeof spaces ? n : sizeof spaces - 1);
}

/* A label is padded to where values begin; a longer one has lines of its own. */
static void text_label(struct buf *out, const char *label)
{
    struct buf plain = {0};
    sheet_plain(&plain, label, strlen(label), false);
    size_t columns = width_text((const char *)plain.data, plain.len);
    buf_append_str(out, "  ");
    if (columns + 4 > LABEL) {
        wrap(out, buf_span(&plain), "  ", COLUMNS - 2);
        fill(out, ' ', LABEL);
    } else {
        buf_append(out, plain.data, plain.len);
        fill(out, ' ', LABEL - 2 - columns);
    }
    out->failed = out->failed || plain.failed;
    buf_free(&plain);
}

static void text_pair(struct buf *out, const char *label, const char *value)
{
    text_label(out, label);
    put(out, value, blanks(LABEL), COLUMNS - LABEL);
}

static void text_digest(struct buf *out, const char *label, const uint8_t digest[DIGEST_LEN])
{
    char hex[DIGEST_HEX];
    hex_encode(digest, DIGEST_LEN, hex);
    text_pair(out, label, hex);
    for (size_t i = 0; i < DIGEST_LEN; i++) {
        if (i % 4 == 0)
            buf_printf(out, "%s%2zu  ", blanks(LABEL), i + 1);
        buf_printf(out, i % 4 == 3 ? "%s\n" : "%-12s ", words_word(i, digest[i]));
    }
}

static void text_code(struct buf *out, const char *text, struct span svg)
{
    (void)svg;
    buf_append_str(out, blanks(LABEL));
    put(out, text, blanks(LABEL), COLUMNS - LABEL);
}

/* One line of a row: what of each cell fits into its column. */
static bool row_line(struct buf *out, const struct sheet_column *columns, struct span rest[SHEET_COLUMNS_MAX])
{
    size_t used = 2, pending = 0; /* blanks are written only when something follows them */
    bool more = false;
    buf_append_str(out, "  ");
    for (size_t i = 0; columns[i].heading != NULL && i < SHEET_COLUMNS_MAX; i++) {
        bool last = columns[i + 1].heading == NULL;
        size_t width = last ? COLUMNS - used : columns[i].width;
        size_t n = take_line((const char *)rest[i].p, rest[i].n, last ? width : width - 2), shown = n;
        while (shown > 0 && rest[i].p[shown - 1] == ' ')
            shown--;
        if (shown > 0) {
            fill(out, ' ', pending);
            pending = 0;
        }
        buf_append(out, rest[i].p, shown);
        pending += width - width_text((const char *)rest[i].p, shown);
        while (n < rest[i].n && rest[i].p[n] == ' ')
            n++;
        rest[i] = (struct span){rest[i].p + n, rest[i].n - n};
        more = more || rest[i].n > 0;
        used += width;
    }
    buf_append_byte(out, '\n');
    return more;
}

static void text_row(struct buf *out, const struct sheet_column *columns, const char *const *cells)
{
    struct buf plain[SHEET_COLUMNS_MAX] = {0};
    struct span rest[SHEET_COLUMNS_MAX] = {0};
    for (size_t i = 0; columns[i].heading != NULL && i < SHEET_COLUMNS_MAX; i++) {
        sheet_plain(&plain[i], cells[i], strlen(cells[i]), false);
        out->failed = out->failed || plain[i].failed;
        rest[i] = (struct span){plain[i].data != NULL ? plain[i].data : (const uint8_t *)"", plain[i].len};
    }
    while (row_line(out, columns, rest))
        continue;
    for (size_t i = 0; i < SHEET_COLUMNS_MAX; i++)
        buf_free(&plain[i]);
}

static void text_table(struct buf *out, const struct sheet_column *columns)
{
    const char *headings[SHEET_COLUMNS_MAX] = {0};
    buf_append_byte(out, '\n');
    for (size_t i = 0; columns[i].heading != NULL && i < SHEET_COLUMNS_MAX; i++)
        headings[i] = columns[i].heading;
    text_row(out, columns, headings);
    buf_append_str(out, "  ");
    fill(out, '-', COLUMNS - 2);
    buf_append_byte(out, '\n');
}

static void text_table_end(struct buf *out)
{
    (void)out;
}

static void text_screen(struct buf *out, struct span lines)
{
    const char *p = (const char *)lines.p;
    buf_append_byte(out, '\n');
    for (size_t at = 0; at < lines.n;) {
        const char *end = memchr(p + at, '\n', lines.n - at);
        size_t n = end != NULL ? (size_t)(end - (p + at)) : lines.n - at;
        struct buf plain = {0};
        sheet_plain(&plain, p + at, n, true);
        buf_append_str(out, plain.len > 0 ? "  | " : "  |");
        wrap(out, buf_span(&plain), "  : ", COLUMNS - 4);
        out->failed = out->failed || plain.failed;
        buf_free(&plain);
        at += n + 1;
    }
}

static void text_sign(struct buf *out, const char *who, const char *signature, const char *date)
{
    if (who[0] != '\0') {
        buf_append_str(out, "\n\n  ");
        put(out, who, "  ", COLUMNS - 2);
    }
    buf_append_str(out, "\n\n  ________________________________________________    ______________________\n  ");
    put(out, signature, "  ", 48);
    out->len -= !out->failed && out->len > 0; /* the date's label stands on the same line */
    fill(out, ' ', 52 - width_text(signature, strlen(signature)));
    put(out, date, "", 24);
}

const struct sheet sheet_text = {
    text_begin,  text_end,  text_part,  text_part_end, text_piece,     text_piece_end, text_say, text_pair,
    text_digest, text_code, text_table, text_row,      text_table_end, text_screen,    text_sign,
};
