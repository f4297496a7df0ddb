#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/limits.h"
#include "expect.h"
#include "log/record.h"
#include "sample_records.h"

static const uint8_t prev[DIGEST_LEN] = {0xab, 0xcd};

#define TIME INT64_C(1760000000) /* 2025-10-09T08:53:20Z */

static void write_sample(enum record_type type, struct buf *out)
{
    struct diag d = {0};
    expect_ok_diag(record_write(5, TIME, type, prev, sample_fields(type, "sm3"), out, &d), &d);
}

static struct span text(const char *s)
{
    return (struct span){(const uint8_t *)s, strlen(s)};
}

/* The object written without any check: what a forger would write. */
static char *forge(const json_t *obj)
{
    char *line = json_dumps(obj, JSON_COMPACT | JSON_ENSURE_ASCII);
    ck_assert_ptr_nonnull(line);
    return line;
}

static void expect_refused(const json_t *obj)
{
    struct record r;
    struct diag d = {0};
    char *line = forge(obj);
    enum err e = record_parse(text(line), &r, &d);
    ck_assert_msg(e == E_LOG_FORMAT, "%s for %s", err_name(e), line);
    expect_seen(e);
    ck_assert_ptr_null(r.obj);
    ck_assert_int_eq(d.code, E_LOG_FORMAT);
    free(line);
}

/* A whole sample line as an object. */
static json_t *sample_object(enum record_type type)
{
    struct buf line = {0};
    write_sample(type, &line);
    json_t *obj = json_loadb((const char *)line.data, line.len, 0, NULL);
    ck_assert_ptr_nonnull(obj);
    buf_free(&line);
    return obj;
}

START_TEST(every_type_round_trips)
{
    enum record_type type = (enum record_type)_i;
    struct buf line = {0};
    struct buf again = {0};
    struct record r;
    struct diag d = {0};
    write_sample(type, &line);
    expect_ok_diag(record_parse(buf_span(&line), &r, &d), &d);
    ck_assert_uint_eq(r.seq, 5);
    ck_assert_int_eq(r.time, TIME);
    ck_assert_int_eq(r.type, type);
    ck_assert_mem_eq(r.prev, prev, DIGEST_LEN);
    ck_assert_str_eq(json_string_value(json_object_get(r.obj, "type")), record_type_name(type));
    /* Its own fields, taken out again, give the same line. */
    ck_assert_int_eq(json_object_del(r.obj, "seq") | json_object_del(r.obj, "time") |
                         json_object_del(r.obj, "type") | json_object_del(r.obj, "prev"),
                     0);
    expect_ok_diag(record_write(5, TIME, type, prev, json_incref(r.obj), &again, &d), &d);
    ck_assert_uint_eq(again.len, line.len);
    ck_assert_mem_eq(again.data, line.data, line.len);
    record_free(&r);
    ck_assert_ptr_null(r.obj);
    buf_free(&line);
    buf_free(&again);
}
END_TEST

START_TEST(the_form_is_as_documented)
{
    struct buf line = {0};
    struct record r;
    write_sample(RECORD_SELF_TEST, &line);
    buf_append_byte(&line, 0);
    ck_assert_str_eq(
        (const char *)line.data,
        "{\"seq\":5,\"time\":\"2025-10-09T08:53:20Z\",\"type\":\"self-test\",\"prev\":\""
        "abcd000000000000000000000000000000000000000000000000000000000000\",\"key\":\"root.sm2\"}");
    expect_err(record_parse(buf_span(&line), &r, NULL), E_LOG_FORMAT); /* a NUL follows */
    buf_free(&line);
}
END_TEST

START_TEST(missing_fields_are_refused)
{
    json_t *whole = sample_object((enum record_type)_i);
    const char *key;
    json_t *value;
    json_object_foreach(whole, key, value) {
        json_t *obj = json_copy(whole);
        ck_assert_int_eq(json_object_del(obj, key), 0);
        expect_refused(obj);
        json_decref(obj);
    }
    json_decref(whole);
}
END_TEST

