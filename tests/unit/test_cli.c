#include <check.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/cli.h"
#include "core/version.h"
#include "expect.h"

Suite *suite_cli(void);

/* -- a program -- */

static const char *text, *other = "default";
static int number = -1, needed = -1;
static bool flag;

static const struct cli_option *options(void)
{
    static const struct cli_option o[] = {
        {"text", "WORD", "a text", &text, NULL, NULL, false},
        {"texts", "WORD", "a name that begins like another", &other, NULL, NULL, false},
        {"number", "N", "a number", NULL, &number, NULL, false},
        {"flag", NULL, "a flag", NULL, NULL, &flag, false},
        {0}};
    return o;
}

static const struct cli_option *required(void)
{
    static const struct cli_option o[] = {
        {"must", "WORD", "a text", &text, NULL, NULL, true},
        {"count", "N", "a number", NULL, &needed, NULL, true},
        {0}};
    return o;
}

static enum err show(int n, char **operands, struct diag *d)
{
    (void)d;
    printf("text=%s texts=%s number=%d flag=%d needed=%d", text != NULL ? text : "-", other,
           number, flag, needed);
    for (int i = 0; i < n; i++)
        printf(" [%s]", operands[i]);
    printf("\n");
    return E_OK;
}

static enum err refuse(int n, char **operands, struct diag *d)
{
    (void)n;
    (void)operands;
    printf("before\n");
    return diag_set_clause(d, E_KEY_SIZE, "a clause", "the key\nof %s", "somebody");
}

static enum err guarded(int n, char **operands, struct diag *d)
{
    (void)n;
    (void)operands;
    (void)d;
    struct rlimit core;
    struct sigaction pipe_;
    getrlimit(RLIMIT_CORE, &core);
    sigaction(SIGPIPE, NULL, &pipe_);
    mode_t mask = umask(0);
    printf("core=%d/%d dumpable=%d privileges=%d mask=%03o pipe=%d\n", (int)core.rlim_cur,
           (int)core.rlim_max, prctl(PR_GET_DUMPABLE), prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0),
           (unsigned)mask, pipe_.sa_handler == SIG_IGN);
    return E_OK;
}

static enum err full(int n, char **operands, struct diag *d)
{
    (void)n;
    (void)operands;
    (void)d;
    ck_assert_ptr_nonnull(freopen("/dev/full", "w", stdout));
    printf("this gets nowhere\n");
    return E_OK;
}

static const struct cli_command commands[] = {
    {"show", "print what was given", options, "[FILE ...]", show},
    {"plain", "take nothing", NULL, NULL, show},
    {"must", "want something", required, NULL, show},
    {"refuse", "say no", NULL, NULL, refuse},
    {"guarded", "tell the guards", NULL, NULL, guarded},
    {"full", "write to a full device", NULL, NULL, full},
    {0}};

/* -- running it -- */

struct result {
    int status;
    char out[4096], err[4096];
};

static void slurp(int fd, char *to, size_t cap)
{
    size_t n = 0;
    ssize_t got;
    while (n < cap - 1 && (got = read(fd, to + n, cap - 1 - n)) > 0)
        n += (size_t)got;
    to[n] = '\0';
    close(fd);
}

/* Words separated by a bar. */
static struct result run(const char *line)
{
    static char words[1024];
    struct result r = {0};
    char *argv[32] = {0};
    int argc = 0, out[2], err[2], status;
    snprintf(words, sizeof words, "%s", line);
    for (char *at = words; at != NULL && argc < 31;)
        argv[argc++] = strsep(&at, "|");
    ck_assert(pipe(out) == 0 && pipe(err) == 0);
    fflush(NULL);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        dup2(out[1], STDOUT_FILENO);
        dup2(err[1], STDERR_FILENO);
        close(out[0]);
        close(err[0]);
        int code = cli_main("prog", "a program", commands, argc, argv);
        fflush(stdout);
        _exit(code);
    }
    close(out[1]);
    close(err[1]);
    slurp(out[0], r.out, sizeof r.out);
    slurp(err[0], r.err, sizeof r.err);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(WIFEXITED(status), "%s: killed by %d", line, WTERMSIG(status));
    r.status = WEXITSTATUS(status);
    return r;
}

static void expect_run(const char *line, const char *out)
{
    struct result r = run(line);
    ck_assert_msg(r.status == 0, "%s: %d, %s", line, r.status, r.err);
    ck_assert_str_eq(r.out, out);
    ck_assert_str_eq(r.err, "");
}

static void expect_usage(const char *line, const char *says)
{
    struct result r = run(line);
    ck_assert_msg(r.status == CLASS_USAGE, "%s: %d, %s", line, r.status, r.out);
    ck_assert_str_eq(r.out, "");
    ck_assert_msg(strncmp(r.err, "prog: E_USAGE: ", 15) == 0, "%s: %s", line, r.err);
    ck_assert_msg(strstr(r.err, says) != NULL, "%s: %s", line, r.err);
    expect_seen(E_USAGE);
}

