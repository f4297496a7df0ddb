#include <check.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/limits.h"
#include "expect.h"
#include "help_batch.h"

Suite *suite_header(void);

static struct diag d;

static enum err parse(const char *line, struct batch_header *h)
{
    d = (struct diag){0};
    enum err e = header_parse((struct span){(const uint8_t *)line, strlen(line)}, h, &d);
    ck_assert_int_eq(d.code, e);
    return e;
}

#define HEX_A "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define HEX_B "f0e1d2c3b4a5968778695a4b3c2d1e0ff0e1d2c3b4a5968778695a4b3c2d1e0f"

/* The fields of a good header, each to be replaced. */
static const char *const good[] = {
    "\"format\":\"rootseal-batch-1\"", "\"authority\":\"ca\"", "\"ra\":\"ra-1\"",
    "\"batch\":\"b-1\"", "\"sequence\":7", "\"created\":\"2026-03-01T00:00:00Z\"",
    "\"valid-until\":\"2026-03-02T00:00:00Z\"", "\"count\":3", "\"policy\":\"" HEX_A "\"",
    "\"previous\":\"" HEX_B "\""};
enum { FORMAT, AUTHORITY, RA, BATCH, SEQUENCE, CREATED, UNTIL, COUNT, POLICY, PREVIOUS, FIELDS };

/* The header with field number `at` replaced, or left out when `with` is NULL. */
static const char *line_with(int at, const char *with)
{
    static char line[2048];
    strcpy(line, "{");
    for (int i = 0; i < FIELDS; i++) {
        const char *field = i == at ? with : good[i];
        if (field != NULL)
            snprintf(line + strlen(line), sizeof line - strlen(line), "%s%s",
                     line[1] == '\0' ? "" : ",", field);
    }
    snprintf(line + strlen(line), sizeof line - strlen(line), "}");
    return line;
}

START_TEST(a_good_one_round_trips)
{
    struct batch_header h, again;
    struct buf out = {0};
    const char *line = line_with(-1, NULL);
    expect_ok_diag(parse(line, &h), &d);
    ck_assert_str_eq(h.authority, "ca");
    ck_assert_str_eq(h.ra, "ra-1");
    ck_assert_str_eq(h.id, "b-1");
    ck_assert_int_eq(h.sequence, 7);
    ck_assert_int_eq(h.created, WORLD_NOW);
    ck_assert_int_eq(h.valid_until, WORLD_NOW + 86400);
    ck_assert_int_eq(h.count, 3);
    ck_assert(h.has_policy && h.policy[1] == 0x11);
    ck_assert(h.has_previous && h.previous[0] == 0xf0);
    expect_ok(header_write(&h, &out));
    ck_assert_uint_eq(out.len, strlen(line));
    ck_assert_mem_eq(out.data, line, out.len);
    buf_reset(&out);
    h.has_policy = h.has_previous = false;
    expect_ok(header_write(&h, &out));
    buf_append_byte(&out, 0);
    expect_ok(parse((const char *)out.data, &again));
    ck_assert(!again.has_policy && !again.has_previous);
    ck_assert_int_eq(again.count, 3);
    buf_free(&out);
}
END_TEST

/* A person writes headers too: order and blanks are free. */
START_TEST(order_and_blanks_are_free)
{
    struct batch_header h;
    expect_ok_diag(parse(" { \"count\" : 1, \"ra\":\"r\",\"batch\":\"b\", \"sequence\":1,"
                         "\"created\":\"2026-03-01T00:00:00Z\",\"authority\":\"a\","
                         "\"valid-until\":\"2026-03-01T00:00:00Z\",\t"
                         "\"format\":\"rootseal-batch-1\" } ",
                         &h),
                   &d);
}
END_TEST

START_TEST(fields_missing_or_unknown)
{
    struct batch_header h;
    for (int i = 0; i < POLICY; i++)
        expect_err(parse(line_with(i, NULL), &h), E_FIELD_MISSING);
    expect_ok(parse(line_with(POLICY, NULL), &h));
    expect_ok(parse(line_with(PREVIOUS, NULL), &h));
    expect_err(parse(line_with(POLICY, "\"Policy\":1"), &h), E_FIELD_UNKNOWN);
    expect_err(parse(line_with(POLICY, "\"requests\":[]"), &h), E_FIELD_UNKNOWN);
    expect_err(parse(line_with(POLICY, "\"a-name-that-is-longer-than-any-of-ours\":1"), &h), E_FIELD_UNKNOWN);
}
END_TEST

