#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "action.h"
#include "ask.h"
#include "core/clock.h"
#include "core/digest.h"
#include "core/i18n.h"
#include "core/terminal.h"
#include "core/text.h"
#include "program.h"
#include "stick.h"
#include "store.h"

#define ARCHIVE STORE_STATE "/archive"
#define SHOWN 12  /* batches */
#define DIGITS 16 /* of a batch's name, enough for every program */
#define OUT MEDIA_STICK "/out"

/* -- which batch -- */

struct batch {
    char name[DIGEST_HEX];
    int64_t changed;
};

static int newest_first(const void *a, const void *b)
{
    const struct batch *x = a, *y = b;
    return x->changed < y->changed ? 1 : x->changed > y->changed ? -1 : strcmp(x->name, y->name);
}

static size_t list_batches(struct batch **out)
{
    DIR *dir = opendir(ARCHIVE);
    struct batch *all = NULL;
    size_t n = 0;
    for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;) {
        struct stat st;
        if (strlen(entry->d_name) != DIGEST_HEX - 1 ||
            fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        struct batch *more = reallocarray(all, n + 1, sizeof *all);
        if (more == NULL)
            break;
        all = more;
        all[n].changed = st.st_mtime;
        memcpy(all[n++].name, entry->d_name, DIGEST_HEX);
    }
    if (dir != NULL)
        closedir(dir);
    if (n > 0)
        qsort(all, n, sizeof *all, newest_first);
    *out = all;
    return n;
}

static bool has(const char *batch, const char *file)
{
    char path[sizeof ARCHIVE + DIGEST_HEX + 64];
    snprintf(path, sizeof path, ARCHIVE "/%s/%s", batch, file);
    return access(path, F_OK) == 0;
}

static const char *standing(const char *batch)
{
    if (has(batch, "bundle"))
        return _("signed");
    return has(batch, "plan.jsonl") ? _("planned") : _("taken in");
}

static enum err choose_batch(char out[DIGITS + 1], struct diag *d)
{
    struct batch *all = NULL;
    size_t n = list_batches(&all), choice = 0;
    enum err e = n > 0 ? E_OK : diag_set(d, E_MEDIUM, "no batch was taken in yet");
    n = n < SHOWN ? n : SHOWN;
    if (n > 0)
        puts(_("Which batch? The last one is the first."));
    for (size_t i = 0; i < n; i++) {
        char time[CLOCK_TEXT];
        clock_format(all[i].changed, time);
        printf("%4zu  %.*s  %s  %s\n", i + 1, DIGITS, all[i].name, time, standing(all[i].name));
    }
    if (e == E_OK)
        e = ask_choice(n, &choice, d);
    snprintf(out, DIGITS + 1, "%.*s", DIGITS, e == E_OK ? all[choice].name : "");
    free(all);
    return e;
}

/* -- from the stick -- */

