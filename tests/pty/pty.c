/* pty.c - a person at a terminal: runs a program on a pseudo-terminal of 80 columns and 24 rows and follows a dialogue.
 *
 *   pty DIALOGUE PROGRAM [ARGUMENT ...]     DIALOGUE is a file, or - for standard input
 *
 * The dialogue, a command a line; empty lines and those that begin with # are passed over:
 *
 *   expect TEXT    wait until TEXT stands on the terminal, behind what was expected before; the enter key is pressed below
 *                  each page that ends before it ("-- more: ", "-- 下一页：")
 *   send TEXT      type TEXT and the enter key, once the line is a question's, or a second later
 *   type TEXT      type TEXT
 *   key ^C         press a key with control: ^C ^D ^Z ^\ ^U ..., or ^? (backspace)
 *   echo on|off    wait until the terminal shows what is typed, or does not
 *   shown TEXT     TEXT must stand in the 24 rows now
 *   gone TEXT      TEXT must not stand in them now
 *   nowhere TEXT   TEXT must not have stood anywhere until now
 *   run COMMAND    let the shell run COMMAND, which must succeed; $PTY_PID is the program's process
 *   hangup         take the terminal away (the program gets SIGHUP)
 *   end CODE       wait until the program ends; its exit status must be CODE, or 128 and the signal that ended it
 *
 * At its end the dialogue waits for the program, none of whose lines may be wider than the terminal, but for those of an error
 * at its end; what was typed behind a question is not counted, and with PTY_WIDE set wider ones may stand there. What stood on the
 * terminal goes to standard output, as it was at the end (screen.h), with lines that end as lines of files do. Exit status: the program's; 125 with a message on
 * standard error, which says where the dialogue stands and what the terminal shows, when something did not come within 60
 * seconds (PTY_SECONDS) or was not as it must be, and then the program is killed.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "screen.h"

#define FAILED 125
#define LINE_BYTES 4096
#define TYPED_MAX 1024

struct pty {
    int master; /* -1: the terminal was taken away */
    pid_t pid;  /* 0: it has ended */
    int status; /* then */
    int seconds;
    struct screen screen;
    size_t expected; /* the text before this offset has been expected */
    size_t line;     /* of the dialogue */
    char *typed[TYPED_MAX]; /* what was, a text each time */
    size_t typed_n;
};

static _Noreturn __attribute__((format(printf, 2, 3))) void fail(struct pty *p, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "pty: line %zu of the dialogue: ", p->line);
    vfprintf(stderr, format, args);
    va_end(args);
    if (p->screen.text != NULL)
        fprintf(stderr, "; the terminal shows:\n%s\n", p->screen.text + screen_top(&p->screen));
    if (p->pid > 0)
        kill(p->pid, SIGKILL);
    exit(FAILED);
}

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* -- the program -- */

static void start(struct pty *p, char **argv)
{
    const struct winsize size = {.ws_row = SCREEN_ROWS, .ws_col = SCREEN_COLUMNS};
    p->pid = forkpty(&p->master, NULL, NULL, &size);
    if (p->pid < 0)
        fail(p, "no pseudo-terminal: %s", strerror(errno));
    if (p->pid == 0) {
        signal(SIGINT, SIG_DFL); /* a shell starts what runs behind it with these two ignored, nohup with the third */
        signal(SIGQUIT, SIG_DFL);
        signal(SIGHUP, SIG_DFL);
        execvp(argv[0], argv);
        fprintf(stderr, "%s: %s\n", argv[0], strerror(errno));
        _exit(127);
    }
    char text[16];
    snprintf(text, sizeof text, "%d", p->pid);
    setenv("PTY_PID", text, 1);
    fcntl(p->master, F_SETFD, FD_CLOEXEC);
    fcntl(p->master, F_SETFL, O_NONBLOCK);
}

static void look_whether_ended(struct pty *p)
{
    int status = 0;
    if (p->pid > 0 && waitpid(p->pid, &status, WNOHANG) == p->pid) {
        p->pid = 0;
        p->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    }
}

/* Read what the program has written, waiting a little for it. False when nothing came. */
static bool listen(struct pty *p)
{
    char bytes[4096];
    struct pollfd f = {.fd = p->master, .events = POLLIN};
    if (p->master < 0 || poll(&f, 1, 20) <= 0) {
        if (p->master < 0)
            poll(NULL, 0, 20);
        return false;
    }
    ssize_t n = read(p->master, bytes, sizeof bytes);
    if (n <= 0) { /* EIO: nobody holds the terminal now */
        poll(NULL, 0, 20);
        return false;
    }
    if (!screen_write(&p->screen, bytes, (size_t)n))
        fail(p, "no memory");
    return true;
}

