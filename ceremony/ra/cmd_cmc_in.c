#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commands.h"
#include "core/text.h"
#include "pki/cert.h"
#include "ra/addition.h"
#include "ra/cmc_draft.h"
#include "ra/ident.h"

#define KEPT (LIMIT_TOKEN_TEXT + 8)

/* What is at hand while a CMC request is taken in. */
struct intake_cmc {
    struct addition addition;
    struct buf file;
    struct cmc cmc;
    struct cmc_additions with;
    char id[LIMIT_TOKEN_TEXT + 1];
};

/* -- what may stand together on the command line -- */

static bool is_of_all(enum draft_field f)
{
    return f == DRAFT_ID || f == DRAFT_REQUESTED_AT || f == DRAFT_OPERATOR;
}

/* An option that would say nothing of anything is a slip, and so is one number for several holders. */
static enum err check_field(enum draft_field f, size_t requests, size_t revocations, struct diag *d)
{
    bool revokes = f == DRAFT_BY || f == DRAFT_REASON;
    if (options.draft[f] == NULL || is_of_all(f))
        return E_OK;
    if (revokes && revocations == 0)
        return diag_set(d, E_USAGE, "--%s: it asks for no revocation", draft_name(f));
    if (!revokes && requests == 0)
        return diag_set(d, E_USAGE, "--%s: it asks for no certificate", draft_name(f));
    if (!revokes && f != DRAFT_OP && f != DRAFT_PROFILE && requests > 1)
        return diag_set(d, E_USAGE, "--%s is about one request: there are %zu", draft_name(f), requests);
    return E_OK;
}

static enum err check_options(const struct cmc *c, struct diag *d)
{
    const char *op = options.draft[DRAFT_OP];
    size_t requests = 0;
    enum err e = E_OK;
    for (size_t i = 0; i < c->n; i++)
        requests += c->parts[i].csr.n > 0;
    if (op != NULL && !op_certifies(op_by_name(op)))
        return diag_set(d, E_USAGE, "--op %s is no service that ends in a certificate", op);
    if (requests > 0 && options.draft[DRAFT_PROFILE] == NULL)
        return diag_set(d, E_USAGE, "--profile NAME is missing");
    for (int f = 0; f < DRAFT_FIELDS && e == E_OK; f++)
        e = check_field((enum draft_field)f, requests, c->n - requests, d);
    return e;
}

/* -- the request -- */

static enum err read_request(struct intake_cmc *in, const char *path, struct diag *d)
{
    X509 *signer = NULL;
    enum err e = cert_load(options.signer, &signer, d);
    if (e == E_OK)
        e = file_read_path(path, LIMIT_CMC_BYTES, E_CMC_FORMAT, &in->file, d);
    if (e == E_OK)
        e = cmc_parse(buf_span(&in->file), &in->cmc, d);
    if (e == E_OK)
        e = cmc_verify(&in->cmc, signer, in->addition.now, d);
    X509_free(signer);
    return e == E_OK ? check_options(&in->cmc, d) : e;
}

/* What the requests' ids, and the original's name, begin with. */
static enum err choose_id(struct intake_cmc *in, const char *path, struct diag *d)
{
    const char *given = options.draft[DRAFT_ID];
    const char *slash = strrchr(path, '/');
    memcpy(in->with.text, options.draft, sizeof in->with.text);
    in->with.text[DRAFT_ID] = in->id;
    if (given == NULL)
        return ident_from_name(slash != NULL ? slash + 1 : path, in->id, d);
    if (!text_is_token(given, LIMIT_TOKEN_TEXT))
        return diag_set(d, E_FIELD_VALUE, "--id: %s is not 1 to %d of A-Z a-z 0-9 . _ - without a dot in front", given,
                        LIMIT_TOKEN_TEXT);
    snprintf(in->id, sizeof in->id, "%s", given);
    return E_OK;
}

static enum err add_part(struct intake_cmc *in, const struct cmc_part *p, struct diag *d)
{
    struct request r;
    enum err e = cmc_draft(&in->cmc, p, &in->with, &r, d);
    if (e == E_OK)
        e = addition_put(&in->addition, &r, r.id, d);
    request_free(&r);
    return e;
}

/* -- the original -- */

/* On a medium the appliance would refuse a file that it does not know. */
static enum err check_apart(int keep, int desk, struct diag *d)
{
    struct stat a, b;
    if (fstat(keep, &a) != 0 || fstat(desk, &b) != 0)
        return diag_set(d, E_IO, "%s", options.keep);
    return a.st_dev != b.st_dev || a.st_ino != b.st_ino
               ? E_OK
               : diag_set(d, E_USAGE, "--keep: the batch's own folder goes to the appliance, which takes no such file");
}

/* Before the batch names it as evidence it is there. */
static enum err keep_original(const struct intake_cmc *in, struct diag *d)
{
    char name[KEPT];
    struct buf there = {0};
    bool found = false;
    int fd = -1;
    snprintf(name, sizeof name, "%s.cmc", in->id);
    enum err e = file_make_path(options.keep, &fd, d);
    if (e == E_OK)
        e = check_apart(fd, in->addition.desk.fd, d);
    if (e == E_OK)
        e = file_read(fd, name, LIMIT_CMC_BYTES, &there, &found, d);
    if (e == E_OK && found && (there.len != in->file.len || memcmp(there.data, in->file.data, there.len) != 0))
        e = diag_set(d, E_FOLDER_OCCUPIED, "%s/%s is another request: give --id", options.keep, name);
    if (e == E_OK && !found)
        e = file_write(fd, name, in->file.data, in->file.len, d);
    if (e == E_OK)
        printf(_("%s/%s: kept as the evidence\n"), options.keep, name);
    buf_free(&there);
    if (fd >= 0)
        close(fd);
    return e;
}

/* -- the whole -- */

static enum err begin(struct intake_cmc *in, struct diag *d)
{
    enum err e = addition_begin(options.dir, &in->addition, d);
    if (e == E_OK && in->addition.authority == NULL)
        e = diag_set(d, E_AUTHORITY, "%s", in->addition.desk.header.authority);
    in->with.policy = &policy_table;
    in->with.authority = in->addition.authority;
    in->with.now = in->addition.now;
    return e;
}

enum err cmd_cmc_in(int n, char **operands, struct diag *d)
{
    struct intake_cmc in = {.addition = {.desk = {.fd = -1}, .evidence_fd = -1}};
    enum err e = n == 1 ? begin(&in, d) : diag_set(d, E_USAGE, "name one file");
    if (e == E_OK)
        e = choose_id(&in, operands[0], d);
    if (e == E_OK)
        e = read_request(&in, operands[0], d);
    for (size_t i = 0; e == E_OK && i < in.cmc.n; i++)
        e = add_part(&in, &in.cmc.parts[i], d);
    if (e == E_OK)
        e = keep_original(&in, d);
    if (e == E_OK)
        e = addition_finish(&in.addition, d);
    cmc_free(&in.cmc);
    buf_free(&in.file);
    addition_free(&in.addition);
    return e;
}
