#include "audit/tally.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "expect.h"
#include "help_report.h"

Suite *suite_tally(void);

static struct help_report h;

static const struct tally_row *row(const struct tally_table *t, const char *first, const char *second, const char *third)
{
    for (size_t i = 0; i < t->n; i++)
        if (strcmp(t->v[i].key[0], first) == 0 && strcmp(t->v[i].key[1], second) == 0 && strcmp(t->v[i].key[2], third) == 0)
            return &t->v[i];
    ck_abort_msg("no row %s %s %s", first, second, third);
}

/* -- tables -- */

START_TEST(rows_are_sorted_and_found_again)
{
    static const char *const names[] = {"m", "a", "z", "m", "", "b", "a"};
    struct tally_table t = {0};
    for (size_t i = 0; i < 7; i++) {
        struct tally_row *r;
        expect_ok(tally_at(&t, (const char *const[]){names[i], "x", ""}, &r));
        r->figure[TALLY_ISSUED]++;
    }
    ck_assert_uint_eq(t.n, 5);
    for (size_t i = 1; i < t.n; i++)
        ck_assert_int_lt(strcmp(t.v[i - 1].key[0], t.v[i].key[0]), 0);
    ck_assert_uint_eq(row(&t, "m", "x", "")->figure[TALLY_ISSUED], 2);
    ck_assert_uint_eq(row(&t, "", "x", "")->figure[TALLY_ISSUED], 1);
    tally_table_free(&t);
}
END_TEST

/* A long key is cut, and found again by what is left of it. */
START_TEST(long_keys)
{
    char text[TALLY_TEXT + 20];
    struct tally_table t = {0};
    struct tally_row *r;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    for (int i = 0; i < 2; i++)
        expect_ok(tally_at(&t, (const char *const[]){text, text, text}, &r));
    ck_assert_uint_eq(t.n, 1);
    ck_assert_uint_eq(strlen(r->key[2]), TALLY_TEXT);
    tally_table_free(&t);
}
END_TEST

START_TEST(more_rows_than_a_table_has)
{
    struct tally_table t = {0}, sum;
    struct tally_row *r;
    for (int i = 0; i < TALLY_ROWS_MAX + 10; i++) {
        char name[16];
        snprintf(name, sizeof name, "%06d", i);
        expect_ok(tally_at(&t, (const char *const[]){name, i % 2 == 0 ? "even" : "odd", ""}, &r));
        r->figure[TALLY_ISSUED]++;
        r->figure[TALLY_LONGEST] = (uint64_t)i;
    }
    ck_assert_uint_eq(t.n, TALLY_ROWS_MAX);
    ck_assert(t.has_rest);
    ck_assert_uint_eq(t.rest.figure[TALLY_ISSUED], 10);
    expect_ok(tally_sum(&t, 1, TALLY_KEYS, &sum));
    ck_assert_uint_eq(sum.n, 2);
    ck_assert_uint_eq(row(&sum, "odd", "", "")->figure[TALLY_ISSUED], TALLY_ROWS_MAX / 2);
    ck_assert_uint_eq(row(&sum, "even", "", "")->figure[TALLY_LONGEST], TALLY_ROWS_MAX - 2); /* not a sum */
    ck_assert(sum.has_rest);
    ck_assert_uint_eq(sum.rest.figure[TALLY_ISSUED], 10);
    tally_table_free(&sum);
    tally_table_free(&t);
}
END_TEST

/* -- a year -- */