static void wait_for_end(struct pty *p)
{
    const int64_t until = now_ms() + (int64_t)p->seconds * 1000;
    while (p->pid > 0) {
        listen(p);
        look_whether_ended(p);
        if (now_ms() > until)
            fail(p, "the program has not ended in %d seconds", p->seconds);
    }
    while (listen(p))
        ;
}

/* -- the dialogue -- */

/* Is there such a text behind what was expected? Then it is expected now. */
static bool find(struct pty *p, const char *text)
{
    const char *at = p->screen.n > p->expected ? strstr(p->screen.text + p->expected, text) : NULL;
    if (at != NULL)
        p->expected = (size_t)(at - p->screen.text) + strlen(text);
    return at != NULL;
}

static void type(struct pty *p, const char *text, size_t n);

static void expect(struct pty *p, const char *text)
{
    const int64_t until = now_ms() + (int64_t)p->seconds * 1000;
    for (;;) {
        if (find(p, text))
            return;
        if (find(p, "-- more: ") || find(p, "-- 下一页："))
            type(p, "\r", 1);
        bool ended = p->pid == 0;
        if (!listen(p) && ended)
            fail(p, "the program ended with %d, and never said: %s", p->status, text);
        look_whether_ended(p);
        if (now_ms() > until)
            fail(p, "%d seconds passed without: %s", p->seconds, text);
    }
}

static void type(struct pty *p, const char *text, size_t n)
{
    const int64_t until = now_ms() + (int64_t)p->seconds * 1000;
    while (n > 0) {
        ssize_t done = p->master >= 0 ? write(p->master, text, n) : -1;
        if (done > 0) {
            text += done;
            n -= (size_t)done;
        } else if (p->master < 0 || (errno != EAGAIN && errno != EINTR) || now_ms() > until) {
            fail(p, "nobody takes what is typed");
        } else {
            listen(p);
        }
    }
}

static void press(struct pty *p, const char *name)
{
    if (name[0] != '^' || name[1] == '\0' || name[2] != '\0')
        fail(p, "there is no key %s", name);
    const char c = name[1] == '?' ? 0x7f : (char)(toupper((unsigned char)name[1]) & 0x1f);
    type(p, &c, 1);
}

static void wait_for_echo(struct pty *p, const char *how)
{
    const int64_t until = now_ms() + (int64_t)p->seconds * 1000;
    struct termios t;
    for (;;) {
        bool ended = p->pid == 0;
        if (p->master < 0 || tcgetattr(p->master, &t) != 0)
            fail(p, "the terminal cannot be asked: %s", strerror(errno));
        if (((t.c_lflag & ECHO) != 0) == (strcmp(how, "on") == 0))
            return;
        if (ended || now_ms() > until)
            fail(p, "echo is not %s", how);
        listen(p);
        look_whether_ended(p);
    }
}

static void check_standing(struct pty *p, const char *text, bool anywhere, bool wanted)
{
    while (listen(p))
        ;
    size_t from = anywhere ? 0 : screen_top(&p->screen);
    bool stands = p->screen.text != NULL && strstr(p->screen.text + from, text) != NULL;
    if (stands != wanted)
        fail(p, "%s: %s", wanted ? "this does not stand there" : "this stands there", text);
}

static void run(struct pty *p, const char *command)
{
    char line[LINE_BYTES + 32];
    snprintf(line, sizeof line, "exec < /dev/null; %s", command); /* ours may be the dialogue */
    int status = system(line); // NOLINT(cert-env33-c): the dialogue is the test's own
    if (status != 0)
        fail(p, "status %d of: %s", WIFEXITED(status) ? WEXITSTATUS(status) : status, command);
}

static void check_end(struct pty *p, const char *code)
{
    char *end;
    long wanted = strtol(code, &end, 10);
    if (*code == '\0' || *end != '\0')
        fail(p, "end wants a number");
    wait_for_end(p);
    if (p->status != wanted)
        fail(p, "the program ended with %d, not %ld", p->status, wanted);
}

/* A person answers when the question stands there whole: what is typed while lines still come would stand before it. A program
 * that asks nothing has a second to do so. */
static void hear_out(struct pty *p)
{
    const int64_t until = now_ms() + 1000;
    while (p->pid > 0 && (p->screen.n == 0 || p->screen.text[p->screen.n - 1] == '\n') && now_ms() < until) {
        listen(p);
        look_whether_ended(p);
    }
}

