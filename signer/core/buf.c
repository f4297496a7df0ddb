#include "core/buf.h"

#include <openssl/crypto.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/starved.h"

#define FIRST_CAP 256

/* Make room for n more bytes. The old memory is wiped, which realloc() would not do: buffers
 * hold PINs and keys too. */
static bool reserve(struct buf *b, size_t n)
{
    if (b->failed)
        return false;
    if (n <= b->cap - b->len)
        return true;
    size_t need;
    size_t cap = b->cap == 0 ? FIRST_CAP : b->cap;
    if (__builtin_add_overflow(b->len, n, &need) || need > PTRDIFF_MAX / 2) {
        b->failed = true;
        return false;
    }
    while (cap < need)
        cap *= 2;
    uint8_t *data = malloc(cap);
    if (data == NULL) {
        starved_note();
        b->failed = true;
        return false;
    }
    if (b->len > 0)
        memcpy(data, b->data, b->len);
    if (b->data != NULL)
        OPENSSL_cleanse(b->data, b->cap);
    free(b->data);
    b->data = data;
    b->cap = cap;
    return true;
}

void buf_append(struct buf *b, const void *p, size_t n)
{
    if (n == 0 || !reserve(b, n))
        return;
    memcpy(b->data + b->len, p, n);
    b->len += n;
}

void buf_append_str(struct buf *b, const char *s)
{
    buf_append(b, s, strlen(s));
}

void buf_append_byte(struct buf *b, uint8_t c)
{
    buf_append(b, &c, 1);
}

void buf_printf(struct buf *b, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    int n = vsnprintf(NULL, 0, format, ap);
    va_end(ap);
    if (n < 0) {
        b->failed = true;
        return;
    }
    if (!reserve(b, (size_t)n + 1))
        return;
    va_start(ap, format);
    vsnprintf((char *)b->data + b->len, (size_t)n + 1, format, ap);
    va_end(ap);
    b->len += (size_t)n;
}

void buf_reset(struct buf *b)
{
    b->len = 0;
    b->failed = false;
}

enum err buf_err(const struct buf *b)
{
    return b->failed ? E_NO_MEMORY : E_OK;
}

struct span buf_span(const struct buf *b)
{
    return (struct span){b->data, b->len};
}

void buf_free(struct buf *b)
{
    if (b->data != NULL)
        OPENSSL_cleanse(b->data, b->cap);
    free(b->data);
    *b = (struct buf){0};
}
