#include <check.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "expect.h"
#include "log/index.h"

static char folder[64];
static char path[96];
static struct index *x;
static struct diag d;

static void reopen(void)
{
    index_close(x);
    expect_ok_diag(index_open(folder, &x, &d), &d);
}

static void set_up(void)
{
    strcpy(folder, "/tmp/rootseal-index-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/%s", folder, INDEX_FILE);
    reopen();
}

static void tear_down(void)
{
    static const char *const endings[] = {"", "-wal", "-shm", "-journal"};
    index_close(x);
    for (size_t i = 0; i < 4; i++) {
        char file[128];
        snprintf(file, sizeof file, "%s%s", path, endings[i]);
        unlink(file);
    }
    ck_assert_int_eq(rmdir(folder), 0);
}

/* -- samples -- */

static struct log_position position(uint8_t seed)
{
    struct log_position at = {
        .size = 3, .bytes = 1000 + seed, .time = 1760000000, .hash = DIGEST_SM3};
    memset(at.head, seed, DIGEST_LEN);
    memset(at.id, seed + 1, DIGEST_LEN);
    for (int i = 0; i < 3; i++)
        expect_ok(merkle_append(&at.merkle, (struct span){&seed, 1}));
    return at;
}

static void commit(uint8_t seed)
{
    struct log_position at = position(seed);
    expect_ok_diag(index_commit(x, &at, &d), &d);
}

static void expect_position(uint8_t seed)
{
    struct log_position want = position(seed);
    struct log_position got;
    expect_ok_diag(index_position(x, &got, &d), &d);
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
    expect_ok_diag(index_policy(x, INDEX_NOW, got, &line, &d), &d);
    ck_assert_mem_eq(got, want, DIGEST_LEN);
}

static void set_policy(uint8_t seed)
{
    uint8_t policy[DIGEST_LEN];
    memset(policy, seed, DIGEST_LEN);
    expect_ok_diag(index_add_policy(x, policy, seed, &d), &d);
}

static void expect_empty(void)
{
    struct log_position at;
    uint64_t issued;
    uint64_t batches;
    uint64_t plan;
    expect_ok_diag(index_position(x, &at, &d), &d);
    ck_assert_uint_eq(at.size, 0);
    expect_ok(index_totals(x, &issued, &batches, &d));
    ck_assert_uint_eq(issued + batches, 0);
    expect_ok(index_last_plan(x, INDEX_NOW, &plan, &d));
    ck_assert_uint_eq(plan, 0);
    expect_policy(0);
}

static struct index_batch batch(uint8_t seed, const char *ra, const char *id, int64_t sequence)
{
    struct index_batch b = {.sequence = sequence, .plan_seq = 10u + seed};
    memset(b.digest, seed, DIGEST_LEN);
    memset(b.plan, 0xf0 ^ seed, DIGEST_LEN);
    snprintf(b.ra, sizeof b.ra, "%s", ra);
    snprintf(b.id, sizeof b.id, "%s", id);
    return b;
}

static void same_batch(const struct index_batch *a, const struct index_batch *b)
{
    ck_assert_mem_eq(a->digest, b->digest, DIGEST_LEN);
    ck_assert_str_eq(a->ra, b->ra);
    ck_assert_str_eq(a->id, b->id);
    ck_assert_int_eq(a->sequence, b->sequence);
    ck_assert_mem_eq(a->plan, b->plan, DIGEST_LEN);
    ck_assert_uint_eq(a->plan_seq, b->plan_seq);
    ck_assert_uint_eq(a->answered, b->answered);
    ck_assert_uint_eq(a->seal_seq, b->seal_seq);
    ck_assert_mem_eq(a->bundle, b->bundle, DIGEST_LEN);
    ck_assert_uint_eq(a->bundle_seq, b->bundle_seq);
}

