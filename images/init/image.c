#include "image.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define VOLUME 32768
#define BLOCK 2048
#define SECTOR 512

static uint64_t get(const uint8_t *at, int bytes)
{
    uint64_t v = 0;
    for (int i = bytes; i-- > 0;)
        v = v << 8 | at[i];
    return v;
}

uint64_t image_bytes(const uint8_t *head, size_t n)
{
    if (n >= 2 * SECTOR && memcmp(head + SECTOR, "EFI PART", 8) == 0)
        return (get(head + SECTOR + 32, 8) + 1) * SECTOR;
    if (n >= VOLUME + BLOCK && memcmp(head + VOLUME, "\1CD001", 6) == 0)
        return get(head + VOLUME + 80, 4) * BLOCK;
    return 0;
}

static bool is_image(const struct medium *m, const void *arg)
{
    (void)arg;
    return m->whole && m->image;
}

static enum err digest_first(int fd, uint64_t bytes, uint8_t out[DIGEST_LEN], struct diag *d)
{
    static uint8_t piece[1 << 16];
    struct digest *sum = NULL;
    enum err e = digest_new(DIGEST_SHA256, &sum);
    for (uint64_t at = 0; e == E_OK && at < bytes;) {
        const uint64_t left = bytes - at;
        const ssize_t n = pread(fd, piece, left < sizeof piece ? (size_t)left : sizeof piece, (off_t)at);
        if (n > 0)
            e = digest_update(sum, piece, (size_t)n);
        else
            e = diag_errno(d, n < 0 ? errno : EIO, "the image's medium");
        at += n > 0 ? (uint64_t)n : 0;
    }
    if (e == E_OK)
        e = digest_final(sum, out);
    digest_free(sum);
    return e;
}

enum err image_digest(uint8_t out[DIGEST_LEN], struct diag *d)
{
    static uint8_t head[VOLUME + BLOCK];
    char device[MEDIA_DEVICE];
    struct medium m;
    memset(out, 0, DIGEST_LEN);
    if (!media_find(is_image, NULL, &m))
        return diag_set(d, E_MEDIUM, "the medium that the machine was booted from is not in");
    media_device(&m, device);
    int fd = open(device, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return diag_errno(d, errno, "the image's medium");
    const ssize_t n = pread(fd, head, sizeof head, 0);
    const uint64_t bytes = n > 0 ? image_bytes(head, (size_t)n) : 0;
    enum err e = bytes > 0 && bytes <= m.bytes
                     ? digest_first(fd, bytes, out, d)
                     : diag_set(d, E_MEDIUM, "the image's medium does not say how long it is");
    close(fd);
    return e;
}
