#include "core/text.h"

#include <stdio.h>
#include <string.h>

struct range {
    uint32_t first;
    uint32_t last;
};

/* Ascending and disjoint. Unicode 15.1 general categories Cc, Cf, Zl, Zp, Zs, Cs and Co, the
 * code points with the property Default_Ignorable_Code_Point (variation selectors, joiners,
 * fillers, tags), and the blank Braille pattern: all that looks like nothing, or makes its
 * neighbours look like something else. Neighbouring ranges are merged. Noncharacters at the end
 * of a plane are left to arithmetic. */
static const struct range not_plain[] = {
    {0x0000, 0x001f},    /* C0 controls */
    {0x007f, 0x00a0},    /* delete, C1 controls, no-break space */
    {0x00ad, 0x00ad},    /* soft hyphen */
    {0x034f, 0x034f},    /* combining grapheme joiner */
    {0x0600, 0x0605},    /* Arabic number signs */
    {0x061c, 0x061c},    /* Arabic letter mark (bidirectional) */
    {0x06dd, 0x06dd},    /* Arabic end of ayah */
    {0x070f, 0x070f},    /* Syriac abbreviation mark */
    {0x0890, 0x0891},    /* Arabic pound and piastre marks */
    {0x08e2, 0x08e2},    /* Arabic disputed end of ayah */
    {0x115f, 0x1160},    /* Hangul fillers */
    {0x1680, 0x1680},    /* Ogham space */
    {0x17b4, 0x17b5},    /* Khmer inherent vowels, invisible */
    {0x180b, 0x180f},    /* Mongolian variation selectors, vowel separator */
    {0x2000, 0x200f},    /* typographic and zero-width spaces, joiners, direction marks */
    {0x2028, 0x202f},    /* line and paragraph separators, bidirectional embeddings */
    {0x205f, 0x206f},    /* mathematical space, word joiner, bidirectional isolates */
    {0x2800, 0x2800},    /* Braille pattern blank */
    {0x3000, 0x3000},    /* ideographic space */
    {0x3164, 0x3164},    /* Hangul filler */
    {0xd800, 0xf8ff},    /* surrogates, private use */
    {0xfdd0, 0xfdef},    /* noncharacters */
    {0xfe00, 0xfe0f},    /* variation selectors */
    {0xfeff, 0xfeff},    /* byte order mark */
    {0xffa0, 0xffa0},    /* half-width Hangul filler */
    {0xfff0, 0xfffb},    /* reserved for format characters, interlinear annotation */
    {0x110bd, 0x110bd},  /* Kaithi number sign */
    {0x110cd, 0x110cd},  /* Kaithi number sign above */
    {0x13430, 0x1343f},  /* Egyptian hieroglyph format controls */
    {0x1bca0, 0x1bca3},  /* shorthand format controls */
    {0x1d173, 0x1d17a},  /* musical format controls */
    {0xe0000, 0xe0fff},  /* tags, variation selectors supplement, and what is reserved with them */
    {0xf0000, 0x10ffff}, /* private use planes */
};

/* Unified ideographs, and the punctuation that stands between them. */
static bool is_chinese(uint32_t cp)
{
    static const uint32_t marks[] = {0x2014, 0x2018, 0x2019, 0x201c, 0x201d, 0x2026, 0x3001, 0x3002, 0x300a, 0x300b,
                                     0xff01, 0xff08, 0xff09, 0xff0c, 0xff1a, 0xff1b, 0xff1f};
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
        if (cp == marks[i])
            return true;
    return cp >= 0x4e00 && cp <= 0x9fff;
}

/* The escape of the character (or stray byte) at the head of in, without a NUL; returns how many
 * bytes of in it used. */
