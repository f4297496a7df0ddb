/* How far the log vouches for itself, up to its last good seal, where the token that heard of its head is lost. */
#include <check.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "batch/sealed.h"
#include "expect.h"
#include "help_audit.h"
#include "log/seal.h"

Suite *suite_sealed(void);

static struct state s;
static struct diag d;

static void open_state(void)
{
    d = (struct diag){0};
    expect_ok_diag(state_open_any(audit_fix.path, &policy_table, STATE_FROM_LOG, &s, &d), &d);
    s.told = 0;
}

static void expect_told(uint64_t before, uint64_t want)
{
    open_state();
    s.told = before;
    expect_ok_diag(sealed_take(&s, &d), &d);
    ck_assert_uint_eq(s.told, want);
    ck_assert_uint_eq(s.heard.size, want > before ? want : 0);
    state_close(&s);
}

/* A seal that says that it is over so many lines. */
static void seal_over(uint64_t size)
{
    struct seal seal;
    expect_ok(seal_of(log_position(audit_fix.log), policy_table.log_key.name, &seal));
    seal.size = size;
    buf_append_str(&seal.signature, "signature");
    help_audit_append(RECORD_SEAL, seal_fields(&seal));
    seal_free(&seal);
}

START_TEST(up_to_the_last_good_seal)
{
    help_audit_begin_with_keys();
    expect_told(0, 6);
    expect_told(5, 6);
    expect_told(6, 6);
    expect_told(99, 99); /* the token heard of more */
    help_audit_seal(policy_table.log_key.name, audit_fix.bundle_key); /* not by the key it names */
    expect_told(0, 6);
    seal_over(3);
    expect_told(0, 6);
    help_audit_append(RECORD_SELF_TEST, json_pack("{s:s}", "key", policy_table.log_key.name));
    expect_told(0, 6);
    help_audit_seal(policy_table.log_key.name, audit_fix.log_key);
    expect_told(0, 10);
    help_audit_end();
}
END_TEST

START_TEST(a_log_without_the_key)
{
    help_audit_begin();
    open_state();
    expect_err(sealed_take(&s, &d), E_KEY_MISSING);
    state_close(&s);
    help_audit_end();
}
END_TEST

START_TEST(a_log_that_cannot_be_read)
{
    help_audit_begin_with_keys();
    open_state();
    int fd = openat(audit_fix.fd, LOG_FILE, O_WRONLY | O_APPEND);
    ck_assert_int_eq(write(fd, "{}\n", 3), 3);
    close(fd);
    expect_err(sealed_take(&s, &d), E_LOG_FORMAT);
    ck_assert_int_eq(unlinkat(audit_fix.fd, LOG_FILE, 0), 0);
    ck_assert_int_ne(sealed_take(&s, &d), E_OK);
    state_close(&s);
    help_audit_end();
}
END_TEST

Suite *suite_sealed(void)
{
    Suite *all = suite_create("sealed");
    TCase *t = tcase_create("sealed");
    tcase_add_test(t, up_to_the_last_good_seal);
    tcase_add_test(t, a_log_without_the_key);
    tcase_add_test(t, a_log_that_cannot_be_read);
    suite_add_tcase(all, t);
    return all;
}
