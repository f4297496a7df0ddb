#include "console.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "action.h"
#include "ask.h"
#include "core/clock.h"
#include "core/i18n.h"
#include "core/terminal.h"
#include "machine.h"
#include "media.h"
#include "process.h"
#include "store.h"

#define LOCK MACHINE_RUN "/console.lock"

enum when { ALWAYS, WHILE_CLOSED, WHILE_OPEN };
enum where { IN_BOTH, IN_TRAINING, IN_PRODUCTION };

static const struct entry {
    const char *text;
    action *run;
    enum when when;
    enum where where;
} entries[] = {
    {N_("open the state medium"), action_open, WHILE_CLOSED, IN_BOTH},
    {N_("make a state medium (erases it)"), action_make, WHILE_CLOSED, IN_BOTH},
    {N_("make the training's token"), action_token, WHILE_OPEN, IN_TRAINING},
    {N_("hold a ceremony, from its file on a stick"), action_ceremony, WHILE_OPEN, IN_BOTH},
    {N_("take a batch in from a stick, and plan it"), action_plan, WHILE_OPEN, IN_BOTH},
    {N_("show a plan, and authorise it as an officer"), action_authorise, WHILE_OPEN, IN_BOTH},
    {N_("sign a batch"), action_sign, WHILE_OPEN, IN_BOTH},
    {N_("write a batch's bundle to a stick"), action_export, WHILE_OPEN, IN_BOTH},
    {N_("write minutes and anchors to a stick"), action_minutes, WHILE_OPEN, IN_BOTH},
    {N_("write a copy of the state to a stick, for the auditor"), action_copy_state, WHILE_OPEN, IN_BOTH},
    {N_("verify the log and the archive"), action_verify, WHILE_OPEN, IN_BOTH},
    {N_("take a vendor's module from a signed stick"), action_module, ALWAYS, IN_PRODUCTION},
    {N_("the image's words, and where the state stands"), action_status, ALWAYS, IN_BOTH},
};
#define ENTRIES (sizeof entries / sizeof entries[0])

/* -- the terminal -- */

static void nothing(int signal)
{
    (void)signal;
}

/* False when nothing is behind the line. */
static bool take_terminal(const char *path)
{
    setsid();
    int fd = open(path, O_RDWR | O_NOCTTY);
    if (fd < 0 || ioctl(fd, TIOCSCTTY, 1) != 0)
        return false;
    for (int i = 0; i <= STDERR_FILENO; i++)
        if (dup2(fd, i) != i)
            return false;
    if (fd > STDERR_FILENO)
        close(fd);
    signal(SIGTTOU, SIG_IGN); /* the foreground is handed to programs and taken back */
    signal(SIGINT, nothing); /* ignored, it would not break off a question (core/signals.h) */
    signal(SIGHUP, SIG_DFL);
    setvbuf(stdout, NULL, _IOLBF, 0);
    return process_terminal();
}

/* -- the menu -- */

static bool is_offered(const struct console *c, const struct entry *entry)
{
    if (c->trouble != NULL)
        return entry->run == action_status;
    if (entry->where != IN_BOTH && entry->where != (c->mode == MODE_TRAINING ? IN_TRAINING : IN_PRODUCTION))
        return false;
    return entry->when == ALWAYS || (entry->when == WHILE_OPEN) == store_is_open();
}

static void show_banner(const struct console *c)
{
    char time[CLOCK_TEXT];
    clock_format(clock_now(), time);
    printf("\n-- Rootseal -- %s -- %s --\n", time,
           store_is_open() ? _("state medium open") : _("no state medium open"));
    if (c->mode == MODE_TRAINING)
        puts(_("** TRAINING: what is made here counts for nothing **"));
    if (c->trouble != NULL)
        printf("%s", c->trouble);
}

static void show_menu(const struct console *c)
{
    show_banner(c);
    for (size_t i = 0; i < ENTRIES; i++)
        if (is_offered(c, &entries[i]))
            printf("%4zu  %s\n", i + 1, _(entries[i].text));
    if (c->utf8)
        printf("%4s  %s\n", "l", "English / 中文");
    printf("%4s  %s\n", "off", _("power off"));
}

/* -- what was chosen -- */

/* The other console is at work: two at once would be in each other's way. -1 then. */
static int lock_console(void)
{
    int fd = open(LOCK, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0) {
        close(fd);
        fd = -1;
    }
    return fd;
}

static void do_entry(const struct console *c, const struct entry *entry)
{
    struct diag d = {0}, gone = {0};
    int lock = lock_console();
    if (lock < 0) {
        puts(_("Somebody is at work at the other console."));
        return;
    }
    printf("\n-- %s --\n", _(entry->text));
    enum err e = entry->run(c->mode, &d);
    if (media_unmount(&gone) != E_OK && e == E_OK) {
        e = gone.code;
        d = gone;
    }
    fflush(stdout);
    if (e != E_OK)
        diag_print("rootseal-console", e, &d);
    else
        puts(_("Done. A stick that was in can be taken out."));
    close(lock);
}

static bool wants_power_off(void)
{
    return terminal_yes(_("Power off? Everything is written and locked first. y or n: "));
}

static void choose(const struct console *c, const char *line)
{
    if (strcmp(line, "off") == 0 && wants_power_off())
        exit(CONSOLE_POWER_OFF);
    if (strcmp(line, "l") == 0 && c->utf8)
        exit(CONSOLE_LANGUAGE);
    char *end;
    const unsigned long number = strtoul(line, &end, 10);
    if (end != line && *end == '\0' && number >= 1 && number <= ENTRIES && is_offered(c, &entries[number - 1]))
        do_entry(c, &entries[number - 1]);
}

_Noreturn void console_run(const struct console *c)
{
    char line[ASK_LINE];
    if (!take_terminal(c->terminal))
        _exit(CONSOLE_NO_TERMINAL);
    i18n_start();
    for (;;) {
        show_menu(c);
        if (ask_line(_("Your choice: "), line))
            choose(c, line);
        else
            (void)process_terminal();
    }
}