START_TEST(added_fields_are_refused)
{
    json_t *whole = sample_object((enum record_type)_i);
    for (size_t at = 0; at <= json_object_size(whole); at++) {
        json_t *obj = json_object();
        const char *key;
        json_t *value;
        size_t i = 0;
        json_object_foreach(whole, key, value) {
            if (i++ == at)
                json_object_set_new(obj, "extra", json_integer(1));
            json_object_set(obj, key, value);
        }
        if (at == json_object_size(whole))
            json_object_set_new(obj, "extra", json_integer(1));
        ck_assert_uint_eq(json_object_size(obj), json_object_size(whole) + 1);
        expect_refused(obj);
        json_decref(obj);
    }
    json_decref(whole);
}
END_TEST

START_TEST(swapped_fields_are_refused)
{
    json_t *whole = sample_object((enum record_type)_i);
    size_t n = json_object_size(whole);
    const char *keys[16] = {NULL};
    const char *key;
    json_t *value;
    size_t count = 0;
    json_object_foreach(whole, key, value)
        keys[count++] = key;
    for (size_t a = 0; a < n; a++)
        for (size_t b = a + 1; b < n; b++) {
            json_t *obj = json_object();
            for (size_t i = 0; i < n; i++) {
                const char *k = keys[i == a ? b : i == b ? a : i];
                json_object_set(obj, k, json_object_get(whole, k));
            }
            expect_refused(obj);
            json_decref(obj);
        }
    json_decref(whole);
}
END_TEST

/* Every field once with a value of every other type. */
START_TEST(other_types_are_refused)
{
    json_t *whole = sample_object((enum record_type)_i);
    json_t *values[] = {json_null(),   json_true(),  json_integer(3), json_integer(-1),
                        json_object(), json_array(), json_string("*")};
    const char *key;
    json_t *value;
    json_object_foreach(whole, key, value) {
        for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
            bool same = json_typeof(values[i]) == json_typeof(value) ||
                        (json_is_boolean(values[i]) && json_is_boolean(value));
            bool text_that_may_be_anything =
                json_is_string(values[i]) &&
                (strcmp(key, "clause") == 0 || strcmp(key, "program") == 0 ||
                 ((strncmp(key, "token-", 6) == 0 || strncmp(key, "module", 6) == 0) && strstr(key, "ware") == NULL &&
                  strstr(key, "version") == NULL));
            bool number_in_range = json_is_integer(values[i]) && json_integer_value(values[i]) > 0;
            if (same && (!json_is_string(value) || text_that_may_be_anything) &&
                !(json_is_integer(value) && !number_in_range))
                continue;
            json_t *obj = json_copy(whole);
            ck_assert_int_eq(json_object_set(obj, key, values[i]), 0);
            expect_refused(obj);
            json_decref(obj);
        }
    }
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        json_decref(values[i]);
    json_decref(whole);
}
END_TEST

#define HEX_62 "00112233445566778899aabbccddeeff00112233445566778899aabbccddee"

