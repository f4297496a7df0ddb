#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/step.h"
#include "expect.h"
#include "suites.h"

struct box {
    int in, out;
    pid_t parent;
    char name[17];
};

static enum err go(const char *name, enum err (*run)(void *, struct diag *), void *data, size_t n, struct diag *d)
{
    const struct step step = {.name = name, .run = run, .keep_fd = -1};
    return step_run(&step, data, n, d);
}

static enum err doubles(void *data, struct diag *d)
{
    struct box *b = data;
    (void)d;
    b->out = 2 * b->in;
    b->parent = getppid();
    return prctl(PR_GET_NAME, b->name) == 0 ? E_OK : E_IO;
}

static enum err refuses(void *data, struct diag *d)
{
    struct box *b = data;
    b->out = 7;
    return diag_set_clause(d, E_CSR_FORMAT, "art 4.1", "request %d", b->in);
}

static enum err is_killed(void *data, struct diag *d)
{
    struct box *b = data;
    (void)d;
    b->out = 1;
    raise(b->in);
    return E_OK;
}

static enum err goes_away(void *data, struct diag *d)
{
    (void)data;
    (void)d;
    _exit(3);
}

static enum err says_nothing(void *data, struct diag *d)
{
    (void)data;
    (void)d;
    _exit(0);
}

/* What no honest step says: codes that are none, and text for the terminal to obey. */
static enum err lies_in_code(void *data, struct diag *d)
{
    (void)data;
    (void)d;
    return (enum err)ERR_COUNT;
}

static enum err lies_in_text(void *data, struct diag *d)
{
    (void)data;
    d->code = E_IO;
    strcpy(d->text, "\033[2J");
    return E_IO;
}

static enum err lies_in_said(void *data, struct diag *d)
{
    (void)data;
    d->code = E_IO;
    strcpy(d->said, "\033[2J");
    return E_IO;
}

static enum err lies_in_clause(void *data, struct diag *d)
{
    (void)data;
    d->code = E_IO;
    memset(d->clause, 'x', sizeof d->clause);
    return E_IO;
}

static enum err paints_in_clause(void *data, struct diag *d)
{
    (void)data;
    d->code = E_IO;
    strcpy(d->clause, "\033[31mart 1");
    return E_IO;
}

/* A watchdog's end: from another thread, while the step itself hangs. */
static void *ends(void *data)
{
    struct box *b = data;
    struct diag d = {0};
    b->out = 9;
    diag_set(&d, E_TOKEN_TIMEOUT, "call %d", b->in);
    step_end(&d);
}

static enum err hangs(void *data, struct diag *d)
{
    pthread_t t;
    (void)d;
    if (pthread_create(&t, NULL, ends, data) == 0)
        pthread_join(t, NULL);
    return E_OK;
}

START_TEST(a_step_that_hangs_can_be_ended)
{
    struct box b = {.in = 6};
    struct diag d = {0};
    expect_err(go("hangs", hangs, &b, sizeof b, &d), E_TOKEN_TIMEOUT);
    ck_assert_str_eq(d.text, "call 6");
    ck_assert_int_eq(b.out, 9);
}
END_TEST

START_TEST(the_answer_comes_back)
{
    struct box b = {.in = 21};
    struct diag d = {0};
    expect_ok(go("counting", doubles, &b, sizeof b, &d));
    ck_assert_int_eq(b.out, 42);
    ck_assert_int_eq(b.parent, getpid());
    ck_assert_str_eq(b.name, "counting");
}
END_TEST

START_TEST(an_error_comes_back_with_its_place)
{
    struct box b = {.in = 5};
    struct diag d = {0};
    ck_assert_int_eq(go("x", refuses, &b, sizeof b, &d), E_CSR_FORMAT);
    ck_assert_str_eq(d.text, "request 5");
    ck_assert_str_eq(d.clause, "art 4.1");
    ck_assert_int_eq(b.out, 7);
    ck_assert_int_eq(go("x", refuses, &b, sizeof b, NULL), E_CSR_FORMAT);
}
END_TEST

START_TEST(a_step_that_is_killed_is_named)
{
    struct box b = {.in = SIGKILL};
    struct diag d = {0};
    ck_assert_int_eq(go("signing", is_killed, &b, sizeof b, &d), E_STEP);
    ck_assert_ptr_nonnull(strstr(d.text, "signing, by signal 9"));
    ck_assert_int_eq(b.out, 0);
    b.in = SIGSYS;
    ck_assert_int_eq(go("signing", is_killed, &b, sizeof b, &d), E_STEP);
    ck_assert_ptr_nonnull(strstr(d.text, "it tried what it may not"));
}
END_TEST

START_TEST(without_an_answer_it_failed)
{
    static enum err (*const silent[])(void *, struct diag *) = {goes_away, says_nothing, lies_in_code, lies_in_text, lies_in_said, lies_in_clause, paints_in_clause};
    for (size_t i = 0; i < sizeof silent / sizeof silent[0]; i++) {
        struct box b = {.in = 1, .out = 9};
        struct diag d = {0};
        ck_assert_int_eq(go("quiet", silent[i], &b, sizeof b, &d), E_STEP);
        ck_assert_int_eq(b.out, 9);
        ck_assert_ptr_nonnull(strstr(d.text, "quiet"));
    }
}
END_TEST