START_TEST(values_out_of_form)
{
    static const struct {
        int field;
        const char *with;
    } bad[] = {
        {FORMAT, "\"format\":\"rootseal-batch-2\""},
        {FORMAT, "\"format\":1"},
        {AUTHORITY, "\"authority\":\"\""},
        {AUTHORITY, "\"authority\":\"a b\""},
        {AUTHORITY, "\"authority\":\".a\""},
        {AUTHORITY, "\"authority\":\"../a\""},
        {RA, "\"ra\":null"},
        {RA, "\"ra\":\"r\\u00e4\""},
        {BATCH, "\"batch\":\"01234567890123456789012345678901234567890123456789012345678901234\""},
        {BATCH, "\"batch\":7"},
        {SEQUENCE, "\"sequence\":0"},
        {SEQUENCE, "\"sequence\":-1"},
        {SEQUENCE, "\"sequence\":2147483648"},
        {SEQUENCE, "\"sequence\":\"7\""},
        {CREATED, "\"created\":\"2026-02-30T00:00:00Z\""},
        {CREATED, "\"created\":1767225600"},
        {UNTIL, "\"valid-until\":\"2026-03-02\""},
        {UNTIL, "\"valid-until\":\"2026-03-02T00:00:00+08:00\""},
        {COUNT, "\"count\":-1"},
        {COUNT, "\"count\":2147483648"},
        {COUNT, "\"count\":true"},
        {POLICY, "\"policy\":null"},
        {POLICY, "\"policy\":\"0011\""},
        {POLICY, "\"policy\":\"00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF\""},
        {PREVIOUS, "\"previous\":\"\""},
        {PREVIOUS, "\"previous\":{}"},
    };
    struct batch_header h;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(parse(line_with(bad[i].field, bad[i].with), &h) == E_FIELD_VALUE, "%s",
                      bad[i].with);
    expect_seen(E_FIELD_VALUE);
}
END_TEST

START_TEST(lines_that_are_no_object)
{
    struct batch_header h;
    expect_err(parse("", &h), E_JSON);
    expect_err(parse("[]", &h), E_JSON);
    expect_err(parse("{", &h), E_JSON);
    expect_err(parse(line_with(COUNT, "\"count\":3,\"count\":3"), &h), E_JSON);
    expect_err(parse(line_with(COUNT, "\"count\":3.0"), &h), E_JSON);
    expect_err(parse(line_with(RA, "\"ra\":\"\xff\""), &h), E_UTF8);
    expect_err(parse(line_with(RA, "\"ra\":\"a\\u0000\""), &h), E_NUL);
}
END_TEST

/* -- against a policy -- */

static struct world w;

static void set_up(void)
{
    world_policy(&w);
    w.policy.persons = w.persons;
    w.policy.persons_n = 1;
    w.policy.officers = w.officers;
    w.policy.officers_n = 1;
    w.persons[0] = (struct policy_person){"p", "ra-1", POLICY_ENTRY, {(const uint8_t *)"x", 1}};
    w.officers[0] = (struct policy_officer){"o", {(const uint8_t *)"x", 1}};
}

static enum err check_at(const struct batch_header *h, int64_t now)
{
    const struct policy_authority *a = &w.authorities[1];
    d = (struct diag){0};
    enum err e = header_check(h, &w.policy, now, &a, &d);
    ck_assert_int_eq(d.code, e);
    ck_assert_ptr_eq(a, e == E_OK ? &w.authorities[0] : NULL);
    return e;
}

/* From the archive, where it was put whole. */
START_TEST(it_is_read_from_a_folder)
{
    static char long_line[LIMIT_LINE + 2];
    struct batch_header h;
    tree_make();
    int dir = tree_open(".");
    expect_err(header_read(dir, &h, &d), E_ARCHIVE);
    tree_write_str("batch.jsonl", line_with(-1, NULL));
    expect_ok_diag(header_read(dir, &h, &d), &d);
    ck_assert_str_eq(h.id, "b-1");
    tree_write_str("batch.jsonl", "{}");
    expect_err(header_read(dir, &h, &d), E_FIELD_MISSING);
    memset(long_line, ' ', LIMIT_LINE + 1);
    tree_write_str("batch.jsonl", long_line);
    expect_err(header_read(dir, &h, &d), E_LINE_TOO_LONG);
    ck_assert_ptr_nonnull(strstr(d.text, "line 1"));
    close(dir);
    tree_remove();
}
END_TEST

START_TEST(who_and_what)
{
    struct batch_header h = world_header(1);
    expect_ok_diag(check_at(&h, WORLD_NOW), &d);
    strcpy(h.authority, "cx");
    expect_err(check_at(&h, WORLD_NOW), E_AUTHORITY);
    h = world_header(1);
    strcpy(h.ra, "ra-x");
    expect_err(check_at(&h, WORLD_NOW), E_RA);
    strcpy(h.ra, "ra-b"); /* of another authority */
    expect_err(check_at(&h, WORLD_NOW), E_RA);
    strcpy(h.ra, "ra-2");
    expect_ok(check_at(&h, WORLD_NOW));
}
END_TEST

