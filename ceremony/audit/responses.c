#include "audit/responses.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "audit/audit.h"
#include "batch/bundle.h"
#include "batch/responses.h"
#include "core/file.h"
#include "core/i18n.h"
#include "pki/ocsp_check.h"

static enum err find_issuer(const struct audit *a, const char *name, struct issuer *out, struct diag *d)
{
    const struct keys_entry *key = keys_find(&a->keys, name);
    *out = (struct issuer){.row = policy_key_find(a->policy, name)}; /* NULL under another policy: nothing here asks it */
    if (key == NULL || key->anchor == NULL)
        return diag_set(d, E_LOG_ORDER, "it is about %s, which has no certificate", name);
    out->cert = key->anchor;
    return E_OK;
}

/* One response against the bytes that it must have. */
static enum err verify_one(struct span response, const struct buf *tbs, X509 *issuer, struct diag *d)
{
    struct ocsp_view view;
    enum err e = ocsp_view_response(response, &view, d);
    if (e == E_OK && (view.tbs.n != tbs->len || memcmp(view.tbs.p, tbs->data, tbs->len) != 0))
        e = diag_set(d, E_ARCHIVE, "it says something else than the log");
    return e == E_OK ? ocsp_verify(&view, issuer, d) : e;
}

static enum err verify_all(struct ocsp_file *file, struct responses_walk *walk, const struct plan_item *item, struct diag *d)
{
    struct buf tbs = {0};
    struct span response;
    struct diag why = {0};
    bool more = true, another = true;
    int64_t n = 0;
    enum err e = E_OK;
    while (e == E_OK && more) {
        e = ocsp_file_next(file, &response, &more, &why);
        if (e == E_OK)
            e = responses_next(walk, &tbs, &another, &why);
        if (e == E_OK && more != another)
            e = diag_set(&why, E_ARCHIVE, more ? N_("there are more than certificates") : N_("there are fewer than certificates"));
        if (e == E_OK && more)
            e = verify_one(response, &tbs, walk->source->issuer.cert, &why);
        n += e == E_OK && more;
    }
    buf_free(&tbs);
    if (e != E_OK)
        return diag_wrap(d, e, &why, "response %" PRId64 " about certificates of %s", n + 1, item->key);
    return n == item->ocsp.count ? E_OK : diag_set(d, E_ARCHIVE, "%" PRId64 " responses, not %" PRId64, n, item->ocsp.count);
}

static enum err verify_file(const struct responses_source *source, int fd, const struct plan_item *item, const char *digest,
                            struct diag *d)
{
    struct responses_walk walk = {0};
    struct ocsp_file *file = NULL;
    uint8_t got[DIGEST_LEN] = {0};
    char hex[DIGEST_HEX];
    enum err e = ocsp_file_open(fd, &file, d);
    if (e == E_OK)
        e = responses_open(source, item, &walk, d);
    if (e == E_OK)
        e = verify_all(file, &walk, item, d);
    enum err closed = responses_close(&walk, e == E_OK ? d : NULL);
    e = e != E_OK ? e : closed;
    if (e == E_OK)
        e = ocsp_file_digest(file, got);
    ocsp_file_close(file);
    hex_encode(got, DIGEST_LEN, hex);
    if (e == E_OK && strcmp(hex, digest) != 0)
        e = diag_set(d, E_ARCHIVE, "the responses about certificates of %s are not those of this line", item->key);
    return e;
}

/* A bundle that is not there is made again by the appliance; a file that it lacks is told with the bundle. */
static enum err check_copy(const struct batches_open *b, const char *name, const char *digest, struct diag *d)
{
    uint8_t got[DIGEST_LEN];
    char hex[DIGEST_HEX];
    int fd = file_open_beneath(b->fd, BUNDLE_DIR, O_RDONLY | O_DIRECTORY, 0);
    if (fd < 0)
        return E_OK;
    enum err e = file_digest(fd, name, LIMIT_ARCHIVE_BYTES, got, NULL);
    close(fd);
    if (e != E_OK)
        return e == E_NO_MEMORY ? e : E_OK;
    hex_encode(got, DIGEST_LEN, hex);
    return strcmp(hex, digest) == 0 ? E_OK : diag_set(d, E_BUNDLE_DIGEST, "%s/%s is not the one of this line", BUNDLE_DIR, name);
}

enum err responses_verify(struct audit *a, const struct batches_open *b, const struct plan_item *item, const struct record *r,
                          struct diag *d)
{
    struct responses_source source = {.index = a->index, .line = b->plan_line, .header = &b->header};
    const char *digest = record_text(r, "digest");
    char name[RESPONSES_NAME];
    bool known = false;
    responses_name(item->key, item->n, name);
    enum err e = batches_put_text(&a->batches.responses, &known, b->intake, name);
    if (e == E_OK)
        e = find_issuer(a, item->key, &source.issuer, d);
    if (e == E_OK)
        e = find_issuer(a, item->ocsp.responder, &source.responder, d);
    if (e != E_OK)
        return e;
    int fd = file_open_beneath(b->fd, name, O_RDONLY | O_NONBLOCK, 0);
    if (fd < 0)
        return diag_set(d, E_ARCHIVE, "%s: %s", name, strerror(errno));
    e = verify_file(&source, fd, item, digest, d);
    close(fd);
    return e == E_OK ? check_copy(b, name, digest, d) : e;
}