START_TEST(options_in_every_form)
{
    expect_run("prog|show", "text=- texts=default number=-1 flag=0 needed=-1\n");
    expect_run("prog|show|--text|a", "text=a texts=default number=-1 flag=0 needed=-1\n");
    expect_run("prog|show|--text=a", "text=a texts=default number=-1 flag=0 needed=-1\n");
    expect_run("prog|show|--texts|a", "text=- texts=a number=-1 flag=0 needed=-1\n");
    expect_run("prog|show|--text=", "text= texts=default number=-1 flag=0 needed=-1\n");
    expect_run("prog|show|--text=a=b", "text=a=b texts=default number=-1 flag=0 needed=-1\n");
    expect_run("prog|show|--text|--flag", "text=--flag texts=default number=-1 flag=0 needed=-1\n");
    expect_run("prog|show|--texts|a|--text|b", "text=b texts=a number=-1 flag=0 needed=-1\n");
    expect_run("prog|show|--flag|--number|0", "text=- texts=default number=0 flag=1 needed=-1\n");
    expect_run("prog|show|--number=1000000",
               "text=- texts=default number=1000000 flag=0 needed=-1\n");
    expect_run("prog|must|--count|7|--must|m", "text=m texts=default number=-1 flag=0 needed=7\n");
    expect_run("prog|plain", "text=- texts=default number=-1 flag=0 needed=-1\n");
}
END_TEST

START_TEST(operands)
{
    expect_run("prog|show|a|--flag|b|--text|t|c",
               "text=t texts=default number=-1 flag=1 needed=-1 [a] [b] [c]\n");
    expect_run("prog|show|--|--flag|--|--help|x",
               "text=- texts=default number=-1 flag=0 needed=-1 [--flag] [--] [--help] [x]\n");
    expect_run("prog|show|-|", "text=- texts=default number=-1 flag=0 needed=-1 [-] []\n");
    expect_usage("prog|plain|a", "argument 1 is one too many");
    expect_usage("prog|plain|--|a", "argument 2 is one too many");
    expect_usage("prog|must|--must|m|--count|1|a", "argument 5 is one too many");
}
END_TEST

START_TEST(what_is_not_understood)
{
    expect_usage("prog", "a command is missing");
    expect_usage("prog|nothing", "there is no command nothing");
    expect_usage("prog|", "there is no command ");
    expect_usage("prog|sho", "there is no command sho");
    expect_usage("prog|showy", "there is no command showy");
    expect_usage("prog|--flag", "there is no command --flag");
    expect_usage("prog|no\x1b[2J\n", "no\\u{1B}[2J\\u{A}");
    expect_usage("prog|show|--nothing", "there is no option --nothing");
    expect_usage("prog|show|--tex|a", "there is no option --tex");
    expect_usage("prog|show|--textsy|a", "there is no option --textsy");
    expect_usage("prog|show|--=a", "there is no option --");
    expect_usage("prog|plain|--text|a", "there is no option --text");
    expect_usage("prog|show|--text", "--text wants a value");
    expect_usage("prog|show|--text|a|--text|b", "--text is given twice");
    expect_usage("prog|show|--text|a|--text=a", "--text is given twice");
    expect_usage("prog|show|--text=|x|--flag|--text=", "--text is given twice");
    expect_usage("prog|show|--number|1|x|--number|1", "--number is given twice");
    expect_usage("prog|show|--flag|--flag", "--flag is given twice");
    expect_usage("prog|show|--number", "--number wants a value");
    expect_usage("prog|show|--flag=yes", "--flag takes no value");
    expect_usage("prog|show|--flag=", "--flag takes no value");
    expect_usage("prog|must", "--must WORD is missing");
    expect_usage("prog|must|--must|m", "--count N is missing");
    expect_usage("prog|must|--count|3", "--must WORD is missing");
}
END_TEST

START_TEST(numbers)
{
    static const char *const bad[] = {"",     "-1",   "+1",  " 1",     "1 ",     "0x10", "1e3", "x",
                                      "1x",   "1.0",  "1000001", "2147483648",
                                      "9223372036854775808", "99999999999999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char line[80];
        snprintf(line, sizeof line, "prog|show|--number|%s", bad[i]);
        expect_usage(line, "--number wants a number");
    }
    expect_run("prog|show|--number|007", "text=- texts=default number=7 flag=0 needed=-1\n");
}
END_TEST

