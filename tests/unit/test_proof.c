#include <check.h>
#include <string.h>

#include "expect.h"
#include "log/proof.h"
#include "memory_sweep.h"

#define LEAVES 70

Suite *suite_proof(void);

/* The first eight are those that the reference implementations of RFC 6962 and RFC 9162 are tested with. */
static struct span leaf(uint64_t i, uint8_t bytes[16])
{
    static const char *const hex[8] = {
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"};
    size_t n = i < 8 ? strlen(hex[i]) / 2 : 1;
    if (i < 8)
        ck_assert(hex_decode(hex[i], bytes, n));
    else
        bytes[0] = (uint8_t)i;
    return (struct span){bytes, n};
}

static void root_of(uint64_t n, uint8_t out[DIGEST_LEN])
{
    struct merkle m = {0};
    uint8_t bytes[16];
    for (uint64_t i = 0; i < n; i++)
        expect_ok(merkle_append(&m, leaf(i, bytes)));
    expect_ok(merkle_root(&m, out));
}

static void take_all(struct proof_maker *m, uint64_t n)
{
    uint8_t bytes[16];
    for (uint64_t i = 0; i < n; i++)
        expect_ok(proof_take(m, leaf(i, bytes)));
}

static void expect_hashes(const struct proof *p, size_t n, const char *const hex[])
{
    ck_assert_uint_eq(p->n, n);
    for (size_t i = 0; i < n; i++) {
        char got[DIGEST_HEX];
        hex_encode(p->hash[i], DIGEST_LEN, got);
        ck_assert_str_eq(got, hex[i]);
    }
}

/* The known answers of the reference implementations; their leaves count from 1. */
START_TEST(known_paths)
{
    struct proof_maker m;
    proof_of_leaf(&m, 0, 1);
    take_all(&m, 1);
    ck_assert_uint_eq(m.proof.n, 0);
    proof_of_leaf(&m, 0, 8);
    take_all(&m, 8);
    expect_hashes(&m.proof, 3,
                  (const char *const[]){"96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                                        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                                        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"});
    proof_of_leaf(&m, 5, 8);
    take_all(&m, 8);
    expect_hashes(&m.proof, 3,
                  (const char *const[]){"bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                                        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                                        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"});
    proof_of_leaf(&m, 2, 3);
    take_all(&m, 3);
    expect_hashes(&m.proof, 1, (const char *const[]){"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"});
}
END_TEST

START_TEST(known_growth)
{
    struct proof_maker m;
    proof_of_growth(&m, 1, 1);
    take_all(&m, 1);
    ck_assert_uint_eq(m.proof.n, 0);
    proof_of_growth(&m, 1, 8);
    take_all(&m, 8);
    expect_hashes(&m.proof, 3,
                  (const char *const[]){"96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                                        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                                        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"});
    proof_of_growth(&m, 6, 8);
    take_all(&m, 8);
    expect_hashes(&m.proof, 3,
                  (const char *const[]){"0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                                        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                                        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"});
    proof_of_growth(&m, 2, 5);
    take_all(&m, 5);
    expect_hashes(&m.proof, 2,
                  (const char *const[]){"5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                                        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"});
}
END_TEST

/* No hash of the proof may be another, none missing, none added, and none in another place. */
static void expect_nothing_else(const struct proof *good, enum err (*check)(const struct proof *p, void *arg), void *arg)
{
    struct proof p = *good;
    for (size_t i = 0; i < p.n; i++) {
        p.hash[i][i % DIGEST_LEN] ^= 1;
        ck_assert_int_eq(check(&p, arg), E_LOG_PROOF);
        p.hash[i][i % DIGEST_LEN] ^= 1;
    }
    if (p.n > 0) {
        p.n--;
        ck_assert_int_eq(check(&p, arg), E_LOG_PROOF);
        p.n++;
    }
    memcpy(p.hash[p.n], p.n > 0 ? p.hash[p.n - 1] : p.hash[0], DIGEST_LEN);
    p.n++;
    ck_assert_int_eq(check(&p, arg), E_LOG_PROOF);
}

struct claim {
    uint64_t a, b;
    uint8_t first[DIGEST_LEN], second[DIGEST_LEN];
};

static enum err check_leaf(const struct proof *p, void *arg)
{
    const struct claim *c = arg;
    uint8_t bytes[16];
    return proof_check_leaf(p, leaf(c->a, bytes), c->a, c->b, c->second);
}

static enum err check_growth(const struct proof *p, void *arg)
{
    const struct claim *c = arg;
    return proof_check_growth(p, c->a, c->first, c->b, c->second);
}

START_TEST(every_leaf_of_every_size)
{
    struct proof_maker m;
    uint8_t bytes[16];
    for (uint64_t n = 1; n <= LEAVES; n++) {
        struct claim c = {.b = n};
        root_of(n, c.second);
        for (c.a = 0; c.a < n; c.a++) {
            proof_of_leaf(&m, c.a, n);
            take_all(&m, n);
            expect_ok(check_leaf(&m.proof, &c));
            ck_assert_int_eq(proof_check_leaf(&m.proof, leaf(c.a + 1, bytes), c.a, n, c.second), E_LOG_PROOF);
            ck_assert_int_eq(proof_check_leaf(&m.proof, leaf(c.a, bytes), c.a + n, n, c.second), E_LOG_PROOF);
            if (n <= 9)
                expect_nothing_else(&m.proof, check_leaf, &c);
        }
    }
}
END_TEST

START_TEST(every_growth)
{
    struct proof_maker m;
    for (uint64_t n = 1; n <= LEAVES; n++) {
        struct claim c = {.b = n};
        root_of(n, c.second);
        for (c.a = 1; c.a <= n; c.a++) {
            root_of(c.a, c.first);
            proof_of_growth(&m, c.a, n);
            take_all(&m, n);
            expect_ok(check_growth(&m.proof, &c));
            c.first[0] ^= 1;
            ck_assert_int_eq(check_growth(&m.proof, &c), E_LOG_PROOF);
            c.first[0] ^= 1;
            if (n <= 9)
                expect_nothing_else(&m.proof, check_growth, &c);
        }
        ck_assert_int_eq(proof_check_growth(&m.proof, 0, c.first, n, c.second), E_LOG_PROOF);
        ck_assert_int_eq(proof_check_growth(&m.proof, n + 1, c.first, n, c.second), E_LOG_PROOF);
    }
}
END_TEST

/* With leaves that need no memory of Check's. */
static struct diag d;
static struct claim swept = {.a = 3, .b = 5};
static bool differs;

static enum err take_bytes(struct proof_maker *m)
{
    enum err e = E_OK;
    for (uint8_t i = 0; i < swept.b && e == E_OK; i++)
        e = proof_take(m, (struct span){&i, 1});
    return e;
}

static enum err make_and_check(void)
{
    const uint8_t third = (uint8_t)swept.a;
    struct proof_maker m;
    proof_of_growth(&m, swept.a, swept.b);
    enum err e = take_bytes(&m);
    if (e == E_OK)
        e = check_growth(&m.proof, &swept);
    proof_of_leaf(&m, swept.a, swept.b);
    if (e == E_OK)
        e = take_bytes(&m);
    if (e == E_OK)
        e = proof_check_leaf(&m.proof, (struct span){&third, 1}, swept.a, swept.b, swept.second);
    return e;
}

START_TEST(out_of_memory)
{
    struct merkle tree = {0};
    for (uint8_t i = 0; i < swept.b; i++) {
        if (i == swept.a)
            expect_ok(merkle_root(&tree, swept.first));
        expect_ok(merkle_append(&tree, (struct span){&i, 1}));
    }
    expect_ok(merkle_root(&tree, swept.second));
    memory_sweep("make_and_check", make_and_check, &d, &differs);
}
END_TEST

/* The places alone, in trees that no test can build. */
START_TEST(large_trees)
{
    struct proof_maker m;
    proof_of_leaf(&m, 0, UINT64_MAX);
    ck_assert_uint_eq(m.proof.n, 64);
    proof_of_leaf(&m, UINT64_MAX - 1, UINT64_MAX);
    ck_assert_uint_eq(m.proof.n, 63);
    proof_of_growth(&m, (UINT64_C(1) << 62) + 1, UINT64_MAX);
    ck_assert_uint_le(m.proof.n, PROOF_MAX);
    ck_assert_uint_eq(m.proof.n, 65);
}
END_TEST

Suite *suite_proof(void)
{
    Suite *s = suite_create("proof");
    TCase *t = tcase_create("tree");
    tcase_add_test(t, known_paths);
    tcase_add_test(t, known_growth);
    tcase_add_test(t, every_leaf_of_every_size);
    tcase_add_test(t, every_growth);
    tcase_add_test(t, large_trees);
    tcase_add_test(t, out_of_memory);
    suite_add_tcase(s, t);
    return s;
}
