#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/filter.h"
#include "core/guard.h"
#include "core/sandbox.h"
#include "suites.h"

/* Each test works in a folder of its own: in/ can be read, out/ written, other/ neither. */
static char folder[] = "/tmp/sandbox-XXXXXX";

static void make_folder(void)
{
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(chdir(folder), 0);
    ck_assert_int_eq(mkdir("in", 0700) | mkdir("out", 0700) | mkdir("other", 0700), 0);
    ck_assert_int_ge(open("in/file", O_CREAT | O_WRONLY, 0600), 0);
    ck_assert_int_ge(open("other/file", O_CREAT | O_WRONLY, 0600), 0);
}

static void remove_folder(void)
{
    ck_assert_int_eq(system("rm -rf -- in out other"), 0);
    ck_assert_int_eq(chdir("/"), 0);
    ck_assert_int_eq(rmdir(folder), 0);
    memcpy(folder + strlen(folder) - 6, "XXXXXX", 6);
}

/* In a child: Check cannot be told from inside. */
static enum err shut_in(bool strict)
{
    struct sandbox *box;
    enum err e = sandbox_new(&box, NULL);
    if (e == E_OK)
        e = sandbox_allow(box, "in", false, NULL);
    if (e == E_OK)
        e = sandbox_allow(box, "out", true, NULL);
    if (e == E_OK)
        e = sandbox_allow(box, "not-there", true, NULL);
    if (e == E_OK)
        e = sandbox_enter(box, NULL);
    sandbox_free(box);
    return e == E_OK && strict ? filter_strict(NULL) : e;
}

/* The status of a child that shuts itself in and does this. */
static int child(bool strict, int (*fn)(void))
{
    int status;
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        enum err e = shut_in(strict);
        _exit(e == E_OK ? fn() : 98);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    return status;
}

/* 0: it could be opened; else why not. */
static int opens(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC, 0600);
    int failed = errno;
    if (fd >= 0)
        close(fd);
    return fd >= 0 ? 0 : failed;
}

#define WANT(x) if (!(x)) return __LINE__ & 0xff

static int files(void)
{
    WANT(opens("in/file", O_RDONLY) == 0);
    WANT(opens("in", O_RDONLY | O_DIRECTORY) == 0);
    WANT(opens("in/file", O_WRONLY) == EACCES);
    WANT(opens("in/new", O_WRONLY | O_CREAT) == EACCES);
    WANT(unlink("in/file") == -1 && errno == EACCES);
    WANT(opens("other/file", O_RDONLY) == EACCES);
    WANT(opens("in/../other/file", O_RDONLY) == EACCES);
    WANT(opens("/etc/passwd", O_RDONLY) == EACCES);
    WANT(opens("out/new", O_WRONLY | O_CREAT) == 0);
    WANT(mkdir("out/folder", 0700) == 0);
    WANT(rename("out/new", "out/folder/new") == 0);
    WANT(unlink("out/folder/new") == 0);
    WANT(link("in/file", "out/file") == -1);
    WANT(rename("in/file", "out/file") == -1);
    WANT(opens("out/folder", O_RDONLY | O_DIRECTORY) == 0);
    WANT(rmdir("out/folder") == 0);
    return 0;
}

static int special_files(void)
{
    WANT(symlink("/etc/passwd", "out/link") == -1 && errno == EACCES);
    WANT(mkfifo("out/fifo", 0600) == -1 && errno == EACCES);
    WANT(mknod("out/device", S_IFCHR | 0600, 0x103) == -1);
    return 0;
}

START_TEST(only_what_is_allowed_can_be_opened)
{
    ck_assert_int_eq(child(false, files), 0);
    ck_assert_int_eq(child(true, files), 0);
    ck_assert_int_eq(child(false, special_files), 0);
}
END_TEST

/* -- the strict filter: the process ends -- */

static int tries_socket(void) { return socket(AF_UNIX, SOCK_STREAM, 0); }
static int tries_exec(void) { return execl("/bin/true", "true", (char *)NULL); }
static int tries_code(void)
{
    return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED;
}
static int tries_to_make_code(void)
{
    void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return mprotect(p, 4096, PROT_READ | PROT_EXEC);
}
#ifndef ROOTSEAL_DEVELOPMENT /* a sanitizer's runtime needs these itself */
static int tries_fork(void) { return fork() == 0 ? 0 : 1; }
static int tries_trace(void) { return (int)ptrace(PTRACE_TRACEME, 0, NULL, NULL); }
#endif

