#include "core/width.h"

#include <stdbool.h>

#include "core/text.h"

struct range {
    uint32_t first;
    uint32_t last;
};

static const struct range marks[] = {
    {0x0300, 0x036f}, {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff}, {0x20d0, 0x20ff}, {0x302a, 0x302f}, {0xfe20, 0xfe2f},
};

static const struct range wide[] = {
    {0x1100, 0x115f},   /* Hangul initial consonants */
    {0x2e80, 0x303e},   /* radicals, ideographic punctuation */
    {0x3041, 0xa4cf},   /* kana, bopomofo, ideographs, Yi */
    {0xa960, 0xa97c},   /* Hangul initial consonants, extended */
    {0xac00, 0xd7a3},   /* Hangul syllables */
    {0xf900, 0xfaff},   /* compatibility ideographs */
    {0xfe30, 0xfe6f},   /* forms for vertical and small punctuation */
    {0xff01, 0xff60},   /* fullwidth forms */
    {0xffe0, 0xffe6},   /* fullwidth signs */
    {0x1f300, 0x1f64f}, /* pictographs */
    {0x1f900, 0x1f9ff}, /* pictographs, supplement */
    {0x20000, 0x3fffd}, /* ideographs of the supplementary planes */
};

static bool holds(const struct range *r, size_t n, uint32_t cp)
{
    for (size_t i = 0; i < n; i++)
        if (cp >= r[i].first && cp <= r[i].last)
            return true;
    return false;
}

int width_of(uint32_t cp)
{
    if (cp < marks[0].first)
        return 1;
    if (holds(marks, sizeof marks / sizeof marks[0], cp))
        return 0;
    return holds(wide, sizeof wide / sizeof wide[0], cp) ? 2 : 1;
}

size_t width_text(const char *s, size_t n)
{
    size_t columns = 0;
    for (size_t at = 0; at < n;) {
        uint32_t cp = ' ';
        size_t used = text_utf8_next((const uint8_t *)s + at, n - at, &cp);
        columns += (size_t)width_of(used > 0 ? cp : ' ');
        at += used > 0 ? used : 1;
    }
    return columns;
}
