/* Module, token, login and finding keys. */
#include <check.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "expect.h"
#include "help_pki.h"
#include "hsm/session.h"
#include "hsm/sign.h"
#include "token.h"

static struct hsm *h;
static struct diag d;
static struct hsm_key *key;

static enum err open_(const char *module, const char *uri)
{
    memset(&d, 0, sizeof d);
    return hsm_open(module, uri, POLICY_VENDOR_SOFTHSM_SM2, &token_patience, &h, &d);
}

static enum err login(const char *text)
{
    struct pin pin = {.n = strlen(text)};
    memcpy(pin.text, text, pin.n);
    enum err e = hsm_login(h, &pin, &d);
    pin_wipe(&pin);
    return e;
}

static enum err find(const struct policy_key *row, EVP_PKEY *pinned)
{
    memset(&d, 0, sizeof d);
    return hsm_key_find(h, row, pinned, &key, &d);
}

static const struct policy_key *rsa_row(const char *name)
{
    return token_row(name, KEY_RSA, 2048, SIG_RSA_SHA256);
}

static const struct policy_key *sm2_row(const char *name)
{
    return token_row(name, KEY_SM2, 256, SIG_SM2_SM3);
}

static void generate(const struct policy_key *row)
{
    expect_ok_diag(hsm_key_generate(h, row, &key, &d), &d);
}

/* An RSA or EC pair that Rootseal would not have made. */
static void generate_raw(const char *label, const char *id, CK_BBOOL sensitive,
                         CK_BBOOL extractable, bool p256)
{
    CK_FUNCTION_LIST *f = token_functions();
    CK_SESSION_HANDLE s = token_session();
    CK_OBJECT_HANDLE a, b;
    CK_BBOOL yes = CK_TRUE;
    CK_ULONG bits = 2048;
    CK_MECHANISM mechanism = {p256 ? CKM_EC_KEY_PAIR_GEN : CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0};
    CK_ATTRIBUTE size = {CKA_MODULUS_BITS, &bits, sizeof bits};
    CK_ATTRIBUTE curve = {CKA_EC_PARAMS, (void *)"\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07", 10};
    CK_ATTRIBUTE public_[] = {
        {CKA_TOKEN, &yes, 1},
        {CKA_LABEL, (void *)label, strlen(label)},
        {CKA_ID, (void *)id, strlen(id)},
        p256 ? curve : size,
    };
    CK_ATTRIBUTE private_[] = {
        {CKA_TOKEN, &yes, 1},
        {CKA_LABEL, (void *)label, strlen(label)},
        {CKA_ID, (void *)id, strlen(id)},
        {CKA_PRIVATE, &yes, 1},
        {CKA_SENSITIVE, &sensitive, 1},
        {CKA_EXTRACTABLE, &extractable, 1},
        {CKA_SIGN, &yes, 1},
    };
    ck_assert_uint_eq(f->C_GenerateKeyPair(s, &mechanism, public_, 4, private_, 7, &a, &b), CKR_OK);
    f->C_CloseSession(s);
}

/* Remove one half of a pair. */
static void destroy(CK_OBJECT_CLASS class_, const char *label)
{
    CK_SESSION_HANDLE s = token_session();
    ck_assert_uint_eq(token_functions()->C_DestroyObject(s, token_object(s, class_, label)),
                      CKR_OK);
    token_functions()->C_CloseSession(s);
}

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

/* ---------------------------------------------------------------- module and token */

START_TEST(wrong_module)
{
    expect_err(open_("/nonexistent/module.so", TOKEN_URI), E_MODULE);
    ck_assert_ptr_nonnull(strstr(d.text, "/nonexistent/module.so"));
    ck_assert_ptr_null(h);
    expect_err(open_("libm.so.6", TOKEN_URI), E_MODULE);
    ck_assert_ptr_nonnull(strstr(d.text, "C_GetFunctionList"));
}
END_TEST

