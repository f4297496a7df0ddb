/* Keys made in the token. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "core/digest.h"
#include "expect.h"
#include "hsm/sign.h"
#include "token.h"

static struct hsm *h;
static struct diag d;
static struct hsm_key *key;

static void setup(void)
{
    token_make();
    h = token_open(POLICY_VENDOR_SOFTHSM_SM2);
}

static void teardown(void)
{
    hsm_close(h);
    token_remove();
}

static enum err generate(const struct policy_key *row)
{
    memset(&d, 0, sizeof d);
    return hsm_key_generate(h, row, &key, &d);
}

static bool flag(CK_OBJECT_CLASS class_, const char *label, CK_ATTRIBUTE_TYPE type)
{
    CK_FUNCTION_LIST *f = token_functions();
    CK_SESSION_HANDLE s = token_session();
    CK_BBOOL value = 2;
    CK_ATTRIBUTE a = {type, &value, sizeof value};
    ck_assert_uint_eq(f->C_GetAttributeValue(s, token_object(s, class_, label), &a, 1), CKR_OK);
    f->C_CloseSession(s);
    return value == CK_TRUE;
}

static void check_attributes(const char *label)
{
    struct hsm_attributes a;
    expect_ok_diag(hsm_key_attributes(key, &a, &d), &d);
    ck_assert(a.sensitive && a.always_sensitive && !a.extractable && a.never_extractable &&
              a.local);
    ck_assert(flag(CKO_PRIVATE_KEY, label, CKA_TOKEN));
    ck_assert(flag(CKO_PRIVATE_KEY, label, CKA_PRIVATE));
    ck_assert(flag(CKO_PRIVATE_KEY, label, CKA_SIGN));
    ck_assert(!flag(CKO_PRIVATE_KEY, label, CKA_DECRYPT));
    ck_assert(!flag(CKO_PRIVATE_KEY, label, CKA_UNWRAP));
    ck_assert(!flag(CKO_PRIVATE_KEY, label, CKA_DERIVE));
    ck_assert(flag(CKO_PUBLIC_KEY, label, CKA_VERIFY));
}

START_TEST(sm2)
{
    expect_ok_diag(generate(token_row("root", KEY_SM2, 256, SIG_SM2_SM3)), &d);
    ck_assert(EVP_PKEY_is_a(hsm_key_public(key), "SM2"));
    check_attributes("root");
    expect_ok_diag(hsm_self_test(key, &d), &d);
}
END_TEST

START_TEST(rsa)
{
    int bits = _i == 0 ? 2048 : 3072;
    BIGNUM *e = NULL;
    expect_ok_diag(generate(token_row("root", KEY_RSA, bits, SIG_RSA_SHA256)), &d);
    ck_assert(EVP_PKEY_is_a(hsm_key_public(key), "RSA"));
    ck_assert_int_eq(EVP_PKEY_get_bits(hsm_key_public(key)), bits);
    ck_assert_int_eq(EVP_PKEY_get_bn_param(hsm_key_public(key), "e", &e), 1);
    ck_assert(BN_is_word(e, 65537));
    BN_free(e);
    check_attributes("root");
    expect_ok_diag(hsm_self_test(key, &d), &d);
}
END_TEST

static void check_id(const char *label, const uint8_t *want, size_t want_n)
{
    CK_FUNCTION_LIST *f = token_functions();
    CK_SESSION_HANDLE s = token_session();
    uint8_t id[64];
    static const CK_OBJECT_CLASS classes[] = {CKO_PRIVATE_KEY, CKO_PUBLIC_KEY};
    for (size_t i = 0; i < 2; i++) {
        CK_ATTRIBUTE a = {CKA_ID, id, sizeof id};
        ck_assert_uint_eq(f->C_GetAttributeValue(s, token_object(s, classes[i], label), &a, 1),
                          CKR_OK);
        ck_assert_uint_eq(a.ulValueLen, want_n);
        ck_assert_mem_eq(id, want, want_n);
    }
    f->C_CloseSession(s);
}

START_TEST(id)
{
    uint8_t digest[DIGEST_LEN];
    expect_ok(digest_bytes(DIGEST_SHA256, "plain", 5, digest));
    expect_ok_diag(generate(token_row("plain", KEY_SM2, 256, SIG_SM2_SM3)), &d);
    check_id("plain", digest, 8);
    struct policy_key row = *token_row("named", KEY_SM2, 256, SIG_SM2_SM3);
    row.uri = TOKEN_URI ";object=named;id=%DE%AD;type=private";
    expect_ok_diag(generate(&row), &d);
    check_id("named", (const uint8_t *)"\xDE\xAD", 2);
}
END_TEST

/* A label that anything bears is taken: also by half a pair, and whatever the id. */
START_TEST(exists)
{
    const struct policy_key *row = token_row("root", KEY_SM2, 256, SIG_SM2_SM3);
    expect_ok_diag(generate(row), &d);
    expect_err(generate(row), E_KEY_EXISTS);
    ck_assert_ptr_null(key);
    struct policy_key other = *token_row("root", KEY_RSA, 2048, SIG_RSA_SHA256);
    other.uri = TOKEN_URI ";object=root;id=%99";
    expect_err(generate(&other), E_KEY_EXISTS);

    CK_FUNCTION_LIST *f = token_functions();
    CK_SESSION_HANDLE s = token_session();
    ck_assert_uint_eq(f->C_DestroyObject(s, token_object(s, CKO_PRIVATE_KEY, "root")), CKR_OK);
    expect_err(generate(row), E_KEY_EXISTS);
    ck_assert_uint_eq(f->C_DestroyObject(s, token_object(s, CKO_PUBLIC_KEY, "root")), CKR_OK);
    expect_ok_diag(generate(row), &d);
}
END_TEST

