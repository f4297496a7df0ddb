#include "pki/sm2.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>
#include <string.h>

#include "expect.h"
#include "help_pki.h"
#include "pki/alg.h"
#include "pki/der.h"
#include "pki/key.h"

Suite *suite_sm2(void);

/* GM/T 0003.5 annex A. */
#define SPKI_PREFIX "3059301306072a8648ce3d020106082a811ccf5501822d03420004"
#define POINT                                                                                      \
    "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"                             \
    "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
#define Z "b2e14c5c79c6df5b85f4fe7ed8db7a262b9da7e07ccb0ea9f4747b8ccda8a4f3"
#define DIGEST_E "f0b43e94ba45accaace692ed534382eb17e6ab5a19ce7b31f4486fdfc0d28640"
#define R "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
#define S "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa"

static const struct span annex_message = {(const uint8_t *)"message digest", 14};

START_TEST(annex_a_of_gmt_0003_5)
{
    struct buf spki = {0}, raw = {0}, signature = {0};
    struct key key;
    uint8_t z[DIGEST_LEN], e[DIGEST_LEN];
    char hex[DIGEST_HEX];
    help_hex(SPKI_PREFIX POINT, &spki);
    expect_ok(key_from_spki(buf_span(&spki), &key, NULL));
    expect_ok(sm2_z(key.pkey, z));
    hex_encode(z, sizeof z, hex);
    ck_assert_str_eq(hex, Z);
    expect_ok(sm2_digest(z, annex_message, e));
    hex_encode(e, sizeof e, hex);
    ck_assert_str_eq(hex, DIGEST_E);
    help_hex(R S, &raw);
    expect_ok(sm2_signature_normalise(buf_span(&raw), &signature));
    expect_ok(alg_verify(SIG_SM2_SM3, key.pkey, annex_message, buf_span(&signature)));
    expect_err(
        alg_verify(SIG_SM2_SM3, key.pkey, (struct span){annex_message.p, 13}, buf_span(&signature)),
        E_SIGNATURE_BAD);
    key_free(&key);
    buf_free(&spki);
    buf_free(&raw);
    buf_free(&signature);
}
END_TEST

/* The curve's numbers in sm2.c against those that OpenSSL has: Z over a fresh key, put together
 * here. */
START_TEST(z_is_made_of_openssls_curve)
{
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_sm2);
    BIGNUM *v[4] = {BN_new(), BN_new(), BN_new(), BN_new()};
    ck_assert_int_eq(EC_GROUP_get_curve(group, NULL, v[0], v[1], NULL), 1);
    ck_assert_int_eq(
        EC_POINT_get_affine_coordinates(group, EC_GROUP_get0_generator(group), v[2], v[3], NULL),
        1);
    EVP_PKEY *key = help_key(KEY_SM2);
    uint8_t in[2 + 16 + 6 * 32] = {0x00, 0x80}, point[65], want[DIGEST_LEN], z[DIGEST_LEN];
    size_t n;
    memcpy(in + 2, SM2_ID, 16);
    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(BN_bn2binpad(v[i], in + 18 + 32 * i, 32), 32);
        BN_free(v[i]);
    }
    ck_assert_int_eq(
        EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point, &n), 1);
    memcpy(in + 18 + 128, point + 1, 64);
    expect_ok(digest_bytes(DIGEST_SM3, in, sizeof in, want));
    expect_ok(sm2_z(key, z));
    ck_assert_mem_eq(z, want, DIGEST_LEN);
    EVP_PKEY_free(key);
    EC_GROUP_free(group);
}
END_TEST

/* e signed as a bare digest is a signature over the message: what the token will be asked to do. */
START_TEST(a_signature_over_e_is_one_over_the_message)
{
    EVP_PKEY *key = help_key(KEY_SM2);
    uint8_t z[DIGEST_LEN], e[DIGEST_LEN], signature[128];
    size_t n = sizeof signature;
    expect_ok(sm2_z(key, z));
    expect_ok(sm2_digest(z, annex_message, e));
    EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(key, NULL);
    ck_assert_int_eq(EVP_PKEY_sign_init(c), 1);
    ck_assert_int_eq(EVP_PKEY_sign(c, signature, &n, e, sizeof e), 1);
    expect_ok(alg_verify(SIG_SM2_SM3, key, annex_message, (struct span){signature, n}));
    EVP_PKEY_CTX_free(c);
    EVP_PKEY_free(key);
}
END_TEST

