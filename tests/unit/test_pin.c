#include <check.h>
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "expect.h"
#include "core/pin.h"

/* A pipe that holds these bytes and has ended. */
static int pipe_with(const void *bytes, size_t n)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(write(ends[1], bytes, n), (ssize_t)n);
    close(ends[1]);
    return ends[0];
}

static enum err from(const void *bytes, size_t n, struct pin *p)
{
    int fd = pipe_with(bytes, n);
    struct diag d = {0};
    enum err e = pin_read(fd, "", &pin_any_length, p, &d);
    close(fd);
    return e;
}

static bool is_wiped(const struct pin *p)
{
    static const struct pin zero;
    return memcmp(p, &zero, sizeof zero) == 0;
}

START_TEST(line)
{
    struct pin p = {0};
    expect_ok(from("1234\n", 5, &p));
    ck_assert_uint_eq(p.n, 4);
    ck_assert_str_eq(p.text, "1234");
    expect_ok(from("no newline", 10, &p));
    ck_assert_str_eq(p.text, "no newline");
    expect_ok(from("\xE5\xAF\x86 \r\n", 6, &p));
    ck_assert_str_eq(p.text, "\xE5\xAF\x86 \r");
    pin_wipe(&p);
    ck_assert(is_wiped(&p));
    pin_wipe(&p);
}
END_TEST

/* What follows the line stays in the descriptor for its next reader. */
START_TEST(next_line)
{
    struct pin p = {0};
    char rest[8] = {0};
    int fd = pipe_with("first\nsecond\nx", 14);
    expect_ok(pin_read(fd, "", &pin_any_length, &p, NULL));
    ck_assert_str_eq(p.text, "first");
    expect_ok(pin_read(fd, "", &pin_any_length, &p, NULL));
    ck_assert_str_eq(p.text, "second");
    ck_assert_int_eq(read(fd, rest, sizeof rest), 1);
    pin_wipe(&p);
    close(fd);
}
END_TEST

START_TEST(longest)
{
    char text[LIMIT_PIN_BYTES + 2];
    memset(text, 'a', sizeof text);
    struct pin p = {0};
    text[LIMIT_PIN_BYTES] = '\n';
    expect_ok(from(text, sizeof text, &p));
    ck_assert_uint_eq(p.n, LIMIT_PIN_BYTES);
    expect_ok(from(text, LIMIT_PIN_BYTES, &p));
    text[LIMIT_PIN_BYTES] = 'a';
    expect_err(from(text, sizeof text, &p), E_PIN_MISSING);
    ck_assert(is_wiped(&p));
}
END_TEST

START_TEST(missing)
{
    struct pin p = {0};
    struct diag d = {0};
    expect_err(from("", 0, &p), E_PIN_MISSING);
    expect_err(from("\n1234\n", 6, &p), E_PIN_MISSING);
    expect_err(from("12\00034\n", 6, &p), E_PIN_MISSING);
    ck_assert(is_wiped(&p));
    expect_err(pin_read(999, "", &pin_any_length, &p, &d), E_PIN_MISSING);
    ck_assert_ptr_nonnull(strstr(d.text, "Bad file descriptor"));
}
END_TEST

static enum err of_length(const char *text, size_t min, size_t max, struct pin *p)
{
    const struct pin_length length = {min, max};
    int fd = pipe_with(text, strlen(text));
    enum err e = pin_read(fd, "", &length, p, NULL);
    close(fd);
    return e;
}

START_TEST(length)
{
    struct pin p = {0};
    expect_ok(of_length("1234\n", 4, 4, &p));
    expect_err(of_length("1234\n", 5, 8, &p), E_PIN_LENGTH);
    ck_assert(is_wiped(&p));
    expect_err(of_length("1234\n", 1, 3, &p), E_PIN_LENGTH);
    ck_assert(is_wiped(&p));
}
END_TEST

/* ---------------------------------------------------------------- the terminal */

static void read_until(int fd, const char *text, char *seen, size_t cap)
{
    size_t n = 0;
    while (n + 1 < cap) {
        ssize_t got = read(fd, seen + n, cap - 1 - n);
        if (got <= 0)
            break;
        n += (size_t)got;
        seen[n] = '\0';
        if (strstr(seen, text) != NULL)
            return;
    }
    ck_abort_msg("the terminal never showed \"%s\"", text);
}

/* In a child with a terminal of its own: status 0 when pin_read() gave "geheim". */
static pid_t ask_in_child(int *terminal)
{
    pid_t child = forkpty(terminal, NULL, NULL, NULL);
    ck_assert_int_ge(child, 0);
    if (child > 0)
        return child;
    /* Check's own handlers would pass a signal on to the whole test. */
    for (int s = 1; s < 32; s++)
        signal(s, SIG_DFL);
    struct pin p = {0};
    enum err e = pin_read(-1, "PIN? ", &pin_any_length, &p, NULL);
    bool right = e == E_OK && strcmp(p.text, "geheim") == 0 && p.n == 6;
    pin_wipe(&p);
    _exit(right ? 0 : e == E_PIN_MISSING ? 3 : e == E_STOPPED && p.n == 0 ? 4 : 1);
}