static const struct {
    enum record_type type;
    const char *field;
    const char *value; /* JSON */
} wrong_values[] = {
    {RECORD_GENESIS, "hash", "\"sha1\""},
    {RECORD_GENESIS, "hash", "\"SM3\""},
    {RECORD_GENESIS, "program", "\"\""},
    {RECORD_GENESIS, "program", "\"\\u00e4\""},
    {RECORD_GENESIS, "program", "\"\\u0007\""},
    {RECORD_GENESIS, "program",
     "\"01234567890123456789012345678901234567890123456789012345678901234\""},
    {RECORD_GENESIS, "policy", "\"" HEX_62 "\""},
    {RECORD_GENESIS, "policy", "\"" HEX_62 "FF\""},
    {RECORD_GENESIS, "policy", "\"" HEX_62 "fg\""},
    {RECORD_GENESIS, "policy", "\"" HEX_62 "ffff\""},
    {RECORD_GENESIS, "token-label", "\"\\u202e\""},
    {RECORD_GENESIS, "token-label", "\"a\\u001b[1m\""},
    {RECORD_GENESIS, "token-serial",
     "\"" HEX_62 HEX_62 "01234\""},
    {RECORD_KEYGEN, "key", "\"\""},
    {RECORD_KEYGEN, "key", "\".hidden\""},
    {RECORD_KEYGEN, "key", "\"a/b\""},
    {RECORD_KEYGEN, "key", "\"01234567890123456789012345678901234567890123456789012345678901234\""},
    {RECORD_KEYGEN, "algorithm", "\"rsa-md5\""},
    {RECORD_KEYGEN, "public-key", "\"\""},
    {RECORD_KEYGEN, "public-key", "\"MFk\""},
    {RECORD_KEYGEN, "public-key", "\"MFl=\""},
    {RECORD_KEYGEN, "public-key", "\"MF k\""},
    {RECORD_KEYGEN, "local", "\"true\""},
    {RECORD_TOKEN, "token-firmware", "\"2\""},
    {RECORD_TOKEN, "token-firmware", "\"2.\""},
    {RECORD_TOKEN, "token-hardware", "\".2\""},
    {RECORD_TOKEN, "module-version", "\"2.6.1\""},
    {RECORD_TOKEN, "module-version", "\"1000.6\""},
    {RECORD_TOKEN, "module-version", "\"2\""},
    {RECORD_TOKEN, "module-version", "\"2.\""},
    {RECORD_TOKEN, "module-version", "\"2.1000\""},
    {RECORD_TOKEN, "module-version", "2"},
    {RECORD_DESTROYED, "public-key", "\"" HEX_62 "\""},
    {RECORD_ENDING, "private", "0"},
    {RECORD_TRANSFERRED, "challenge", "\"\""},
    {RECORD_TRANSFERRED, "copy-signature", "\"\""},
    {RECORD_ANCHOR, "certificate", "\"\""},
    {RECORD_BATCH, "authority", "\"a b\""},
    {RECORD_BATCH, "ra", "\"\\u00e4\""},
    {RECORD_BATCH, "sequence", "-1"},
    {RECORD_BATCH, "requests", "-1"},
    {RECORD_PLAN, "issue", "-1"},
    {RECORD_PLAN, "refuse", "-1"},
    {RECORD_ISSUED, "n", "0"},
    {RECORD_ISSUED, "serial", "\"\""},
    {RECORD_ISSUED, "serial", "\"1\""},
    {RECORD_ISSUED, "serial", "\"123\""},
    {RECORD_ISSUED, "serial", "\"0A\""},
    {RECORD_ISSUED, "serial", "\"0x01\""},
    {RECORD_ISSUED, "serial", "\"000102030405060708090a0b0c0d0e0f1011121314\""},
    {RECORD_REFUSED, "n", "-1"},
    {RECORD_REFUSED, "code", "\"E_OK\""},
    {RECORD_REFUSED, "code", "\"E_NOT_IN_THE_TABLE\""},
    {RECORD_REFUSED, "code", "\"\""},
    {RECORD_REFUSED, "clause", "\"\\n\""},
    {RECORD_REFUSED, "clause", "\"\\u7b2c\""},
    {RECORD_SEAL, "size", "0"},
    {RECORD_RECOVERY, "torn", "0"},
    {RECORD_ANCHOR, "seq", "0"},
    {RECORD_ANCHOR, "time", "\"2025-10-09T08:53:20+00:00\""},
    {RECORD_ANCHOR, "time", "\"2025-02-29T08:53:20Z\""},
    {RECORD_ANCHOR, "type", "\"genesi\""},
    {RECORD_ANCHOR, "type", "\"unknown\""},
    {RECORD_ANCHOR, "prev", "\"" HEX_62 "\""},
};

START_TEST(wrong_values_are_refused)
{
    json_t *obj = sample_object(wrong_values[_i].type);
    json_t *value = json_loads(wrong_values[_i].value, JSON_DECODE_ANY, NULL);
    ck_assert_ptr_nonnull(value);
    ck_assert_ptr_nonnull(json_object_get(obj, wrong_values[_i].field));
    ck_assert_int_eq(json_object_set_new(obj, wrong_values[_i].field, value), 0);
    expect_refused(obj);
    json_decref(obj);

    /* The writer refuses what the reader would. */
    json_t *fields = sample_fields(wrong_values[_i].type, "sm3");
    if (json_object_get(fields, wrong_values[_i].field) != NULL) {
        struct buf out = {0};
        struct diag d = {0};
        ck_assert_int_eq(
            json_object_set_new(fields, wrong_values[_i].field,
                                json_loads(wrong_values[_i].value, JSON_DECODE_ANY, NULL)),
            0);
        expect_err(record_write(5, TIME, wrong_values[_i].type, prev, fields, &out, &d),
                   E_LOG_FORMAT);
        ck_assert_uint_eq(out.len, 0);
        buf_free(&out);
    } else {
        json_decref(fields);
    }
}
END_TEST