static struct index_cert cert(const char *authority, uint8_t serial, uint8_t batch_seed, int64_t n,
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

static struct span bytes_of(const char *s)
{
    return (struct span){(const uint8_t *)s, strlen(s)};
}

/* One row in every table. */
static void fill(void)
{
    uint8_t intake[DIGEST_LEN] = {7};
    struct index_batch b = batch(1, "ra-1", "b-1", 1);
    struct index_cert c = cert("ca", 1, 1, 1, 5);
    c.log_seq = 12;
    expect_ok_diag(index_begin(x, &d), &d);
    set_policy(2);
    set_policy(3); /* the last one counts */
    expect_ok_diag(index_add_key(x, "root", bytes_of("spki"), &d), &d);
    expect_ok_diag(index_add_batch(x, &b, &d), &d);
    expect_ok_diag(index_add_seen(x, intake, "batch", 4, &d), &d);
    expect_ok_diag(index_add_cert(x, &c, &d), &d);
    commit(1);
}

static void expect_filled(void)
{
    uint64_t issued;
    uint64_t batches;
    expect_position(1);
    expect_ok(index_totals(x, &issued, &batches, &d));
    ck_assert_uint_eq(issued, 1);
    ck_assert_uint_eq(batches, 1);
    expect_policy(3);
}

/* -- rows -- */

START_TEST(keys_and_anchors)
{
    struct index_key k;
    bool found;
    uint8_t digest[DIGEST_LEN];
    bool own;
    expect_ok(index_key(x, "root", &k, &found, &d));
    ck_assert(!found);
    expect_ok(index_begin(x, &d));
    expect_ok(index_add_key(x, "root", bytes_of("spki"), &d));
    expect_err(index_add_key(x, "root", bytes_of("other"), &d), E_INDEX);
    expect_ok(index_key(x, "root", &k, &found, &d));
    ck_assert(found);
    ck_assert_str_eq(k.name, "root");
    ck_assert_uint_eq(k.spki.len, 4);
    ck_assert_mem_eq(k.spki.data, "spki", 4);
    ck_assert_uint_eq(k.certificate.len, 0);
    index_key_free(&k);
    expect_ok(index_set_anchor(x, "root", bytes_of("certificate"), &d));
    expect_err(index_set_anchor(x, "nobody", bytes_of("certificate"), &d), E_INDEX);
    commit(1);
    reopen();
    expect_ok(index_key(x, "root", &k, &found, &d));
    ck_assert(found);
    ck_assert_mem_eq(k.spki.data, "spki", 4);
    ck_assert_uint_eq(k.certificate.len, 11);
    ck_assert_mem_eq(k.certificate.data, "certificate", 11);
    index_key_free(&k);
    expect_ok(digest_bytes(DIGEST_SHA256, "spki", 4, digest));
    expect_ok(index_is_own_key(x, digest, &own, &d));
    ck_assert(own);
    digest[0] ^= 1;
    expect_ok(index_is_own_key(x, digest, &own, &d));
    ck_assert(!own);
}
END_TEST

START_TEST(ends_and_tokens)
{
    struct index_key k;
    struct index_token t;
    char name[65];
    uint64_t line;
    bool found;
    expect_ok(index_token(x, &t, &d));
    ck_assert_uint_eq(t.seq, 0);
    expect_ok(index_begin(x, &d));
    expect_ok(index_add_key(x, "root", bytes_of("spki"), &d));
    expect_ok(index_add_key(x, "other", bytes_of("spki-2"), &d));
    expect_ok(index_destroy_key(x, "nobody", 5, &d)); /* what an attempt left */
    expect_ok(index_ended_after(x, 0, "", name, &line, &found, &d));
    ck_assert(!found);
    expect_ok(index_destroy_key(x, "root", 7, &d));
    expect_ok(index_destroy_key(x, "root", 8, &d)); /* the first line counts */
    expect_ok(index_add_token(x, &(struct index_token){"m", "1", 1}, &d));
    expect_ok(index_add_token(x, &(struct index_token){"m", "2", 4}, &d));
    expect_err(index_add_token(x, &(struct index_token){"m", "3", 4}, &d), E_INDEX);
    expect_ok(index_key(x, "root", &k, &found, &d));
    ck_assert_uint_eq(k.destroyed, 7);
    index_key_free(&k);
    expect_ok(index_key(x, "other", &k, &found, &d));
    ck_assert_uint_eq(k.destroyed, 0);
    index_key_free(&k);
    expect_ok(index_ended_after(x, 6, "", name, &line, &found, &d));
    ck_assert(found && line == 7);
    ck_assert_str_eq(name, "root");
    expect_ok(index_ended_after(x, 6, "root", name, &line, &found, &d));
    ck_assert(!found);
    expect_ok(index_ended_after(x, 7, "", name, &line, &found, &d));
    ck_assert(!found);
    expect_ok(index_token(x, &t, &d));
    ck_assert_str_eq(t.serial, "2");
    ck_assert_uint_eq(t.seq, 4);
    expect_ok(index_reset(x, &d));
    expect_ok(index_token(x, &t, &d));
    ck_assert_uint_eq(t.seq, 0);
    index_rollback(x);
}
END_TEST

START_TEST(batches)
{
    struct index_batch rows[] = {batch(1, "ra-1", "b-1", 1), batch(2, "ra-1", "b-2", 12),
                                 batch(3, "ra-1", "b-3", 9), batch(4, "ra-2", "b-1", 99)};
    struct index_batch got;
    bool found;
    uint64_t seq;
    expect_ok(index_batch_last(x, "ra-1", INDEX_NOW, &got, &found, &d));
    ck_assert(!found);
    expect_ok(index_begin(x, &d));
    for (size_t i = 0; i < 4; i++)
        expect_ok_diag(index_add_batch(x, &rows[i], &d), &d);
    expect_err(index_add_batch(x, &rows[0], &d), E_INDEX);
    struct index_batch twice = batch(5, "ra-1", "b-1", 13);
    expect_err(index_add_batch(x, &twice, &d), E_INDEX); /* one batch an id */
    commit(1);
    reopen();
    for (size_t i = 0; i < 4; i++) {
        expect_ok(index_batch_by_digest(x, rows[i].digest, &got, &found, &d));
        ck_assert(found);
        same_batch(&got, &rows[i]);
        expect_ok(index_batch_by_id(x, rows[i].ra, rows[i].id, &got, &found, &d));
        ck_assert(found);
        same_batch(&got, &rows[i]);
    }
    expect_ok(index_batch_by_digest(x, twice.digest, &got, &found, &d));
    ck_assert(!found);
    expect_ok(index_batch_by_id(x, "ra-2", "b-2", &got, &found, &d));
    ck_assert(!found);
    expect_ok(index_batch_last(x, "ra-1", INDEX_NOW, &got, &found, &d));
    ck_assert(found);
    same_batch(&got, &rows[1]);
    expect_ok(index_batch_last(x, "ra-2", INDEX_NOW, &got, &found, &d));
    same_batch(&got, &rows[3]);
    expect_ok(index_last_plan(x, INDEX_NOW, &seq, &d));
    ck_assert_uint_eq(seq, 14);
    expect_ok(index_last_plan(x, 14, &seq, &d)); /* of those before a line, that one not counted */
    ck_assert_uint_eq(seq, 13);
    expect_ok(index_batch_next(x, 13, &got, &found, &d));
    ck_assert(found);
    same_batch(&got, &rows[3]);
    expect_ok(index_batch_next(x, 14, &got, &found, &d));
    ck_assert(!found);
}
END_TEST

START_TEST(batches_are_updated)
{
    struct index_batch b = batch(1, "ra-1", "b-1", 1);
    struct index_batch got;
    bool found;
    expect_ok(index_begin(x, &d));
    expect_err(index_update_batch(x, &b, &d), E_INDEX);
    expect_ok(index_add_batch(x, &b, &d));
    b.answered = 60;
    b.seal_seq = 80;
    b.bundle_seq = 81;
    b.plan_seq = 20;
    memset(b.bundle, 0xbb, DIGEST_LEN);
    memset(b.plan, 0xcc, DIGEST_LEN);
    expect_ok(index_update_batch(x, &b, &d));
    commit(1);
    reopen();
    expect_ok(index_batch_by_digest(x, b.digest, &got, &found, &d));
    ck_assert(found);
    same_batch(&got, &b);
}
END_TEST

START_TEST(seen_lines)
{
    uint8_t intake[DIGEST_LEN] = {1, 2, 3};
    uint8_t other[DIGEST_LEN] = {1, 2, 4};
    bool seen;
    uint64_t seq;
    expect_ok(index_begin(x, &d));
    expect_ok(index_add_seen(x, intake, "batch", 4, &d));
    expect_ok(index_add_seen(x, intake, "E_SEQUENCE", 5, &d));
    expect_ok(index_add_seen(x, intake, "batch", 9, &d)); /* the first stays */
    commit(1);
    reopen();
    expect_ok(index_seen(x, intake, "batch", &seen, &seq, &d));
    ck_assert(seen);
    ck_assert_uint_eq(seq, 4);
    expect_ok(index_seen(x, intake, "E_SEQUENCE", &seen, &seq, &d));
    ck_assert(seen);
    ck_assert_uint_eq(seq, 5);
    expect_ok(index_seen(x, intake, "E_RA", &seen, &seq, &d));
    ck_assert(!seen);
    expect_ok(index_seen(x, other, "batch", &seen, &seq, &d));
    ck_assert(!seen);
    ck_assert_uint_eq(seq, 0);
}
END_TEST

START_TEST(certificates)
{
    struct index_cert one = cert("ca", 1, 1, 1, 5);
    struct index_cert two = cert("ca", 2, 1, 2, 5);
    uint8_t subject[DIGEST_LEN];
    uint8_t key[DIGEST_LEN];
    bool found;
    uint64_t issued;
    uint64_t all;
    expect_ok(index_begin(x, &d));
    expect_ok_diag(index_add_cert(x, &one, &d), &d);
    expect_ok_diag(index_add_cert(x, &two, &d), &d);
    struct index_cert again = cert("ca", 1, 2, 1, 6);
    expect_err(index_add_cert(x, &again, &d), E_INDEX); /* the serial */
    again = cert("ca", 3, 1, 2, 6);
    expect_err(index_add_cert(x, &again, &d), E_INDEX); /* the request */
    again = cert("other-ca", 1, 2, 1, 6);
    expect_ok_diag(index_add_cert(x, &again, &d), &d); /* each authority has its own serials */
    again.serial_n = 21;
    expect_err(index_add_cert(x, &again, &d), E_INDEX);
    again.serial_n = 0;
    expect_err(index_add_cert(x, &again, &d), E_INDEX);
    expect_ok(index_set_issued(x, two.batch, 2, 44, &d));
    expect_err(index_set_issued(x, two.batch, 3, 45, &d), E_INDEX);
    commit(1);
    reopen();
    expect_ok(index_totals(x, &issued, &all, &d));
    ck_assert_uint_eq(issued, 1);
    expect_ok(index_key_subject(x, one.spki, subject, &found, &d));
    ck_assert(found);
    ck_assert_mem_eq(subject, one.subject, DIGEST_LEN);
    memset(key, 9, DIGEST_LEN);
    expect_ok(index_key_subject(x, key, subject, &found, &d));
    ck_assert(!found);
    expect_ok(index_has_serial(x, "ca", one.serial, 2, &found, &d));
    ck_assert(found);
    expect_ok(index_has_serial(x, "ca", one.serial, 1, &found, &d));
    ck_assert(!found);
    expect_ok(index_has_serial(x, "nobody", one.serial, 2, &found, &d));
    ck_assert(!found);
}
END_TEST

/* -- the whole -- */

START_TEST(a_new_index_is_empty)
{
    expect_empty();
    reopen();
    expect_empty();
}
END_TEST

START_TEST(content_outlives_closing)
{
    fill();
    expect_filled();
    reopen();
    expect_filled();
}
END_TEST

START_TEST(rollback_forgets)
{
    fill();
    struct index_batch b = batch(2, "ra-1", "b-2", 2);
    bool found;
    expect_ok(index_begin(x, &d));
    expect_ok(index_add_batch(x, &b, &d));
    expect_ok(index_reset(x, &d));
    expect_empty();
    index_rollback(x);
    index_rollback(x);
    expect_filled();
    expect_ok(index_batch_by_digest(x, b.digest, &b, &found, &d));
    ck_assert(!found);
    /* Closing inside a transaction is a rollback. */
    expect_ok(index_begin(x, &d));
    expect_ok(index_reset(x, &d));
    reopen();
    expect_filled();
}
END_TEST

START_TEST(transactions_do_not_nest)
{
    struct log_position at = position(1);
    expect_ok(index_begin(x, &d));
    expect_err(index_begin(x, &d), E_INDEX);
    index_rollback(x);
    expect_err(index_commit(x, &at, &d), E_INDEX); /* there is no transaction */
}
END_TEST

START_TEST(reset_forgets_everything)
{
    struct index_key k;
    uint8_t intake[DIGEST_LEN] = {7};
    bool found;
    uint64_t seq;
    fill();
    expect_ok_diag(index_reset(x, &d), &d);
    expect_empty();
    reopen();
    expect_empty();
    expect_ok(index_key(x, "root", &k, &found, &d));
    ck_assert(!found);
    expect_ok(index_seen(x, intake, "batch", &found, &seq, &d));
    ck_assert(!found);
    fill();
    expect_filled();
}
END_TEST

START_TEST(a_second_program_is_told_to_wait)
{
    struct index *second;
    fill();
    expect_err(index_open(folder, &second, &d), E_STATE_LOCKED);
    ck_assert_ptr_null(second);
    expect_filled();
}
END_TEST

START_TEST(a_missing_folder_is_reported)
{
    struct index *none;
    expect_err(index_open("/nonexistent/folder", &none, &d), E_INDEX);
    ck_assert_ptr_null(none);
}
END_TEST

/* -- damage -- */

static void put(const char *p, size_t n)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, p, n), (ssize_t)n);
    close(fd);
}

