#include "audit/keys.h"

#include <fcntl.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/audit.h"
#include "batch/state.h"
#include "core/file.h"
#include "core/i18n.h"
#include "core/text.h"
#include "pki/cert.h"
#include "pki/key.h"
#include "pki/lint.h"
#include "pki/lint_extensions.h"

#define ANCHORS_MAX 4096

struct keys_entry *keys_find(const struct keys *k, const char *name)
{
    for (size_t i = 0; i < k->n; i++)
        if (strcmp(k->v[i].name, name) == 0)
            return &k->v[i];
    return NULL;
}

static bool is_true(const struct record *r, const char *name)
{
    return json_is_true(json_object_get(r->obj, name));
}

/* What the policy lets leave says so itself. */
static bool stays_in_token(const struct audit *a, const struct record *r)
{
    const struct policy_key *row = policy_key_find(a->policy, record_text(r, "key"));
    return is_true(r, "sensitive") && is_true(r, "always-sensitive") && is_true(r, "local") &&
           (is_true(r, "never-extractable") || (row != NULL && row->transferable));
}

static enum err read_public(const struct record *r, struct keys_entry *out, struct diag *d)
{
    struct buf spki = {0};
    struct key key = {0};
    enum err e = json_get_base64(r->obj, "public-key", &spki, out->name, d);
    if (e == E_OK)
        e = key_from_spki(buf_span(&spki), &key, d);
    if (e == E_OK && (!alg_sig_by_name(record_text(r, "algorithm"), &out->alg) ||
                      alg_sig_key(out->alg) != key.kind))
        e = diag_set(d, E_KEY_TYPE, "%s is no key for %s", out->name, record_text(r, "algorithm"));
    if (e == E_OK && EVP_PKEY_up_ref(key.pkey) == 1)
        out->public = key.pkey;
    memcpy(out->spki, key.digest, DIGEST_LEN);
    key_free(&key);
    buf_free(&spki);
    return e;
}

enum err keys_take_keygen(struct audit *a, const struct record *r)
{
    struct diag why = {0};
    struct keys *k = &a->keys;
    const char *name = record_text(r, "key");
    a->counts.keys++;
    if (keys_find(k, name) != NULL) {
        audit_error(a, E_LOG_ORDER, "the key %s was made before", name);
        return E_OK;
    }
    if (!stays_in_token(a, r))
        audit_error(a, E_KEY_ATTRIBUTES, "%s", name);
    struct keys_entry *more = realloc(k->v, (k->n + 1) * sizeof *more);
    if (more == NULL)
        return E_NO_MEMORY;
    k->v = more;
    struct keys_entry *one = &k->v[k->n];
    *one = (struct keys_entry){.confined = is_true(r, "never-extractable"), .sensitive = is_true(r, "sensitive"),
                               .always_sensitive = is_true(r, "always-sensitive"), .local = is_true(r, "local"),
                               .made = r->seq, .made_at = r->time};
    snprintf(one->name, sizeof one->name, "%s", name);
    enum err e = read_public(r, one, &why);
    k->n += e == E_OK;
    return audit_take(a, e, &why);
}

/* -- anchors -- */

static enum err check_by_policy(struct audit *a, const struct keys_entry *k, X509 *x,
                                struct diag *d)
{
    uint8_t *tbs = NULL;
    struct diag why = {0};
    const struct policy_key *row = policy_key_find(a->policy, k->name);
    if (row == NULL) { /* made under a later policy than the one the log began under */
        audit_open(a, "this program's policy has no key %s to compare its certificate with",
                   k->name);
        return E_OK;
    }
    const struct policy_key *ca = policy_key_issuer(a->policy, row);
    const struct keys_entry *issuer = ca != NULL ? keys_find(&a->keys, ca->name) : NULL;
    int n = i2d_re_X509_tbs(x, &tbs);
    struct span bytes = {tbs, n > 0 ? (size_t)n : 0};
    enum err e = n <= 0 ? E_CRYPTO : E_OK;
    if (e == E_OK && ca != NULL && (issuer == NULL || issuer->anchor == NULL))
        e = diag_set(&why, E_ANCHOR, "%s, which signs it, has no certificate yet", ca->name);
    else if (e == E_OK)
        e = lint_own(bytes, a->policy, row, issuer != NULL ? issuer->anchor : NULL, k->public, &why);
    OPENSSL_free(tbs);
    return e == E_OK ? E_OK : diag_wrap(d, e, &why, "the certificate of %s", k->name);
}

