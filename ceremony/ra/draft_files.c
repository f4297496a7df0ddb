#include "ra/draft_files.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/file.h"
#include "pki/cause.h"
#include "pki/cert.h"
#include "pki/pem.h"
#include "ra/desk.h"

#define CSR_BYTES (2 * LIMIT_CSR_BYTES) /* PEM is a third larger, and openssl req -text adds its own */

char *draft_path(const char *folder, const char *name)
{
    char *path = NULL;
    if (folder == NULL || name[0] == '/')
        return strdup(name);
    return asprintf(&path, "%s/%s", folder, name) < 0 ? NULL : path;
}

/* A plain file, no symbolic link: nothing that would block, or lead elsewhere. */
static enum err read_plain(const char *path, size_t max, enum err too_large, struct buf *out, struct diag *d)
{
    const char *name;
    int fd = -1;
    char *dir = malloc(strlen(path) + 2);
    if (dir == NULL)
        return diag_set(d, E_NO_MEMORY, "%s", path);
    enum err e = desk_split(path, dir, &name) ? file_open_dir(dir, &fd, d)
                                              : diag_set(d, E_MEDIUM, "%s: there is no such folder", path);
    if (e == E_OK)
        e = file_read(fd, name, max, out, NULL, d);
    if (e == E_MEDIUM_LIMIT)
        e = diag_set(d, too_large, "%s: more than %zu bytes", name, max);
    if (fd >= 0)
        close(fd);
    free(dir);
    return e;
}

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

static enum err take_csr(struct span bytes, const char *name, struct buf *der, struct diag *d)
{
    if (bytes.n > 0 && bytes.p[0] == 0x30)
        buf_append(der, bytes.p, bytes.n);
    else if (!pem_only(bytes, PEM_STRING_X509_REQ, PEM_STRING_X509_REQ_OLD, der))
        return diag_set(d, E_CSR_FORMAT, "%s: neither DER nor exactly one CERTIFICATE REQUEST in PEM", name);
    if (buf_err(der) != E_OK)
        return diag_set(d, E_NO_MEMORY, "%s", name);
    const uint8_t *p = der->data;
    X509_REQ *req = d2i_X509_REQ(NULL, &p, (long)der->len);
    if (req == NULL)
        return diag_set(d, cause_take(E_CSR_FORMAT), "%s", name);
    X509_REQ_free(req);
    return der->len <= LIMIT_CSR_BYTES
               ? E_OK
               : diag_set(d, E_CSR_FORMAT, "%s: %zu bytes, allowed are %d", name, der->len, LIMIT_CSR_BYTES);
}

enum err draft_csr_der(struct span bytes, struct buf *der, struct diag *d)
{
    return take_csr(bytes, "the request", der, d);
}

enum err draft_csr(const char *path, struct buf *der, struct diag *d)
{
    struct buf bytes = {0};
    enum err e = read_plain(path, CSR_BYTES, E_CSR_FORMAT, &bytes, d);
    if (e == E_OK)
        e = take_csr(buf_span(&bytes), last_part(path), der, d);
    buf_free(&bytes);
    return e;
}

/* Does the outermost value end later than the file? */
static bool der_goes_on(struct span s)
{
    size_t length = 0, head = 2;
    if (s.n < head)
        return true;
    if (s.p[1] < 0x80)
        return s.n - head < s.p[1];
    head += s.p[1] & 0x7f;
    if (s.p[1] == 0x80 || head > 2 + 4) /* no length of any request */
        return false;
    if (s.n < head)
        return true;
    for (size_t i = 2; i < head; i++)
        length = length << 8 | s.p[i];
    return s.n - head < length;
}

/* The rest of the text behind the first of these words. */
static bool after(struct span *s, const char *word)
{
    const uint8_t *at = memmem(s->p, s->n, word, strlen(word));
    if (at == NULL)
        return false;
    at += strlen(word);
    *s = (struct span){at, (size_t)(s->p + s->n - at)};
    return true;
}

