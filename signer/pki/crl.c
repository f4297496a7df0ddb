#include "pki/crl.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "core/file.h"
#include "core/limits.h"
#include "pki/cause.h"
#include "pki/der_write.h"

#define OID_AKI "2.5.29.35"
#define OID_CRL_NUMBER "2.5.29.20"
#define OID_DELTA "2.5.29.27"
#define OID_IDP "2.5.29.28"
#define OID_FRESHEST "2.5.29.46"
#define OID_REASON "2.5.29.21"

#define CHUNK (64 * 1024)

/* Where the bytes go: a file, a digest, and perhaps one more digest, in chunks. */
struct sink {
    int fd;
    struct digest *sha256;
    struct prehash *sign;
    struct buf chunk;
    size_t bytes;
};

static enum err sink_flush(struct sink *s, struct diag *d)
{
    enum err e = buf_err(&s->chunk);
    if (e != E_OK)
        return diag_set(d, e, "writing a CRL");
    e = digest_update(s->sha256, s->chunk.data, s->chunk.len);
    if (e == E_OK && s->sign != NULL)
        e = prehash_update(s->sign, s->chunk.data, s->chunk.len);
    if (e != E_OK)
        return diag_set(d, e, "the digest of a CRL");
    if (s->fd >= 0)
        e = file_write_all(s->fd, s->chunk.data, s->chunk.len, "CRL", d);
    s->bytes += s->chunk.len;
    buf_reset(&s->chunk);
    return e;
}

/* -- entries -- */

int crl_compare(const struct crl_entry *a, const struct crl_entry *b)
{
    int c = a->serial_n == b->serial_n ? memcmp(a->serial, b->serial, a->serial_n)
            : a->serial_n < b->serial_n ? -1 : 1;
    return (c > 0) - (c < 0);
}

static bool reason_fits(int reason, bool delta)
{
    return reason >= 0 && reason <= 10 && reason != 7 && (reason != CRL_REMOVE || delta);
}

static bool entry_is_sound(const struct crl_entry *e, bool delta)
{
    return e->serial_n >= 1 && e->serial_n <= CRL_SERIAL_MAX && e->serial[0] != 0 &&
           (e->serial_n < CRL_SERIAL_MAX || e->serial[0] < 0x80) && reason_fits(e->reason, delta);
}

static enum err put_reason(struct buf *b, int reason)
{
    uint8_t code = (uint8_t)reason;
    size_t list = der_open(b, DER_SEQUENCE);
    size_t one = der_open(b, DER_SEQUENCE);
    enum err e = der_oid(b, OID_REASON);
    size_t octets = der_open(b, DER_OCTET_STRING);
    der_value(b, DER_ENUMERATED, &code, 1);
    der_close(b, octets);
    der_close(b, one);
    der_close(b, list);
    return e;
}

static enum err put_entry(struct buf *b, const struct crl_entry *e)
{
    enum err err = E_OK;
    size_t seq = der_open(b, DER_SEQUENCE);
    der_put_unsigned(b, (struct span){e->serial, e->serial_n});
    der_time(b, e->revoked);
    if (e->reason != 0)
        err = put_reason(b, e->reason);
    der_close(b, seq);
    return err;
}

/* The entries once: their number and the length of all, into the sink when there is one. */
struct pass {
    uint64_t entries;
    size_t bytes;
};

static enum err next_entry(const struct crl_source *source, bool delta, struct crl_entry *last, bool first, bool *more,
                           struct diag *d)
{
    struct crl_entry e = {0};
    enum err err = source->next(source->arg, &e, more, d);
    if (err != E_OK || !*more)
        return err;
    if (!entry_is_sound(&e, delta))
        return diag_set(d, E_CRL_ENTRIES, "a serial number or reason that a list cannot have");
    if (!first && crl_compare(last, &e) >= 0)
        return diag_set(d, E_CRL_ENTRIES, "the serial numbers do not ascend");
    *last = e;
    return E_OK;
}

