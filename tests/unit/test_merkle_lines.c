#include <check.h>
#include <string.h>
#include <unistd.h>

#include "expect.h"
#include "help_batch.h"
#include "log/merkle_lines.h"

Suite *suite_merkle_lines(void);

static int dir = -1;

static void set_up(void)
{
    tree_make();
    dir = tree_open(".");
}

static void tear_down(void)
{
    close(dir);
    tree_remove();
}

/* The root, the same from memory and from a file. */
static void root_of(const void *bytes, size_t n, char hex[DIGEST_HEX])
{
    uint8_t root[DIGEST_LEN], again[DIGEST_LEN];
    struct diag d = {0};
    expect_ok(merkle_lines_root((struct span){bytes, n}, root));
    tree_write("file", bytes, n);
    expect_ok_diag(merkle_lines_root_file(dir, "file", n, again, &d), &d);
    ck_assert_mem_eq(root, again, DIGEST_LEN);
    hex_encode(root, DIGEST_LEN, hex);
}

static void expect_root(const void *bytes, size_t n, const char *want)
{
    char hex[DIGEST_HEX];
    root_of(bytes, n, hex);
    ck_assert_str_eq(hex, want);
}

/* The eight leaves that the reference implementations of RFC 6962 and RFC 9162 are tested with, as lines. */
START_TEST(known_answers)
{
    static const char lines[] = "\n\0\n\x10\n\x20\x21\n\x30\x31\n\x40\x41\x42\x43\n\x50\x51\x52\x53\x54\x55\x56\x57\n"
                                "\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f\n";
    static const char *const root = "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328";
    expect_root(lines, sizeof lines - 1, root);
    expect_root(lines, sizeof lines - 2, root); /* without the last newline */
    expect_root("\n", 1, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
    expect_root("", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}
END_TEST

START_TEST(every_line_and_byte_counts)
{
    static const char *const files[] = {"a\nb\nc", "a\nb\nc\n\n", "a\nb", "ab\nc", "\na\nb\nc", "a\nb\n\nc", "a\r\nb\nc", "b\na\nc", "a\nb\nc\nc"};
    char hex[sizeof files / sizeof *files][DIGEST_HEX];
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        root_of(files[i], strlen(files[i]), hex[i]);
        for (size_t j = 0; j < i; j++)
            ck_assert_str_ne(hex[i], hex[j]);
    }
}
END_TEST

/* However long lines are, and wherever the pieces end in which a file is read. */
START_TEST(long_lines)
{
    static uint8_t bytes[300 * 1024];
    for (size_t step = 1000; step < sizeof bytes; step = 3 * step + 1) {
        struct merkle tree = {0};
        uint8_t root[DIGEST_LEN];
        char want[DIGEST_HEX];
        memset(bytes, 'x', sizeof bytes);
        for (size_t at = 0; at < sizeof bytes; at += step) {
            size_t n = sizeof bytes - at < step ? sizeof bytes - at : step;
            bytes[at + n - 1] = '\n';
            expect_ok(merkle_append(&tree, (struct span){bytes + at, n - 1}));
        }
        expect_ok(merkle_root(&tree, root));
        hex_encode(root, DIGEST_LEN, want);
        expect_root(bytes, sizeof bytes, want);
    }
}
END_TEST

START_TEST(no_file)
{
    uint8_t root[DIGEST_LEN];
    struct diag d = {0};
    expect_err(merkle_lines_root_file(dir, "none", 10, root, &d), E_IO);
    tree_write_str("large", "four\n");
    expect_err(merkle_lines_root_file(dir, "large", 4, root, &d), E_MEDIUM_LIMIT);
}
END_TEST

Suite *suite_merkle_lines(void)
{
    Suite *s = suite_create("merkle_lines");
    TCase *t = tcase_create("merkle_lines");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, known_answers);
    tcase_add_test(t, every_line_and_byte_counts);
    tcase_add_test(t, long_lines);
    tcase_add_test(t, no_file);
    suite_add_tcase(s, t);
    return s;
}
