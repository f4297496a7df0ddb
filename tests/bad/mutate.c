/* mutate.c - bytes and DER spoilt. */
#include <string.h>

#include "bad/bad.h"
#include "pki/der.h"

/* -- bits, cuts, tails -- */

static size_t count_bits(struct span good)
{
    return 8 * good.n;
}

static void make_bit(struct span good, size_t i, struct buf *out)
{
    buf_append(out, good.p, good.n);
    out->data[i / 8] ^= (uint8_t)(1u << i % 8);
}

const struct mutator mutate_bits = {"bit", count_bits, make_bit};

static size_t count_cuts(struct span good)
{
    return good.n;
}

static void make_cut(struct span good, size_t i, struct buf *out)
{
    if (i > 0)
        buf_append(out, good.p, i);
}

const struct mutator mutate_cuts = {"cut", count_cuts, make_cut};

static const struct {
    const char *p;
    size_t n;
} tails[] = {{"\0", 1}, {"\n", 1}, {" ", 1}, {"\r", 1}, {"\0\0", 2}, {"\5\0", 2}, {"\x30\0", 2}, {"{}", 2}, {"\xff", 1}};
#define TAILS (sizeof tails / sizeof tails[0])

/* The last one is the good input once more. */
static size_t count_tails(struct span good)
{
    (void)good;
    return TAILS + 1;
}

static void make_tail(struct span good, size_t i, struct buf *out)
{
    buf_append(out, good.p, good.n);
    if (i < TAILS)
        buf_append(out, tails[i].p, tails[i].n);
    else
        buf_append(out, good.p, good.n);
}

const struct mutator mutate_tails = {"tail", count_tails, make_tail};

/* -- DER elements: the one that is meant is spoilt, and the lengths around it are made to fit -- */

static const uint8_t tags[] = {0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0c, 0x13, 0x16, 0x1e, 0x1f, 0x30, 0x31,
                               0x80, 0xa0, 0xa1};
#define TAGS sizeof tags

enum op {
    OP_DELETE,
    OP_DUPLICATE,
    OP_LONGER,      /* length + 1 */
    OP_SHORTER,     /* length - 1 */
    OP_INDEFINITE,
    OP_NON_MINIMAL, /* a length octet more than needed */
    OP_HUGE,        /* a length of 2^56 - 1 */
    OP_EMPTY,
    OP_LEADING,     /* a zero octet before the contents */
    OP_TRAILING,    /* and behind them */
    OP_NEST,        /* 64 SEQUENCEs around it */
    OP_RETAG        /* and the following ones: a tag of the list each */
};
#define OPS (OP_RETAG + TAGS)
#define NEST 64

/* What the contents of an element are read as: elements for constructed ones, and for strings that hold DER. */
static struct span inside(const struct der *e, size_t *skipped)
{
    struct span in = e->body;
    *skipped = 0;
    if (e->tag & 0x20)
        return in;
    if (e->tag == DER_BIT_STRING && in.n > 1 && in.p[0] == 0) {
        in = (struct span){in.p + 1, in.n - 1};
        *skipped = 1;
    } else if (e->tag != DER_OCTET_STRING) {
        return (struct span){0};
    }
    return in.n > 1 && der_check(in) ? in : (struct span){0};
}

static size_t count_inside(struct span in)
{
    struct der e;
    size_t n = 0, skipped;
    while (der_next(&in, &e))
        n += 1 + count_inside(inside(&e, &skipped));
    return n;
}

static size_t count_elements(struct span good)
{
    return count_inside(good) * OPS;
}

static void put_raw(struct buf *out, uint8_t tag, const uint8_t *length, size_t n, struct span body)
{
    buf_append_byte(out, tag);
    buf_append(out, length, n);
    if (body.n > 0)
        buf_append(out, body.p, body.n);
}

/* A length in octets of its own, one octet more than DER would take. */
static size_t long_length(size_t n, uint8_t out[9])
{
    size_t octets = n < 0x80 ? 1 : n < 0x100 ? 2 : n < 0x10000 ? 3 : 4;
    out[0] = (uint8_t)(0x80 | octets);
    for (size_t i = 0; i < octets; i++)
        out[1 + i] = (uint8_t)(n >> 8 * (octets - 1 - i));
    return 1 + octets;
}

static void put_nested(struct buf *out, struct span whole)
{
    struct buf deep = {0};
    buf_append(&deep, whole.p, whole.n);
    for (int i = 0; i < NEST; i++) {
        struct buf next = {0};
        der_put(&next, DER_SEQUENCE, buf_span(&deep));
        buf_free(&deep);
        deep = next;
    }
    buf_append(out, deep.data, deep.len);
    buf_free(&deep);
}

static void put_spoilt(struct buf *out, const struct der *e, size_t op)
{
    static const uint8_t indefinite[] = {0x80}, huge[] = {0x87, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, zero[1];
    uint8_t length[9];
    struct buf body = {0};
    switch (op) {
    case OP_DELETE:
        return;
    case OP_DUPLICATE:
        buf_append(out, e->whole.p, e->whole.n);
        buf_append(out, e->whole.p, e->whole.n);
        return;
    case OP_LONGER:
    case OP_SHORTER:
        der_put_header(out, e->tag, op == OP_LONGER ? e->body.n + 1 : e->body.n > 0 ? e->body.n - 1 : 2);
        buf_append(out, e->body.p, e->body.n);
        return;
    case OP_INDEFINITE:
        put_raw(out, e->tag, indefinite, 1, e->body);
        buf_append(out, "\0\0", 2);
        return;
    case OP_NON_MINIMAL:
        put_raw(out, e->tag, length, long_length(e->body.n, length), e->body);
        return;
    case OP_HUGE:
        put_raw(out, e->tag, huge, sizeof huge, e->body);
        return;
    case OP_EMPTY:
        der_put_header(out, e->tag, 0);
        return;
    case OP_LEADING:
    case OP_TRAILING:
        if (op == OP_LEADING)
            buf_append(&body, zero, 1);
        buf_append(&body, e->body.p, e->body.n);
        if (op == OP_TRAILING)
            buf_append(&body, zero, 1);
        der_put(out, e->tag, buf_span(&body));
        buf_free(&body);
        return;
    case OP_NEST:
        put_nested(out, e->whole);
        return;
    default:
        der_put(out, tags[op - OP_RETAG], e->body);
    }
}

/* Copy the elements of in, the one that *left counts down to spoilt. */
static void copy_inside(struct buf *out, struct span in, size_t *left, size_t op)
{
    struct der e;
    while (der_next(&in, &e)) {
        size_t skipped;
        struct span part = inside(&e, &skipped);
        size_t here = 1 + count_inside(part);
        if (*left >= here) { /* not in this one, or done */
            *left -= *left == SIZE_MAX ? 0 : here;
            buf_append(out, e.whole.p, e.whole.n);
        } else if (*left == 0) {
            put_spoilt(out, &e, op);
            *left = SIZE_MAX;
        } else {
            struct buf body = {0};
            --*left;
            buf_append(&body, "\0", skipped);
            copy_inside(&body, part, left, op);
            der_put(out, e.tag, buf_span(&body));
            buf_free(&body);
        }
    }
}

static void make_element(struct span good, size_t i, struct buf *out)
{
    size_t left = i / OPS;
    copy_inside(out, good, &left, i % OPS);
}

const struct mutator mutate_elements = {"element", count_elements, make_element};
