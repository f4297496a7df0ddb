#include "core/cli.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/guard.h"
#include "core/screen.h"
#include "core/version.h"

#define LEFT 22 /* columns of an option and its value */

static void print_overview(const char *program, const char *about, const struct cli_command *commands)
{
    printf("%s - %s\n\n", program, _(about));
    printf(_("usage: %s COMMAND [OPTION ...]\n"), program);
    putchar('\n');
    for (const struct cli_command *c = commands; c->name != NULL; c++) {
        printf("  %-10s  ", c->name);
        screen_fold(14, 14, _(c->help));
    }
    putchar('\n');
    printf(_("%s COMMAND --help tells a command's options; %s --version the version.\n"), program, program);
    printf("%s\n", _("Exit status: 0 done, 1 refused by policy, 2 bad usage, 3 broken input, 4 HSM, 5 storage."));
}

/* One line, however many options there are. */
static void print_usage(const char *program, const struct cli_command *c)
{
    const struct cli_option *o = c->options != NULL ? c->options() : NULL;
    struct buf line = {0};
    for (; o != NULL && o->name != NULL; o++)
        buf_printf(&line, o->required ? " --%s%s%s" : " [--%s%s%s]", o->name, o->value != NULL ? " " : "",
                   o->value != NULL ? o->value : "");
    buf_printf(&line, "%s%s", c->operands != NULL ? " " : "", c->operands != NULL ? c->operands : "");
    buf_append_byte(&line, '\0');
    printf(_("usage: %s %s"), program, c->name);
    if (buf_err(&line) == E_OK)
        screen_fold(screen_columns(_("usage: %s %s")) - strlen("%s%s") + strlen(program) + strlen(c->name), 8, (const char *)line.data);
    buf_free(&line);
}

static void print_command(const char *program, const struct cli_command *c)
{
    const struct cli_option *o = c->options != NULL ? c->options() : NULL;
    print_usage(program, c);
    putchar('\n');
    screen_fold(0, 0, _(c->help));
    putchar('\n');
    for (; o != NULL && o->name != NULL; o++) {
        char left[64];
        int n = snprintf(left, sizeof left, "  --%s%s%s", o->name, o->value != NULL ? " " : "",
                         o->value != NULL ? o->value : "");
        printf("%-*s  ", LEFT, left);
        screen_fold(n > LEFT ? (size_t)n + 2 : LEFT + 2, LEFT + 2, _(o->help));
    }
}

static enum err set_number(const struct cli_option *o, const char *text, struct diag *d)
{
    char *end;
    errno = 0;
    long n = strtol(text, &end, 10);
    if (errno != 0 || *text < '0' || *text > '9' || *end != '\0' || n > 1000000)
        return diag_set(d, E_USAGE, "--%s wants a number", o->name);
    *o->number = (int)n;
    return E_OK;
}

/* The option that this argument names. *seen has a bit for each that was there before: of two values one would be passed
 * over in silence. */
static enum err find_option(const struct cli_option *options, const char *arg, uint64_t *seen,
                            const struct cli_option **out, struct diag *d)
{
    const char *name = arg + 2;
    size_t n = strcspn(name, "=");
    const struct cli_option *o = options;
    *out = NULL;
    while (o != NULL && o->name != NULL && (strlen(o->name) != n || strncmp(o->name, name, n) != 0))
        o++;
    if (o == NULL || o->name == NULL)
        return diag_set(d, E_USAGE, "there is no option --%.*s", (int)n, name);
    uint64_t bit = UINT64_C(1) << (o - options);
    if ((*seen & bit) != 0)
        return diag_set(d, E_USAGE, "--%s is given twice", o->name);
    *seen |= bit;
    *out = o;
    return E_OK;
}

/* "--name VALUE", "--name=VALUE" or "--flag"; *used says how many arguments that took. */
static enum err set_option(const struct cli_option *options, char **argv, int left, uint64_t *seen, int *used,
                           struct diag *d)
{
    const struct cli_option *o;
    *used = 1;
    enum err e = find_option(options, argv[0], seen, &o, d);
    if (e != E_OK || o == NULL)
        return e;
    const char *value = strchr(argv[0], '=');
    value = value != NULL ? value + 1 : NULL;
    if (o->flag != NULL) {
        if (value != NULL)
            return diag_set(d, E_USAGE, "--%s takes no value", o->name);
        *o->flag = true;
        return E_OK;
    }
    if (value == NULL && left > 1) {
        value = argv[1];
        *used = 2;
    }
    if (value == NULL)
        return diag_set(d, E_USAGE, "--%s wants a value", o->name);
    if (o->number != NULL)
        return set_number(o, value, d);
    *o->text = value;
    return E_OK;
}

