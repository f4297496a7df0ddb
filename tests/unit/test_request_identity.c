/* What a request line says of its holder: identity, override, pair. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "batch/request.h"
#include "expect.h"

Suite *suite_request_identity(void);

static struct diag d;

#define HEAD "{\"id\":\"r-1\",\"op\":\"issue\",\"profile\":\"p\",\"csr\":\"MAA=\","
#define TIME "\"requested-at\":\"2026-03-01T00:00:00Z\""
#define SERIAL "00112233445566778899aabbccddeeff"

static enum err parse(const char *line, struct request *r)
{
    d = (struct diag){0};
    enum err e = request_parse((struct span){(const uint8_t *)line, strlen(line)}, 12, r, &d);
    ck_assert_int_eq(d.code, e);
    expect_seen(e);
    return e;
}

static void round_trip(const char *line, struct request *r)
{
    struct buf out = {0};
    expect_ok_diag(parse(line, r), &d);
    expect_ok(request_write(r, &out));
    ck_assert_uint_eq(out.len, strlen(line));
    ck_assert_mem_eq(out.data, line, out.len);
    buf_free(&out);
}

START_TEST(identity)
{
    struct request r;
    round_trip(HEAD "\"identity\":{\"resident-id\":\"1\",\"military-id\":\"2\",\"passport\":\"3\",\"insurance\":\"4\","
                    "\"registration\":\"5\",\"organization-code\":\"6\",\"taxation\":\"7\"}," TIME "}",
               &r);
    for (int f = 0; f < POLICY_IDENTITY_COUNT; f++) {
        ck_assert_int_eq(r.identity.value[f][0], '1' + f);
        ck_assert_int_eq(r.identity.value[f][1], '\0');
    }
    request_free(&r);
    /* the order on the way in is no matter */
    expect_ok_diag(parse(HEAD "\"identity\":{\"taxation\":\"7\",\"insurance\":\"\\u519b\"}," TIME "}", &r), &d);
    ck_assert_str_eq(r.identity.value[POLICY_INSURANCE], "\xe5\x86\x9b");
    ck_assert_str_eq(r.identity.value[POLICY_PASSPORT], "");
    request_free(&r);
    round_trip(HEAD TIME "}", &r);
    request_free(&r);
}
END_TEST

START_TEST(override)
{
    struct request r;
    char line[2000], reason[4 * LIMIT_OVERRIDE_TEXT + 5] = "";
    round_trip(HEAD TIME ",\"operator\":\"op-1\",\"override\":\"seen \\u8BC1\"}", &r);
    ck_assert_str_eq(r.override_, "seen \xe8\xaf\x81");
    request_free(&r);
    for (int i = 0; i < LIMIT_OVERRIDE_TEXT; i++)
        snprintf(reason + strlen(reason), sizeof reason - strlen(reason), "%s", "\xf0\xa0\x80\x80");
    snprintf(line, sizeof line, HEAD TIME ",\"override\":\"%s\"}", reason);
    expect_ok_diag(parse(line, &r), &d);
    ck_assert_str_eq(r.override_, reason);
    request_free(&r);
    snprintf(reason + strlen(reason), sizeof reason - strlen(reason), "%s", "a");
    snprintf(line, sizeof line, HEAD TIME ",\"override\":\"%s\"}", reason);
    expect_err(parse(line, &r), E_FIELD_VALUE);
    request_free(&r);
}
END_TEST

START_TEST(pair)
{
    struct request r;
    round_trip(HEAD "\"pair\":\"r-0\",\"enveloped-key\":\"MAA=\"," TIME "}", &r);
    ck_assert_str_eq(r.pair.request, "r-0");
    ck_assert(!r.pair.has_serial);
    ck_assert_uint_eq(r.pair.enveloped_key.len, 2);
    request_free(&r);
    round_trip(HEAD "\"pair-serial\":\"" SERIAL "\"," TIME "}", &r);
    ck_assert(r.pair.has_serial && r.pair.serial[15] == 0xff);
    request_free(&r);
}
END_TEST

