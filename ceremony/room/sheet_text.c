#include <string.h>

#include "core/screen.h"
#include "core/words.h"
#include "room/sheet.h"

#define COLUMNS SCREEN_COLUMNS
#define LABEL 16 /* columns of a pair's label: a digest fits behind it */

static void fill(struct buf *out, char c, size_t n)
{
    while (n-- > 0)
        buf_append_byte(out, (uint8_t)c);
}

static const char spaces[] = "                                                                                ";
static const char *blanks(size_t n)
{
    return spaces + sizeof spaces - 1 - (n < sizeof spaces ? n : sizeof spaces - 1);
}

/* A text as it is shown; "" and a failed buffer when there is no memory for it. */
static const char *plain_of(const char *text, size_t n, bool escaped, struct buf *plain)
{
    sheet_plain(plain, text, n, escaped);
    buf_append_byte(plain, '\0');
    return plain->failed ? "" : (const char *)plain->data;
}

static void done_with(struct buf *plain, struct buf *out)
{
    out->failed = out->failed || plain->failed;
    buf_free(plain);
}

/* The bytes of a line without the blanks at its end. */
static size_t without_blanks(const char *line, size_t n)
{
    while (n > 0 && line[n - 1] == ' ')
        n--;
    return n;
}

/* Append text that is plain already, its first line where the cursor is, the others after `indent`; `room` columns each. */
static void wrap(struct buf *out, const char *text, const char *indent, size_t room)
{
    for (;;) {
        size_t n = screen_row(text, room);
        buf_append(out, text, without_blanks(text, n));
        buf_append_byte(out, '\n');
        text += n;
        text += strspn(text, " ");
        if (*text == '\0')
            return;
        buf_append_str(out, indent);
    }
}

static void put(struct buf *out, const char *text, const char *indent, size_t room)
{
    struct buf plain = {0};
    wrap(out, plain_of(text, strlen(text), false, &plain), indent, room);
    done_with(&plain, out);
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

/* A label is padded to where values begin; a longer one has lines of its own. */
static void text_label(struct buf *out, const char *label)
{
    struct buf plain = {0};
    const char *text = plain_of(label, strlen(label), false, &plain);
    size_t columns = screen_columns(text);
    buf_append_str(out, "  ");
    if (columns + 4 > LABEL) {
        wrap(out, text, "  ", COLUMNS - 2);
        fill(out, ' ', LABEL);
    } else {
        buf_append_str(out, text);
        fill(out, ' ', LABEL - 2 - columns);
    }
    done_with(&plain, out);
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

/* One line of a row: what of each cell fits into its column. Blanks are written only when something follows them. */
static bool row_line(struct buf *out, const struct sheet_column *columns, const char *rest[SHEET_COLUMNS_MAX])
{
    size_t used = 2, pending = 2;
    bool more = false;
    for (size_t i = 0; i < SHEET_COLUMNS_MAX && columns[i].heading != NULL; i++) {
        const bool last = i + 1 == SHEET_COLUMNS_MAX || columns[i + 1].heading == NULL;
        const size_t width = last ? COLUMNS - used : columns[i].width;
        const size_t n = screen_row(rest[i], last ? width : width - 2);
        struct buf cell = {0};
        const char *shown = plain_of(rest[i], without_blanks(rest[i], n), true, &cell);
        if (*shown != '\0') {
            fill(out, ' ', pending);
            pending = 0;
        }
        buf_append_str(out, shown);
        pending += width - screen_columns(shown);
        done_with(&cell, out);
        rest[i] += n;
        rest[i] += strspn(rest[i], " ");
        more = more || *rest[i] != '\0';
        used += width;
    }
    buf_append_byte(out, '\n');
    return more;
}

static void text_row(struct buf *out, const struct sheet_column *columns, const char *const *cells)
{
    struct buf plain[SHEET_COLUMNS_MAX] = {0};
    const char *rest[SHEET_COLUMNS_MAX] = {0};
    for (size_t i = 0; i < SHEET_COLUMNS_MAX && columns[i].heading != NULL; i++)
        rest[i] = plain_of(cells[i], strlen(cells[i]), false, &plain[i]);
    while (row_line(out, columns, rest))
        continue;
    for (size_t i = 0; i < SHEET_COLUMNS_MAX; i++)
        done_with(&plain[i], out);
}

static void text_table(struct buf *out, const struct sheet_column *columns)
{
    const char *headings[SHEET_COLUMNS_MAX] = {0};
    buf_append_byte(out, '\n');
    for (size_t i = 0; i < SHEET_COLUMNS_MAX && columns[i].heading != NULL; i++)
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
        buf_append_str(out, n > 0 ? "  | " : "  |");
        wrap(out, plain_of(p + at, n, true, &plain), "  : ", COLUMNS - 4);
        done_with(&plain, out);
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
    fill(out, ' ', screen_columns(signature) < 52 ? 52 - screen_columns(signature) : 1);
    put(out, date, "", 24);
}

const struct sheet sheet_text = {
    text_begin,  text_end,  text_part,  text_part_end, text_piece,     text_piece_end, text_say, text_pair,
    text_digest, text_code, text_table, text_row,      text_table_end, text_screen,    text_sign,
};
