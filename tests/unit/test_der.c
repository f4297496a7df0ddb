#include "pki/der.h"

#include <string.h>

#include "expect.h"
#include "help_pki.h"
#include "pki/pem.h"

Suite *suite_der(void);

static bool check(const char *hex)
{
    struct buf b = {0};
    help_hex(hex, &b);
    bool ok = der_check(buf_span(&b));
    buf_free(&b);
    return ok;
}

START_TEST(what_is_der)
{
    static const char *const good[] = {
        "0500",
        "0101ff",
        "010100",
        "020100",
        "02017f",
        "02020080",
        "0201ff",
        "0202ff7f",
        "030100",
        "03020780",
        "0400",
        "06012a",
        "0603550403",
        "3000",
        "3100",
        "300405000500",
        "3106020101020102",
        "310702010102020080",
        "a0020500",
        "a203020130",
        "8000",
        "800161",
        "0c0161",
        "310602010102"
        "0101",
    };
    static const char *const bad[] = {
        "",
        "05",
        "0501",
        "050100",
        "05000500",
        "0500"
        "00", /* nothing, cut short, not empty, more than one */
        "010101",
        "0100",
        "01020000", /* BOOLEAN */
        "0200",
        "02020001",
        "0202007f",
        "0202ff80", /* INTEGER */
        "0300",
        "03020781",
        "030108",
        "030101",
        "03020880", /* BIT STRING */
        "0600",
        "060180",
        "06028001",
        "0603550480",
        "0604558001"
        "03", /* OBJECT IDENTIFIER */
        "058100",
        "05820000",
        "0580",
        "30800000",
        "3080050000"
        "00",
        "0585000000000"
        "0", /* lengths */
        "0481"
        "0161",
        "04820001"
        "61",
        "048300008061",
        "1000",
        "1100",
        "0000",
        "2000",
        "22030201"
        "01",
        "2400",
        "2c020c00",
        "2800", /* primitive or constructed */
        "3106020102020101",
        "310405000101ff", /* sets out of order, and an element cut short */
        "3003020100"
        "00",
        "3005020100",
        "a00105",
        "1f2001ff",
        "3f200161",
        "30041f200161",
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        ck_assert_msg(check(good[i]), "%s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(!check(bad[i]), "%s", bad[i]);
}
END_TEST

START_TEST(cursor_takes_what_is_asked_for)
{
    static const uint8_t bytes[] = {0x02, 0x01, 0x05, 0x04, 0x02, 0xaa, 0xbb, 0x05};
    struct span in = {bytes, sizeof bytes};
    struct der e;
    ck_assert(!der_take(&in, DER_OCTET_STRING, &e));
    ck_assert_uint_eq(in.n, sizeof bytes);
    ck_assert(der_take(&in, DER_INTEGER, &e) && e.body.n == 1 && e.body.p == bytes + 2 &&
              e.whole.n == 3);
    ck_assert(der_next(&in, &e) && e.tag == DER_OCTET_STRING && e.body.n == 2 &&
              e.whole.p == bytes + 3);
    ck_assert(!der_next(&in, &e) && in.n == 1 && e.body.p == NULL);
}
END_TEST

START_TEST(what_is_written_is_der)
{
    static const size_t lengths[] = {0, 1, 127, 128, 255, 256, 65535, 65536};
    static uint8_t zeros[65536];
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        struct buf b = {0};
        struct der e;
        der_put(&b, DER_OCTET_STRING, (struct span){zeros, lengths[i]});
        struct span in = buf_span(&b);
        ck_assert(der_check(in) && der_next(&in, &e) && in.n == 0 && e.body.n == lengths[i]);
        buf_free(&b);
    }
    static const struct {
        const char *in, *out;
    } numbers[] = {{"", "020100"},        {"00", "020100"},     {"0000", "020100"},
                   {"7f", "02017f"},      {"0080", "02020080"}, {"000001", "020101"},
                   {"ff00", "020300ff00"}};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        struct buf b = {0}, in = {0}, want = {0};
        help_hex(numbers[i].in, &in);
        help_hex(numbers[i].out, &want);
        der_put_unsigned(&b, buf_span(&in));
        ck_assert_msg(der_same(buf_span(&b), buf_span(&want)), "%s", numbers[i].in);
        buf_free(&b);
        buf_free(&in);
        buf_free(&want);
    }
}
END_TEST

START_TEST(depth_is_limited)
{
    uint8_t bytes[200];
    for (unsigned depth = 1; depth < 60; depth++) {
        for (unsigned i = 0; i < depth; i++) {
            bytes[2 * i] = DER_SEQUENCE;
            bytes[2 * i + 1] = (uint8_t)(2 * (depth - 1 - i));
        }
        ck_assert_int_eq(der_check((struct span){bytes, 2 * depth}), depth <= 32);
    }
}
END_TEST

static bool pem(const char *text, const char *label)
{
    struct buf out = {0};
    bool ok = pem_only((struct span){(const uint8_t *)text, strlen(text)}, label, NULL, &out);
    ck_assert_uint_eq(out.len, ok ? 3 : 0);
    buf_free(&out);
    return ok;
}

#define BLOCK "-----BEGIN X-----\nAQID\n-----END X-----\n"

START_TEST(pem_has_one_block)
{
    ck_assert(pem(BLOCK, "X"));
    ck_assert(pem("text\n" BLOCK "text\n", "X"));
    ck_assert(!pem(BLOCK, "Y"));
    ck_assert(!pem("", "X"));
    ck_assert(!pem("text\n", "X"));
    ck_assert(!pem(BLOCK BLOCK, "X"));
    ck_assert(!pem(BLOCK "-----BEGIN X-----\nAQ", "X"));
    ck_assert(!pem("-----BEGIN X-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: "
                   "AES-128-CBC,00\n\nAQID\n-----END X-----\n",
                   "X"));
    ck_assert(!pem("-----BEGIN X-----\nAQID\n-----END Y-----\n", "X"));
}
END_TEST

Suite *suite_der(void)
{
    Suite *s = suite_create("der");
    TCase *c = tcase_create("der");
    tcase_add_test(c, what_is_der);
    tcase_add_test(c, cursor_takes_what_is_asked_for);
    tcase_add_test(c, what_is_written_is_der);
    tcase_add_test(c, depth_is_limited);
    tcase_add_test(c, pem_has_one_block);
    suite_add_tcase(s, c);
    return s;
}
