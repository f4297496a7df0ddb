#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "core/clock.h"
#include "core/text.h"
#include "ra/desk.h"
#include "ra/manifest.h"

#define WEEK (INT64_C(7) * 86400)

static enum err take_token(const char *option, const char *value, char out[LIMIT_TOKEN_TEXT + 1],
                           struct diag *d)
{
    if (!text_is_token(value, LIMIT_TOKEN_TEXT))
        return diag_set(d, E_USAGE,
                        "--%s %s: it must be 1 to %d of A-Z a-z 0-9 . _ - and no dot in front",
                        option, value, LIMIT_TOKEN_TEXT);
    snprintf(out, LIMIT_TOKEN_TEXT + 1, "%s", value);
    return E_OK;
}

static enum err take_names(struct batch_header *h, struct diag *d)
{
    enum err e = take_token("authority", options.authority, h->authority, d);
    if (e == E_OK)
        e = take_token("ra", options.ra, h->ra, d);
    if (e == E_OK)
        e = take_token("id", options.id, h->id, d);
    if (e != E_OK)
        return e;
    const struct policy_ra *ra = policy_ra_find(&policy_table, h->ra);
    if (policy_authority_find(&policy_table, h->authority) == NULL) {
        e = diag_set(d, E_AUTHORITY, "%s", h->authority);
        diag_advise(d, "give --authority a name of the policy");
    } else if (ra == NULL) {
        e = diag_set(d, E_RA, "the policy has no RA %s", h->ra);
        diag_advise(d, "give --ra an id of the policy");
    } else if (strcmp(ra->authority, h->authority) != 0) {
        e = diag_set(d, E_RA, "%s is an RA of %s, not of %s", h->ra, ra->authority, h->authority);
        diag_advise(d, "give --ra and --authority as the policy has them");
    }
    return e;
}

/* What comes before this batch. */
struct previous {
    char authority[LIMIT_TOKEN_TEXT + 1], ra[LIMIT_TOKEN_TEXT + 1], id[LIMIT_TOKEN_TEXT + 1];
    int64_t sequence;
};

/* A bundle, whose digest goes into the header. */
static enum err read_bundle(struct span bytes, struct batch_header *h, struct previous *out, struct diag *d)
{
    struct manifest m;
    enum err e = manifest_parse(bytes, &m, d);
    if (e == E_OK)
        e = digest_bytes(DIGEST_SHA256, bytes.p, bytes.n, h->previous);
    if (e != E_OK)
        return e;
    h->has_previous = true;
    out->sequence = m.sequence;
    snprintf(out->authority, sizeof out->authority, "%s", m.authority);
    snprintf(out->ra, sizeof out->ra, "%s", m.ra);
    snprintf(out->id, sizeof out->id, "%s", m.id);
    return E_OK;
}

/* A batch that no bundle answers yet. */
static enum err read_batch(struct previous *out, struct diag *d)
{
    struct desk k;
    enum err e = desk_open(options.previous, &k, d);
    if (e == E_MEDIUM) {
        diag_set(d, e, "%s: there is neither bundle.json nor %s", options.previous, BATCH_FILE);
        diag_advise(d, N_("name the last bundle that came back, or the batch before it"));
    }
    if (e == E_OK) {
        out->sequence = k.header.sequence;
        snprintf(out->authority, sizeof out->authority, "%s", k.header.authority);
        snprintf(out->ra, sizeof out->ra, "%s", k.header.ra);
        snprintf(out->id, sizeof out->id, "%s", k.header.id);
    }
    desk_close(&k);
    return e;
}

static enum err check_previous(const struct batch_header *h, const struct previous *p, struct diag *d)
{
    if (strcmp(p->ra, h->ra) != 0 || strcmp(p->authority, h->authority) != 0)
        return diag_set(d, E_PREVIOUS, "the one before is of %s for %s, the batch of %s for %s", p->ra, p->authority, h->ra, h->authority);
    if (strcmp(p->id, h->id) == 0)
        return diag_set(d, E_PREVIOUS, "the one before has the id %s, too", h->id);
    if (p->sequence != h->sequence - 1)
        return diag_set(d, E_PREVIOUS, "the one before has the sequence %lld, the batch %lld", (long long)p->sequence,
                        (long long)h->sequence);
    return E_OK;
}

