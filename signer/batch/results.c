#include "batch/results.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "batch/bundle.h"
#include "batch/certify_eseal.h"
#include "batch/list_file.h"
#include "batch/lists.h"
#include "batch/responses.h"
#include "core/base64.h"
#include "core/clock.h"
#include "core/file.h"
#include "pki/cert.h"
#include "pki/eseal.h"
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
    int dir_fd;             /* the batch's folder in the archive, and */
    int fd;                 /* the folder that is written into; both the caller's */
    struct plan plan;
    uint64_t total;         /* requests of the batch, */
    uint64_t taken;         /* and outcomes taken */
    char batch[DIGEST_HEX];
    struct log_position at; /* where to read on */
    struct sink results, log, certs;
    size_t certs_bytes;
    struct issuers issuers; /* of what was issued */
    struct issuers list_issuers;
    char (*lists)[RESULTS_LIST_NAME]; /* names of the list files */
    size_t lists_n;
    uint64_t old;           /* lines that were there before this program signed anything for the batch */
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

/* The object becomes the next line of results.jsonl; NULL is E_NO_MEMORY. */
static enum err put_line(struct results *w, json_t *obj, struct diag *d)
{
    enum err e = json_line_write(obj, &w->results.pending);
    buf_append_byte(&w->results.pending, '\n');
    json_decref(obj);
    return e == E_OK ? E_OK : diag_set(d, e, "results");
}

static enum err write_refused(struct results *w, const struct plan_item *i, const struct record *r, struct diag *d)
{
    if (strcmp(record_text(r, "code"), err_name(i->code)) != 0)
        return differ(r, d);
    return put_line(w,
                    json_pack("{s:I,s:s,s:s,s:s,s:s,s:s,s:I}", "n", (json_int_t)i->n, "id", i->id, "decision",
                              "refused", "code", err_name(i->code), "clause", i->clause, "detail", i->detail, "log",
                              (json_int_t)r->seq),
                    d);
}

/* Does the line tell of the certificate that the item is about? */
static bool same_serial(const struct plan_item *i, const struct record *r)
{
    char serial[2 * SERIAL_LEN + 1];
    hex_encode(i->serial, SERIAL_LEN, serial);
    return strcmp(record_text(r, "serial"), serial) == 0 && strcmp(record_text(r, "key"), i->key) == 0;
}

static enum err write_status(struct results *w, const struct plan_item *i, const struct record *r, struct diag *d)
{
    if (!same_serial(i, r) || strcmp(record_text(r, "status"), plan_status_name(i->act)) != 0 ||
        strcmp(record_text(r, "reason"), i->reason) != 0)
        return differ(r, d);
    if (i->act == PLAN_ACCEPT)
        return put_line(w,
                        json_pack("{s:I,s:s,s:s,s:s,s:s,s:I}", "n", (json_int_t)i->n, "id", i->id, "decision",
                                  "accepted", "clause", i->clause, "serial", record_text(r, "serial"), "log",
                                  (json_int_t)r->seq),
                        d);
    return put_line(w,
                    json_pack("{s:I,s:s,s:s,s:s,s:s,s:s,s:I,s:O,s:I}", "n", (json_int_t)i->n, "id", i->id, "decision",
                              plan_status_name(i->act), "clause", i->clause, "serial", record_text(r, "serial"), "reason",
                              i->reason, "reason-code", (json_int_t)i->reason_code, "late",
                              json_object_get(r->obj, "late"), "log", (json_int_t)r->seq),
                    d);
}

/* -- lists and responses -- */

static enum err note_list(struct results *w, const char *name, struct diag *d)
{
    void *more = realloc(w->lists, (w->lists_n + 1) * sizeof *w->lists);
    if (more == NULL)
        return diag_set(d, E_NO_MEMORY, "results");
    w->lists = more;
    snprintf(w->lists[w->lists_n++], sizeof *w->lists, "%s", name);
    return E_OK;
}

