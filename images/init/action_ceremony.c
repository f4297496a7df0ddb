#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "action.h"
#include "ask.h"
#include "copy.h"
#include "core/clock.h"
#include "core/i18n.h"
#include "core/screen.h"
#include "core/terminal.h"
#include "machine.h"
#include "program.h"
#include "stick.h"
#include "store.h"

#define CEREMONY_BYTES (256 * 1024) /* rootseal-ceremony(5) */
#define COPY_NAME "ceremony.yaml"

/* The stick with the file is swapped for others while the ceremony goes on. */
static enum err keep_file(const char *path, struct diag *d)
{
    struct buf text = {0};
    int fd = -1;
    enum err e = file_read_path(path, CEREMONY_BYTES, E_MEDIUM_LIMIT, &text, d);
    if (e == E_OK)
        e = file_open_dir(MACHINE_RUN, &fd, d);
    if (e == E_OK)
        e = file_write(fd, COPY_NAME, text.data, text.len, d);
    if (fd >= 0)
        close(fd);
    buf_free(&text);
    return e;
}

enum err action_ceremony(enum mode mode, struct diag *d)
{
    char path[STICK_PATH];
    struct program p = {0};
    enum err e = stick_mount(false, d);
    if (e == E_OK)
        e = stick_choose(_("Which ceremony?"), ".yaml", 1, path, d);
    if (e == E_OK)
        e = keep_file(path, d);
    if (e == E_OK)
        e = media_unmount(d);
    if (e != E_OK)
        return e;
    const bool writable = terminal_yes(_("Does a step of this ceremony write to a stick (batch, crl)? y or n: "));
    puts(_("The file calls what is on the stick stick/NAME. Sticks may be changed when it asks for that."));
    program_add(&p, PROGRAM_CEREMONY);
    program_add(&p, "run");
    program_option(&p, "--state", STORE_STATE);
    program_module(&p, mode);
    program_officer_module(&p);
    program_option(&p, "--media", MACHINE_RUN "/media");
    program_add(&p, MACHINE_RUN "/" COPY_NAME);
    stick_follow_begin(writable);
    stick_follow();
    return program_run(&p, stick_follow, NULL, d);
}

/* -- what is handed on -- */

/* Of a ceremony's record, the minutes. */
static bool is_no_minutes(const char *name)
{
    return strncmp(name, "minutes", strlen("minutes")) != 0;
}

static enum err choose_record(char name[256], struct diag *d)
{
    struct file_list list = {0};
    size_t choice = 0;
    int fd = -1;
    enum err e = file_open_dir(STORE_STATE "/ceremonies", &fd, d);
    if (e == E_OK)
        e = file_list(fd, 1000, &list, d);
    if (e == E_OK && list.n == 0)
        e = diag_set(d, E_MEDIUM, "this state has no record of a ceremony");
    if (e == E_OK && list.n > 1) {
        puts(_("Whose minutes?"));
        for (size_t i = 0; i < list.n; i++)
            printf("%4zu  %s\n", i + 1, list.names[i]);
        e = ask_choice(list.n, &choice, d);
    }
    if (e == E_OK)
        snprintf(name, 256, "%s", list.names[choice]);
    file_list_free(&list);
    if (fd >= 0)
        close(fd);
    return e;
}

/* A folder's name says when it was written, so that nothing on a stick is ever in the way. */
static void new_folder(const char *what, char out[STICK_PATH])
{
    char time[CLOCK_TEXT];
    clock_format(clock_now(), time);
    for (char *c = time; *c != '\0'; c++)
        if (*c == ':')
            *c = '-';
    snprintf(out, STICK_PATH, MEDIA_STICK "/%s-%s", what, time);
}

static enum err copy_told(const char *from, const char *to, bool (*pass_over)(const char *name), struct diag *d)
{
    enum err e = copy_folder(from, to, pass_over, d);
    if (e == E_OK)
        screen_field(_("written"), 10, "%s", to + strlen(MEDIA_STICK) + 1);
    return e;
}

enum err action_minutes(enum mode mode, struct diag *d)
{
    char name[256], from[STICK_PATH], what[300], to[STICK_PATH];
    (void)mode;
    enum err e = choose_record(name, d);
    if (e == E_OK)
        e = stick_mount(true, d);
    if (e != E_OK)
        return e;
    snprintf(from, sizeof from, STORE_STATE "/ceremonies/%s", name);
    snprintf(what, sizeof what, "minutes-%s", name);
    new_folder(what, to);
    e = copy_told(from, to, is_no_minutes, d);
    if (e == E_OK) {
        new_folder("anchors", to);
        e = copy_told(STORE_STATE "/anchors", to, NULL, d);
    }
    return e;
}

/* The index is rebuilt from the log, and locks are nobody's. */
static bool is_no_evidence(const char *name)
{
    return strncmp(name, "index.db", strlen("index.db")) == 0 || strcmp(name, "lock") == 0;
}

enum err action_copy_state(enum mode mode, struct diag *d)
{
    char to[STICK_PATH];
    (void)mode;
    enum err e = stick_mount(true, d);
    if (e != E_OK)
        return e;
    new_folder("state", to);
    return copy_told(STORE_STATE, to, is_no_evidence, d);
}