static size_t escape_one(const uint8_t *in, size_t n, bool chinese, char piece[16], size_t *piece_len)
{
    uint32_t cp = 0;
    size_t used = text_utf8_next(in, n, &cp);
    int len;
    if (used == 0)
        len = snprintf(piece, 16, "\\x{%02X}", (unsigned)in[0]);
    else if (cp == '\\')
        len = snprintf(piece, 16, "\\\\");
    else if (cp >= 0x20 && cp <= 0x7e)
        len = snprintf(piece, 16, "%c", (char)cp);
    else if (chinese && is_chinese(cp))
        len = snprintf(piece, 16, "%.*s", (int)used, (const char *)in);
    else
        len = snprintf(piece, 16, "\\u{%X}", (unsigned)cp);
    *piece_len = (size_t)len;
    return used == 0 ? 1 : used;
}

static size_t escape(char *out, size_t cap, const void *in, size_t n, bool chinese)
{
    const uint8_t *p = in;
    size_t len = 0;
    size_t cut = 0; /* the last end of an escape that leaves room for "..." */
    for (size_t at = 0; at < n;) {
        char piece[16];
        size_t piece_len;
        at += escape_one(p + at, n - at, chinese, piece, &piece_len);
        if (piece_len >= cap - len) {
            memcpy(out + cut, "...", 4);
            return cut + 3;
        }
        memcpy(out + len, piece, piece_len);
        len += piece_len;
        if (len + 4 <= cap)
            cut = len;
    }
    out[len] = '\0';
    return len;
}

size_t text_escape(char *out, size_t cap, const void *in, size_t n)
{
    return escape(out, cap, in, n, false);
}

size_t text_escape_chinese(char *out, size_t cap, const void *in, size_t n)
{
    return escape(out, cap, in, n, true);
}

bool text_is_escaped_chinese(const char *s, size_t cap)
{
    size_t n = strnlen(s, cap);
    const uint8_t *p = (const uint8_t *)s;
    uint32_t cp = 0;
    for (size_t at = 0; at < n;) {
        size_t used = text_utf8_next(p + at, n - at, &cp);
        if (used == 0 || ((cp < 0x20 || cp > 0x7e) && !is_chinese(cp)))
            return false;
        at += used;
    }
    return n < cap;
}

size_t text_utf8_next(const uint8_t *in, size_t n, uint32_t *cp)
{
    *cp = 0;
    if (n == 0)
        return 0;
    uint8_t lead = in[0];
    if (lead < 0x80) {
        *cp = lead;
        return 1;
    }
    size_t len = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || n < len)
        return 0;
    uint32_t value = lead & (0x7fu >> len);
    for (size_t i = 1; i < len; i++) {
        if ((in[i] & 0xc0) != 0x80)
            return 0;
        value = value << 6 | (in[i] & 0x3fu);
    }
    static const uint32_t smallest[5] = {0, 0, 0x80, 0x800, 0x10000};
    if (value < smallest[len] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
        return 0;
    *cp = value;
    return len;
}

bool text_is_utf8(const void *in, size_t n)
{
    const uint8_t *p = in;
    for (size_t at = 0; at < n;) {
        if (p[at] < 0x80) { /* nearly all there is */
            at++;
            continue;
        }
        uint32_t cp;
        size_t used = text_utf8_next(p + at, n - at, &cp);
        if (used == 0)
            return false;
        at += used;
    }
    return true;
}

bool text_is_plain(uint32_t cp)
{
    if (cp > 0x10ffff || (cp & 0xfffe) == 0xfffe)
        return false;
    size_t low = 0;
    size_t high = sizeof not_plain / sizeof not_plain[0];
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (cp > not_plain[middle].last)
            low = middle + 1;
        else if (cp < not_plain[middle].first)
            high = middle;
        else
            return false;
    }
    return true;
}

bool text_is_token(const char *s, size_t max)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "abcdefghijklmnopqrstuvwxyz"
                                  "0123456789._-";
    size_t n = strnlen(s, max + 1);
    return n >= 1 && n <= max && s[0] != '.' && strspn(s, allowed) == n;
}

bool text_lists(const char *names, const char *name)
{
    const size_t n = strlen(name);
    for (const char *at = names; at != NULL; at = strchr(at, ',')) {
        at += *at == ',';
        if (strncmp(at, name, n) == 0 && (at[n] == ',' || at[n] == '\0'))
            return true;
    }
    return false;
}