static bool pem_goes_on(struct span s)
{
    static const char begin[] = "-----BEGIN ";
    if (after(&s, begin))
        return !after(&s, "-----END ") || !after(&s, "-----");
    return s.n < strlen(begin) && memcmp(s.p, begin, s.n) == 0;
}

enum err draft_csr_whole(const char *path, bool *whole, struct buf *der, struct diag *d)
{
    struct buf bytes = {0};
    *whole = true;
    enum err e = read_plain(path, CSR_BYTES, E_CSR_FORMAT, &bytes, d);
    const struct span s = buf_span(&bytes);
    if (e == E_OK)
        *whole = s.n > 0 && !(s.p[0] == 0x30 ? der_goes_on(s) : pem_goes_on(s));
    if (e == E_OK && *whole)
        e = take_csr(s, last_part(path), der, d);
    buf_free(&bytes);
    return e;
}

static enum err read_certificate(const char *path, X509 **cert, struct diag *d)
{
    struct buf bytes = {0}, der = {0};
    struct diag why = {0};
    *cert = NULL;
    enum err e = read_plain(path, LIMIT_CERT_BYTES, E_CERTIFICATE, &bytes, d);
    if (e != E_OK)
        goto out;
    if (bytes.len > 0 && bytes.data[0] == 0x30)
        buf_append(&der, bytes.data, bytes.len);
    else if (!pem_only(buf_span(&bytes), PEM_STRING_X509, PEM_STRING_X509_OLD, &der))
        e = diag_set(d, E_CERTIFICATE, "%s: neither DER nor exactly one CERTIFICATE in PEM", path);
    if (e == E_OK && (e = cert_parse(buf_span(&der), cert, &why)) != E_OK)
        diag_wrap(d, e, &why, "%s", path);
out:
    buf_free(&bytes);
    buf_free(&der);
    return e;
}

enum err draft_certificate(const char *path, struct buf *der, struct diag *d)
{
    X509 *cert;
    enum err e = read_certificate(path, &cert, d);
    if (e == E_OK && (e = cert_write_der(cert, der)) != E_OK)
        diag_set(d, e, "%s", path);
    X509_free(cert);
    return e;
}

enum err draft_certificate_serial(const char *path, uint8_t serial[SERIAL_LEN], struct diag *d)
{
    X509 *cert;
    enum err e = read_certificate(path, &cert, d);
    if (e != E_OK)
        return e;
    const ASN1_INTEGER *number = X509_get0_serialNumber(cert);
    int n = ASN1_STRING_length(number);
    if (n != SERIAL_LEN)
        e = diag_set(d, E_CERTIFICATE, "%s: its serial number has %d bytes, those of the appliance have %d", path, n,
                     SERIAL_LEN);
    else
        memcpy(serial, ASN1_STRING_get0_data(number), SERIAL_LEN);
    X509_free(cert);
    return e;
}

enum err draft_bytes(const char *path, size_t max, struct buf *out, struct diag *d)
{
    enum err e = read_plain(path, max, E_FIELD_VALUE, out, d);
    return e == E_OK && out->len == 0 ? diag_set(d, E_FIELD_VALUE, "%s: it is empty", path) : e;
}

enum err draft_digest(const char *path, uint8_t digest[DIGEST_LEN], struct diag *d)
{
    const char *name;
    int fd = -1;
    char *dir = malloc(strlen(path) + 2);
    if (dir == NULL)
        return diag_set(d, E_NO_MEMORY, "%s", path);
    enum err e = desk_split(path, dir, &name) ? file_open_dir(dir, &fd, d)
                                              : diag_set(d, E_MEDIUM, "%s: it names no file", path);
    if (e == E_OK)
        e = file_digest(fd, name, LIMIT_EVIDENCE_BYTES, digest, d);
    if (fd >= 0)
        close(fd);
    free(dir);
    return e;
}
