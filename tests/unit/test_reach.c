/* reach.c: which files a step that loads a PKCS#11 module can open. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "expect.h"
#include "hsm/reach.h"
#include "suites.h"

static char folder[] = "/tmp/reach-XXXXXX";

static void make_file(const char *name, const char *text)
{
    FILE *f = fopen(name, "w");
    ck_assert_msg(f != NULL && fputs(text, f) >= 0 && fclose(f) == 0, "%s: %s", name, strerror(errno));
}

/* vendor/ has the module, a file beside it, a link to one elsewhere, and a folder. */
static void setup(void)
{
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(chdir(folder), 0);
    ck_assert_int_eq(mkdir("vendor", 0700) | mkdir("vendor/below", 0700) | mkdir("tokens", 0700) | mkdir("other", 0700) |
                         mkdir("state", 0700), 0);
    make_file("vendor/module.so", "");
    make_file("vendor/vendor.conf", "");
    make_file("vendor/below/file", "");
    make_file("other/file", "");
    ck_assert_int_eq(symlink("../other/file", "vendor/link"), 0);
    make_file("softhsm2.conf", "");
    setenv("SOFTHSM2_CONF", "softhsm2.conf", 1);
}

static void teardown(void)
{
    ck_assert_int_eq(system("rm -rf -- vendor tokens other state softhsm2.conf"), 0);
    ck_assert_int_eq(chdir("/"), 0);
    ck_assert_int_eq(rmdir(folder), 0);
    memcpy(folder + strlen(folder) - 6, "XXXXXX", 6);
}

/* 0 when a process shut in with this module can open the file, else why not. */
static int opens(const char *module, const char *path, int flags)
{
    int status;
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        int state = open("state", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (reach_shut_in(state, module, NULL, NULL) != E_OK)
            _exit(200);
        _exit(open(path, flags | O_CLOEXEC, 0600) >= 0 ? 0 : errno);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFEXITED(status));
    return WEXITSTATUS(status);
}

START_TEST(what_lies_beside_the_module)
{
    ck_assert_int_eq(opens("vendor/module.so", "vendor/module.so", O_RDONLY), 0);
    ck_assert_int_eq(opens("vendor/module.so", "vendor/vendor.conf", O_RDONLY), 0);
    ck_assert_int_eq(opens("vendor/module.so", "vendor/vendor.conf", O_WRONLY), EACCES);
    ck_assert_int_eq(opens("vendor/module.so", "vendor/below/file", O_RDONLY), EACCES);
    ck_assert_int_eq(opens("vendor/module.so", "vendor/link", O_RDONLY), EACCES);
    ck_assert_int_eq(opens("vendor/module.so", "other/file", O_RDONLY), EACCES);
}
END_TEST

/* A module in a folder of thousands of files, a home or /tmp, is no fault of any medium. */
START_TEST(too_many_beside_it)
{
    char name[64];
    for (int i = 0; i < 4100; i++) {
        snprintf(name, sizeof name, "vendor/file-%d", i);
        ck_assert_int_eq(mknod(name, S_IFREG | 0600, 0), 0);
    }
    ck_assert_int_eq(opens("vendor/module.so", "vendor/module.so", O_RDONLY), 0);
    ck_assert_int_eq(opens("vendor/module.so", "vendor/vendor.conf", O_RDONLY), EACCES);
}
END_TEST

START_TEST(softhsm_tokens)
{
    static const char *const good[] = {"directories.tokendir = tokens\n", "directories.tokendir=tokens",
                                       "\t directories.tokendir\t=  tokens \t\r\n"};
    static const char *const bad[] = {"directories.tokendirs = tokens\n", "directories.tokendir tokens\n",
                                      "# directories.tokendir = tokens\n"};
    for (size_t i = 0; i < 3; i++) {
        make_file("softhsm2.conf", good[i]);
        ck_assert_int_eq(opens("vendor/module.so", "tokens/new", O_WRONLY | O_CREAT), 0);
        make_file("softhsm2.conf", bad[i]);
        ck_assert_int_eq(opens("vendor/module.so", "tokens/new", O_WRONLY | O_CREAT), EACCES);
    }
}
END_TEST

Suite *suite_reach(void)
{
    Suite *s = suite_create("reach");
    TCase *t = tcase_create("files");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, what_lies_beside_the_module);
    tcase_add_test(t, too_many_beside_it);
    tcase_add_test(t, softhsm_tokens);
    suite_add_tcase(s, t);
    return s;
}
