#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/carried.h"
#include "audit/head.h"
#include "batch/state.h"
#include "core/clock.h"
#include "core/words.h"
#include "expect.h"
#include "help_audit.h"
#include "help_pki.h"
#include "pki/cert.h"
#include "pki/cms.h"
#include "pki/key.h"

static char by_hand[80];

START_TEST(a_good_log)
{
    help_audit_begin_with_keys();
    expect_err(help_audit_verdict(0), E_OK);
    snprintf(by_hand, sizeof by_hand, "%s/by-hand", audit_fix.path);
    audit_fix.o.anchors = by_hand;
    audit_fix.o.witnesses.min_lines = 1; /* a witness, which says nothing of lines 2 to 6 */
    expect_ok(verify_run(&audit_fix.o, &audit_fix.a, &audit_fix.d));
    ck_assert_uint_eq(audit_fix.a.findings.count[FINDING_OPEN], 1);
    verify_free(&audit_fix.a);
    audit_fix.o.witnesses.min_lines = 6;
    expect_err(help_audit_verdict(0), E_OK);
    expect_ok(verify_run(&audit_fix.o, &audit_fix.a, &audit_fix.d));
    ck_assert_uint_eq(audit_fix.a.findings.count[FINDING_OPEN], 0);
    ck_assert_uint_eq(audit_fix.a.counts.keys, 2);
    ck_assert_uint_eq(audit_fix.a.counts.anchors, 2);
    ck_assert_uint_eq(audit_fix.a.counts.seals, 1);
    ck_assert_uint_eq(audit_fix.a.sealed, 5);
    ck_assert_uint_eq(audit_fix.a.end.size, 6);
    ck_assert(audit_fix.a.policy_known);
    verify_free(&audit_fix.a);
    help_audit_end();
}
END_TEST

START_TEST(what_is_not_there)
{
    audit_fix.o = (struct verify_options){.policy = &policy_table, .state = "/nowhere"};
    expect_err(verify_run(&audit_fix.o, &audit_fix.a, &audit_fix.d), E_STATE_MISSING);
    verify_free(&audit_fix.a);
    help_audit_begin_with_keys();
    audit_fix.o.anchors = "/nowhere";
    expect_err(verify_run(&audit_fix.o, &audit_fix.a, &audit_fix.d), E_MEDIUM);
    verify_free(&audit_fix.a);
    help_audit_end();
}
END_TEST

START_TEST(seals)
{
    help_audit_begin_with_keys();
    help_audit_seal(policy_table.bundle_key.name, audit_fix.bundle_key); /* not the log key's */
    expect_err(help_audit_verdict(7), E_LOG_SEAL);
    help_audit_end();
    help_audit_begin_with_keys();
    help_audit_seal(policy_table.log_key.name, audit_fix.bundle_key); /* not by the key it names */
    expect_err(help_audit_verdict(7), E_LOG_SEAL);
    help_audit_end();
    help_audit_begin_with_keys();
    help_audit_seal("nobody", audit_fix.log_key);
    expect_err(help_audit_verdict(7), E_LOG_SEAL);
    help_audit_end();
}
END_TEST

