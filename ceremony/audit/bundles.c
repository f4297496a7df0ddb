#include "audit/bundles.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "audit/audit.h"
#include "audit/bundle_lists.h"
#include "batch/bundle.h"
#include "core/file.h"
#include "core/text.h"
#include "pki/cms.h"

#define BUNDLE_FILES_MAX 64

/* bundle.json as it must be, around the list of files it has. */
static json_t *expected(const struct batches_open *b, json_t *files)
{
    char batch[DIGEST_HEX], plan[DIGEST_HEX], policy[DIGEST_HEX];
    const struct plan_header *h = &b->header;
    hex_encode(h->batch, DIGEST_LEN, batch);
    hex_encode(b->plan_digest, DIGEST_LEN, plan);
    hex_encode(h->policy, DIGEST_LEN, policy);
    return json_pack("{s:s,s:s,s:s,s:s,s:I,s:s,s:s,s:s,s:I,s:I,s:I,s:I,s:I,s:I,s:O}", "format",
                     BUNDLE_FORMAT, "authority", h->authority, "ra", h->ra, "id", h->id,
                     "sequence", (json_int_t)h->sequence, "batch", batch, "plan", plan, "policy",
                     policy, "issued", (json_int_t)b->counts.issue, "refused", (json_int_t)b->counts.refuse, "status",
                     (json_int_t)b->counts.status, "lists", (json_int_t)b->counts.lists,
                     "log-first", (json_int_t)b->plan_line, "log-last", (json_int_t)b->seal_line,
                     "files", files);
}

static enum err check_manifest(const struct batches_open *b, const struct buf *bytes, json_t **obj,
                               struct diag *d)
{
    struct buf want = {0};
    if (bytes->len == 0 || bytes->data[bytes->len - 1] != '\n')
        return diag_set(d, E_BUNDLE_FORMAT, "%s is cut off", BUNDLE_FILE);
    enum err e = json_line_parse_canonical((const char *)bytes->data, bytes->len - 1, BUNDLE_FILE,
                                           E_BUNDLE_FORMAT, obj, d);
    if (e != E_OK)
        return e;
    json_t *files = json_object_get(*obj, "files");
    json_t *other = json_is_array(files) ? expected(b, files) : NULL;
    if (other == NULL)
        return diag_set(d, E_BUNDLE_FORMAT, "%s lists no files", BUNDLE_FILE);
    e = json_line_write(other, &want);
    if (e == E_OK && (want.len != bytes->len - 1 || memcmp(want.data, bytes->data, want.len) != 0))
        e = diag_set(d, E_BUNDLE_FORMAT, "%s says something else than log and plan", BUNDLE_FILE);
    json_decref(other);
    buf_free(&want);
    return e;
}

static enum err check_file(int fd, json_t *entry, struct diag *d)
{
    const char *name = "", *hex = "";
    uint8_t want[DIGEST_LEN], got[DIGEST_LEN];
    struct diag why = {0};
    if (json_unpack_ex(entry, NULL, JSON_STRICT, "{s:s,s:s}", "name", &name, "sha256", &hex) != 0 ||
        !text_is_token(name, LIMIT_TOKEN_TEXT) || !hex_decode(hex, want, DIGEST_LEN))
        return diag_set(d, E_BUNDLE_FORMAT, "the list of files in %s", BUNDLE_FILE);
    enum err e = file_digest(fd, name, LIMIT_ARCHIVE_BYTES, got, &why);
    if (e == E_NO_MEMORY)
        return e;
    if (e != E_OK || memcmp(want, got, DIGEST_LEN) != 0)
        return diag_set(d, E_BUNDLE_DIGEST, "%s/%s", BUNDLE_DIR,
                        e != E_OK && why.text[0] != '\0' ? why.text : name);
    return E_OK;
}

static bool is_listed(const json_t *files, const char *name)
{
    if (strcmp(name, BUNDLE_FILE) == 0 || strcmp(name, BUNDLE_SIGNATURE) == 0)
        return true;
    for (size_t i = 0; i < json_array_size(files); i++) {
        const char *s = json_string_value(json_object_get(json_array_get(files, i), "name"));
        if (s != NULL && strcmp(s, name) == 0)
            return true;
    }
    return false;
}

static enum err check_files(int fd, const json_t *obj, struct diag *d)
{
    struct file_list list = {0};
    const json_t *files = json_object_get(obj, "files");
    enum err e = E_OK;
    for (size_t i = 0; i < json_array_size(files) && e == E_OK; i++)
        e = check_file(fd, json_array_get(files, i), d);
    if (e == E_OK)
        e = audit_archive(file_list(fd, BUNDLE_FILES_MAX, &list, d), d);
    for (size_t i = 0; i < list.n && e == E_OK; i++)
        if (!is_listed(files, list.names[i]))
            e = diag_set(d, E_BUNDLE_DIGEST, "%s/%s is not named in %s", BUNDLE_DIR,
                         list.names[i], BUNDLE_FILE);
    file_list_free(&list);
    return e;
}

/* Only the bundle key may sign. Where the policy's is not in the log, it is the one the signature
 * names, and that it was the bundle key is left open. */