START_TEST(the_strict_filter_ends_the_process)
{
    static int (*const tries[])(void) = {
        tries_socket, tries_exec, tries_code, tries_to_make_code,
#ifndef ROOTSEAL_DEVELOPMENT
        tries_fork, tries_trace,
#endif
    };
    for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++) {
        int status = child(true, tries[i]);
        ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS, "try %zu: status %x", i, (unsigned)status);
    }
}
END_TEST

/* These a library might try and go on without. */
static int others(void)
{
    WANT(chmod("out", 0777) == -1 && errno == EPERM);
    WANT(symlink("/etc/passwd", "out/link") == -1 && errno == EPERM);
    WANT(setsid() == -1 && errno == EPERM);
#ifndef ROOTSEAL_DEVELOPMENT
    WANT(kill(1, 0) == -1 && errno == EPERM);
#endif
    return 0;
}

START_TEST(the_strict_filter_refuses_the_rest)
{
    ck_assert_int_eq(child(true, others), 0);
}
END_TEST

static void *in_thread(void *arg)
{
    *(int *)arg = opens("/etc/passwd", O_RDONLY);
    return NULL;
}

static int starts_thread(void)
{
    pthread_t t;
    int answer = 0;
    if (pthread_create(&t, NULL, in_thread, &answer) != 0 || pthread_join(t, NULL) != 0)
        return 99;
    return answer;
}

/* Threads may come later: they work beside each other, and are shut in like the first. */
START_TEST(threads_are_shut_in_too)
{
    int status = child(true, starts_thread);
    ck_assert_int_eq(WIFEXITED(status) ? WEXITSTATUS(status) : -1, EACCES);
}
END_TEST

/* -- the guard of every program -- */

static int guarded(void)
{
    if (guard_process(NULL) != E_OK)
        return 1;
    WANT(socket(AF_INET, SOCK_STREAM, 0) == -1 && errno == EPERM);
    WANT(socket(AF_INET6, SOCK_DGRAM, 0) == -1 && errno == EPERM);
    WANT(socket(AF_NETLINK, SOCK_RAW, 0) == -1 && errno == EPERM);
    int local = socket(AF_UNIX, SOCK_STREAM, 0); /* the smart-card daemon's */
    WANT(local >= 0);
    WANT(execl("/bin/true", "true", (char *)NULL) == -1 && errno == EPERM);
    WANT(opens("/etc/passwd", O_RDONLY) == 0);
    pid_t pid = fork(); /* who started the program may have had this ignored, and then nothing could be waited for */
    if (pid == 0)
        _exit(0);
    WANT(waitpid(pid, NULL, 0) == pid);
    return 0;
}

START_TEST(no_program_reaches_a_network)
{
    int status;
    pid_t pid = fork();
    if (pid == 0)
        _exit(signal(SIGCHLD, SIG_IGN) == SIG_ERR ? 97 : guarded());
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
}
END_TEST

/* What the kernel says of a process that was guarded: core(5), proc(5). */
static int dumps(void)
{
    if (guard_process(NULL) != E_OK)
        return 1;
    abort();
}

START_TEST(no_core_is_left)
{
    int status;
    pid_t pid = fork();
    if (pid == 0)
        _exit(dumps());
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFSIGNALED(status));
    ck_assert(!WCOREDUMP(status));
}
END_TEST

Suite *suite_sandbox(void)
{
    Suite *s = suite_create("sandbox");
    TCase *c = tcase_create("sandbox");
    tcase_add_checked_fixture(c, make_folder, remove_folder);
    tcase_add_test(c, only_what_is_allowed_can_be_opened);
    tcase_add_test(c, the_strict_filter_ends_the_process);
    tcase_add_test(c, the_strict_filter_refuses_the_rest);
    tcase_add_test(c, threads_are_shut_in_too);
    tcase_add_test(c, no_program_reaches_a_network);
    tcase_add_test(c, no_core_is_left);
    suite_add_tcase(s, c);
    return s;
}
