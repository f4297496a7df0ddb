#include "pki/ocsp_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "pki/der.h"

struct ocsp_file {
    FILE *in;
    struct digest *digest;
    uint8_t bytes[OCSP_FILE_RESPONSE_MAX];
};

enum err ocsp_file_open(int fd, struct ocsp_file **out, struct diag *d)
{
    struct ocsp_file *f = *out = calloc(1, sizeof *f);
    if (f == NULL)
        return diag_set(d, E_NO_MEMORY, "reading OCSP responses");
    enum err e = digest_new(DIGEST_SHA256, &f->digest);
    if (e != E_OK)
        return diag_set(d, e, "reading OCSP responses");
    int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    f->in = own >= 0 ? fdopen(own, "r") : NULL;
    if (f->in == NULL && own >= 0)
        close(own);
    return f->in != NULL ? E_OK : diag_set(d, E_NO_MEMORY, "reading OCSP responses");
}

static enum err fail(const struct ocsp_file *f, struct diag *d)
{
    return ferror(f->in) ? diag_errno(d, errno, "OCSP responses")
                         : diag_set(d, E_OCSP_FORMAT, "what follows is not one whole response");
}

/* Bytes of the response that begins with these four; 0 when none can. None is shorter than 128 bytes. */
static size_t length_of(const uint8_t head[4])
{
    if (head[0] != DER_SEQUENCE)
        return 0;
    if (head[1] == 0x81 && head[2] >= 0x80)
        return 3 + (size_t)head[2];
    if (head[1] == 0x82 && head[2] > 0)
        return 4 + (size_t)head[2] * 256 + head[3];
    return 0;
}

enum err ocsp_file_next(struct ocsp_file *f, struct span *response, bool *more, struct diag *d)
{
    *response = (struct span){0};
    size_t got = fread(f->bytes, 1, 4, f->in);
    *more = got > 0 || ferror(f->in);
    if (!*more)
        return E_OK;
    size_t n = got == 4 ? length_of(f->bytes) : 0;
    if (n == 0 || n > sizeof f->bytes || fread(f->bytes + 4, 1, n - 4, f->in) != n - 4)
        return fail(f, d);
    enum err e = digest_update(f->digest, f->bytes, n);
    if (e != E_OK)
        return diag_set(d, e, "reading OCSP responses");
    *response = (struct span){f->bytes, n};
    return E_OK;
}

enum err ocsp_file_digest(struct ocsp_file *f, uint8_t out[DIGEST_LEN])
{
    return digest_final(f->digest, out);
}

void ocsp_file_close(struct ocsp_file *f)
{
    if (f == NULL)
        return;
    if (f->in != NULL)
        fclose(f->in);
    digest_free(f->digest);
    free(f);
}