START_TEST(refused)
{
    struct policy_key row = *token_row("x", KEY_SM2, 256, SIG_SM2_SM3);
    row.uri = TOKEN_URI;
    expect_err(generate(&row), E_POLICY);
    row.uri = "pkcs11:token=another;object=x";
    expect_err(generate(&row), E_TOKEN_MISSING);
    row.uri = TOKEN_URI ";object=x;colour=red";
    expect_err(generate(&row), E_URI);
    row = *token_row("x", KEY_P256, 256, SIG_ECDSA_SHA256);
    expect_err(generate(&row), E_POLICY);
    expect_err(generate(token_row("x", KEY_RSA, 64, SIG_RSA_SHA256)), E_TOKEN);
    ck_assert_ptr_nonnull(strstr(d.text, "C_GenerateKeyPair: CKR_"));
}
END_TEST

/* The vendor's own number for key generation, which this module also has, and one it has not. */
START_TEST(vendor)
{
    hsm_close(h);
    h = token_open(POLICY_VENDOR_SANSEC);
    expect_err(generate(token_row("root", KEY_SM2, 256, SIG_SM2_SM3)), E_TOKEN);
    ck_assert_ptr_nonnull(strstr(d.text, "C_GenerateKeyPair: CKR_MECHANISM_INVALID"));
}
END_TEST

static CK_C_GenerateKeyPair real_generate;

/* A token that pays no heed to what it is asked. */
static CK_RV careless_generate(CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_ATTRIBUTE *pub,
                               CK_ULONG pub_n, CK_ATTRIBUTE *priv, CK_ULONG priv_n,
                               CK_OBJECT_HANDLE *a, CK_OBJECT_HANDLE *b)
{
    CK_BBOOL yes = CK_TRUE;
    for (CK_ULONG i = 0; i < priv_n; i++)
        if (priv[i].type == CKA_EXTRACTABLE)
            priv[i].pValue = &yes;
    return real_generate(s, m, pub, pub_n, priv, priv_n, a, b);
}

/* A key that is not as it was asked for does not stay on the token. */
START_TEST(careless_token)
{
    const struct policy_key *row = token_row("root", KEY_RSA, 2048, SIG_RSA_SHA256);
    CK_FUNCTION_LIST *f = token_functions();
    real_generate = f->C_GenerateKeyPair;
    f->C_GenerateKeyPair = careless_generate;
    expect_err(generate(row), E_KEY_ATTRIBUTES);
    ck_assert_ptr_null(key);
    f->C_GenerateKeyPair = real_generate;
    expect_err(hsm_key_find(h, row, NULL, &key, &d), E_KEY_MISSING);
    expect_ok_diag(generate(row), &d);
}
END_TEST

Suite *suite_keygen(void);
Suite *suite_keygen(void)
{
    Suite *s = suite_create("keygen");
    if (token_module() == NULL) {
        printf("keygen: skipped, ROOTSEAL_MODULE is not set\n");
        return s;
    }
    TCase *t = tcase_create("generate");
    tcase_set_timeout(t, 300);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, sm2);
    tcase_add_loop_test(t, rsa, 0, 2);
    tcase_add_test(t, id);
    tcase_add_test(t, exists);
    tcase_add_test(t, refused);
    tcase_add_test(t, vendor);
    tcase_add_test(t, careless_token);
    suite_add_tcase(s, t);
    return s;
}
