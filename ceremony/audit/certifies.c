#include "audit/certifies.h"

#include <fcntl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "audit/audit.h"
#include "audit/ceremonies.h"
#include "audit/records.h"
#include "batch/state.h"
#include "core/file.h"
#include "pki/cert.h"
#include "pki/der.h"
#include "pki/key.h"
#include "pki/lint.h"
#include "room/record_files.h"

#define CROSSES_MAX 4096

/* -- what was agreed upon -- */

static enum err put_agreed(struct audit *a, struct span file, int64_t *n, struct diag *d)
{
    struct der tbs;
    *n = 0;
    while (file.n > 0) {
        uint8_t digest[DIGEST_LEN];
        bool known;
        if (!der_take(&file, DER_SEQUENCE, &tbs))
            return diag_set(d, E_ARCHIVE, "it is not in DER");
        enum err e = digest_bytes(DIGEST_SHA256, tbs.whole.p, tbs.whole.n, digest);
        if (e == E_OK)
            e = batches_put(&a->certifies.agreed, digest, &known);
        if (e != E_OK)
            return e;
        ++*n;
    }
    return E_OK;
}

/* The request of a sub-CA, which its certificate came of. */
static enum err name_request(struct audit *a, const struct record *r)
{
    char name[32];
    snprintf(name, sizeof name, "step-%lld.csr", (long long)record_number(r, "step"));
    return records_name(a, record_text(r, "ceremony"), name);
}

static enum err check_file(struct audit *a, const struct record *r, int dir_fd, const uint8_t want[DIGEST_LEN], struct diag *d)
{
    char name[32];
    struct buf file = {0};
    uint8_t have[DIGEST_LEN];
    int64_t n = 0;
    struct diag why = {0};
    snprintf(name, sizeof name, "step-%lld.tbs", (long long)record_number(r, "step"));
    enum err e = records_name(a, record_text(r, "ceremony"), name);
    if (e == E_OK)
        e = name_request(a, r);
    if (e == E_OK)
        e = file_read(dir_fd, name, CERTIFY_MAX * LIMIT_TBS_BYTES, &file, NULL, &why);
    if (e == E_OK)
        e = digest_bytes(DIGEST_SHA256, file.data, file.len, have);
    if (e == E_OK && memcmp(have, want, DIGEST_LEN) != 0)
        e = diag_set(&why, E_ARCHIVE, "it is not the one of the log");
    if (e == E_OK)
        e = put_agreed(a, buf_span(&file), &n, &why);
    if (e == E_OK && n != record_number(r, "certificates"))
        e = diag_set(&why, E_ARCHIVE, "it is %lld certificates", (long long)n);
    buf_free(&file);
    if (e == E_OK || e == E_NO_MEMORY)
        return e;
    return diag_wrap(d, E_ARCHIVE, &why, "%s/%s/%s", CEREMONIES_DIR, record_text(r, "ceremony"), name);
}

enum err certifies_take(struct audit *a, const struct record *r)
{
    struct diag why = {0};
    uint8_t digest[DIGEST_LEN];
    int fd = -1;
    const struct course *c = courses_find(&a->transcripts.courses, record_text(r, "ceremony"));
    enum err e = record_digest(r, "tbs", digest);
    if (e == E_OK)
        e = ceremonies_open(a, record_text(r, "ceremony"), &fd, &why);
    if (e == E_OK)
        e = check_file(a, r, fd, digest, &why);
    bool whole = e == E_OK && c != NULL; /* a ceremony that was not begun was told of already */
    e = audit_take(a, e, &why);
    if (e == E_OK && whole)
        e = officers_check(a, &(struct officers_of){fd, {digest, c->name, c->file, (int)record_number(r, "step")}, a->policy_known ? a->policy : NULL,
                                                    "the certificates were agreed upon"});
    else
        officers_forget(&a->officers, digest);
    if (fd >= 0)
        close(fd);
    return e;
}

/* -- what came of it -- */

static enum err tbs_digest(X509 *x, uint8_t out[DIGEST_LEN])
{
    uint8_t *tbs = NULL;
    int n = i2d_re_X509_tbs(x, &tbs);
    enum err e = n <= 0 ? E_CRYPTO : digest_bytes(DIGEST_SHA256, tbs, (size_t)n, out);
    OPENSSL_free(tbs);
    return e;
}

static enum err note_made(struct audit *a, X509 *x, bool *agreed, bool *again)
{
    uint8_t digest[DIGEST_LEN];
    enum err e = tbs_digest(x, digest);
    if (e != E_OK)
        return e;
    *agreed = set_find(&a->certifies.agreed, digest) != NULL;
    return batches_put(&a->certifies.made, digest, again);
}

enum err certifies_take_anchor(struct audit *a, const char *name, X509 *x)
{
    bool agreed = false, again = false;
    enum err e = note_made(a, x, &agreed, &again);
    if (e == E_OK && !agreed && a->certifies.ceremony)
        audit_note(a, "the certificate of %s was made outside of a ceremony", name);
    return e;
}

