#include "core/screen.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/text.h"
#include "core/words.h"

#define WORDS_ON_ROW 4
#define INDENT "    "
#define ITEM_LABEL 11 /* columns */

struct range {
    uint32_t first, last;
};

static bool is_in(uint32_t cp, const struct range *r, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (cp >= r[i].first && cp <= r[i].last)
            return true;
    return false;
}

/* Blocks, not single characters: what our own texts and people's names are made of. */
static bool is_wide(uint32_t cp)
{
    static const struct range wide[] = {
        {0x1100, 0x115f},   /* Hangul Jamo */
        {0x2e80, 0x303e},   /* CJK radicals, symbols and punctuation */
        {0x3041, 0xa4cf},   /* Kana, CJK ideographs, Yi */
        {0xa960, 0xa97f},   /* Hangul Jamo extended */
        {0xac00, 0xd7a3},   /* Hangul syllables */
        {0xf900, 0xfaff},   /* CJK compatibility ideographs */
        {0xfe30, 0xfe6f},   /* CJK compatibility forms */
        {0xff01, 0xff60},   /* full-width forms */
        {0xffe0, 0xffe6},   /* full-width signs */
        {0x1f300, 0x1faff}, /* pictographs */
        {0x20000, 0x3fffd}, /* CJK ideographs of the supplementary planes */
    };
    return is_in(cp, wide, sizeof wide / sizeof wide[0]);
}

static bool is_combining(uint32_t cp)
{
    static const struct range combining[] = {{0x0300, 0x036f}, {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff}, {0x20d0, 0x20ff},
                                             {0x302a, 0x302d}, {0xfe20, 0xfe2f}};
    return is_in(cp, combining, sizeof combining / sizeof combining[0]);
}

/* The bytes of the character at the head of text, which is not empty; *columns says how wide it is, one for a stray byte. */
static size_t one(const char *text, size_t *columns)
{
    uint32_t cp;
    size_t used = text_utf8_next((const uint8_t *)text, strlen(text), &cp);
    *columns = used == 0 ? 1 : is_combining(cp) ? 0 : is_wide(cp) ? 2 : 1;
    return used == 0 ? 1 : used;
}

size_t screen_columns(const char *text)
{
    size_t all = 0, columns;
    while (*text != '\0') {
        text += one(text, &columns);
        all += columns;
    }
    return all;
}

static size_t blanks_after(const char *label, size_t width)
{
    size_t columns = screen_columns(label);
    return columns < width ? width - columns : 1;
}

size_t screen_label(const char *label, size_t width)
{
    size_t blanks = blanks_after(label, width);
    printf("%s%*s", label, (int)blanks, "");
    return screen_columns(label) + blanks;
}

/* What must not begin a row: closing punctuation of either kind of text. */
static bool closes(const char *text)
{
    static const char *const closing[] = {"，", "。", "、", "；", "：", "）", "》", "」", "！", "？", ",", ".", ";", ":", ")"};
    for (size_t i = 0; i < sizeof closing / sizeof closing[0]; i++)
        if (strncmp(text, closing[i], strlen(closing[i])) == 0)
            return true;
    return false;
}

size_t screen_row(const char *text, size_t room)
{
    size_t at = 0, used = 0, cut = 0, escape = 0, before = 0, blanks = strspn(text, " ");
    while (text[at] != '\0') {
        size_t columns, n = one(text + at, &columns);
        if (at > blanks && (text[at] == ' ' || ((columns == 2 || before == 2) && !closes(text + at))))
            cut = at;
        if (at > 0 && text[at] == '\\')
            escape = at;
        if (used + columns > room)
            return cut > 0 ? cut : escape > 0 ? escape : at > 0 ? at : n;
        used += columns;
        before = columns;
        at += n;
    }
    return at;
}

size_t screen_bytes(const char *text, size_t columns)
{
    size_t at = 0;
    for (size_t used = 0; text[at] != '\0' && used < columns;) {
        size_t width, n = one(text + at, &width);
        used += width;
        at += n;
    }
    return at;
}

void screen_put_label(struct buf *out, const char *label, size_t width)
{
    buf_printf(out, "%s%*s", label, (int)blanks_after(label, width), "");
}

void screen_fold(size_t at, size_t indent, const char *text)
{
    if (!isatty(STDOUT_FILENO)) {
        puts(text);
        return;
    }
    for (;;) {
        size_t n = screen_row(text, at < SCREEN_COLUMNS ? SCREEN_COLUMNS - at : 1);
        fwrite(text, 1, n, stdout);
        putchar('\n');
        text += n;
        text += strspn(text, " ");
        if (*text == '\0')
            return;
        printf("%*s", (int)indent, "");
        at = indent;
    }
}

static __attribute__((format(printf, 4, 0))) void field(const char *before, const char *label, size_t width, const char *format, va_list ap)
{
    char *text = NULL;
    fputs(before, stdout);
    const size_t at = strlen(before) + screen_label(label, width);
    if (vasprintf(&text, format, ap) >= 0)
        screen_fold(at, at, text);
    free(text);
}

static void words(const char *before, const char *label, size_t width, const uint8_t digest[DIGEST_LEN])
{
    char text[DIGEST_LEN * 12 + DIGEST_LEN / WORDS_ON_ROW * 4 + 1];
    words_format(digest, DIGEST_LEN, WORDS_ON_ROW, "", text, sizeof text);
    fputs(before, stdout);
    const size_t at = screen_label(label, width);
    for (char *row = text, *end; row != NULL; row = end) {
        end = strchr(row, '\n');
        if (end != NULL)
            *end++ = '\0';
        puts(row);
        if (end != NULL)
            printf("%s%*s", before, (int)at, "");
    }
}

void screen_field(const char *label, size_t width, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    field("", label, width, format, ap);
    va_end(ap);
}

void screen_item(const char *label, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    field(INDENT, label, ITEM_LABEL, format, ap);
    va_end(ap);
}

void screen_words(const char *label, size_t width, const uint8_t digest[DIGEST_LEN])
{
    words("", label, width, digest);
}

void screen_item_words(const char *label, const uint8_t digest[DIGEST_LEN])
{
    words(INDENT, label, ITEM_LABEL, digest);
}