/* A module that is there and cannot start says so through libp11. */
START_TEST(module_does_not_start)
{
    const char *was = getenv("SOFTHSM2_CONF");
    ck_assert_ptr_nonnull(was);
    char *conf = strdup(was);
    setenv("SOFTHSM2_CONF", "/nonexistent/softhsm2.conf", 1);
    expect_err(open_(token_module(), TOKEN_URI), E_MODULE_INIT);
    ck_assert_ptr_nonnull(strstr(d.text, "C_Initialize: CKR_"));
    setenv("SOFTHSM2_CONF", conf, 1);
    free(conf);
    expect_ok(open_(token_module(), TOKEN_URI));
    hsm_close(h);
}
END_TEST

START_TEST(wrong_token)
{
    expect_err(open_(token_module(), "pkcs11:token=another"), E_TOKEN_MISSING);
    ck_assert_ptr_nonnull(strstr(d.text, "another"));
    expect_err(open_(token_module(), TOKEN_URI ";serial=0"), E_TOKEN_MISSING);
    expect_err(open_(token_module(), "pkcs11:slot-id=0"), E_URI);
    token_add("another");
    expect_err(open_(token_module(), "pkcs11:manufacturer=SoftHSM%20project"), E_TOKEN_AMBIGUOUS);
    expect_ok(open_(token_module(), TOKEN_URI));
    const struct hsm_identity *i = hsm_identity(h);
    ck_assert_str_eq(i->label, "rootseal-test");
    ck_assert_str_eq(i->manufacturer, "SoftHSM project");
    ck_assert_uint_eq(strlen(i->serial), 16);
    ck_assert(!i->pinpad && !i->pin_low && !i->pin_final);
    hsm_close(h);
    token_add("rootseal-test");
    expect_err(open_(token_module(), TOKEN_URI), E_TOKEN_AMBIGUOUS);
}
END_TEST

/* ---------------------------------------------------------------- login */

static unsigned logins;
static CK_RV answer;
static CK_C_Login real_login;

static CK_RV counting_login(CK_SESSION_HANDLE s, CK_USER_TYPE user, CK_UTF8CHAR *pin, CK_ULONG n)
{
    logins++;
    return answer != CKR_OK ? answer : real_login(s, user, pin, n);
}

START_TEST(wrong_pin_is_tried_once)
{
    expect_ok(open_(token_module(), TOKEN_URI));
    CK_FUNCTION_LIST *f = token_functions();
    real_login = f->C_Login;
    logins = 0;
    answer = CKR_OK;
    f->C_Login = counting_login;
    expect_err(login("000000"), E_PIN_WRONG);
    ck_assert_uint_eq(logins, 1);
    ck_assert_ptr_null(strstr(d.text, "000000"));
    ck_assert(hsm_identity(h)->pin_low);
    expect_err(hsm_login(h, NULL, &d), E_PIN_MISSING);
    ck_assert_uint_eq(logins, 1);
    f->C_Login = real_login;
    hsm_close(h);

    /* The token itself remembers one failure until the right PIN comes. */
    expect_ok(open_(token_module(), TOKEN_URI));
    ck_assert(hsm_identity(h)->pin_low);
    expect_ok(login(TOKEN_PIN));
    expect_ok(login(TOKEN_PIN));
    hsm_close(h);
    expect_ok(open_(token_module(), TOKEN_URI));
    ck_assert(!hsm_identity(h)->pin_low);
    hsm_close(h);
}
END_TEST

START_TEST(login_answers)
{
    static const struct {
        CK_RV rv;
        enum err code;
        const char *text;
    } rows[] = {
        {CKR_PIN_LOCKED, E_PIN_LOCKED, "rootseal-test"},
        {CKR_PIN_LEN_RANGE, E_PIN_WRONG, "CKR_PIN_LEN_RANGE"},
        {CKR_PIN_INVALID, E_PIN_WRONG, "CKR_PIN_INVALID"},
        {CKR_DEVICE_REMOVED, E_TOKEN, "C_Login: CKR_DEVICE_REMOVED"},
        {CKR_HOST_MEMORY, E_NO_MEMORY, "CKR_HOST_MEMORY"},
        {0x80000009, E_TOKEN, "CKR 0x80000009"},
        {CKR_USER_ALREADY_LOGGED_IN, E_OK, ""},
    };
    expect_ok(open_(token_module(), TOKEN_URI));
    CK_FUNCTION_LIST *f = token_functions();
    real_login = f->C_Login;
    f->C_Login = counting_login;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        answer = rows[i].rv;
        memset(&d, 0, sizeof d);
        expect_err(login(TOKEN_PIN), rows[i].code);
        ck_assert_ptr_nonnull(strstr(d.text, rows[i].text));
    }
    f->C_Login = real_login;
    hsm_close(h);
}
END_TEST