static void remember(struct pty *p, const char *text)
{
    if (p->typed_n == TYPED_MAX || (p->typed[p->typed_n] = strdup(text)) == NULL)
        fail(p, "too much is typed");
    p->typed_n++;
}

static void follow(struct pty *p, const char *word, const char *text)
{
    if (strcmp(word, "expect") == 0)
        expect(p, text);
    else if (strcmp(word, "send") == 0 || strcmp(word, "type") == 0) {
        hear_out(p);
        type(p, text, strlen(text));
    } else if (strcmp(word, "key") == 0)
        press(p, text);
    else if (strcmp(word, "echo") == 0)
        wait_for_echo(p, text);
    else if (strcmp(word, "shown") == 0)
        check_standing(p, text, false, true);
    else if (strcmp(word, "gone") == 0)
        check_standing(p, text, false, false);
    else if (strcmp(word, "nowhere") == 0)
        check_standing(p, text, true, false);
    else if (strcmp(word, "run") == 0)
        run(p, text);
    else if (strcmp(word, "end") == 0)
        check_end(p, text);
    else if (strcmp(word, "hangup") != 0)
        fail(p, "there is no command %s", word);
    if (strcmp(word, "send") == 0)
        type(p, "\r", 1);
    if (strcmp(word, "send") == 0 || strcmp(word, "type") == 0)
        remember(p, text);
    if (strcmp(word, "hangup") == 0) {
        if (p->pid > 0) /* close() sends it, too, but the program may find out by reading before */
            kill(-p->pid, SIGHUP);
        close(p->master);
        p->master = -1;
    }
}

static void follow_all(struct pty *p, FILE *dialogue)
{
    char line[LINE_BYTES];
    while (fgets(line, sizeof line, dialogue) != NULL) {
        p->line++;
        line[strcspn(line, "\n")] = '\0';
        if (line[0] == '\0' || line[0] == '#')
            continue;
        char *text = line + strcspn(line, " ");
        if (*text != '\0')
            *text++ = '\0';
        follow(p, line, text);
    }
}

/* The bytes of a line before what was typed at its end. */
static size_t before_typed(const struct pty *p, const char *line, size_t n)
{
    size_t least = n;
    for (size_t i = 0; i < p->typed_n; i++) {
        size_t k = strlen(p->typed[i]);
        if (k <= n && memcmp(line + n - k, p->typed[i], k) == 0 && n - k < least)
            least = n - k;
    }
    return least;
}

/* What a program says of an error at its end is one line each for code and advice, for scripts, too. */
static bool is_of_error(const char *line, size_t n)
{
    static const char *const words[] = {": E_", ": what to do: ", ": 处理办法: "};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (memmem(line, n, words[i], strlen(words[i])) != NULL)
            return true;
    return false;
}

static void check_width(struct pty *p)
{
    const char *at = p->screen.text, *end = at + p->screen.n;
    while (at != NULL && at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        size_t n = newline != NULL ? (size_t)(newline - at) : (size_t)(end - at);
        if (!is_of_error(at, n) && screen_width(at, before_typed(p, at, n)) > SCREEN_COLUMNS)
            fail(p, "a line is wider than the terminal: %.*s", (int)n, at);
        at += n + 1;
    }
}

int main(int argc, char **argv)
{
    struct pty p = {.master = -1, .seconds = 60};
    const char *seconds = getenv("PTY_SECONDS");
    if (argc < 3) {
        fprintf(stderr, "usage: pty DIALOGUE PROGRAM [ARGUMENT ...]\n");
        return FAILED;
    }
    setlocale(LC_CTYPE, "C.UTF-8"); /* for the width of characters */
    if (seconds != NULL)
        p.seconds = atoi(seconds); // NOLINT(cert-err34-c): the test's own
    FILE *dialogue = strcmp(argv[1], "-") == 0 ? stdin : fopen(argv[1], "re");
    if (dialogue == NULL)
        fail(&p, "%s: %s", argv[1], strerror(errno));
    start(&p, argv + 2);
    follow_all(&p, dialogue);
    if (dialogue != stdin)
        fclose(dialogue);
    wait_for_end(&p);
    if (getenv("PTY_WIDE") == NULL)
        check_width(&p);
    if (p.screen.n > 0)
        fwrite(p.screen.text, 1, p.screen.n, stdout);
    if (p.screen.n > 0 && p.screen.text[p.screen.n - 1] != '\n')
        putchar('\n');
    screen_free(&p.screen);
    while (p.typed_n > 0)
        free(p.typed[--p.typed_n]);
    if (p.master >= 0)
        close(p.master);
    return fflush(stdout) == 0 ? p.status : FAILED;
}
