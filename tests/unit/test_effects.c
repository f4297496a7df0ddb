/* What the items of a plan change, for those after them and for the lists at its end. */
#include <string.h>

#include "batch/announce.h"
#include "batch/effects.h"
#include "expect.h"

Suite *suite_effects(void);

static const struct policy_key keys[] = {{.name = "a", .crl_period = 100, .crl_delta_period = 10, .crl_clause = "c a"},
                                         {.name = "b"}, /* issues no lists */
                                         {.name = "c", .crl_period = 200, .crl_clause = "c c"}};
static const struct policy_authority authority = {.name = "ca", .keys = keys, .keys_n = 3};
static struct plan_header header;
static int taken, listed;
static bool last_delta;
static struct effects effects;
static struct diag d;

static enum err take(void *arg, const struct plan_header *h, const struct plan_item *item, struct diag *why)
{
    ck_assert_ptr_eq(arg, &taken);
    ck_assert_ptr_eq(h, &header);
    taken++;
    return item->n == 13 ? diag_set(why, E_INDEX, "thirteen") : E_OK;
}

static enum err list(void *arg, const struct plan_header *h, const struct issuer *issuer, bool delta, struct plan_item *item,
                     struct diag *why)
{
    (void)arg, (void)h, (void)issuer, (void)item, (void)why;
    listed++;
    last_delta = delta;
    return E_OK;
}
static const struct effects_world world = {&taken, take, list, NULL};

static void set_up(void)
{
    d = (struct diag){0};
    taken = listed = 0;
    header = (struct plan_header){.authority = "ca", .created = 5000, .batch = {9}};
    effects = (struct effects){.world = &world, .authority = &authority, .header = &header};
}

static enum err take_item(enum plan_act act, const char *key, bool supersedes, int64_t n)
{
    struct plan_item item = {.n = n, .act = act, .has_supersedes = supersedes};
    struct decision o = {0};
    snprintf(o.existing.key, sizeof o.existing.key, "%s", key);
    return effects_take(&effects, &o, &item, &d);
}

START_TEST(what_each_act_changes)
{
    static const struct {
        enum plan_act act;
        bool supersedes, any, taken, due;
    } rows[] = {{PLAN_REFUSE, false, false, false, false}, {PLAN_ISSUE, false, false, false, false},
                {PLAN_ISSUE, true, true, true, true},      {PLAN_REVOKE, false, true, true, true},
                {PLAN_HOLD, false, true, true, true},      {PLAN_RELEASE, false, true, true, true},
                {PLAN_ACCEPT, false, true, true, false},   {PLAN_CRL, false, true, false, false},
                {PLAN_OCSP, false, true, false, false}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        set_up();
        expect_ok_diag(take_item(rows[i].act, "a", rows[i].supersedes, 1), &d);
        ck_assert_int_eq(effects.any, rows[i].any);
        ck_assert_int_eq(taken, rows[i].taken);
        const struct policy_key *due = effects_next_due(&effects);
        ck_assert_ptr_eq(due, rows[i].due ? &keys[0] : NULL);
        ck_assert_ptr_null(effects_next_due(&effects));
    }
}
END_TEST

/* What is said of an earlier certificate, refusals among it, may change with its status. */
START_TEST(whoever_names_an_earlier_certificate)
{
    static const struct request renewal = {.has_serial = true}, second = {.pair = {.has_serial = true}};
    const struct plan_item refused = {.n = 1, .act = PLAN_REFUSE}, issued = {.n = 1, .act = PLAN_ISSUE};
    expect_ok(effects_take(&effects, &(struct decision){.request = renewal}, &refused, &d));
    ck_assert(effects.any);
    set_up();
    expect_ok(effects_take(&effects, &(struct decision){.request = renewal}, &issued, &d));
    ck_assert(effects.any);
    set_up();
    expect_ok(effects_take(&effects, &(struct decision){.request = second}, &issued, &d));
    ck_assert(effects.any);
    ck_assert_int_eq(taken, 0);
}
END_TEST

START_TEST(one_list_a_key_in_the_order_of_the_policy)
{
    expect_ok(take_item(PLAN_REVOKE, "c", false, 1));
    expect_ok(take_item(PLAN_REVOKE, "b", false, 2));
    expect_ok(take_item(PLAN_HOLD, "a", false, 3));
    expect_ok(take_item(PLAN_RELEASE, "a", false, 4));
    ck_assert_ptr_eq(effects_next_due(&effects), &keys[0]);
    ck_assert_ptr_eq(effects_next_due(&effects), &keys[2]);
    ck_assert_ptr_null(effects_next_due(&effects));
}
END_TEST

START_TEST(a_world_that_fails)
{
    expect_err(take_item(PLAN_REVOKE, "a", false, 13), E_INDEX);
    ck_assert_str_eq(d.text, "thirteen");
}
END_TEST

