/* An appliance gone mad: everything is signed, and hangs together, but the batch did not ask for it. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "expect.h"
#include "help_bundle.h"
#include "help_pki.h"
#include "ra/import.h"

Suite *suite_answers(void);

#define IN_RESULTS 1
#define IN_LOG 2
#define IN_BOTH (IN_RESULTS | IN_LOG)

static struct help_bundle made;

static void setup(void)
{
    help_run("rm -rf batch bundle anchors");
    help_bundle_make(&made);
    help_bundle_write(&made);
}

static void teardown(void)
{
    help_bundle_free(&made);
    help_run("rm -rf batch bundle anchors");
    help_clean();
}

static enum err verify(struct diag *d)
{
    struct import i;
    char anchors[128], batch[128];
    snprintf(anchors, sizeof anchors, "%s", help_path("anchors"));
    snprintf(batch, sizeof batch, "%s", help_path("batch"));
    *d = (struct diag){0};
    help_bundle_write(&made);
    enum err e = import_verify(help_bundle_policy(), anchors, batch, help_path("bundle"), ".", NULL, &i, d);
    import_free(&i);
    ck_assert_int_eq(e, d->code);
    return e;
}

static void copy(struct buf *to, const struct buf *from)
{
    buf_reset(to);
    buf_append(to, from->data, from->len);
}

/* What a test spoils, and afterwards puts back. */
static struct {
    struct buf results, log, seal, list;
} kept;

static void keep(void)
{
    copy(&kept.results, &made.files[MANIFEST_RESULTS]);
    copy(&kept.log, &made.files[MANIFEST_LOG]);
    copy(&kept.seal, &made.files[MANIFEST_SEAL]);
    copy(&kept.list, &made.list);
}

static void put_back(void)
{
    copy(&made.files[MANIFEST_RESULTS], &kept.results);
    copy(&made.files[MANIFEST_LOG], &kept.log);
    copy(&made.files[MANIFEST_SEAL], &kept.seal);
    copy(&made.list, &kept.list);
}

static void drop_kept(void)
{
    struct diag d;
    expect_ok_diag(verify(&d), &d);
    buf_free(&kept.results);
    buf_free(&kept.log);
    buf_free(&kept.seal);
    buf_free(&kept.list);
}

static json_t *value_of(const char *text)
{
    json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);
    ck_assert_ptr_nonnull(value);
    return value;
}