static const struct keys_entry *find_key(struct audit *a, const struct cms *cms)
{
    const char *named = a->policy->bundle_key.name;
    const struct keys_entry *k = keys_find(&a->keys, named);
    if (k != NULL || a->policy_known)
        return k;
    for (size_t i = 0; i < a->keys.n && k == NULL; i++)
        if (a->keys.v[i].anchor != NULL && cms_is_by(cms, a->keys.v[i].anchor))
            k = &a->keys.v[i];
    if (k != NULL)
        audit_open(a, "the bundle is by the key %s, which this program's policy does not know as "
                      "bundle key", k->name);
    return k;
}

static enum err verify_signature(struct audit *a, struct span signature, struct span manifest,
                                 struct diag *d)
{
    struct cms *cms = NULL;
    enum err e = cms_parse(signature, &cms, d);
    if (e != E_OK)
        return e;
    const struct keys_entry *key = find_key(a, cms);
    if (key != NULL && key->anchor != NULL)
        e = cms_verify(cms, key->anchor, manifest, d);
    else
        e = diag_set(d, E_BUNDLE_SIGNATURE, "the log has no certificate of its key");
    cms_free(cms);
    return e;
}

static enum err check_signature(struct audit *a, int fd, const struct buf *manifest, struct diag *d)
{
    struct buf bytes = {0};
    struct diag why = {0};
    bool found = false;
    enum err e = file_read(fd, BUNDLE_SIGNATURE, LIMIT_APPROVAL_BYTES, &bytes, &found, &why);
    if (e == E_OK && !found) /* the folder is renamed when it is whole: a file less is a change */
        return diag_set(d, E_BUNDLE_DIGEST, "%s/%s is not there", BUNDLE_DIR, BUNDLE_SIGNATURE);
    if (e == E_OK)
        e = verify_signature(a, buf_span(&bytes), buf_span(manifest), &why);
    buf_free(&bytes);
    if (e == E_OK || e == E_NO_MEMORY)
        return e;
    if (e == E_IO) /* its words begin with the name already */
        return diag_again(d, E_BUNDLE_SIGNATURE, &why);
    return diag_wrap(d, E_BUNDLE_SIGNATURE, &why, "%s", BUNDLE_SIGNATURE);
}

static enum err check_folder(struct audit *a, const struct batches_open *b, int fd,
                             const struct record *r, struct diag *d)
{
    struct buf bytes = {0};
    uint8_t digest[DIGEST_LEN];
    char hex[DIGEST_HEX];
    json_t *obj = NULL;
    enum err e = audit_archive(file_read(fd, BUNDLE_FILE, LIMIT_LINE, &bytes, NULL, d), d);
    if (e == E_OK)
        e = digest_bytes(DIGEST_SHA256, bytes.data, bytes.len, digest);
    if (e == E_OK) {
        hex_encode(digest, DIGEST_LEN, hex);
        if (strcmp(hex, record_text(r, "bundle")) != 0)
            e = diag_set(d, E_ARCHIVE, "%s/%s is not the one of this line", BUNDLE_DIR, BUNDLE_FILE);
    }
    if (e == E_OK)
        e = check_manifest(b, &bytes, &obj, d);
    if (e == E_OK)
        e = check_files(fd, obj, d);
    if (e == E_OK)
        e = bundle_lists_check(a, b, fd, d);
    if (e == E_OK)
        e = check_signature(a, fd, &bytes, d);
    json_decref(obj);
    buf_free(&bytes);
    return e;
}

static enum err check(struct audit *a, const struct batches_open *b, const struct record *r,
                      struct diag *d)
{
    if (b->fd < 0)
        return diag_set(d, E_ARCHIVE, "archive/%s is not there", b->intake);
    int fd = file_open_beneath(b->fd, BUNDLE_DIR, O_RDONLY | O_DIRECTORY, 0);
    if (fd < 0 && errno == ENOENT) {
        audit_open(a, "the bundle is not in the archive (signer makes it again): not checked");
        return E_OK;
    }
    if (fd < 0)
        return diag_set(d, E_ARCHIVE, "%s: %s", BUNDLE_DIR, strerror(errno));
    enum err e = check_folder(a, b, fd, r, d);
    close(fd);
    return e;
}

static enum err tell_ra(struct batches *b, const struct batches_open *one, const struct record *r)
{
    enum err e = E_OK;
    for (size_t i = 0; i < b->ras_n && e == E_OK; i++) {
        if (strcmp(b->ras[i].id, one->header.ra) == 0 &&
            memcmp(b->ras[i].batch, one->header.batch, DIGEST_LEN) == 0) {
            e = record_digest(r, "bundle", b->ras[i].bundle);
            b->ras[i].has_bundle = true;
        }
    }
    return e;
}

enum err bundles_take(struct audit *a, const struct record *r)
{
    struct diag why = {0};
    uint8_t intake[DIGEST_LEN];
    bool known;
    struct batches_open *b = batches_find(&a->batches, record_text(r, "batch"));
    a->counts.bundles++;
    if (b == NULL) {
        audit_error(a, E_LOG_ORDER, "a bundle for a batch without a plan, or a second one");
        return E_OK;
    }
    enum err e = E_OK;
    if (b->followed && b->seal_line == 0)
        e = diag_set(&why, E_LOG_ORDER, "a bundle before the batch is answered and sealed");
    else if (b->followed)
        e = check(a, b, r, &why);
    e = audit_take(a, e, &why);
    if (e == E_OK && hex_decode(b->intake, intake, DIGEST_LEN))
        e = batches_put(&a->batches.bundled, intake, &known);
    if (e == E_OK)
        e = tell_ra(&a->batches, b, r);
    batches_close(&a->batches, b);
    return e;
}
