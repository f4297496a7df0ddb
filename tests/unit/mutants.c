#include "mutants.h"

#include <check.h>

#include "pki/der.h"

enum spoil { DELETE, DOUBLE, EMPTY, RETAG_TEXT, RETAG_SET, MORE, LONGER, CHANGE, SPOILS };

struct plan {
    size_t seen, target;
    enum spoil how;
};

static void rewrite(struct span in, struct plan *p, struct buf *out);

static void put_spoilt(const struct der *e, const struct buf *body, enum spoil how, struct buf *out)
{
    static const uint8_t null[] = {DER_NULL, 0};
    struct buf other = {0};
    buf_append(&other, body->data, body->len);
    switch (how) {
    case DELETE:
        break;
    case DOUBLE:
        der_put(out, e->tag, buf_span(body));
        der_put(out, e->tag, buf_span(body));
        break;
    case EMPTY:
        der_put(out, e->tag, (struct span){NULL, 0});
        break;
    case RETAG_TEXT:
        der_put(out, 0x0c, buf_span(body));
        break;
    case RETAG_SET:
        der_put(out, e->tag == DER_SET ? DER_SEQUENCE : DER_SET, buf_span(body));
        break;
    case MORE:
        buf_append(&other, null, sizeof null);
        der_put(out, e->tag, buf_span(&other));
        break;
    case LONGER:
        buf_append_byte(&other, 0);
        der_put(out, e->tag, buf_span(&other));
        break;
    default:
        if (other.len > 0)
            other.data[0] ^= 0x02;
        der_put(out, e->tag, buf_span(&other));
    }
    buf_free(&other);
}

static void put_element(const struct der *e, struct plan *p, struct buf *out)
{
    struct buf body = {0};
    size_t number = p->seen++;
    bool inside = (e->tag & 0x20) != 0 || (e->tag == DER_OCTET_STRING && der_check(e->body));
    if (inside)
        rewrite(e->body, p, &body);
    else
        buf_append(&body, e->body.p, e->body.n);
    if (number == p->target)
        put_spoilt(e, &body, p->how, out);
    else
        der_put(out, e->tag, buf_span(&body));
    buf_free(&body);
}

static void rewrite(struct span in, struct plan *p, struct buf *out)
{
    struct der e;
    while (der_next(&in, &e))
        put_element(&e, p, out);
}

size_t mutants_each(struct span der, void (*f)(struct span mutant))
{
    size_t n = 0;
    struct plan p = {0};
    do {
        for (int how = 0; how < SPOILS; how++, n++) {
            struct buf out = {0};
            p = (struct plan){.target = n / SPOILS, .how = (enum spoil)how};
            rewrite(der, &p, &out);
            ck_assert_int_eq(buf_err(&out), E_OK);
            if (!der_same(buf_span(&out), der)) /* what is empty cannot be emptied */
                f(buf_span(&out));
            buf_free(&out);
        }
    } while (n / SPOILS < p.seen);
    return n;
}