static enum err write_list(struct results *w, const struct plan_item *i, const struct record *r, struct diag *d)
{
    const struct plan_crl *c = &i->crl;
    char name[RESULTS_LIST_NAME], next[CLOCK_TEXT], tbs[DIGEST_HEX];
    lists_name(i->key, c->number, name);
    clock_format(c->next_update, next);
    hex_encode(c->tbs, DIGEST_LEN, tbs);
    if (strcmp(record_text(r, "key"), i->key) != 0 || record_number(r, "number") != c->number ||
        strcmp(record_text(r, "tbs"), tbs) != 0)
        return differ(r, d);
    enum err e = list_file_write(w->s, &w->plan.header, &w->list_issuers, i, r, w->fd, name, d);
    if (e == E_OK)
        e = note_list(w, name, d);
    return e != E_OK
               ? e
               : put_line(w,
                          json_pack("{s:I,s:s,s:s,s:s,s:s,s:I,s:I,s:s,s:I,s:s,s:I}", "n", (json_int_t)i->n, "id",
                                    i->id, "decision", "crl", "clause", i->clause, "key", i->key, "number",
                                    (json_int_t)c->number, "base", (json_int_t)c->base, "next-update", next, "entries",
                                    (json_int_t)c->entries, "file", name, "log", (json_int_t)r->seq),
                          d);
}

static enum err write_responses(struct results *w, const struct plan_item *i, const struct record *r, struct diag *d)
{
    const struct plan_ocsp *o = &i->ocsp;
    char name[RESULTS_LIST_NAME], next[CLOCK_TEXT];
    responses_name(i->key, i->n, name);
    clock_format(o->next_update, next);
    if (strcmp(record_text(r, "key"), i->key) != 0 || strcmp(record_text(r, "responder"), o->responder) != 0 ||
        record_number(r, "responses") != o->count)
        return differ(r, d);
    struct issuer *issuer = NULL;
    enum err e = r->seq <= w->old ? issuers_find(&w->list_issuers, w->s, i->key, &issuer, d) : E_OK;
    if (e == E_OK)
        e = list_file_copy(w->dir_fd, i, record_text(r, "digest"), issuer != NULL ? issuer->cert : NULL, w->fd, name, d);
    if (e == E_OK)
        e = note_list(w, name, d);
    return e != E_OK
               ? e
               : put_line(w,
                          json_pack("{s:I,s:s,s:s,s:s,s:s,s:s,s:s,s:I,s:s,s:I}", "n", (json_int_t)i->n, "id", i->id,
                                    "decision", "ocsp", "clause", i->clause, "key", i->key, "responder", o->responder,
                                    "next-update", next, "responses", (json_int_t)o->count, "file", name, "log",
                                    (json_int_t)r->seq),
                          d);
}

/* Whoever could write to the state could have written the line: the signature is believed when it verifies. */
static enum err verify_old(struct results *w, const struct plan_item *i, struct span bytes, struct diag *d)
{
    struct eseal seal;
    X509 *cert = NULL;
    EVP_PKEY *key = NULL;
    enum err e;
    if (plan_is_eseal(i)) {
        e = eseal_parse(bytes, &seal, d);
        return e == E_OK ? eseal_verify(&seal, d) : e;
    }
    e = state_public_key(w->s, i->key, &key, d);
    if (e == E_OK)
        e = cert_parse(bytes, &cert, d);
    if (e == E_OK)
        e = cert_verify(cert, key, d);
    X509_free(cert);
    EVP_PKEY_free(key);
    return e;
}

/* The certificate is put together from the plan's TBS and the log's signature, and must be the one in the log. */
static enum err rebuild(struct results *w, const struct plan_item *i, const struct record *r, struct buf *cert,
                        struct diag *d)
{
    struct buf signature = {0};
    struct issuer *key; /* goes into the bundle's chain */
    uint8_t digest[DIGEST_LEN];
    char hex[DIGEST_HEX];
    const char *text = record_text(r, "signature");
    enum err e = issuers_find(&w->issuers, w->s, i->key, &key, d);
    if (e == E_OK)
        e = base64_decode(text, strlen(text), &signature);
    if (e == E_OK)
        e = certify_assemble(i, key->cert, buf_span(&signature), cert, d);
    if (e == E_OK)
        e = digest_bytes(DIGEST_SHA256, cert->data, cert->len, digest);
    if (e == E_OK) {
        hex_encode(digest, DIGEST_LEN, hex);
        if (strcmp(hex, record_text(r, "certificate")) != 0)
            e = differ(r, d);
    }
    if (e == E_OK && r->seq <= w->old)
        e = verify_old(w, i, buf_span(cert), d);
    buf_free(&signature);
    return e;
}

