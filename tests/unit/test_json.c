#include "core/json.h"

#include <stdlib.h>
#include <string.h>

#include "expect.h"

static enum err parse(const char *text, size_t n)
{
    json_t *obj = NULL;
    struct diag d = {0};
    enum err e = json_line_parse(text, n, "line 1", &obj, &d);
    ck_assert((e == E_OK) == (obj != NULL));
    ck_assert_int_eq(d.code, e);
    ck_assert(e == E_OK || strncmp(d.text, "line 1", 6) == 0);
    json_decref(obj);
    return e;
}

START_TEST(one_object_is_taken)
{
    static const char *const good[] = {
        "{}",
        " { \"a\" : 1 } ",
        "{\"a\":9223372036854775807,\"b\":-9223372036854775808}",
        "{\"a\":[1,\"x\",null,true,{\"b\":{}}]}",
        "{\"a\":\"\\u4e2d\\ud83d\\ude00\"}",
        "{\"a\":\"\xe4\xb8\xad\"}",
        "{\"a\":\"\\\\u0000\"}",
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        expect_ok(parse(good[i], strlen(good[i])));
}
END_TEST

START_TEST(anything_else_is_refused)
{
    static const char *const bad[] = {
        "",
        " ",
        "1",
        "\"a\"",
        "[]",
        "[{}]",
        "null",
        "{",
        "{}}",
        "{} {}",
        "{}x",
        "{'a':1}",
        "{\"a\":1,}",
        "{\"a\":01}",
        "{\"a\":+1}",
        "{\"a\":1,\"a\":1}",         /* the same key twice */
        "{\"b\":{\"a\":1,\"a\":2}}", /* also inside */
        "{\"a\":1,\"\\u0061\":1}",   /* also when spelt differently */
        "{\"a\":1.0}",
        "{\"a\":1e3}",
        "{\"a\":[1,{\"b\":[2,0.5]}]}", /* reals at any depth */
        "{\"a\":9223372036854775808}",
        "{\"a\":NaN}",
        "{\"a\":\"\t\"}",
        "{\"a\":\"\\ud800\"}",
        "{\"a\":\"\\x\"}",
        "\xef\xbb\xbf{}", /* a byte order mark */
        "{} // comment",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        expect_err(parse(bad[i], strlen(bad[i])), E_JSON);
}
END_TEST

START_TEST(nul_and_bad_utf8_have_their_codes)
{
    expect_err(parse("{}\0", 3), E_NUL);
    expect_err(parse("{\"a\":\"\0\"}", 9), E_NUL);
    static const char escaped[] = "{\"a\":\"x\\u0000y\"}";
    expect_err(parse(escaped, strlen(escaped)), E_NUL);
    static const char in_key[] = "{\"a\\u0000\":1}";
    expect_err(parse(in_key, strlen(in_key)), E_NUL);
    expect_err(parse("{\"a\":\"\xff\"}", 9), E_UTF8);
    expect_err(parse("{\"a\":\"\xed\xa0\x80\"}", 11), E_UTF8);
    expect_err(parse("{\"a\":\"\xc0\xaf\"}", 10), E_UTF8);
}
END_TEST

START_TEST(depth_is_bounded)
{
    size_t n = 100000;
    char *deep = malloc(2 * n + 8);
    ck_assert_ptr_nonnull(deep);
    memcpy(deep, "{\"a\":", 5);
    memset(deep + 5, '[', n);
    memset(deep + 5 + n, ']', n);
    deep[5 + 2 * n] = '}';
    expect_err(parse(deep, 2 * n + 6), E_JSON);
    memset(deep + 5, '[', 1000);
    memset(deep + 1005, ']', 1000);
    deep[2005] = '}';
    expect_ok(parse(deep, 2006));
    free(deep);
}
END_TEST

START_TEST(written_form_is_canonical)
{
    json_t *obj = json_pack("{s:i, s:s, s:[i,n,b], s:{}}", "z", 1, "a",
                            "\xe4\xb8\xad/\"\\\n\xf0\x9f\x98\x80", "m", -2, 1, "e");
    ck_assert_ptr_nonnull(obj);
    struct buf b = {0};
    buf_append_str(&b, "> ");
    expect_ok(json_line_write(obj, &b));
    buf_append_byte(&b, 0);
    ck_assert_str_eq((char *)b.data,
                     "> {\"z\":1,\"a\":\"\\u4E2D/\\\"\\\\\\n\\uD83D\\uDE00\",\"m\":[-2,null,true],"
                     "\"e\":{}}");
    json_decref(obj);
    buf_free(&b);
}
END_TEST

START_TEST(bytes_are_written_as_base64)
{
    struct buf bytes = {0}, none = {0}, line = {0};
    json_t *obj = json_object();
    buf_append_str(&bytes, "foo");
    ck_assert_int_eq(json_set_base64(obj, "b", &bytes), 0);
    ck_assert_int_eq(json_set_base64(obj, "e", &none), 0);
    expect_ok(json_line_write(obj, &line));
    ck_assert_uint_eq(line.len, strlen("{\"b\":\"Zm9v\",\"e\":\"\"}"));
    ck_assert_mem_eq(line.data, "{\"b\":\"Zm9v\",\"e\":\"\"}", line.len);
    ck_assert_int_ne(json_set_base64(NULL, "b", &bytes), 0);
    json_decref(obj);
    buf_free(&bytes);
    buf_free(&line);
}
END_TEST

START_TEST(memory_that_is_used_up_is_reported)
{
    struct buf b = {0};
    volatile size_t too_much = SIZE_MAX;
    buf_append_str(&b, "ab");
    expect_err(json_line_write(NULL, &b), E_NO_MEMORY);
    ck_assert_uint_eq(b.len, 2);
    buf_append(&b, "x", too_much);
    json_t *obj = json_object();
    expect_err(json_line_write(obj, &b), E_NO_MEMORY);
    ck_assert_uint_eq(b.len, 2);
    json_decref(obj);
    buf_free(&b);
}
END_TEST

START_TEST(canonical_lines_are_told_from_others)
{
    static const char *const good[] = {"{}", "{\"b\":1,\"a\":\"\\u4E2D\"}", "{\"a\":[1,-2]}"};
    static const char *const bad[] = {"{ }",
                                      " {}",
                                      "{}\n",
                                      "{\"a\": 1}",
                                      "{\"a\":-0}",
                                      "{\"a\":\"\\u4e2d\"}",
                                      "{\"a\":\"\\/\"}",
                                      "{\"a\":\"\xe4\xb8\xad\"}",
                                      "{\"a\":\"\\u0041\"}",
                                      "",
                                      "{",
                                      "[]",
                                      "{\"a\":1.5}",
                                      "{\"a\":\"\xff\"}",
                                      "{\"a\":\"\\u0000\"}"};
    struct diag d = {0};
    json_t *obj = NULL;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        expect_ok(
            json_line_parse_canonical(good[i], strlen(good[i]), "entry 1", E_LOG_FORMAT, &obj, &d));
        ck_assert(json_is_object(obj));
        json_decref(obj);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        expect_err(
            json_line_parse_canonical(bad[i], strlen(bad[i]), "entry 1", E_PLAN_FORMAT, &obj, &d),
            E_PLAN_FORMAT);
        ck_assert_ptr_null(obj);
        ck_assert_int_eq(d.code, E_PLAN_FORMAT);
        ck_assert_msg(strncmp(d.text, "entry 1: ", 9) == 0, "%s", d.text);
    }
    expect_err(json_line_parse_canonical("{\0", 2, "entry 1", E_LOG_FORMAT, &obj, NULL),
               E_LOG_FORMAT);
}
END_TEST

/* Quick or not, the verdict on a line and the object must be jansson's: here for every line that is one byte away from a
 * common one. */
START_TEST(the_quick_way_is_the_same_way)
{
    static const char line[] = "{\"n\":12,\"id\":\"r-1\",\"end\":true,\"no\":false,\"tbs\":\"MIIB+/==\",\"zero\":0}";
    char changed[sizeof line];
    for (size_t at = 0; at < sizeof line - 1; at++) {
        for (int c = 0; c < 256; c++) {
            memcpy(changed, line, sizeof line);
            changed[at] = (char)c;
            struct buf again = {0};
            json_t *obj = NULL;
            json_t *want = json_loadb(changed, sizeof line - 1, JSON_REJECT_DUPLICATES, NULL);
            if (want != NULL)
                expect_ok(json_line_write(want, &again));
            bool same = again.len == sizeof line - 1 && memcmp(again.data, changed, again.len) == 0;
            enum err e = json_line_parse_canonical(changed, sizeof line - 1, "line", E_LOG_FORMAT, &obj, NULL);
            ck_assert_msg((e == E_OK) == same, "byte %zu is %02x: %s", at, (unsigned)c, changed);
            ck_assert(!same || json_equal(obj, want) == 1);
            json_decref(want);
            json_decref(obj);
            buf_free(&again);
        }
    }
}
END_TEST

START_TEST(numbers_of_every_length)
{
    char line[64];
    json_t *obj;
    int64_t n = 1, back;
    for (int digits = 1; digits <= 19; digits++, n = digits < 19 ? n * 10 : INT64_MAX) {
        snprintf(line, sizeof line, "{\"n\":%lld}", (long long)n);
        expect_ok(json_line_parse_canonical(line, strlen(line), "line", E_LOG_FORMAT, &obj, NULL));
        expect_ok(json_get_integer(obj, "n", 1, INT64_MAX, &back, "line", NULL));
        ck_assert_int_eq(n, back);
        json_decref(obj);
    }
}
END_TEST

static json_t *sample(void)
{
    json_t *obj =
        json_loads("{\"s\":\"text\",\"n\":7,\"null\":null,\"t\":\"2024-02-29T12:00:00Z\","
                   "\"leap\":\"2016-12-31T23:59:60Z\",\"b\":\"Zm9v\",\"bad\":\"Zm9\","
                   "\"h\":\"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\","
                   "\"H\":\"000102030405060708090A0b0c0d0e0f101112131415161718191a1b1c1d1e1f\","
                   "\"short\":\"0001\"}",
                   0, NULL);
    ck_assert_ptr_nonnull(obj);
    return obj;
}

START_TEST(strings_and_integers)
{
    json_t *obj = sample();
    struct diag d = {0};
    const char *s;
    int64_t n;
    expect_ok(json_get_string(obj, "s", &s, "w", &d));
    ck_assert_str_eq(s, "text");
    expect_err(json_get_string(obj, "none", &s, "w", &d), E_FIELD_MISSING);
    ck_assert_ptr_null(s);
    ck_assert_str_eq(d.text, "w: \"none\"");
    expect_err(json_get_string(obj, "n", &s, "w", &d), E_FIELD_VALUE);
    expect_err(json_get_string(obj, "null", &s, "w", &d), E_FIELD_VALUE);
    ck_assert_ptr_null(s);

    expect_ok(json_get_integer(obj, "n", 7, 7, &n, "w", &d));
    ck_assert_int_eq(n, 7);
    expect_ok(json_get_integer(obj, "n", INT64_MIN, INT64_MAX, &n, "w", &d));
    expect_err(json_get_integer(obj, "n", 8, 9, &n, "w", &d), E_FIELD_VALUE);
    ck_assert_int_eq(n, 0);
    expect_err(json_get_integer(obj, "n", 0, 6, &n, "w", &d), E_FIELD_VALUE);
    ck_assert_str_eq(d.text, "w: \"n\" is 7, not from 0 to 6");
    expect_err(json_get_integer(obj, "s", 0, 9, &n, "w", &d), E_FIELD_VALUE);
    expect_err(json_get_integer(obj, "none", 0, 9, &n, "w", &d), E_FIELD_MISSING);
    json_decref(obj);
}
END_TEST

START_TEST(tokens)
{
    char longest[LIMIT_TOKEN_TEXT + 2], token[LIMIT_TOKEN_TEXT + 1];
    struct diag d = {0};
    memset(longest, 'a', sizeof longest - 1);
    longest[LIMIT_TOKEN_TEXT + 1] = '\0';
    json_t *obj = json_pack("{s:s,s:s,s:s,s:s,s:s,s:i}", "plain", "A-z_0.9", "empty", "", "blank", "a b", "long",
                            longest, "fits", longest + 1, "n", 7);
    ck_assert_ptr_nonnull(obj);
    expect_ok(json_get_token(obj, "plain", token, "w", &d));
    ck_assert_str_eq(token, "A-z_0.9");
    expect_ok(json_get_token(obj, "fits", token, "w", &d));
    ck_assert_str_eq(token, longest + 1);
    static const char *const bad[] = {"empty", "blank", "long", "n"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        snprintf(token, sizeof token, "old");
        expect_err(json_get_token(obj, bad[i], token, "w", &d), E_FIELD_VALUE);
        ck_assert_str_eq(token, "");
        ck_assert_ptr_nonnull(strstr(d.text, bad[i]));
    }
    expect_err(json_get_token(obj, "none", token, "w", &d), E_FIELD_MISSING);
    json_decref(obj);
}
END_TEST

START_TEST(times_digests_and_base64)
{
    json_t *obj = sample();
    struct diag d = {0};
    int64_t t;
    uint8_t digest[32];
    expect_ok(json_get_time(obj, "t", &t, "w", &d));
    ck_assert_int_eq(t, 1709208000);
    expect_err(json_get_time(obj, "leap", &t, "w", &d), E_FIELD_VALUE);
    ck_assert_int_eq(t, 0);
    expect_err(json_get_time(obj, "n", &t, "w", &d), E_FIELD_VALUE);
    expect_err(json_get_time(obj, "none", &t, "w", &d), E_FIELD_MISSING);

    expect_ok(json_get_digest(obj, "h", digest, "w", &d));
    for (unsigned i = 0; i < 32; i++)
        ck_assert_uint_eq(digest[i], i);
    expect_err(json_get_digest(obj, "H", digest, "w", &d), E_FIELD_VALUE);
    expect_err(json_get_digest(obj, "short", digest, "w", &d), E_FIELD_VALUE);
    expect_err(json_get_digest(obj, "none", digest, "w", &d), E_FIELD_MISSING);
    ck_assert_uint_eq(digest[1], 0);

    struct buf b = {0};
    expect_ok(json_get_base64(obj, "b", &b, "w", &d));
    ck_assert_uint_eq(b.len, 3);
    ck_assert_mem_eq(b.data, "foo", 3);
    expect_err(json_get_base64(obj, "bad", &b, "w", &d), E_BASE64);
    expect_err(json_get_base64(obj, "n", &b, "w", &d), E_FIELD_VALUE);
    expect_err(json_get_base64(obj, "none", &b, "w", &d), E_FIELD_MISSING);
    ck_assert_uint_eq(b.len, 3);
    buf_free(&b);
    json_decref(obj);
}
END_TEST

START_TEST(unknown_fields_are_named_safely)
{
    static const char *const keys[] = {"a", "b", NULL};
    struct diag d = {0};
    json_t *obj = json_pack("{s:i}", "b", 1);
    expect_ok(json_only(obj, keys, "w", &d));
    json_object_set_new(obj, "\x1b[2J", json_true());
    expect_err(json_only(obj, keys, "w", &d), E_FIELD_UNKNOWN);
    ck_assert_str_eq(d.text, "w: \"\\u{1B}[2J\"");
    json_decref(obj);
    obj = json_object();
    expect_ok(json_only(obj, keys, "w", &d));
    json_decref(obj);
}
END_TEST

/* A stream over these bytes. */
static struct json_lines lines_of(const void *p, size_t n, size_t line_max)
{
    FILE *f = tmpfile();
    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(p, 1, n, f), n);
    rewind(f);
    return (struct json_lines){.f = f, .line_max = line_max};
}

