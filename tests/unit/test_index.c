#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "expect.h"
#include "help_index.h"

/* -- rows -- */

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

START_TEST(keys_and_anchors)
{
    struct index_key k;
    bool found;
    uint8_t digest[DIGEST_LEN];
    bool own;
    expect_ok(index_key(index_fix.x, "root", &k, &found, &index_fix.d));
    ck_assert(!found);
    expect_ok(index_begin(index_fix.x, &index_fix.d));
    expect_ok(index_add_key(index_fix.x, "root", help_index_bytes("spki"), &index_fix.d));
    expect_err(index_add_key(index_fix.x, "root", help_index_bytes("other"), &index_fix.d), E_INDEX);
    expect_ok(index_key(index_fix.x, "root", &k, &found, &index_fix.d));
    ck_assert(found);
    ck_assert_str_eq(k.name, "root");
    ck_assert_uint_eq(k.spki.len, 4);
    ck_assert_mem_eq(k.spki.data, "spki", 4);
    ck_assert_uint_eq(k.certificate.len, 0);
    index_key_free(&k);
    expect_ok(index_set_anchor(index_fix.x, "root", help_index_bytes("certificate"), &index_fix.d));
    expect_err(index_set_anchor(index_fix.x, "nobody", help_index_bytes("certificate"), &index_fix.d), E_INDEX);
    help_index_commit(1);
    help_index_reopen();
    expect_ok(index_key(index_fix.x, "root", &k, &found, &index_fix.d));
    ck_assert(found);
    ck_assert_mem_eq(k.spki.data, "spki", 4);
    ck_assert_uint_eq(k.certificate.len, 11);
    ck_assert_mem_eq(k.certificate.data, "certificate", 11);
    index_key_free(&k);
    expect_ok(digest_bytes(DIGEST_SHA256, "spki", 4, digest));
    expect_ok(index_is_own_key(index_fix.x, digest, &own, &index_fix.d));
    ck_assert(own);
    digest[0] ^= 1;
    expect_ok(index_is_own_key(index_fix.x, digest, &own, &index_fix.d));
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
    expect_ok(index_token(index_fix.x, &t, &index_fix.d));
    ck_assert_uint_eq(t.seq, 0);
    expect_ok(index_begin(index_fix.x, &index_fix.d));
    expect_ok(index_add_key(index_fix.x, "root", help_index_bytes("spki"), &index_fix.d));
    expect_ok(index_add_key(index_fix.x, "other", help_index_bytes("spki-2"), &index_fix.d));
    expect_ok(index_destroy_key(index_fix.x, "nobody", 5, &index_fix.d)); /* what an attempt left */
    expect_ok(index_ended_after(index_fix.x, 0, "", name, &line, &found, &index_fix.d));
    ck_assert(!found);
    expect_ok(index_destroy_key(index_fix.x, "root", 7, &index_fix.d));
    expect_ok(index_destroy_key(index_fix.x, "root", 8, &index_fix.d)); /* the first line counts */
    expect_ok(index_add_token(index_fix.x, &(struct index_token){"m", "1", 1}, &index_fix.d));
    expect_ok(index_add_token(index_fix.x, &(struct index_token){"m", "2", 4}, &index_fix.d));
    expect_err(index_add_token(index_fix.x, &(struct index_token){"m", "3", 4}, &index_fix.d), E_INDEX);
    expect_ok(index_key(index_fix.x, "root", &k, &found, &index_fix.d));
    ck_assert_uint_eq(k.destroyed, 7);
    index_key_free(&k);
    expect_ok(index_key(index_fix.x, "other", &k, &found, &index_fix.d));
    ck_assert_uint_eq(k.destroyed, 0);
    index_key_free(&k);
    expect_ok(index_ended_after(index_fix.x, 6, "", name, &line, &found, &index_fix.d));
    ck_assert(found && line == 7);
    ck_assert_str_eq(name, "root");
    expect_ok(index_ended_after(index_fix.x, 6, "root", name, &line, &found, &index_fix.d));
    ck_assert(!found);
    expect_ok(index_ended_after(index_fix.x, 7, "", name, &line, &found, &index_fix.d));
    ck_assert(!found);
    expect_ok(index_token(index_fix.x, &t, &index_fix.d));
    ck_assert_str_eq(t.serial, "2");
    ck_assert_uint_eq(t.seq, 4);
    expect_ok(index_reset(index_fix.x, &index_fix.d));
    expect_ok(index_token(index_fix.x, &t, &index_fix.d));
    ck_assert_uint_eq(t.seq, 0);
    index_rollback(index_fix.x);
}
END_TEST

