/* What the auditor finds about keys and tokens. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "expect.h"
#include "help_audit.h"
#include "help_pki.h"
#include "pki/cert.h"
#include "pki/key.h"

static char by_hand[80];

START_TEST(anchors_by_hand)
{
    struct buf other = {0}, pem = {0};
    char name[80];
    X509 *x;
    help_audit_begin_with_keys();
    snprintf(by_hand, sizeof by_hand, "%s/by-hand", audit_fix.path);
    audit_fix.o.anchors = by_hand;
    snprintf(name, sizeof name, "%s.pem", policy_table.bundle_key.name);
    help_audit_cert(&policy_table.bundle_key, audit_fix.log_key, audit_fix.log_key, &other);
    expect_ok(cert_parse(buf_span(&other), &x, &audit_fix.d));
    expect_ok(cert_write_pem(x, &pem));
    help_audit_file(audit_fix.anchors_fd, name, &pem);
    expect_err(help_audit_verdict(5), E_ANCHOR); /* another certificate */
    ck_assert_int_eq(unlinkat(audit_fix.anchors_fd, name, 0), 0);
    expect_err(help_audit_verdict(5), E_ANCHOR); /* none */
    X509_free(x);
    buf_free(&other);
    buf_free(&pem);
    help_audit_end();

    help_audit_begin_with_keys();
    snprintf(by_hand, sizeof by_hand, "%s/by-hand", audit_fix.path);
    audit_fix.o.anchors = by_hand;
    help_audit_file(audit_fix.anchors_fd, "more.pem", &(struct buf){0});
    expect_err(help_audit_verdict(0), E_ANCHOR); /* a key the log does not know */
    help_audit_end();
}
END_TEST

START_TEST(anchor_of_another_key)
{
    struct buf der = {0};
    help_audit_begin();
    help_audit_keygen(&policy_table.log_key, audit_fix.log_key, true);
    help_audit_cert(&policy_table.log_key, audit_fix.bundle_key, audit_fix.bundle_key, &der);
    help_audit_anchor(policy_table.log_key.name, &der);
    expect_err(help_audit_verdict(3), E_ANCHOR);
    buf_free(&der);
    help_audit_end();
}
END_TEST

START_TEST(anchor_not_self_signed)
{
    struct buf der = {0};
    help_audit_begin();
    help_audit_keygen(&policy_table.log_key, audit_fix.log_key, true);
    help_audit_cert(&policy_table.log_key, audit_fix.log_key, audit_fix.bundle_key, &der);
    help_audit_anchor(policy_table.log_key.name, &der);
    expect_err(help_audit_verdict(3), E_CERT_SIGNATURE);
    buf_free(&der);
    help_audit_end();
}
END_TEST

START_TEST(anchor_against_the_policy)
{
    struct buf der = {0};
    struct policy_key row = policy_table.log_key;
    help_audit_begin();
    row.validity = (struct policy_period){.years = 1, .days = 3};
    help_audit_keygen(&row, audit_fix.log_key, true);
    help_audit_cert(&row, audit_fix.log_key, audit_fix.log_key, &der);
    help_audit_anchor(row.name, &der);
    expect_err(help_audit_verdict(3), E_LINT);
    buf_free(&der);
    help_audit_end();
}
END_TEST

START_TEST(keys_that_may_leave)
{
    help_audit_begin();
    help_audit_keygen(&policy_table.log_key, audit_fix.log_key, false);
    expect_err(help_audit_verdict(2), E_KEY_ATTRIBUTES);
    help_audit_end();
}
END_TEST

static void log_end(const char *name, EVP_PKEY *key)
{
    struct key k;
    char hex[DIGEST_HEX];
    expect_ok(key_from_pkey(key, &k, &audit_fix.d));
    hex_encode(k.digest, DIGEST_LEN, hex);
    help_audit_append(RECORD_DESTROYED, json_pack("{s:s,s:s,s:b,s:b}", "key", name, "public-key", hex, "private", 1, "public", 1));
    key_free(&k);
}

