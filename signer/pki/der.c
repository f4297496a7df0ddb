#include "pki/der.h"

#include <string.h>

#define DEPTH_MAX 32

static bool read_length(const uint8_t *p, size_t n, size_t *len, size_t *used)
{
    if (n == 0)
        return false;
    if (p[0] < 0x80) {
        *len = p[0];
        *used = 1;
        return true;
    }
    size_t octets = p[0] & 0x7fu;
    /* 0x80 is BER's indefinite form; more than four octets is more than anything here may hold. */
    if (octets == 0 || octets > 4 || n < 1 + octets || p[1] == 0)
        return false;
    size_t value = 0;
    for (size_t i = 1; i <= octets; i++)
        value = value << 8 | p[i];
    if (value < 0x80)
        return false;
    *len = value;
    *used = 1 + octets;
    return true;
}

bool der_next(struct span *in, struct der *out)
{
    *out = (struct der){0};
    size_t len, used;
    if (in->n < 2 || (in->p[0] & 0x1f) == 0x1f || !read_length(in->p + 1, in->n - 1, &len, &used))
        return false;
    size_t header = 1 + used;
    if (len > in->n - header)
        return false;
    out->tag = in->p[0];
    out->whole = (struct span){in->p, header + len};
    out->body = (struct span){in->p + header, len};
    in->p += header + len;
    in->n -= header + len;
    return true;
}

bool der_take(struct span *in, uint8_t tag, struct der *out)
{
    struct span rest = *in;
    if (!der_next(&rest, out) || out->tag != tag) {
        *out = (struct der){0};
        return false;
    }
    *in = rest;
    return true;
}

bool der_same(struct span a, struct span b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static bool integer_is_minimal(struct span b)
{
    if (b.n == 0)
        return false;
    if (b.n == 1)
        return true;
    bool negative = (b.p[1] & 0x80) != 0;
    return !(b.p[0] == 0x00 && !negative) && !(b.p[0] == 0xff && negative);
}

static bool bits_are_clean(struct span b)
{
    if (b.n == 0 || b.p[0] > 7)
        return false;
    if (b.n == 1)
        return b.p[0] == 0;
    unsigned mask = (1u << b.p[0]) - 1;
    return (b.p[b.n - 1] & mask) == 0;
}

static bool oid_is_minimal(struct span b)
{
    if (b.n == 0 || (b.p[b.n - 1] & 0x80) != 0)
        return false;
    for (size_t i = 0; i < b.n; i++) {
        bool first = i == 0 || (b.p[i - 1] & 0x80) == 0;
        if (first && b.p[i] == 0x80)
            return false;
    }
    return true;
}

static bool primitive_is_der(const struct der *e)
{
    switch (e->tag) {
    case DER_BOOLEAN:
        return e->body.n == 1 && (e->body.p[0] == 0x00 || e->body.p[0] == 0xff);
    case DER_INTEGER:
    case DER_ENUMERATED:
        return integer_is_minimal(e->body);
    case DER_BIT_STRING:
        return bits_are_clean(e->body);
    case DER_NULL:
        return e->body.n == 0;
    case DER_OID:
        return oid_is_minimal(e->body);
    case DER_SEQUENCE & 0x1f:
    case DER_SET & 0x1f:
    case 0x00:
        return false; /* a sequence or set is never primitive, and 00 is BER's end-of-contents */
    default:
        return true;
    }
}

bool der_in_order(struct span a, struct span b)
{
    size_t common = a.n < b.n ? a.n : b.n;
    int c = memcmp(a.p, b.p, common);
    return c < 0 || (c == 0 && a.n <= b.n);
}

static bool check_all(struct span in, bool set, unsigned depth)
{
    struct span previous = {0};
    while (in.n > 0) {
        struct der e;
        if (!der_next(&in, &e))
            return false;
        bool universal = (e.tag & 0xc0) == 0;
        if ((e.tag & 0x20) == 0) {
            if (universal && !primitive_is_der(&e))
                return false;
        } else {
            if (universal && e.tag != DER_SEQUENCE && e.tag != DER_SET)
                return false;
            if (depth == 0 || !check_all(e.body, e.tag == DER_SET, depth - 1))
                return false;
        }
        if (set && previous.p != NULL && !der_in_order(previous, e.whole))
            return false;
        previous = e.whole;
    }
    return true;
}

bool der_check(struct span in)
{
    struct span rest = in;
    struct der e;
    return der_next(&rest, &e) && rest.n == 0 && check_all(in, false, DEPTH_MAX);
}

bool der_bits(const struct der *bit_string, struct span *out)
{
    *out = (struct span){0};
    struct span b = bit_string->body;
    if (bit_string->tag != DER_BIT_STRING || b.n == 0 || b.p[0] != 0)
        return false;
    *out = (struct span){b.p + 1, b.n - 1};
    return true;
}

void der_put_header(struct buf *out, uint8_t tag, size_t len)
{
    buf_append_byte(out, tag);
    if (len < 0x80) {
        buf_append_byte(out, (uint8_t)len);
        return;
    }
    unsigned octets = 1;
    while (octets < sizeof len && len >> (8 * octets) != 0)
        octets++;
    buf_append_byte(out, (uint8_t)(0x80 | octets));
    while (octets-- > 0)
        buf_append_byte(out, (uint8_t)(len >> (8 * octets)));
}

void der_put(struct buf *out, uint8_t tag, struct span body)
{
    der_put_header(out, tag, body.n);
    if (body.n > 0)
        buf_append(out, body.p, body.n);
}

void der_put_unsigned(struct buf *out, struct span m)
{
    while (m.n > 0 && m.p[0] == 0) {
        m.p++;
        m.n--;
    }
    bool pad = m.n == 0 || (m.p[0] & 0x80) != 0;
    der_put_header(out, DER_INTEGER, m.n + pad);
    if (pad)
        buf_append_byte(out, 0);
    if (m.n > 0)
        buf_append(out, m.p, m.n);
}
