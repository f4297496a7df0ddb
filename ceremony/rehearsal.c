#include "rehearsal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "commands.h"
#include "core/file.h"
#include "core/step.h"
#include "hsm/reach.h"
#include "hsm/token_init.h"
#include "policy/scalar.h"

#define TOKENS "tokens"
#define TOKENS_NEW "tokens.new"

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
    if (e == E_OK && faccessat(fd, TOKENS, F_OK, 0) != 0) {
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
