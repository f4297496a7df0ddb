#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "batch/approval.h"
#include "commands.h"
#include "core/clock.h"
#include "core/screen.h"
#include "ra/foresee.h"

struct check {
    struct desk desk;
    int64_t now;
    const struct policy_authority *authority;
    struct diag first; /* the first thing that would be refused */
    struct foresee_counts counts;
};

static enum err print_json(json_t *obj)
{
    struct buf line = {0};
    enum err e = json_line_write(obj, &line);
    if (e == E_OK)
        printf("%.*s\n", (int)line.len, (const char *)line.data);
    json_decref(obj);
    buf_free(&line);
    return e;
}

/* Of the batch as a whole. */
static enum err tell_batch(struct check *c, const struct diag *why)
{
    if (c->first.code == E_OK)
        c->first = *why;
    if (options.json)
        return print_json(json_pack("{s:s,s:s,s:s,s:s}", "batch", c->desk.header.id, "code",
                                    err_name(why->code), "clause", why->clause, "detail", why->text));
    screen_label(_("batch"), 12);
    printf("%-22s %-24s %s\n", err_name(why->code), why->clause, why->said);
    return E_OK;
}

/* One key twice for one subject is issued twice: perhaps that is meant, perhaps a file was copied. And nobody needs two lists
 * of one moment. */
static enum err warn(int64_t n, const struct decision *o, int64_t twin)
{
    const char *id = o->request.id;
    bool key = o->act == PLAN_ISSUE;
    if (options.json)
        return print_json(json_pack("{s:I,s:s,s:s,s:I}", "n", (json_int_t)n, "id", id, "warning",
                                    key ? "same key" : "list besides", "as", (json_int_t)twin));
    if (key)
        printf(_("%-11s warning: the same key and subject as request %" PRId64 ", and both would be issued\n"), id, twin);
    else
        printf(_("%-11s warning: changes such as request %" PRId64 " bring their key's list by themselves; this one comes besides\n"), id,
               twin);
    return E_OK;
}

static enum err tell_request(void *arg, int64_t n, const struct decision *o, int64_t twin)
{
    struct check *c = arg;
    if (o->code == E_OK)
        return warn(n, o, twin);
    if (c->first.code == E_OK)
        diag_set_clause(&c->first, o->code, o->clause, "request %" PRId64 " (%s): %s", n,
                        o->request.id, o->detail);
    if (options.json)
        return print_json(json_pack("{s:I,s:s,s:s,s:s,s:s}", "n", (json_int_t)n, "id",
                                    o->request.id, "code", err_name(o->code), "clause", o->clause,
                                    "detail", o->detail));
    printf("%-11s %-22s %-24s %s\n", o->request.id[0] != '\0' ? o->request.id : _("(no id)"),
           err_name(o->code), o->clause, o->detail);
    return E_OK;
}

/* What the header promises, the policy may take away. */
static enum err warn_of_end(const struct check *c)
{
    char end[CLOCK_TEXT];
    const struct batch_header *h = &c->desk.header;
    int64_t age = policy_table.limits.batch_age;
    if (h->valid_until - h->created <= age)
        return E_OK;
    clock_format(h->created + age, end);
    if (options.json)
        return print_json(json_pack("{s:s,s:s,s:s}", "batch", h->id, "warning", "batch-age", "ends", end));
    screen_field(_("batch"), 12, _("warning: by the policy's batch-age it ends at %s, whatever its header says"), end);
    return E_OK;
}

/* Each part is checked for itself, so that all of it is told in one go. */
static enum err check_batch(struct check *c, struct diag *d)
{
    const struct batch_header *h = &c->desk.header;
    struct approvals approvals;
    struct diag why[FORESEE_WHOLE + 1] = {0};
    foresee_whole(&c->desk, c->now, why);
    c->authority = policy_authority_find(&policy_table, h->authority);
    if (c->authority != NULL)
        why[FORESEE_WHOLE].code =
            approval_check(c->desk.fd, &policy_table, c->authority, h, c->now, &approvals, &why[FORESEE_WHOLE]);
    for (size_t i = 0; i <= FORESEE_WHOLE; i++) {
        enum err e = why[i].code;
        if (e != E_OK && !err_is_refusal(e)) {
            *d = why[i];
            return e;
        }
        if (e != E_OK && (e = tell_batch(c, &why[i])) != E_OK)
            return diag_set(d, e, "telling");
    }
    enum err e = warn_of_end(c);
    return e == E_OK ? E_OK : diag_set(d, e, "telling");
}

static enum err summarise(const struct check *c)
{
    int64_t n = desk_count(&c->desk), known = c->counts.about_existing;
    const struct plan_counts *of = &c->counts.of;
    if (options.json)
        return print_json(json_pack("{s:I,s:I,s:I,s:I,s:I,s:I}", "requests", (json_int_t)n, "would-issue",
                                    (json_int_t)of->issue, "would-change", (json_int_t)of->status, "would-list",
                                    (json_int_t)of->lists, "would-refuse", (json_int_t)of->refuse, "about-existing",
                                    (json_int_t)known));
    printf(i18n_plural("%" PRId64 " request: %" PRId64 " would be issued, %" PRId64 " refused\n",
                       "%" PRId64 " requests: %" PRId64 " would be issued, %" PRId64 " refused\n", (uint64_t)n),
           n, of->issue, of->refuse);
    if (of->status > 0)
        printf(i18n_plural("%" PRId64 " change of status\n", "%" PRId64 " changes of status\n", (uint64_t)of->status),
               of->status);
    if (of->lists > 0)
        printf(i18n_plural("%" PRId64 " revocation list\n", "%" PRId64 " revocation lists\n", (uint64_t)of->lists),
               of->lists);
    screen_fold(0, 0, _("What only the appliance knows is not asked here: replay, sequence, and keys it has seen before."));
    if (known > 0)
        printf(i18n_plural("Nor whether the certificates that %" PRId64 " request name were issued, and what became of them: "
                           "expired,\nrevoked, on hold, accepted, of another subject, too early to be renewed.\n",
                           "Nor whether the certificates that %" PRId64 " requests name were issued, and what became of them: "
                           "expired,\nrevoked, on hold, accepted, of another subject, too early to be renewed.\n",
                           (uint64_t)known),
               known);
    return E_OK;
}

enum err cmd_check(int n, char **operands, struct diag *d)
{
    struct check c = {.now = clock_now()};
    (void)n;
    (void)operands;
    enum err e = desk_open(options.dir, &c.desk, d);
    if (e == E_OK)
        e = check_batch(&c, d);
    if (e == E_OK && c.authority != NULL)
        e = foresee_requests(&c.desk, c.authority, c.now, tell_request, &c, &c.counts, d);
    if (e == E_OK && c.authority != NULL)
        e = summarise(&c);
    if (e == E_OK && c.first.code != E_OK) {
        *d = c.first;
        e = c.first.code;
    }
    desk_close(&c.desk);
    return e;
}