static enum err check_required(const struct cli_option *options, struct diag *d)
{
    for (const struct cli_option *o = options; o != NULL && o->name != NULL; o++)
        if (o->required && ((o->text != NULL && *o->text == NULL) || (o->number != NULL && *o->number < 0)))
            return diag_set(d, E_USAGE, "--%s %s is missing", o->name, o->value);
    return E_OK;
}

/* Operands are gathered at the front of argv. */
static enum err read_options(const struct cli_command *c, int argc, char **argv, int *operands, bool *help,
                             struct diag *d)
{
    const struct cli_option *options = c->options != NULL ? c->options() : NULL;
    bool only_operands = false;
    uint64_t seen = 0;
    *operands = 0;
    for (int i = 0; i < argc;) {
        int used = 1;
        enum err e = E_OK;
        if (!only_operands && strcmp(argv[i], "--") == 0) {
            only_operands = true;
        } else if (!only_operands && strcmp(argv[i], "--help") == 0) {
            *help = true;
            return E_OK;
        } else if (!only_operands && strncmp(argv[i], "--", 2) == 0) {
            e = set_option(options, argv + i, argc - i, &seen, &used, d);
        } else if (c->operands == NULL) {
            e = diag_set(d, E_USAGE, "argument %d is one too many", i + 1);
        } else {
            argv[(*operands)++] = argv[i];
        }
        if (e != E_OK)
            return e;
        i += used;
    }
    return check_required(options, d);
}

static int print_version(const char *program)
{
    printf("%s (rootseal) %s\n", program, ROOTSEAL_VERSION);
    return fflush(stdout) == 0 ? CLASS_DONE : CLASS_STORAGE;
}

static int run_command(const char *program, const struct cli_command *c, int argc, char **argv)
{
    if (argc == 1 && strcmp(argv[0], "--version") == 0)
        return print_version(program);
    struct diag d = {0};
    int operands = 0;
    bool help = false;
    enum err e = read_options(c, argc, argv, &operands, &help, &d);
    if (help) {
        print_command(program, c);
        return fflush(stdout) == 0 ? CLASS_DONE : CLASS_STORAGE;
    }
    if (e == E_OK)
        e = guard_process(&d);
    if (e == E_OK)
        e = c->run(operands, argv, &d);
    if (e == E_OK && (fflush(stdout) != 0 || ferror(stdout)))
        e = diag_errno(&d, errno, "standard output");
    if (e != E_OK) {
        fflush(stdout);
        diag_print(program, e, &d);
    }
    return (int)err_class(e);
}

int cli_main(const char *program, const char *about, const struct cli_command *commands, int argc, char **argv)
{
    i18n_start();
    if (argc >= 2 && strcmp(argv[1], "--version") == 0)
        return print_version(program);
    if (argc >= 2 && strcmp(argv[1], "--help") == 0) {
        print_overview(program, about, commands);
        return fflush(stdout) == 0 ? CLASS_DONE : CLASS_STORAGE;
    }
    for (const struct cli_command *c = commands; argc >= 2 && c->name != NULL; c++)
        if (strcmp(argv[1], c->name) == 0)
            return run_command(program, c, argc - 2, argv + 2);
    struct diag d = {0};
    enum err e = argc < 2 ? diag_set(&d, E_USAGE, "a command is missing")
                          : diag_set(&d, E_USAGE, "there is no command %s", argv[1]);
    diag_print(program, e, &d);
    return (int)err_class(e);
}

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void cli_progress_step(void *arg, uint64_t done, uint64_t total)
{
    struct cli_progress *p = arg;
    int64_t now = now_ms();
    if (!isatty(STDERR_FILENO) || total == 0)
        return;
    if (p->started_ms == 0)
        p->started_ms = now;
    if (now - p->shown_ms < 200 && done < total)
        return;
    p->shown_ms = now;
    p->shown = true;
    char bar[31];
    size_t filled = (size_t)(done * (sizeof bar - 1) / total);
    memset(bar, '.', sizeof bar - 1);
    memset(bar, '#', filled);
    bar[sizeof bar - 1] = '\0';
    double seconds = (double)(now - p->started_ms) / 1000.0;
    double rate = seconds > 0 ? (double)done / seconds : 0;
    double left = rate > 0 ? (double)(total - done) / rate : 0;
    size_t label = screen_columns(_(p->label));
    fprintf(stderr, "\r%s%*s [%s] %" PRIu64 "/%" PRIu64 "  ", _(p->label), label < 8 ? (int)(8 - label) : 0, "", bar, done, total);
    fprintf(stderr, _("%.0f/s  %.0f s left "), rate, left);
}

void cli_progress_hide(struct cli_progress *p)
{
    if (p->shown)
        fputs("\r\x1b[K", stderr);
    p->shown = false;
}

void cli_progress_end(struct cli_progress *p)
{
    if (p->shown)
        fputc('\n', stderr);
    p->shown = false;
}
