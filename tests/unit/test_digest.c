#include "core/digest.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "expect.h"

struct answer {
    enum digest_alg alg;
    const char *text;
    const char *hex;
};

/* GB/T 32905-2016 annex A and FIPS 180-4; the empty texts by two independent programs. */
static const struct answer answers[] = {
    {DIGEST_SM3, "", "1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b"},
    {DIGEST_SM3, "abc", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"},
    {DIGEST_SHA256, "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {DIGEST_SHA256, "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
};
#define ANSWERS (sizeof answers / sizeof answers[0])

START_TEST(known_answers)
{
    for (size_t i = 0; i < ANSWERS; i++) {
        uint8_t out[DIGEST_LEN];
        char hex[DIGEST_HEX];
        expect_ok(digest_bytes(answers[i].alg, answers[i].text, strlen(answers[i].text), out));
        hex_encode(out, sizeof out, hex);
        ck_assert_str_eq(hex, answers[i].hex);
    }
}
END_TEST

START_TEST(pieces_give_the_same_and_final_starts_afresh)
{
    for (size_t i = 0; i < ANSWERS; i++) {
        struct digest *d = NULL;
        expect_ok(digest_new(answers[i].alg, &d));
        for (int round = 0; round < 2; round++) {
            uint8_t out[DIGEST_LEN];
            char hex[DIGEST_HEX];
            for (const char *c = answers[i].text; *c != '\0'; c++)
                expect_ok(digest_update(d, c, 1));
            expect_ok(digest_final(d, out));
            hex_encode(out, sizeof out, hex);
            ck_assert_str_eq(hex, answers[i].hex);
        }
        digest_free(d);
    }
    digest_free(NULL);
}
END_TEST

START_TEST(names)
{
    enum digest_alg alg;
    ck_assert(digest_by_name("sm3", &alg));
    ck_assert_int_eq(alg, DIGEST_SM3);
    ck_assert(digest_by_name("sha256", &alg));
    ck_assert_int_eq(alg, DIGEST_SHA256);
    ck_assert(!digest_by_name("SM3", &alg));
    ck_assert(!digest_by_name("sha-256", &alg));
    ck_assert(!digest_by_name("", &alg));
    ck_assert_str_eq(digest_name(DIGEST_SM3), "sm3");
    ck_assert_str_eq(digest_name(DIGEST_SHA256), "sha256");
}
END_TEST

START_TEST(openssl_that_fails_is_reported)
{
    /* No provider has this property, so OpenSSL finds no digest. Each test runs in its own process.
     */
    ck_assert_int_eq(EVP_set_default_properties(NULL, "provider=none-such"), 1);
    uint8_t out[DIGEST_LEN];
    uint8_t zero[DIGEST_LEN] = {0};
    memset(out, 0xff, sizeof out);
    expect_err(digest_bytes(DIGEST_SM3, "abc", 3, out), E_CRYPTO);
    ck_assert_mem_eq(out, zero, sizeof zero);
    struct digest *d = (struct digest *)out;
    expect_err(digest_new(DIGEST_SHA256, &d), E_CRYPTO);
    ck_assert_ptr_null(d);
    ck_assert_int_eq(EVP_set_default_properties(NULL, ""), 1);
    ERR_clear_error();
}
END_TEST

START_TEST(hex_there_and_back)
{
    uint8_t all[256];
    uint8_t back[256];
    char text[513];
    for (unsigned i = 0; i < 256; i++)
        all[i] = (uint8_t)i;
    hex_encode(all, 256, text);
    ck_assert_uint_eq(strlen(text), 512);
    ck_assert_mem_eq(text, "000102", 6);
    ck_assert_str_eq(text + 508, "feff");
    ck_assert(hex_decode(text, back, 256));
    ck_assert_mem_eq(all, back, 256);
    ck_assert(hex_decode("AbCd", back, 2));
    ck_assert_mem_eq(back, "\xab\xcd", 2);
    ck_assert(hex_decode("", back, 0));
    hex_encode(all, 0, text);
    ck_assert_str_eq(text, "");
}
END_TEST

START_TEST(hex_is_strict)
{
    static const char *const bad[] = {"",     "0",    "00",   "000",  "00000", "000000", "0g00",
                                      "g000", " 000", "00:0", "0x00", "000\n", "-100"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        uint8_t out[2] = {1, 1};
        ck_assert_msg(!hex_decode(bad[i], out, 2), "\"%s\"", bad[i]);
        ck_assert_msg(out[0] == 0 && out[1] == 0, "\"%s\" left something", bad[i]);
    }
}
END_TEST

Suite *suite_digest(void);
Suite *suite_digest(void)
{
    Suite *s = suite_create("digest");
    TCase *t = tcase_create("digest");
    tcase_add_test(t, known_answers);
    tcase_add_test(t, pieces_give_the_same_and_final_starts_afresh);
    tcase_add_test(t, names);
    tcase_add_test(t, openssl_that_fails_is_reported);
    suite_add_tcase(s, t);
    t = tcase_create("hex");
    tcase_add_test(t, hex_there_and_back);
    tcase_add_test(t, hex_is_strict);
    suite_add_tcase(s, t);
    return s;
}