static bool is_folder(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static const char *folder_for_bundles(void)
{
    return is_folder(OUT) ? OUT : MEDIA_STICK;
}

/* A batch that is refused as a whole is answered, too. */
static enum err write_refusal(const char *from, enum mode mode, struct diag *d)
{
    struct program p = {0};
    int status;
    if (!terminal_yes(_("The batch is refused as a whole. Write the refusal to the stick? y or n: ")))
        return E_OK;
    enum err e = stick_mount(true, d);
    if (e != E_OK)
        return e;
    program_add(&p, PROGRAM_SIGNER);
    program_add(&p, "run");
    program_option(&p, "--state", STORE_STATE);
    program_option(&p, "--from", from);
    program_option(&p, "--to", folder_for_bundles());
    program_module(&p, mode);
    e = program_run(&p, NULL, &status, d);
    return e == E_STEP && status == CLASS_REFUSED ? E_OK : e;
}

enum err action_plan(enum mode mode, struct diag *d)
{
    char path[STICK_PATH];
    struct program p = {0};
    int status = 0;
    enum err e = stick_mount(false, d);
    if (e == E_OK)
        e = stick_choose(_("Which batch?"), "/batch.jsonl", 3, path, d);
    if (e != E_OK)
        return e;
    *strrchr(path, '/') = '\0';
    program_add(&p, PROGRAM_SIGNER);
    program_add(&p, "plan");
    program_option(&p, "--state", STORE_STATE);
    program_option(&p, "--from", path);
    e = program_run(&p, NULL, &status, d);
    return e == E_STEP && status == CLASS_REFUSED ? write_refusal(path, mode, d) : e;
}

/* -- authorise, sign -- */

/* The one that is called as the officer, or else one that is chosen. */
static enum err choose_key(const char *officer, char path[STICK_PATH], struct diag *d)
{
    char own[ASK_LINE + 8];
    snprintf(own, sizeof own, "/%s.key", officer);
    if (stick_choose(_("Which key?"), own, 2, path, NULL) == E_OK)
        return E_OK;
    return stick_choose(_("Which key?"), ".key", 2, path, d);
}

/* The officer's key, in a file on a stick or on a card; `where` holds the one or the other. */
static enum err add_key(struct program *p, const char *officer, char where[STICK_PATH], struct diag *d)
{
    char uri[ASK_LINE];
    if (terminal_yes(_("Is your key on a card of your own? y or n: "))) {
        if (!ask_line(_("Its URI, such as pkcs11:token=NAME: "), uri) || uri[0] == '\0')
            return diag_set(d, E_STOPPED, "no card was named");
        snprintf(where, STICK_PATH, "%s", uri);
        program_option(p, "--officer-token", where);
        program_officer_module(p);
        return E_OK;
    }
    puts(_("Plug in the stick with your key."));
    enum err e = stick_mount(false, d);
    if (e == E_OK)
        e = choose_key(officer, where, d);
    if (e == E_OK)
        program_option(p, "--key-file", where);
    return e;
}

enum err action_authorise(enum mode mode, struct diag *d)
{
    char batch[DIGITS + 1], officer[ASK_LINE], key[STICK_PATH];
    struct program p = {0};
    (void)mode;
    enum err e = choose_batch(batch, d);
    if (e == E_OK &&
        (!ask_line(_("Officer, as the policy names you: "), officer) || !text_is_token(officer, LIMIT_TOKEN_TEXT)))
        e = diag_set(d, E_STOPPED, "no officer was named");
    program_add(&p, PROGRAM_CEREMONY);
    program_add(&p, "authorise");
    program_option(&p, "--state", STORE_STATE);
    program_option(&p, "--batch", batch);
    program_option(&p, "--officer", officer);
    if (e == E_OK)
        e = add_key(&p, officer, key, d);
    return e == E_OK ? program_run(&p, NULL, NULL, d) : e;
}

enum err action_sign(enum mode mode, struct diag *d)
{
    char batch[DIGITS + 1];
    struct program p = {0};
    enum err e = choose_batch(batch, d);
    if (e != E_OK)
        return e;
    program_add(&p, PROGRAM_SIGNER);
    program_add(&p, "sign");
    program_option(&p, "--state", STORE_STATE);
    program_option(&p, "--batch", batch);
    program_module(&p, mode);
    return program_run(&p, NULL, NULL, d);
}

/* -- to the stick -- */

enum err action_export(enum mode mode, struct diag *d)
{
    char batch[DIGITS + 1];
    struct program p = {0};
    (void)mode;
    enum err e = choose_batch(batch, d);
    if (e == E_OK)
        e = stick_mount(true, d);
    if (e != E_OK)
        return e;
    program_add(&p, PROGRAM_SIGNER);
    program_add(&p, "export");
    program_option(&p, "--state", STORE_STATE);
    program_option(&p, "--batch", batch);
    program_option(&p, "--to", folder_for_bundles());
    return program_run(&p, NULL, NULL, d);
}
