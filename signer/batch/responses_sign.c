#include "batch/responses_sign.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/file.h"
#include "pki/cert.h"

#define RING 256          /* responses whose signature is waited for */
#define CHUNK (64 * 1024) /* bytes to one write */

struct run {
    const struct responses_source *source;
    struct hsm_pool *pool;
    struct responses_walk walk;
    struct buf ring[RING];   /* ResponseData */
    uint64_t read, written;  /* that went into the ring, and out of it */
    bool more;
    struct buf responder;    /* DER certificate, which goes into every response */
    struct digest *planned, *file; /* over all ResponseData, and over what is written */
    struct buf pending;
    int fd;
    const char *name;
};

static enum err fill(struct run *r, struct diag *d)
{
    enum err e = E_OK;
    while (e == E_OK && r->more && r->read - r->written < RING && hsm_pool_has_room(r->pool)) {
        struct buf *tbs = &r->ring[r->read % RING];
        e = responses_next(&r->walk, tbs, &r->more, d);
        if (e != E_OK || !r->more)
            break;
        if ((e = digest_update(r->planned, tbs->data, tbs->len)) != E_OK)
            return diag_set(d, e, "%s", r->name);
        e = hsm_pool_submit(r->pool, r->source->responder.token, buf_span(tbs), d);
        r->read += e == E_OK;
    }
    return e;
}

static enum err flush(struct run *r, struct diag *d)
{
    enum err e = digest_update(r->file, r->pending.data, r->pending.len);
    e = e == E_OK ? file_write_all(r->fd, r->pending.data, r->pending.len, r->name, d) : diag_set(d, e, "%s", r->name);
    buf_reset(&r->pending);
    return e;
}

static enum err write_oldest(struct run *r, struct diag *d)
{
    const struct policy_key *row = r->source->responder.row;
    struct buf signature = {0};
    enum err e = hsm_pool_take(r->pool, &signature, d);
    if (e == E_OK && (e = ocsp_assemble(buf_span(&r->ring[r->written % RING]), row->alg, row->sm2_null, buf_span(&signature),
                                        buf_span(&r->responder), &r->pending)) != E_OK)
        diag_set(d, e, "%s", r->name);
    r->written++;
    buf_free(&signature);
    return e == E_OK && r->pending.len >= CHUNK ? flush(r, d) : e;
}

static enum err write_all(struct run *r, const struct plan_item *item, const struct progress *progress, struct diag *d)
{
    enum err e = responses_open(r->source, item, &r->walk, d);
    while (e == E_OK) {
        e = fill(r, d);
        if (e != E_OK || r->read == r->written)
            break;
        e = write_oldest(r, d);
        if (progress != NULL)
            progress->step(progress->arg, r->written, (uint64_t)item->ocsp.count);
    }
    enum err closed = responses_close(&r->walk, e == E_OK ? d : NULL);
    e = e != E_OK ? e : closed;
    return e == E_OK ? flush(r, d) : e;
}

/* They are those that the officers authorised, and the disk has them. */
static enum err prove(struct run *r, const struct plan_item *item, int dir_fd, uint8_t digest[DIGEST_LEN], struct diag *d)
{
    uint8_t planned[DIGEST_LEN], back[DIGEST_LEN];
    enum err e = digest_final(r->planned, planned);
    if (e == E_OK)
        e = digest_final(r->file, digest);
    if (e != E_OK)
        return diag_set(d, e, "%s", r->name);
    if ((int64_t)r->written != item->ocsp.count || memcmp(planned, item->ocsp.tbs, DIGEST_LEN) != 0)
        return diag_set(d, E_PLAN_STALE, "%s would say something else now", r->name);
    e = file_sync(r->fd, r->name, d);
    if (e == E_OK)
        e = file_digest(dir_fd, r->name, LIMIT_ARCHIVE_BYTES, back, d);
    if (e == E_OK && memcmp(back, digest, DIGEST_LEN) != 0)
        e = diag_set(d, E_READ_BACK, "%s", r->name);
    return e;
}

static enum err begin(struct run *r, int dir_fd, struct diag *d)
{
    r->fd = openat(dir_fd, r->name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (r->fd < 0)
        return diag_errno(d, errno, "%s", r->name);
    enum err e = digest_new(DIGEST_SHA256, &r->planned);
    if (e == E_OK)
        e = digest_new(DIGEST_SHA256, &r->file);
    if (e == E_OK)
        e = cert_write_der(r->source->responder.cert, &r->responder);
    return e == E_OK ? E_OK : diag_set(d, e, "%s", r->name);
}

static void end(struct run *r)
{
    for (size_t i = 0; i < RING; i++)
        buf_free(&r->ring[i]);
    buf_free(&r->responder);
    buf_free(&r->pending);
    digest_free(r->planned);
    digest_free(r->file);
    if (r->fd >= 0)
        close(r->fd);
    free(r);
}

enum err responses_sign(const struct responses_source *source, const struct plan_item *item, int dir_fd,
                        struct hsm_pool *pool, const struct progress *progress, uint8_t digest[DIGEST_LEN], struct diag *d)
{
    char name[RESPONSES_NAME], tmp[RESPONSES_NAME + sizeof ".tmp"];
    responses_name(item->key, item->n, name);
    snprintf(tmp, sizeof tmp, "%s.tmp", name);
    struct run *r = calloc(1, sizeof *r);
    if (r == NULL)
        return diag_set(d, E_NO_MEMORY, "%s", name);
    *r = (struct run){.source = source, .pool = pool, .more = true, .fd = -1, .name = tmp};
    enum err e = begin(r, dir_fd, d);
    if (e == E_OK)
        e = write_all(r, item, progress, d);
    if (e == E_OK)
        e = prove(r, item, dir_fd, digest, d);
    if (e == E_OK)
        e = file_rename(dir_fd, tmp, name, d);
    end(r);
    return e;
}