static enum err after_the_end(enum record_type type, json_t *fields)
{
    help_audit_begin_with_keys();
    log_end(policy_table.bundle_key.name, audit_fix.bundle_key);
    help_audit_seal(policy_table.log_key.name, audit_fix.log_key);
    expect_err(help_audit_verdict(0), E_OK);
    help_audit_append(type, fields);
    enum err e = help_audit_verdict(9);
    help_audit_end();
    return e;
}

/* Nothing is signed by a key after the line that tells of its end, and it ends once. */

START_TEST(the_end_of_a_key)
{
    static const char digest[] = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    const char *bundle = policy_table.bundle_key.name, *log = policy_table.log_key.name;
    json_t *end_again = json_pack("{s:s,s:s,s:b,s:b}", "key", bundle, "public-key", digest, "private", 0, "public", 0);
    expect_err(after_the_end(RECORD_SELF_TEST, json_pack("{s:s}", "key", bundle)), E_KEY_DESTROYED);
    expect_err(after_the_end(RECORD_BUNDLE, json_pack("{s:s,s:s}", "batch", digest, "bundle", digest)), E_KEY_DESTROYED);
    expect_err(after_the_end(RECORD_DESTROYED, end_again), E_LOG_ORDER);
    expect_err(after_the_end(RECORD_SELF_TEST, json_pack("{s:s}", "key", log)), E_OK);
    help_audit_begin_with_keys();
    log_end(policy_table.log_key.name, audit_fix.log_key);
    help_audit_seal(policy_table.log_key.name, audit_fix.log_key);
    expect_err(help_audit_verdict(8), E_KEY_DESTROYED);
    help_audit_end();
    help_audit_begin_with_keys();
    log_end(policy_table.bundle_key.name, audit_fix.log_key); /* another one was destroyed */
    expect_err(help_audit_verdict(7), E_KEY_MISMATCH);
    help_audit_end();
    help_audit_begin();
    help_audit_append(RECORD_DESTROYED, json_pack("{s:s,s:s,s:b,s:b}", "key", log, "public-key", "", "private", 0, "public", 1));
    help_audit_keygen(&policy_table.log_key, audit_fix.log_key, true); /* made after what an attempt had left was destroyed */
    help_audit_append(RECORD_SELF_TEST, json_pack("{s:s}", "key", log));
    expect_err(help_audit_verdict(0), E_OK);
    help_audit_end();
}
END_TEST

static void log_ending(const char *name, EVP_PKEY *key)
{
    struct key k;
    char hex[DIGEST_HEX];
    expect_ok(key_from_pkey(key, &k, &audit_fix.d));
    hex_encode(k.digest, DIGEST_LEN, hex);
    help_audit_append(RECORD_ENDING, json_pack("{s:s,s:s,s:b,s:b}", "key", name, "public-key", hex, "private", 1, "public", 1));
    key_free(&k);
}

static bool noted(const char *words)
{
    for (size_t i = 0; i < audit_fix.a.findings.count[FINDING_NOTE]; i++)
        if (strstr(audit_fix.a.findings.kept[FINDING_NOTE][i].text, words) != NULL)
            return true;
    return false;
}

/* An end that was begun may be completed, and is told while it is not. */

START_TEST(an_end_begun)
{
    const char *bundle = policy_table.bundle_key.name;
    help_audit_begin_with_keys();
    log_ending(bundle, audit_fix.bundle_key);
    expect_ok(verify_run(&audit_fix.o, &audit_fix.a, &audit_fix.d));
    ck_assert_uint_eq(audit_fix.a.findings.count[FINDING_ERROR], 0);
    ck_assert(noted("was begun in line 7"));
    verify_free(&audit_fix.a);
    help_audit_append(RECORD_SELF_TEST, json_pack("{s:s}", "key", bundle)); /* it is there still */
    expect_err(help_audit_verdict(0), E_OK);
    log_end(bundle, audit_fix.bundle_key);
    help_audit_seal(policy_table.log_key.name, audit_fix.log_key);
    expect_err(help_audit_verdict(0), E_OK);
    log_ending(bundle, audit_fix.bundle_key);
    expect_err(help_audit_verdict(11), E_LOG_ORDER);
    help_audit_end();
    help_audit_begin_with_keys();
    log_ending(bundle, audit_fix.log_key); /* another one */
    expect_err(help_audit_verdict(7), E_KEY_MISMATCH);
    help_audit_end();
}
END_TEST

