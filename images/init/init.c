/* init - PID 1 of the appliance: makes the machine fit, watches over the USB buses, keeps a console on the screen and
 * on the serial line, and powers off. It never gives a shell. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "console.h"
#include "core/file.h"
#include "core/i18n.h"
#include "machine.h"
#include "media.h"
#include "mode.h"
#include "readers.h"
#include "store.h"
#include "usb_bus.h"

/* -- consoles -- */

struct line {
    struct console console;
    pid_t pid; /* 0: none is running */
    bool dead; /* there is no terminal */
    bool chinese;
};

static struct line lines[] = {
    {.console = {.terminal = "/dev/tty1", .utf8 = false}}, /* the screen's font has no Chinese */
    {.console = {.terminal = "/dev/ttyS0", .utf8 = true}},
};
#define LINES (sizeof lines / sizeof lines[0])

static void start_consoles(void)
{
    for (size_t i = 0; i < LINES; i++) {
        if (lines[i].pid != 0 || lines[i].dead)
            continue;
        lines[i].pid = fork();
        if (lines[i].pid == 0) {
            sigset_t none;
            sigemptyset(&none);
            sigprocmask(SIG_SETMASK, &none, NULL);
            if (lines[i].chinese)
                setenv("LANGUAGE", "zh_CN", 1);
            console_run(&lines[i].console);
        }
        if (lines[i].pid < 0)
            lines[i].pid = 0; /* at the next turn */
    }
}

/* True when the person at it powered off. */
static bool console_ended(struct line *line, int status)
{
    line->pid = 0;
    if (!WIFEXITED(status))
        return false;
    line->dead = WEXITSTATUS(status) == CONSOLE_NO_TERMINAL;
    if (WEXITSTATUS(status) == CONSOLE_LANGUAGE)
        line->chinese = !line->chinese;
    return WEXITSTATUS(status) == CONSOLE_POWER_OFF;
}

static bool reap(void)
{
    bool off = false;
    int status;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
        readers_ended(pid);
        for (size_t i = 0; i < LINES; i++)
            if (lines[i].pid == pid)
                off = console_ended(&lines[i], status) || off;
    }
    return off;
}

/* On every terminal, between what is said there. */
static void say(const char *text)
{
    for (size_t i = 0; i < LINES; i++) {
        int fd = lines[i].dead ? -1 : open(lines[i].console.terminal, O_WRONLY | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
        if (fd >= 0) {
            (void)!write(fd, text, strlen(text));
            close(fd);
        }
    }
}

/* Hubs, and what was in when the machine was started and may be, need no word. */
static void tell_usb(void *arg, const char *name, const struct usb_decision *decision)
{
    const bool *quiet = arg;
    char text[512];
    if (decision->verdict == USB_ALLOWED && decision->kind == USB_READER)
        readers_again();
    if (decision->verdict == USB_ALLOWED && (*quiet || decision->kind == USB_HUB))
        return;
    snprintf(text, sizeof text, "\r\nUSB: %s (%s): %s\r\n", usb_kind_text(decision->kind), name,
             usb_verdict_text(decision->verdict));
    say(text);
}

/* -- from power-on to power-off -- */

static bool prepare(enum mode *mode, struct diag *d)
{
    char names[MACHINE_NAMES];
    return machine_mount(d) == E_OK && machine_settle(d) == E_OK && usb_bus_shut(d) == E_OK &&
           mode_read(MODE_FILE, mode, d) == E_OK && machine_network(MACHINE_INTERFACES, names, d) == E_OK;
}

static bool write_softhsm_settings(struct diag *d)
{
    static const char text[] =
        "directories.tokendir = " STORE_TOKENS "\nobjectstore.backend = file\nlog.level = ERROR\n";
    int fd = -1;
    enum err e = file_open_dir(MACHINE_RUN, &fd, d);
    if (e == E_OK)
        e = file_write(fd, "softhsm2.conf", text, sizeof text - 1, d);
    if (fd >= 0)
        close(fd);
    return e == E_OK;
}

static void watch(struct usb_bus *bus)
{
    static const struct timespec turn = {0, 500000000};
    sigset_t heard;
    bool quiet = true;
    sigfillset(&heard);
    for (;;) {
        usb_bus_look(bus, tell_usb, &quiet);
        quiet = false;
        readers_keep();
        start_consoles();
        const int signal = sigtimedwait(&heard, NULL, &turn);
        if (reap() || signal == SIGINT || signal == SIGTERM || signal == SIGPWR) /* SIGINT: ctrl-alt-del */
            return;
    }
}

static void end(void)
{
    struct diag d = {0};
    char text[1200];
    machine_end_processes();
    enum err e = media_unmount(&d);
    if (e == E_OK)
        e = store_close(&d);
    if (e != E_OK) {
        diag_format("init", e, &d, text, sizeof text);
        say(text);
    }
    say("\r\nRootseal: off\r\n");
    machine_power_off();
}

int main(void)
{
    static struct usb_bus bus;
    static char trouble[1200];
    struct diag d = {0};
    enum mode mode = MODE_PRODUCTION;
    sigset_t all;
    if (getpid() != 1) {
        fputs("init: this is the appliance's first process, and nothing else\n", stderr);
        return CLASS_USAGE;
    }
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    const bool fit = prepare(&mode, &d) && (mode == MODE_PRODUCTION || write_softhsm_settings(&d));
    if (!fit)
        diag_format("init", d.code, &d, trouble, sizeof trouble);
    for (size_t i = 0; i < LINES; i++) {
        lines[i].console.mode = mode;
        lines[i].console.trouble = fit ? NULL : trouble;
    }
    watch(&bus);
    end();
}
