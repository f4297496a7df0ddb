#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "expect.h"
#include "help_batch.h"

Suite *suite_request(void);

static struct diag d;

static enum err parse(const char *line, struct request *r)
{
    d = (struct diag){0};
    enum err e = request_parse((struct span){(const uint8_t *)line, strlen(line)}, 12, r, &d);
    ck_assert_int_eq(d.code, e);
    if (e != E_OK)
        ck_assert_ptr_nonnull(strstr(d.text, "batch.jsonl line 12"));
    return e;
}

#define HEX_A "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static const char *const good[] = {
    "\"id\":\"r-1\"", "\"op\":\"issue\"", "\"profile\":\"person\"", "\"csr\":\"MAA=\"",
    "\"requested-at\":\"2026-03-01T00:00:00Z\"", "\"evidence\":\"" HEX_A "\"",
    "\"operator\":\"op-1\""};
enum { ID, OP, PROFILE, CSR, REQUESTED, EVIDENCE, OPERATOR, FIELDS };

static const char *line_with(int at, const char *with)
{
    static char line[100000];
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
    struct request r;
    struct buf out = {0};
    const char *line = line_with(-1, NULL);
    expect_ok_diag(parse(line, &r), &d);
    ck_assert_str_eq(r.id, "r-1");
    ck_assert_int_eq(r.op, OP_ISSUE);
    ck_assert_str_eq(r.profile, "person");
    ck_assert_str_eq(r.operator_, "op-1");
    ck_assert_int_eq(r.requested_at, WORLD_NOW);
    ck_assert(r.has_evidence && r.evidence[1] == 0x11);
    ck_assert_uint_eq(r.csr.len, 2);
    ck_assert_mem_eq(r.csr.data, "\x30\x00", 2);
    expect_ok(request_write(&r, &out));
    ck_assert_uint_eq(out.len, strlen(line));
    ck_assert_mem_eq(out.data, line, out.len);
    request_free(&r);
    buf_free(&out);
}
END_TEST

static void expect_round_trip(const char *line)
{
    struct request r;
    struct buf out = {0};
    expect_ok_diag(parse(line, &r), &d);
    expect_ok(request_write(&r, &out));
    ck_assert_uint_eq(out.len, strlen(line));
    ck_assert_mem_eq(out.data, line, out.len);
    request_free(&r);
    buf_free(&out);
}

/* What the op asks for and was given empty is decided on, and refused: it must not become a line that lacks it. */
START_TEST(empty_fields_stay)
{
    expect_round_trip(line_with(CSR, "\"csr\":\"\""));
    expect_round_trip("{\"id\":\"r-1\",\"op\":\"seal-issue\",\"name\":\"\",\"picture\":\"\","
                      "\"width\":1,\"height\":1,\"holder\":\"\",\"requested-at\":\"2026-03-01T00:00:00Z\"}");
}
END_TEST

START_TEST(optional_fields)
{
    struct request r;
    struct buf out = {0};
    expect_ok_diag(parse(line_with(EVIDENCE, NULL), &r), &d);
    ck_assert(!r.has_evidence);
    request_free(&r);
    const char *line = line_with(OPERATOR, NULL);
    expect_ok_diag(parse(line, &r), &d);
    ck_assert_str_eq(r.operator_, "");
    expect_ok(request_write(&r, &out));
    ck_assert_mem_eq(out.data, line, out.len);
    request_free(&r);
    buf_free(&out);
}
END_TEST

/* Who signed a certificate may stand beside its number, and nowhere else. */
START_TEST(an_issuer_beside_a_serial)
{
    struct request r;
    expect_round_trip("{\"id\":\"r-1\",\"op\":\"suspend\",\"serial\":\"00112233445566778899aabbccddeeff\",\"issuer\":\"ca-root\","
                      "\"requested-at\":\"2026-03-01T00:00:00Z\"}");
    expect_err(parse(line_with(EVIDENCE, "\"issuer\":\"ca-root\""), &r), E_FIELD_UNKNOWN);
    request_free(&r);
    expect_err(parse("{\"id\":\"r-1\",\"op\":\"suspend\",\"serial\":\"00112233445566778899aabbccddeeff\",\"issuer\":\"\","
                     "\"requested-at\":\"2026-03-01T00:00:00Z\"}", &r), E_FIELD_VALUE);
    request_free(&r);
    /* which fields an operation has that is not known is not known: it is refused for what it is */
    expect_err(parse("{\"id\":\"r-1\",\"op\":\"other\",\"serial\":\"00112233445566778899aabbccddeeff\","
                     "\"issuer\":\"ca-root\",\"requested-at\":\"2026-03-01T00:00:00Z\"}", &r), E_OK);
    ck_assert(r.op == OP_UNKNOWN && strcmp(r.issuer, "ca-root") == 0);
    request_free(&r);
}
END_TEST