START_TEST(lies_about_requests_are_refused)
{
    static const struct {
        int64_t n;
        int where;
        const char *key, *value, *says;
    } rows[] = {
        {3, IN_BOTH, "supersedes", "\"31000000000000000000000000000004\"", "supersedes"},
        {7, IN_BOTH, "supersedes", "\"\"", "supersedes"},
        {7, IN_RESULTS, "supersedes", "\"31000000000000000000000000000005\"", "supersedes"},
        {7, IN_LOG, "supersedes", "\"31000000000000000000000000000005\"", "supersedes"},
        {7, IN_RESULTS, "clause", "\"c 4\"", "another profile or clause"},
        {4, IN_BOTH, "serial", "\"31000000000000000000000000000005\"", "another certificate"},
        {4, IN_RESULTS, "serial", "\"31000000000000000000000000000005\"", "another certificate"},
        {4, IN_LOG, "serial", "\"31000000000000000000000000000005\"", "another certificate"},
        {4, IN_RESULTS, "clause", "\"c 19\"", "another clause"},
        {4, IN_LOG, "authority", "\"cb\"", "another authority"},
        {4, IN_LOG, "key", "\"the-log\"", "a key of another one"},
        {4, IN_LOG, "status", "\"held\"", "another status"},
        {4, IN_BOTH, "reason", "\"moved\"", "reason"},
        {4, IN_RESULTS, "reason", "\"moved\"", "reason"},
        {4, IN_LOG, "reason", "\"moved\"", "reason"},
        {4, IN_BOTH, "reason-code", "3", "reason"},
        {4, IN_RESULTS, "reason-code", "3", "reason"},
        {4, IN_LOG, "reason-code", "3", "reason"},
        {4, IN_BOTH, "late", "true", "late"},
        {4, IN_LOG, "late", "true", "late"},
        {4, IN_RESULTS, "late", "true", "late"},
        {4, IN_LOG, "asked", "\"2025-10-09T08:53:21Z\"", "another time"},
        {5, IN_BOTH, "reason", "\"lost\"", "reason"},
        {5, IN_BOTH, "reason-code", "8", "reason"},
        {6, IN_BOTH, "reason-code", "6", "reason"},
        {8, IN_BOTH, "serial", "\"31000000000000000000000000000006\"", "another certificate"},
        {8, IN_RESULTS, "id", "\"nine\"", "another id"},
        {8, IN_LOG, "n", "7", "in its place"},
        {9, IN_RESULTS, "id", "\"nine\"", "no list"},
        {9, IN_RESULTS, "clause", "\"c 9\"", "another clause"},
        {9, IN_BOTH, "key", "\"the-log\"", "issues none"},
        {9, IN_LOG, "key", "\"the-log\"", "another list"},
        {9, IN_BOTH, "number", "6", "in its place of bundle.json"},
        {9, IN_RESULTS, "number", "6", "another list"},
        {9, IN_LOG, "number", "6", "another list"},
        {9, IN_BOTH, "base", "4", "nothing made necessary"},
        {9, IN_LOG, "base", "4", "another list"},
        {9, IN_BOTH, "entries", "5", "number of entries"},
        {9, IN_LOG, "entries", "5", "another list"},
        {9, IN_RESULTS, "file", "\"ca-root-6.crl\"", "in its place of bundle.json"},
        {9, IN_RESULTS, "next-update", "\"2025-10-16T08:53:21Z\"", "due at another time"},
        {9, IN_LOG, "tbs", "\"0000000000000000000000000000000000000000000000000000000000000000\"", "another list"},
        {9, IN_LOG, "signature", "\"AAAA\"", "another list"},
        {9, IN_LOG, "n", "10", "in its place"},
    };
    struct diag d;
    keep();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].where & IN_RESULTS)
            help_bundle_set(&made, MANIFEST_RESULTS, rows[i].n, rows[i].key, value_of(rows[i].value));
        if (rows[i].where & IN_LOG)
            help_bundle_set(&made, MANIFEST_LOG, rows[i].n, rows[i].key, value_of(rows[i].value));
        help_bundle_seal(&made);
        enum err e = verify(&d);
        ck_assert_msg(e == E_BUNDLE_ANSWER && strstr(d.text, rows[i].says) != NULL, "row %zu, %s of %d: %s, %s", i,
                      rows[i].key, (int)rows[i].n, err_name(e), d.text);
        put_back();
    }
    drop_kept();
}
END_TEST

START_TEST(results_of_another_form_are_refused)
{
    static const struct {
        int64_t n;
        const char *key, *value;
    } rows[] = {
        {3, "supersedes", "4"}, {4, "late", "\"no\""},  {4, "reason-code", "11"}, {4, "reason", "1"}, {4, "serial", "1"},
        {8, "serial", "true"},  {9, "number", "0"},     {9, "base", "-1"},        {9, "entries", "-1"},
        {9, "file", "7"},       {9, "key", "\"\\u00e9\""}, {9, "next-update", "\"tomorrow\""}, {9, "decision", "\"crl-2\""},
        {4, "decision", "\"accepted\""}, {8, "decision", "\"revoked\""}, {9, "decision", "\"issued\""},
    };
    struct diag d;
    keep();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        help_bundle_set(&made, MANIFEST_RESULTS, rows[i].n, rows[i].key, value_of(rows[i].value));
        enum err e = verify(&d);
        ck_assert_msg(e == E_BUNDLE_FORMAT, "row %zu, %s of %d: %s, %s", i, rows[i].key, (int)rows[i].n, err_name(e), d.text);
        expect_seen(e);
        put_back();
    }
    drop_kept();
}
END_TEST

/* Another thing was done than was asked for. */
START_TEST(another_act_is_refused)
{
    struct diag d;
    keep();
    help_bundle_set(&made, MANIFEST_RESULTS, 5, "decision", json_string("released"));
    help_bundle_set(&made, MANIFEST_LOG, 5, "status", json_string("released"));
    help_bundle_seal(&made);
    expect_err(verify(&d), E_BUNDLE_ANSWER);
    ck_assert_ptr_nonnull(strstr(d.text, "something else was done"));
    put_back();
    drop_kept();
}
END_TEST

/* The certificate that was revoked has the serial number that was named, and another issuer. */
START_TEST(another_issuer_is_refused)
{
    struct diag d;
    help_bundle_free(&made);
    help_bundle_make_naming(&made, "ca-second");
    expect_err(verify(&d), E_BUNDLE_ANSWER);
    ck_assert_msg(strstr(d.text, "another issuer than was named") != NULL, "%s", d.text);
}
END_TEST

/* -- lists -- */

static struct help_bundle_says says;

