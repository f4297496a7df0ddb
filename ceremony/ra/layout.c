#include "ra/layout.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "core/json.h"
#include "pki/cert.h"
#include "ra/csv.h"

struct layout {
    const struct bundle *bundle;
    const struct answers *answers;
    const struct seal *seal;
    const struct progress *progress;
    int fd, certs_fd, chain_fd;
    bool write; /* else only compare with what is there */
    bool news;  /* something was written */
};

/* One file: what is there must be the same; what is missing is written. */
static enum err settle(struct layout *l, int fd, const char *name, const struct buf *content,
                       struct diag *d)
{
    struct buf old = {0};
    bool found;
    enum err e = buf_err(content);
    if (e != E_OK)
        return diag_set(d, e, "%s", name);
    e = file_read(fd, name, LIMIT_BATCH_BYTES, &old, &found, d);
    if (e == E_OK && found &&
        (old.len != content->len || memcmp(old.data, content->data, old.len) != 0))
        e = diag_set(d, E_BUNDLE_OTHER, "%s is there with other content", name);
    if (e == E_OK && !found && l->write) {
        l->news = true;
        e = file_write(fd, name, content->data, content->len, d);
    }
    buf_free(&old);
    return e;
}

static enum err settle_pem(struct layout *l, int fd, const char *name, X509 *cert,
                           struct diag *d)
{
    char file[LIMIT_TOKEN_TEXT + 8];
    struct buf pem = {0};
    snprintf(file, sizeof file, "%s.pem", name);
    enum err e = cert_write_pem(cert, &pem);
    e = e != E_OK ? diag_set(d, e, "%s", file) : settle(l, fd, file, &pem, d);
    buf_free(&pem);
    return e;
}

static enum err settle_certs(struct layout *l, struct diag *d)
{
    enum err e = E_OK;
    for (size_t i = 0; i < l->answers->n && e == E_OK; i++) {
        const struct answer *a = &l->answers->v[i];
        X509 *cert = NULL;
        if (a->issued) {
            e = cert_parse(buf_span(&a->cert), &cert, d);
            if (e == E_OK)
                e = settle_pem(l, l->certs_fd, a->id, cert, d);
            X509_free(cert);
        }
        if (l->write && l->progress != NULL)
            l->progress->step(l->progress->arg, i + 1, l->answers->n);
    }
    for (size_t i = 0; i < l->answers->issuers_n && e == E_OK; i++)
        e = settle_pem(l, l->chain_fd, l->answers->issuers[i]->row->name,
                       l->answers->issuers[i]->cert, d);
    return e;
}

static enum err settle_csv(struct layout *l, struct diag *d)
{
    static const char *const head[] = {"n",         "id",   "decision", "serial", "not_before",
                                       "not_after", "code", "clause",   "file",   "detail",
                                       "ignored"};
    enum { COLUMNS = sizeof head / sizeof head[0] };
    struct buf out = {0};
    csv_row(&out, head, COLUMNS);
    for (size_t i = 0; i < l->answers->n; i++) {
        const struct answer *a = &l->answers->v[i];
        char n[24], file[LIMIT_TOKEN_TEXT + 16] = "";
        snprintf(n, sizeof n, "%zu", i + 1);
        if (a->issued)
            snprintf(file, sizeof file, "certs/%s.pem", a->id);
        const char *const row[COLUMNS] = {n,
                                          a->id,
                                          a->issued ? "issued" : "refused",
                                          a->serial,
                                          a->not_before,
                                          a->not_after,
                                          a->issued ? "" : err_name(a->code),
                                          a->clause,
                                          file,
                                          a->issued ? "" : a->note,
                                          a->issued ? a->note : ""};
        csv_row(&out, row, COLUMNS);
    }
    enum err e = settle(l, l->fd, "results.csv", &out, d);
    buf_free(&out);
    return e;
}

static enum err settle_mark(struct layout *l, struct diag *d)
{
    char batch[DIGEST_HEX], bundle[DIGEST_HEX], log[DIGEST_HEX], head[DIGEST_HEX];
    const struct manifest *m = &l->bundle->manifest;
    struct buf out = {0};
    hex_encode(m->batch, DIGEST_LEN, batch);
    hex_encode(l->bundle->digest, DIGEST_LEN, bundle);
    hex_encode(l->seal->log, DIGEST_LEN, log);
    hex_encode(l->seal->head, DIGEST_LEN, head);
    json_t *obj =
        json_pack("{s:s,s:s,s:s,s:s,s:I,s:s,s:s,s:I,s:I,s:s,s:I,s:s}", "format",
                  "rootseal-import-1", "authority", m->authority, "ra", m->ra, "id", m->id,
                  "sequence", (json_int_t)m->sequence, "batch", batch, "bundle", bundle, "issued",
                  (json_int_t)m->issued, "refused", (json_int_t)m->refused, "log", log, "log-size",
                  (json_int_t)l->seal->size, "log-head", head);
    enum err e = json_line_write(obj, &out);
    buf_append_byte(&out, '\n');
    e = e != E_OK ? diag_set(d, e, "import.json") : settle(l, l->fd, "import.json", &out, d);
    json_decref(obj);
    buf_free(&out);
    return e;
}

/* In the order of writing; for comparing, the mark comes first, because it tells most. */
static enum err settle_all(struct layout *l, bool write, struct diag *d)
{
    l->write = write;
    enum err e = write ? E_OK : settle_mark(l, d);
    if (e == E_OK)
        e = settle_certs(l, d);
    if (e == E_OK)
        e = settle_csv(l, d);
    if (e == E_OK && write)
        e = settle_mark(l, d);
    return e;
}

enum err layout_write(const char *path, const struct bundle *bundle, const struct answers *answers,
                      const struct seal *seal, const struct progress *progress,
                      char name[LAYOUT_NAME], bool *news, struct diag *d)
{
    struct layout l = {.bundle = bundle,
                       .answers = answers,
                       .seal = seal,
                       .progress = progress,
                       .fd = -1,
                       .certs_fd = -1,
                       .chain_fd = -1};
    int out_fd;
    snprintf(name, LAYOUT_NAME, "%s-%" PRId64, bundle->manifest.ra, bundle->manifest.sequence);
    enum err e = file_make_path(path, &out_fd, d);
    if (e == E_OK)
        e = file_make_dir(out_fd, name, &l.fd, d);
    if (e == E_OK)
        e = file_make_dir(l.fd, "certs", &l.certs_fd, d);
    if (e == E_OK)
        e = file_make_dir(l.fd, "chain", &l.chain_fd, d);
    if (e == E_OK)
        e = settle_all(&l, false, d);
    if (e == E_OK)
        e = settle_all(&l, true, d);
    /* What was found there already may be from a run that was killed before it synced the names. */
    if (e == E_OK)
        e = file_sync(l.certs_fd, "certs", d);
    if (e == E_OK)
        e = file_sync(l.chain_fd, "chain", d);
    if (e == E_OK)
        e = file_sync(l.fd, name, d);
    *news = l.news;
    const int fds[] = {l.chain_fd, l.certs_fd, l.fd, out_fd};
    for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    return e;
}
