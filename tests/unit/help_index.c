#include "help_index.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "expect.h"

struct index_fix index_fix;

void help_index_reopen(void)
{
    index_close(index_fix.x);
    expect_ok_diag(index_open(index_fix.folder, &index_fix.x, &index_fix.d), &index_fix.d);
}

void help_index_set_up(void)
{
    strcpy(index_fix.folder, "/tmp/rootseal-index-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(index_fix.folder));
    snprintf(index_fix.path, sizeof index_fix.path, "%s/%s", index_fix.folder, INDEX_FILE);
    help_index_reopen();
}

void help_index_tear_down(void)
{
    static const char *const endings[] = {"", "-wal", "-shm", "-journal"};
    index_close(index_fix.x);
    for (size_t i = 0; i < 4; i++) {
        char file[128];
        snprintf(file, sizeof file, "%s%s", index_fix.path, endings[i]);
        unlink(file);
    }
    ck_assert_int_eq(rmdir(index_fix.folder), 0);
}

/* -- samples -- */

struct log_position help_index_position(uint8_t seed)
{
    struct log_position at = {
        .size = 3, .bytes = 1000 + seed, .time = 1760000000, .hash = DIGEST_SM3};
    memset(at.head, seed, DIGEST_LEN);
    memset(at.id, seed + 1, DIGEST_LEN);
    for (int i = 0; i < 3; i++)
        expect_ok(merkle_append(&at.merkle, (struct span){&seed, 1}));
    return at;
}

void help_index_commit(uint8_t seed)
{
    struct log_position at = help_index_position(seed);
    expect_ok_diag(index_commit(index_fix.x, &at, &index_fix.d), &index_fix.d);
}

static void expect_position(uint8_t seed)
{
    struct log_position want = help_index_position(seed);
    struct log_position got;
    expect_ok_diag(index_position(index_fix.x, &got, &index_fix.d), &index_fix.d);
    ck_assert_uint_eq(got.size, want.size);
    ck_assert_uint_eq(got.bytes, want.bytes);
    ck_assert_int_eq(got.time, want.time);
    ck_assert_int_eq(got.hash, want.hash);
    ck_assert_mem_eq(got.head, want.head, DIGEST_LEN);
    ck_assert_mem_eq(got.id, want.id, DIGEST_LEN);
    ck_assert_uint_eq(got.merkle.size, want.merkle.size);
    ck_assert_mem_eq(got.merkle.peaks, want.merkle.peaks, 2 * DIGEST_LEN);
}

static void expect_policy(uint8_t seed)
{
    uint8_t want[DIGEST_LEN], got[DIGEST_LEN];
    memset(want, seed, DIGEST_LEN);
    memset(got, 0xff, DIGEST_LEN);
    uint64_t line;
    expect_ok_diag(index_policy(index_fix.x, INDEX_NOW, got, &line, &index_fix.d), &index_fix.d);
    ck_assert_mem_eq(got, want, DIGEST_LEN);
}

static void set_policy(uint8_t seed)
{
    uint8_t policy[DIGEST_LEN];
    memset(policy, seed, DIGEST_LEN);
    expect_ok_diag(index_add_policy(index_fix.x, policy, seed, &index_fix.d), &index_fix.d);
}

void help_index_expect_empty(void)
{
    struct log_position at;
    uint64_t issued;
    uint64_t batches;
    uint64_t plan;
    expect_ok_diag(index_position(index_fix.x, &at, &index_fix.d), &index_fix.d);
    ck_assert_uint_eq(at.size, 0);
    expect_ok(index_totals(index_fix.x, &issued, &batches, &index_fix.d));
    ck_assert_uint_eq(issued + batches, 0);
    expect_ok(index_last_plan(index_fix.x, INDEX_NOW, &plan, &index_fix.d));
    ck_assert_uint_eq(plan, 0);
    expect_policy(0);
}

struct index_batch help_index_batch(uint8_t seed, const char *ra, const char *id, int64_t sequence)
{
    struct index_batch b = {.sequence = sequence, .plan_seq = 10u + seed};
    memset(b.digest, seed, DIGEST_LEN);
    memset(b.plan, 0xf0 ^ seed, DIGEST_LEN);
    snprintf(b.ra, sizeof b.ra, "%s", ra);
    snprintf(b.id, sizeof b.id, "%s", id);
    return b;
}

struct index_cert help_index_cert(const char *authority, uint8_t serial, uint8_t batch_seed, int64_t n,
                              uint8_t key)
{
    struct index_cert c = {
        .serial = {0x01, serial}, .serial_n = 2, .n = n, .not_after = 1790000000};
    snprintf(c.authority, sizeof c.authority, "%s", authority);
    memset(c.batch, batch_seed, DIGEST_LEN);
    memset(c.spki, key, DIGEST_LEN);
    memset(c.subject, key + 1, DIGEST_LEN);
    return c;
}

struct span help_index_bytes(const char *s)
{
    return (struct span){(const uint8_t *)s, strlen(s)};
}

/* One row in every table. */
void help_index_fill(void)
{
    uint8_t intake[DIGEST_LEN] = {7};
    struct index_batch b = help_index_batch(1, "ra-1", "b-1", 1);
    struct index_cert c = help_index_cert("ca", 1, 1, 1, 5);
    c.log_seq = 12;
    expect_ok_diag(index_begin(index_fix.x, &index_fix.d), &index_fix.d);
    set_policy(2);
    set_policy(3); /* the last one counts */
    expect_ok_diag(index_add_key(index_fix.x, "root", help_index_bytes("spki"), &index_fix.d), &index_fix.d);
    expect_ok_diag(index_add_batch(index_fix.x, &b, &index_fix.d), &index_fix.d);
    expect_ok_diag(index_add_seen(index_fix.x, intake, "batch", 4, &index_fix.d), &index_fix.d);
    expect_ok_diag(index_add_cert(index_fix.x, &c, &index_fix.d), &index_fix.d);
    help_index_commit(1);
}

void help_index_expect_filled(void)
{
    uint64_t issued;
    uint64_t batches;
    expect_position(1);
    expect_ok(index_totals(index_fix.x, &issued, &batches, &index_fix.d));
    ck_assert_uint_eq(issued, 1);
    ck_assert_uint_eq(batches, 1);
    expect_policy(3);
}