/* May this CA certificate be the issuer of x, by its name and, as roots that follow each other share one, its key? */
static bool may_issue(X509 *ca, X509 *x)
{
    const ASN1_OCTET_STRING *want = X509_get0_authority_key_id(x), *have = X509_get0_subject_key_id(ca);
    return (X509_get_extension_flags(ca) & EXFLAG_CA) != 0 &&
           X509_NAME_cmp(X509_get_subject_name(ca), X509_get_issuer_name(x)) == 0 &&
           (want == NULL || have == NULL || ASN1_OCTET_STRING_cmp(want, have) == 0);
}

/* The key that signed this certificate, by its name and by the signature: itself, or one certified before. */
static struct keys_entry *signer_of(struct audit *a, struct keys_entry *k, X509 *x)
{
    if (X509_NAME_cmp(X509_get_subject_name(x), X509_get_issuer_name(x)) == 0)
        return k;
    for (size_t i = 0; i < a->keys.n; i++) {
        struct keys_entry *one = &a->keys.v[i];
        if (one != k && one->anchor != NULL && may_issue(one->anchor, x))
            return one;
    }
    return NULL;
}

/* The one address that a sub-CA's certificate gives for the list on which it would stand, or NULL. The lint sees to the rest
 * of the extension. */
static const char *crl_address(X509 *x, CRL_DIST_POINTS **points)
{
    *points = X509_get_ext_d2i(x, NID_crl_distribution_points, NULL, NULL);
    const DIST_POINT *one = *points != NULL ? sk_DIST_POINT_value(*points, 0) : NULL;
    if (one == NULL || one->distpoint == NULL || one->distpoint->type != 0)
        return NULL;
    const GENERAL_NAME *name = sk_GENERAL_NAME_value(one->distpoint->name.fullname, 0);
    return name != NULL && name->type == GEN_URI
               ? (const char *)ASN1_STRING_get0_data(name->d.uniformResourceIdentifier)
               : NULL;
}

static enum err check_extensions(X509 *x, X509 *issuer, bool ca, struct diag *d)
{
    const bool lists = !ca && (X509_get_key_usage(x) & KU_CRL_SIGN) != 0; /* the key of seals signs their list */
    uint8_t *tbs = NULL;
    TBS_VIEW *v = NULL;
    CRL_DIST_POINTS *points = NULL;
    int n = i2d_re_X509_tbs(x, &tbs);
    enum err e = n <= 0 ? E_CRYPTO : tbs_view_parse((struct span){tbs, (size_t)n}, &v, d);
    if (e == E_OK && issuer == NULL)
        e = lint_extensions_self_signed(v, ca, lists, d);
    else if (e == E_OK)
        e = ca ? lint_extensions_ca(v, true, crl_address(x, &points), issuer, d) : lint_extensions_responder(v, issuer, d);
    CRL_DIST_POINTS_free(points);
    tbs_view_free(v);
    OPENSSL_free(tbs);
    return e;
}

/* What holds for any certificate of ours, whatever the policy: self-signed (issuer NULL), a sub-CA's or a responder's. */
static enum err check_sane(const struct keys_entry *k, X509 *x, X509 *issuer, struct span der, struct diag *d)
{
    struct diag why = {0};
    struct buf again = {0};
    bool ca = (X509_get_extension_flags(x) & EXFLAG_CA) != 0;
    enum err e = cert_write_der(x, &again);
    if (e == E_OK && (again.len != der.n || memcmp(again.data, der.p, der.n) != 0))
        e = diag_set(&why, E_CERTIFICATE, "it is not in DER");
    if (e == E_OK && X509_get_version(x) != X509_VERSION_3)
        e = diag_set(&why, E_LINT, "the version is not 3");
    if (e == E_OK && ASN1_TIME_compare(X509_get0_notBefore(x), X509_get0_notAfter(x)) > 0)
        e = diag_set(&why, E_LINT, "its validity ends before it begins");
    if (e == E_OK)
        e = check_extensions(x, issuer, ca, &why);
    buf_free(&again);
    return e == E_OK ? E_OK : diag_wrap(d, e, &why, "the certificate of %s", k->name);
}

