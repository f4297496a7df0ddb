/* The watchdog: what it lets pass, and how it ends a process. */
#include <check.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "expect.h"
#include "hsm/watch.h"

static const struct hsm_patience second = {"checker", 1, NULL};
static const struct hsm_identity token = {.label = "safe\\u{A}", .serial = "s-1"};

static void sleep_ms(long ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&t, NULL);
}

static struct watch *start(void)
{
    struct watch *w;
    struct diag d = {0};
    expect_ok_diag(watch_start(&second, "pkcs11:token=safe", &w, &d), &d);
    return w;
}

/* Calls within the limit, for longer than the limit, and none at all for longer than it. */
START_TEST(lets_pass)
{
    struct watch *w = start();
    for (int i = 0; i < 30; i++) {
        watch_begin(w, "C_Sign", 1);
        sleep_ms(50);
        ck_assert_uint_eq(watch_end(w, CKR_DEVICE_ERROR), CKR_DEVICE_ERROR);
    }
    sleep_ms(1200);
    watch_begin(w, "C_GenerateKeyPair", WATCH_LONG);
    sleep_ms(1200);
    watch_end(w, CKR_OK);
    watch_stop(w);
    watch_stop(NULL);
}
END_TEST

/* Run body in a process of its own. Its exit status; what it said goes to text, the milliseconds it took to *ms. */
static int ended(void (*body)(struct watch *w), char text[2000], long *ms)
{
    int p[2], status;
    struct timespec from, to;
    ck_assert_int_eq(pipe(p), 0);
    clock_gettime(CLOCK_MONOTONIC, &from);
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        dup2(p[1], STDOUT_FILENO);
        dup2(p[1], STDERR_FILENO);
        setvbuf(stdout, NULL, _IOFBF, 4096);
        printf("said before\n");
        body(start());
        _exit(99);
    }
    close(p[1]);
    size_t n = 0;
    for (ssize_t r; (r = read(p[0], text + n, 1999 - n)) > 0;)
        n += (size_t)r;
    text[n] = '\0';
    close(p[0]);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    clock_gettime(CLOCK_MONOTONIC, &to);
    *ms = (to.tv_sec - from.tv_sec) * 1000 + (to.tv_nsec - from.tv_nsec) / 1000000;
    ck_assert(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void hang(struct watch *w)
{
    watch_begin(w, "C_Sign", 1);
    sleep_ms(20000);
}

static void hang_named(struct watch *w)
{
    watch_name(w, &token);
    hang(w);
}

static void *short_calls(void *arg)
{
    struct watch *w = arg;
    for (;;) {
        watch_begin(w, "C_SignInit", 1);
        sleep_ms(1);
        watch_end(w, CKR_OK);
    }
    return NULL;
}

/* One call hangs among those of other threads, after a longer one began. */
static void *long_call(void *arg)
{
    watch_begin(arg, "C_GenerateKeyPair", WATCH_LONG);
    sleep_ms(20000);
    return NULL;
}

static void hang_among_others(struct watch *w)
{
    pthread_t t;
    pthread_create(&t, NULL, long_call, w);
    sleep_ms(100);
    for (int i = 0; i < 3; i++)
        pthread_create(&t, NULL, short_calls, w);
    hang_named(w);
}

START_TEST(ends_the_process)
{
    static void (*const bodies[])(struct watch *) = {hang, hang_named, hang_among_others};
    for (size_t i = 0; i < 3; i++) {
        char text[2000];
        long ms;
        ck_assert_int_eq(ended(bodies[i], text, &ms), CLASS_HSM);
        ck_assert_msg(ms >= 1000 && ms < 9000, "%ld ms", ms);
        ck_assert_str_eq(text, i == 0 ? "said before\n"
                                        "checker: E_TOKEN_TIMEOUT: the token did not answer in time: C_Sign: no answer in 1 s "
                                        "(token pkcs11:token=safe)\n"
                                        "checker: what to do: check the token, plug it in anew and run the command again\n"
                                      : "said before\n"
                                        "checker: E_TOKEN_TIMEOUT: the token did not answer in time: C_Sign: no answer in 1 s "
                                        "(token \"safe\\\\u{A}\", serial s-1)\n"
                                        "checker: what to do: check the token, plug it in anew and run the command again\n");
    }
}
END_TEST

static bool is_stopped(pid_t pid)
{
    char path[32], state = '?';
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *f = fopen(path, "r");
    bool known = f != NULL && fscanf(f, "%*d (%*[^)]) %c", &state) == 1;
    if (f != NULL)
        fclose(f);
    return known && state == 'T';
}

/* ^Z for three seconds, while a call is under way. */
static void be_stopped(struct watch *w)
{
    pid_t me = getpid(), user = fork();
    if (user == 0) {
        for (int i = 0; i < 2000 && !is_stopped(me); i++)
            sleep_ms(10);
        sleep_ms(3000);
        kill(me, SIGCONT);
        _exit(0);
    }
    watch_begin(w, "C_Sign", 1);
    sleep_ms(100);
    raise(SIGSTOP);
}

static void answer_after_a_stop(struct watch *w)
{
    be_stopped(w);
    sleep_ms(100);
    watch_end(w, CKR_OK);
}

static void hang_after_a_stop(struct watch *w)
{
    be_stopped(w);
    sleep_ms(20000);
}

START_TEST(does_not_count_a_stop)
{
    char text[2000];
    long ms;
    ck_assert_int_eq(ended(answer_after_a_stop, text, &ms), 99);
    ck_assert_msg(ms >= 3000, "%ld ms", ms);
    ck_assert_int_eq(ended(hang_after_a_stop, text, &ms), CLASS_HSM);
    ck_assert_msg(ms >= 3600 && ms < 12000, "%ld ms", ms);
}
END_TEST

/* A full pipe that nobody reads, where the message should go, keeps no process alive. */
static void hang_unheard(struct watch *w)
{
    int p[2];
    char block[4096] = {0};
    if (pipe2(p, 0) != 0)
        _exit(98);
    for (int i = 0; i < 16; i++)
        if (write(p[1], block, sizeof block) != sizeof block)
            _exit(98);
    dup2(p[1], STDOUT_FILENO);
    dup2(p[1], STDERR_FILENO);
    hang(w);
}

START_TEST(ends_unheard)
{
    char text[2000];
    long ms;
    ck_assert_int_eq(ended(hang_unheard, text, &ms), CLASS_HSM);
    ck_assert_msg(ms < 15000, "%ld ms", ms);
}
END_TEST

Suite *suite_watch(void);
Suite *suite_watch(void)
{
    Suite *s = suite_create("watch");
    TCase *t = tcase_create("watchdog");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, lets_pass);
    tcase_add_test(t, ends_the_process);
    tcase_add_test(t, ends_unheard);
    tcase_add_test(t, does_not_count_a_stop);
    suite_add_tcase(s, t);
    return s;
}
