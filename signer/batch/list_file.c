#include "batch/list_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "batch/history.h"
#include "batch/lists.h"
#include "batch/responses.h"
#include "core/base64.h"
#include "core/file.h"
#include "pki/crl_view.h"
#include "pki/ocsp_check.h"

#define LIST_TMP "list.tmp"

static enum err open_new(int dir_fd, const char *name, int *fd, struct diag *d)
{
    *fd = openat(dir_fd, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    return *fd >= 0 ? E_OK : diag_errno(d, errno, "%s", name);
}

/* What was written reads back as a list that the key signed. */
static enum err verify_list(struct state *s, const char *key, int fd, struct diag *d)
{
    struct crl_view *view = NULL;
    EVP_PKEY *public = NULL;
    enum err e = state_public_key(s, key, &public, d);
    if (e == E_OK)
        e = crl_view_open(fd, false, &view, d);
    if (e == E_OK)
        e = crl_verify(view, public, d);
    crl_view_close(view);
    EVP_PKEY_free(public);
    return e;
}

/* Right after the list was signed the index is what the list follows from. A bundle that is made later, after other batches,
 * needs the index of that time. */
static enum err write_tbs(struct state *s, const struct plan_header *h, const struct issuer *key, const struct plan_item *item,
                          uint64_t line, int fd, struct diag *d)
{
    struct index *then = NULL;
    enum err e = lists_write_tbs(s->index, h, key, item, fd, NULL, d);
    if (e != E_PLAN_STALE)
        return e;
    if (d != NULL)
        diag_clear(d);
    if (ftruncate(fd, 0) != 0 || lseek(fd, 0, SEEK_SET) != 0)
        return diag_errno(d, errno, LIST_TMP);
    e = history_before(s, line, &then, d);
    if (e == E_OK)
        e = lists_write_tbs(then, h, key, item, fd, NULL, d);
    index_close(then);
    return e;
}

enum err list_file_write(struct state *s, const struct plan_header *h, struct issuers *issuers, const struct plan_item *item,
                         const struct record *r, int dir_fd, const char *name, struct diag *d)
{
    const char *signature = record_text(r, "signature");
    struct buf bytes = {0};
    struct issuer *key;
    uint8_t digest[DIGEST_LEN];
    int tbs_fd = -1, fd = -1;
    enum err e = issuers_find(issuers, s, item->key, &key, d);
    if (e == E_OK)
        e = base64_decode(signature, strlen(signature), &bytes);
    if (e == E_OK)
        e = open_new(dir_fd, LIST_TMP, &tbs_fd, d);
    if (e == E_OK)
        e = open_new(dir_fd, name, &fd, d);
    if (e == E_OK)
        e = write_tbs(s, h, key, item, r->seq, tbs_fd, d);
    if (e == E_OK)
        e = crl_assemble(tbs_fd, (size_t)item->crl.bytes, key->row->alg, key->row->sm2_null, buf_span(&bytes), fd, digest, d);
    if (e == E_OK)
        e = file_sync(fd, name, d);
    if (e == E_OK)
        e = verify_list(s, item->key, fd, d);
    if (tbs_fd >= 0 && unlinkat(dir_fd, LIST_TMP, 0) != 0 && e == E_OK)
        e = diag_errno(d, errno, LIST_TMP);
    if (tbs_fd >= 0)
        close(tbs_fd);
    if (fd >= 0)
        close(fd);
    buf_free(&bytes);
    return e;
}

static enum err copy_all(struct ocsp_file *in, int to, const char *name, struct digest *tbs, X509 *issuer, int64_t *count,
                         struct diag *d)
{
    struct ocsp_view view;
    struct span response;
    bool more = true;
    enum err e = E_OK;
    *count = 0;
    while (e == E_OK) {
        e = ocsp_file_next(in, &response, &more, d);
        if (e != E_OK || !more)
            break;
        ++*count;
        if (issuer != NULL) {
            e = ocsp_view_response(response, &view, d);
            if (e == E_OK && (e = digest_update(tbs, view.tbs.p, view.tbs.n)) != E_OK)
                diag_set(d, e, "%s", name);
            if (e == E_OK)
                e = ocsp_verify(&view, issuer, d);
        }
        if (e == E_OK)
            e = file_write_all(to, response.p, response.n, name, d);
    }
    return e == E_OK ? file_sync(to, name, d) : e;
}

static enum err copy_open(int from, int to, const struct plan_item *item, const char *name, const char *digest, X509 *issuer,
                          struct diag *d)
{
    struct digest *tbs = NULL;
    uint8_t planned[DIGEST_LEN] = {0};
    struct ocsp_file *in = NULL;
    struct diag why = {0};
    uint8_t got[DIGEST_LEN];
    char hex[DIGEST_HEX] = "";
    int64_t count = 0;
    enum err e = digest_new(DIGEST_SHA256, &tbs);
    if (e == E_OK)
        e = ocsp_file_open(from, &in, &why);
    if (e == E_OK)
        e = copy_all(in, to, name, tbs, issuer, &count, &why);
    if (e == E_OK)
        e = digest_final(tbs, planned);
    if (e == E_OK)
        e = ocsp_file_digest(in, got);
    if (e == E_OK)
        hex_encode(got, DIGEST_LEN, hex);
    ocsp_file_close(in);
    digest_free(tbs);
    bool other = issuer != NULL && memcmp(planned, item->ocsp.tbs, DIGEST_LEN) != 0;
    if (e == E_OCSP_FORMAT || (e == E_OK && (other || count != item->ocsp.count || strcmp(hex, digest) != 0)))
        return diag_set(d, E_ARCHIVE, "%s is not the one of its log line", name);
    return e == E_OK ? E_OK : diag_wrap(d, e, &why, "%s", name);
}

enum err list_file_copy(int archive_fd, const struct plan_item *item, const char *digest, X509 *issuer, int dir_fd,
                        const char *name, struct diag *d)
{
    int to = -1, from = openat(archive_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (from < 0)
        return diag_set(d, E_ARCHIVE, "%s, which a log line names: %s", name, strerror(errno));
    enum err e = open_new(dir_fd, name, &to, d);
    if (e == E_OK)
        e = copy_open(from, to, item, name, digest, issuer, d);
    close(from);
    if (to >= 0)
        close(to);
    return e;
}