static json_t *transferred(const char *key)
{
    static const char challenge[] = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s}", "key", key, "token-model", "m", "token-serial", "2", "challenge", challenge, "signature",
                     "MAA=", "copy-signature", "MAA=");
}

static json_t *token(const char *serial, bool replaces)
{
    return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:b}", "token-manufacturer", "", "token-model", "m", "token-serial", serial,
                     "token-label", "", "token-hardware", "1.0", "token-firmware", "1.0", "module-manufacturer", "", "module", "",
                     "module-version", "1.0", "replaces", (int)replaces);
}

START_TEST(other_tokens)
{
    help_audit_begin_with_keys();
    help_audit_append(RECORD_TOKEN, token("2", true));
    expect_ok(verify_run(&audit_fix.o, &audit_fix.a, &audit_fix.d));
    ck_assert_uint_eq(audit_fix.a.findings.count[FINDING_ERROR], 0);
    ck_assert_str_eq(audit_fix.a.token_serial, "2");
    ck_assert_ptr_nonnull(strstr(audit_fix.a.findings.kept[FINDING_NOTE][0].text, "serial 2"));
    const size_t notes = audit_fix.a.findings.count[FINDING_NOTE];
    verify_free(&audit_fix.a);
    help_audit_append(RECORD_TOKEN, token("2", false)); /* as keygen tells it */
    expect_ok(verify_run(&audit_fix.o, &audit_fix.a, &audit_fix.d));
    ck_assert_uint_eq(audit_fix.a.findings.count[FINDING_NOTE], notes);
    verify_free(&audit_fix.a);
    help_audit_append(RECORD_TOKEN, token("2", true)); /* the same one was put into its own place */
    expect_ok(verify_run(&audit_fix.o, &audit_fix.a, &audit_fix.d));
    ck_assert_uint_eq(audit_fix.a.findings.count[FINDING_ERROR], 0);
    ck_assert_ptr_nonnull(strstr(audit_fix.a.findings.kept[FINDING_NOTE][1].text, "the same token"));
    verify_free(&audit_fix.a);
    help_audit_append(RECORD_TRANSFERRED, transferred(policy_table.log_key.name)); /* it could never leave */
    expect_err(help_audit_verdict(10), E_LOG_ORDER);
    help_audit_end();
    help_audit_begin_with_keys();
    help_audit_append(RECORD_TOKEN, token("3", false));
    expect_err(help_audit_verdict(7), E_LOG_ORDER);
    help_audit_end();
    help_audit_begin_with_keys();
    help_audit_append(RECORD_TRANSFERRED, transferred("nobody"));
    expect_err(help_audit_verdict(7), E_LOG_ORDER);
    help_audit_end();
}
END_TEST

Suite *suite_audit_keys(void);

Suite *suite_audit_keys(void)
{
    Suite *s = suite_create("audit_keys");
    TCase *t = tcase_create("audit_keys");
    tcase_add_test(t, anchors_by_hand);
    tcase_add_test(t, anchor_of_another_key);
    tcase_add_test(t, anchor_not_self_signed);
    tcase_add_test(t, anchor_against_the_policy);
    tcase_add_test(t, keys_that_may_leave);
    tcase_add_test(t, the_end_of_a_key);
    tcase_add_test(t, an_end_begun);
    tcase_add_test(t, other_tokens);
    suite_add_tcase(s, t);
    return s;
}