START_TEST(out_of_form)
{
    static const struct {
        const char *field;
        enum err want;
    } bad[] = {
        {"\"identity\":\"1\"", E_FIELD_VALUE},
        {"\"identity\":{}", E_FIELD_VALUE},
        {"\"identity\":null", E_FIELD_VALUE},
        {"\"identity\":{\"shoe-size\":\"1\"}", E_FIELD_UNKNOWN},
        {"\"identity\":{\"passport\":1}", E_FIELD_VALUE},
        {"\"identity\":{\"passport\":\"\"}", E_FIELD_VALUE},
        {"\"identity\":{\"passport\":\"0123456789012345678901234567890123456789012345678901234567890123X\"}",
         E_FIELD_VALUE},
        {"\"override\":\"\"", E_FIELD_VALUE},
        {"\"override\":7", E_FIELD_VALUE},
        {"\"override\":\"a\\nb\"", E_FIELD_VALUE},
        {"\"override\":\"a\\u202eb\"", E_FIELD_VALUE},
        {"\"pair\":\"\"", E_FIELD_VALUE},
        {"\"pair\":\"a b\"", E_FIELD_VALUE},
        {"\"pair-serial\":\"00\"", E_FIELD_VALUE},
        {"\"pair-serial\":\"00112233445566778899AABBCCDDEEFF\"", E_FIELD_VALUE},
        {"\"pair-serial\":1", E_FIELD_VALUE},
        {"\"enveloped-key\":\"MAA\"", E_BASE64},
        {"\"enveloped-key\":true", E_FIELD_VALUE},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct request r;
        char line[400];
        snprintf(line, sizeof line, HEAD "%s," TIME "}", bad[i].field);
        ck_assert_msg(parse(line, &r) == bad[i].want, "%s", bad[i].field);
        ck_assert_str_eq(r.id, "r-1");
        request_free(&r);
    }
}
END_TEST

START_TEST(size_of_the_enveloped_key)
{
    for (size_t n = LIMIT_ENVELOPED_BYTES; n <= LIMIT_ENVELOPED_BYTES + 1; n++) {
        struct request r = {.op = OP_ISSUE, .op_text = "issue", .id = "r-1", .profile = "p"};
        struct buf line = {0};
        for (size_t i = 0; i < n; i++)
            buf_append_byte(&r.pair.enveloped_key, 0x30);
        buf_append_byte(&r.csr, 0x30);
        expect_ok(request_write(&r, &line));
        request_free(&r);
        buf_append_byte(&line, '\0');
        expect_err(parse((const char *)line.data, &r), n == LIMIT_ENVELOPED_BYTES ? E_OK : E_FIELD_VALUE);
        request_free(&r);
        buf_free(&line);
    }
}
END_TEST

/* They belong to who gets a certificate. */
START_TEST(in_other_requests)
{
    static const char *const fields[] = {"\"identity\":{\"passport\":\"1\"}", "\"override\":\"x\"", "\"pair\":\"r-0\"",
                                         "\"pair-serial\":\"" SERIAL "\"", "\"enveloped-key\":\"MAA=\""};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        struct request r;
        char line[300];
        snprintf(line, sizeof line, "{\"id\":\"r-1\",\"op\":\"suspend\",\"serial\":\"" SERIAL "\",%s," TIME "}", fields[i]);
        expect_err(parse(line, &r), E_FIELD_UNKNOWN);
        request_free(&r);
    }
}
END_TEST

/* It is refused as such, whatever stands beside it. */
START_TEST(an_op_that_nobody_knows)
{
    struct request r;
    expect_ok_diag(parse("{\"id\":\"r-1\",\"op\":\"bless\",\"identity\":{\"passport\":\"1\"},\"name\":\"x\",\"width\":1,\"holder\":\"MAA=\"," TIME "}", &r), &d);
    ck_assert_int_eq(r.op, OP_UNKNOWN);
    ck_assert_uint_eq(r.seal.name.len, 0);
    request_free(&r);
}
END_TEST

/* The first of two is told. */
START_TEST(more_than_one_fault)
{
    struct request r;
    expect_err(parse(HEAD "\"identity\":{\"passport\":1,\"shoe-size\":\"1\"}," TIME "}", &r), E_FIELD_VALUE);
    request_free(&r);
    expect_err(parse("{\"id\":\"r-1\",\"op\":\"suspend\",\"serial\":\"0011223344556677\"," TIME "}", &r), E_FIELD_VALUE);
    request_free(&r);
    expect_err(parse("{\"id\":\"r-1\",\"op\":\"suspend\",\"serial\":7," TIME "}", &r), E_FIELD_VALUE);
    request_free(&r);
    expect_err(parse("{\"id\":\"r-1\",\"op\":\"suspend\",\"serial\":\"00112233445566778899AABBCCDDEEFF\"," TIME "}", &r),
               E_FIELD_VALUE);
    request_free(&r);
}
END_TEST

Suite *suite_request_identity(void)
{
    Suite *s = suite_create("request_identity");
    TCase *t = tcase_create("request_identity");
    tcase_add_test(t, identity);
    tcase_add_test(t, override);
    tcase_add_test(t, pair);
    tcase_add_test(t, out_of_form);
    tcase_add_test(t, size_of_the_enveloped_key);
    tcase_add_test(t, in_other_requests);
    tcase_add_test(t, an_op_that_nobody_knows);
    tcase_add_test(t, more_than_one_fault);
    suite_add_tcase(s, t);
    return s;
}