START_TEST(a_clause_may_be_200_characters)
{
    char clause[202];
    memset(clause, 'x', sizeof clause);
    clause[201] = '\0';
    json_t *obj = sample_object(RECORD_REFUSED);
    json_object_set_new(obj, "clause", json_string(clause));
    expect_refused(obj);
    json_object_set_new(obj, "clause", json_string(clause + 1));
    char *line = forge(obj);
    struct record r;
    expect_ok(record_parse(text(line), &r, NULL));
    record_free(&r);
    free(line);
    json_decref(obj);
}
END_TEST

#define MIDDLE                                                                                    \
    "\"time\":\"2025-10-09T08:53:20Z\",\"type\":\"self-test\",\"prev\":\"" HEX_62 "ff\",\"key\":"

static const char *const not_canonical[] = {
    "",
    "[]",
    "{}",
    "null",
    "{\"seq\":5",
    "{\"seq\": 5," MIDDLE "\"a\"}",
    "{\"seq\":5," MIDDLE "\"a\"} ",
    "{\"seq\":5," MIDDLE "\"a\"}\r",
    "{\"seq\":5," MIDDLE "\"\\u0061\"}",
    "{\"seq\":5,\"seq\":5," MIDDLE "\"a\"}",
    "{\"seq\":5.0," MIDDLE "\"a\"}",
    "{\"seq\":5," MIDDLE "\"\xff\"}",
};

START_TEST(the_one_spelling_is_read)
{
    struct record r;
    struct diag d = {0};
    expect_ok_diag(record_parse(text("{\"seq\":5," MIDDLE "\"a\"}"), &r, &d), &d);
    record_free(&r);
}
END_TEST

START_TEST(other_spellings_are_refused)
{
    struct record r;
    struct diag d = {0};
    expect_err(record_parse(text(not_canonical[_i]), &r, &d), E_LOG_FORMAT);
}
END_TEST

START_TEST(long_lines_are_refused)
{
    struct buf out = {0};
    struct diag d = {0};
    struct record r;
    buf_append_str(&out, "before");
    char *certificate = malloc(LIMIT_LOG_LINE + 1);
    memset(certificate, 'A', LIMIT_LOG_LINE);
    certificate[LIMIT_LOG_LINE] = '\0';
    json_t *fields = json_pack("{s:s, s:s}", "key", "root", "certificate", certificate);
    expect_err(record_write(5, TIME, RECORD_ANCHOR, prev, fields, &out, &d), E_LOG_FORMAT);
    ck_assert_uint_eq(out.len, 6);
    expect_err(record_parse((struct span){(uint8_t *)certificate, LIMIT_LOG_LINE + 1}, &r, &d),
               E_LOG_FORMAT);
    free(certificate);
    buf_free(&out);
}
END_TEST

START_TEST(the_writer_checks_its_arguments)
{
    struct buf out = {0};
    struct diag d = {0};
    expect_err(record_write(5, TIME, RECORD_SELF_TEST, prev, NULL, &out, &d), E_NO_MEMORY);
    expect_err(record_write(0, TIME, RECORD_SELF_TEST, prev, sample_fields(RECORD_SELF_TEST, NULL),
                            &out, &d),
               E_LOG_FORMAT);
    expect_err(record_write(UINT64_C(1) << 63, TIME, RECORD_SELF_TEST, prev, sample_fields(RECORD_SELF_TEST, NULL),
                            &out, &d),
               E_LOG_FORMAT);
    expect_err(record_write(5, -1, RECORD_SELF_TEST, prev, sample_fields(RECORD_SELF_TEST, NULL),
                            &out, &d),
               E_LOG_FORMAT);
    expect_err(record_write(5, TIME, RECORD_TYPE_COUNT, prev, sample_fields(RECORD_SELF_TEST, NULL),
                            &out, &d),
               E_LOG_FORMAT);
    expect_err(
        record_write(5, TIME, RECORD_BUNDLE, prev, sample_fields(RECORD_SELF_TEST, NULL), &out, &d),
        E_LOG_FORMAT);
    ck_assert_uint_eq(out.len, 0);
    ck_assert_str_eq(record_type_name(RECORD_TYPE_COUNT), "unknown");
    buf_free(&out);
}
END_TEST

