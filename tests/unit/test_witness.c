#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "batch/witness.h"
#include "expect.h"
#include "help_batch.h"
#include "token.h"

Suite *suite_witness(void);

static struct world w;
static struct state state;
static struct hsm *h;
static struct diag d;

static bool have_module(void)
{
    if (token_module() != NULL)
        return true;
    printf("skipped: ROOTSEAL_MODULE names no module\n");
    return false;
}

static void set_up(void)
{
    tree_make();
    world_policy(&w);
    if (!have_module())
        return;
    token_make();
    h = token_open(POLICY_VENDOR_SOFTHSM_SM2);
    expect_ok_diag(state_create(tree_path("state"), &w.policy, hsm_identity(h), &state, &d), &d);
}

static void tear_down(void)
{
    if (token_module() != NULL) {
        state_close(&state);
        hsm_close(h);
        token_remove();
    }
    tree_remove();
}

/* Append a line that no other one is like, though the clock stands still. */
static void append(struct state *s)
{
    static int lines;
    char key[20];
    snprintf(key, sizeof key, "key-%d", ++lines);
    expect_ok_diag(log_append(s->log, RECORD_SELF_TEST, json_pack("{s:s}", "key", key), &d), &d);
    expect_ok_diag(log_sync(s->log, &d), &d);
    expect_ok_diag(state_refresh(s, &d), &d);
}

static enum err check(struct state *s)
{
    d = (struct diag){0};
    enum err e = witness_check(s, h, &d);
    ck_assert_int_eq(d.code, e);
    return e;
}

static void put(const char *text)
{
    expect_ok_diag(hsm_data_write(h, WITNESS_LABEL, text, strlen(text), &d), &d);
}

START_TEST(the_head_is_kept)
{
    char text[600], want[400], log[DIGEST_HEX], head[DIGEST_HEX];
    size_t n;
    if (token_module() == NULL)
        return;
    const struct log_position *at = log_position(state.log);
    expect_ok_diag(witness_check_unused(h, &d), &d);
    expect_ok_diag(witness_write(&state, h, &d), &d);
    expect_ok_diag(check(&state), &d);
    expect_ok_diag(hsm_data_read(h, WITNESS_LABEL, text, sizeof text - 1, &n, &d), &d);
    text[n] = '\0';
    hex_encode(state.log_id, DIGEST_LEN, log);
    hex_encode(at->head, DIGEST_LEN, head);
    snprintf(want, sizeof want, "rootseal-head-1 %s %llu %llu %s", log,
             (unsigned long long)at->size, (unsigned long long)at->bytes, head);
    ck_assert_str_eq(text, want);
    /* a longer log still holds it, and takes over */
    append(&state);
    append(&state);
    expect_ok_diag(check(&state), &d);
    expect_ok_diag(witness_write(&state, h, &d), &d);
    expect_ok_diag(check(&state), &d);
    /* and it is there for no other state */
    expect_err(witness_check_unused(h, &d), E_TOKEN_USED);
}
END_TEST

/* The state's folder as it was is put back: shorter than the token knows. */
START_TEST(an_old_copy_is_found_out)
{
    char command[1200];
    if (token_module() == NULL)
        return;
    expect_ok(witness_write(&state, h, &d));
    state_close(&state);
    snprintf(command, sizeof command, "cp -a %s %s", tree_path("state"), tree_path("copy"));
    ck_assert_int_eq(system(command), 0);
    expect_ok_diag(state_open(tree_path("state"), &w.policy, STATE_CACHED, &state, &d), &d);
    append(&state);
    expect_ok(witness_write(&state, h, &d));
    state_close(&state);
    expect_ok_diag(state_open(tree_path("copy"), &w.policy, STATE_CACHED, &state, &d), &d);
    expect_err(check(&state), E_LOG_ROLLED_BACK);
    expect_err(witness_take_over(&state, h, &d), E_LOG_ROLLED_BACK);
    /* going on in the copy does not hide it: another line stands where the token's head was */
    append(&state);
    expect_err(check(&state), E_LOG_ROLLED_BACK);
    append(&state);
    append(&state);
    expect_err(check(&state), E_LOG_ROLLED_BACK);
}
END_TEST

START_TEST(another_log)
{
    struct state other;
    if (token_module() == NULL)
        return;
    expect_ok(witness_write(&state, h, &d));
    struct hsm_identity token = *hsm_identity(h);
    w.policy.log_hash = DIGEST_SHA256; /* so that the genesis lines differ */
    expect_ok_diag(state_create(tree_path("other"), &w.policy, &token, &other, &d), &d);
    expect_err(check(&other), E_TOKEN_OTHER);
    expect_err(witness_take_over(&other, h, &d), E_TOKEN_USED);
    state_close(&other);
}
END_TEST

