/* sheet.h - a document, in two forms that say the same: HTML for a browser, wide or narrow, and A4 paper, and plain text of
 * at most 80 columns. What it says is told once (minutes.c, audit/page.c), by these calls; how it looks is each form's own.
 * The HTML is well-formed XML, too.
 *
 * Texts are UTF-8 from anywhere. Both forms write what text_is_plain() as it is and the rest escaped as text.h has it, and
 * HTML's own characters as references: no text can become markup, a control or an invisible character. Calls append to out;
 * a failure to grow shows in buf_err().
 */
#ifndef ROOTSEAL_ROOM_SHEET_H
#define ROOTSEAL_ROOM_SHEET_H

#include "core/buf.h"
#include "core/digest.h"

struct sheet_head {
    const char *language;  /* BCP 47 */
    const char *title;
    const char *subtitle;
    const char *furniture; /* in the foot of every printed page, at the left */
    const char *initials;  /* in its middle, where each person writes theirs: the label; NULL for no such place */
    const char *page;      /* at its right: the word before a page's number */
};

/* A column of a table; a row of them ends with a NULL heading. */
struct sheet_column {
    const char *heading;
    size_t width; /* of the text form, with the two blanks after it; the last one takes what is left */
    bool number;  /* of numbers, which end below each other in HTML */
};
#define SHEET_COLUMNS_MAX 8

enum sheet_tone {
    SHEET_PLAIN,
    SHEET_ALARM, /* cannot be overlooked, without colour too */
};

struct sheet {
    void (*begin)(struct buf *out, const struct sheet_head *head);
    void (*end)(struct buf *out);
    /* A part with its heading, on a new page when asked; and a piece of a part, which a page does not tear where it fits
     * on one. */
    void (*part)(struct buf *out, const char *heading, bool new_page);
    void (*part_end)(struct buf *out);
    void (*piece)(struct buf *out, const char *heading, enum sheet_tone tone);
    void (*piece_end)(struct buf *out, enum sheet_tone tone);
    void (*say)(struct buf *out, const char *text, enum sheet_tone tone);
    void (*pair)(struct buf *out, const char *label, const char *value);
    /* A digest under its label: hexadecimal, and its words, four on a line, each line with the number of its first. */
    void (*digest)(struct buf *out, const char *label, const uint8_t digest[DIGEST_LEN]);
    /* A QR code (svg, as qr.h writes it) of this text. The text form has the text alone. */
    void (*code)(struct buf *out, const char *text, struct span svg);
    void (*table)(struct buf *out, const struct sheet_column *columns);
    void (*row)(struct buf *out, const struct sheet_column *columns, const char *const *cells);
    void (*table_end)(struct buf *out);
    /* Lines of a screen or a file, which have their escapes already: backslashes stay as they are. */
    void (*screen)(struct buf *out, struct span lines);
    /* Room for a handwritten signature: who, and the labels under the two lines. */
    void (*sign)(struct buf *out, const char *who, const char *signature, const char *date);
};

extern const struct sheet sheet_html;
extern const struct sheet sheet_text;

/* say(), pair() and piece() of a form with a formatted text, cut at SHEET_TEXT - 1 bytes. */
#define SHEET_TEXT 1024
void sheet_say(const struct sheet *s, struct buf *out, enum sheet_tone tone, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void sheet_pair(const struct sheet *s, struct buf *out, const char *label, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void sheet_piece(const struct sheet *s, struct buf *out, enum sheet_tone tone, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* For the forms: the text as both show it, without HTML's references. Backslashes are doubled unless the text has its
 * escapes already. */
void sheet_plain(struct buf *out, const char *text, size_t n, bool escaped);

#endif
