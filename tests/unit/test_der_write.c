#include <check.h>
#include <openssl/asn1.h>
#include <string.h>

#include "core/clock.h"
#include "expect.h"
#include "help_pki.h"
#include "pki/der_write.h"

Suite *suite_der_write(void);

static void expect_bytes(struct buf *b, const char *hex)
{
    struct buf want = {0};
    help_hex(hex, &want);
    expect_ok(buf_err(b));
    ck_assert_uint_eq(b->len, want.len);
    ck_assert_mem_eq(b->data, want.data, want.len);
    buf_free(&want);
    buf_free(b);
}

START_TEST(values_nest)
{
    struct buf b = {0};
    size_t a = der_open(&b, DER_SEQUENCE);
    size_t empty = der_open(&b, DER_SEQUENCE);
    der_close(&b, empty);
    size_t inner = der_open(&b, DER_CONSTRUCTED + 3);
    der_true(&b);
    der_value(&b, DER_OCTET_STRING, "\x01\x02", 2);
    der_value(&b, DER_NULL, NULL, 0);
    der_close(&b, inner);
    der_close(&b, a);
    expect_bytes(&b, "300d3000a3090101ff0402010205"
                     "00");
}
END_TEST

/* Each length at which the number of its octets changes, three levels deep, read by the checker
 * that shares nothing with the writer. */
START_TEST(lengths_follow)
{
    static const size_t sizes[] = {0,   1,   121, 122, 123, 124,   125,   126,   127,
                                   128, 129, 254, 255, 256, 65530, 65535, 65536, 70000};
    static uint8_t filler[70000];
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct buf b = {0};
        struct der e;
        buf_append_str(&b, "before");
        size_t one = der_open(&b, DER_SEQUENCE);
        size_t two = der_open(&b, DER_CONSTRUCTED + 0);
        der_value(&b, DER_OCTET_STRING, filler, sizes[i]);
        der_close(&b, two);
        der_close(&b, one);
        expect_ok(buf_err(&b));
        ck_assert_mem_eq(b.data, "before", 6);
        struct span in = {b.data + 6, b.len - 6};
        ck_assert(der_check(in));
        ck_assert(der_take(&in, DER_SEQUENCE, &e) && in.n == 0);
        in = e.body;
        ck_assert(der_take(&in, DER_CONSTRUCTED + 0, &e) && in.n == 0);
        in = e.body;
        ck_assert(der_take(&in, DER_OCTET_STRING, &e) && in.n == 0);
        ck_assert_uint_eq(e.body.n, sizes[i]);
        buf_free(&b);
    }
}
END_TEST

START_TEST(oids)
{
    struct buf b = {0};
    expect_ok(der_oid(&b, "1.2.156.10197.1.301"));
    expect_bytes(&b, "06082a811ccf5501822d");
    expect_ok(der_oid(&b, "2.999.1"));
    expect_bytes(&b, "0603883701");
    expect_err(der_oid(&b, "1.2.x"), E_FIELD_VALUE);
    expect_err(der_oid(&b, ""), E_FIELD_VALUE);
    expect_err(der_oid(&b, "3.1"), E_FIELD_VALUE);
    ck_assert_uint_eq(b.len, 0);
    buf_free(&b);
}
END_TEST

static void expect_time(const char *iso, int type, const char *text)
{
    struct buf b = {0};
    int64_t t;
    ck_assert(clock_parse(iso, &t));
    der_time(&b, t);
    ck_assert_uint_eq(b.len, 2 + strlen(text));
    ck_assert_int_eq(b.data[0], type);
    ck_assert_mem_eq(b.data + 2, text, strlen(text));
    buf_free(&b);
}

/* RFC 5280 4.1.2.5. */
START_TEST(times)
{
    expect_time("1970-01-01T00:00:00Z", V_ASN1_UTCTIME, "700101000000Z");
    expect_time("1999-12-31T23:59:59Z", V_ASN1_UTCTIME, "991231235959Z");
    expect_time("2000-01-01T00:00:00Z", V_ASN1_UTCTIME, "000101000000Z");
    expect_time("2028-02-29T12:34:56Z", V_ASN1_UTCTIME, "280229123456Z");
    expect_time("2049-12-31T23:59:59Z", V_ASN1_UTCTIME, "491231235959Z");
    expect_time("2050-01-01T00:00:00Z", V_ASN1_GENERALIZEDTIME, "20500101000000Z");
    expect_time("9999-12-31T23:59:59Z", V_ASN1_GENERALIZEDTIME, "99991231235959Z");
}
END_TEST

/* What has no four-digit year cannot be written: it must fail, not write something else. */
START_TEST(times_beyond_the_form)
{
    static const int64_t beyond[] = {-1, INT64_C(253402300800), INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < 4; i++) {
        struct buf b = {0};
        der_time(&b, beyond[i]);
        ck_assert_int_ne(buf_err(&b), E_OK);
        buf_free(&b);
    }
}
END_TEST

START_TEST(a_failed_buffer_stays_failed)
{
    struct buf b = {.failed = true};
    size_t at = der_open(&b, DER_SEQUENCE);
    der_value(&b, DER_NULL, NULL, 0);
    der_close(&b, at);
    expect_err(buf_err(&b), E_NO_MEMORY);
    ck_assert_uint_eq(b.len, 0);
    buf_free(&b);
}
END_TEST

Suite *suite_der_write(void)
{
    Suite *s = suite_create("der_write");
    TCase *t = tcase_create("der_write");
    tcase_add_test(t, values_nest);
    tcase_add_test(t, lengths_follow);
    tcase_add_test(t, oids);
    tcase_add_test(t, times);
    tcase_add_test(t, times_beyond_the_form);
    tcase_add_test(t, a_failed_buffer_stays_failed);
    suite_add_tcase(s, t);
    return s;
}