/* ---------------------------------------------------------------- finding keys */

START_TEST(missing_key)
{
    expect_err(find(sm2_row("nobody"), NULL), E_KEY_MISSING);
    ck_assert_ptr_nonnull(strstr(d.text, "object=nobody"));
    ck_assert_ptr_null(key);

    generate(sm2_row("here"));
    expect_ok_diag(find(sm2_row("here"), NULL), &d);
    struct policy_key row = *sm2_row("here");
    row.uri = "pkcs11:token=elsewhere;object=here";
    expect_err(find(&row, NULL), E_KEY_MISSING);
    row.uri = TOKEN_URI ";object=here;id=%01";
    expect_err(find(&row, NULL), E_KEY_MISSING);
    row.uri = TOKEN_URI;
    expect_err(find(&row, NULL), E_URI);
    row.uri = "pkcs11:object=here?pin-value=1";
    expect_err(find(&row, NULL), E_URI);
    row = *sm2_row("here");
    row.alg = SIG_RSA_SHA256;
    expect_err(find(&row, NULL), E_POLICY);
    row.kind = KEY_P256;
    row.alg = SIG_ECDSA_SHA256;
    expect_err(find(&row, NULL), E_POLICY);
}
END_TEST

START_TEST(ambiguous_key)
{
    generate_raw("twin", "1", CK_TRUE, CK_FALSE, false);
    generate_raw("twin", "2", CK_TRUE, CK_FALSE, false);
    struct policy_key row = *rsa_row("twin");
    expect_err(find(&row, NULL), E_KEY_AMBIGUOUS);
    row.uri = TOKEN_URI ";object=twin;id=2";
    expect_ok_diag(find(&row, NULL), &d);
    EVP_PKEY *second = hsm_key_public(key);
    ck_assert_ptr_eq(hsm_key_row(key), &row);
    row.uri = TOKEN_URI ";object=twin;id=1";
    expect_ok_diag(find(&row, NULL), &d);
    ck_assert_int_ne(EVP_PKEY_eq(hsm_key_public(key), second), 1);
}
END_TEST

START_TEST(unconfined_key)
{
    generate_raw("readable", "1", CK_FALSE, CK_FALSE, false);
    expect_err(find(rsa_row("readable"), NULL), E_KEY_ATTRIBUTES);
    generate_raw("wrappable", "1", CK_TRUE, CK_TRUE, false);
    expect_err(find(rsa_row("wrappable"), NULL), E_KEY_ATTRIBUTES);
    ck_assert_ptr_nonnull(strstr(d.text, "extractable"));
}
END_TEST

static enum err find_public(const struct policy_key *row, EVP_PKEY *wanted)
{
    memset(&d, 0, sizeof d);
    return hsm_key_find_public(h, row, wanted, &key, &d);
}

/* The certificate of the key, beside it on the token; nobody looks at who signed it. */
static void put_certificate(EVP_PKEY *public_key, CK_OBJECT_HANDLE private_key)
{
    CK_FUNCTION_LIST *f = token_functions();
    CK_SESSION_HANDLE s = token_session();
    CK_OBJECT_CLASS class_ = CKO_CERTIFICATE;
    CK_CERTIFICATE_TYPE type = CKC_X_509;
    CK_BBOOL yes = CK_TRUE;
    CK_OBJECT_HANDLE made;
    uint8_t id[64];
    CK_ATTRIBUTE its_id = {CKA_ID, id, sizeof id};
    EVP_PKEY *other = help_key(KEY_SM2);
    X509 *cert = help_cert(other, SIG_SM2_SM3, "officer");
    unsigned char *der = NULL;
    ck_assert_int_eq(X509_set_pubkey(cert, public_key), 1);
    ck_assert_int_gt(i2d_re_X509_tbs(cert, NULL), 0); /* or the bytes would be those of before */
    int n = i2d_X509(cert, &der);
    ck_assert_int_gt(n, 0);
    ck_assert_uint_eq(f->C_GetAttributeValue(s, private_key, &its_id, 1), CKR_OK);
    CK_ATTRIBUTE a[] = {{CKA_CLASS, &class_, sizeof class_}, {CKA_CERTIFICATE_TYPE, &type, sizeof type},
                        {CKA_TOKEN, &yes, 1}, its_id, {CKA_SUBJECT, "0", 1}, {CKA_VALUE, der, (CK_ULONG)n}};
    ck_assert_uint_eq(f->C_CreateObject(s, a, 6, &made), CKR_OK);
    OPENSSL_free(der);
    X509_free(cert);
    EVP_PKEY_free(other);
}