START_TEST(batches)
{
    struct index_batch rows[] = {help_index_batch(1, "ra-1", "b-1", 1), help_index_batch(2, "ra-1", "b-2", 12),
                                 help_index_batch(3, "ra-1", "b-3", 9), help_index_batch(4, "ra-2", "b-1", 99)};
    struct index_batch got;
    bool found;
    uint64_t seq;
    expect_ok(index_batch_last(index_fix.x, "ra-1", INDEX_NOW, &got, &found, &index_fix.d));
    ck_assert(!found);
    expect_ok(index_begin(index_fix.x, &index_fix.d));
    for (size_t i = 0; i < 4; i++)
        expect_ok_diag(index_add_batch(index_fix.x, &rows[i], &index_fix.d), &index_fix.d);
    expect_err(index_add_batch(index_fix.x, &rows[0], &index_fix.d), E_INDEX);
    struct index_batch twice = help_index_batch(5, "ra-1", "b-1", 13);
    expect_err(index_add_batch(index_fix.x, &twice, &index_fix.d), E_INDEX); /* one batch an id */
    help_index_commit(1);
    help_index_reopen();
    for (size_t i = 0; i < 4; i++) {
        expect_ok(index_batch_by_digest(index_fix.x, rows[i].digest, &got, &found, &index_fix.d));
        ck_assert(found);
        same_batch(&got, &rows[i]);
        expect_ok(index_batch_by_id(index_fix.x, rows[i].ra, rows[i].id, &got, &found, &index_fix.d));
        ck_assert(found);
        same_batch(&got, &rows[i]);
    }
    expect_ok(index_batch_by_digest(index_fix.x, twice.digest, &got, &found, &index_fix.d));
    ck_assert(!found);
    expect_ok(index_batch_by_id(index_fix.x, "ra-2", "b-2", &got, &found, &index_fix.d));
    ck_assert(!found);
    expect_ok(index_batch_last(index_fix.x, "ra-1", INDEX_NOW, &got, &found, &index_fix.d));
    ck_assert(found);
    same_batch(&got, &rows[1]);
    expect_ok(index_batch_last(index_fix.x, "ra-2", INDEX_NOW, &got, &found, &index_fix.d));
    same_batch(&got, &rows[3]);
    expect_ok(index_last_plan(index_fix.x, INDEX_NOW, &seq, &index_fix.d));
    ck_assert_uint_eq(seq, 14);
    expect_ok(index_last_plan(index_fix.x, 14, &seq, &index_fix.d)); /* of those before a line, that one not counted */
    ck_assert_uint_eq(seq, 13);
    expect_ok(index_batch_next(index_fix.x, 13, &got, &found, &index_fix.d));
    ck_assert(found);
    same_batch(&got, &rows[3]);
    expect_ok(index_batch_next(index_fix.x, 14, &got, &found, &index_fix.d));
    ck_assert(!found);
}
END_TEST

