#include "core/file.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/digest.h"
#include "core/limits.h"
#include "expect.h"

/* The folder of the running test, empty at its beginning. */
static char path[] = "/tmp/rootseal-file-XXXXXX";
static int dir = -1;
static struct diag d;

static void set_up(void)
{
    memcpy(path + strlen(path) - 6, "XXXXXX", 6);
    ck_assert_ptr_nonnull(mkdtemp(path));
    ck_assert_int_eq(file_open_dir(path, &dir, &d), E_OK);
}

static int remove_one(const char *name, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(name);
}

static void tear_down(void)
{
    close(dir);
    ck_assert_int_eq(nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

static void put(const char *name, const char *text)
{
    expect_ok(file_write(dir, name, text, strlen(text), &d));
}

static void assert_content(const char *name, const char *want)
{
    struct buf b = {0};
    bool found;
    expect_ok_diag(file_read(dir, name, 1 << 20, &b, &found, &d), &d);
    ck_assert(found);
    ck_assert_uint_eq(b.len, strlen(want));
    ck_assert(b.len == 0 || memcmp(b.data, want, b.len) == 0);
    buf_free(&b);
}

static bool is_there(int in, const char *name)
{
    struct stat st;
    return fstatat(in, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

START_TEST(folders_are_opened)
{
    int fd;
    char name[100];
    snprintf(name, sizeof name, "%s/none", path);
    expect_err(file_open_dir(name, &fd, &d), E_MEDIUM);
    ck_assert_int_eq(fd, -1);
    put("file", "x");
    snprintf(name, sizeof name, "%s/file", path);
    expect_err(file_open_dir(name, &fd, &d), E_MEDIUM);
    char longer[NAME_MAX + 2];
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    expect_err(file_open_dir(longer, &fd, &d), E_IO);
    expect_ok(file_open_dir(path, &fd, &d));
    ck_assert_int_eq(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    close(fd);
}
END_TEST

START_TEST(folders_are_made_once)
{
    int fd;
    struct stat st;
    for (int i = 0; i < 2; i++) {
        expect_ok(file_make_dir(dir, "sub", &fd, &d));
        ck_assert_int_eq(fstat(fd, &st), 0);
        ck_assert(S_ISDIR(st.st_mode));
        ck_assert_uint_eq(st.st_mode & 0777, 0700);
        close(fd);
    }
    ck_assert_int_eq(symlinkat("sub", dir, "link"), 0);
    expect_err(file_make_dir(dir, "link", &fd, &d), E_MEDIUM);
    ck_assert_int_eq(fd, -1);
    put("file", "x");
    expect_err(file_make_dir(dir, "file", &fd, &d), E_MEDIUM);
    expect_err(file_make_dir(dir, "none/below", &fd, &d), E_IO);
    expect_err(file_make_dir(-1, "sub", &fd, &d), E_IO);
}
END_TEST

START_TEST(content_comes_back)
{
    put("a", "hello");
    assert_content("a", "hello");
    put("a", "");
    assert_content("a", "");
    put("a", "new");
    assert_content("a", "new");
    ck_assert(!is_there(dir, "a.tmp"));
    struct stat st;
    ck_assert_int_eq(fstatat(dir, "a", &st, 0), 0);
    ck_assert_uint_eq(st.st_mode & 0777, 0600);

    size_t n = 200001;
    uint8_t *big = malloc(n);
    ck_assert_ptr_nonnull(big);
    for (size_t i = 0; i < n; i++)
        big[i] = (uint8_t)(i * 31 / 7);
    expect_ok(file_write(dir, "big", big, n, &d));
    struct buf b = {0};
    buf_append_str(&b, "before");
    expect_ok(file_read(dir, "big", n, &b, NULL, &d));
    ck_assert_uint_eq(b.len, n + 6);
    ck_assert_int_eq(memcmp(b.data + 6, big, n), 0);
    buf_free(&b);
    free(big);
}
END_TEST

START_TEST(a_temporary_file_left_by_a_crash_is_replaced)
{
    put("a", "old");
    put("a.tmp", "torn");
    put("a", "new");
    assert_content("a", "new");
    ck_assert(!is_there(dir, "a.tmp"));
    /* A link in its place is not followed. */
    put("victim", "safe");
    ck_assert_int_eq(symlinkat("victim", dir, "a.tmp"), 0);
    put("a", "newer");
    assert_content("victim", "safe");
    assert_content("a", "newer");
}
END_TEST

START_TEST(a_write_that_fails_leaves_nothing)
{
    struct stat st;
    ck_assert_int_eq(mkdirat(dir, "folder", 0700), 0);
    expect_err(file_write(dir, "folder", "x", 1, &d), E_IO);
    ck_assert(!is_there(dir, "folder.tmp"));
    ck_assert_int_eq(mkdirat(dir, "b.tmp", 0700), 0);
    expect_err(file_write(dir, "b", "x", 1, &d), E_IO);
    ck_assert(!is_there(dir, "b"));
    ck_assert_int_eq(fstatat(dir, "b.tmp", &st, 0), 0);
    char longer[NAME_MAX - 2];
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    expect_err(file_write(dir, longer, "x", 1, &d), E_IO);
    expect_err(file_write(dir, "none/file", "x", 1, &d), E_IO);
}
END_TEST

START_TEST(missing_files)
{
    struct buf b = {0};
    bool found = true;
    uint8_t digest[32];
    expect_ok(file_read(dir, "none", 10, &b, &found, &d));
    ck_assert(!found);
    expect_err(file_read(dir, "none", 10, &b, NULL, &d), E_IO);
    ck_assert_ptr_nonnull(strstr(d.text, "none: "));
    expect_err(file_digest(dir, "none", 10, digest, &d), E_IO);
    ck_assert_uint_eq(b.len, 0);
    buf_free(&b);
}
END_TEST

START_TEST(only_plain_files_are_read)
{
    put("file", "x");
    ck_assert_int_eq(symlinkat("file", dir, "link"), 0);
    ck_assert_int_eq(symlinkat("nowhere", dir, "dangling"), 0);
    ck_assert_int_eq(symlinkat("/dev/zero", dir, "device"), 0);
    ck_assert_int_eq(mkdirat(dir, "folder", 0700), 0);
    ck_assert_int_eq(mkfifoat(dir, "fifo", 0600), 0);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s/socket", path);
    int sock = socket(AF_UNIX, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(sock, (struct sockaddr *)&address, sizeof address), 0);

    static const char *const names[] = {"link", "dangling", "device", "folder", "fifo", "socket"};
    struct buf b = {0};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        bool found = true;
        uint8_t digest[32];
        expect_err(file_read(dir, names[i], 10, &b, &found, &d), E_MEDIUM_FILE);
        ck_assert(!found);
        expect_err(file_digest(dir, names[i], 10, digest, &d), E_MEDIUM_FILE);
    }
    close(sock);
    int dev;
    expect_ok(file_open_dir("/dev", &dev, &d));
    expect_err(file_read(dev, "zero", 10, &b, NULL, &d), E_MEDIUM_FILE);
    close(dev);
    ck_assert_uint_eq(b.len, 0);
    buf_free(&b);
}
END_TEST

START_TEST(size_is_limited)
{
    struct buf b = {0};
    buf_append_str(&b, "ab");
    put("file", "12345");
    expect_ok(file_read(dir, "file", 5, &b, NULL, &d));
    ck_assert_uint_eq(b.len, 7);
    expect_err(file_read(dir, "file", 4, &b, NULL, &d), E_MEDIUM_LIMIT);
    expect_err(file_read(dir, "file", 0, &b, NULL, &d), E_MEDIUM_LIMIT);
    ck_assert_uint_eq(b.len, 7);
    put("empty", "");
    expect_ok(file_read(dir, "empty", 0, &b, NULL, &d));
    buf_free(&b);

    /* Files of procfs have the size 0 but content: like a file that grows while it is read. */
    int proc;
    expect_ok(file_open_dir("/proc/self", &proc, &d));
    expect_err(file_read(proc, "status", 10, &b, NULL, &d), E_MEDIUM_LIMIT);
    ck_assert_uint_eq(b.len, 0);
    expect_ok(file_read(proc, "status", 100000, &b, NULL, &d));
    ck_assert_uint_gt(b.len, 0);
    /* Memory that is not mapped: reading begins, and fails. */
    expect_err(file_read(proc, "mem", 100000, &b, NULL, &d), E_IO);
    close(proc);
    buf_free(&b);
}
END_TEST

START_TEST(memory_that_is_used_up_is_reported)
{
    struct buf b = {0};
    volatile size_t too_much = SIZE_MAX;
    put("file", "12345");
    buf_append(&b, "x", too_much);
    expect_err(file_read(dir, "file", 5, &b, NULL, &d), E_NO_MEMORY);
    buf_free(&b);
}
END_TEST

static void on_alarm(int signal)
{
    (void)signal;
}

/* Take 16 KiB at most at a time and slowly, so that the writer meets a full pipe and is interrupted
 * in it. */
static _Noreturn void drain(int fd, size_t n)
{
    uint8_t chunk[16384];
    size_t total = 0;
    ssize_t got;
    while ((got = read(fd, chunk, sizeof chunk)) > 0) {
        for (ssize_t i = 0; i < got; i++)
            if (chunk[i] != (uint8_t)((total + (size_t)i) % 251))
                _exit(2);
        total += (size_t)got;
        usleep(2000);
    }
    _exit(total == n ? 0 : 1);
}

START_TEST(interrupted_writes_go_on)
{
    size_t n = 1 << 20;
    uint8_t *bytes = malloc(n);
    ck_assert_ptr_nonnull(bytes);
    for (size_t i = 0; i < n; i++)
        bytes[i] = (uint8_t)(i % 251);
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        close(ends[1]);
        drain(ends[0], n);
    }
    close(ends[0]);
    struct sigaction action = {.sa_handler = on_alarm}; /* without SA_RESTART */
    ck_assert_int_eq(sigaction(SIGALRM, &action, NULL), 0);
    struct itimerval every = {{0, 500}, {0, 500}};
    ck_assert_int_eq(setitimer(ITIMER_REAL, &every, NULL), 0);
    enum err e = file_write_all(ends[1], bytes, n, "pipe", &d);
    ck_assert_int_eq(setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL), 0);
    close(ends[1]);
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    expect_ok(e);
    ck_assert_int_eq(status, 0);
    free(bytes);
}
END_TEST

START_TEST(writes_that_fail_are_reported)
{
    int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    expect_err(file_write_all(fd, "x", 1, "/dev/full", &d), E_DISK_FULL);
    expect_ok(file_write_all(fd, NULL, 0, "/dev/full", &d));
    close(fd);
    expect_err(file_write_all(-1, "x", 1, "x", &d), E_IO);
    expect_err(file_sync(-1, "x", &d), E_IO);
    expect_ok(file_sync(dir, "x", &d));
}
END_TEST

START_TEST(a_full_medium_leaves_the_old_content)
{
    char *big = calloc(1, 1 << 20);
    ck_assert_ptr_nonnull(big);
    int old = dir;
    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("tmpfs", path, "tmpfs", 0, "size=64k") != 0) {
        printf("skipped: a small tmpfs cannot be mounted here (%s)\n", strerror(errno));
        free(big);
        return;
    }
    expect_ok(file_open_dir(path, &dir, &d));
    put("a", "old");
    expect_err(file_write(dir, "a", big, 1 << 20, &d), E_DISK_FULL);
    ck_assert_int_eq(d.code, E_DISK_FULL);
    assert_content("a", "old");
    ck_assert(!is_there(dir, "a.tmp"));
    put("a", "new");
    assert_content("a", "new");
    close(dir);
    dir = old;
    ck_assert_int_eq(umount(path), 0);
    free(big);
}
END_TEST

START_TEST(files_are_renamed)
{
    put("a", "A");
    put("b", "B");
    expect_ok(file_rename(dir, "a", "b", &d));
    assert_content("b", "A");
    ck_assert(!is_there(dir, "a"));
    expect_err(file_rename(dir, "a", "b", &d), E_IO);
    ck_assert_int_eq(mkdirat(dir, "folder", 0700), 0);
    expect_err(file_rename(dir, "b", "folder", &d), E_IO);
    assert_content("b", "A");
    expect_ok(file_rename(dir, "folder", "new", &d));
    ck_assert(is_there(dir, "new"));
}
END_TEST

START_TEST(digests)
{
    uint8_t out[32];
    char hex[65];
    put("abc", "abc");
    expect_ok(file_digest(dir, "abc", 3, out, &d));
    hex_encode(out, 32, hex);
    ck_assert_str_eq(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");

    size_t n = 100000;
    char *big = calloc(1, n);
    uint8_t want[32];
    ck_assert_ptr_nonnull(big);
    expect_ok(file_write(dir, "big", big, n, &d));
    expect_ok(digest_bytes(DIGEST_SHA256, big, n, want));
    expect_ok(file_digest(dir, "big", n, out, &d));
    ck_assert_mem_eq(out, want, 32);
    free(big);

    memset(want, 0, 32);
    expect_err(file_digest(dir, "big", n - 1, out, &d), E_MEDIUM_LIMIT);
    ck_assert_mem_eq(out, want, 32);
    int fd = openat(dir, "big", O_WRONLY | O_CLOEXEC);
    ck_assert_int_eq(ftruncate(fd, (off_t)8 << 40), 0); /* a hole */
    close(fd);
    expect_err(file_digest(dir, "big", 1u << 30, out, &d), E_MEDIUM_LIMIT);
}
END_TEST

/* Before the first digest of the process: what was fetched once is kept. */
START_TEST(no_digest_without_its_algorithm)
{
    uint8_t out[32];
    put("abc", "abc");
    ck_assert_int_eq(EVP_set_default_properties(NULL, "provider=none-such"), 1);
    expect_err(file_digest(dir, "abc", 3, out, &d), E_CRYPTO);
    ck_assert_int_eq(EVP_set_default_properties(NULL, ""), 1);
    ERR_clear_error();
}
END_TEST

START_TEST(folders_are_listed_in_order)
{
    struct file_list l;
    expect_ok(file_list(dir, 0, &l, &d));
    ck_assert_uint_eq(l.n, 0);
    file_list_free(&l);

    static const char *const want[] = {"-", ".hidden", "B", "a", "a b", "z", "\xe4\xb8\xad"};
    size_t n = sizeof want / sizeof want[0];
    for (size_t i = n; i > 0; i--)
        put(want[i - 1], "x");
    for (int round = 0; round < 2; round++) { /* the folder's offset does not matter */
        expect_ok(file_list(dir, n, &l, &d));
        ck_assert_uint_eq(l.n, n);
        for (size_t i = 0; i < n; i++)
            ck_assert_str_eq(l.names[i], want[i]);
        file_list_free(&l);
    }
    expect_err(file_list(dir, n - 1, &l, &d), E_MEDIUM_LIMIT);
    ck_assert_uint_eq(l.n, 0);
    ck_assert_ptr_null(l.names);
    expect_err(file_list(-1, n, &l, &d), E_IO);

    for (int i = 0; i < 100; i++) {
        char name[16];
        snprintf(name, sizeof name, "n%d", i);
        put(name, "");
    }
    expect_ok(file_list(dir, 1000, &l, &d));
    ck_assert_uint_eq(l.n, n + 100);
    file_list_free(&l);
}
END_TEST

START_TEST(folders_are_removed)
{
    int fd;
    expect_ok(file_remove_dir(dir, "none", &d));
    expect_ok(file_make_dir(dir, "sub", &fd, &d));
    put("victim", "safe");
    expect_ok(file_write(fd, "a", "x", 1, &d));
    expect_ok(file_write(fd, "b", "x", 1, &d));
    ck_assert_int_eq(symlinkat("../victim", fd, "link"), 0);
    close(fd);
    expect_ok_diag(file_remove_dir(dir, "sub", &d), &d);
    ck_assert(!is_there(dir, "sub"));
    assert_content("victim", "safe");

    expect_ok(file_make_dir(dir, "deep", &fd, &d));
    ck_assert_int_eq(mkdirat(fd, "below", 0700), 0);
    close(fd);
    expect_err(file_remove_dir(dir, "deep", &d), E_FOLDER_OCCUPIED);
    expect_err(file_remove_dir(dir, "victim", &d), E_MEDIUM);
    ck_assert_int_eq(symlinkat("deep", dir, "link"), 0);
    expect_err(file_remove_dir(dir, "link", &d), E_MEDIUM);
    ck_assert(is_there(dir, "link"));

    for (int n = LIMIT_MEDIUM_FILES; n <= LIMIT_MEDIUM_FILES + 1; n++) {
        expect_ok(file_make_dir(dir, "full", &fd, &d));
        for (int i = 0; i < n; i++) {
            char name[16];
            snprintf(name, sizeof name, "n%d", i);
            expect_ok(file_write(fd, name, "", 0, &d));
        }
        close(fd);
        expect_err(file_remove_dir(dir, "full", &d), n == LIMIT_MEDIUM_FILES ? E_OK : E_FOLDER_OCCUPIED);
    }
}
END_TEST

/* A stick is mounted in the folder of the sticks; links on it lead nowhere. */
START_TEST(folders_on_sticks)
{
    int fd, in;
    expect_ok(file_make_dir(dir, "stick", &in, &d));
    ck_assert_int_eq(symlinkat("stick", dir, "link"), 0);
    ck_assert_int_eq(symlinkat("/", in, "root"), 0);
    expect_ok_diag(file_open_dir_beneath(dir, "stick/.", &fd, &d), &d);
    close(fd);
    const char *const bad[] = {"link", "link/.", "stick/root", "stick/root/etc", "stick/none", ".tmp/x"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        expect_err(file_open_dir_beneath(dir, bad[i], &fd, &d), E_MEDIUM);
        ck_assert_int_eq(fd, -1);
    }
    expect_err(file_open_dir_beneath(dir, "../..", &fd, &d), E_MEDIUM_FILE);
    close(in);
    int root = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    expect_err(file_open_dir_beneath(root, "proc/self", &fd, &d), E_MEDIUM); /* a link on another file system */
    expect_ok_diag(file_open_dir_beneath(root, "proc/1", &fd, &d), &d);
    close(fd);
    close(root);
}
END_TEST

Suite *suite_file(void);
Suite *suite_file(void)
{
    Suite *s = suite_create("file");
    TCase *t = tcase_create("file");
    tcase_set_timeout(t, 30);
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, folders_are_opened);
    tcase_add_test(t, folders_are_made_once);
    tcase_add_test(t, content_comes_back);
    tcase_add_test(t, a_temporary_file_left_by_a_crash_is_replaced);
    tcase_add_test(t, a_write_that_fails_leaves_nothing);
    tcase_add_test(t, missing_files);
    tcase_add_test(t, only_plain_files_are_read);
    tcase_add_test(t, size_is_limited);
    tcase_add_test(t, memory_that_is_used_up_is_reported);
    tcase_add_test(t, interrupted_writes_go_on);
    tcase_add_test(t, writes_that_fail_are_reported);
    tcase_add_test(t, a_full_medium_leaves_the_old_content);
    tcase_add_test(t, files_are_renamed);
    tcase_add_test(t, digests);
    tcase_add_test(t, no_digest_without_its_algorithm);
    tcase_add_test(t, folders_are_listed_in_order);
    tcase_add_test(t, folders_are_removed);
    tcase_add_test(t, folders_on_sticks);
    suite_add_tcase(s, t);
    return s;
}
