/* No memory, SQLite's own among it, where a good index would be called damaged, or a list another one: see memory_sweep.h. */
#include <string.h>

#include "expect.h"
#include "log/index.h"
#include "memory.h"
#include "memory_sweep.h"

Suite *suite_memory_index(void);

static struct diag d;
static bool differs;
#define SWEEP(f) memory_sweep(#f, f, &d, &differs)

static struct index *x;
static const uint8_t one[DIGEST_LEN] = {1}, nobody[DIGEST_LEN];

/* -- what is put in, inside a transaction that is always taken back -- */

static enum err put_rows(void)
{
    static const struct index_cert cert = {.authority = "a", .serial = {1}, .serial_n = 20, .n = 1, .profile = "p", .key = "k"};
    static const struct index_change change = {.batch = {1}, .n = 2, .authority = "a", .serial = {1}, .serial_n = 20};
    static const struct index_crl crl = {.key = "k", .number = 2, .n = 3};
    struct index_batch batch = {.digest = {9}, .ra = "r", .id = "j", .sequence = 1, .plan_seq = 2, .total = 1};
    const struct span bytes = {(const uint8_t *)"spki", 4};
    enum err e = index_begin(x, &d);
    if (e == E_OK)
        e = index_add_key(x, "other", bytes, &d);
    if (e == E_OK)
        e = index_set_anchor(x, "other", bytes, &d);
    if (e == E_OK)
        e = index_add_policy(x, one, 77, &d);
    if (e == E_OK)
        e = index_add_batch(x, &batch, &d);
    if (e == E_OK)
        e = index_update_batch(x, &batch, &d);
    if (e == E_OK)
        e = index_count_answer(x, batch.digest, &d);
    if (e == E_OK)
        e = index_seal_answered(x, 4, &d);
    if (e == E_OK)
        e = index_add_seen(x, one, "other", 3, &d);
    if (e == E_OK)
        e = index_add_cert(x, &cert, &d);
    if (e == E_OK)
        e = index_set_issued(x, cert.batch, cert.n, 5, &d);
    if (e == E_OK)
        e = index_add_change(x, &change, &d);
    if (e == E_OK)
        e = index_apply_change(x, change.batch, change.n, 2, &d);
    if (e == E_OK)
        e = index_add_crl(x, &crl, &d);
    if (e == E_OK)
        e = index_set_crl_issued(x, crl.batch, crl.n, 6, &d);
    if (e == E_OK)
        e = index_reset(x, &d);
    index_rollback(x);
    return e;
}

static enum err commit(void)
{
    const struct log_position at = {.bytes = 4};
    enum err e = index_begin(x, &d);
    return e == E_OK ? index_commit(x, &at, &d) : e;
}

/* -- what is asked -- */

static enum err ask_rows(void)
{
    struct log_position at;
    struct index_key key;
    struct index_batch batch;
    uint8_t digest[DIGEST_LEN] = {0};
    uint64_t n = 0, m = 0;
    bool found = true;
    enum err e = index_position(x, &at, &d);
    if (e == E_OK)
        e = index_policy(x, INDEX_NOW, digest, &n, &d);
    differs = differs || (e == E_OK && (n != 2 || memcmp(digest, one, DIGEST_LEN) != 0));
    if (e == E_OK) {
        e = index_key(x, "k", &key, &found, &d);
        differs = differs || (e == E_OK && (!found || key.spki.len != 4 || key.certificate.len != 4));
        index_key_free(&key);
    }
    if (e == E_OK)
        e = index_is_own_key(x, one, &found, &d);
    differs = differs || (e == E_OK && found);
    if (e == E_OK)
        e = index_batch_by_digest(x, one, &batch, &found, &d);
    differs = differs || (e == E_OK && (!found || strcmp(batch.id, "i") != 0));
    if (e == E_OK)
        e = index_batch_by_id(x, "r", "i", &batch, &found, &d);
    differs = differs || (e == E_OK && !found);
    if (e == E_OK)
        e = index_batch_last(x, "r", INDEX_NOW, &batch, &found, &d);
    differs = differs || (e == E_OK && !found);
    if (e == E_OK)
        e = index_batch_next(x, 0, &batch, &found, &d);
    differs = differs || (e == E_OK && !found);
    if (e == E_OK)
        e = index_last_plan(x, INDEX_NOW, &n, &d);
    differs = differs || (e == E_OK && n != 4);
    if (e == E_OK)
        e = index_unfinished(x, nobody, &n, &d);
    differs = differs || (e == E_OK && n != 4);
    if (e == E_OK)
        e = index_seen(x, one, "seen", &found, &n, &d);
    differs = differs || (e == E_OK && (!found || n != 3));
    if (e == E_OK)
        e = index_totals(x, &n, &m, &d);
    differs = differs || (e == E_OK && (n != 2 || m != 1));
    return e;
}

