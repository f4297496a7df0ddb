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

#define CERTS_TMP "certs.tmp"

/* One file being written. */
struct sink {
    int fd;
    const char *name;
    struct buf pending;
};

struct results {
    struct state *s;
    int fd;                 /* the folder that is written into; the caller's */
    struct plan plan;
    uint64_t total;         /* requests of the batch, */
    uint64_t taken;         /* and outcomes taken */
    char batch[DIGEST_HEX];
    struct log_position at; /* where to read on */
    struct sink results, log, certs;
    size_t certs_bytes;
    struct issuers issuers; /* of what was issued */
    bool sealed;
    struct seal seal;
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
    if (e != E_OK)
        return diag_set(d, e, "%s", k->name);
    if (k->pending.len <= above)
        return E_OK;
    e = file_write_all(k->fd, k->pending.data, k->pending.len, k->name, d);
    buf_reset(&k->pending);
    return e;
}

static void sink_drop(struct sink *k)
{
    if (k->fd >= 0)
        close(k->fd);
    k->fd = -1;
    buf_free(&k->pending);
}

static enum err sink_close(struct sink *k, enum err so_far, struct diag *d)
{
    enum err e = so_far;
    if (e == E_OK)
        e = sink_flush(k, 0, d);
    if (e == E_OK)
        e = file_sync(k->fd, k->name, d);
    sink_drop(k);
    return e;
}

static enum err differ(const struct record *r, struct diag *d)
{
    return diag_set(d, E_ARCHIVE, "log line %llu does not answer the plan", (unsigned long long)r->seq);
}

static enum err write_refused(struct results *w, const struct plan_item *i, const struct record *r, struct diag *d)
{
    if (i->issue || strcmp(record_text(r, "code"), err_name(i->code)) != 0)
        return differ(r, d);
    json_t *obj = json_pack("{s:I,s:s,s:s,s:s,s:s,s:s,s:I}", "n", (json_int_t)i->n, "id", i->id, "decision", "refused",
                            "code", err_name(i->code), "clause", i->clause, "detail", i->detail, "log",
                            (json_int_t)r->seq);
    enum err e = json_line_write(obj, &w->results.pending);
    if (e != E_OK)
        diag_set(d, e, "results");
    buf_append_byte(&w->results.pending, '\n');
    json_decref(obj);
    return e;
}