static off_t size_now(void)
{
    struct stat st;
    ck_assert_int_eq(stat(path, &st), 0);
    return st.st_size;
}

static void close_index(void)
{
    index_close(x);
    x = NULL;
}

START_TEST(other_files_are_replaced)
{
    static char garbage[70000];
    static const size_t lengths[] = {1, 15, 100, 4096, 70000};
    memset(garbage, 'g', sizeof garbage);
    if (_i >= 5)
        memcpy(garbage, "SQLite format 3", 16);
    fill();
    close_index();
    put(garbage, lengths[_i % 5]);
    reopen();
    expect_empty();
    fill();
    reopen();
    expect_filled();
}
END_TEST

START_TEST(a_removed_file_is_made_anew)
{
    char wal[128];
    snprintf(wal, sizeof wal, "%s-wal", path);
    fill();
    close_index();
    unlink(path);
    /* What a killed program may leave beside the file that somebody deletes. */
    int fd = open(wal, O_WRONLY | O_CREAT, 0600);
    ck_assert_int_eq(write(fd, "stale", 5), 5);
    close(fd);
    reopen();
    expect_empty();
}
END_TEST

START_TEST(a_cut_file_is_replaced)
{
    fill();
    close_index();
    off_t whole = size_now();
    ck_assert_int_gt(whole, 8192);
    ck_assert_int_eq(truncate(path, _i == 0 ? whole / 2 : _i == 1 ? 4096 : 100), 0);
    reopen();
    expect_empty();
    fill();
    reopen();
    expect_filled();
}
END_TEST

