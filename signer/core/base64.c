#include "core/base64.h"

#include <stdlib.h>
#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static int sextet(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
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