START_TEST(only_sm2_keys_have_z)
{
    uint8_t z[DIGEST_LEN];
    EVP_PKEY *key = help_key(KEY_P256);
    expect_err(sm2_z(key, z), E_KEY_TYPE);
    EVP_PKEY_free(key);
}
END_TEST

static enum err normalise(const char *hex, struct buf *out)
{
    struct buf in = {0};
    help_hex(hex, &in);
    enum err e = sm2_signature_normalise(buf_span(&in), out);
    buf_free(&in);
    return e;
}

#define ONE32 "0000000000000000000000000000000000000000000000000000000000000001"
#define ZERO32 "0000000000000000000000000000000000000000000000000000000000000000"

START_TEST(raw_and_der_become_the_same)
{
    struct buf raw = {0}, der = {0};
    expect_ok(normalise(R S, &raw));
    expect_ok(normalise("3046022100" R "022100" S, &der));
    ck_assert(der_same(buf_span(&raw), buf_span(&der)));
    buf_reset(&raw);
    expect_ok(normalise(ONE32 ONE32, &raw));
    ck_assert_uint_eq(raw.len, 8);
    buf_reset(&der);
    expect_ok(normalise("3006020101020101", &der));
    ck_assert(der_same(buf_span(&raw), buf_span(&der)));
    buf_free(&raw);
    buf_free(&der);
}
END_TEST

START_TEST(other_forms_are_refused)
{
    static const char *const bad[] = {
        "",
        "30",
        "3006020101020101"
        "00",                     /* a byte behind it */
        "300702010102020001",     /* a number that is not minimal */
        "30080201010203000001",   /* and less so */
        "30050200020101",         /* one without a byte */
        "308106020101020101",     /* a length that is not minimal */
        "3006020100020101",       /* r = 0 */
        "3006020101020100",       /* s = 0 */
        "3006020181020101",       /* r < 0 */
        "3009020101020101020101", /* three numbers */
        "3003020101",             /* one number */
        "3106020101020101",       /* a SET */
        "30470222"
        "0100" R "022100" S, /* r longer than 32 bytes */
        "3027022201" R "00"
        "020101",
        "3080020101020101"
        "0000",   /* BER's indefinite length */
        R "b1",   /* 33 bytes */
        R S "00", /* 65 bytes */
        ZERO32 S,
        R ZERO32,
    };
    struct buf out = {0};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        enum err e = normalise(bad[i], &out);
        ck_assert_msg(e == E_SIGNATURE_BAD, "%s", bad[i]);
        ck_assert_uint_eq(out.len, 0);
    }
    expect_seen(E_SIGNATURE_BAD);
    buf_free(&out);
}
END_TEST

START_TEST(a_message_of_no_bytes)
{
    static const uint8_t z[DIGEST_LEN] = {1};
    uint8_t e[DIGEST_LEN], want[DIGEST_LEN];
    expect_ok(sm2_digest(z, (struct span){0}, e));
    expect_ok(digest_bytes(DIGEST_SM3, z, sizeof z, want));
    ck_assert_mem_eq(e, want, DIGEST_LEN);
}
END_TEST

Suite *suite_sm2(void)
{
    Suite *s = suite_create("sm2");
    TCase *c = tcase_create("sm2");
    tcase_add_test(c, annex_a_of_gmt_0003_5);
    tcase_add_test(c, z_is_made_of_openssls_curve);
    tcase_add_test(c, a_signature_over_e_is_one_over_the_message);
    tcase_add_test(c, only_sm2_keys_have_z);
    tcase_add_test(c, a_message_of_no_bytes);
    tcase_add_test(c, raw_and_der_become_the_same);
    tcase_add_test(c, other_forms_are_refused);
    suite_add_tcase(s, c);
    return s;
}