START_TEST(a_year)
{
    const struct tally *t = &h.tally;
    help_report_make(&h, INT64_MIN, INT64_MAX);
    ck_assert_uint_eq(t->lines, h.audit.end.size);
    ck_assert_uint_eq(row(&t->outcomes, "smartca", "person-sign", "nanjing")->figure[TALLY_ISSUED], 60);
    ck_assert_uint_eq(row(&t->outcomes, "smartca", "organisation-sign", "nanjing")->figure[TALLY_SUPERSEDED], 12);
    ck_assert_uint_eq(row(&t->outcomes, "smartca", "person-sign", "nanjing")->figure[TALLY_HELD], 12); /* found by its serial number */
    ck_assert_uint_eq(row(&t->outcomes, "smartca", "person-sign", "nanjing")->figure[TALLY_RELEASED], 12);
    ck_assert_uint_eq(row(&t->outcomes, "smartca", "organisation-sign", "nanjing")->figure[TALLY_ACCEPTED], 12);
    ck_assert_uint_eq(row(&t->outcomes, "smartca", "", "nanjing")->figure[TALLY_REVOKED], 12); /* of numbers that nobody knows */
    ck_assert_uint_eq(row(&t->outcomes, "smartca", "", "nanjing")->figure[TALLY_REFUSED], 24);
    ck_assert_uint_eq(row(&t->batches, "smartca", "nanjing", "")->figure[TALLY_BATCHES], 12);
    ck_assert_uint_eq(row(&t->refusals, "smartca", "E_CERT_EXPIRED", "GM/T 0015-2012 5.2")->figure[TALLY_REFUSED], 12);
    ck_assert_uint_eq(row(&t->refusals, "", "E_SEQUENCE", "GM/T 0015-2012 5.2")->figure[TALLY_BATCHES], 1);
    ck_assert_uint_eq(row(&t->promise, "smartca", "", "")->figure[TALLY_REVOKED], 12);
    ck_assert_uint_eq(row(&t->promise, "smartca", "", "")->figure[TALLY_LATE], 2);
    ck_assert_uint_eq(row(&t->promise, "smartca", "", "")->figure[TALLY_LONGEST], 30 * 3600);
    ck_assert_uint_eq(row(&t->reasons, "smartca", "key-leaked", "1")->figure[TALLY_REVOKED], 12);
    ck_assert_uint_eq(row(&t->months, "2026-01", "", "")->figure[TALLY_CEREMONIES], 1);
    ck_assert_uint_eq(row(&t->months, "2027-01", "", "")->figure[TALLY_CEREMONIES], 0); /* it goes on */
    ck_assert_uint_eq(t->late.n, 2);
    ck_assert_str_eq(t->late.v[0].text[1], "00000000000000000000000000000002");
    ck_assert_uint_eq(t->exceptions.n, 1);
    ck_assert_str_eq(t->exceptions.v[0].text[1], "E_KEY_EXISTS");
    help_report_free(&h);
}
END_TEST

/* Who approves is counted with what the plan has, and an officer whose line came twice once. */
START_TEST(persons)
{
    char hex[DIGEST_HEX];
    uint8_t digest[DIGEST_LEN];
    help_report_make(&h, INT64_MIN, INT64_MAX);
    const struct tally_table *t = &h.tally.persons;
    for (int i = 0; i < 2; i++) {
        memset(digest, 0xa0 + i, DIGEST_LEN);
        hex_encode(digest, DIGEST_LEN, hex);
        const struct tally_row *approving = row(t, i == 0 ? "entry" : "review", hex, "nanjing");
        ck_assert_uint_eq(approving->figure[TALLY_SIGNATURES], 12);
        ck_assert_uint_eq(approving->figure[TALLY_ISSUED], 120);
        ck_assert_uint_eq(approving->figure[TALLY_REFUSED], 24);
        ck_assert_uint_eq(approving->figure[TALLY_CHANGES], 36);
        memset(digest, 0xc0 + i, DIGEST_LEN);
        hex_encode(digest, DIGEST_LEN, hex);
        ck_assert_uint_eq(row(t, "officer", hex, "")->figure[TALLY_BATCHES], 12);
        snprintf(hex, sizeof hex, "%064d", i);
        ck_assert_uint_eq(row(t, "officer", hex, "")->figure[TALLY_SIGNATURES], 12); /* by the lines */
    }
    ck_assert_uint_eq(t->n, 6);
    help_report_free(&h);
}
END_TEST