static void assert_line(struct json_lines *l, const char *want, bool want_torn)
{
    bool more;
    bool torn;
    expect_ok(json_lines_next(l, &more, &torn));
    ck_assert(more);
    ck_assert_int_eq(torn, want_torn);
    ck_assert_uint_eq(l->line.len, strlen(want));
    ck_assert(l->line.len == 0 || memcmp(l->line.data, want, l->line.len) == 0);
}

static void assert_end(struct json_lines *l)
{
    bool more = true;
    bool torn = true;
    expect_ok(json_lines_next(l, &more, &torn));
    ck_assert(!more);
    ck_assert(!torn);
    ck_assert_uint_eq(l->line.len, 0);
    fclose(l->f);
    json_lines_free(l);
}

START_TEST(lines_come_one_by_one)
{
    struct json_lines l = lines_of("one\n\nthree\r\nlast", 16, 10);
    assert_line(&l, "one", false);
    ck_assert_uint_eq(l.number, 1);
    ck_assert_uint_eq(l.bytes, 4);
    assert_line(&l, "", false);
    assert_line(&l, "three\r", false);
    assert_line(&l, "last", true);
    ck_assert_uint_eq(l.number, 4);
    ck_assert_uint_eq(l.bytes, 16);
    assert_end(&l);

    l = lines_of("", 0, 10);
    assert_end(&l);
    l = lines_of("\n", 1, 10);
    assert_line(&l, "", false);
    assert_end(&l);
}
END_TEST