START_TEST(full_lists_and_deltas)
{
    struct issuer issuer = {.row = &keys[0]};
    struct plan_item item = {0};
    expect_ok(effects_list(&effects, &issuer, false, &item, &d));
    ck_assert_int_eq(item.act, PLAN_CRL);
    ck_assert_int_eq(item.crl.next_update, 5100);
    ck_assert_str_eq(item.key, "a");
    ck_assert_str_eq(item.clause, "c a");
    ck_assert(!last_delta);
    expect_ok(effects_list(&effects, &issuer, true, &item, &d));
    ck_assert_int_eq(item.crl.next_update, 5010);
    ck_assert(last_delta);
    ck_assert_int_eq(listed, 2);
}
END_TEST

/* A key that was destroyed answers nothing any more. */
START_TEST(destroyed_keys)
{
    const struct issuer gone = {.row = &keys[0], .destroyed = true}, alive = {.row = &keys[2]};
    struct plan_item item = {0};
    expect_ok(effects_check_living(&alive, &d));
    expect_err(effects_check_living(&gone, &d), E_KEY_DESTROYED);
    ck_assert_str_eq(d.clause, "c a");
    expect_err(effects_list(&effects, &gone, false, &item, &d), E_KEY_DESTROYED);
    expect_err(effects_responses(&effects, &alive, &gone, &item, &d), E_KEY_DESTROYED);
    ck_assert_str_eq(d.text, "a signs no response any more");
    ck_assert_int_eq(listed, 0);
}
END_TEST

/* Whose status changes is told in a list, where the key has one. */
START_TEST(who_needs_a_list)
{
    const struct policy policy = {
        .log_key = {.name = "log"}, .bundle_key = {.name = "bundle"}, .authorities = &authority, .authorities_n = 1};
    for (enum plan_act act = PLAN_REFUSE; act <= PLAN_OCSP; act++) {
        struct decision o = {.act = act, .existing = {.key = "a"}};
        ck_assert_int_eq(effects_needs_list(&o, &policy), act == PLAN_REVOKE || act == PLAN_HOLD || act == PLAN_RELEASE);
        snprintf(o.existing.key, sizeof o.existing.key, "b");
        ck_assert(!effects_needs_list(&o, &policy));
        snprintf(o.existing.key, sizeof o.existing.key, "nobody");
        ck_assert(!effects_needs_list(&o, &policy));
    }
}
END_TEST

/* The change of status that each act announces. */
START_TEST(changes_announced)
{
    static const struct {
        enum plan_act act;
        bool supersedes, changes;
        enum index_change_kind what;
        int reason, serial;
    } rows[] = {{PLAN_REFUSE, false, false, 0, 0, 0},           {PLAN_ISSUE, false, false, 0, 0, 0},
                {PLAN_ISSUE, true, true, INDEX_REVOKE, 4, 2},   {PLAN_REVOKE, false, true, INDEX_REVOKE, 5, 1},
                {PLAN_HOLD, false, true, INDEX_HOLD, 5, 1},     {PLAN_RELEASE, false, true, INDEX_RELEASE, 5, 1},
                {PLAN_ACCEPT, false, true, INDEX_ACCEPT, 5, 1}, {PLAN_CRL, false, false, 0, 0, 0},
                {PLAN_OCSP, false, false, 0, 0, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct plan_item item = {.n = 3, .act = rows[i].act, .has_supersedes = rows[i].supersedes, .reason_code = 5,
                                 .serial = {1}, .supersedes = {2}};
        struct index_change c;
        ck_assert_int_eq(announce_change(&header, &item, &c), rows[i].changes);
        if (!rows[i].changes)
            continue;
        ck_assert_int_eq(c.what, rows[i].what);
        ck_assert_int_eq(c.reason, rows[i].reason);
        ck_assert_int_eq(c.serial[0], rows[i].serial);
        ck_assert_uint_eq(c.serial_n, SERIAL_LEN);
        ck_assert_int_eq(c.at, 5000);
        ck_assert_int_eq(c.n, 3);
        ck_assert_int_eq(c.batch[0], 9);
        ck_assert_str_eq(c.authority, "ca");
    }
}
END_TEST

Suite *suite_effects(void)
{
    Suite *s = suite_create("effects");
    TCase *t = tcase_create("effects");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, set_up, NULL);
    tcase_add_test(t, what_each_act_changes);
    tcase_add_test(t, whoever_names_an_earlier_certificate);
    tcase_add_test(t, one_list_a_key_in_the_order_of_the_policy);
    tcase_add_test(t, a_world_that_fails);
    tcase_add_test(t, full_lists_and_deltas);
    tcase_add_test(t, destroyed_keys);
    tcase_add_test(t, who_needs_a_list);
    tcase_add_test(t, changes_announced);
    suite_add_tcase(s, t);
    return s;
}
