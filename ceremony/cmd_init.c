#include <stdio.h>
#include <unistd.h>

#include "batch/witness.h"
#include "commands.h"
#include "core/file.h"
#include "core/screen.h"
#include "hsm/login.h"
#include "hsm/reach.h"
#include "room/known_token.h"

enum err token_open(int state_fd, const struct state *known, struct hsm **out, struct diag *d)
{
    const struct hsm_patience patience = {"ceremony", policy_table.limits.token_timeout, NULL};
    enum err e = reach_shut_in(state_fd, options.module, options.module_files, d);
    if (e == E_OK)
        e = known_token_open(options.module, known, &patience, out, d);
    return e != E_OK ? e : login_run(*out, options.pin_fd, options.pin_parts, d);
}

#define LABEL 7 /* columns */

static void report(const struct state *s)
{
    char hex[DIGEST_HEX];
    hex_encode(s->log_id, DIGEST_LEN, hex);
    screen_field(_("state"), LABEL, "%s", s->path);
    screen_field(_("token"), LABEL, "%s", s->token_serial);
    screen_field(_("log"), LABEL, "%s", hex);
    screen_words(_("words"), LABEL, s->log_id);
}

/* A beginning that was interrupted, or the same command once more: the log's name is told again, and the way on. */
static enum err report_existing(struct diag *d)
{
    struct state s;
    enum err e = state_open_any(options.state, &policy_table, STATE_CACHED, &s, d);
    if (e == E_OK)
        report(&s);
    if (e == E_OK)
        e = state_check_policy(&s, d);
    if (e == E_OK)
        e = diag_set(d, E_STATE_EXISTS, "%s", options.state);
    state_close(&s);
    return e;
}

enum err cmd_init(int n, char **operands, struct diag *d)
{
    struct state s = {.fd = -1, .lock_fd = -1, .archive_fd = -1};
    struct hsm *h = NULL;
    int folder = -1;
    (void)n;
    (void)operands;
    enum err e = banner_print(&policy_table, d);
    if (e == E_OK)
        e = state_check_absent(options.state, d);
    if (e == E_STATE_EXISTS)
        return report_existing(d);
    if (e == E_OK) /* an empty folder is no state yet; the token's module may reach it and nothing beside it */
        e = file_make_path(options.state, &folder, d);
    if (e == E_OK)
        e = token_open(folder, NULL, &h, d);
    if (e == E_OK)
        e = witness_check_unused(h, d);
    if (e == E_OK)
        e = state_create(options.state, &policy_table, hsm_identity(h), &s, d);
    if (e == E_OK)
        e = witness_write(&s, h, d);
    if (e == E_OK)
        report(&s);
    state_close(&s);
    hsm_close(h);
    if (folder >= 0)
        close(folder);
    return e;
}
