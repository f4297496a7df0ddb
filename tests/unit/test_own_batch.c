/* The batches that the appliance makes itself: which keys are asked, in the next place of its own order. */
#include <string.h>
#include <unistd.h>

#include "batch/header.h"
#include "batch/own_batch.h"
#include "batch/request.h"
#include "core/clock.h"
#include "expect.h"
#include "help_batch.h"
#include "hsm/hsm.h"

Suite *suite_own_batch(void);

static struct world w;
static struct state state;
static struct diag d;

static void set_up(void)
{
    static const struct hsm_identity token = {.manufacturer = "nobody", .model = "SoftHSM v2", .serial = "0123456789abcdef",
                                              .label = "test"};
    d = (struct diag){0};
    tree_make();
    world_policy(&w);
    w.keys[0].crl_period = 7 * 86400;
    w.keys[0].crl_delta_period = 86400;
    w.keys[1].crl_period = 86400; /* no deltas */
    expect_ok_diag(state_create(tree_path("state"), &w.policy, &token, &state, &d), &d);
}

static void tear_down(void)
{
    state_close(&state);
    tree_remove();
}

/* The lines of a batch that was made, as its header and the keys that are asked, in their order. */
static void read_batch(const struct intake *made, struct batch_header *h, const char *op, struct buf *keys)
{
    char name[200];
    struct buf text = {0};
    struct span line;
    snprintf(name, sizeof name, "state/archive/%s/batch.jsonl", made->dir);
    tree_read(name, &text);
    buf_append_byte(&text, 0);
    char *at = (char *)text.data, *end;
    for (uint64_t n = 1; (end = strchr(at, '\n')) != NULL; n++, at = end + 1) {
        struct request r;
        line = (struct span){(const uint8_t *)at, (size_t)(end - at)};
        if (n == 1) {
            expect_ok_diag(header_parse(line, h, &d), &d);
            continue;
        }
        expect_ok_diag(request_parse(line, n, &r, &d), &d);
        ck_assert_str_eq(r.op_text, op);
        ck_assert_int_eq(r.requested_at, h->created);
        buf_printf(keys, "%s:%s ", r.id, r.key);
        request_free(&r);
    }
    ck_assert_str_eq(at, "");
    buf_free(&text);
}

static void expect_batch(const char *key, enum op op, const char *id, const char *keys)
{
    struct intake made;
    struct batch_header h = {0};
    const struct policy_authority *a;
    struct buf got = {0};
    expect_ok_diag(own_batch_make(&state, "ca", key, op, &made, &d), &d);
    read_batch(&made, &h, op_name(op), &got);
    buf_append_byte(&got, 0);
    ck_assert_str_eq((char *)got.data, keys);
    buf_free(&got);
    ck_assert_str_eq(h.id, id);
    ck_assert_str_eq(h.ra, HEADER_OWN_RA);
    ck_assert_str_eq(h.authority, "ca");
    ck_assert_int_eq(h.valid_until, h.created + w.policy.limits.plan_lifetime);
    /* and it is one that is let in */
    w.policy.persons_n = w.policy.officers_n = 1;
    expect_ok_diag(header_check(&h, &w.policy, clock_now(), &a, &d), &d);
    ck_assert_ptr_eq(a, &w.authorities[0]);
}

START_TEST(which_keys_are_asked)
{
    expect_batch(NULL, OP_CRL, "lists-1", "list-1:ca-root list-2:ca-rsa ");
    expect_batch("ca-rsa", OP_CRL, "lists-1", "list-1:ca-rsa ");
    expect_batch(NULL, OP_DELTA_CRL, "lists-1", "list-1:ca-root ");
    /* whether a key that is named can be asked is decided later */
    expect_batch("ca-rsa", OP_DELTA_CRL, "lists-1", "list-1:ca-rsa ");
    w.authorities[0].ocsp_key = "ca-rsa";
    expect_batch(NULL, OP_OCSP, "ocsp-1", "ocsp-1:ca-root ");
}
END_TEST

static enum err make(const char *authority, const char *key, enum op op)
{
    struct intake made;
    d = (struct diag){0};
    return own_batch_make(&state, authority, key, op, &made, &d);
}

START_TEST(nothing_to_ask)
{
    expect_err(make("nobody", NULL, OP_CRL), E_AUTHORITY);
    expect_err(make("ca", NULL, OP_OCSP), E_OP_NOT_OFFERED);
    ck_assert_str_eq(d.clause, "rule services");
    expect_err(make("ca", "other", OP_CRL), E_LIST_KEY);
    ck_assert_str_eq(d.text, "ca has no key other that issues lists");
    expect_err(make("ca", "other", OP_DELTA_CRL), E_LIST_KEY);
    ck_assert_str_eq(d.text, "ca has no key other that issues deltas");
    w.keys[0].crl_delta_period = 0;
    expect_err(make("ca", NULL, OP_DELTA_CRL), E_LIST_KEY);
    ck_assert_str_eq(d.text, "ca has no key that issues deltas");
    expect_err(make("cb", NULL, OP_CRL), E_LIST_KEY);
}
END_TEST

START_TEST(the_next_in_its_order)
{
    struct index_batch b = {.digest = {1}, .intake = {1}, .ra = HEADER_OWN_RA, .id = "lists-4", .sequence = 4, .plan_seq = 2,
                            .before = *log_position(state.log)};
    expect_ok_diag(index_begin(state.index, &d), &d);
    expect_ok_diag(index_add_batch(state.index, &b, &d), &d);
    expect_batch(NULL, OP_DELTA_CRL, "lists-5", "list-1:ca-root ");
    index_rollback(state.index);
}
END_TEST

/* The archive is a file: nothing can be put there. */
START_TEST(an_archive_that_takes_nothing)
{
    int was = state.archive_fd;
    state.archive_fd = -1;
    ck_assert_int_ne(make("ca", NULL, OP_CRL), E_OK);
    state.archive_fd = was;
}
END_TEST

Suite *suite_own_batch(void)
{
    Suite *s = suite_create("own_batch");
    TCase *t = tcase_create("own_batch");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, which_keys_are_asked);
    tcase_add_test(t, nothing_to_ask);
    tcase_add_test(t, the_next_in_its_order);
    tcase_add_test(t, an_archive_that_takes_nothing);
    suite_add_tcase(s, t);
    return s;
}