static bool only_forty_two(void *data)
{
    struct box *b = data;
    snprintf(b->name, sizeof b->name, "settled");
    return b->out == 42;
}

START_TEST(data_is_settled_before_it_is_believed)
{
    const struct step step = {.name = "counting", .run = doubles, .settle = only_forty_two, .keep_fd = -1};
    struct box b = {.in = 21};
    struct diag d = {0};
    expect_ok(step_run(&step, &b, sizeof b, &d));
    ck_assert_str_eq(b.name, "settled");
    b = (struct box){.in = 20, .out = 5};
    ck_assert_int_eq(step_run(&step, &b, sizeof b, &d), E_STEP);
    ck_assert_int_eq(b.out, 5);
}
END_TEST

/* Which of the descriptors 0 to 63 are open, as bits; standard input counts only where it is no device. */
static enum err looks_around(void *data, struct diag *d)
{
    uint64_t *open = data;
    struct stat st;
    (void)d;
    *open = 0;
    for (int fd = 0; fd < 64; fd++)
        if (fstat(fd, &st) == 0 && (fd > 2 || (fd == 0 && !S_ISCHR(st.st_mode))))
            *open |= UINT64_C(1) << fd;
    return E_OK;
}

START_TEST(descriptors_are_not_inherited)
{
    int secret[2], other[2];
    uint64_t seen = 0;
    struct step step = {.name = "looking", .run = looks_around, .keep_fd = -1};
    ck_assert_int_eq(pipe(secret) | pipe(other), 0);
    ck_assert_int_eq(dup2(secret[0], 0), 0); /* a PIN may be typed into standard input, too */
    expect_ok(step_run(&step, &seen, sizeof seen, NULL));
    ck_assert_int_eq(__builtin_popcountll(seen), 1); /* where it answers */
    ck_assert_uint_eq(seen & 1, 0);
    step.keep_fd = secret[0];
    expect_ok(step_run(&step, &seen, sizeof seen, NULL));
    ck_assert_uint_ne(seen & UINT64_C(1) << secret[0], 0);
    ck_assert_int_le(__builtin_popcountll(seen), 3);
    step.keep_fd = 0;
    expect_ok(step_run(&step, &seen, sizeof seen, NULL));
    ck_assert_uint_eq(seen & 1, 1);
}
END_TEST

static int told; /* a pipe that the step writes to */

static void says_so(int signal)
{
    (void)!write(told, signal == SIGTERM ? "T" : "?", 1);
    _exit(EXIT_SUCCESS);
}

static enum err waits(void *data, struct diag *d)
{
    (void)data;
    (void)d;
    signal(SIGTERM, says_so);
    (void)!write(told, "w", 1);
    pause();
    return E_OK;
}

/* Whoever ends the program alone ends its step first, and then it. */
START_TEST(a_signal_ends_the_step_and_then_its_parent)
{
    int ends[2], status;
    char said[2] = "";
    ck_assert_int_eq(pipe(ends), 0);
    told = ends[1];
    pid_t pid = fork();
    if (pid == 0) {
        struct box b = {0};
        signal(SIGTERM, SIG_DFL); /* Check has a handler that ends the whole test */
        const struct step step = {.name = "waiting", .run = waits, .keep_fd = told};
        _exit(step_run(&step, &b, sizeof b, NULL) == E_OK ? 1 : 2);
    }
    ck_assert_int_eq(read(ends[0], said, 1), 1);
    ck_assert_int_eq(said[0], 'w');
    ck_assert_int_eq(kill(pid, SIGTERM), 0);
    ck_assert_int_eq(read(ends[0], said, 1), 1);
    ck_assert_int_eq(said[0], 'T');
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
}
END_TEST

/* More than a pipe holds. */
START_TEST(much_data_comes_back)
{
    size_t n = 1 << 20;
    struct box *b = calloc(1, n);
    struct diag d = {0};
    ck_assert_ptr_nonnull(b);
    b->in = 4;
    ((uint8_t *)b)[n - 1] = 0x5a;
    expect_ok(go("large", doubles, b, n, &d));
    ck_assert_int_eq(b->out, 8);
    ck_assert_uint_eq(((uint8_t *)b)[n - 1], 0x5a);
    free(b);
}
END_TEST

Suite *suite_step(void)
{
    Suite *s = suite_create("step");
    TCase *c = tcase_create("step");
    tcase_add_test(c, the_answer_comes_back);
    tcase_add_test(c, an_error_comes_back_with_its_place);
    tcase_add_test(c, a_step_that_is_killed_is_named);
    tcase_add_test(c, without_an_answer_it_failed);
    tcase_add_test(c, data_is_settled_before_it_is_believed);
    tcase_add_test(c, descriptors_are_not_inherited);
    tcase_add_test(c, a_signal_ends_the_step_and_then_its_parent);
    tcase_add_test(c, much_data_comes_back);
    tcase_add_test(c, a_step_that_hangs_can_be_ended);
    suite_add_tcase(s, c);
    return s;
}