static json_t *order_fields(int which, enum record_type *type)
{
    static const char digest[] = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    switch (which) {
    case 0:
        *type = RECORD_SELF_TEST;
        return json_pack("{s:s}", "key", "nobody");
    case 1:
        *type = RECORD_ANCHOR;
        return json_pack("{s:s,s:s}", "key", "nobody", "certificate", "AAAA");
    case 2:
        *type = RECORD_ANCHOR;
        return json_pack("{s:s,s:s}", "key", policy_table.log_key.name, "certificate", "AAAA");
    case 3:
        *type = RECORD_ISSUED;
        return json_pack("{s:s,s:I,s:s,s:s,s:s,s:s,s:s,s:s,s:s}", "batch", digest, "n", (json_int_t)1,
                         "authority", "a", "profile", "p", "key", policy_table.log_key.name,
                         "serial", "01", "certificate", digest, "signature", "AAAA", "supersedes", "");
    case 4:
        *type = RECORD_REFUSED;
        return json_pack("{s:s,s:s,s:I,s:s,s:s}", "batch", digest, "intake", digest, "n",
                         (json_int_t)1, "code", "E_KEY_SIZE", "clause", "");
    case 5:
        *type = RECORD_BUNDLE;
        return json_pack("{s:s,s:s}", "batch", digest, "bundle", digest);
    default:
        *type = RECORD_PLAN;
        return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:I,s:I,s:I,s:I,s:I,s:s}", "batch", digest, "intake",
                         digest, "plan", digest, "policy", digest, "authority", "a", "ra", "r",
                         "sequence", (json_int_t)1, "issue", (json_int_t)0, "refuse",
                         (json_int_t)0, "status", (json_int_t)0, "lists", (json_int_t)0, "program", "a test");
    }
}

START_TEST(lines_out_of_order)
{
    enum record_type type;
    help_audit_begin_with_keys();
    json_t *fields = order_fields(_i, &type);
    help_audit_append(type, fields);
    expect_err(help_audit_verdict(7), E_LOG_ORDER);
    help_audit_end();
}
END_TEST

static void append_plan_under(const char *policy)
{
    enum record_type type;
    json_t *fields = order_fields(6, &type);
    ck_assert_int_eq(json_object_set_new(fields, "policy", json_string(policy)), 0);
    help_audit_append(type, fields);
}

/* Of a log under another policy now, this program's says nothing any more; of the lines before, it does. */

START_TEST(policies)
{
    static const char other[] = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    char own[DIGEST_HEX];
    uint8_t digest[DIGEST_LEN];
    expect_ok(policy_digest(&policy_table, digest));
    hex_encode(digest, DIGEST_LEN, own);
    help_audit_begin_with_keys();
    help_audit_append(RECORD_POLICY, json_pack("{s:s}", "policy", other));
    expect_err(help_audit_verdict(0), E_OK);
    append_plan_under(own);
    expect_ok(verify_run(&audit_fix.o, &audit_fix.a, &audit_fix.d));
    ck_assert_ptr_nonnull(strstr(audit_fix.a.findings.kept[FINDING_ERROR][0].text, "under another policy"));
    verify_free(&audit_fix.a);
    help_audit_end();
    help_audit_begin_with_keys();
    help_audit_append(RECORD_POLICY, json_pack("{s:s}", "policy", other));
    expect_ok(verify_run(&audit_fix.o, &audit_fix.a, &audit_fix.d));
    ck_assert(!audit_fix.a.policy_known);
    verify_free(&audit_fix.a);
    help_audit_append(RECORD_POLICY, json_pack("{s:s}", "policy", own));
    expect_err(help_audit_verdict(0), E_OK);
    help_audit_append(RECORD_POLICY, json_pack("{s:s}", "policy", own)); /* no change */
    expect_err(help_audit_verdict(9), E_LOG_ORDER);
    help_audit_end();
}
END_TEST

START_TEST(batch_without_folder)
{
    static const char digest[] = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    help_audit_begin_with_keys();
    help_audit_append(RECORD_BATCH, json_pack("{s:s,s:s,s:s,s:s,s:I,s:I}", "batch", digest, "intake", digest,
                                   "authority", "a", "ra", "r", "sequence", (json_int_t)1,
                                   "requests", (json_int_t)1));
    expect_err(help_audit_verdict(7), E_ARCHIVE);
    help_audit_end();
}
END_TEST

