#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/shelf.h"
#include "audit/shown.h"
#include "audit/tiles.h"
#include "expect.h"
#include "help_audit.h"
#include "help_pki.h"
#include "log/merkle.h"
#include "memory_sweep.h"

Suite *suite_tiles(void);

static struct diag d;

/* -- paths: the examples of C2SP tlog-tiles -- */

START_TEST(paths)
{
    static const struct {
        unsigned level, width;
        uint64_t index;
        const char *path;
    } known[] = {
        {0, 256, 0, "tile/0/000"},
        {0, 1, 0, "tile/0/000.p/1"},
        {0, 112, 273, "tile/0/273.p/112"},
        {1, 256, 999, "tile/1/999"},
        {7, 256, 1000, "tile/7/x001/000"},
        {2, 255, 1234067, "tile/2/x001/x234/067.p/255"},
        {TILE_ENTRIES, 256, 1234067, "tile/entries/x001/x234/067"},
        {TILE_ENTRIES, 100, UINT64_C(72057594037927935), "tile/entries/x072/x057/x594/x037/x927/935.p/100"},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        char path[TILE_PATH_MAX];
        tiles_path(known[i].level, known[i].index, known[i].width, path);
        ck_assert_str_eq(path, known[i].path);
        unsigned level, width;
        uint64_t index;
        ck_assert(tiles_parse(path, &level, &index, &width));
        ck_assert(level == known[i].level && index == known[i].index && width == known[i].width);
    }
}
END_TEST

START_TEST(no_paths)
{
    static const char *const wrong[] = {"tile/0/00", "tile/0/0000", "tile/0/x000/000", "tile/0/000/000", "tile/8/000", "tile/00/000",
                                        "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/01", "tile/0/000.p/", "tile/0/000.p",
                                        "tile/0/000/", "tile/0/000.p/x", "tile/0/000.p/2560",
                                        "tile/entries/", "tile/entries", "tile/", "checkpoint", "tile/0/ 00", "tile/-1/000",
                                        "tile/0/x999/x999/x999/x999/x999/x999/x999/x999/x999/999",
                                        "tile/entries/x999/x999/x999/x999/x999/x999/x999/x999/x999/x999/x999/x999/999"};
    unsigned level, width;
    uint64_t index;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        ck_assert_msg(!tiles_parse(wrong[i], &level, &index, &width), "%s", wrong[i]);
}
END_TEST

/* -- the hashes, against the tree of log/merkle.c -- */

#define LEVELS 3
#define MOST 70000

static struct taken {
    struct buf hashes[LEVELS], entries; /* of all tiles, one after the other */
    unsigned full[LEVELS], entry_tiles, width[LEVELS]; /* whole tiles, and how wide the partial one is */
    unsigned puts, fail_at;
} got;

/* Tiles come in order, the partial ones last. */
static enum err take(void *arg, const char *path, struct span bytes, struct diag *why)
{
    struct taken *t = arg;
    char want[TILE_PATH_MAX];
    if (++t->puts == t->fail_at)
        return diag_set(why, E_DISK_FULL, "%s", path);
    if (strncmp(path, "tile/entries/", 13) == 0) {
        unsigned width = t->entry_tiles == got.full[0] ? TILE_WIDTH : 0;
        ck_assert_uint_eq(width, TILE_WIDTH); /* before its hashes */
        t->entry_tiles++;
        buf_append(&t->entries, bytes.p, bytes.n);
        return E_OK;
    }
    unsigned level = (unsigned)(path[5] - '0'), width = (unsigned)(bytes.n / DIGEST_LEN);
    ck_assert(level < LEVELS && bytes.n % DIGEST_LEN == 0 && width >= 1 && width <= TILE_WIDTH);
    ck_assert_uint_eq(t->width[level], 0);
    tiles_path(level, t->full[level], width, want);
    ck_assert_str_eq(path, want);
    if (width == TILE_WIDTH)
        t->full[level]++;
    else
        t->width[level] = width;
    buf_append(&t->hashes[level], bytes.p, bytes.n);
    return E_OK;
}

static void forget(void)
{
    for (int i = 0; i < LEVELS; i++)
        buf_free(&got.hashes[i]);
    buf_free(&got.entries);
    got = (struct taken){0};
}

static struct span line(uint64_t i, char text[32])
{
    return (struct span){(const uint8_t *)text, (size_t)snprintf(text, 32, "line %llu of a log", (unsigned long long)(i * 7919))};
}

