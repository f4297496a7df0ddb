#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "batch/approval.h"
#include "batch/decide.h"
#include "batch/intake.h"
#include "commands.h"
#include "core/clock.h"
#include "core/text.h"
#include "ra/desk.h"

struct check {
    struct desk desk;
    int64_t now;
    const struct policy_authority *authority;
    struct diag first; /* the first thing that would be refused */
    int64_t refused;
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
    printf("batch       %-22s %-24s %s\n", err_name(why->code), why->clause, why->text);
    return E_OK;
}

static enum err tell_request(struct check *c, const struct decision *o, int64_t n)
{
    c->refused++;
    if (c->first.code == E_OK)
        diag_set_clause(&c->first, o->code, o->clause, "request %" PRId64 " (%s): %s", n,
                        o->request.id, o->detail);
    if (options.json)
        return print_json(json_pack("{s:I,s:s,s:s,s:s,s:s}", "n", (json_int_t)n, "id",
                                    o->request.id, "code", err_name(o->code), "clause", o->clause,
                                    "detail", o->detail));
    printf("%-11s %-22s %-24s %s\n", o->request.id[0] != '\0' ? o->request.id : "(no id)",
           err_name(o->code), o->clause, o->detail);
    return E_OK;
}

/* What intake would take. */
static enum err check_folder(const struct check *c, struct diag *d)
{
    struct file_list list;
    enum err e = file_list(c->desk.fd, LIMIT_MEDIUM_FILES, &list, d);
    for (size_t i = 0; i < list.n && e == E_OK; i++) {
        const char *name = list.names[i];
        bool known = strcmp(name, BATCH_FILE) == 0 || intake_is_approval(name);
        if (!known || !text_is_token(name, LIMIT_TOKEN_TEXT))
            e = diag_set(d, E_MEDIUM_FILE, "%s does not belong into a batch's folder", name);
    }
    if (e == E_OK && c->desk.bytes.len > (uint64_t)policy_table.limits.batch_bytes)
        e = diag_set(d, E_MEDIUM_LIMIT, BATCH_FILE " has %zu bytes, allowed are %" PRId64,
                     c->desk.bytes.len, policy_table.limits.batch_bytes);
    file_list_free(&list);
    return e;
}

static enum err check_count(const struct check *c, struct diag *d)
{
    int64_t n = desk_count(&c->desk);
    return n == c->desk.header.count
               ? E_OK
               : diag_set(d, E_BATCH_COUNT,
                          "the header announces %" PRId64 " requests, the file has %" PRId64,
                          c->desk.header.count, n);
}

/* Each part is checked for itself, so that all of it is told in one go. */
static enum err check_batch(struct check *c, struct diag *d)
{
    const struct batch_header *h = &c->desk.header;
    struct approvals approvals;
    struct diag why[4] = {0};
    const struct policy_authority *accepted;
    enum err e[4] = {check_folder(c, &why[0]),
                     header_check(h, &policy_table, c->now, &accepted, &why[1]),
                     check_count(c, &why[2]), E_OK};
    c->authority = policy_authority_find(&policy_table, h->authority);
    if (c->authority != NULL)
        e[3] =
            approval_check(c->desk.fd, &policy_table, c->authority, h, c->now, &approvals, &why[3]);
    for (size_t i = 0; i < 4; i++) {
        enum err told = E_OK;
        if (e[i] != E_OK && !err_is_refusal(e[i])) {
            *d = why[i];
            return e[i];
        }
        if (e[i] != E_OK)
            told = tell_batch(c, &why[i]);
        if (told != E_OK)
            return diag_set(d, told, "telling");
    }
    return E_OK;
}

static enum err check_requests(struct check *c, struct diag *d)
{
    struct decider decider = {.policy = &policy_table,
                              .authority = c->authority,
                              .header = &c->desk.header,
                              .now = c->now};
    struct cli_progress bar = {.label = "checking"};
    struct lines requests = c->desk.requests;
    struct span line;
    enum err line_error;
    enum err e = E_OK;
    int64_t n = 0, total = desk_count(&c->desk);
    while (e == E_OK && desk_next(&requests, &line, &line_error)) {
        struct decision o;
        n++;
        e = decide_request(&decider, line, line_error, requests.number, &o, d);
        if (e == E_OK && o.code != E_OK)
            e = tell_request(c, &o, n);
        decision_free(&o);
        cli_progress_step(&bar, (uint64_t)n, (uint64_t)total);
    }
    cli_progress_end(&bar);
    decider_free(&decider);
    return e;
}

static enum err summarise(const struct check *c)
{
    int64_t n = desk_count(&c->desk);
    if (options.json)
        return print_json(json_pack("{s:I,s:I,s:I}", "requests", (json_int_t)n, "would-issue",
                                    (json_int_t)(n - c->refused), "would-refuse",
                                    (json_int_t)c->refused));
    printf("%" PRId64 " requests: %" PRId64 " would be issued, %" PRId64 " refused\n"
           "What only the appliance knows is not asked here: replay, sequence, and keys it has "
           "seen before.\n",
           n, n - c->refused, c->refused);
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
        e = check_requests(&c, d);
    if (e == E_OK && c.authority != NULL)
        e = summarise(&c);
    if (e == E_OK && c.first.code != E_OK) {
        *d = c.first;
        e = c.first.code;
    }
    desk_close(&c.desk);
    return e;
}
