#include "core/letters.h"

#include <stdbool.h>

static bool is_letter(uint32_t cp)
{
    static const uint32_t ranges[][2] = {
        {0xc0, 0xd6},     {0xd8, 0xf6},     {0xf8, 0xff},       /* Latin-1 */
        {0x3041, 0x3096}, {0x30a1, 0x30fa},                     /* kana */
        {0x3400, 0x4dbf}, {0x4e00, 0x9fff}, {0x20000, 0x2a6df}, /* Chinese characters */
        {0xac00, 0xd7a3},                                       /* Hangul */
    };
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
        if (cp >= ranges[i][0] && cp <= ranges[i][1])
            return true;
    return false;
}

/* \u{HEX} at the beginning; returns its length, 0 when it is something else. */
static size_t take_escape(struct span in, uint32_t *cp)
{
    size_t i = 3;
    *cp = 0;
    if (in.n < 5 || in.p[0] != '\\' || in.p[1] != 'u' || in.p[2] != '{')
        return 0;
    for (; i < in.n && i < 9 && in.p[i] != '}'; i++) {
        uint8_t c = in.p[i];
        if (!(c >= '0' && c <= '9') && !(c >= 'A' && c <= 'F'))
            return 0;
        *cp = *cp << 4 | (uint32_t)(c <= '9' ? c - '0' : c - 'A' + 10);
    }
    return i < in.n && in.p[i] == '}' ? i + 1 : 0;
}

static void put_utf8(struct buf *out, uint32_t cp)
{
    if (cp < 0x800) {
        buf_append_byte(out, (uint8_t)(0xc0 | cp >> 6));
    } else {
        if (cp < 0x10000) {
            buf_append_byte(out, (uint8_t)(0xe0 | cp >> 12));
        } else {
            buf_append_byte(out, (uint8_t)(0xf0 | cp >> 18));
            buf_append_byte(out, (uint8_t)(0x80 | (cp >> 12 & 0x3f)));
        }
        buf_append_byte(out, (uint8_t)(0x80 | (cp >> 6 & 0x3f)));
    }
    buf_append_byte(out, (uint8_t)(0x80 | (cp & 0x3f)));
}

void letters_show(struct span in, struct buf *out)
{
    while (in.n > 0) {
        uint32_t cp;
        /* a backslash of the text itself is two, and what follows them is no escape */
        size_t n = in.n > 1 && in.p[0] == '\\' && in.p[1] == '\\' ? 2 : take_escape(in, &cp);
        if (n > 2 && is_letter(cp))
            put_utf8(out, cp);
        else
            buf_append(out, in.p, n > 0 ? n : 1);
        in = (struct span){in.p + (n > 0 ? n : 1), in.n - (n > 0 ? n : 1)};
    }
}
