#include "audit/approvals.h"

#include <string.h>

#include "audit/audit.h"
#include "audit/carried.h"
#include "audit/folder.h"
#include "batch/intake.h"
#include "core/file.h"
#include "core/map.h"

static enum err compare_listed(const struct plan_header *h, const struct approvals *have,
                               struct diag *d)
{
    uint8_t digest[DIGEST_LEN];
    bool same = have->n == h->approvals_n;
    for (size_t i = 0; same && i < have->n; i++) {
        struct span der = have->by[i]->certificate;
        enum err e = digest_bytes(DIGEST_SHA256, der.p, der.n, digest);
        if (e != E_OK)
            return e;
        same = have->by[i]->role == h->approvals[i].role &&
               memcmp(digest, h->approvals[i].certificate, DIGEST_LEN) == 0;
    }
    return same ? E_OK
                : diag_set(d, E_ARCHIVE, "the plan lists other approvals than the batch has");
}

static enum err check_same_policy(struct audit *a, const struct batches_open *b,
                                  const struct batches_ra *ra, struct diag *d)
{
    struct batch_header h;
    struct approvals have;
    const struct policy_authority *authority = NULL;
    enum err e = folder_header(b->fd, &h, d);
    if (e == E_OK)
        e = header_check(&h, a->policy, b->header.created, &authority, d);
    if (e == E_OK && h.has_previous &&
        (!ra->has_bundle || memcmp(ra->bundle, h.previous, DIGEST_LEN) != 0))
        e = diag_set(d, E_PREVIOUS, "batch %s of %s", h.id, h.ra);
    if (e == E_OK)
        e = approval_check(b->fd, a->policy, authority, &h, b->header.created, &have, d);
    if (e == E_OK)
        e = compare_listed(&b->header, &have, d);
    return e;
}

/* One approval file, by anybody the plan lists. */
static enum err verify_carried(const struct batches_open *b, const char *name, struct span content,
                               bool *verified, struct diag *d)
{
    struct buf bytes = {0};
    enum err e = audit_archive(file_read(b->fd, name, LIMIT_APPROVAL_BYTES, &bytes, NULL, d), d);
    *verified = false;
    for (size_t i = 0; i < b->header.approvals_n && e == E_OK && !*verified; i++)
        e = carried_verify(buf_span(&bytes), b->header.approvals[i].certificate, content, verified,
                           d);
    buf_free(&bytes);
    return e;
}

static enum err check_other_policy(const struct batches_open *b, size_t *all, size_t *good,
                                   struct diag *d)
{
    struct file_list list = {0};
    struct span content = {0};
    enum err e = audit_archive(map_open(b->fd, BATCH_FILE, LIMIT_BATCH_BYTES, &content, d), d);
    if (e == E_OK)
        e = audit_archive(file_list(b->fd, BATCHES_FILES_MAX, &list, d), d);
    for (size_t i = 0; i < list.n && e == E_OK; i++) {
        bool verified = false;
        if (!intake_is_approval(list.names[i]))
            continue;
        e = verify_carried(b, list.names[i], content, &verified, d);
        (*all)++;
        *good += verified;
    }
    file_list_free(&list);
    map_close(&content);
    return e;
}

enum err approvals_check(struct audit *a, const struct batches_open *b,
                         const struct batches_ra *ra)
{
    struct diag why = {0};
    size_t all = 0, good = 0;
    if (b->same_policy)
        return audit_take(a, check_same_policy(a, b, ra, &why), &why);
    enum err e = check_other_policy(b, &all, &good, &why);
    if (e == E_OK)
        audit_open(a, "the batch was planned under another policy; %zu of %zu approvals verify "
                      "with certificates they carry; not checked: whose these are, roles and "
                      "the decisions", good, all);
    return audit_take(a, e, &why);
}
