#include "vendor.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/digest.h"
#include "core/file.h"
#include "core/text.h"
#include "pki/cert.h"
#include "pki/cms.h"

#define LIST "SHA256SUMS"
#define SIGNATURE LIST ".p7s"
#define SAYS "module.txt"
#define LIST_BYTES (64 * 1024)
#define FILE_BYTES ((size_t)64 << 20)
#define SAYS_BYTES 1024

bool vendor_line(const char *line, size_t n, uint8_t digest[DIGEST_LEN], char name[256])
{
    char hex[DIGEST_HEX];
    const size_t before = DIGEST_HEX - 1 + 2;
    memset(digest, 0, DIGEST_LEN);
    name[0] = '\0';
    if (n <= before || n - before > 255 || line[DIGEST_HEX - 1] != ' ' || strchr(" *", line[DIGEST_HEX]) == NULL ||
        memchr(line, '\0', n) != NULL)
        return false;
    snprintf(hex, sizeof hex, "%.*s", DIGEST_HEX - 1, line);
    snprintf(name, 256, "%.*s", (int)(n - before), line + before);
    return hex_decode(hex, digest, DIGEST_LEN) && text_is_token(name, 255);
}

/* The value when the line of n bytes has this word, and there was none before. */
static bool take_value(const char *line, size_t n, const char *word, char *out, size_t cap)
{
    const size_t len = strlen(word);
    if (n <= len || strncmp(line, word, len) != 0 || out[0] != '\0' || n - len >= cap)
        return false;
    snprintf(out, cap, "%.*s", (int)(n - len), line + len);
    return true;
}

bool vendor_parse(const char *text, size_t n, struct vendor_module *out)
{
    *out = (struct vendor_module){0};
    bool good = memchr(text, '\0', n) == NULL;
    for (size_t at = 0; at < n && good;) {
        const char *end = memchr(text + at, '\n', n - at);
        const size_t len = end != NULL ? (size_t)(end - text) - at : n - at;
        good = take_value(text + at, len, "module ", out->name, sizeof out->name) ||
               take_value(text + at, len, "files ", out->files, sizeof out->files);
        at += len + 1;
    }
    good = good && text_is_token(out->name, 255);
    if (!good)
        *out = (struct vendor_module){0};
    return good;
}

/* -- who signed it -- */

static enum err check_signature(struct span list, struct span signature, struct diag *d)
{
    X509 *signer = NULL;
    struct cms *cms = NULL;
    enum err e = cert_load(VENDOR_SIGNER, &signer, d);
    if (e == E_OK)
        e = cms_parse_person(signature, &cms, d);
    if (e == E_OK && !cms_is_by(cms, signer))
        e = diag_set(d, E_APPROVAL_PERSON, "%s is not by whom the image names", SIGNATURE);
    if (e == E_OK)
        e = cms_verify(cms, signer, list, d);
    cms_free(cms);
    X509_free(signer);
    return e;
}

/* -- its files -- */

static enum err take_file(int from, int to, const uint8_t wanted[DIGEST_LEN], const char *name, struct diag *d)
{
    struct buf bytes = {0};
    uint8_t digest[DIGEST_LEN];
    bool found = false;
    enum err e = file_read(from, name, FILE_BYTES, &bytes, &found, d);
    if (e == E_OK && !found)
        e = diag_set(d, E_MEDIUM, "%s is not there", name);
    if (e == E_OK)
        e = digest_bytes(DIGEST_SHA256, bytes.data, bytes.len, digest);
    if (e == E_OK && memcmp(digest, wanted, DIGEST_LEN) != 0)
        e = diag_set(d, E_READ_BACK, "%s is not the file that was signed", name);
    if (e == E_OK)
        e = file_write(to, name, bytes.data, bytes.len, d);
    buf_free(&bytes);
    return e;
}

static enum err take_files(int from, int to, struct span list, struct diag *d)
{
    const char *text = (const char *)list.p;
    enum err e = E_OK;
    for (size_t at = 0; at < list.n && e == E_OK;) {
        const char *end = memchr(text + at, '\n', list.n - at);
        const size_t len = end != NULL ? (size_t)(end - text) - at : list.n - at;
        uint8_t digest[DIGEST_LEN];
        char name[256];
        e = vendor_line(text + at, len, digest, name) ? take_file(from, to, digest, name, d)
                                                      : diag_set(d, E_MEDIUM, "%s has a line in another form", LIST);
        at += len + 1;
    }
    return e;
}

static enum err take_signed(int from, int to, struct diag *d)
{
    struct buf list = {0}, signature = {0};
    enum err e = file_read(from, LIST, LIST_BYTES, &list, NULL, d);
    if (e == E_OK)
        e = file_read(from, SIGNATURE, LIMIT_APPROVAL_BYTES, &signature, NULL, d);
    if (e == E_OK)
        e = check_signature(buf_span(&list), buf_span(&signature), d);
    if (e == E_OK)
        e = take_files(from, to, buf_span(&list), d);
    buf_free(&signature);
    buf_free(&list);
    return e;
}

bool vendor_taken(struct vendor_module *out)
{
    struct buf text = {0};
    *out = (struct vendor_module){0};
    const bool taken = file_read_path(VENDOR_ROOT "/" SAYS, SAYS_BYTES, E_MEDIUM_LIMIT, &text, NULL) == E_OK &&
                       vendor_parse((const char *)text.data, text.len, out);
    buf_free(&text);
    return taken;
}

/* -- where they lie -- */

static enum err mount_root(unsigned long more, struct diag *d)
{
    if (mkdir(VENDOR_ROOT, 0700) != 0 && errno != EEXIST)
        return diag_errno(d, errno, "%s", VENDOR_ROOT);
    if (mount("tmpfs", VENDOR_ROOT, "tmpfs", MS_NOSUID | MS_NODEV | more, "mode=0700,size=128m") != 0)
        return diag_errno(d, errno, "%s", VENDOR_ROOT);
    return E_OK;
}

enum err vendor_take(const char *folder, struct diag *d)
{
    struct vendor_module module;
    int from = -1, to = -1;
    (void)umount2(VENDOR_ROOT, MNT_DETACH); /* one that was taken before */
    enum err e = file_open_dir(folder, &from, d);
    if (e == E_OK)
        e = mount_root(0, d);
    if (e == E_OK)
        e = file_open_dir(VENDOR_ROOT, &to, d);
    if (e == E_OK)
        e = take_signed(from, to, d);
    if (e == E_OK && !vendor_taken(&module))
        e = diag_set(d, E_MEDIUM, "%s does not say which file is the module", SAYS);
    if (to >= 0)
        close(to);
    if (from >= 0)
        close(from);
    if (e == E_OK)
        e = mount_root(MS_REMOUNT | MS_RDONLY, d);
    if (e != E_OK)
        (void)umount2(VENDOR_ROOT, MNT_DETACH);
    return e;
}