/* The token must be the one of the genesis line, by serial and by model. */
START_TEST(another_token)
{
    if (token_module() == NULL)
        return;
    for (int i = 0; i < 2; i++) {
        struct state other;
        struct hsm_identity token = *hsm_identity(h);
        memcpy(i == 0 ? token.serial : token.model, "another", sizeof "another");
        expect_ok_diag(state_create(tree_path(i == 0 ? "o1" : "o2"), &w.policy, &token, &other, &d),
                       &d);
        expect_err(check(&other), E_TOKEN_OTHER);
        state_close(&other);
    }
}
END_TEST

/* What cannot be read is no reason to go on. */
START_TEST(an_unreadable_head)
{
    static const char *const bad[] = {
        "nonsense", "rootseal-head-1", "rootseal-head-2 00 1 1 00",
        "rootseal-head-1 "
        "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff 1 2",
        "rootseal-head-1 "
        "00112233445566778899aabbccddeeff00112233445566778899aabbccddee 1 2 "
        "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
        "rootseal-head-1 "
        "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff 1 2 "
        "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n",
        "rootseal-head-1 "
        "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff 1 2 "
        "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff0"};
    if (token_module() == NULL)
        return;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        put(bad[i]);
        expect_err(check(&state), E_LOG_ROLLED_BACK);
        expect_err(witness_check_unused(h, &d), E_TOKEN_USED);
        expect_err(witness_take_over(&state, h, &d), E_TOKEN_USED);
    }
}
END_TEST

/* Every digit of the kept head counts. */
START_TEST(a_changed_head)
{
    char text[600];
    size_t n;
    if (token_module() == NULL)
        return;
    append(&state);
    expect_ok(witness_write(&state, h, &d));
    expect_ok_diag(hsm_data_read(h, WITNESS_LABEL, text, sizeof text - 1, &n, &d), &d);
    text[n] = '\0';
    static const size_t at[] = {16, 79, 83, 0}; /* log, log, bytes, head */
    for (size_t i = 0; i < 4; i++) {
        size_t k = at[i] != 0 ? at[i] : n - 1;
        char old = text[k];
        text[k] = old == '1' ? '2' : '1';
        put(text);
        enum err e = check(&state);
        ck_assert_msg(e == (k < 80 ? E_TOKEN_OTHER : E_LOG_ROLLED_BACK), "digit %zu: %s", k,
                      err_name(e));
        text[k] = old;
    }
    put(text);
    expect_ok_diag(check(&state), &d);
}
END_TEST

/* Between making a log and telling the token of it the power may fail. */
START_TEST(a_new_log_is_told)
{
    if (token_module() == NULL)
        return;
    expect_ok_diag(check(&state), &d);
    expect_err(witness_check_unused(h, &d), E_TOKEN_USED);
    append(&state);
    expect_ok_diag(check(&state), &d);
}
END_TEST

/* A head that was written once and is gone: the log has lines that no token vouches for. */
START_TEST(a_head_that_is_gone)
{
    if (token_module() == NULL)
        return;
    append(&state);
    expect_ok(witness_write(&state, h, &d));
    CK_SESSION_HANDLE session = token_session();
    ck_assert_uint_eq(token_functions()->C_DestroyObject(
                          session, token_object(session, CKO_DATA, WITNESS_LABEL)),
                      CKR_OK);
    enum err e = check(&state);
    ck_assert_msg(e == E_LOG_ROLLED_BACK || e == E_TOKEN_OTHER, "%s", err_name(e));
    expect_ok_diag(witness_take_over(&state, h, &d), &d); /* for those who compared the head with what they have elsewhere */
}
END_TEST

Suite *suite_witness(void)
{
    Suite *s = suite_create("witness");
    TCase *t = tcase_create("witness");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, the_head_is_kept);
    tcase_add_test(t, an_old_copy_is_found_out);
    tcase_add_test(t, another_log);
    tcase_add_test(t, another_token);
    tcase_add_test(t, an_unreadable_head);
    tcase_add_test(t, a_changed_head);
    tcase_add_test(t, a_new_log_is_told);
    tcase_add_test(t, a_head_that_is_gone);
    suite_add_tcase(s, t);
    return s;
}
