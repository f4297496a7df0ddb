#include "audit/approvals.h"

#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "audit/carried.h"
#include "audit/folder.h"
#include "batch/intake.h"
#include "batch/lists.h"
#include "batch/replay.h"
#include "core/file.h"

static enum err find_issuer(void *arg, const char *key, const struct issuer **out, struct diag *d)
{
    struct issuers *known = arg;
    *out = NULL;
    for (size_t i = 0; i < known->n && *out == NULL; i++)
        if (strcmp(known->v[i].row->name, key) == 0)
            *out = &known->v[i];
    return *out != NULL ? E_OK : diag_set(d, E_LOG_ORDER, "the key %s has no certificate yet", key);
}

/* The authority's keys as policy and log have them at this line. */
static enum err gather_issuers(const struct audit *a, const struct policy_authority *authority,
                               struct issuers *out)
{
    out->v = calloc(authority->keys_n, sizeof *out->v);
    if (out->v == NULL)
        return E_NO_MEMORY;
    for (size_t i = 0; i < authority->keys_n; i++) {
        const struct keys_entry *key = keys_find(&a->keys, authority->keys[i].name);
        const unsigned char *der = NULL;
        size_t n = 0;
        if (key == NULL || key->anchor == NULL)
            continue;
        struct issuer *one = &out->v[out->n++];
        one->row = &authority->keys[i];
        one->destroyed = key->destroyed > 0;
        one->cert = key->anchor;
        if (X509_up_ref(one->cert) != 1 ||
            X509_NAME_get0_der(X509_get_subject_name(one->cert), &der, &n) != 1)
            return E_CRYPTO;
        buf_append(&one->subject, der, n);
    }
    return E_OK;
}

static void free_issuers(struct issuers *i)
{
    for (size_t k = 0; k < i->n; k++) {
        X509_free(i->v[k].cert);
        buf_free(&i->v[k].subject);
    }
    free(i->v);
}

static enum err is_own(void *arg, const uint8_t spki[DIGEST_LEN], bool *own, struct diag *d)
{
    const struct audit *a = arg;
    (void)d;
    *own = false;
    for (size_t i = 0; i < a->keys.n && !*own; i++)
        *own = memcmp(a->keys.v[i].spki, spki, DIGEST_LEN) == 0;
    return E_OK;
}

/* As far as the log was read, and that is as far as the plan could know. */
static enum err owner(void *arg, const uint8_t spki[DIGEST_LEN], uint8_t subject[DIGEST_LEN], bool *found,
                      struct diag *d)
{
    const struct audit *a = arg;
    const uint8_t *known = set_find(&a->batches.owners, spki);
    (void)d;
    *found = known != NULL;
    if (known != NULL)
        memcpy(subject, known, DIGEST_LEN);
    return E_OK;
}

static enum err certificate(void *arg, const char *authority, const uint8_t serial[SERIAL_LEN], struct index_cert *out,
                            bool *found, struct diag *d)
{
    const struct audit *a = arg;
    enum err e = index_cert(a->index, authority, serial, SERIAL_LEN, out, found, d);
    *found = *found && out->log_seq > 0;
    return e;
}

/* Everything is decided again, and every byte to be signed made again. */
static enum err replay(struct audit *a, const struct batches_open *b,
                       const struct policy_authority *authority, struct diag *d)
{
    struct issuers issuers = {0};
    struct plan plan = {0};
    struct lists lists;
    const struct replay_source source = {find_issuer, &issuers, &lists.world};
    const struct decide_history history = {a, is_own, owner, certificate};
    enum err e = lists_begin(&lists, a->index, b->plan_line, d);
    if (e == E_OK)
        e = gather_issuers(a, authority, &issuers);
    if (e == E_OK)
        e = audit_archive(plan_open_known(b->fd, b->plan_digest, &plan, d), d);
    if (e == E_OK)
        e = replay_plan(b->fd, &plan, b->policy, &history, &source, d);
    lists_end(&lists);
    plan_close(&plan);
    free_issuers(&issuers);
    return e;
}

static enum err check_by_policy(struct audit *a, const struct batches_open *b, const struct batches_ra *ra, struct diag *d)
{
    struct batch_header h;
    const struct policy_authority *authority = policy_authority_find(b->policy, b->header.authority);
    if (authority == NULL)
        return diag_set(d, E_AUTHORITY, "%s", b->header.authority);
    enum err e = header_read(b->fd, &h, d);
    if (e == E_OK && h.has_previous &&
        (!ra->has_bundle || memcmp(ra->bundle, h.previous, DIGEST_LEN) != 0))
        e = diag_set(d, E_PREVIOUS, "batch %s of %s", h.id, h.ra);
    if (e == E_OK)
        e = replay(a, b, authority, d);
    if (e == E_OK)
        a->counts.decided += (uint64_t)h.count;
    return e;
}

/* One approval file, by anybody the plan lists. */
static enum err verify_carried(const struct batches_open *b, const char *name, struct span text,
                               bool *verified, struct diag *d)
{
    struct buf bytes = {0};
    enum err e = audit_archive(file_read(b->fd, name, LIMIT_APPROVAL_BYTES, &bytes, NULL, d), d);
    *verified = false;
    for (size_t i = 0; i < b->header.approvals_n && e == E_OK && !*verified; i++)
        e = carried_verify(buf_span(&bytes), b->header.approvals[i].certificate, text, verified,
                           d);
    buf_free(&bytes);
    return e;
}

static enum err check_other_policy(const struct batches_open *b, size_t *all, size_t *good,
                                   struct diag *d)
{
    struct file_list list = {0};
    struct buf text = {0};
    enum err e = approval_text(b->header.batch, &text);
    if (e == E_OK)
        e = audit_archive(file_list(b->fd, BATCHES_FILES_MAX, &list, d), d);
    for (size_t i = 0; i < list.n && e == E_OK; i++) {
        bool verified = false;
        if (!intake_is_approval(list.names[i]))
            continue;
        e = verify_carried(b, list.names[i], buf_span(&text), &verified, d);
        (*all)++;
        *good += verified;
    }
    file_list_free(&list);
    buf_free(&text);
    return e;
}

enum err approvals_check(struct audit *a, const struct batches_open *b,
                         const struct batches_ra *ra)
{
    struct diag why = {0};
    size_t all = 0, good = 0;
    if (b->policy != NULL)
        return audit_take(a, check_by_policy(a, b, ra, &why), &why);
    enum err e = check_other_policy(b, &all, &good, &why);
    if (e == E_OK)
        audit_open(a, "the batch was planned under another policy; %zu of %zu approvals verify "
                      "with certificates they carry; not checked: whose these are, roles and "
                      "the decisions", good, all);
    return audit_take(a, e, &why);
}
