#include "log/position.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/limits.h"

enum err position_advance(struct log_position *p, struct span line, int64_t time)
{
    uint8_t head[DIGEST_LEN];
    enum err e = digest_bytes(p->hash, line.p, line.n, head);
    if (e == E_OK)
        e = merkle_append(&p->merkle, line);
    if (e != E_OK)
        return e;
    if (p->size == 0)
        memcpy(p->id, head, DIGEST_LEN);
    memcpy(p->head, head, DIGEST_LEN);
    p->size++;
    p->bytes += line.n + 1;
    p->time = time;
    return E_OK;
}

/* -- as bytes: size, bytes and time (8 bytes each, big-endian), hash (1), head, id, tree, SHA-256
 * of all that -- */

#define FIXED_BYTES (3 * 8 + 1 + 2 * DIGEST_LEN)

static void append_u64(struct buf *out, uint64_t v)
{
    for (int shift = 56; shift >= 0; shift -= 8)
        buf_append_byte(out, (uint8_t)(v >> shift));
}

static uint64_t read_u64(const uint8_t *p)
{
    uint64_t v = 0;
    for (size_t i = 0; i < 8; i++)
        v = v << 8 | p[i];
    return v;
}

enum err position_save(const struct log_position *p, struct buf *out)
{
    size_t before = out->len;
    append_u64(out, p->size);
    append_u64(out, p->bytes);
    append_u64(out, (uint64_t)p->time);
    buf_append_byte(out, p->hash == DIGEST_SM3 ? 1 : 0);
    buf_append(out, p->head, DIGEST_LEN);
    buf_append(out, p->id, DIGEST_LEN);
    enum err e = merkle_save(&p->merkle, out);
    if (e != E_OK)
        return e;
    uint8_t sum[DIGEST_LEN];
    e = digest_bytes(DIGEST_SHA256, out->data + before, out->len - before, sum);
    if (e != E_OK)
        return e;
    buf_append(out, sum, DIGEST_LEN);
    return buf_err(out);
}

enum err position_load(struct log_position *p, struct span bytes)
{
    *p = (struct log_position){0};
    if (bytes.n < FIXED_BYTES + 8 + DIGEST_LEN)
        return E_INDEX;
    uint8_t sum[DIGEST_LEN];
    size_t n = bytes.n - DIGEST_LEN;
    enum err e = digest_bytes(DIGEST_SHA256, bytes.p, n, sum);
    if (e != E_OK)
        return e;
    if (memcmp(sum, bytes.p + n, DIGEST_LEN) != 0)
        return E_INDEX;
    struct log_position at = {
        .size = read_u64(bytes.p),
        .bytes = read_u64(bytes.p + 8),
        .time = (int64_t)read_u64(bytes.p + 16),
        .hash = bytes.p[24] == 1 ? DIGEST_SM3 : DIGEST_SHA256,
    };
    memcpy(at.head, bytes.p + 25, DIGEST_LEN);
    memcpy(at.id, bytes.p + 25 + DIGEST_LEN, DIGEST_LEN);
    if (!merkle_load(&at.merkle, (struct span){bytes.p + FIXED_BYTES, n - FIXED_BYTES}) ||
        at.merkle.size != at.size)
        return E_INDEX;
    *p = at;
    return E_OK;
}

/* -- in the file -- */

enum err position_open_file(int dirfd, const char *name, bool write, int *fd, uint64_t *bytes,
                            struct diag *d)
{
    *fd = -1;
    *bytes = 0;
    /* O_NONBLOCK: opening a FIFO that somebody put there must not hang. */
    int f = openat(dirfd, name,
                   (write ? O_RDWR : O_RDONLY) | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (f < 0)
        return diag_errno(d, errno, "%s", name);
    enum err e = E_OK;
    struct stat st;
    if (fstat(f, &st) != 0)
        e = diag_errno(d, errno, "%s", name);
    else if (!S_ISREG(st.st_mode))
        e = diag_set(d, E_IO, "%s is not a regular file", name);
    if (e != E_OK) {
        close(f);
        return e;
    }
    *fd = f;
    *bytes = (uint64_t)st.st_size;
    return E_OK;
}

enum err position_read(int fd, uint64_t at, uint8_t *out, size_t n, struct diag *d)
{
    for (size_t done = 0; done < n;) {
        ssize_t got = pread(fd, out + done, n - done, (off_t)(at + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return diag_errno(d, errno, "reading the log");
        if (got == 0)
            return diag_set(d, E_IO, "reading the log: it became shorter meanwhile");
        done += (size_t)got;
    }
    return E_OK;
}

/* Where the line that ends (with its newline) at n begins. */
static size_t line_start(const uint8_t *p, size_t n)
{
    const uint8_t *newline = n < 2 ? NULL : memrchr(p, '\n', n - 1);
    return newline == NULL ? 0 : (size_t)(newline - p) + 1;
}

enum err log_position_holds(int dirfd, const struct log_position *p, bool *holds, struct diag *d)
{
    *holds = false;
    uint8_t *tail = NULL;
    int fd;
    uint64_t bytes;
    enum err e = position_open_file(dirfd, LOG_FILE, false, &fd, &bytes, d);
    if (e != E_OK)
        return e;
    if (p->size == 0 || p->bytes == 0) {
        *holds = p->size == 0 && p->bytes == 0;
        goto out;
    }
    if (p->bytes > bytes)
        goto out;
    /* The longest line, its newline, and the newline before. */
    size_t n = p->bytes < LIMIT_LOG_LINE + 2 ? (size_t)p->bytes : LIMIT_LOG_LINE + 2;
    tail = malloc(n);
    if (tail == NULL) {
        e = diag_set(d, E_NO_MEMORY, "%s", LOG_FILE);
        goto out;
    }
    e = position_read(fd, p->bytes - n, tail, n, d);
    if (e != E_OK || tail[n - 1] != '\n')
        goto out;
    size_t start = line_start(tail, n);
    uint8_t head[DIGEST_LEN];
    e = digest_bytes(p->hash, tail + start, n - 1 - start, head);
    if (e != E_OK)
        e = diag_set(d, e, "%s", LOG_FILE);
    else
        *holds = memcmp(head, p->head, DIGEST_LEN) == 0;
out:
    free(tail);
    close(fd);
    return e;
}