/* Whatever it is called, and whatever else is on the token. */
START_TEST(found_by_its_public_key)
{
    struct policy_key rsa = *rsa_row("officer"), sm2 = *sm2_row("officer");
    rsa.uri = sm2.uri = TOKEN_URI;
    generate(rsa_row("first"));
    EVP_PKEY *first = hsm_key_public(key);
    expect_err(find_public(&sm2, first), E_KEY_MISSING);
    generate(sm2_row("second"));
    EVP_PKEY *second = hsm_key_public(key);
    generate(sm2_row("third"));
    generate_raw("nist", "1", CK_TRUE, CK_FALSE, true);
    expect_ok_diag(find_public(&rsa, first), &d);
    expect_ok_diag(hsm_self_test(key, &d), &d);
    expect_ok_diag(find_public(&sm2, second), &d);
    ck_assert_int_eq(EVP_PKEY_eq(hsm_key_public(key), second), 1);
    expect_ok_diag(hsm_self_test(key, &d), &d);

    /* Without its public object an RSA key tells its modulus, an SM2 key nothing, until there is its certificate. */
    CK_SESSION_HANDLE s = token_session();
    CK_FUNCTION_LIST *f = token_functions();
    ck_assert_uint_eq(f->C_DestroyObject(s, token_object(s, CKO_PUBLIC_KEY, "first")), CKR_OK);
    ck_assert_uint_eq(f->C_DestroyObject(s, token_object(s, CKO_PUBLIC_KEY, "second")), CKR_OK);
    expect_ok_diag(find_public(&rsa, first), &d);
    expect_err(find_public(&sm2, second), E_KEY_MISSING);
    ck_assert_ptr_null(key);
    put_certificate(second, token_object(s, CKO_PRIVATE_KEY, "second"));
    expect_ok_diag(find_public(&sm2, second), &d);
    expect_ok_diag(hsm_self_test(key, &d), &d);

    generate_raw("wrappable", "2", CK_TRUE, CK_TRUE, false);
    expect_err(find(rsa_row("wrappable"), NULL), E_KEY_ATTRIBUTES);
    sm2.kind = KEY_P256;
    sm2.alg = SIG_ECDSA_SHA256;
    expect_err(find_public(&sm2, second), E_POLICY);
}
END_TEST

START_TEST(other_kind_of_key)
{
    generate_raw("nist", "1", CK_TRUE, CK_FALSE, true);
    expect_err(find(sm2_row("nist"), NULL), E_KEY_MISMATCH);
    expect_err(find(rsa_row("nist"), NULL), E_KEY_MISMATCH);
    generate_raw("small", "1", CK_TRUE, CK_FALSE, false);
    expect_err(find(token_row("small", KEY_RSA, 3072, SIG_RSA_SHA256), NULL), E_KEY_MISMATCH);
    expect_err(find(sm2_row("small"), NULL), E_KEY_MISMATCH);
}
END_TEST

static void check_pinned(const struct policy_key *a, const struct policy_key *b)
{
    generate(a);
    EVP_PKEY *mine = hsm_key_public(key);
    generate(b);
    EVP_PKEY *other = hsm_key_public(key);

    expect_ok_diag(find(a, mine), &d);
    ck_assert_ptr_eq(hsm_key_public(key), mine);
    expect_err(find(a, other), E_KEY_MISMATCH);
    ck_assert_ptr_null(key);
    expect_ok_diag(find(a, NULL), &d);
    ck_assert_int_eq(EVP_PKEY_eq(hsm_key_public(key), mine), 1);
}