/* The encrypting certificate's link to its signing one, and its private key as it came. */
static int set_pair(json_t *obj, const struct plan_item *i)
{
    char serial[2 * SERIAL_LEN + 1];
    if (!i->has_pair)
        return 0;
    hex_encode(i->pair, SERIAL_LEN, serial);
    return json_object_set_new(obj, "pair", json_string(serial)) != 0 ||
           json_set_base64(obj, "enveloped-key", &i->enveloped_key) != 0;
}

static enum err write_issued(struct results *w, const struct plan_item *i, const struct record *r, struct diag *d)
{
    struct buf cert = {0};
    char *text = NULL;
    enum err e = rebuild(w, i, r, &cert, d);
    if (e == E_OK) {
        text = base64_string(cert.data, cert.len);
        json_t *obj = text == NULL
                          ? NULL
                          : json_pack("{s:I,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:I,s:s}", "n", (json_int_t)i->n, "id", i->id,
                                      "decision", "issued", "clause", i->clause, "profile", i->profile, "serial",
                                      record_text(r, "serial"), "supersedes", record_text(r, "supersedes"), "ignored",
                                      i->ignored, "log", (json_int_t)r->seq, plan_is_eseal(i) ? "seal" : "certificate", text);
        if (obj != NULL && set_pair(obj, i) != 0) {
            json_decref(obj);
            obj = NULL;
        }
        e = put_line(w, obj, d);
        if (!plan_is_eseal(i)) {
            buf_append(&w->certs.pending, cert.data, cert.len);
            w->certs_bytes += cert.len;
        }
    }
    free(text);
    buf_free(&cert);
    return e;
}

/* Is this the outcome line of one of this batch's requests? */
static bool answers(const struct results *w, const struct record *r)
{
    return record_is_outcome(r) && strcmp(record_text(r, "batch"), w->batch) == 0;
}

static enum err take_item(struct results *w, const struct plan_item *i, const struct record *r, struct diag *d)
{
    static const enum record_type types[PLAN_ACTS] = {
        [PLAN_REFUSE] = RECORD_REFUSED,  [PLAN_ISSUE] = RECORD_ISSUED,   [PLAN_REVOKE] = RECORD_REVOKED,
        [PLAN_HOLD] = RECORD_REVOKED,    [PLAN_RELEASE] = RECORD_REVOKED, [PLAN_ACCEPT] = RECORD_ACCEPTED,
        [PLAN_CRL] = RECORD_CRL,        [PLAN_OCSP] = RECORD_OCSP};
    if (i->n != record_number(r, "n") || r->type != types[i->act])
        return differ(r, d);
    switch (i->act) {
    case PLAN_ISSUE:
        return write_issued(w, i, r, d);
    case PLAN_REFUSE:
        return write_refused(w, i, r, d);
    case PLAN_CRL:
        return write_list(w, i, r, d);
    case PLAN_OCSP:
        return write_responses(w, i, r, d);
    default:
        return write_status(w, i, r, d);
    }
}

static enum err take_line(struct results *w, const struct record *r, struct diag *d)
{
    struct plan_item item = {0};
    bool more = false;
    enum err e = plan_next(&w->plan, &item, &more, d);
    if (e == E_OK)
        e = more ? take_item(w, &item, r, d) : differ(r, d);
    plan_item_free(&item);
    return e;
}

/* A seal before the last outcome is of something else. */
static enum err take_seal(struct results *w, const struct record *r, const struct log_position *before, struct diag *d)
{
    const struct policy_key *row = &w->s->policy->log_key;
    EVP_PKEY *key = NULL;
    w->sealed = r->type == RECORD_SEAL && w->taken == w->total;
    if (!w->sealed)
        return E_OK;
    enum err e = seal_from_record(r, before, &w->seal, d);
    if (e == E_OK)
        e = seal_check_position(&w->seal, before, d);
    if (e == E_OK)
        e = state_public_key(w->s, row->name, &key, d);
    if (e == E_OK)
        e = seal_verify(&w->seal, row->alg, key, d);
    EVP_PKEY_free(key);
    return e;
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
    *w = (struct results){.s = s, .dir_fd = dir_fd, .fd = fd, .total = row->total, .at = row->before, .old = log_position(s->log)->size, .results = {.fd = -1},
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
        e = issuers_complete(&w->issuers, w->s, d);
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

size_t results_lists(const struct results *w)
{
    return w->lists_n;
}

const char *results_list(const struct results *w, size_t i)
{
    return w->lists[i];
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
    issuers_free(&w->list_issuers);
    free(w->lists);
    seal_free(&w->seal);
    free(w);
}