/* Change the database behind the index's back. */
static void tamper(const char *sql)
{
    sqlite3 *db;
    close_index();
    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    reopen();
}

START_TEST(another_database_is_replaced)
{
    static const char *const statements[] = {
        "PRAGMA user_version = 99",
        "PRAGMA application_id = 5",
        "DROP TABLE certs",
        "PRAGMA user_version = 0; PRAGMA application_id = 0",
        "UPDATE meta SET value = x'00'",
        "UPDATE meta SET value = substr(value, 1, length(value) - 1) || x'00'",
        /* all there, and more */
        "CREATE TRIGGER t AFTER INSERT ON certs BEGIN DELETE FROM certs; END",
        "CREATE VIEW v AS SELECT * FROM certs",
        "CREATE TABLE more (x)",
        "CREATE INDEX more ON certs (subject)",
        /* all there, but other */
        "ALTER TABLE certs ADD COLUMN more",
        "DROP INDEX certs_spki; CREATE INDEX certs_spki ON certs (spki) WHERE n > 1",
        "PRAGMA writable_schema = 1; UPDATE sqlite_schema SET sql = replace(sql, 'spki BLOB', 'spki TEXT')",
        "PRAGMA writable_schema = 1; UPDATE sqlite_schema SET rootpage ="
        " (SELECT rootpage FROM sqlite_schema WHERE name = 'keys_digest') WHERE name = 'certs_spki'",
        /* larger than ours could be */
        "PRAGMA writable_schema = 1; UPDATE sqlite_schema SET sql = sql || printf('/%.*c/', 400000, '*')"
        " WHERE name = 'certs_spki'",
        "UPDATE meta SET value = zeroblob(400000)",
    };
    fill();
    tamper(statements[_i]);
    expect_empty();
    fill();
    reopen();
    expect_filled();
}
END_TEST