static enum err cut_for(tiles_put *put, uint64_t n)
{
    struct tiles *t;
    enum err e = tiles_new(put, &got, &t, &d);
    for (uint64_t i = 0; i < n && e == E_OK; i++) {
        char text[32];
        e = tiles_take(t, line(i, text), &d);
    }
    if (e == E_OK)
        e = tiles_end(t, &d);
    tiles_free(t);
    return e;
}

static enum err cut(uint64_t n)
{
    return cut_for(take, n);
}

/* MTH(D[i * 256**level : (i + 1) * 256**level]), one after the other, by the tree that grows leaf by leaf. */
static void roots(uint64_t n, struct buf out[LEVELS], struct buf *entries)
{
    static const uint64_t span[LEVELS] = {1, 256, 65536};
    struct merkle m[LEVELS] = {0};
    for (uint64_t i = 0; i < n; i++) {
        char text[32];
        struct span l = line(i, text);
        buf_append_byte(entries, 0);
        buf_append_byte(entries, (uint8_t)l.n);
        buf_append(entries, l.p, l.n);
        for (int level = 0; level < LEVELS; level++) {
            uint8_t root[DIGEST_LEN];
            expect_ok(merkle_append(&m[level], l));
            if (m[level].size < span[level])
                continue;
            expect_ok(merkle_root(&m[level], root));
            buf_append(&out[level], root, DIGEST_LEN);
            m[level] = (struct merkle){0};
        }
    }
}

START_TEST(every_hash_is_where_the_standard_has_it)
{
    static const uint64_t sizes[] = {1, 2, 255, 256, 257, 511, 512, 513, 65535, 65536, 65537, MOST};
    const uint64_t n = sizes[_i];
    struct buf want[LEVELS] = {0}, entries = {0};
    roots(n, want, &entries);
    expect_ok_diag(cut(n), &d);
    for (int level = 0; level < LEVELS; level++) {
        ck_assert_uint_eq(got.hashes[level].len, want[level].len);
        ck_assert(want[level].len == 0 || memcmp(got.hashes[level].data, want[level].data, want[level].len) == 0);
        buf_free(&want[level]);
    }
    ck_assert_uint_eq(got.entries.len, entries.len);
    ck_assert_mem_eq(got.entries.data, entries.data, entries.len);
    ck_assert_uint_eq(got.entry_tiles, (n + 255) / 256);
    buf_free(&entries);
    forget();
}
END_TEST

/* The example of the standard: a tree of 70,000. */
START_TEST(the_standards_own_example)
{
    expect_ok_diag(cut(MOST), &d);
    ck_assert(got.full[0] == 273 && got.width[0] == 112 && got.full[1] == 1 && got.width[1] == 17 && got.full[2] == 0 && got.width[2] == 1);
    forget();
    expect_ok_diag(cut(256), &d);
    ck_assert(got.full[0] == 1 && got.width[0] == 0 && got.full[1] == 0 && got.width[1] == 1 && got.width[2] == 0);
    forget();
}
END_TEST

START_TEST(a_tile_that_is_not_taken_ends_it)
{
    expect_ok_diag(cut(600), &d);
    unsigned all = got.puts;
    ck_assert_uint_eq(all, 7);
    forget();
    for (unsigned i = 1; i <= all; i++) {
        got.fail_at = i;
        ck_assert_int_eq(cut(600), E_DISK_FULL);
        ck_assert_uint_eq(got.puts, i);
        forget();
    }
}
END_TEST

static bool differs;

/* Check allocates, too. */
static enum err count_only(void *arg, const char *path, struct span bytes, struct diag *why)
{
    struct taken *t = arg;
    (void)path, (void)bytes, (void)why;
    t->puts++;
    return E_OK;
}

static enum err cut_all(void)
{
    enum err e = cut_for(count_only, 600);
    differs = differs || (e == E_OK && got.puts != 7);
    forget();
    return e;
}

START_TEST(tiles_without_memory)
{
    memory_sweep("tiles", cut_all, &d, &differs);
}
END_TEST

/* -- the shelf -- */

static char site[96];

static void set_up(void)
{
    help_audit_begin_with_keys();
    snprintf(site, sizeof site, "%s/site", audit_fix.path);
    ck_assert_int_eq(mkdir(site, 0700), 0);
}

static void tear_down(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -r '%s'", site);
    ck_assert_int_eq(system(command), 0);
    help_audit_end();
}