START_TEST(fields_are_taken_out)
{
    struct buf line = {0};
    struct record r;
    struct diag d = {0};
    uint8_t digest[DIGEST_LEN], want[DIGEST_LEN];
    write_sample(RECORD_PLAN, &line);
    expect_ok_diag(record_parse(buf_span(&line), &r, &d), &d);
    ck_assert_str_eq(record_text(&r, "authority"), "smartca");
    ck_assert_str_eq(record_text(&r, "type"), "plan");
    ck_assert_str_eq(record_text(&r, "issue"), "");
    ck_assert_str_eq(record_text(&r, "none"), "");
    ck_assert_int_eq(record_number(&r, "issue"), 52);
    ck_assert_int_eq(record_number(&r, "seq"), 5);
    ck_assert_int_eq(record_number(&r, "ra"), 0);
    ck_assert_int_eq(record_number(&r, "none"), 0);
    expect_ok(record_digest(&r, "intake", digest));
    ck_assert(hex_decode(record_text(&r, "intake"), want, DIGEST_LEN));
    ck_assert_mem_eq(digest, want, DIGEST_LEN);
    static const uint8_t zeros[DIGEST_LEN];
    static const char *const not_digests[] = {"ra", "issue", "none"};
    for (size_t i = 0; i < sizeof not_digests / sizeof not_digests[0]; i++) {
        memset(digest, 1, DIGEST_LEN);
        expect_err(record_digest(&r, not_digests[i], digest), E_LOG_FORMAT);
        ck_assert_mem_eq(digest, zeros, DIGEST_LEN);
    }
    record_free(&r);
    buf_free(&line);
}
END_TEST

#define COUNT(array) ((int)(sizeof(array) / sizeof(array)[0]))

Suite *suite_record(void);
/* A line that answers a request, and not one that turns a whole batch away. */
START_TEST(what_is_an_outcome)
{
    json_t *fields = json_pack("{s:i}", "n", 0);
    struct record r = {.type = RECORD_REFUSED, .obj = fields};
    ck_assert(!record_is_outcome(&r));
    json_object_set_new(fields, "n", json_integer(1));
    ck_assert(record_is_outcome(&r));
    for (int type = 0; type < RECORD_TYPE_COUNT; type++) {
        r.type = (enum record_type)type;
        ck_assert_int_eq(record_is_outcome(&r), type == RECORD_ISSUED || type == RECORD_REVOKED || type == RECORD_ACCEPTED ||
                                                    type == RECORD_CRL || type == RECORD_OCSP || type == RECORD_REFUSED);
    }
    json_decref(fields);
}
END_TEST

Suite *suite_record(void)
{
    Suite *s = suite_create("record");
    TCase *t = tcase_create("lines");
    tcase_add_loop_test(t, every_type_round_trips, 0, RECORD_TYPE_COUNT);
    tcase_add_test(t, the_form_is_as_documented);
    tcase_add_loop_test(t, missing_fields_are_refused, 0, RECORD_TYPE_COUNT);
    tcase_add_loop_test(t, added_fields_are_refused, 0, RECORD_TYPE_COUNT);
    tcase_add_loop_test(t, swapped_fields_are_refused, 0, RECORD_TYPE_COUNT);
    tcase_add_loop_test(t, other_types_are_refused, 0, RECORD_TYPE_COUNT);
    tcase_add_loop_test(t, wrong_values_are_refused, 0, COUNT(wrong_values));
    tcase_add_test(t, a_clause_may_be_200_characters);
    tcase_add_test(t, the_one_spelling_is_read);
    tcase_add_loop_test(t, other_spellings_are_refused, 0, COUNT(not_canonical));
    tcase_add_test(t, long_lines_are_refused);
    tcase_add_test(t, the_writer_checks_its_arguments);
    tcase_add_test(t, fields_are_taken_out);
    tcase_add_test(t, what_is_an_outcome);
    suite_add_tcase(s, t);
    return s;
}