START_TEST(a_line_too_long_is_skipped)
{
    struct json_lines l = lines_of("12345\n123456\n12345\n1234567", 26, 5);
    bool more;
    bool torn;
    assert_line(&l, "12345", false);
    expect_err(json_lines_next(&l, &more, &torn), E_LINE_TOO_LONG);
    ck_assert(more);
    ck_assert(!torn);
    ck_assert_uint_eq(l.line.len, 0);
    ck_assert_uint_eq(l.number, 2);
    ck_assert_uint_eq(l.bytes, 13);
    assert_line(&l, "12345", false);
    ck_assert_uint_eq(l.number, 3);
    expect_err(json_lines_next(&l, &more, NULL), E_LINE_TOO_LONG);
    ck_assert_uint_eq(l.bytes, 26);
    assert_end(&l);
}
END_TEST

START_TEST(long_lines_are_whole_and_memory_follows_the_limit)
{
    size_t n = 3 << 20;
    char *big = malloc(n + 1);
    ck_assert_ptr_nonnull(big);
    for (size_t i = 0; i < n; i++)
        big[i] = (char)('a' + i % 23);
    big[n] = '\n';
    bool more;
    struct json_lines l = lines_of(big, n + 1, n);
    expect_ok(json_lines_next(&l, &more, NULL));
    ck_assert_uint_eq(l.line.len, n);
    ck_assert_int_eq(memcmp(l.line.data, big, n), 0);
    assert_end(&l);
    l = lines_of(big, n + 1, 5000);
    expect_err(json_lines_next(&l, &more, NULL), E_LINE_TOO_LONG);
    ck_assert_uint_le(l.line.cap, 16384);
    assert_end(&l);
    free(big);
}
END_TEST

