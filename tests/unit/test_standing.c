/* May a plan be an intent: each question of standing.h, of a plan made now and of one that a line of the log recorded. */
#include <string.h>

#include "batch/standing.h"
#include "core/clock.h"
#include "expect.h"
#include "help_batch.h"
#include "hsm/hsm.h"

Suite *suite_standing(void);

static struct world w;
static struct state state;
static struct plan_header plan;
static struct diag d;

static void append(enum record_type type, json_t *fields)
{
    expect_ok_diag(log_append(state.log, type, fields, &d), &d);
    expect_ok_diag(log_sync(state.log, &d), &d);
    expect_ok_diag(state_refresh(&state, &d), &d);
}

static void line(const char *key)
{
    append(RECORD_SELF_TEST, json_pack("{s:s}", "key", key));
}

/* A plan made on the log as it is. */
static void make_plan(void)
{
    const struct log_position *at = log_position(state.log);
    plan = (struct plan_header){.authority = "ca", .ra = "ra-1", .id = "b-1", .sequence = 1, .created = clock_now(),
                                .log_size = at->size, .log_bytes = at->bytes};
    plan.expires = plan.created + w.policy.limits.plan_lifetime;
    memcpy(plan.log_head, at->head, DIGEST_LEN);
    memcpy(plan.policy, state.policy_digest, DIGEST_LEN);
}

static void set_up(void)
{
    static const struct hsm_identity token = {.manufacturer = "nobody", .model = "SoftHSM v2", .serial = "0123456789abcdef",
                                              .label = "test"};
    d = (struct diag){0};
    tree_make();
    world_policy(&w);
    expect_ok_diag(state_create(tree_path("state"), &w.policy, &token, &state, &d), &d);
    line("a");
    make_plan();
}

static void tear_down(void)
{
    state_close(&state);
    tree_remove();
}

static enum err check_at(uint64_t before, int64_t time)
{
    d = (struct diag){0};
    enum err e = standing_check_plan(&state, &plan, before, time, &d);
    ck_assert_int_eq(d.code, e);
    return e;
}

static enum err check(void)
{
    return check_at(INDEX_NOW, plan.created);
}

START_TEST(in_time)
{
    expect_ok_diag(check(), &d);
    expect_ok_diag(check_at(INDEX_NOW, plan.expires), &d);
    expect_err(check_at(INDEX_NOW, plan.expires + 1), E_PLAN_EXPIRED);
    ck_assert_str_eq(d.clause, "rule limits");
    expect_err(check_at(INDEX_NOW, plan.created - 1), E_CLOCK_BEHIND);
    plan.expires++; /* how long it lives is not its own word */
    expect_err(check(), E_PLAN_FORMAT);
}
END_TEST

START_TEST(under_the_policy_in_force)
{
    uint8_t other[DIGEST_LEN];
    plan.policy[0] ^= 1;
    expect_err(check(), E_PLAN_POLICY);
    line("b");
    /* another one comes into force: what was planned under it before its line is not of it */
    memcpy(other, plan.policy, DIGEST_LEN);
    expect_ok_diag(index_begin(state.index, &d), &d);
    expect_ok_diag(index_add_policy(state.index, other, plan.log_size + 1, &d), &d);
    expect_err(check(), E_PLAN_POLICY);
    ck_assert_ptr_nonnull(strstr(d.text, "under its policy again"));
    /* nor is it the program's, whose word on lifetimes does not count then */
    plan.expires++;
    const struct log_position *at = log_position(state.log);
    plan.log_size = at->size;
    plan.log_bytes = at->bytes;
    memcpy(plan.log_head, at->head, DIGEST_LEN);
    expect_ok_diag(check(), &d);
    index_rollback(state.index);
}
END_TEST

START_TEST(on_the_log_as_it_is)
{
    line("b"); /* that the log grew is nothing */
    expect_ok_diag(check(), &d);
    plan.log_head[0] ^= 1;
    expect_err(check(), E_PLAN_STALE);
    plan.log_head[0] ^= 1;
    plan.log_size += 10; /* a log that is not yet */
    expect_err(check(), E_PLAN_STALE);
    plan.log_size -= 10;
    expect_ok_diag(check_at(plan.log_size + 1, plan.created), &d);
    expect_err(check_at(plan.log_size, plan.created), E_PLAN_STALE); /* an intent before what it was made on */
}
END_TEST

