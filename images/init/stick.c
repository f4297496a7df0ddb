#include "stick.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ask.h"
#include "core/clock.h"
#include "core/i18n.h"
#include "core/screen.h"
#include "core/text.h"

#define FOUND_MOST 64

/* -- which stick -- */

static enum err list_sticks(struct media *sticks, struct diag *d)
{
    static struct media all;
    sticks->n = 0;
    enum err e = media_list(&all, d);
    for (size_t i = 0; i < all.n && e == E_OK; i++)
        if (media_is_stick(&all.m[i]))
            sticks->m[sticks->n++] = all.m[i];
    return e;
}

static enum err choose_stick(const struct media *sticks, size_t *choice, struct diag *d)
{
    char text[160];
    *choice = 0;
    if (sticks->n == 1)
        return E_OK;
    puts(_("Several sticks are in:"));
    for (size_t i = 0; i < sticks->n; i++) {
        media_describe(&sticks->m[i], text, sizeof text);
        printf("%4zu  %s\n", i + 1, text);
    }
    return ask_choice(sticks->n, choice, d);
}

enum err stick_mount(bool writable, struct diag *d)
{
    static struct media sticks;
    size_t choice;
    char text[160];
    enum err e = list_sticks(&sticks, d);
    while (e == E_OK && sticks.n == 0) {
        if (!ask_enter(_("Plug in the stick, wait a moment, and press Enter (^C leaves it): ")))
            return diag_set(d, E_STOPPED, "no stick was plugged in; nothing was done");
        e = list_sticks(&sticks, d);
    }
    if (e == E_OK)
        e = choose_stick(&sticks, &choice, d);
    if (e == E_OK)
        e = media_mount(&sticks.m[choice], writable, d);
    if (e == E_OK) {
        media_describe(&sticks.m[choice], text, sizeof text);
        screen_field(_("stick"), 8, "%s, %s", text, writable ? _("to be written") : _("read only"));
    }
    return e;
}

/* -- sticks that come and go -- */

static struct {
    bool writable;
    int64_t looked; /* in this second: every look reads all media */
    char name[sizeof((struct medium *)0)->name]; /* of the one that is mounted; "": none */
} following;

void stick_follow_begin(bool writable)
{
    following.writable = writable;
    following.name[0] = '\0';
}

void stick_follow(void)
{
    static struct media sticks;
    bool there = false;
    const int64_t now = clock_now();
    if (now == following.looked || list_sticks(&sticks, NULL) != E_OK)
        return;
    following.looked = now;
    for (size_t i = 0; i < sticks.n; i++)
        there = there || strcmp(sticks.m[i].name, following.name) == 0;
    if (!there && following.name[0] != '\0') {
        const enum err e = media_unmount(NULL); /* it is gone: nothing is left to be told */
        (void)e;
        following.name[0] = '\0';
    }
    if (!there && sticks.n == 1 && media_mount(&sticks.m[0], following.writable, NULL) == E_OK)
        snprintf(following.name, sizeof following.name, "%s", sticks.m[0].name);
}

/* -- what is on it -- */

struct search {
    const char *ending;
    struct file_list *out;
    bool full;
};

static void add(struct search *s, const char *path)
{
    char *copy = s->out->n < FOUND_MOST ? strdup(path) : NULL;
    if (copy != NULL)
        s->out->names[s->out->n++] = copy;
    else
        s->full = true;
}

static bool ends_with(const char *path, const char *ending)
{
    const size_t n = strlen(path), m = strlen(ending);
    return n >= m && strcmp(path + n - m, ending) == 0;
}

/* `at` is the folder's path from the root of the stick, "" for that itself. */
static void search(struct search *s, const char *at, int depth)
{
    char path[STICK_PATH];
    struct dirent **list = NULL;
    struct stat st;
    snprintf(path, sizeof path, MEDIA_STICK "%s", at);
    const int n = scandir(path, &list, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        const char *name = list[i]->d_name;
        char below[STICK_PATH];
        const int len = snprintf(below, sizeof below, "%s/%s", at, name);
        const int whole = snprintf(path, sizeof path, MEDIA_STICK "%s", below);
        const bool fits = len < (int)sizeof below && whole < (int)sizeof path && text_is_token(name, 255);
        if (fits && lstat(path, &st) == 0) {
            if (S_ISREG(st.st_mode) && ends_with(below, s->ending))
                add(s, below);
            else if (S_ISDIR(st.st_mode) && depth > 0)
                search(s, below, depth - 1);
        }
        free(list[i]);
    }
    free(list);
}

enum err stick_find(const char *ending, int depth, struct file_list *out, struct diag *d)
{
    struct search s = {.ending = ending, .out = out};
    *out = (struct file_list){.names = calloc(FOUND_MOST, sizeof(char *))};
    if (out->names == NULL)
        return diag_set(d, E_NO_MEMORY, "%s", MEDIA_STICK);
    search(&s, "", depth);
    enum err e = E_OK;
    if (s.full)
        e = diag_set(d, E_MEDIUM_LIMIT, "more than %d files on the stick end in %s", FOUND_MOST, ending);
    else if (out->n == 0)
        e = diag_set(d, E_MEDIUM, "no file on the stick ends in %s", ending);
    if (e != E_OK)
        file_list_free(out);
    return e;
}

enum err stick_choose(const char *what, const char *ending, int depth, char path[STICK_PATH], struct diag *d)
{
    struct file_list list;
    size_t choice = 0;
    path[0] = '\0';
    enum err e = stick_find(ending, depth, &list, d);
    if (e != E_OK)
        return e;
    if (list.n > 1) {
        printf("%s\n", what);
        for (size_t i = 0; i < list.n; i++)
            printf("%4zu  %s\n", i + 1, list.names[i] + 1);
        e = ask_choice(list.n, &choice, d);
    }
    if (e == E_OK)
        snprintf(path, STICK_PATH, MEDIA_STICK "%s", list.names[choice]);
    file_list_free(&list);
    return e;
}