/* The certificate is put together from the plan's TBS and the log's signature, and must be the one in the log. */
static enum err rebuild(struct results *w, const struct plan_item *i, const struct record *r, struct buf *cert,
                        struct diag *d)
{
    struct buf signature = {0};
    struct issuer *key;
    uint8_t digest[DIGEST_LEN];
    char hex[DIGEST_HEX];
    const char *text = record_text(r, "signature");
    enum err e = issuers_find(&w->issuers, w->s, i->key, &key, d);
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

static enum err write_issued(struct results *w, const struct plan_item *i, const struct record *r, struct diag *d)
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
        if (e != E_OK)
            diag_set(d, e, "results");
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
static bool answers(const struct results *w, const struct record *r)
{
    if (r->type != RECORD_ISSUED && r->type != RECORD_REFUSED)
        return false;
    return strcmp(record_text(r, "batch"), w->batch) == 0 && record_number(r, "n") > 0;
}

static enum err take_line(struct results *w, const struct record *r, struct diag *d)
{
    struct plan_item item = {0};
    bool more = false;
    enum err e = plan_next(&w->plan, &item, &more, d);
    if (e == E_OK && (!more || item.n != record_number(r, "n")))
        e = differ(r, d);
    if (e == E_OK)
        e = r->type == RECORD_ISSUED ? write_issued(w, &item, r, d) : write_refused(w, &item, r, d);
    plan_item_free(&item);
    return e;
}

/* A seal before the last outcome is of something else. */
static enum err take_seal(struct results *w, const struct record *r, const struct log_position *before, struct diag *d)
{
    w->sealed = r->type == RECORD_SEAL && w->taken == w->total;
    return w->sealed ? seal_from_record(r, before, &w->seal, d) : E_OK;
}

static enum err take_record(struct results *w, struct span line, const struct record *r,
                            const struct log_position *before, struct diag *d)
{
    static const size_t chunk = 64 * 1024;
    enum err e = E_OK;
    buf_append(&w->log.pending, line.p, line.n);
    buf_append_byte(&w->log.pending, '\n');
    if (answers(w, r)) {
        e = take_line(w, r, d);
        w->taken++;
    } else {
        e = take_seal(w, r, before, d);
    }
    if (e == E_OK)
        e = sink_flush(&w->results, chunk, d);
    if (e == E_OK)
        e = sink_flush(&w->log, chunk, d);
    return e != E_OK ? e : sink_flush(&w->certs, chunk, d);
}

enum err results_follow(struct results *w, struct diag *d)
{
    struct log_reader *reader = NULL;
    struct record r = {0};
    struct span line;
    bool more = true;
    enum err e = w->sealed ? E_OK : log_reader_open(w->s->fd, LOG_FILE, &w->at, &reader, d);
    while (e == E_OK && !w->sealed) {
        struct log_position before = w->at;
        e = log_reader_next(reader, &line, &r, &more, d);
        if (e != E_OK || !more)
            break;
        w->at = *log_reader_position(reader);
        e = take_record(w, line, &r, &before, d);
        record_free(&r);
    }
    log_reader_close(reader);
    return e;
}

/* certs.p7b says its length first, so the certificates wait in a file of their own. */
static enum err write_p7b(struct results *w, struct diag *d)
{
    enum err e = E_OK;
    for (size_t i = 0; i < w->issuers.n && e == E_OK; i++) {
        size_t before = w->certs.pending.len;
        e = cert_write_der(w->issuers.v[i].cert, &w->certs.pending);
        w->certs_bytes += w->certs.pending.len - before;
    }
    if (e == E_OK)
        e = sink_flush(&w->certs, 0, d);
    return e != E_OK ? e : p7b_write(w->fd, BUNDLE_CERTS, w->certs.fd, w->certs_bytes, d);
}

enum err results_begin(struct state *s, int dir_fd, int fd, const struct plan *plan, const struct index_batch *row,
                       struct results **out, struct diag *d)
{
    struct results *w = *out = calloc(1, sizeof *w);
    if (w == NULL)
        return diag_set(d, E_NO_MEMORY, "results");
    *w = (struct results){.s = s, .fd = fd, .total = row->total, .at = row->before, .results = {.fd = -1},
                          .log = {.fd = -1}, .certs = {.fd = -1}};
    hex_encode(plan->header.batch, DIGEST_LEN, w->batch);
    enum err e = plan_open_again(dir_fd, plan, &w->plan, d);
    if (e == E_OK)
        e = sink_open(&w->results, fd, BUNDLE_RESULTS, d);
    if (e == E_OK)
        e = sink_open(&w->log, fd, BUNDLE_LOG, d);
    if (e == E_OK)
        e = sink_open(&w->certs, fd, CERTS_TMP, d);
    return e;
}

enum err results_finish(struct results *w, struct diag *d)
{
    enum err e = results_follow(w, d);
    if (e == E_OK && !w->sealed)
        e = diag_set(d, E_ARCHIVE, "the log ends before the batch's seal");
    if (e == E_OK)
        e = write_p7b(w, d);
    e = sink_close(&w->results, e, d);
    e = sink_close(&w->log, e, d);
    e = sink_close(&w->certs, e, d);
    if (e == E_OK && unlinkat(w->fd, CERTS_TMP, 0) != 0)
        e = diag_errno(d, errno, CERTS_TMP);
    return e;
}

const struct issuers *results_issuers(const struct results *w)
{
    return &w->issuers;
}

const struct seal *results_seal(const struct results *w)
{
    return &w->seal;
}

void results_free(struct results *w)
{
    if (w == NULL)
        return;
    sink_drop(&w->results);
    sink_drop(&w->log);
    sink_drop(&w->certs);
    plan_close(&w->plan);
    issuers_free(&w->issuers);
    seal_free(&w->seal);
    free(w);
}