START_TEST(batches_are_updated)
{
    struct index_batch b = help_index_batch(1, "ra-1", "b-1", 1);
    struct index_batch got;
    bool found;
    expect_ok(index_begin(index_fix.x, &index_fix.d));
    expect_err(index_update_batch(index_fix.x, &b, &index_fix.d), E_INDEX);
    expect_ok(index_add_batch(index_fix.x, &b, &index_fix.d));
    b.answered = 60;
    b.seal_seq = 80;
    b.bundle_seq = 81;
    b.plan_seq = 20;
    memset(b.bundle, 0xbb, DIGEST_LEN);
    memset(b.plan, 0xcc, DIGEST_LEN);
    expect_ok(index_update_batch(index_fix.x, &b, &index_fix.d));
    help_index_commit(1);
    help_index_reopen();
    expect_ok(index_batch_by_digest(index_fix.x, b.digest, &got, &found, &index_fix.d));
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
    expect_ok(index_begin(index_fix.x, &index_fix.d));
    expect_ok(index_add_seen(index_fix.x, intake, "batch", 4, &index_fix.d));
    expect_ok(index_add_seen(index_fix.x, intake, "E_SEQUENCE", 5, &index_fix.d));
    expect_ok(index_add_seen(index_fix.x, intake, "batch", 9, &index_fix.d)); /* the first stays */
    help_index_commit(1);
    help_index_reopen();
    expect_ok(index_seen(index_fix.x, intake, "batch", &seen, &seq, &index_fix.d));
    ck_assert(seen);
    ck_assert_uint_eq(seq, 4);
    expect_ok(index_seen(index_fix.x, intake, "E_SEQUENCE", &seen, &seq, &index_fix.d));
    ck_assert(seen);
    ck_assert_uint_eq(seq, 5);
    expect_ok(index_seen(index_fix.x, intake, "E_RA", &seen, &seq, &index_fix.d));
    ck_assert(!seen);
    expect_ok(index_seen(index_fix.x, other, "batch", &seen, &seq, &index_fix.d));
    ck_assert(!seen);
    ck_assert_uint_eq(seq, 0);
}
END_TEST

START_TEST(certificates)
{
    struct index_cert one = help_index_cert("ca", 1, 1, 1, 5);
    struct index_cert two = help_index_cert("ca", 2, 1, 2, 5);
    uint8_t subject[DIGEST_LEN];
    uint8_t key[DIGEST_LEN];
    bool found;
    uint64_t issued;
    uint64_t all;
    expect_ok(index_begin(index_fix.x, &index_fix.d));
    expect_ok_diag(index_add_cert(index_fix.x, &one, &index_fix.d), &index_fix.d);
    expect_ok_diag(index_add_cert(index_fix.x, &two, &index_fix.d), &index_fix.d);
    struct index_cert again = help_index_cert("ca", 1, 2, 1, 6);
    expect_err(index_add_cert(index_fix.x, &again, &index_fix.d), E_INDEX); /* the serial */
    again = help_index_cert("ca", 3, 1, 2, 6);
    expect_err(index_add_cert(index_fix.x, &again, &index_fix.d), E_INDEX); /* the request */
    again = help_index_cert("other-ca", 1, 2, 1, 6);
    expect_ok_diag(index_add_cert(index_fix.x, &again, &index_fix.d), &index_fix.d); /* each authority has its own serials */
    again.serial_n = 21;
    expect_err(index_add_cert(index_fix.x, &again, &index_fix.d), E_INDEX);
    again.serial_n = 0;
    expect_err(index_add_cert(index_fix.x, &again, &index_fix.d), E_INDEX);
    expect_ok(index_set_issued(index_fix.x, two.batch, 2, 44, &index_fix.d));
    expect_err(index_set_issued(index_fix.x, two.batch, 3, 45, &index_fix.d), E_INDEX);
    help_index_commit(1);
    help_index_reopen();
    expect_ok(index_totals(index_fix.x, &issued, &all, &index_fix.d));
    ck_assert_uint_eq(issued, 1);
    expect_ok(index_key_subject(index_fix.x, one.spki, subject, &found, &index_fix.d));
    ck_assert(found);
    ck_assert_mem_eq(subject, one.subject, DIGEST_LEN);
    memset(key, 9, DIGEST_LEN);
    expect_ok(index_key_subject(index_fix.x, key, subject, &found, &index_fix.d));
    ck_assert(!found);
    expect_ok(index_has_serial(index_fix.x, "ca", one.serial, 2, &found, &index_fix.d));
    ck_assert(found);
    expect_ok(index_has_serial(index_fix.x, "ca", one.serial, 1, &found, &index_fix.d));
    ck_assert(!found);
    expect_ok(index_has_serial(index_fix.x, "nobody", one.serial, 2, &found, &index_fix.d));
    ck_assert(!found);
}
END_TEST

