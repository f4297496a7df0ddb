/* Requests for electronic seals: the fields of their own. */
#include <string.h>

#include "batch/request.h"
#include "expect.h"

Suite *suite_request_eseal(void);

static struct diag d;

#define HEAD "{\"id\":\"s-1\",\"op\":\"%s\""
#define NUMBER ",\"serial\":\"00112233445566778899aabbccddeeff\""
#define WHY ",\"by\":\"operator\",\"reason\":\"fee\""
#define SEAL ",\"name\":\"\\u6CB3\\u5357\",\"picture\":\"MAA=\",\"width\":42,\"height\":30,\"holder\":\"MAE=\""
#define TAIL ",\"requested-at\":\"2026-03-01T00:00:00Z\"}"

static enum err parse(const char *op, const char *fields, struct request *r, char *line, size_t cap)
{
    int n = snprintf(line, cap, HEAD "%s" TAIL, op, fields);
    d = (struct diag){0};
    enum err e = request_parse((struct span){(const uint8_t *)line, (size_t)n}, 7, r, &d);
    ck_assert_int_eq(d.code, e);
    return e;
}

static enum err outcome(const char *op, const char *fields)
{
    static char line[200000];
    struct request r;
    enum err e = parse(op, fields, &r, line, sizeof line);
    request_free(&r);
    return e;
}

START_TEST(good_ones_round_trip)
{
    static const char *const good[][2] = {
        {"seal-issue", SEAL}, {"seal-renew", NUMBER SEAL}, {"seal-revoke", NUMBER WHY}};
    char line[1000];
    struct request r;
    struct buf out = {0};
    expect_ok_diag(parse(good[_i][0], good[_i][1], &r, line, sizeof line), &d);
    ck_assert(op_is_eseal(r.op) && !op_certifies(r.op) && r.has_serial == (_i > 0));
    if (_i < 2) {
        ck_assert(r.seal.width == 42 && r.seal.height == 30 && r.seal.name.len == 6);
        ck_assert_mem_eq(r.seal.name.data, "\xe6\xb2\xb3\xe5\x8d\x97", 6);
        ck_assert_mem_eq(r.seal.picture.data, "\x30\x00", 2);
        ck_assert_mem_eq(r.seal.holder.data, "\x30\x01", 2);
    }
    expect_ok(request_write(&r, &out));
    buf_append_byte(&out, '\0');
    ck_assert_str_eq((const char *)out.data, line);
    request_free(&r);
    buf_free(&out);
}
END_TEST

START_TEST(each_has_its_fields_and_no_others)
{
    static const char *const parts[] = {",\"name\":\"x\"", ",\"picture\":\"MAA=\"", ",\"width\":1", ",\"height\":1",
                                        ",\"holder\":\"MAA=\""};
    for (size_t without = 0; without < 5; without++) {
        char fields[200] = "";
        for (size_t i = 0; i < 5; i++)
            snprintf(fields + strlen(fields), sizeof fields - strlen(fields), "%s", i == without ? "" : parts[i]);
        expect_err(outcome("seal-issue", fields), E_FIELD_MISSING);
        expect_err(outcome("seal-revoke", parts[without]), E_FIELD_MISSING);
        snprintf(fields, sizeof fields, NUMBER WHY "%s", parts[without]);
        expect_err(outcome("seal-revoke", fields), E_FIELD_UNKNOWN);
        expect_err(outcome("revoke", fields), E_FIELD_UNKNOWN);
    }
    expect_err(outcome("seal-issue", NUMBER SEAL), E_FIELD_UNKNOWN);
    expect_err(outcome("seal-renew", SEAL), E_FIELD_MISSING);
    expect_err(outcome("seal-issue", ",\"profile\":\"p\"" SEAL), E_FIELD_UNKNOWN);
    expect_err(outcome("seal-issue", ",\"csr\":\"MAA=\"" SEAL), E_FIELD_UNKNOWN);
}
END_TEST

/* "picture" or "holder" of n bytes. */
static enum err of_size(const char *name, size_t n)
{
    static char fields[150000];
    struct buf text = {0};
    for (size_t i = 0; i < (n + 2) / 3; i++)
        buf_append_str(&text, i + 1 == (n + 2) / 3 ? (n % 3 == 1 ? "AA==" : n % 3 == 2 ? "AAA=" : "AAAA") : "AAAA");
    bool picture = strcmp(name, "picture") == 0;
    snprintf(fields, sizeof fields, ",\"name\":\"x\",\"picture\":\"%.*s\",\"width\":1,\"height\":1,\"holder\":\"%.*s\"",
             picture ? (int)text.len : 0, (const char *)text.data, picture ? 0 : (int)text.len, (const char *)text.data);
    buf_free(&text);
    return outcome("seal-issue", fields);
}

START_TEST(values_and_their_limits)
{
    static const char *const bad[] = {"0", "-1", "1001", "1.5", "\"40\"", "null"};
    char fields[200];
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        snprintf(fields, sizeof fields, ",\"name\":\"x\",\"picture\":\"MAA=\",\"width\":%s,\"height\":1,\"holder\":\"MAA=\"", bad[i]);
        expect_err(outcome("seal-issue", fields), i == 3 ? E_JSON : E_FIELD_VALUE);
        snprintf(fields, sizeof fields, ",\"name\":\"x\",\"picture\":\"MAA=\",\"width\":1,\"height\":%s,\"holder\":\"MAA=\"", bad[i]);
        expect_err(outcome("seal-issue", fields), i == 3 ? E_JSON : E_FIELD_VALUE);
    }
    expect_ok(of_size("picture", LIMIT_PICTURE_BYTES));
    expect_err(of_size("picture", LIMIT_PICTURE_BYTES + 1), E_FIELD_VALUE);
    expect_ok(of_size("holder", LIMIT_HOLDER_BYTES));
    expect_err(of_size("holder", LIMIT_HOLDER_BYTES + 1), E_FIELD_VALUE);
    expect_err(outcome("seal-issue", ",\"name\":1,\"picture\":\"MAA=\",\"width\":1,\"height\":1,\"holder\":\"MAA=\""), E_FIELD_VALUE);
    expect_err(outcome("seal-issue", ",\"name\":\"x\",\"picture\":\"MAA\",\"width\":1,\"height\":1,\"holder\":\"MAA=\""), E_BASE64);
    expect_err(outcome("seal-issue", ",\"name\":\"x\",\"picture\":\"MAA=\",\"width\":1,\"height\":1,\"holder\":\"!\""), E_BASE64);
}
END_TEST

Suite *suite_request_eseal(void)
{
    Suite *s = suite_create("request_eseal");
    TCase *t = tcase_create("request_eseal");
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, good_ones_round_trip, 0, 3);
    tcase_add_test(t, each_has_its_fields_and_no_others);
    tcase_add_test(t, values_and_their_limits);
    suite_add_tcase(s, t);
    return s;
}
