#include "ra/cmc_write.h"

#include <openssl/asn1.h>
#include <stdlib.h>
#include <string.h>

#include "pki/cert.h"
#include "pki/der_write.h"

static void put_span(struct buf *out, struct span s)
{
    buf_append(out, s.p, s.n);
}

static void put_number(struct buf *out, uint32_t n)
{
    const uint8_t bytes[] = {(uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n};
    der_put_unsigned(out, (struct span){bytes, sizeof bytes});
}

/* -- controls -- */

/* A TaggedAttribute, up to its value; the control's number in the response follows the one before. */
struct control {
    size_t whole, values;
};

static struct control open_control(struct buf *out, uint32_t *last, enum cmc_control number)
{
    struct control c = {.whole = der_open(out, DER_SEQUENCE)};
    put_number(out, ++*last);
    put_span(out, cmc_id_control);
    buf_append_byte(out, (uint8_t)number);
    c.values = der_open(out, DER_SET);
    return c;
}

static void close_control(struct buf *out, struct control c)
{
    der_close(out, c.values);
    der_close(out, c.whole);
}

/* PendInfo: where the answer will be found, and when. */
static void put_pending(struct buf *out, const struct cmc_response *r)
{
    size_t at = der_open(out, DER_SEQUENCE);
    der_value(out, DER_OCTET_STRING, r->request->digest, DIGEST_LEN);
    der_generalized(out, r->pending_until);
    der_close(out, at);
}

/* CMCStatusInfoV2. The choices of otherInfo that are used have no tags of their own. */
static void put_status(struct buf *out, const struct cmc_response *r, size_t i, uint32_t *last)
{
    const struct cmc_status *s = &r->statuses[i];
    struct control c = open_control(out, last, CMC_STATUS_INFO_V2);
    size_t info = der_open(out, DER_SEQUENCE);
    put_number(out, s->word);
    size_t list = der_open(out, DER_SEQUENCE);
    put_number(out, r->request->parts[i].id);
    der_close(out, list);
    if (s->text[0] != '\0')
        der_value(out, V_ASN1_UTF8STRING, s->text, strlen(s->text));
    if (s->word == CMC_FAILED)
        put_number(out, s->fail);
    if (s->word == CMC_PENDING)
        put_pending(out, r);
    der_close(out, info);
    close_control(out, c);
}

static void put_value(struct buf *out, uint32_t *last, enum cmc_control number, struct span value)
{
    struct control c = open_control(out, last, number);
    put_span(out, value);
    close_control(out, c);
}

static void put_controls(struct buf *out, const struct cmc_response *r)
{
    uint32_t last = 0;
    for (size_t i = 0; i < r->request->n; i++)
        put_status(out, r, i, &last);
    if (r->request->transaction.n > 0)
        put_value(out, &last, CMC_TRANSACTION_ID, r->request->transaction);
    if (r->request->nonce.n == 0)
        return;
    put_value(out, &last, CMC_RECIPIENT_NONCE, r->request->nonce);
    struct control c = open_control(out, &last, CMC_SENDER_NONCE);
    der_value(out, DER_OCTET_STRING, r->nonce, CMC_NONCE);
    close_control(out, c);
}

enum err cmc_write_content(const struct cmc_response *r, struct buf *out)
{
    size_t all = der_open(out, DER_SEQUENCE);
    size_t controls = der_open(out, DER_SEQUENCE);
    put_controls(out, r);
    der_close(out, controls);
    der_put(out, DER_SEQUENCE, (struct span){0}); /* cmsSequence */
    der_put(out, DER_SEQUENCE, (struct span){0}); /* otherMsgSequence */
    der_close(out, all);
    return buf_err(out);
}

/* -- the bag -- */

static int in_order(const void *a, const void *b)
{
    const struct span *x = a, *y = b;
    return der_same(*x, *y) ? 0 : der_in_order(*x, *y) ? -1 : 1;
}

/* As the set that DER wants (X.690 11.6), each once. */
static enum err put_bag(const struct cmc_response *r, struct span signer, struct buf *out)
{
    size_t n = r->certificates_n;
    struct span *v = calloc(n + 1, sizeof *v);
    if (v == NULL)
        return E_NO_MEMORY;
    for (size_t i = 0; i < n; i++)
        v[i] = r->certificates[i];
    v[n++] = signer;
    qsort(v, n, sizeof *v, in_order);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || !der_same(v[i], v[i - 1]))
            put_span(out, v[i]);
    free(v);
    return buf_err(out);
}

enum err cmc_write(const struct cmc_response *r, X509 *cert, EVP_PKEY *key, int64_t signing_time, struct buf *out, struct diag *d)
{
    struct buf content = {0}, signer = {0}, bag = {0};
    enum err e = cmc_write_content(r, &content);
    if (e == E_OK)
        e = cert_write_der(cert, &signer);
    if (e == E_OK)
        e = put_bag(r, buf_span(&signer), &bag);
    if (e != E_OK) {
        diag_set(d, e, "a CMC response");
        goto out;
    }
    const struct cms_held held = {cmc_id_response, buf_span(&content), buf_span(&bag)};
    e = cms_sign_holding(cert, key, &held, signing_time, out, d);
out:
    buf_free(&content);
    buf_free(&signer);
    buf_free(&bag);
    return e;
}