static enum err ask_certs(void)
{
    static const uint8_t serial[20] = {2};
    struct index_cert c = {0};
    struct index_crl crl = {0};
    uint8_t subject[DIGEST_LEN];
    int64_t last = 0;
    bool found = true;
    enum err e = index_key_subject(x, one, subject, &found, &d);
    differs = differs || (e == E_OK && !found);
    if (e == E_OK)
        e = index_has_serial(x, "a", serial, 20, &found, &d);
    differs = differs || (e == E_OK && !found);
    if (e == E_OK)
        e = index_cert(x, "a", serial, 20, &c, &found, &d);
    differs = differs || (e == E_OK && (!found || c.status != INDEX_HELD));
    if (e == E_OK)
        e = index_crl_number(x, "k", &last, &d);
    differs = differs || (e == E_OK && last != 1);
    if (e == E_OK)
        e = index_crl_last_full(x, "k", INT64_MAX, nobody, &crl, &found, &d);
    differs = differs || (e == E_OK && (!found || crl.number != 1));
    return e;
}

/* A walk through the entries is whole, or says that it was not. */
static enum err walk(struct index_entries *l, enum err e, int want)
{
    struct index_entry entry;
    bool more = e == E_OK;
    int n = -1;
    for (; more; n++)
        if ((e = index_entries_next(l, &entry, &more, &d)) != E_OK)
            break;
    enum err closed = index_entries_close(l, &d);
    e = e != E_OK ? e : closed;
    differs = differs || (e == E_OK && n != want);
    return e;
}

static enum err walk_entries(void)
{
    struct index_entries *l;
    enum err e = index_entries_open(x, "k", 0, 0, &l, &d);
    e = walk(l, e, 1);
    if (e != E_OK)
        return e;
    e = index_entries_open(x, "k", 0, 1, &l, &d);
    e = walk(l, e, 1);
    if (e != E_OK)
        return e;
    e = index_entries_all(x, "a", "k", 0, 100, &l, &d);
    return walk(l, e, 2);
}

static enum err walk_certs(void)
{
    struct index_certs *l;
    struct index_cert c;
    int n = -1;
    enum err e = index_certs_open(x, &l, &d);
    for (bool more = e == E_OK; more; n++)
        if ((e = index_certs_next(l, &c, &more, &d)) != E_OK)
            break;
    enum err closed = index_certs_close(l, &d);
    e = e != E_OK ? e : closed;
    differs = differs || (e == E_OK && n != 2);
    return e;
}

static void fill(void)
{
    const struct span bytes = {(const uint8_t *)"spki", 4};
    struct index_batch batch = {.digest = {1}, .intake = {1}, .ra = "r", .id = "i", .sequence = 1, .plan_seq = 4, .total = 9};
    struct index_crl crl = {.batch = {1}, .key = "k", .number = 1, .n = 3, .plan_seq = 4};
    struct index_change hold = {.batch = {1}, .n = 4, .authority = "a", .serial = {2}, .serial_n = 20, .what = INDEX_HOLD};
    expect_ok_diag(index_begin(x, &d), &d);
    expect_ok_diag(index_add_key(x, "k", bytes, &d), &d);
    expect_ok_diag(index_set_anchor(x, "k", bytes, &d), &d);
    expect_ok_diag(index_add_policy(x, one, 2, &d), &d);
    expect_ok_diag(index_add_batch(x, &batch, &d), &d);
    expect_ok_diag(index_add_seen(x, one, "seen", 3, &d), &d);
    for (uint8_t i = 2; i <= 3; i++) {
        struct index_cert c = {.authority = "a", .serial = {i}, .serial_n = 20, .batch = {1}, .n = i, .profile = "p",
                               .key = "k", .spki = {1}, .not_after = 9};
        expect_ok_diag(index_add_cert(x, &c, &d), &d);
        expect_ok_diag(index_set_issued(x, c.batch, c.n, 5, &d), &d);
    }
    expect_ok_diag(index_add_change(x, &hold, &d), &d);
    expect_ok_diag(index_apply_change(x, hold.batch, hold.n, 4, &d), &d);
    expect_ok_diag(index_add_crl(x, &crl, &d), &d);
    expect_ok_diag(index_set_crl_issued(x, crl.batch, crl.n, 6, &d), &d);
    expect_ok_diag(index_commit(x, &(struct log_position){0}, &d), &d);
}

START_TEST(the_index)
{
    ck_assert(memory_of_sqlite());
    expect_ok_diag(index_private(&x, &d), &d);
    fill();
    SWEEP(put_rows);
    SWEEP(commit);
    SWEEP(ask_rows);
    SWEEP(ask_certs);
    SWEEP(walk_entries);
    SWEEP(walk_certs);
    index_close(x);
}
END_TEST

Suite *suite_memory_index(void)
{
    Suite *s = suite_create("memory_index");
    TCase *t = tcase_create("none left");
    tcase_set_timeout(t, 120);
    tcase_add_test(t, the_index);
    suite_add_tcase(s, t);
    return s;
}
