#include "rehearsal.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "core/file.h"
#include "core/step.h"
#include "hsm/reach.h"
#include "hsm/token_init.h"
#include "policy/scalar.h"

#define TOKENS "tokens"
#define TOKENS_NEW "tokens.new"
#define SECOND "second" /* in its drawer, and plugged in: */
#define SECOND_IN TOKENS "/" SECOND
#define LOST "lost"

/* The label that the policy's token has. In a process of its own. */
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

/* What an interrupted making left: folders of tokens, with plain files in them. */
static enum err clear(int dir_fd, struct diag *d)
{
    struct file_list list = {0};
    int fd = -1;
    enum err e = file_make_dir(dir_fd, TOKENS_NEW, &fd, d);
    if (e == E_OK)
        e = file_list(fd, LIMIT_MEDIUM_FILES, &list, d);
    for (size_t i = 0; i < list.n && e == E_OK; i++)
        e = file_remove_dir(fd, list.names[i], d);
    file_list_free(&list);
    if (fd >= 0)
        close(fd);
    return e;
}

/* In tokens.new. */
static enum err make_apart(int dir_fd, struct diag *d)
{
    static const struct step step = {.name = "token", .run = make_token, .keep_fd = -1};
    char none = 0;
    enum err e = clear(dir_fd, d);
    if (e == E_OK)
        e = token_init_folder(options.dir, TOKENS_NEW, d);
    return e == E_OK ? step_run(&step, &none, sizeof none, d) : e;
}

enum err rehearsal_begin(struct diag *d)
{
    int fd = -1;
    enum err e = file_make_path(options.dir, &fd, d);
    if (e == E_OK && !file_is_there(fd, TOKENS)) {
        e = make_apart(fd, d);
        if (e == E_OK)
            e = file_rename(fd, TOKENS_NEW, TOKENS, d);
    }
    if (e == E_OK)
        e = token_init_folder(options.dir, TOKENS, d);
    if (fd >= 0)
        close(fd);
    return e;
}

/* -- the second token -- */

static enum err list_in(int dir_fd, const char *folder, struct file_list *out, struct diag *d)
{
    int fd = -1;
    enum err e = file_make_dir(dir_fd, folder, &fd, d);
    if (e == E_OK)
        e = file_list(fd, LIMIT_MEDIUM_FILES, out, d);
    if (fd >= 0)
        close(fd);
    return e;
}

/* The first token, the only one in this folder besides the second, gets this place. */
static enum err move_first(int dir_fd, const char *from, const char *to, struct diag *d)
{
    struct file_list list = {0};
    enum err e = list_in(dir_fd, from, &list, d);
    for (size_t i = 0; i < list.n && e == E_OK; i++) {
        char old[PATH_MAX];
        if (strcmp(list.names[i], SECOND) == 0)
            continue;
        snprintf(old, sizeof old, "%s/%s", from, list.names[i]);
        e = file_rename(dir_fd, old, to, d);
    }
    file_list_free(&list);
    return e;
}

/* It has the policy's label, too: made where SoftHSM shows no other, it lies in its drawer until it is wanted. */
static enum err make_second(int dir_fd, struct diag *d)
{
    enum err e = make_apart(dir_fd, d);
    if (e == E_OK)
        e = token_init_folder(options.dir, TOKENS, d);
    return e == E_OK ? move_first(dir_fd, TOKENS_NEW, SECOND, d) : e;
}

static enum err plug_in(int dir_fd, struct diag *d)
{
    return file_is_there(dir_fd, SECOND) ? file_rename(dir_fd, SECOND, SECOND_IN, d) : E_OK;
}

static enum err plug_both(int dir_fd, struct diag *d)
{
    enum err e = E_OK;
    if (!file_is_there(dir_fd, SECOND) && !file_is_there(dir_fd, SECOND_IN))
        e = make_second(dir_fd, d);
    return e == E_OK ? plug_in(dir_fd, d) : e;
}

static enum err lose_first(int dir_fd, struct diag *d)
{
    enum err e = plug_in(dir_fd, d);
    if (e == E_OK && !file_is_there(dir_fd, SECOND_IN))
        e = diag_set(d, E_TOKEN_MISSING, "no step has taken a key to a second one, which could replace the first");
    return e == E_OK ? move_first(dir_fd, TOKENS, LOST, d) : e;
}

static enum err pull(int dir_fd, struct diag *d)
{
    struct file_list list = {0};
    enum err e = list_in(dir_fd, TOKENS, &list, d);
    if (e == E_OK && list.n > 1 && file_is_there(dir_fd, SECOND_IN))
        e = file_rename(dir_fd, SECOND_IN, SECOND, d);
    file_list_free(&list);
    return e;
}

enum err rehearsal_plug(const struct script_step *s, struct diag *d)
{
    int fd = -1;
    enum err e = file_open_dir(options.dir, &fd, d);
    if (e == E_OK && s->kind == STEP_TRANSFER && s->expect.token != NULL)
        e = plug_both(fd, d);
    else if (e == E_OK && s->kind == STEP_REPLACE)
        e = lose_first(fd, d);
    else if (e == E_OK)
        e = pull(fd, d);
    if (fd >= 0)
        close(fd);
    return e;
}
