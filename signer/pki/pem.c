#include "pki/pem.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>

struct block {
    char *label;
    char *header;
    uint8_t *data;
    long n;
};

static bool block_read(BIO *in, struct block *b)
{
    return PEM_read_bio(in, &b->label, &b->header, &b->data, &b->n) == 1;
}

static void block_free(struct block *b)
{
    OPENSSL_free(b->label);
    OPENSSL_free(b->header);
    OPENSSL_free(b->data);
}

bool pem_only(struct span bytes, const char *label, const char *other, struct buf *out)
{
    if (bytes.n == 0 || bytes.n > INT_MAX)
        return false;
    struct block first = {0}, second = {0};
    bool ok = false;
    BIO *in = BIO_new_mem_buf(bytes.p, (int)bytes.n);
    if (in == NULL || !block_read(in, &first) || first.header[0] != '\0' || first.n <= 0)
        goto out;
    if (strcmp(first.label, label) != 0 && (other == NULL || strcmp(first.label, other) != 0))
        goto out;
    /* A second block that is cut short is refused as well: only "there is none" will do. */
    if (block_read(in, &second) || ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
        goto out;
    buf_append(out, first.data, (size_t)first.n);
    ok = buf_err(out) == E_OK;
out:
    BIO_free(in);
    block_free(&first);
    block_free(&second);
    ERR_clear_error();
    return ok;
}
