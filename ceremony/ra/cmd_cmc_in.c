#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "core/clock.h"
#include "core/text.h"
#include "pki/cert.h"
#include "ra/addition.h"
#include "ra/cmc_draft.h"
#include "ra/cmc_keep.h"
#include "ra/cmc_repeat.h"
#include "ra/ident.h"

/* What is at hand while a CMC request is taken in. */
struct intake_cmc {
    struct addition addition;
    struct buf file;
    struct cmc cmc;
    struct cmc_additions with;
    struct cmc_keep keep;
    struct cmc_repeat repeat;
    bool reason_used;
    char id[LIMIT_TOKEN_TEXT + 1], requested_at[CLOCK_TEXT];
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

/* It was asked for when it was signed, unless a person knows better; so a revocation that lay about is late. What is older than a
 * batch may be is not taken without a word from a person. */
static enum err choose_time(struct intake_cmc *in, struct diag *d)
{
    const int64_t now = in->addition.now, age = policy_table.limits.batch_age;
    if (options.draft[DRAFT_REQUESTED_AT] != NULL)
        return E_OK;
    if (!in->cmc.has_time)
        return diag_set(d, E_FIELD_MISSING, "it does not say when it was signed: give --requested-at");
    clock_format(in->cmc.time < now ? in->cmc.time : now, in->requested_at);
    if (in->cmc.time < now - age)
        return diag_set(d, E_REQUEST_DATE, "it was signed at %s, more than %lld days ago: give --requested-at", in->requested_at,
                        (long long)(age / 86400));
    in->with.text[DRAFT_REQUESTED_AT] = in->requested_at;
    return E_OK;
}

/* Was it taken before, under whatever name, in this batch or another? */
static enum err check_new(struct intake_cmc *in, struct diag *d)
{
    enum err e = cmc_keep_open(options.keep, &in->addition.desk, &in->keep, d);
    if (e == E_OK)
        e = cmc_repeat_read(&in->addition.desk, &in->repeat, d);
    if (e == E_OK)
        e = cmc_repeat_check(&in->repeat, in->cmc.digest, d);
    return e == E_OK ? cmc_keep_check(&in->keep, &in->cmc, &in->repeat, d) : e;
}

static enum err add_part(struct intake_cmc *in, const struct cmc_part *p, struct diag *d)
{
    struct request r;
    enum err e = cmc_draft(&in->cmc, p, &in->with, &r, d);
    if (e == E_OK)
        e = cmc_repeat_put(&in->repeat, &r, d);
    if (e == E_OK)
        e = addition_put(&in->addition, &r, r.id, d);
    in->reason_used = in->reason_used || (e == E_OK && options.draft[DRAFT_REASON] != NULL &&
                                          strcmp(r.reason, options.draft[DRAFT_REASON]) == 0);
    request_free(&r);
    return e;
}

/* A reason that is nobody's is a slip. */
static enum err check_reason(const struct intake_cmc *in, struct diag *d)
{
    const char *reason = options.draft[DRAFT_REASON];
    return reason == NULL || in->reason_used ? E_OK
                                             : diag_set(d, E_REASON, "--reason %s fits none of its revocations", reason);
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
    struct intake_cmc in = {.addition = {.desk = {.fd = -1}, .evidence_fd = -1}, .keep = {.fd = -1}};
    enum err e = n == 1 ? begin(&in, d) : diag_set(d, E_USAGE, "name one file");
    if (e == E_OK)
        e = choose_id(&in, operands[0], d);
    if (e == E_OK)
        e = read_request(&in, operands[0], d);
    if (e == E_OK)
        e = choose_time(&in, d);
    if (e == E_OK)
        e = check_new(&in, d);
    for (size_t i = 0; e == E_OK && i < in.cmc.n; i++)
        e = add_part(&in, &in.cmc.parts[i], d);
    if (e == E_OK)
        e = check_reason(&in, d);
    if (e == E_OK)
        e = cmc_keep_put(&in.keep, in.id, buf_span(&in.file), d);
    if (e == E_OK)
        printf(_("%s/%s.cmc: kept as the evidence\n"), options.keep, in.id);
    if (e == E_OK)
        e = addition_finish(&in.addition, d);
    cmc_keep_close(&in.keep);
    cmc_repeat_free(&in.repeat);
    cmc_free(&in.cmc);
    buf_free(&in.file);
    addition_free(&in.addition);
    return e;
}