static enum err check_anchor(struct audit *a, struct keys_entry *k, X509 *x, struct span der, struct diag *d)
{
    struct diag why = {0};
    if (EVP_PKEY_eq(X509_get0_pubkey(x), k->public) != 1)
        return diag_set(d, E_ANCHOR, "the certificate of %s is of another key", k->name);
    struct keys_entry *signer = signer_of(a, k, x);
    if (signer == NULL)
        return diag_set(d, E_ANCHOR, "the certificate of %s is by no key that has one", k->name);
    enum err e = cert_verify(x, signer->public, &why);
    if (e != E_OK)
        return diag_wrap(d, e, &why, "%s", k->name);
    signer->signatures++;
    e = check_sane(k, x, signer == k ? NULL : signer->anchor, der, d);
    if (e == E_OK && a->policy_known)
        e = check_by_policy(a, k, x, d);
    return e;
}

/* The certificate in the folder that came from the ceremony by hand is the one to believe. */
static enum err compare_by_hand(const struct audit *a, const struct keys_entry *k, struct diag *d)
{
    char name[LIMIT_TOKEN_TEXT + 8];
    struct buf bytes = {0};
    X509 *x = NULL;
    uint8_t digest[DIGEST_LEN];
    bool found = false;
    struct diag why = {0};
    if (a->anchors_fd < 0)
        return E_OK;
    snprintf(name, sizeof name, "%s.pem", k->name);
    enum err e = file_read(a->anchors_fd, name, LIMIT_CERT_BYTES, &bytes, &found, &why);
    if (e == E_OK && !found)
        e = diag_set(&why, E_ANCHOR, "it is not in the folder");
    if (e == E_OK)
        e = cert_parse(buf_span(&bytes), &x, &why);
    if (e == E_OK)
        e = cert_digest(x, digest);
    if (e == E_OK && memcmp(digest, k->digest, DIGEST_LEN) != 0)
        e = diag_set(&why, E_ANCHOR, "the certificate in the log is another");
    X509_free(x);
    buf_free(&bytes);
    if (e == E_OK || e == E_NO_MEMORY)
        return e;
    return diag_wrap(d, E_ANCHOR, &why, "%s", name);
}

enum err keys_take_anchor(struct audit *a, const struct record *r)
{
    struct diag why = {0};
    struct buf der = {0};
    X509 *x = NULL;
    const char *name = record_text(r, "key");
    struct keys_entry *k = keys_find(&a->keys, name);
    a->counts.anchors++;
    if (k == NULL || k->anchor != NULL) {
        audit_error(a, E_LOG_ORDER, k == NULL ? N_("a certificate for %s, which no line made")
                                              : N_("a second certificate for %s"), name);
        return E_OK;
    }
    enum err e = json_get_base64(r->obj, "certificate", &der, name, &why);
    if (e == E_OK)
        e = cert_parse(buf_span(&der), &x, &why);
    if (e == E_OK)
        e = cert_digest(x, k->digest);
    if (e == E_OK) {
        k->anchor = x; /* kept when it is bad, too: what follows is checked against the key */
        e = check_anchor(a, k, x, buf_span(&der), &why);
    }
    if (e == E_OK)
        e = certifies_take_anchor(a, name, x);
    if (e == E_OK)
        e = compare_by_hand(a, k, &why);
    buf_free(&der);
    return audit_take(a, e, &why);
}

void keys_take_self_test(struct audit *a, const struct record *r)
{
    const char *name = record_text(r, "key");
    struct keys_entry *k = keys_find(&a->keys, name);
    if (k == NULL)
        audit_error(a, E_LOG_ORDER, "a self-test of %s, which no line made", name);
    else {
        k->self_test = r->seq;
        k->self_tests++;
    }
}

/* -- after the log -- */

