#include "batch/results.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "batch/bundle.h"
#include "core/base64.h"
#include "core/file.h"
#include "pki/cert.h"
#include "pki/p7b.h"

/* One file being written. */
struct sink {
    int fd;
    const char *name;
    struct buf pending;
};

struct writer {
    struct state *s;
    struct plan *plan;
    struct sink results, log, certs;
    char batch[DIGEST_HEX];
    size_t certs_bytes;
    struct results *out;
};

static enum err sink_open(struct sink *k, int dir_fd, const char *name, struct diag *d)
{
    k->name = name;
    k->fd = openat(dir_fd, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    return k->fd >= 0 ? E_OK : diag_errno(d, errno, "%s", name);
}

static enum err sink_flush(struct sink *k, size_t above, struct diag *d)
{
    enum err e = buf_err(&k->pending);
    if (e != E_OK || k->pending.len <= above)
        return e;
    e = file_write_all(k->fd, k->pending.data, k->pending.len, k->name, d);
    buf_reset(&k->pending);
    return e;
}

static enum err sink_close(struct sink *k, enum err so_far, struct diag *d)
{
    enum err e = so_far;
    if (e == E_OK)
        e = sink_flush(k, 0, d);
    if (e == E_OK)
        e = file_sync(k->fd, k->name, d);
    if (k->fd >= 0)
        close(k->fd);
    k->fd = -1;
    buf_free(&k->pending);
    return e;
}

static enum err differ(const struct record *r, struct diag *d)
{
    return diag_set(d, E_ARCHIVE, "log line %llu does not answer the plan", (unsigned long long)r->seq);
}

static enum err write_refused(struct writer *w, const struct plan_item *i, const struct record *r, struct diag *d)
{
    if (i->issue || strcmp(record_text(r, "code"), err_name(i->code)) != 0)
        return differ(r, d);
    json_t *obj = json_pack("{s:I,s:s,s:s,s:s,s:s,s:s,s:I}", "n", (json_int_t)i->n, "id", i->id, "decision", "refused",
                            "code", err_name(i->code), "clause", i->clause, "detail", i->detail, "log",
                            (json_int_t)r->seq);
    enum err e = json_line_write(obj, &w->results.pending);
    buf_append_byte(&w->results.pending, '\n');
    json_decref(obj);
    return e;
}

/* The certificate is put together from the plan's TBS and the log's signature, and must be the one in the log. */
static enum err rebuild(struct writer *w, const struct plan_item *i, const struct record *r, struct buf *cert,
                        struct diag *d)
{
    struct buf signature = {0};
    struct issuer *key;
    uint8_t digest[DIGEST_LEN];
    char hex[DIGEST_HEX];
    const char *text = record_text(r, "signature");
    enum err e = issuers_find(&w->out->issuers, w->s, i->key, &key, d);
    if (e == E_OK)
        e = base64_decode(text, strlen(text), &signature);
    if (e == E_OK)
        e = cert_assemble(buf_span(&i->tbs), key->row->alg, key->row->sm2_null, buf_span(&signature), cert);
    if (e == E_OK)
        e = digest_bytes(DIGEST_SHA256, cert->data, cert->len, digest);
    if (e == E_OK) {
        hex_encode(digest, DIGEST_LEN, hex);
        if (strcmp(hex, record_text(r, "certificate")) != 0)
            e = differ(r, d);
    }
    buf_free(&signature);
    return e;
}

static enum err write_issued(struct writer *w, const struct plan_item *i, const struct record *r, struct diag *d)
{
    struct buf cert = {0};
    char serial[2 * PLAN_SERIAL + 1];
    char *text = NULL;
    if (!i->issue)
        return differ(r, d);
    enum err e = rebuild(w, i, r, &cert, d);
    if (e == E_OK) {
        text = base64_string(cert.data, cert.len);
        hex_encode(i->serial, PLAN_SERIAL, serial);
        json_t *obj = text == NULL
                          ? NULL
                          : json_pack("{s:I,s:s,s:s,s:s,s:s,s:s,s:s,s:I,s:s}", "n", (json_int_t)i->n, "id", i->id,
                                      "decision", "issued", "clause", i->clause, "profile", i->profile, "serial",
                                      serial, "ignored", i->ignored, "log", (json_int_t)r->seq, "certificate", text);
        e = json_line_write(obj, &w->results.pending);
        buf_append_byte(&w->results.pending, '\n');
        json_decref(obj);
        buf_append(&w->certs.pending, cert.data, cert.len);
        w->certs_bytes += cert.len;
    }
    free(text);
    buf_free(&cert);
    return e;
}

/* Is this the outcome line of one of this batch's requests? */
static bool answers(const struct writer *w, const struct record *r)
{
    if (r->type != RECORD_ISSUED && r->type != RECORD_REFUSED)
        return false;
    return strcmp(record_text(r, "batch"), w->batch) == 0 && record_number(r, "n") > 0;
}

static enum err take_line(struct writer *w, const struct record *r, struct diag *d)
{
    struct plan_item item = {0};
    bool more = false;
    enum err e = plan_next(w->plan, &item, &more, d);
    if (e == E_OK && (!more || item.n != record_number(r, "n")))
        e = differ(r, d);
    if (e == E_OK)
        e = r->type == RECORD_ISSUED ? write_issued(w, &item, r, d) : write_refused(w, &item, r, d);
    plan_item_free(&item);
    return e;
}

static enum err take_all(struct writer *w, const struct index_batch *row, struct diag *d)
{
    static const size_t chunk = 64 * 1024;
    struct log_reader *reader = NULL;
    struct record r = {0};
    struct span line;
    bool more = true, sealed = false;
    enum err e = log_reader_open(w->s->fd, LOG_FILE, &row->before, &reader, d);
    while (e == E_OK && !sealed) {
        struct log_position before = *log_reader_position(reader);
        e = log_reader_next(reader, &line, &r, &more, d);
        if (e == E_OK && !more)
            e = diag_set(d, E_ARCHIVE, "the log ends before the batch's seal");
        if (e != E_OK)
            break;
        buf_append(&w->log.pending, line.p, line.n);
        buf_append_byte(&w->log.pending, '\n');
        if (answers(w, &r))
            e = take_line(w, &r, d);
        sealed = r.seq == row->seal_seq;
        if (e == E_OK && sealed)
            e = seal_from_record(&r, &before, &w->out->seal, d);
        record_free(&r);
        if (e == E_OK)
            e = sink_flush(&w->results, chunk, d);
        if (e == E_OK)
            e = sink_flush(&w->log, chunk, d);
        if (e == E_OK)
            e = sink_flush(&w->certs, chunk, d);
    }
    record_free(&r);
    log_reader_close(reader);
    return e;
}

/* certs.p7b says its length first, so the certificates wait in a file of their own. */
static enum err write_p7b(struct writer *w, int fd, struct diag *d)
{
    enum err e = E_OK;
    for (size_t i = 0; i < w->out->issuers.n && e == E_OK; i++) {
        size_t before = w->certs.pending.len;
        e = cert_write_der(w->out->issuers.v[i].cert, &w->certs.pending);
        w->certs_bytes += w->certs.pending.len - before;
    }
    if (e == E_OK)
        e = sink_flush(&w->certs, 0, d);
    return e != E_OK ? e : p7b_write(fd, BUNDLE_CERTS, w->certs.fd, w->certs_bytes, d);
}

enum err results_write(struct state *s, int fd, struct plan *plan, const struct index_batch *row,
                       struct results *out, struct diag *d)
{
    struct writer w = {.s = s, .plan = plan, .results = {.fd = -1}, .log = {.fd = -1}, .certs = {.fd = -1},
                       .out = out};
    hex_encode(plan->header.batch, DIGEST_LEN, w.batch);
    enum err e = sink_open(&w.results, fd, BUNDLE_RESULTS, d);
    if (e == E_OK)
        e = sink_open(&w.log, fd, BUNDLE_LOG, d);
    if (e == E_OK)
        e = sink_open(&w.certs, fd, "certs.tmp", d);
    if (e == E_OK)
        e = take_all(&w, row, d);
    if (e == E_OK)
        e = write_p7b(&w, fd, d);
    e = sink_close(&w.results, e, d);
    e = sink_close(&w.log, e, d);
    e = sink_close(&w.certs, e, d);
    if (e == E_OK && unlinkat(fd, "certs.tmp", 0) != 0)
        e = diag_errno(d, errno, "certs.tmp");
    return e;
}

void results_free(struct results *r)
{
    issuers_free(&r->issuers);
    seal_free(&r->seal);
}
