#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "core/file.h"
#include "core/i18n.h"
#include "core/step.h"
#include "hsm/reach.h"
#include "hsm/token_init.h"
#include "policy/scalar.h"
#include "room/run.h"

#define REHEARSAL_PIN "rehearsal" /* of a token that protects nothing; it is told to everybody */

/* The label that the policy's token has. */
static enum err make_token(void *data, struct diag *d)
{
    const struct hsm_patience patience = {"ceremony", policy_table.limits.token_timeout, step_end};
    struct pin pin = {.text = REHEARSAL_PIN, .n = sizeof REHEARSAL_PIN - 1};
    size_t n = 0;
    int fd = -1;
    (void)data;
    char *label = scalar_uri_attribute(policy_table.token, "token", &n);
    enum err e = label == NULL ? diag_set(d, E_URI, "the policy's token has no label: %s", policy_table.token)
                               : file_open_dir(options.dir, &fd, d);
    if (e == E_OK)
        e = reach_shut_in(fd, options.module, options.module_files, d);
    if (e == E_OK)
        e = token_init(options.module, label, &pin, &patience, d);
    free(label);
    if (fd >= 0)
        close(fd);
    return e;
}

static enum err has_token(int dir_fd, bool *out, struct diag *d)
{
    struct file_list list = {0};
    int fd = file_open_beneath(dir_fd, TOKEN_INIT_TOKENS, O_RDONLY | O_DIRECTORY, 0);
    enum err e = fd < 0 ? diag_set(d, E_MEDIUM, "%s/" TOKEN_INIT_TOKENS, options.dir)
                        : file_list(fd, LIMIT_MEDIUM_FILES, &list, d);
    *out = list.n > 0;
    file_list_free(&list);
    if (fd >= 0)
        close(fd);
    return e;
}

static enum err prepare(char state[PATH_MAX], struct diag *d)
{
    static const struct step step = {.name = "token", .run = make_token, .keep_fd = -1};
    bool there = false;
    char none = 0;
    int fd = -1;
    enum err e = file_make_path(options.dir, &fd, d);
    if (e == E_OK)
        e = token_init_folder(options.dir, d);
    if (e == E_OK)
        e = has_token(fd, &there, d);
    if (e == E_OK && !there)
        e = step_run(&step, &none, sizeof none, d);
    if (e == E_OK && snprintf(state, PATH_MAX, "%s/state", options.dir) >= PATH_MAX)
        e = diag_set(d, E_USAGE, "--dir is too long");
    if (fd >= 0)
        close(fd);
    return e;
}

enum err cmd_rehearse(int n, char **operands, struct diag *d)
{
    char state[PATH_MAX];
    struct room_place place = {.state = state, .module = options.module, .module_files = options.module_files,
                               .pin_fd = options.pin_fd, .pin_parts = options.pin_parts, .rehearsal = true};
    if (n != 1)
        return diag_set(d, E_USAGE, "one ceremony file is needed");
    enum err e = banner_print(&policy_table, d);
    if (e == E_OK)
        e = prepare(state, d);
    if (e != E_OK)
        return e;
    printf(_("This is a rehearsal: its token lies in %s and its PIN is %s. Nothing of it is real.\n"), options.dir, REHEARSAL_PIN);
    return room_run(operands[0], &place, d);
}
