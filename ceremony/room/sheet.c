#include "room/sheet.h"

#include <stdarg.h>
#include <stdio.h>

#include "core/text.h"

void sheet_plain(struct buf *out, const char *text, size_t n, bool escaped)
{
    const uint8_t *p = (const uint8_t *)text;
    for (size_t at = 0; at < n;) {
        char piece[16];
        uint32_t cp = 0;
        size_t used = text_utf8_next(p + at, n - at, &cp);
        size_t step = used > 0 ? used : 1;
        if (used > 0 && text_is_plain(cp) && (escaped || cp != '\\'))
            buf_append(out, p + at, used);
        else
            buf_append(out, piece, text_escape(piece, sizeof piece, p + at, step));
        at += step;
    }
}

void sheet_say(const struct sheet *s, struct buf *out, enum sheet_tone tone, const char *format, ...)
{
    char text[SHEET_TEXT];
    va_list ap;
    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    s->say(out, text, tone);
}

void sheet_pair(const struct sheet *s, struct buf *out, const char *label, const char *format, ...)
{
    char text[SHEET_TEXT];
    va_list ap;
    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    s->pair(out, label, text);
}

void sheet_piece(const struct sheet *s, struct buf *out, enum sheet_tone tone, const char *format, ...)
{
    char text[SHEET_TEXT];
    va_list ap;
    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    s->piece(out, text, tone);
}