START_TEST(what_lies_on_the_shelf_stays)
{
    struct shelf s, other;
    struct stat st;
    const struct span one = {(const uint8_t *)"one", 3}, two = {(const uint8_t *)"two", 3}, more = {(const uint8_t *)"one!", 4};
    expect_ok_diag(shelf_open(site, &s, &d), &d);
    expect_err(shelf_open(site, &other, &d), E_STATE_LOCKED);
    shelf_close(&other);
    expect_ok_diag(shelf_keep(&s, "a/b/c", one, &d), &d);
    expect_ok_diag(shelf_keep(&s, "a/b/c", one, &d), &d);
    expect_err(shelf_keep(&s, "a/b/c", two, &d), E_LOG_PUBLISHED);
    expect_err(shelf_keep(&s, "a/b/c", more, &d), E_LOG_PUBLISHED);
    expect_err(shelf_keep(&s, "a/b/c", (struct span){one.p, 2}, &d), E_LOG_PUBLISHED);
    ck_assert(s.added == 1 && s.present == 1);
    ck_assert(fstatat(s.fd, "a/b", &st, 0) == 0 && (st.st_mode & 07777) == 0755);
    ck_assert(fstatat(s.fd, "a/b/c", &st, 0) == 0 && (st.st_mode & 07777) == 0644);
    expect_err(shelf_keep(&s, "a/b", one, &d), E_MEDIUM_FILE); /* a folder */
    ck_assert_int_ne(shelf_keep(&s, "a/b/c/d", one, &d), E_OK); /* below a file */
    ck_assert_int_eq(symlinkat("/tmp", s.fd, "out"), 0);
    ck_assert_int_ne(shelf_keep(&s, "out/x", one, &d), E_OK);
    expect_ok_diag(shelf_replace(&s, "head", one, &d), &d);
    expect_ok_diag(shelf_replace(&s, "head", two, &d), &d);
    expect_err(shelf_keep(&s, "head", one, &d), E_LOG_PUBLISHED);
    ck_assert_int_ne(faccessat(s.fd, SHELF_NEW, F_OK, 0), 0);
    /* what an interrupted run left */
    ck_assert_int_ge(openat(s.fd, SHELF_NEW, O_WRONLY | O_CREAT, 0600), 0);
    expect_ok_diag(shelf_keep(&s, "a/d", one, &d), &d);
    ck_assert_int_ne(faccessat(s.fd, SHELF_NEW, F_OK, 0), 0);
    shelf_close(&s);
}
END_TEST

/* -- what was published before -- */

static struct shelf shelf;

static enum err show(const char *path, const char *text)
{
    return shelf_keep(&shelf, path, (struct span){(const uint8_t *)text, strlen(text)}, &d);
}

static enum err shown(struct shown *n)
{
    *n = (struct shown){0};
    return shown_read(&shelf, n, &d);
}

static const struct span entries = {(const uint8_t *)"\0\1a\0\2bc\0\0", 9};

/* Two partial tiles of entries lie there, and a seal; the log has three entries by now. */
START_TEST(every_width_is_compared)
{
    struct shown n;
    expect_ok_diag(shelf_open(site, &shelf, &d), &d);
    expect_ok_diag(shelf_keep(&shelf, "tile/entries/000.p/1", (struct span){entries.p, 3}, &d), &d);
    expect_ok_diag(shelf_keep(&shelf, "tile/entries/000.p/2", (struct span){entries.p, 7}, &d), &d);
    expect_ok_diag(show("seal/2.json", "{}"), &d);
    expect_ok_diag(shown(&n), &d);
    ck_assert_uint_eq(n.n, 3);
    expect_ok_diag(shown_compare_tile(&n, &shelf, "tile/entries/000.p/3", entries, &d), &d);
    expect_ok_diag(shown_compare_seal(&n, &shelf, 3, (struct span){NULL, 0}, &d), &d); /* not published */
    expect_err(shown_finish(&n, 3, &d), E_LOG_PUBLISHED); /* a seal that the log has not */
    expect_ok_diag(shown_compare_seal(&n, &shelf, 2, (struct span){(const uint8_t *)"{}", 2}, &d), &d);
    expect_ok_diag(shown_finish(&n, 3, &d), &d);
    shown_free(&n);
    /* a log that is shorter, and one that has another second line */
    expect_ok_diag(shown(&n), &d);
    expect_ok_diag(shown_compare_tile(&n, &shelf, "tile/entries/000.p/1", entries, &d), &d);
    expect_err(shown_finish(&n, 1, &d), E_LOG_ROLLED_BACK);
    expect_err(shown_compare_tile(&n, &shelf, "tile/entries/000.p/2", (struct span){(const uint8_t *)"\0\1a\0\2bb", 7}, &d), E_LOG_PUBLISHED);
    expect_err(shown_compare_seal(&n, &shelf, 2, (struct span){(const uint8_t *)"[]", 2}, &d), E_LOG_PUBLISHED);
    shown_free(&n);
    /* a seal over more lines than are under one now */
    expect_ok_diag(show("seal/9.json", "{}"), &d);
    expect_ok_diag(shown(&n), &d);
    expect_ok_diag(shown_compare_tile(&n, &shelf, "tile/entries/000.p/3", entries, &d), &d);
    expect_ok_diag(shown_compare_seal(&n, &shelf, 2, (struct span){(const uint8_t *)"{}", 2}, &d), &d);
    expect_err(shown_finish(&n, 8, &d), E_LOG_ROLLED_BACK);
    ck_assert_str_eq(d.text, "seal/9.json was published, and only 8 lines are under a seal");
    shown_free(&n);
    shelf_close(&shelf);
}
END_TEST