START_TEST(witnesses)
{
    help_audit_begin_with_keys();
    struct witness *w = &audit_fix.o.witnesses.of[WITNESS_HEAD];
    w->given = true;
    memcpy(w->head, log_position(audit_fix.log)->head, DIGEST_LEN);
    expect_err(help_audit_verdict(0), E_OK);
    w->line = 6;
    expect_err(help_audit_verdict(0), E_OK);
    w->line = 5;
    expect_err(help_audit_verdict(0), E_LOG_ROLLED_BACK);
    w->line = 0;
    w->head[0] ^= 1;
    expect_err(help_audit_verdict(0), E_LOG_ROLLED_BACK);
    w->given = false;
    audit_fix.o.witnesses.min_lines = 6;
    expect_err(help_audit_verdict(0), E_OK);
    audit_fix.o.witnesses.min_lines = 7;
    expect_err(help_audit_verdict(0), E_LOG_ROLLED_BACK);
    help_audit_end();
}
END_TEST

/* What the archive has beyond the log is a witness, too. */

START_TEST(archive_as_witness)
{
    static const char dir[] =
        "archive/00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    char path[128];
    help_audit_begin_with_keys();
    ck_assert_int_eq(mkdirat(audit_fix.fd, "archive", 0700), 0);
    ck_assert_int_eq(mkdirat(audit_fix.fd, dir, 0700), 0);
    expect_err(help_audit_verdict(0), E_OK);
    snprintf(path, sizeof path, "%s/bundle", dir);
    ck_assert_int_eq(mkdirat(audit_fix.fd, path, 0700), 0);
    expect_err(help_audit_verdict(0), E_LOG_ROLLED_BACK);
    help_audit_end();
    help_audit_begin_with_keys();
    ck_assert_int_eq(mkdirat(audit_fix.fd, "anchors", 0700), 0);
    help_audit_file(audit_fix.fd, "anchors/more.pem", &(struct buf){0});
    expect_err(help_audit_verdict(0), E_LOG_ROLLED_BACK);
    help_audit_end();
}
END_TEST

/* A line changed without its successors: the line before the break is not called proven. */

START_TEST(broken_chain)
{
    help_audit_begin_with_keys();
    int fd = openat(audit_fix.fd, LOG_FILE, O_RDWR);
    char text[2048], *at;
    ssize_t n = pread(fd, text, sizeof text - 1, 0);
    ck_assert_int_gt(n, 0);
    text[n] = '\0';
    at = strstr(text, "a test");
    ck_assert_ptr_nonnull(at);
    ck_assert_int_eq(pwrite(fd, "A", 1, at - text), 1);
    close(fd);
    expect_ok(verify_run(&audit_fix.o, &audit_fix.a, &audit_fix.d));
    ck_assert_int_eq(audit_fix.a.findings.kept[FINDING_ERROR][0].code, E_LOG_CHAIN);
    ck_assert_uint_eq(audit_fix.a.findings.kept[FINDING_ERROR][0].line, 2);
    ck_assert_uint_eq(audit_fix.a.holds.size, 0);
    verify_free(&audit_fix.a);
    help_audit_end();
}
END_TEST

START_TEST(torn_line)
{
    help_audit_begin_with_keys();
    int fd = openat(audit_fix.fd, LOG_FILE, O_WRONLY | O_APPEND);
    ck_assert_int_eq(write(fd, "{\"seq\":", 7), 7);
    close(fd);
    expect_ok(verify_run(&audit_fix.o, &audit_fix.a, &audit_fix.d));
    ck_assert_uint_eq(audit_fix.a.findings.count[FINDING_ERROR], 0);
    /* this, the unsealed last line, two anchors that the state has no file of, and the folder by-hand/, which is no part of it */
    ck_assert_uint_eq(audit_fix.a.findings.count[FINDING_NOTE], 5);
    verify_free(&audit_fix.a);
    help_audit_end();
}
END_TEST