static enum err take_previous(struct batch_header *h, struct diag *d)
{
    struct previous p = {.sequence = 0};
    struct buf bytes = {0};
    int fd;
    bool found = false;
    if (options.previous == NULL)
        return E_OK;
    enum err e = file_open_dir(options.previous, &fd, d);
    if (e != E_OK)
        return e;
    e = file_read(fd, "bundle.json", LIMIT_LINE, &bytes, &found, d);
    if (e == E_OK)
        e = found ? read_bundle(buf_span(&bytes), h, &p, d) : read_batch(&p, d);
    if (e == E_OK && options.sequence < 0)
        h->sequence = p.sequence + 1;
    if (e == E_OK)
        e = check_previous(h, &p, d);
    if (e == E_PREVIOUS)
        diag_advise(d, N_("name this RA's last bundle; without --sequence the batch comes next"));
    buf_free(&bytes);
    close(fd);
    return e;
}

/* A week when nothing is said, or what the policy gives when that is less. */
static int64_t validity(void)
{
    int64_t most = policy_table.limits.batch_age;
    if (options.valid_for > 0)
        return (int64_t)options.valid_for * 86400;
    return most < WEEK ? most : WEEK;
}

static enum err fill_header(struct batch_header *h, struct diag *d)
{
    if (options.sequence < 0 && options.previous == NULL)
        return diag_set(d, E_USAGE, "--sequence N is missing, or --previous DIR");
    if (options.sequence == 0)
        return diag_set(d, E_USAGE, "--sequence begins with 1");
    if (options.valid_for == 0)
        return diag_set(d, E_USAGE, "--valid-for wants at least 1 day");
    enum err e = take_names(h, d);
    if (e != E_OK)
        return e;
    h->sequence = options.sequence;
    h->created = clock_now();
    h->valid_until = h->created + validity();
    h->has_policy = true;
    e = policy_digest(&policy_table, h->policy);
    return e != E_OK ? diag_set(d, e, "the policy's digest") : take_previous(h, d);
}

/* A batch that promises more time than the policy gives would be found out only when it is too late. */
static enum err check_end(const struct batch_header *h, struct diag *d)
{
    int64_t age = policy_table.limits.batch_age;
    return h->valid_until - h->created <= age
               ? E_OK
               : diag_set(d, E_USAGE, "--valid-for %d: the policy's batch-age allows %lld days", options.valid_for,
                          (long long)(age / 86400));
}

enum err cmd_new(int n, char **operands, struct diag *d)
{
    struct batch_header h = {0};
    struct file_list list = {0};
    int fd = -1;
    (void)n;
    (void)operands;
    enum err e = fill_header(&h, d);
    if (e == E_OK)
        e = check_end(&h, d);
    if (e == E_OK)
        e = file_make_path(options.dir, &fd, d);
    if (e == E_OK) {
        desk_tidy(fd);
        e = desk_lock(fd, options.dir, d);
    }
    if (e == E_OK)
        e = file_list(fd, LIMIT_MEDIUM_FILES, &list, d);
    if (e == E_OK && list.n > 0)
        e = diag_set(d, E_FOLDER_OCCUPIED, "%s holds %s", options.dir, list.names[0]);
    if (e == E_OK)
        e = desk_share(fd, d);
    if (e == E_OK)
        e = desk_write(fd, &h, (struct span){0}, d);
    if (e == E_OK)
        printf(_("%s/%s: batch %s, sequence %lld of %s\n"), options.dir, BATCH_FILE, h.id,
               (long long)h.sequence, h.ra);
    file_list_free(&list);
    if (fd >= 0)
        close(fd);
    return e;
}