/* -- the whole -- */

START_TEST(a_new_index_is_empty)
{
    help_index_expect_empty();
    help_index_reopen();
    help_index_expect_empty();
}
END_TEST

START_TEST(content_outlives_closing)
{
    help_index_fill();
    help_index_expect_filled();
    help_index_reopen();
    help_index_expect_filled();
}
END_TEST

START_TEST(rollback_forgets)
{
    help_index_fill();
    struct index_batch b = help_index_batch(2, "ra-1", "b-2", 2);
    bool found;
    expect_ok(index_begin(index_fix.x, &index_fix.d));
    expect_ok(index_add_batch(index_fix.x, &b, &index_fix.d));
    expect_ok(index_reset(index_fix.x, &index_fix.d));
    help_index_expect_empty();
    index_rollback(index_fix.x);
    index_rollback(index_fix.x);
    help_index_expect_filled();
    expect_ok(index_batch_by_digest(index_fix.x, b.digest, &b, &found, &index_fix.d));
    ck_assert(!found);
    /* Closing inside a transaction is a rollback. */
    expect_ok(index_begin(index_fix.x, &index_fix.d));
    expect_ok(index_reset(index_fix.x, &index_fix.d));
    help_index_reopen();
    help_index_expect_filled();
}
END_TEST

START_TEST(transactions_do_not_nest)
{
    struct log_position at = help_index_position(1);
    expect_ok(index_begin(index_fix.x, &index_fix.d));
    expect_err(index_begin(index_fix.x, &index_fix.d), E_INDEX);
    index_rollback(index_fix.x);
    expect_err(index_commit(index_fix.x, &at, &index_fix.d), E_INDEX); /* there is no transaction */
}
END_TEST

START_TEST(reset_forgets_everything)
{
    struct index_key k;
    uint8_t intake[DIGEST_LEN] = {7};
    bool found;
    uint64_t seq;
    help_index_fill();
    expect_ok_diag(index_reset(index_fix.x, &index_fix.d), &index_fix.d);
    help_index_expect_empty();
    help_index_reopen();
    help_index_expect_empty();
    expect_ok(index_key(index_fix.x, "root", &k, &found, &index_fix.d));
    ck_assert(!found);
    expect_ok(index_seen(index_fix.x, intake, "batch", &found, &seq, &index_fix.d));
    ck_assert(!found);
    help_index_fill();
    help_index_expect_filled();
}
END_TEST

START_TEST(a_second_program_is_told_to_wait)
{
    struct index *second;
    help_index_fill();
    expect_err(index_open(index_fix.folder, &second, &index_fix.d), E_STATE_LOCKED);
    ck_assert_ptr_null(second);
    help_index_expect_filled();
}
END_TEST

START_TEST(a_missing_folder_is_reported)
{
    struct index *none;
    expect_err(index_open("/nonexistent/folder", &none, &index_fix.d), E_INDEX);
    ck_assert_ptr_null(none);
}
END_TEST

Suite *suite_index(void);
Suite *suite_index(void)
{
    Suite *s = suite_create("index");
    TCase *t = tcase_create("index");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, help_index_set_up, help_index_tear_down);
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
    suite_add_tcase(s, t);
    return s;
}