START_TEST(heads)
{
    uint8_t digest[DIGEST_LEN], got[DIGEST_LEN];
    char text[DIGEST_LEN * 12 + 1];
    uint64_t n;
    for (size_t i = 0; i < DIGEST_LEN; i++)
        digest[i] = (uint8_t)(7 * i);
    hex_encode(digest, DIGEST_LEN, text);
    expect_ok(head_parse(text, got, &audit_fix.d));
    ck_assert_mem_eq(got, digest, DIGEST_LEN);
    words_format(digest, DIGEST_LEN, 0, "", text, sizeof text);
    expect_ok(head_parse(text, got, &audit_fix.d));
    ck_assert_mem_eq(got, digest, DIGEST_LEN);
    expect_err(head_parse("absurd", got, &audit_fix.d), E_USAGE);
    expect_err(head_parse("", got, &audit_fix.d), E_USAGE);
    expect_ok(head_parse_lines("size", "12", &n, &audit_fix.d));
    ck_assert_uint_eq(n, 12);
    static const char *const wrong[] = {"", "0", "-1", "+1", " 1", "1x", "99999999999999999999"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        expect_err(head_parse_lines("size", wrong[i], &n, &audit_fix.d), E_USAGE);
}
END_TEST

START_TEST(carried_certificates)
{
    static const struct span text = {(const uint8_t *)"text", 4}, other = {(const uint8_t *)"x", 1};
    struct buf cms = {0};
    uint8_t digest[DIGEST_LEN];
    bool carried;
    EVP_PKEY *key = help_key(KEY_SM2);
    X509 *x = help_cert(key, SIG_SM2_SM3, "somebody");
    const struct cms_signer signer = cms_signer_in_memory(key, (enum cms_form)_i);
    expect_ok(cms_sign_with(x, &signer, text, clock_now(), &cms, &audit_fix.d));
    expect_ok(cert_digest(x, digest));
    expect_ok(carried_verify(buf_span(&cms), digest, text, &carried, &audit_fix.d));
    ck_assert(carried);
    expect_err(carried_verify(buf_span(&cms), digest, other, &carried, &audit_fix.d), E_APPROVAL_SIGNATURE);
    ck_assert(carried);
    digest[0] ^= 1;
    expect_ok(carried_verify(buf_span(&cms), digest, text, &carried, &audit_fix.d));
    ck_assert(!carried);
    expect_err(carried_verify(other, digest, text, &carried, &audit_fix.d), E_APPROVAL_FORMAT);
    ck_assert(!carried);
    X509_free(x);
    EVP_PKEY_free(key);
    buf_free(&cms);
}
END_TEST

static void add(struct findings *f, uint64_t line, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    finding_add(f, FINDING_NOTE, E_OK, line, format, ap);
    va_end(ap);
}

START_TEST(findings)
{
    struct findings *f = calloc(1, sizeof *f);
    ck_assert_ptr_nonnull(f);
    for (unsigned i = 1; i <= FINDINGS_KEPT + 5; i++)
        add(f, i, "number %u\n", i);
    ck_assert_uint_eq(f->count[FINDING_NOTE], FINDINGS_KEPT + 5);
    ck_assert_uint_eq(f->count[FINDING_ERROR], 0);
    ck_assert_str_eq(f->kept[FINDING_NOTE][0].text, "number 1\\u{A}");
    ck_assert_uint_eq(f->kept[FINDING_NOTE][FINDINGS_KEPT - 1].line, FINDINGS_KEPT);
    ck_assert_str_eq(finding_name(FINDING_OPEN), "open");
    ck_assert_str_eq(finding_name(FINDING_KINDS), "?");
    free(f);
}
END_TEST

Suite *suite_audit(void);

Suite *suite_audit(void)
{
    Suite *s = suite_create("audit");
    TCase *t = tcase_create("audit");
    tcase_add_test(t, a_good_log);
    tcase_add_test(t, what_is_not_there);
    tcase_add_test(t, seals);
    tcase_add_loop_test(t, lines_out_of_order, 0, 7);
    tcase_add_test(t, batch_without_folder);
    tcase_add_test(t, policies);
    tcase_add_test(t, witnesses);
    tcase_add_test(t, archive_as_witness);
    tcase_add_test(t, broken_chain);
    tcase_add_test(t, torn_line);
    tcase_add_test(t, heads);
    tcase_add_loop_test(t, carried_certificates, 0, CMS_FORMS);
    tcase_add_test(t, findings);
    suite_add_tcase(s, t);
    return s;
}
