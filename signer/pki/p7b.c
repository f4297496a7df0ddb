#include "pki/p7b.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "core/file.h"
#include "pki/der.h"

/* id-signedData and id-data, 1.2.840.113549.1.7.2 and .1, with tag and length. */
static const uint8_t oid_signed_data[] = {0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02};
static const uint8_t before_certs[] = {
    0x02, 0x01, 0x01,                                                                         /* version 1 */
    0x31, 0x00,                                                                               /* no digests */
    0x30, 0x0b, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01};            /* id-data */
static const uint8_t after_certs[] = {0x31, 0x00};                                            /* no signers */

/* The length of a value with this much content. */
static size_t whole(size_t n)
{
    struct buf b = {0};
    der_put_header(&b, DER_SEQUENCE, n);
    size_t total = b.len + n;
    buf_free(&b);
    return total;
}

static enum err copy(int from_fd, int fd, size_t total, const char *name, struct diag *d)
{
    uint8_t bytes[64 * 1024];
    off_t at = 0;
    for (;;) {
        ssize_t n = pread(from_fd, bytes, sizeof bytes, at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return diag_errno(d, errno, "%s", name);
        if (n == 0 && (size_t)at == total)
            return E_OK;
        if (n == 0 || (size_t)n > total - (size_t)at)
            return diag_set(d, E_IO, "%s: the certificates are not %zu bytes", name, total);
        enum err e = file_write_all(fd, bytes, (size_t)n, name, d);
        if (e != E_OK)
            return e;
        at += n;
    }
}

enum err p7b_write(int dirfd, const char *name, int from_fd, size_t bytes, struct diag *d)
{
    struct buf head = {0};
    size_t signed_data = sizeof before_certs + whole(bytes) + sizeof after_certs;
    der_put_header(&head, DER_SEQUENCE, sizeof oid_signed_data + whole(whole(signed_data)));
    buf_append(&head, oid_signed_data, sizeof oid_signed_data);
    der_put_header(&head, DER_CONSTRUCTED + 0, whole(signed_data));
    der_put_header(&head, DER_SEQUENCE, signed_data);
    buf_append(&head, before_certs, sizeof before_certs);
    der_put_header(&head, DER_CONSTRUCTED + 0, bytes);
    int fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    enum err e = fd < 0 ? diag_errno(d, errno, "%s", name) : buf_err(&head);
    if (e == E_OK)
        e = file_write_all(fd, head.data, head.len, name, d);
    if (e == E_OK)
        e = copy(from_fd, fd, bytes, name, d);
    if (e == E_OK)
        e = file_write_all(fd, after_certs, sizeof after_certs, name, d);
    if (e == E_OK)
        e = file_sync(fd, name, d);
    if (fd >= 0)
        close(fd);
    buf_free(&head);
    return e;
}
