#include <check.h>
#include <string.h>

#include "expect.h"
#include "log/merkle.h"

/* The leaves that the reference implementations of RFC 6962 and RFC 9162 are tested with, in
 * hexadecimal. */
static const char *const leaf_hex[8] = {
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
};

static struct span leaf(size_t i, uint8_t bytes[16])
{
    size_t n = strlen(leaf_hex[i]) / 2;
    ck_assert(hex_decode(leaf_hex[i], bytes, n));
    return (struct span){bytes, n};
}

static void add_leaves(struct merkle *m, size_t from, size_t to)
{
    uint8_t bytes[16];
    for (size_t i = from; i < to; i++)
        expect_ok(merkle_append(m, leaf(i, bytes)));
}

/* The root by the definition, MTH(D[n]) of RFC 9162 2.1.1, for comparison. */
static void root_by_definition(size_t from, size_t n, uint8_t out[DIGEST_LEN])
{
    uint8_t bytes[1 + 2 * DIGEST_LEN];
    if (n == 1) {
        uint8_t data[16];
        struct span l = leaf(from, data);
        bytes[0] = 0;
        memcpy(bytes + 1, l.p, l.n);
        expect_ok(digest_bytes(DIGEST_SHA256, bytes, 1 + l.n, out));
        return;
    }
    size_t k = 1;
    while (2 * k < n)
        k *= 2;
    bytes[0] = 1;
    root_by_definition(from, k, bytes + 1);
    root_by_definition(from + k, n - k, bytes + 1 + DIGEST_LEN);
    expect_ok(digest_bytes(DIGEST_SHA256, bytes, sizeof bytes, out));
}

static void expect_root(const struct merkle *m, const char *want)
{
    uint8_t root[DIGEST_LEN];
    char hex[DIGEST_HEX];
    expect_ok(merkle_root(m, root));
    hex_encode(root, DIGEST_LEN, hex);
    ck_assert_str_eq(hex, want);
}

START_TEST(empty_tree_is_the_digest_of_nothing)
{
    struct merkle m = {0};
    expect_root(&m, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}
END_TEST

START_TEST(known_answer)
{
    struct merkle m = {0};
    add_leaves(&m, 0, 1);
    expect_root(&m, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
    add_leaves(&m, 1, 8);
    ck_assert_uint_eq(m.size, 8);
    expect_root(&m, "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328");
}
END_TEST

START_TEST(every_size_is_as_defined)
{
    struct merkle m = {0};
    for (size_t n = 1; n <= 8; n++) {
        uint8_t want[DIGEST_LEN];
        uint8_t got[DIGEST_LEN];
        add_leaves(&m, n - 1, n);
        root_by_definition(0, n, want);
        expect_ok(merkle_root(&m, got));
        ck_assert_mem_eq(got, want, DIGEST_LEN);
    }
}
END_TEST

START_TEST(saved_and_loaded_at_every_size)
{
    struct merkle whole = {0};
    add_leaves(&whole, 0, 8);
    for (size_t n = 0; n <= 8; n++) {
        struct merkle m = {0};
        struct merkle back;
        struct buf bytes = {0};
        add_leaves(&m, 0, n);
        expect_ok(merkle_save(&m, &bytes));
        ck_assert_uint_eq(bytes.len, 8 + (size_t)__builtin_popcountll(n) * DIGEST_LEN);
        ck_assert_uint_eq(bytes.data[7], n);
        ck_assert(merkle_load(&back, buf_span(&bytes)));
        add_leaves(&back, n, 8);
        ck_assert_uint_eq(back.size, 8);
        ck_assert_mem_eq(back.peaks[0], whole.peaks[0], DIGEST_LEN);
        buf_free(&bytes);
    }
}
END_TEST

START_TEST(other_bytes_do_not_load)
{
    struct merkle m = {0};
    struct merkle back = {.size = 1};
    struct buf bytes = {0};
    add_leaves(&m, 0, 7);
    expect_ok(merkle_save(&m, &bytes));
    for (size_t n = 0; n < bytes.len; n++)
        ck_assert(!merkle_load(&back, (struct span){bytes.data, n}));
    ck_assert_uint_eq(back.size, 0);
    buf_append_byte(&bytes, 0);
    ck_assert(!merkle_load(&back, buf_span(&bytes)));
    buf_free(&bytes);
}
END_TEST

Suite *suite_merkle(void);
Suite *suite_merkle(void)
{
    Suite *s = suite_create("merkle");
    TCase *t = tcase_create("tree");
    tcase_add_test(t, empty_tree_is_the_digest_of_nothing);
    tcase_add_test(t, known_answer);
    tcase_add_test(t, every_size_is_as_defined);
    tcase_add_test(t, saved_and_loaded_at_every_size);
    tcase_add_test(t, other_bytes_do_not_load);
    suite_add_tcase(s, t);
    return s;
}