/* Whose key it is: one of our own, whose certificate it must not outlive, or a sub-CA's elsewhere. */
static const struct keys_entry *own_subject(const struct audit *a, X509 *x)
{
    for (size_t i = 0; i < a->keys.n; i++)
        if (a->keys.v[i].anchor != NULL && EVP_PKEY_eq(X509_get0_pubkey(x), a->keys.v[i].public) == 1)
            return &a->keys.v[i];
    return NULL;
}

static enum err check_lint(const struct audit *a, X509 *x, X509 *issuer, const struct policy_key *ca, struct diag *d)
{
    uint8_t *tbs = NULL;
    const struct keys_entry *own = own_subject(a, x);
    const struct lint_ca what = {.subject = X509_get_subject_name(own != NULL ? own->anchor : x),
                                 .key = X509_get0_pubkey(x),
                                 .inside = own != NULL ? own->anchor : NULL,
                                 .path_zero = own == NULL};
    int n = i2d_re_X509_tbs(x, &tbs);
    enum err e = n <= 0 ? E_CRYPTO : lint_ca((struct span){tbs, (size_t)n}, ca, issuer, &what, d);
    OPENSSL_free(tbs);
    return e;
}

static enum err check_key(const struct record *r, X509 *x, struct diag *d)
{
    struct key key = {0};
    uint8_t want[DIGEST_LEN];
    enum err e = record_digest(r, "subject-key", want);
    if (e == E_OK)
        e = key_from_pkey(X509_get0_pubkey(x), &key, d);
    if (e == E_OK && memcmp(want, key.digest, DIGEST_LEN) != 0)
        e = diag_set(d, E_ANCHOR, "its public key is another than the line says");
    key_free(&key);
    return e;
}

static enum err check_cross(struct audit *a, const struct record *r, X509 *x, struct diag *d)
{
    const struct keys_entry *ca = keys_find(&a->keys, record_text(r, "key"));
    const struct policy_key *row = policy_key_find(a->policy, record_text(r, "key"));
    if (ca == NULL || ca->anchor == NULL)
        return diag_set(d, E_LOG_ORDER, "%s has no certificate", record_text(r, "key"));
    enum err e = cert_verify(x, ca->public, d);
    if (e == E_OK)
        e = check_key(r, x, d);
    if (e == E_OK && row == NULL)
        audit_open(a, "this program's policy has no key %s to compare what it signed with", record_text(r, "key"));
    else if (e == E_OK && a->policy_known)
        e = check_lint(a, x, ca->anchor, row, d);
    return e;
}

enum err certifies_take_cross(struct audit *a, const struct record *r)
{
    struct diag why = {0};
    struct buf der = {0};
    X509 *x = NULL;
    uint8_t digest[DIGEST_LEN];
    bool agreed = false, again = false, known;
    enum err e = json_get_base64(r->obj, "certificate", &der, "a cross line", &why);
    if (e == E_OK)
        e = cert_parse(buf_span(&der), &x, &why);
    if (e == E_OK)
        e = cert_digest(x, digest);
    if (e == E_OK)
        e = batches_put(&a->certifies.digests, digest, &known);
    if (e == E_OK)
        e = note_made(a, x, &agreed, &again);
    if (e == E_OK && again)
        audit_error(a, E_LOG_ORDER, "this certificate came before");
    if (e == E_OK && !agreed)
        audit_error(a, E_QUORUM, "no certify line before it is about this certificate");
    if (e == E_OK)
        e = check_cross(a, r, x, &why);
    X509_free(x);
    buf_free(&der);
    return audit_take(a, e, &why);
}

/* -- after the log -- */

static enum err finish_file(struct audit *a, int fd, const char *file, struct diag *d)
{
    struct buf bytes = {0};
    X509 *x = NULL;
    uint8_t digest[DIGEST_LEN];
    struct diag why = {0};
    enum err e = file_read(fd, file, LIMIT_CERT_BYTES, &bytes, NULL, &why);
    if (e == E_OK)
        e = cert_parse(buf_span(&bytes), &x, &why);
    if (e == E_OK)
        e = cert_digest(x, digest);
    if (e == E_OK && set_find(&a->certifies.digests, digest) == NULL)
        e = diag_set(&why, E_ARCHIVE, "it is no certificate of the log");
    X509_free(x);
    buf_free(&bytes);
    return e == E_OK || e == E_NO_MEMORY ? e : diag_wrap(d, E_ARCHIVE, &why, "%s/%s", CROSSES_DIR, file);
}

enum err certifies_finish(struct audit *a)
{
    struct file_list list = {0};
    struct diag why = {0};
    enum err e = E_OK;
    int fd = file_open_beneath(a->state_fd, CROSSES_DIR, O_RDONLY | O_DIRECTORY, 0);
    if (fd < 0)
        return E_OK;
    e = audit_take(a, file_list(fd, CROSSES_MAX, &list, &why), &why);
    for (size_t i = 0; i < list.n && e == E_OK; i++) {
        struct diag one = {0};
        e = audit_take(a, finish_file(a, fd, list.names[i], &one), &one);
    }
    file_list_free(&list);
    close(fd);
    return e;
}

void certifies_free(struct certifies *c)
{
    set_free(&c->agreed);
    set_free(&c->made);
    set_free(&c->digests);
    *c = (struct certifies){0};
}
