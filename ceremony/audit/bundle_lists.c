#include "audit/bundle_lists.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "audit/audit.h"
#include "audit/statuses.h"
#include "batch/bundle.h"
#include "batch/lists.h"
#include "batch/results.h"
#include "core/file.h"
#include "pki/crl_lint.h"

/* Read every entry of it. Under another policy what it should say is not known. */
static enum err look_at(const struct batches_open *b, const struct plan_item *item,
                        const struct keys_entry *key, struct crl_view *view, uint8_t tbs[DIGEST_LEN], struct diag *d)
{
    struct issuer issuer = {0};
    if (b->policy == NULL || policy_key_find(b->policy, item->key) == NULL)
        return crl_view_digest(view, tbs, d);
    enum err e = statuses_issuer(b->policy, key, &issuer, d);
    if (e == E_OK) {
        struct crl_head want = lists_head(&b->header, &issuer, &item->crl);
        e = crl_lint(view, &want, (uint64_t)item->crl.entries, key->anchor, tbs, d);
    }
    buf_free(&issuer.subject);
    return e;
}

static enum err check_list(const struct audit *a, const struct batches_open *b, const struct plan_item *item, int fd,
                           struct diag *d)
{
    struct crl_view *view = NULL;
    uint8_t tbs[DIGEST_LEN] = {0};
    const struct keys_entry *key = keys_find(&a->keys, item->key);
    if (key == NULL || key->anchor == NULL)
        return diag_set(d, E_LOG_ORDER, "it is signed with %s, which has no certificate", item->key);
    enum err e = crl_view_open(fd, false, &view, d);
    if (e == E_OK)
        e = crl_verify(view, key->public, d);
    if (e == E_OK)
        e = look_at(b, item, key, view, tbs, d);
    if (e == E_OK && memcmp(tbs, item->crl.tbs, DIGEST_LEN) != 0)
        e = diag_set(d, E_ARCHIVE, "the plan has another list");
    crl_view_close(view);
    return e;
}

static enum err check_file(const struct audit *a, const struct batches_open *b, const struct plan_item *item, int dir_fd,
                           struct diag *d)
{
    struct diag why = {0};
    char name[RESULTS_LIST_NAME];
    lists_name(item->key, item->crl.number, name);
    int fd = file_open_beneath(dir_fd, name, O_RDONLY, 0);
    if (fd < 0)
        return diag_set(d, E_BUNDLE_DIGEST, "%s/%s: %s", BUNDLE_DIR, name, strerror(errno));
    enum err e = check_list(a, b, item, fd, &why);
    close(fd);
    return e == E_OK ? E_OK : diag_wrap(d, e, &why, "%s/%s", BUNDLE_DIR, name);
}

enum err bundle_lists_check(struct audit *a, const struct batches_open *b, int fd, struct diag *d)
{
    struct plan plan = {0};
    struct plan_item item = {0};
    bool more = true;
    if (b->counts.lists == 0)
        return E_OK;
    enum err e = audit_archive(plan_open_known(b->fd, b->plan_digest, &plan, d), d);
    while (e == E_OK) {
        e = audit_archive(plan_next(&plan, &item, &more, d), d);
        if (e != E_OK || !more)
            break;
        if (item.act == PLAN_CRL)
            e = check_file(a, b, &item, fd, d);
    }
    plan_item_free(&item);
    plan_close(&plan);
    return e;
}
