#include "pki/der_write.h"

#include <openssl/objects.h>
#include <string.h>

#include "core/clock.h"

size_t der_open(struct buf *b, int tag)
{
    buf_append_byte(b, (uint8_t)tag);
    return b->len;
}

void der_close(struct buf *b, size_t at)
{
    struct buf head = {0};
    size_t n = b->len - at;
    if (b->failed)
        return;
    der_put_header(&head, b->data[at - 1], n);
    if (head.failed) {
        b->failed = true;
        return;
    }
    size_t length_n = head.len - 1;                /* the tag is there already */
    buf_append(b, head.data + 1, length_n);        /* makes room; the bytes are put in place below */
    if (!b->failed) {
        memmove(b->data + at + length_n, b->data + at, n);
        memcpy(b->data + at, head.data + 1, length_n);
    }
    buf_free(&head);
}

void der_value(struct buf *b, int tag, const void *p, size_t n)
{
    der_put(b, (uint8_t)tag, (struct span){p, n});
}

void der_true(struct buf *b)
{
    der_value(b, DER_BOOLEAN, "\xff", 1);
}

enum err der_oid(struct buf *b, const char *dotted)
{
    enum err e = E_OK;
    uint8_t *der = NULL;
    ASN1_OBJECT *o = OBJ_txt2obj(dotted, 1);
    if (o == NULL)
        return E_FIELD_VALUE;
    int n = i2d_ASN1_OBJECT(o, &der);
    if (n > 0)
        buf_append(b, der, (size_t)n);
    else
        e = E_CRYPTO;
    OPENSSL_free(der);
    ASN1_OBJECT_free(o);
    return e;
}

/* YYYY-MM-DDThh:mm:ssZ without its punctuation. */
static size_t digits_of(int64_t t, char out[CLOCK_TEXT])
{
    char iso[CLOCK_TEXT];
    size_t n = 0;
    clock_format(t, iso);
    for (const char *c = iso; *c != '\0'; c++)
        if (*c != '-' && *c != ':' && *c != 'T')
            out[n++] = *c;
    out[n] = '\0';
    return n;
}

void der_time(struct buf *b, int64_t t)
{
    char out[CLOCK_TEXT];
    size_t n = digits_of(t, out);
    if (strncmp(out, "2050", 4) < 0)
        der_value(b, V_ASN1_UTCTIME, out + 2, n - 2);
    else
        der_value(b, V_ASN1_GENERALIZEDTIME, out, n);
}

void der_generalized(struct buf *b, int64_t t)
{
    char out[CLOCK_TEXT];
    size_t n = digits_of(t, out);
    der_value(b, V_ASN1_GENERALIZEDTIME, out, n);
}

enum err der_extension_open(struct buf *b, const char *oid, bool critical, struct der_extension *x)
{
    x->seq = der_open(b, DER_SEQUENCE);
    enum err e = der_oid(b, oid);
    if (critical)
        der_true(b);
    x->octets = der_open(b, DER_OCTET_STRING);
    return e;
}

void der_extension_close(struct buf *b, const struct der_extension *x)
{
    der_close(b, x->octets);
    der_close(b, x->seq);
}
