#include "ra/own.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "batch/approval.h"
#include "pki/cms.h"

/* Is the approval of this name in the way of a new one by this person? */
static enum err look(const struct desk *k, const char *at, const char *name, X509 *cert, struct span text, bool *stale,
                     struct diag *d)
{
    struct buf bytes = {0};
    struct cms *cms = NULL;
    struct diag why = {0};
    *stale = false;
    enum err e = file_read(k->fd, at, LIMIT_APPROVAL_BYTES, &bytes, NULL, d);
    if (e != E_OK)
        goto out;
    e = cms_parse_person(buf_span(&bytes), &cms, &why);
    if (e == E_APPROVAL_FORMAT) {
        *stale = strcmp(at, name) == 0;
        e = E_OK;
    } else if (e == E_OK && cms_is_by(cms, cert)) {
        e = cms_verify(cms, cert, text, &why);
        *stale = e == E_APPROVAL_SIGNATURE;
        if (e == E_OK)
            e = diag_set(&why, E_APPROVAL_TWICE, "it is by the same person, and fits the batch");
        else if (*stale)
            e = E_OK;
    }
    if (e != E_OK)
        diag_wrap(d, e, &why, "%s", at);
    if (e == E_APPROVAL_TWICE)
        diag_advise(d, "nothing: it stands; let the other person approve");
out:
    cms_free(cms);
    buf_free(&bytes);
    return e;
}

enum err own_find(const struct desk *k, const char *name, X509 *cert, struct file_list *stale, struct diag *d)
{
    size_t kept = 0;
    struct buf text = {0};
    enum err e = desk_approvals(k->fd, stale, d);
    if (e == E_OK)
        e = approval_text(k->digest, &text);
    for (size_t i = 0; i < stale->n; i++) {
        bool is_stale = false;
        if (e == E_OK)
            e = look(k, stale->names[i], name, cert, buf_span(&text), &is_stale, d);
        if (is_stale)
            stale->names[kept++] = stale->names[i];
        else
            free(stale->names[i]);
    }
    stale->n = kept;
    buf_free(&text);
    return e;
}

enum err own_replace(const struct desk *k, const char *name, const struct buf *approval, const struct file_list *stale,
                     struct diag *d)
{
    bool removed = false;
    enum err e = desk_put(k->fd, name, approval->data, approval->len, d);
    for (size_t i = 0; i < stale->n && e == E_OK; i++) {
        if (strcmp(stale->names[i], name) == 0)
            continue;
        if (unlinkat(k->fd, stale->names[i], 0) != 0 && errno != ENOENT)
            e = diag_errno(d, errno, "%s", stale->names[i]);
        removed = true;
    }
    return e == E_OK && removed ? file_sync(k->fd, BATCH_FILE, d) : e;
}