/* "NAME.pem" → NAME; false for any other file name. */
static bool key_of_file(const char *file, char name[LIMIT_TOKEN_TEXT + 1])
{
    size_t n = strlen(file);
    if (n <= 4 || n - 4 > LIMIT_TOKEN_TEXT || strcmp(file + n - 4, ".pem") != 0)
        return false;
    memcpy(name, file, n - 4);
    name[n - 4] = '\0';
    return text_is_token(name, LIMIT_TOKEN_TEXT);
}

static enum err finish_by_hand(struct audit *a, struct diag *d)
{
    struct file_list list = {0};
    char name[LIMIT_TOKEN_TEXT + 1];
    if (a->anchors_fd < 0)
        return E_OK;
    enum err e = file_list(a->anchors_fd, ANCHORS_MAX, &list, d);
    for (size_t i = 0; i < list.n && e == E_OK; i++) {
        const struct keys_entry *k;
        if (!key_of_file(list.names[i], name))
            continue;
        k = keys_find(&a->keys, name);
        if (k == NULL || k->anchor == NULL)
            audit_error(a, E_ANCHOR, "%s: the log has no certificate of that name", list.names[i]);
    }
    file_list_free(&list);
    return e;
}

static enum err compare_own(const struct keys_entry *k, int dir_fd, const char *file,
                            struct diag *d)
{
    struct buf have = {0}, want = {0};
    struct diag why = {0};
    enum err e = file_read(dir_fd, file, LIMIT_CERT_BYTES, &have, NULL, &why);
    if (e == E_OK)
        e = cert_write_pem(k->anchor, &want);
    if (e == E_OK && (have.len != want.len || memcmp(have.data, want.data, want.len) != 0))
        e = diag_set(&why, E_ARCHIVE, "it is not the log's certificate");
    buf_free(&have);
    buf_free(&want);
    return e == E_OK || e == E_NO_MEMORY
               ? e
               : diag_wrap(d, E_ARCHIVE, &why, "%s/%s", ANCHORS_DIR, file);
}

/* One file of the state's own folder: it is written after the log's line is safe. */
static enum err finish_file(struct audit *a, int dir_fd, const char *file)
{
    char name[LIMIT_TOKEN_TEXT + 1];
    struct diag why = {0};
    if (!key_of_file(file, name)) {
        audit_note(a, "%s/%s is no anchor", ANCHORS_DIR, file);
        return E_OK;
    }
    const struct keys_entry *k = keys_find(&a->keys, name);
    if (k == NULL || k->anchor == NULL) {
        if (a->log_ended)
            audit_error(a, E_LOG_ROLLED_BACK, "%s/%s has no line in the log", ANCHORS_DIR, file);
        return E_OK;
    }
    return audit_take(a, compare_own(k, dir_fd, file, &why), &why);
}

static enum err finish_own(struct audit *a, struct diag *d)
{
    struct file_list list = {0};
    enum err e = E_OK;
    int fd = file_open_beneath(a->state_fd, ANCHORS_DIR, O_RDONLY | O_DIRECTORY, 0);
    if (fd >= 0)
        e = file_list(fd, ANCHORS_MAX, &list, d);
    for (size_t i = 0; i < list.n && e == E_OK; i++)
        e = finish_file(a, fd, list.names[i]);
    for (size_t i = 0; i < a->keys.n && e == E_OK; i++) {
        char file[LIMIT_TOKEN_TEXT + 8];
        snprintf(file, sizeof file, "%s.pem", a->keys.v[i].name);
        if (a->keys.v[i].anchor != NULL &&
            (fd < 0 || faccessat(fd, file, F_OK, AT_SYMLINK_NOFOLLOW) != 0))
            audit_note(a, "%s/%s is missing; ceremony root writes it again", ANCHORS_DIR, file);
    }
    file_list_free(&list);
    if (fd >= 0)
        close(fd);
    return e;
}

enum err keys_finish(struct audit *a)
{
    struct diag why = {0};
    enum err e = audit_take(a, finish_by_hand(a, &why), &why);
    if (e == E_OK && !a->alone)
        e = audit_take(a, finish_own(a, &why), &why);
    return e;
}

void keys_free(struct keys *k)
{
    for (size_t i = 0; i < k->n; i++) {
        EVP_PKEY_free(k->v[i].public);
        X509_free(k->v[i].anchor);
    }
    free(k->v);
    *k = (struct keys){0};
}
