#include "help_text.h"

#include <check.h>
#include <stdlib.h>

size_t help_utf8(uint32_t cp, uint8_t out[4])
{
    if (cp < 0x80) {
        out[0] = (uint8_t)cp;
        return 1;
    }
    size_t n = cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
    static const uint8_t lead[5] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = n - 1; i > 0; i--, cp >>= 6)
        out[i] = (uint8_t)(0x80 | (cp & 0x3f));
    out[0] = (uint8_t)(lead[n] | cp);
    return n;
}

size_t help_unescape(const char *s, uint8_t *out)
{
    size_t n = 0;
    while (*s != '\0') {
        if (s[0] != '\\') {
            out[n++] = (uint8_t)*s++;
            continue;
        }
        if (s[1] == '\\') {
            out[n++] = '\\';
            s += 2;
            continue;
        }
        if ((s[1] != 'u' && s[1] != 'x') || s[2] != '{')
            ck_abort_msg("no such escape: %s", s);
        char *end;
        unsigned long value = strtoul(s + 3, &end, 16);
        if (*end != '}')
            ck_abort_msg("no such escape: %s", s);
        if (s[1] == 'x')
            out[n++] = (uint8_t)value;
        else
            n += help_utf8((uint32_t)value, out + n);
        s = end + 1;
    }
    return n;
}