static enum err go_through(const struct crl_source *source, bool delta, struct sink *sink, struct pass *out, struct diag *d)
{
    struct crl_entry entry = {0};
    struct buf der = {0};
    bool more = true;
    *out = (struct pass){0};
    enum err e = source->rewind(source->arg, d);
    while (e == E_OK) {
        e = next_entry(source, delta, &entry, out->entries == 0, &more, d);
        if (e != E_OK || !more)
            break;
        buf_reset(&der);
        e = put_entry(&der, &entry);
        if (e == E_OK)
            e = buf_err(&der);
        if (e != E_OK) {
            e = diag_set(d, cause_take(e), "an entry of a CRL");
            break;
        }
        out->entries++;
        out->bytes += der.len;
        if (out->bytes > LIMIT_CRL_BYTES)
            e = diag_set(d, E_MEDIUM_LIMIT, "the CRL would be larger than %u bytes", LIMIT_CRL_BYTES);
        if (e == E_OK && sink != NULL) {
            buf_append(&sink->chunk, der.data, der.len);
            if (sink->chunk.len >= CHUNK)
                e = sink_flush(sink, d);
        }
    }
    buf_free(&der);
    return e;
}

/* -- the head and the extensions -- */

static enum err put_aki(struct buf *b, struct span aki)
{
    struct der_extension x;
    enum err e = der_extension_open(b, OID_AKI, false, &x);
    size_t seq = der_open(b, DER_SEQUENCE);
    der_value(b, DER_CONTEXT + 0, aki.p, aki.n);
    der_close(b, seq);
    der_extension_close(b, &x);
    return e;
}

static enum err put_number(struct buf *b, const char *oid, bool critical, uint64_t number)
{
    struct der_extension x;
    uint8_t bytes[8];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(number >> (8 * (sizeof bytes - 1 - i)));
    enum err e = der_extension_open(b, oid, critical, &x);
    der_put_unsigned(b, (struct span){bytes, sizeof bytes});
    der_extension_close(b, &x);
    return e;
}

/* DistributionPointName with one URL, in the [0] that both kinds of point have for it. */
static void put_point_name(struct buf *b, const char *url)
{
    size_t name = der_open(b, DER_CONSTRUCTED + 0);
    size_t full = der_open(b, DER_CONSTRUCTED + 0);
    der_value(b, DER_CONTEXT + 6, url, strlen(url));
    der_close(b, full);
    der_close(b, name);
}

static enum err put_idp(struct buf *b, const char *url)
{
    struct der_extension x;
    enum err e = der_extension_open(b, OID_IDP, true, &x);
    size_t seq = der_open(b, DER_SEQUENCE);
    put_point_name(b, url);
    der_close(b, seq);
    der_extension_close(b, &x);
    return e;
}

static enum err put_freshest(struct buf *b, const char *url)
{
    struct der_extension x;
    enum err e = der_extension_open(b, OID_FRESHEST, false, &x);
    size_t list = der_open(b, DER_SEQUENCE);
    size_t seq = der_open(b, DER_SEQUENCE);
    put_point_name(b, url);
    der_close(b, seq);
    der_close(b, list);
    der_extension_close(b, &x);
    return e;
}

/* A delta names no deltas of its own (RFC 5280 5.2.6). */
static enum err put_extensions(struct buf *b, const struct crl_head *h)
{
    size_t tagged = der_open(b, DER_CONSTRUCTED + 0);
    size_t seq = der_open(b, DER_SEQUENCE);
    enum err e = put_aki(b, h->aki);
    if (e == E_OK)
        e = put_number(b, OID_CRL_NUMBER, false, h->number);
    if (e == E_OK && h->base != 0)
        e = put_number(b, OID_DELTA, true, h->base);
    if (e == E_OK && h->idp_url != NULL)
        e = put_idp(b, h->idp_url);
    if (e == E_OK && h->freshest_url != NULL && h->base == 0)
        e = put_freshest(b, h->freshest_url);
    der_close(b, seq);
    der_close(b, tagged);
    return e;
}

static void put_front(struct buf *b, const struct crl_head *h)
{
    struct span alg = alg_identifier(h->alg, h->sm2_null);
    der_value(b, DER_INTEGER, "\x01", 1); /* v2 */
    buf_append(b, alg.p, alg.n);
    buf_append(b, h->issuer.p, h->issuer.n);
    der_time(b, h->this_update);
    der_time(b, h->next_update);
}

/* -- the list -- */

/* Identifier, lengths and everything before the first entry. An empty list of entries is no element at all (5.1.2.6). */
static void put_start(struct buf *b, struct span front, const struct pass *list, size_t extensions_n)
{
    struct buf entries = {0};
    if (list->entries > 0)
        der_put_header(&entries, DER_SEQUENCE, list->bytes);
    der_put_header(b, DER_SEQUENCE, front.n + entries.len + list->bytes + extensions_n);
    buf_append(b, front.p, front.n);
    if (entries.len > 0)
        buf_append(b, entries.data, entries.len);
    b->failed = b->failed || entries.failed;
    buf_free(&entries);
}