/* Lines of one kind in a row are one entry, but not over the end of a month. */
START_TEST(the_course)
{
    help_report_make(&h, INT64_MIN, INT64_MAX);
    const struct tally_list *l = &h.tally.course;
    const int64_t t = HELP_REPORT_BEGIN + 400 * INT64_C(86400); /* 2027-02-05 */
    for (int i = 0; i < 3; i++)
        help_report_line(&h, t + i, RECORD_SEAL, "{\"size\":300}");
    help_report_line(&h, t + 86400 * INT64_C(30), RECORD_SEAL, "{\"size\":301}");
    uint64_t seals = 0, keys = 0, entries = 0;
    for (size_t i = 0; i < l->n; i++) {
        seals += l->v[i].type == RECORD_SEAL ? l->v[i].lines : 0;
        entries += l->v[i].type == RECORD_SEAL;
        keys += l->v[i].type == RECORD_KEYGEN ? l->v[i].lines : 0;
        ck_assert_uint_ge(l->v[i].last, l->v[i].line);
        if (i > 0)
            ck_assert_uint_gt(l->v[i].line, l->v[i - 1].last);
    }
    ck_assert_uint_eq(seals, 12 + 4);
    ck_assert_uint_eq(entries, 12 + 2);
    ck_assert_uint_eq(l->v[l->n - 2].lines, 3);
    ck_assert_int_eq(l->v[l->n - 2].number, 300);
    ck_assert_uint_eq(keys, 3);
    ck_assert_uint_eq(l->v[1].lines, 3);
    ck_assert_str_eq(l->v[1].text[0], "key-3");
    help_report_free(&h);
}
END_TEST

/* The first and the last second of a period belong to it, and two periods that meet are the whole. */
START_TEST(periods)
{
    uint64_t lines = 0;
    const int64_t middle = HELP_REPORT_BEGIN + 100 * 24 * 3600;
    help_report_make(&h, HELP_REPORT_BEGIN + 1, HELP_REPORT_BEGIN + 1);
    ck_assert_uint_eq(h.tally.lines, 1);
    ck_assert_uint_eq(h.tally.outcomes.n, 0);
    help_report_free(&h);
    for (int i = 0; i < 2; i++) {
        help_report_make(&h, i == 0 ? INT64_MIN : middle + 1, i == 0 ? middle : INT64_MAX);
        lines += h.tally.lines;
        ck_assert_uint_gt(h.tally.lines, 10);
        help_report_free(&h);
    }
    help_report_make(&h, INT64_MIN, INT64_MAX);
    ck_assert_uint_eq(lines, h.tally.lines);
    help_report_free(&h);
}
END_TEST

START_TEST(more_lines_than_a_list_has)
{
    help_report_make(&h, INT64_MIN, INT64_MAX);
    const size_t before = h.tally.exceptions.n;
    for (int i = 0; i < TALLY_LINES_MAX; i++)
        help_report_line(&h, HELP_REPORT_END + i, RECORD_EXCEPTION, "{}");
    ck_assert_uint_eq(h.tally.exceptions.n, TALLY_LINES_MAX);
    ck_assert_uint_eq(h.tally.exceptions.more, before);
    ck_assert_uint_gt(h.tally.course.more, 0);
    help_report_line(&h, HELP_REPORT_END, RECORD_SEAL, "{}"); /* does not join one that is not its neighbour */
    help_report_free(&h);
}
END_TEST

Suite *suite_tally(void)
{
    Suite *s = suite_create("tally");
    TCase *t = tcase_create("tables");
    tcase_add_test(t, rows_are_sorted_and_found_again);
    tcase_add_test(t, long_keys);
    tcase_add_test(t, more_rows_than_a_table_has);
    suite_add_tcase(s, t);
    t = tcase_create("a year");
    tcase_add_test(t, a_year);
    tcase_add_test(t, persons);
    tcase_add_test(t, the_course);
    tcase_add_test(t, periods);
    tcase_add_test(t, more_lines_than_a_list_has);
    suite_add_tcase(s, t);
    return s;
}