START_TEST(help)
{
    struct result r = run("prog|--help");
    ck_assert_int_eq(r.status, 0);
    ck_assert_str_eq(r.err, "");
    ck_assert_ptr_nonnull(strstr(r.out, "prog - a program\n"));
    for (const struct cli_command *c = commands; c->name != NULL; c++) {
        ck_assert_ptr_nonnull(strstr(r.out, c->name));
        ck_assert_ptr_nonnull(strstr(r.out, c->help));
    }
    r = run("prog|show|--help");
    ck_assert_int_eq(r.status, 0);
    ck_assert_ptr_nonnull(strstr(r.out, "usage: prog show [--text WORD] [--texts WORD] "
                                        "[--number N] [--flag] [FILE ...]\n"));
    ck_assert_ptr_nonnull(strstr(r.out, "a name that begins like another"));
    r = run("prog|must|--help");
    ck_assert_ptr_nonnull(strstr(r.out, "usage: prog must --must WORD --count N\n"));
    /* help wins over what is missing, and nothing is run */
    r = run("prog|refuse|--help");
    ck_assert_int_eq(r.status, 0);
    ck_assert_ptr_null(strstr(r.out, "before"));
    r = run("prog|plain|--help");
    ck_assert_int_eq(r.status, 0);
    ck_assert_ptr_nonnull(strstr(r.out, "usage: prog plain\n"));
}
END_TEST

START_TEST(version)
{
    struct result r = run("prog|--version");
    ck_assert_int_eq(r.status, 0);
    ck_assert_str_eq(r.out, "prog (rootseal) " ROOTSEAL_VERSION "\n");
}
END_TEST

/* cli.h: "--help and --version work everywhere". */
START_TEST(version_of_a_command)
{
    struct result r = run("prog|plain|--version");
    ck_assert_int_eq(r.status, 0);
    ck_assert_str_eq(r.out, "prog (rootseal) " ROOTSEAL_VERSION "\n");
}
END_TEST

START_TEST(errors_are_told)
{
    struct result r = run("prog|refuse");
    ck_assert_int_eq(r.status, CLASS_REFUSED);
    ck_assert_str_eq(r.out, "before\n");
    ck_assert_str_eq(r.err, "prog: E_KEY_SIZE: the key's size is not allowed: the key\\u{A}of "
                            "somebody [a clause]\nprog: what to do: make a larger key\n");
    r = run("prog|full");
    ck_assert_int_eq(r.status, CLASS_STORAGE);
    ck_assert_ptr_nonnull(strstr(r.err, "E_DISK_FULL"));
}
END_TEST

START_TEST(the_process_is_guarded)
{
    expect_run("prog|guarded", "core=0/0 dumpable=0 privileges=1 mask=077 pipe=1\n");
}
END_TEST

/* -- progress -- */

static void steps(void)
{
    struct cli_progress p = {.label = "signing"};
    cli_progress_step(&p, 0, 0);
    cli_progress_step(&p, 1, 4);
    cli_progress_hide(&p); /* something else is printed now */
    cli_progress_hide(&p);
    cli_progress_step(&p, 2, 4); /* too soon after the first to be shown */
    cli_progress_step(&p, 4, 4);
    cli_progress_end(&p);
    cli_progress_end(&p);
}

START_TEST(progress_on_a_terminal)
{
    int master, slave, status;
    char out[1024];
    ck_assert_int_eq(openpty(&master, &slave, NULL, NULL, NULL), 0);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        dup2(slave, STDERR_FILENO);
        steps();
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    close(slave);
    slurp(master, out, sizeof out);
    ck_assert_ptr_nonnull(strstr(out, "\rsigning  [#######.......................] 1/4"));
    ck_assert_ptr_nonnull(strstr(out, "s left \r\x1b[K\rsigning"));
    ck_assert_ptr_null(strstr(out, "2/4"));
    ck_assert_ptr_nonnull(strstr(out, "\rsigning  [##############################] 4/4"));
    ck_assert_int_eq(out[strlen(out) - 1], '\n');
    ck_assert_ptr_eq(strchr(out, '\n'), out + strlen(out) - 1); /* one line's end */
}
END_TEST

START_TEST(no_progress_elsewhere)
{
    int err[2], status;
    char out[64];
    ck_assert_int_eq(pipe(err), 0);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        dup2(err[1], STDERR_FILENO);
        steps();
        _exit(0);
    }
    close(err[1]);
    slurp(err[0], out, sizeof out);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_str_eq(out, "");
}
END_TEST

Suite *suite_cli(void)
{
    Suite *s = suite_create("cli");
    TCase *t = tcase_create("cli");
    tcase_add_test(t, options_in_every_form);
    tcase_add_test(t, operands);
    tcase_add_test(t, what_is_not_understood);
    tcase_add_test(t, numbers);
    tcase_add_test(t, help);
    tcase_add_test(t, version);
    tcase_add_test(t, version_of_a_command);
    tcase_add_test(t, errors_are_told);
    tcase_add_test(t, the_process_is_guarded);
    tcase_add_test(t, progress_on_a_terminal);
    tcase_add_test(t, no_progress_elsewhere);
    suite_add_tcase(s, t);
    return s;
}