START_TEST(nobody_pinned)
{
    struct batch_header h = world_header(1);
    w.policy.persons_n = 0;
    expect_err(check_at(&h, WORLD_NOW), E_NO_PERSONS);
    const struct batch_header own = {.authority = "ca", .ra = HEADER_OWN_RA, .id = "lists-1", .sequence = 1, .count = 1,
                                     .created = WORLD_NOW, .valid_until = WORLD_NOW + w.policy.limits.plan_lifetime};
    expect_ok(check_at(&own, WORLD_NOW)); /* officers alone authorise what the appliance asks for */
    w.policy.persons_n = 1;
    w.policy.officers_n = 0;
    expect_err(check_at(&h, WORLD_NOW), E_NO_PERSONS);
    expect_err(check_at(&own, WORLD_NOW), E_NO_PERSONS);
}
END_TEST

START_TEST(another_policy)
{
    struct batch_header h = world_header(1);
    h.has_policy = true;
    expect_err(check_at(&h, WORLD_NOW), E_POLICY_OTHER);
    expect_ok(policy_digest(&w.policy, h.policy));
    expect_ok(check_at(&h, WORLD_NOW));
    h.policy[31] ^= 1;
    expect_err(check_at(&h, WORLD_NOW), E_POLICY_OTHER);
    h.policy[31] ^= 1;
    w.profiles[0].validity.years = 2;
    expect_err(check_at(&h, WORLD_NOW), E_POLICY_OTHER);
}
END_TEST

/* Each bound, and one second beyond it. */
START_TEST(times)
{
    struct batch_header h = world_header(1);
    h.valid_until = WORLD_NOW + 30 * 86400;
    expect_ok(check_at(&h, WORLD_NOW - LIMIT_CLOCK_SKEW));
    expect_err(check_at(&h, WORLD_NOW - LIMIT_CLOCK_SKEW - 1), E_BATCH_FUTURE);
    ck_assert_str_eq(d.clause, "rule limits");
    expect_ok(check_at(&h, WORLD_NOW + 7 * 86400));
    expect_err(check_at(&h, WORLD_NOW + 7 * 86400 + 1), E_BATCH_EXPIRED);
    ck_assert_str_eq(d.clause, "rule limits");
    h.valid_until = WORLD_NOW + 100;
    expect_ok(check_at(&h, WORLD_NOW + 100));
    expect_err(check_at(&h, WORLD_NOW + 101), E_BATCH_EXPIRED);
    h.valid_until = WORLD_NOW - 1; /* before it was made */
    expect_err(check_at(&h, WORLD_NOW), E_BATCH_EXPIRED);
}
END_TEST

START_TEST(how_many)
{
    static const int64_t counts[] = {0, 1, 50, 51, INT32_MAX};
    for (size_t i = 0; i < 5; i++) {
        struct batch_header h = world_header(counts[i]);
        expect_err(check_at(&h, WORLD_NOW),
                   counts[i] >= 1 && counts[i] <= 50 ? E_OK : E_BATCH_COUNT);
    }
    ck_assert_str_eq(d.clause, "rule limits");
}
END_TEST

/* Nobody approves it: it is what the appliance makes, to the letter. */
START_TEST(the_appliances_own)
{
    const struct batch_header made = {.authority = "ca", .ra = HEADER_OWN_RA, .id = "lists-3", .sequence = 3, .count = 1,
                                      .created = WORLD_NOW, .valid_until = WORLD_NOW + w.policy.limits.plan_lifetime};
    struct batch_header h = made;
    ck_assert(header_is_own(&h));
    expect_ok(check_at(&h, WORLD_NOW));
    snprintf(h.id, sizeof h.id, "ocsp-3");
    expect_ok(check_at(&h, WORLD_NOW));
    snprintf(h.id, sizeof h.id, "lists-4"); /* of the next one */
    expect_err(check_at(&h, WORLD_NOW), E_RA);
    h = made;
    h.has_policy = true;
    expect_err(check_at(&h, WORLD_NOW), E_RA);
    h = made;
    h.has_previous = true;
    expect_err(check_at(&h, WORLD_NOW), E_RA);
    h = made;
    h.valid_until++;
    expect_err(check_at(&h, WORLD_NOW), E_RA);
}
END_TEST

Suite *suite_header(void)
{
    Suite *s = suite_create("header");
    TCase *t = tcase_create("line");
    tcase_add_test(t, a_good_one_round_trips);
    tcase_add_test(t, order_and_blanks_are_free);
    tcase_add_test(t, fields_missing_or_unknown);
    tcase_add_test(t, values_out_of_form);
    tcase_add_test(t, lines_that_are_no_object);
    tcase_add_test(t, it_is_read_from_a_folder);
    suite_add_tcase(s, t);
    t = tcase_create("check");
    tcase_add_checked_fixture(t, set_up, NULL);
    tcase_add_test(t, who_and_what);
    tcase_add_test(t, nobody_pinned);
    tcase_add_test(t, another_policy);
    tcase_add_test(t, times);
    tcase_add_test(t, how_many);
    tcase_add_test(t, the_appliances_own);
    suite_add_tcase(s, t);
    return s;
}
