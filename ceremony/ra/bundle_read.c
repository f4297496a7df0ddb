#include "ra/bundle_read.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "core/file.h"
#include "core/json.h"
#include "pki/cms.h"

#define MANIFEST "bundle.json"
#define SIGNATURE "bundle.p7s"
#define REFUSAL "refusal.json"

/* What the refusal says is repeated, but nobody signed it. */
static enum err tell_refusal(int fd, const char *path, struct diag *d)
{
    struct buf text = {0};
    const char *code = "no reason that could be read", *detail = "";
    json_t *obj = NULL;
    bool found;
    enum err e = file_read(fd, REFUSAL, LIMIT_LINE, &text, &found, d);
    if (e == E_OK && found && text.len > 0)
        obj = json_loadb((const char *)text.data, text.len, 0, NULL);
    if (obj != NULL && json_unpack(obj, "{s:s, s:s}", "code", &code, "detail", &detail) != 0)
        detail = "";
    if (e == E_OK) {
        e = diag_set(d, E_BUNDLE_FORMAT, "%s holds a refusal of the whole batch, which nobody signs: %s%s%s", path, code,
                     detail[0] != '\0' ? ": " : "", detail);
        diag_advise(d, "ask the CA by another way whether that is so before making it again");
    }
    json_decref(obj);
    buf_free(&text);
    return e;
}