START_TEST(fields_missing_or_unknown)
{
    struct request r;
    for (int i = 0; i < EVIDENCE; i++) {
        expect_err(parse(line_with(i, NULL), &r), E_FIELD_MISSING);
        ck_assert_str_eq(r.id, i == ID ? "" : "r-1"); /* so that the refusal has a name */
        request_free(&r);
    }
    expect_err(parse(line_with(EVIDENCE, "\"serial\":\"01\""), &r), E_FIELD_UNKNOWN);
    ck_assert_str_eq(r.id, "r-1");
    request_free(&r);
}
END_TEST

START_TEST(values_out_of_form)
{
    static const struct {
        const char *with;
        int field;
        enum err want;
    } bad[] = {
        {"\"id\":\"\"", ID, E_FIELD_VALUE},
        {"\"id\":\"a/b\"", ID, E_FIELD_VALUE},
        {"\"id\":1", ID, E_FIELD_VALUE},
        {"\"op\":\"is sue\"", OP, E_FIELD_VALUE},
        {"\"profile\":\"\\u202eperson\"", PROFILE, E_FIELD_VALUE},
        {"\"requested-at\":\"yesterday\"", REQUESTED, E_FIELD_VALUE},
        {"\"evidence\":\"00\"", EVIDENCE, E_FIELD_VALUE},
        {"\"evidence\":null", EVIDENCE, E_FIELD_VALUE},
        {"\"operator\":\"\"", OPERATOR, E_FIELD_VALUE},
        {"\"operator\":\"Wang Wu\"", OPERATOR, E_FIELD_VALUE},
        {"\"csr\":7", CSR, E_FIELD_VALUE},
        {"\"csr\":\"MAA\"", CSR, E_BASE64},
        {"\"csr\":\"MAB=\"", CSR, E_BASE64},
        {"\"csr\":\"MA A=\"", CSR, E_BASE64},
        {"\"csr\":\"-----BEGIN CERTIFICATE REQUEST-----\"", CSR, E_BASE64},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct request r;
        ck_assert_msg(parse(line_with(bad[i].field, bad[i].with), &r) == bad[i].want, "%s",
                      bad[i].with);
        ck_assert_str_eq(r.id, bad[i].field == ID ? "" : "r-1");
        expect_seen(bad[i].want);
        request_free(&r);
    }
}
END_TEST

START_TEST(size_of_the_csr)
{
    for (int extra = 0; extra <= 3; extra += 3) {
        struct request r;
        size_t n = (LIMIT_CSR_BYTES - 2) / 3 * 4;
        ck_assert_uint_eq(LIMIT_CSR_BYTES % 3, 2);
        size_t letters = n + (size_t)extra / 3 * 4;
        char *field = calloc(1, n + 40);
        memcpy(field, "\"csr\":\"", 7);
        memset(field + 7, 'A', letters);
        memcpy(field + 7 + letters, "AAA=\"", 6); /* two bytes more */
        expect_err(parse(line_with(CSR, field), &r), extra == 0 ? E_OK : E_FIELD_VALUE);
        request_free(&r);
        free(field);
    }
}
END_TEST

START_TEST(lines_that_are_no_object)
{
    struct request r;
    expect_err(parse("", &r), E_JSON);
    ck_assert_str_eq(r.id, "");
    request_free(&r);
    expect_err(parse(line_with(OP, "\"op\":\"issue\",\"id\":\"r-2\""), &r), E_JSON);
    ck_assert_str_eq(r.id, "");
    request_free(&r);
    expect_err(parse(line_with(OPERATOR, "\"operator\":\"\xc3\""), &r), E_UTF8);
    request_free(&r);
    expect_err(parse(line_with(OPERATOR, "\"operator\":\"\\u0000\""), &r), E_NUL);
    request_free(&r);
}
END_TEST

Suite *suite_request(void)
{
    Suite *s = suite_create("request");
    TCase *t = tcase_create("request");
    tcase_add_test(t, a_good_one_round_trips);
    tcase_add_test(t, empty_fields_stay);
    tcase_add_test(t, optional_fields);
    tcase_add_test(t, an_issuer_beside_a_serial);
    tcase_add_test(t, fields_missing_or_unknown);
    tcase_add_test(t, values_out_of_form);
    tcase_add_test(t, size_of_the_csr);
    tcase_add_test(t, lines_that_are_no_object);
    suite_add_tcase(s, t);
    return s;
}