START_TEST(pinned_sm2)
{
    check_pinned(sm2_row("a"), sm2_row("b"));
    /* Without its public object an SM2 key is whatever is pinned (and its first signature will
     * tell). */
    destroy(CKO_PUBLIC_KEY, "a");
    expect_err(find(sm2_row("a"), NULL), E_KEY_MISSING);
    ck_assert_ptr_nonnull(strstr(d.text, "public"));
    EVP_PKEY *rsa = EVP_RSA_gen(2048);
    expect_err(find(sm2_row("a"), rsa), E_KEY_MISMATCH);
    EVP_PKEY_free(rsa);
}
END_TEST

START_TEST(pinned_rsa)
{
    const struct policy_key *a = rsa_row("a");
    check_pinned(a, rsa_row("b"));
    /* A private RSA key shows its modulus itself. */
    destroy(CKO_PUBLIC_KEY, "a");
    expect_ok_diag(find(a, NULL), &d);
    EVP_PKEY *other = EVP_RSA_gen(2048);
    expect_err(find(a, other), E_KEY_MISMATCH);
    EVP_PKEY_free(other);
}
END_TEST

/* ---------------------------------------------------------------- the forms of a point */

static CK_C_GetAttributeValue real_get;
static enum { BARE_POINT, NO_PARAMS, OFF_CURVE } disguise;

/* Shows EC points and parameters as other vendors' tokens do. */
static CK_RV disguised_get(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o, CK_ATTRIBUTE *a, CK_ULONG n)
{
    CK_RV rv = real_get(s, o, a, n);
    if (rv != CKR_OK || n != 1 || a->pValue == NULL)
        return rv;
    if (disguise == NO_PARAMS && a->type == CKA_EC_PARAMS)
        return CKR_ATTRIBUTE_TYPE_INVALID;
    if (disguise == BARE_POINT && a->type == CKA_EC_POINT) {
        a->ulValueLen -= 2;
        memmove(a->pValue, (uint8_t *)a->pValue + 2, a->ulValueLen);
    }
    if (disguise == OFF_CURVE && a->type == CKA_EC_POINT)
        ((uint8_t *)a->pValue)[40] ^= 1;
    return CKR_OK;
}

START_TEST(point_forms)
{
    const struct policy_key *row = sm2_row("a");
    generate(row);
    EVP_PKEY *mine = hsm_key_public(key);
    CK_FUNCTION_LIST *f = token_functions();
    real_get = f->C_GetAttributeValue;
    f->C_GetAttributeValue = disguised_get;
    disguise = BARE_POINT;
    expect_ok_diag(find(row, mine), &d);
    disguise = NO_PARAMS;
    expect_ok_diag(find(row, mine), &d);
    disguise = OFF_CURVE;
    expect_err(find(row, mine), E_KEY_MISMATCH);
    f->C_GetAttributeValue = real_get;
}
END_TEST

Suite *suite_hsm(void);
Suite *suite_hsm(void)
{
    Suite *s = suite_create("hsm");
    if (token_module() == NULL) {
        printf("hsm: skipped, ROOTSEAL_MODULE is not set\n");
        return s;
    }
    TCase *t = tcase_create("token");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, token_make, token_remove);
    tcase_add_test(t, wrong_module);
    tcase_add_test(t, module_does_not_start);
    tcase_add_test(t, wrong_token);
    tcase_add_test(t, wrong_pin_is_tried_once);
    tcase_add_test(t, login_answers);
    suite_add_tcase(s, t);
    t = tcase_create("keys");
    tcase_set_timeout(t, 120);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, missing_key);
    tcase_add_test(t, ambiguous_key);
    tcase_add_test(t, unconfined_key);
    tcase_add_test(t, found_by_its_public_key);
    tcase_add_test(t, other_kind_of_key);
    tcase_add_test(t, pinned_sm2);
    tcase_add_test(t, pinned_rsa);
    tcase_add_test(t, point_forms);
    suite_add_tcase(s, t);
    return s;
}