static enum err read_manifest(int fd, const char *path, struct buf *out, struct diag *d)
{
    bool found;
    enum err e = file_read(fd, MANIFEST, LIMIT_LINE, out, &found, d);
    if (e != E_OK || found)
        return e;
    if (faccessat(fd, REFUSAL, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
        return tell_refusal(fd, path, d);
    return diag_set(d, E_BUNDLE_FORMAT, "%s: there is no %s", path, MANIFEST);
}

/* What was decided under another policy would look wrong in many ways: this comes first, before anything is believed. */
static enum err check_policy(const struct policy *p, struct span text, struct diag *d)
{
    struct manifest said;
    uint8_t digest[DIGEST_LEN];
    char theirs[DIGEST_HEX], ours[DIGEST_HEX];
    enum err e = policy_digest(p, digest);
    if (e != E_OK)
        return diag_set(d, e, "the policy's digest");
    if (manifest_parse(text, &said, NULL) != E_OK || memcmp(digest, said.policy, DIGEST_LEN) == 0)
        return E_OK;
    hex_encode(said.policy, DIGEST_LEN, theirs);
    hex_encode(digest, DIGEST_LEN, ours);
    return diag_set(d, E_BUNDLE_POLICY, "the bundle's is %s, this program's %s", theirs, ours);
}

static enum err as_bundle_code(enum err e, const struct diag *why, struct diag *d)
{
    if (e == E_APPROVAL_FORMAT || e == E_APPROVAL_SIGNATURE)
        e = E_BUNDLE_SIGNATURE;
    return e == E_OK ? E_OK : diag_wrap(d, e, why, "%s", SIGNATURE);
}

static enum err check_signature(int fd, struct span manifest, struct anchors *anchors,
                                struct diag *d)
{
    const struct anchor *anchor;
    struct buf bytes = {0};
    struct cms *cms = NULL;
    struct diag why = {0};
    bool found = false;
    enum err e = anchors_find(anchors, anchors->policy->bundle_key.name, &anchor, d);
    if (e == E_OK)
        e = file_read(fd, SIGNATURE, LIMIT_APPROVAL_BYTES, &bytes, &found, d);
    if (e == E_OK && !found)
        e = diag_set(d, E_BUNDLE_SIGNATURE, "there is no %s", SIGNATURE);
    if (e != E_OK)
        goto out;
    e = cms_parse(buf_span(&bytes), &cms, &why);
    if (e == E_OK && !cms_is_by(cms, anchor->cert))
        e = diag_set(&why, E_BUNDLE_SIGNATURE, "it is not by %s", anchor->row->name);
    if (e == E_OK)
        e = cms_verify(cms, anchor->cert, manifest, &why);
    e = as_bundle_code(e, &why, d);
out:
    cms_free(cms);
    buf_free(&bytes);
    return e;
}

static enum err take_for_digest(void *arg, struct span piece)
{
    return digest_update(arg, piece.p, piece.n);
}

static enum err copy_file(int folder, int fd, const char *name, const uint8_t want[DIGEST_LEN], struct spool *out, struct diag *d)
{
    uint8_t have[DIGEST_LEN];
    struct digest *digest = NULL;
    if (faccessat(fd, name, F_OK, AT_SYMLINK_NOFOLLOW) != 0)
        return diag_set(d, E_BUNDLE_DIGEST, "there is no %s", name);
    enum err e = digest_new(DIGEST_SHA256, &digest);
    if (e != E_OK)
        return diag_set(d, e, "%s", name);
    e = spool_copy(folder, fd, name, LIMIT_BATCH_BYTES, take_for_digest, digest, out, d);
    if (e == E_OK && (e = digest_final(digest, have)) != E_OK)
        diag_set(d, e, "%s", name);
    if (e == E_OK && memcmp(have, want, DIGEST_LEN) != 0)
        e = diag_set(d, E_BUNDLE_DIGEST, "%s is not the one that %s names", name, MANIFEST);
    digest_free(digest);
    return e;
}

static enum err check_responses(int fd, const char *name, const uint8_t want[DIGEST_LEN], struct diag *d)
{
    uint8_t digest[DIGEST_LEN];
    if (faccessat(fd, name, F_OK, AT_SYMLINK_NOFOLLOW) != 0)
        return diag_set(d, E_BUNDLE_DIGEST, "there is no %s", name);
    enum err e = file_digest(fd, name, LIMIT_ARCHIVE_BYTES, digest, d);
    if (e == E_OK && memcmp(digest, want, DIGEST_LEN) != 0)
        e = diag_set(d, E_BUNDLE_DIGEST, "%s is not the one that %s names", name, MANIFEST);
    return e;
}

static enum err read_files(int fd, struct bundle *b, struct diag *d)
{
    enum err e = E_OK;
    for (int f = 0; f < MANIFEST_FILES && e == E_OK; f++)
        e = copy_file(b->folder, fd, manifest_file_name((enum manifest_file)f), b->manifest.files[f], &b->files[f], d);
    for (int64_t i = 0; i < b->manifest.lists && e == E_OK; i++) {
        const struct manifest_list *l = &b->manifest.list[i];
        char name[MANIFEST_LIST_NAME];
        manifest_entry_name(l, name);
        e = l->responses ? check_responses(fd, name, l->digest, d)
                         : copy_file(b->folder, fd, name, l->digest, &b->lists[i], d);
    }
    return e;
}

enum err bundle_read(const char *path, int folder, struct anchors *anchors, struct bundle *out, struct diag *d)
{
    struct buf bytes = {0};
    int fd;
    *out = (struct bundle){.folder = folder};
    enum err e = file_open_dir(path, &fd, d);
    if (e != E_OK)
        return e;
    e = read_manifest(fd, path, &bytes, d);
    if (e == E_OK)
        e = check_policy(anchors->policy, buf_span(&bytes), d);
    if (e == E_OK)
        e = check_signature(fd, buf_span(&bytes), anchors, d);
    if (e == E_OK)
        e = manifest_parse(buf_span(&bytes), &out->manifest, d);
    if (e == E_OK && (e = digest_bytes(DIGEST_SHA256, bytes.data, bytes.len, out->digest)) != E_OK)
        diag_set(d, e, MANIFEST);
    if (e == E_OK)
        e = read_files(fd, out, d);
    buf_free(&bytes);
    close(fd);
    return e;
}

void bundle_free(struct bundle *b)
{
    for (int f = 0; f < MANIFEST_FILES; f++)
        spool_free(&b->files[f]);
    for (int i = 0; i < MANIFEST_LISTS; i++)
        spool_free(&b->lists[i]);
}