static bool echoes(int terminal)
{
    struct termios t;
    ck_assert_int_eq(tcgetattr(terminal, &t), 0);
    return (t.c_lflag & ECHO) != 0;
}

START_TEST(terminal)
{
    char seen[256] = {0};
    int tty, status;
    pid_t child = ask_in_child(&tty);
    read_until(tty, "PIN? ", seen, sizeof seen);
    ck_assert(!echoes(tty));
    ck_assert_int_eq(write(tty, "geheim\n", 7), 7);
    read_until(tty, "\n", seen, sizeof seen);
    ck_assert_ptr_null(strstr(seen, "geheim"));
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    ck_assert(echoes(tty));
    close(tty);
}
END_TEST

/* A line that can be no PIN is asked for again, and what was typed before the question is not its answer. */
START_TEST(slips)
{
    char text[LIMIT_PIN_BYTES + 2];
    char seen[4096] = {0};
    int tty, status;
    pid_t child = ask_in_child(&tty);
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\n';
    read_until(tty, "PIN? ", seen, sizeof seen);
    ck_assert_int_eq(write(tty, "\n", 1), 1);
    read_until(tty, "Once more.\r\nPIN? ", seen, sizeof seen);
    ck_assert_ptr_nonnull(strstr(seen, "Nothing was typed (1 to 256 characters)"));
    ck_assert_int_eq(write(tty, text, sizeof text), (ssize_t)sizeof text);
    read_until(tty, "Once more.\r\nPIN? ", seen, sizeof seen);
    ck_assert_ptr_nonnull(strstr(seen, "That is too long"));
    ck_assert_int_eq(write(tty, "gehe\0im\n", 8), 8);
    read_until(tty, "Once more.\r\nPIN? ", seen, sizeof seen);
    ck_assert_ptr_nonnull(strstr(seen, "a character that none can have"));
    ck_assert(!echoes(tty));
    ck_assert_int_eq(write(tty, "geheim\n", 7), 7);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    close(tty);
}
END_TEST

/* What stops a ceremony elsewhere is no PIN to try, short as it may be. */
START_TEST(stopped)
{
    char seen[256] = {0};
    int tty, status;
    pid_t child = ask_in_child(&tty);
    read_until(tty, "PIN? ", seen, sizeof seen);
    ck_assert_int_eq(write(tty, "stop\n", 5), 5);
    read_until(tty, "\n", seen, sizeof seen);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 4);
    ck_assert(echoes(tty));
    close(tty);
}
END_TEST

/* Each of the signals ends the program as it would anyway, with echo on again. */
START_TEST(interrupted)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    char seen[256] = {0};
    int tty, status;
    pid_t child = ask_in_child(&tty);
    read_until(tty, "PIN? ", seen, sizeof seen);
    ck_assert_int_eq(write(tty, "geh", 3), 3);
    ck_assert_int_eq(kill(child, signals[_i]), 0);
    read_until(tty, "\n", seen, sizeof seen);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == signals[_i]);
    ck_assert(echoes(tty));
    close(tty);
}
END_TEST

/* End of input at the prompt (control-D) is no PIN. */
START_TEST(broken_off)
{
    char seen[256] = {0};
    int tty, status;
    pid_t child = ask_in_child(&tty);
    read_until(tty, "PIN? ", seen, sizeof seen);
    ck_assert_int_eq(write(tty, "\004", 1), 1);
    read_until(tty, "\n", seen, sizeof seen);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 3);
    ck_assert(echoes(tty));
    close(tty);
}
END_TEST

START_TEST(no_terminal)
{
    int status;
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        struct pin p = {0};
        setsid();
        _exit(pin_read(-1, "PIN? ", &pin_any_length, &p, NULL) == E_PIN_MISSING ? 0 : 1);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}
END_TEST

Suite *suite_pin(void);
Suite *suite_pin(void)
{
    Suite *s = suite_create("pin");
    TCase *t = tcase_create("descriptor");
    tcase_add_test(t, line);
    tcase_add_test(t, next_line);
    tcase_add_test(t, longest);
    tcase_add_test(t, missing);
    tcase_add_test(t, length);
    suite_add_tcase(s, t);
    t = tcase_create("terminal");
    tcase_set_timeout(t, 30);
    tcase_add_test(t, terminal);
    tcase_add_test(t, slips);
    tcase_add_test(t, stopped);
    tcase_add_loop_test(t, interrupted, 0, 4);
    tcase_add_test(t, broken_off);
    tcase_add_test(t, no_terminal);
    suite_add_tcase(s, t);
    return s;
}