static void expect_list(enum err want, const char *words)
{
    struct diag d;
    char next[CLOCK_TEXT];
    clock_format(says.next_update, next);
    help_bundle_set(&made, MANIFEST_RESULTS, 9, "next-update", json_string(next));
    help_bundle_list(&made, &says);
    help_bundle_seal(&made);
    enum err e = verify(&d);
    ck_assert_msg(e == want && strstr(d.text, words) != NULL, "%s: %s, %s", words, err_name(e), d.text);
    expect_seen(e);
    put_back();
    says = help_bundle_right();
}

static void set_entries(size_t n)
{
    says.entries_n = n;
    help_bundle_set(&made, MANIFEST_RESULTS, 9, "entries", json_integer((json_int_t)n));
    help_bundle_set(&made, MANIFEST_LOG, 9, "entries", json_integer((json_int_t)n));
}

START_TEST(lists_must_say_what_was_done)
{
    keep();
    says = help_bundle_right();
    for (size_t i = 0; i < 3; i++) {
        memmove(&says.entries[i], &says.entries[i + 1], (3 - i) * sizeof says.entries[0]);
        set_entries(3);
        /* which key signed what was superseded is known from the list only */
        expect_list(E_BUNDLE_ANSWER, i == 2 ? "no list follows" : "lacks 3100000000000000000000000000000");
        says.entries[i].reason = 3;
        expect_list(E_BUNDLE_ANSWER, "says something else of");
    }
    memmove(&says.entries[3], &says.entries[2], 2 * sizeof says.entries[0]);
    says.entries[2].serial[15] = 3; /* the one that was released */
    set_entries(5);
    expect_list(E_BUNDLE_ANSWER, "says something else of");
    drop_kept();
}
END_TEST

START_TEST(lists_must_be_the_policys)
{
    keep();
    says = help_bundle_right();
    says.number = 6;
    expect_list(E_BUNDLE_ANSWER, "number or the base");
    says.base = 4;
    expect_list(E_BUNDLE_ANSWER, "number or the base");
    says.idp_url = "http://crl.example/other.crl";
    expect_list(E_BUNDLE_ANSWER, "distribution point");
    says.next_update++;
    expect_list(E_BUNDLE_ANSWER, "times");
    says.this_update++;
    says.next_update++;
    expect_list(E_BUNDLE_ANSWER, "another time than the plan");
    says.this_update -= 301;
    says.next_update -= 301;
    expect_list(E_BUNDLE_ANSWER, "revoked after thisUpdate");
    for (int i = 0; i < 4; i++)
        says.entries[i].revoked -= 302;
    says.this_update -= 301;
    says.next_update -= 301;
    expect_list(E_BUNDLE_ANSWER, "another time than the plan");
    drop_kept();
}
END_TEST

START_TEST(spoilt_lists_are_refused)
{
    struct diag d;
    keep();
    made.list.data[made.list.len - 1] ^= 1;
    expect_err(verify(&d), E_CRL_SIGNATURE);
    put_back();
    made.list.len--;
    expect_err(verify(&d), E_CRL_FORMAT);
    put_back();
    made.list.len = 0;
    expect_err(verify(&d), E_CRL_FORMAT);
    put_back();
    drop_kept();
}
END_TEST

START_TEST(a_list_that_is_missing_is_missed)
{
    struct diag d;
    help_bundle_set(&made, MANIFEST_LOG, 0, "lists", json_integer(0));
    help_bundle_drop(&made, MANIFEST_LOG, 9);
    help_bundle_drop(&made, MANIFEST_RESULTS, 9);
    made.lists = 0;
    made.log_last--;
    help_bundle_seal(&made);
    expect_err(verify(&d), E_BUNDLE_ANSWER);
    ck_assert_msg(strstr(d.text, "no list follows") != NULL, "%s", d.text);
}
END_TEST

Suite *suite_answers(void)
{
    Suite *s = suite_create("answers");
    TCase *t = tcase_create("lies");
    tcase_set_timeout(t, 120);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, lies_about_requests_are_refused);
    tcase_add_test(t, results_of_another_form_are_refused);
    tcase_add_test(t, another_act_is_refused);
    tcase_add_test(t, another_issuer_is_refused);
    tcase_add_test(t, lists_must_say_what_was_done);
    tcase_add_test(t, lists_must_be_the_policys);
    tcase_add_test(t, spoilt_lists_are_refused);
    tcase_add_test(t, a_list_that_is_missing_is_missed);
    suite_add_tcase(s, t);
    return s;
}