/* The last of the files that lie there is a tile, and the log has gone on. */
START_TEST(a_tile_that_is_new)
{
    struct shown n;
    expect_ok_diag(shelf_open(site, &shelf, &d), &d);
    expect_ok_diag(shelf_keep(&shelf, "tile/entries/000.p/1", (struct span){entries.p, 3}, &d), &d);
    expect_ok_diag(shown(&n), &d);
    expect_ok_diag(shown_compare_tile(&n, &shelf, "tile/entries/000.p/3", entries, &d), &d);
    expect_ok_diag(shown_compare_tile(&n, &shelf, "tile/entries/001.p/1", entries, &d), &d);
    expect_ok_diag(shown_finish(&n, 3, &d), &d);
    shown_free(&n);
    shelf_close(&shelf);
}
END_TEST

/* Folders whose names together are longer than any path of a tile. */
START_TEST(a_path_that_is_too_long)
{
    struct shown n;
    expect_ok_diag(shelf_open(site, &shelf, &d), &d);
    ck_assert(help_run("n=$(printf 'x%%.0s' $(seq 250)) && mkdir -p %s/tile/$n/$n/$n", site));
    expect_err(shown(&n), E_LOG_PUBLISHED);
    ck_assert_ptr_nonnull(strstr(d.text, "tile/xxx"));
    shown_free(&n);
    shelf_close(&shelf);
}
END_TEST

START_TEST(nothing_else_lies_there)
{
    static const char *const wrong[] = {"tile/0/note", "seal/02.json", "seal/x", "tile/0/000.p/256", "seal/2.json.old",
                                        "tile/1/2/3/4/5/6/7/8/9/10/11/12/13"};
    expect_ok_diag(shelf_open(site, &shelf, &d), &d);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char command[160];
        struct shown n;
        expect_ok_diag(show(wrong[i], "x"), &d);
        expect_err(shown(&n), E_LOG_PUBLISHED);
        shown_free(&n);
        snprintf(command, sizeof command, "rm -r '%s'/*", site);
        ck_assert_int_eq(system(command), 0);
    }
    ck_assert_int_eq(symlinkat("/tmp", shelf.fd, "tile"), 0);
    struct shown n;
    ck_assert_int_ne(shown(&n), E_OK);
    shown_free(&n);
    shelf_close(&shelf);
}
END_TEST

static enum err read_shown(void)
{
    struct shown n;
    enum err e = shown(&n);
    differs = differs || (e == E_OK && n.n != 70);
    shown_free(&n);
    return e;
}

START_TEST(shown_without_memory)
{
    expect_ok_diag(shelf_open(site, &shelf, &d), &d);
    for (int i = 1; i <= 70; i++) {
        char path[TILE_PATH_MAX];
        tiles_path(0, 0, (unsigned)i, path);
        expect_ok_diag(show(path, "x"), &d);
    }
    memory_sweep("shown_read", read_shown, &d, &differs);
    shelf_close(&shelf);
}
END_TEST

Suite *suite_tiles(void)
{
    Suite *s = suite_create("tiles");
    TCase *c = tcase_create("tree");
    tcase_add_test(c, paths);
    tcase_add_test(c, no_paths);
    tcase_add_loop_test(c, every_hash_is_where_the_standard_has_it, 0, 12);
    tcase_add_test(c, the_standards_own_example);
    tcase_add_test(c, a_tile_that_is_not_taken_ends_it);
    tcase_add_test(c, tiles_without_memory);
    tcase_set_timeout(c, 60);
    suite_add_tcase(s, c);
    c = tcase_create("folder");
    tcase_add_checked_fixture(c, set_up, tear_down);
    tcase_add_test(c, what_lies_on_the_shelf_stays);
    tcase_add_test(c, every_width_is_compared);
    tcase_add_test(c, a_tile_that_is_new);
    tcase_add_test(c, a_path_that_is_too_long);
    tcase_add_test(c, nothing_else_lies_there);
    tcase_add_test(c, shown_without_memory);
    suite_add_tcase(s, c);
    return s;
}