static enum err write_list(const struct crl_head *h, const struct crl_source *source, struct sink *sink,
                           struct crl_written *out, struct diag *d)
{
    struct buf front = {0}, extensions = {0};
    struct pass first, second;
    put_front(&front, h);
    enum err e = put_extensions(&extensions, h);
    if (e == E_OK)
        e = buf_err(&front);
    if (e == E_OK)
        e = buf_err(&extensions);
    if (e != E_OK) {
        e = diag_set(d, cause_take(e), "the head of a CRL");
        goto out;
    }
    e = go_through(source, h->base != 0, NULL, &first, d);
    if (e != E_OK)
        goto out;
    put_start(&sink->chunk, buf_span(&front), &first, extensions.len);
    e = go_through(source, h->base != 0, sink, &second, d);
    if (e == E_OK && (first.entries != second.entries || first.bytes != second.bytes))
        e = diag_set(d, E_CRL_ENTRIES, "the second look at the entries was not like the first");
    buf_append(&sink->chunk, extensions.data, extensions.len);
    if (e == E_OK)
        e = sink_flush(sink, d);
    out->entries = first.entries;
out:
    buf_free(&front);
    buf_free(&extensions);
    return e;
}

enum err crl_write_tbs(const struct crl_head *h, const struct crl_source *source, int fd, struct prehash *sign,
                       struct crl_written *out, struct diag *d)
{
    struct sink sink = {.fd = fd, .sign = sign};
    *out = (struct crl_written){0};
    enum err e = digest_new(DIGEST_SHA256, &sink.sha256);
    if (e != E_OK) {
        e = diag_set(d, e, "the digest of a CRL");
        goto out;
    }
    e = write_list(h, source, &sink, out, d);
    if (e != E_OK)
        goto out;
    out->bytes = sink.bytes;
    e = digest_final(sink.sha256, out->sha256);
    if (e != E_OK)
        e = diag_set(d, e, "the digest of a CRL");
out:
    if (e != E_OK)
        *out = (struct crl_written){0};
    digest_free(sink.sha256);
    buf_free(&sink.chunk);
    return e;
}

static enum err copy_tbs(int fd, size_t total, struct sink *sink, struct diag *d)
{
    uint8_t bytes[CHUNK];
    size_t at = 0;
    for (;;) {
        ssize_t n = pread(fd, bytes, sizeof bytes, (off_t)at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return diag_errno(d, errno, "TBSCertList");
        if (n == 0 && at == total)
            return E_OK;
        if (n == 0 || (size_t)n > total - at)
            return diag_set(d, E_IO, "the TBSCertList is not %zu bytes", total);
        buf_append(&sink->chunk, bytes, (size_t)n);
        enum err e = sink_flush(sink, d);
        if (e != E_OK)
            return e;
        at += (size_t)n;
    }
}

enum err crl_assemble(int tbs_fd, size_t tbs_n, enum sig_alg alg, bool sm2_null, struct span signature, int out_fd,
                      uint8_t sha256[DIGEST_LEN], struct diag *d)
{
    struct sink sink = {.fd = out_fd};
    struct buf end = {0};
    struct span id = alg_identifier(alg, sm2_null);
    memset(sha256, 0, DIGEST_LEN);
    buf_append(&end, id.p, id.n);
    size_t bits = der_open(&end, DER_BIT_STRING);
    buf_append_byte(&end, 0); /* no unused bits */
    buf_append(&end, signature.p, signature.n);
    der_close(&end, bits);
    der_put_header(&sink.chunk, DER_SEQUENCE, tbs_n + end.len);
    enum err e = buf_err(&end);
    if (e == E_OK)
        e = digest_new(DIGEST_SHA256, &sink.sha256);
    if (e != E_OK) {
        e = diag_set(d, e, "the end of a CRL");
        goto out;
    }
    e = copy_tbs(tbs_fd, tbs_n, &sink, d);
    buf_append(&sink.chunk, end.data, end.len);
    if (e == E_OK)
        e = sink_flush(&sink, d);
    if (e != E_OK)
        goto out;
    e = digest_final(sink.sha256, sha256);
    if (e != E_OK)
        e = diag_set(d, e, "the digest of a CRL");
out:
    digest_free(sink.sha256);
    buf_free(&sink.chunk);
    buf_free(&end);
    return e;
}