/* Nothing of what is there has a say. */
START_TEST(made_anew_whatever_is_there)
{
    fill();
    tamper("UPDATE meta SET value = value");
    expect_filled();
    close_index();
    expect_ok_diag(index_make(folder, &x, &d), &d);
    expect_empty();
    fill();
    reopen();
    expect_filled();
}
END_TEST

START_TEST(damage_found_late_ends_with_a_new_index)
{
    struct index_batch b = batch(1, "ra-1", "b-1", 1);
    bool found;
    fill();
    tamper("UPDATE batches SET plan = x'00'");
    expect_err(index_batch_by_digest(x, b.digest, &b, &found, &d), E_INDEX);
    ck_assert(!found);
    reopen();
    expect_empty();
}
END_TEST

/* A program killed at any moment leaves whole transactions. */
START_TEST(killed_programs_leave_whole_transactions)
{
    close_index();
    for (int round = 0; round < 20; round++) {
        int wrote[2];
        ck_assert_int_eq(pipe(wrote), 0);
        pid_t pid = fork();
        ck_assert_int_ge(pid, 0);
        if (pid == 0) {
            struct log_position at;
            if (index_open(folder, &x, NULL) != E_OK || index_position(x, &at, NULL) != E_OK)
                _exit(1);
            /* bytes counts the certificates: a transaction adds 50. */
            for (;;) {
                if (index_begin(x, NULL) != E_OK)
                    _exit(1);
                for (int i = 0; i < 50; i++, at.bytes++) {
                    struct index_cert c = cert("ca", 0, 0, (int64_t)at.bytes, (uint8_t)at.bytes);
                    memcpy(c.serial, &at.bytes, 8);
                    c.serial_n = 8;
                    c.log_seq = 1;
                    if (index_add_cert(x, &c, NULL) != E_OK)
                        _exit(1);
                }
                if (index_commit(x, &at, NULL) != E_OK || write(wrote[1], "", 1) != 1)
                    _exit(1);
            }
        }
        /* Every second time not before a transaction was written, however slow the machine is. */
        char byte;
        close(wrote[1]);
        if (round % 2 == 1)
            ck_assert_int_eq(read(wrote[0], &byte, 1), 1);
        usleep((useconds_t)(20000 + 1700 * round));
        kill(pid, SIGKILL);
        int status;
        ck_assert_int_eq(waitpid(pid, &status, 0), pid);
        ck_assert(WIFSIGNALED(status));
        close(wrote[0]);
        struct log_position at;
        uint64_t issued;
        uint64_t all;
        reopen();
        expect_ok_diag(index_position(x, &at, &d), &d);
        expect_ok_diag(index_totals(x, &issued, &all, &d), &d);
        ck_assert_uint_eq(issued, at.bytes);
        ck_assert_uint_eq(issued % 50, 0);
        if (round == 19)
            ck_assert_uint_gt(issued, 0);
        close_index();
    }
}
END_TEST

