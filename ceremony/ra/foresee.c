#include "ra/foresee.h"

#include <inttypes.h>
#include <string.h>

#include "batch/intake.h"
#include "core/cli.h"
#include "core/text.h"
#include "ra/seen_effects.h"

/* What intake would take. */
static enum err check_folder(const struct desk *k, struct diag *d)
{
    struct file_list list;
    enum err e = file_list(k->fd, LIMIT_MEDIUM_FILES, &list, d);
    for (size_t i = 0; i < list.n && e == E_OK; i++) {
        const char *name = list.names[i];
        bool known = strcmp(name, BATCH_FILE) == 0 || intake_is_approval(name);
        if (!known || !text_is_token(name, LIMIT_TOKEN_TEXT))
            e = diag_set(d, E_MEDIUM_FILE, "%s does not belong into a batch's folder", name);
    }
    if (e == E_OK && k->bytes.len > (uint64_t)policy_table.limits.batch_bytes)
        e = diag_set(d, E_MEDIUM_LIMIT, "%s has %zu bytes, allowed are %" PRId64, BATCH_FILE, k->bytes.len,
                     policy_table.limits.batch_bytes);
    file_list_free(&list);
    return e;
}

void foresee_whole(const struct desk *k, int64_t now, struct diag why[FORESEE_WHOLE])
{
    const struct policy_authority *accepted;
    enum err e[FORESEE_WHOLE];
    memset(why, 0, FORESEE_WHOLE * sizeof *why);
    e[0] = check_folder(k, &why[0]);
    e[1] = header_check(&k->header, &policy_table, now, &accepted, &why[1]);
    e[2] = desk_check_count(k, &why[2]);
    for (size_t i = 0; i < FORESEE_WHOLE; i++)
        why[i].code = e[i];
}

/* The requests that a later one is compared with. */
struct seen {
    struct set keys;  /* key → number of the first request with it */
    int64_t change;   /* number of the first that brings a list */
};

/* The number of the first request with this key, 0 when this is it. */
static enum err find_key(struct seen *seen, const struct decision *o, int64_t n, int64_t *twin)
{
    uint8_t place[DIGEST_LEN] = {0};
    const uint8_t *old;
    memcpy(place, &n, sizeof n);
    enum err e = set_put(&seen->keys, o->csr.key.digest, place, &old);
    if (e == E_OK && old != NULL)
        memcpy(twin, old, sizeof *twin);
    return e;
}

/* A holder may have many seals. */
static enum err find_twin(struct seen *seen, const struct decision *o, int64_t n, int64_t *twin)
{
    bool ends = o->act == PLAN_ISSUE && op_supersedes(o->request.op);
    *twin = 0;
    if (o->code != E_OK)
        return E_OK;
    if (seen->change == 0 && (ends || o->act == PLAN_REVOKE || o->act == PLAN_HOLD || o->act == PLAN_RELEASE))
        seen->change = n;
    if (o->request.op == OP_CRL)
        *twin = seen->change;
    return o->act == PLAN_ISSUE && o->seals == NULL ? find_key(seen, o, n, twin) : E_OK;
}

enum err foresee_requests(const struct desk *k, const struct policy_authority *authority, int64_t now, foresee_tell tell,
                          void *arg, struct foresee_counts *counts, struct diag *d)
{
    struct decider decider = {.policy = &policy_table, .authority = authority, .header = &k->header, .now = now};
    struct cli_progress bar = {.label = N_("checking")};
    struct lines requests = k->requests;
    struct seen seen = {.change = 0};
    struct seen_effects effects = {.n = 0};
    struct span line;
    enum err line_error, e = E_OK;
    int64_t n = 0, total = desk_count(k);
    *counts = (struct foresee_counts){0};
    while (e == E_OK && desk_next(&requests, &line, &line_error)) {
        struct decision o;
        int64_t twin = 0;
        n++;
        e = decide_request(&decider, line, line_error, requests.number, &o, d);
        if (e == E_OK)
            e = seen_effects_take(&effects, &o, n, d);
        if (e == E_OK && (e = find_twin(&seen, &o, n, &twin)) != E_OK)
            diag_set(d, e, "the keys");
        const struct plan_item item = {.act = o.code == E_OK ? o.act : PLAN_REFUSE}; /* without a serial number yet */
        if (e == E_OK)
            e = pair_note_issued(&decider, &o, &item, d);
        plan_count(&counts->of, item.act);
        counts->about_existing += o.code == E_OK && o.request.has_serial;
        if (e == E_OK && tell != NULL && (o.code != E_OK || twin > 0)) {
            cli_progress_hide(&bar);
            if ((e = tell(arg, n, &o, twin)) != E_OK)
                diag_set(d, e, "telling");
        }
        decision_free(&o);
        cli_progress_step(&bar, (uint64_t)n, (uint64_t)total);
    }
    cli_progress_hide(&bar);
    seen_effects_free(&effects);
    set_free(&seen.keys);
    decider_free(&decider);
    return e;
}