START_TEST(reading_that_fails_is_reported)
{
    struct json_lines l = {.f = fopen("/", "r"), .line_max = 10};
    ck_assert_ptr_nonnull(l.f);
    bool more = true;
    expect_err(json_lines_next(&l, &more, NULL), E_IO);
    ck_assert(!more);
    fclose(l.f);
    json_lines_free(&l);
}
END_TEST

Suite *suite_json(void);
Suite *suite_json(void)
{
    Suite *s = suite_create("json");
    TCase *t = tcase_create("line");
    tcase_add_test(t, one_object_is_taken);
    tcase_add_test(t, anything_else_is_refused);
    tcase_add_test(t, nul_and_bad_utf8_have_their_codes);
    tcase_add_test(t, depth_is_bounded);
    tcase_add_test(t, written_form_is_canonical);
    tcase_add_test(t, bytes_are_written_as_base64);
    tcase_add_test(t, memory_that_is_used_up_is_reported);
    tcase_add_test(t, canonical_lines_are_told_from_others);
    tcase_add_test(t, the_quick_way_is_the_same_way);
    tcase_add_test(t, numbers_of_every_length);
    suite_add_tcase(s, t);
    t = tcase_create("fields");
    tcase_add_test(t, strings_and_integers);
    tcase_add_test(t, tokens);
    tcase_add_test(t, times_digests_and_base64);
    tcase_add_test(t, unknown_fields_are_named_safely);
    suite_add_tcase(s, t);
    t = tcase_create("stream");
    tcase_add_test(t, lines_come_one_by_one);
    tcase_add_test(t, a_line_too_long_is_skipped);
    tcase_add_test(t, long_lines_are_whole_and_memory_follows_the_limit);
    tcase_add_test(t, reading_that_fails_is_reported);
    suite_add_tcase(s, t);
    return s;
}
