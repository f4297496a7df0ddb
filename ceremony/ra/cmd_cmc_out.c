#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "core/clock.h"
#include "core/screen.h"
#include "pki/cert.h"
#include "pki/keyfile.h"
#include "ra/cmc_answer.h"

/* -- what is answered -- */

static enum err read_request(const char *path, struct cmc *cmc, struct diag *d)
{
    struct buf file = {0};
    *cmc = (struct cmc){.signature = NULL};
    enum err e = file_read_path(path, LIMIT_CMC_BYTES, E_CMC_FORMAT, &file, d);
    if (e == E_OK)
        e = cmc_parse(buf_span(&file), cmc, d);
    buf_free(&file);
    return e;
}

/* The batch alone, or with the bundle that answers it. */
static enum err read_answers(struct import *i, const char *work, struct diag *d)
{
    if ((options.bundle == NULL) != (options.anchors == NULL))
        return diag_set(d, E_USAGE, "--bundle and --anchors belong together");
    return options.bundle != NULL ? cmd_import_verify(i, work, d) : desk_open(options.batch, &i->desk, d);
}

/* -- the response -- */

/* Signed, and read again as a client will read it. */
static enum err sign(const struct cmc_response *r, X509 *cert, EVP_PKEY *key, struct buf *out, struct diag *d)
{
    struct cms *cms = NULL;
    struct span content;
    enum err e = cmc_write(r, cert, key, clock_now(), out, d);
    if (e == E_OK)
        e = cms_parse_holding(buf_span(out), cmc_id_response, out->len, &cms, &content, d);
    if (e == E_OK)
        e = cms_verify(cms, cert, content, d);
    cms_free(cms);
    return e;
}

/* Where the response goes: *dir is free()d by the caller. */
static enum err split_out(char **dir, const char **name, struct diag *d)
{
    *dir = malloc(strlen(options.out) + 2);
    if (*dir == NULL)
        return diag_set(d, E_NO_MEMORY, "%s", options.out);
    return desk_split(options.out, *dir, name) ? E_OK : diag_set(d, E_USAGE, "--out %s names no file", options.out);
}

static enum err store(const char *dir, const char *name, const struct buf *response, struct diag *d)
{
    int fd = -1;
    enum err e = file_open_dir(dir, &fd, d);
    if (e == E_OK)
        e = file_write(fd, name, response->data, response->len, d);
    if (fd >= 0)
        close(fd);
    return e;
}

#define LABEL 9 /* columns */

static void report(const struct cmc_response *r)
{
    size_t n[CMC_PENDING + 1] = {0};
    for (size_t i = 0; i < r->request->n; i++)
        n[r->statuses[i].word]++;
    screen_field(_("success"), LABEL, "%zu", n[CMC_SUCCESS]);
    screen_field(_("failed"), LABEL, "%zu", n[CMC_FAILED]);
    screen_field(_("pending"), LABEL, "%zu", n[CMC_PENDING]);
    screen_field(_("response"), LABEL, "%s", options.out);
}

static enum err answer(const struct cmc *cmc, const struct import *i, const char *dir, const char *name, struct diag *d)
{
    struct cmc_response response;
    struct buf out = {0};
    X509 *cert = NULL;
    EVP_PKEY *key = NULL;
    enum err e = cmc_answer(cmc, &i->desk, options.bundle != NULL ? &i->answers : NULL, &response, d);
    if (e == E_OK)
        e = cert_load(options.signer, &cert, d);
    if (e == E_OK)
        e = keyfile_open(options.key, options.pass_fd, options.signer, &key, d);
    if (e == E_OK)
        e = sign(&response, cert, key, &out, d);
    if (e == E_OK)
        e = store(dir, name, &out, d);
    if (e == E_OK)
        report(&response);
    EVP_PKEY_free(key);
    X509_free(cert);
    buf_free(&out);
    cmc_answer_free(&response);
    return e;
}

enum err cmd_cmc_out(int n, char **operands, struct diag *d)
{
    struct cmc cmc = {.signature = NULL};
    struct import i = {.folder = -1, .anchors = {.fd = -1}, .desk = {.fd = -1}};
    const char *name;
    char *dir = NULL;
    enum err e = n == 1 ? read_request(operands[0], &cmc, d) : diag_set(d, E_USAGE, "name one file");
    if (e == E_OK)
        e = split_out(&dir, &name, d);
    if (e == E_OK)
        e = read_answers(&i, dir, d);
    if (e == E_OK)
        e = answer(&cmc, &i, dir, name, d);
    free(dir);
    cmc_free(&cmc);
    import_free(&i);
    return e;
}
