#include "batch/bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "batch/results.h"
#include "core/file.h"
#include "core/map.h"
#include "hsm/sign.h"
#include "log/seal.h"
#include "pki/cert.h"
#include "pki/cms.h"

#define BUNDLE_TMP BUNDLE_DIR ".tmp"

struct bundle {
    int fd; /* the folder */
    struct results *results;
};

bool bundle_stands(int dir_fd)
{
    return faccessat(dir_fd, BUNDLE_DIR "/" BUNDLE_SIGNATURE, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static enum err write_chain(struct state *s, const struct issuers *issuers, int fd, struct diag *d)
{
    struct buf pem = {0};
    enum err e = E_OK;
    for (size_t i = 0; i < issuers->n && e == E_OK; i++)
        e = cert_write_pem(issuers->v[i].cert, &pem);
    if (e == E_OK && issuers->n == 0) { /* nothing was issued: the appliance's own certificate says who answers */
        X509 *x = NULL;
        e = state_anchor(s, s->policy->bundle_key.name, &x, d);
        if (e == E_OK)
            e = cert_write_pem(x, &pem);
        X509_free(x);
    }
    if (e == E_OK)
        e = file_write(fd, BUNDLE_CHAIN, pem.data, pem.len, d);
    buf_free(&pem);
    return e;
}

static enum err write_seal(const struct seal *seal, int fd, struct diag *d)
{
    struct buf out = {0};
    enum err e = seal_write(seal, &out);
    if (e == E_OK)
        e = file_write(fd, BUNDLE_SEAL, out.data, out.len, d);
    buf_free(&out);
    return e;
}

static enum err pack_file(int fd, const char *name, json_t *out, struct diag *d)
{
    uint8_t digest[DIGEST_LEN];
    char hex[DIGEST_HEX];
    enum err e = file_digest(fd, name, LIMIT_ARCHIVE_BYTES, digest, d);
    if (e != E_OK)
        return e;
    hex_encode(digest, DIGEST_LEN, hex);
    return json_array_append_new(out, json_pack("{s:s,s:s}", "name", name, "sha256", hex)) == 0
               ? E_OK
               : diag_set(d, E_NO_MEMORY, BUNDLE_FILE);
}

/* Those that every bundle has, then the lists. */
static enum err pack_files(int fd, const struct results *r, json_t **out, struct diag *d)
{
    static const char *const names[] = {BUNDLE_CERTS, BUNDLE_CHAIN, BUNDLE_LOG, BUNDLE_RESULTS, BUNDLE_SEAL};
    enum err e = E_OK;
    *out = json_array();
    for (size_t i = 0; i < sizeof names / sizeof names[0] && e == E_OK; i++)
        e = pack_file(fd, names[i], *out, d);
    for (size_t i = 0; i < results_lists(r) && e == E_OK; i++)
        e = pack_file(fd, results_list(r, i), *out, d);
    return e;
}

static enum err write_manifest(const struct results *r, const struct plan *plan, const struct index_batch *row, int fd,
                               uint8_t digest[DIGEST_LEN], struct diag *d)
{
    char batch[DIGEST_HEX], name[DIGEST_HEX], policy[DIGEST_HEX];
    const struct plan_header *h = &plan->header;
    const struct plan_counts *c = &plan->counts;
    struct buf out = {0};
    json_t *files = NULL, *obj = NULL;
    hex_encode(h->batch, DIGEST_LEN, batch);
    hex_encode(plan->digest, DIGEST_LEN, name);
    hex_encode(h->policy, DIGEST_LEN, policy);
    enum err e = pack_files(fd, r, &files, d);
    if (e == E_OK) {
        obj = json_pack("{s:s,s:s,s:s,s:s,s:I,s:s,s:s,s:s,s:I,s:I,s:I,s:I,s:I,s:I,s:O}", "format", BUNDLE_FORMAT,
                        "authority", h->authority, "ra", h->ra, "id", h->id, "sequence", (json_int_t)h->sequence,
                        "batch", batch, "plan", name, "policy", policy, "issued", (json_int_t)c->issue, "refused",
                        (json_int_t)c->refuse, "status", (json_int_t)c->status, "lists", (json_int_t)c->lists,
                        "log-first", (json_int_t)row->plan_seq, "log-last", (json_int_t)row->seal_seq, "files", files);
        e = json_line_write(obj, &out);
        buf_append_byte(&out, '\n');
    }
    if (e == E_OK)
        e = buf_err(&out);
    if (e == E_OK)
        e = digest_bytes(DIGEST_SHA256, out.data, out.len, digest);
    if (e == E_OK)
        e = file_write(fd, BUNDLE_FILE, out.data, out.len, d);
    json_decref(obj);
    json_decref(files);
    buf_free(&out);
    return e;
}

enum err bundle_begin(struct state *s, int dir_fd, const struct plan *plan, const struct index_batch *row,
                      struct bundle **out, struct diag *d)
{
    struct bundle *b = *out = calloc(1, sizeof *b);
    if (b == NULL)
        return diag_set(d, E_NO_MEMORY, BUNDLE_TMP);
    b->fd = -1;
    enum err e = file_remove_dir(dir_fd, BUNDLE_TMP, d);
    if (e == E_OK)
        e = file_make_dir(dir_fd, BUNDLE_TMP, &b->fd, d);
    return e != E_OK ? e : results_begin(s, dir_fd, b->fd, plan, row, &b->results, d);
}

enum err bundle_follow(struct bundle *b, struct diag *d)
{
    return results_follow(b->results, d);
}

enum err bundle_build(struct bundle *b, struct state *s, const struct plan *plan, const struct index_batch *row,
                      uint8_t digest[DIGEST_LEN], struct diag *d)
{
    enum err e = results_finish(b->results, d);
    if (e == E_OK)
        e = write_chain(s, results_issuers(b->results), b->fd, d);
    if (e == E_OK)
        e = write_seal(results_seal(b->results), b->fd, d);
    return e != E_OK ? e : write_manifest(b->results, plan, row, b->fd, digest, d);
}

void bundle_close(struct bundle *b)
{
    if (b == NULL)
        return;
    results_free(b->results);
    if (b->fd >= 0)
        close(b->fd);
    free(b);
}

static enum err sign_manifest(struct state *s, int fd, struct hsm_key *key, struct diag *d)
{
    struct span manifest = {0};
    struct buf signature = {0}, cms = {0};
    X509 *cert = NULL;
    const struct policy_key *row = &s->policy->bundle_key;
    enum err e = map_open(fd, BUNDLE_FILE, LIMIT_LINE, &manifest, d);
    if (e == E_OK)
        e = state_anchor(s, row->name, &cert, d);
    if (e == E_OK)
        e = hsm_sign(key, manifest, &signature, d);
    if (e == E_OK)
        e = cms_wrap(cert, row->alg, buf_span(&signature), &cms, d);
    if (e == E_OK)
        e = file_write(fd, BUNDLE_SIGNATURE, cms.data, cms.len, d);
    map_close(&manifest);
    buf_free(&signature);
    buf_free(&cms);
    X509_free(cert);
    return e;
}

enum err bundle_sign(struct state *s, int dir_fd, struct hsm_key *key, struct diag *d)
{
    int fd = openat(dir_fd, BUNDLE_TMP, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return diag_errno(d, errno, BUNDLE_TMP);
    enum err e = sign_manifest(s, fd, key, d);
    close(fd);
    if (e == E_OK)
        e = file_rename(dir_fd, BUNDLE_TMP, BUNDLE_DIR, d);
    return e;
}
