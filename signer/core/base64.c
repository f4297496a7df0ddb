#include "core/base64.h"

#include <stdlib.h>
#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* The value of each character plus one; 0 for what is not in the alphabet. */
static const uint8_t values[256] = {
    ['A'] = 1,  ['B'] = 2,  ['C'] = 3,  ['D'] = 4,  ['E'] = 5,  ['F'] = 6,  ['G'] = 7,  ['H'] = 8,
    ['I'] = 9,  ['J'] = 10, ['K'] = 11, ['L'] = 12, ['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16,
    ['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22, ['W'] = 23, ['X'] = 24,
    ['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28, ['c'] = 29, ['d'] = 30, ['e'] = 31, ['f'] = 32,
    ['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36, ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40,
    ['o'] = 41, ['p'] = 42, ['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48,
    ['w'] = 49, ['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54, ['2'] = 55, ['3'] = 56,
    ['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62, ['+'] = 63, ['/'] = 64,
};

static int sextet(char c)
{
    return values[(uint8_t)c] - 1;
}

/* Decode four characters of which the last `padding` must be '='. Returns the number of bytes,
 * or 0 when they are not the canonical form of anything. */
static size_t decode_quad(const char s[4], size_t padding, uint8_t out[3])
{
    uint32_t bits = 0;
    for (size_t i = 0; i < 4; i++) {
        int value = i < 4 - padding ? sextet(s[i]) : s[i] == '=' ? 0 : -1;
        if (value < 0)
            return 0;
        bits = bits << 6 | (uint32_t)value;
    }
    if ((bits & ((1u << 8 * padding) - 1)) != 0)
        return 0;
    out[0] = (uint8_t)(bits >> 16);
    out[1] = (uint8_t)(bits >> 8);
    out[2] = (uint8_t)bits;
    return 3 - padding;
}

enum err base64_decode(const char *s, size_t n, struct buf *out)
{
    uint8_t bytes[3 * 256];
    size_t before = out->len, held = 0;
    if (n % 4 != 0)
        return E_BASE64;
    for (size_t i = 0; i < n; i += 4) {
        size_t padding = 0;
        if (i + 4 == n && s[n - 1] == '=')
            padding = s[n - 2] == '=' ? 2 : 1;
        size_t len = decode_quad(s + i, padding, bytes + held);
        if (len == 0) {
            out->len = before;
            return E_BASE64;
        }
        held += len;
        if (held + 3 > sizeof bytes || i + 4 == n) {
            buf_append(out, bytes, held);
            held = 0;
        }
    }
    enum err e = buf_err(out);
    if (e != E_OK)
        out->len = before;
    return e;
}

/* Encode 1 to 3 bytes. */
static void encode_group(const uint8_t *p, size_t n, char out[4])
{
    uint32_t bits = (uint32_t)p[0] << 16 | (n > 1 ? (uint32_t)p[1] << 8 : 0) | (n > 2 ? p[2] : 0u);
    out[0] = alphabet[bits >> 18];
    out[1] = alphabet[bits >> 12 & 63];
    out[2] = n > 1 ? alphabet[bits >> 6 & 63] : '=';
    out[3] = n > 2 ? alphabet[bits & 63] : '=';
}

enum err base64_encode(const void *p, size_t n, struct buf *out)
{
    const uint8_t *in = p;
    size_t before = out->len;
    for (size_t i = 0; i < n; i += 3) {
        char group[4];
        encode_group(in + i, n - i < 3 ? n - i : 3, group);
        buf_append(out, group, sizeof group);
    }
    enum err e = buf_err(out);
    if (e != E_OK)
        out->len = before;
    return e;
}

char *base64_string(const void *p, size_t n)
{
    if (n > SIZE_MAX / 2)
        return NULL;
    const uint8_t *in = p;
    char *text = malloc((n + 2) / 3 * 4 + 1);
    if (text == NULL)
        return NULL;
    char *end = text;
    for (size_t i = 0; i < n; i += 3, end += 4)
        encode_group(in + i, n - i < 3 ? n - i : 3, end);
    *end = '\0';
    return text;
}