/* A batch whose intent is the line after the log's last. */
static struct index_batch intent(uint8_t digest, const char *id, int64_t sequence)
{
    struct index_batch b = {.digest = {digest}, .intake = {digest}, .ra = "ra-1", .sequence = sequence,
                            .plan_seq = log_position(state.log)->size + 1, .before = *log_position(state.log), .total = 1};
    snprintf(b.id, sizeof b.id, "%s", id);
    return b;
}

START_TEST(nothing_planned_since)
{
    struct index_batch b = intent(1, "b-0", 1);
    expect_ok_diag(index_begin(state.index, &d), &d);
    expect_ok_diag(index_add_batch(state.index, &b, &d), &d);
    expect_err(check(), E_PLAN_STALE);
    expect_ok_diag(check_at(b.plan_seq, plan.created), &d); /* before that one */
    index_rollback(state.index);
}
END_TEST

static enum err order(struct batch_header h, uint64_t before)
{
    d = (struct diag){0};
    return standing_check_order(&state, &h, before, &d);
}

START_TEST(the_ras_order)
{
    struct batch_header first = world_header(1), second = first;
    struct index_batch b = intent(1, first.id, 1);
    snprintf(second.id, sizeof second.id, "batch-2");
    second.sequence = 2;
    expect_ok_diag(order(first, INDEX_NOW), &d);
    expect_err(order(second, INDEX_NOW), E_SEQUENCE);
    first.has_previous = true; /* there is none */
    expect_err(order(first, INDEX_NOW), E_PREVIOUS);
    first.has_previous = false;
    expect_ok_diag(index_begin(state.index, &d), &d);
    expect_ok_diag(index_add_batch(state.index, &b, &d), &d);
    expect_err(order(first, INDEX_NOW), E_BATCH_REPLAYED);
    expect_ok_diag(order(first, b.plan_seq), &d); /* asked of its own intent */
    expect_ok_diag(order(second, INDEX_NOW), &d);
    second.has_previous = true;
    second.previous[0] = 9;
    expect_err(order(second, INDEX_NOW), E_PREVIOUS); /* no bundle yet */
    b.bundle[0] = 8;
    b.bundle_seq = b.plan_seq + 5;
    expect_ok_diag(index_update_batch(state.index, &b, &d), &d);
    expect_err(order(second, INDEX_NOW), E_PREVIOUS); /* another one */
    b.bundle[0] = 9;
    expect_ok_diag(index_update_batch(state.index, &b, &d), &d);
    expect_ok_diag(order(second, INDEX_NOW), &d);
    expect_ok_diag(order(second, b.bundle_seq + 1), &d);
    expect_err(order(second, b.bundle_seq), E_PREVIOUS); /* not yet there, then */
    index_rollback(state.index);
}
END_TEST

START_TEST(an_intent_in_the_log)
{
    struct index_batch b = intent(1, plan.id, 1);
    expect_err(standing_check_intent(&state, &plan, &b, &d), E_LOG_CHAIN); /* its line is not there */
    line("its-line");
    expect_ok_diag(standing_check_intent(&state, &plan, &b, &d), &d);
    b.before.head[0] ^= 1;
    expect_err(standing_check_intent(&state, &plan, &b, &d), E_LOG_CHAIN);
    b.before.head[0] ^= 1;
    plan.expires = log_position(state.log)->time + 1 + w.policy.limits.plan_lifetime; /* the line is of the second before */
    plan.created = plan.expires - w.policy.limits.plan_lifetime;
    expect_err(standing_check_intent(&state, &plan, &b, &d), E_CLOCK_BEHIND);
    plan.expires = log_position(state.log)->time - 1;
    plan.created = plan.expires - w.policy.limits.plan_lifetime;
    expect_err(standing_check_intent(&state, &plan, &b, &d), E_PLAN_EXPIRED);
    expect_ok_diag(index_begin(state.index, &d), &d);
    expect_ok_diag(index_add_seen(state.index, b.intake, err_name(E_PLAN_STALE), 7, &d), &d);
    expect_err(standing_check_intent(&state, &plan, &b, &d), E_PLAN_STALE);
    ck_assert_ptr_nonnull(strstr(d.text, "log line 7 gave it up"));
    index_rollback(state.index);
}
END_TEST

Suite *suite_standing(void)
{
    Suite *s = suite_create("standing");
    TCase *t = tcase_create("standing");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, in_time);
    tcase_add_test(t, under_the_policy_in_force);
    tcase_add_test(t, on_the_log_as_it_is);
    tcase_add_test(t, nothing_planned_since);
    tcase_add_test(t, the_ras_order);
    tcase_add_test(t, an_intent_in_the_log);
    suite_add_tcase(s, t);
    return s;
}