Suite *suite_index(void);
Suite *suite_index(void)
{
    Suite *s = suite_create("index");
    TCase *t = tcase_create("index");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, keys_and_anchors);
    tcase_add_test(t, ends_and_tokens);
    tcase_add_test(t, batches);
    tcase_add_test(t, batches_are_updated);
    tcase_add_test(t, seen_lines);
    tcase_add_test(t, certificates);
    tcase_add_test(t, a_new_index_is_empty);
    tcase_add_test(t, content_outlives_closing);
    tcase_add_test(t, rollback_forgets);
    tcase_add_test(t, transactions_do_not_nest);
    tcase_add_test(t, reset_forgets_everything);
    tcase_add_test(t, a_second_program_is_told_to_wait);
    tcase_add_test(t, a_missing_folder_is_reported);
    tcase_add_loop_test(t, other_files_are_replaced, 0, 10);
    tcase_add_test(t, a_removed_file_is_made_anew);
    tcase_add_loop_test(t, a_cut_file_is_replaced, 0, 3);
    tcase_add_loop_test(t, another_database_is_replaced, 0, 16);
    tcase_add_test(t, made_anew_whatever_is_there);
    tcase_add_test(t, damage_found_late_ends_with_a_new_index);
    tcase_add_test(t, killed_programs_leave_whole_transactions);
    suite_add_tcase(s, t);
    return s;
}
