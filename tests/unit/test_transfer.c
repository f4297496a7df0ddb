/* A key is taken to a second token. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "expect.h"
#include "hsm/inventory.h"
#include "hsm/sign.h"
#include "hsm/transfer.h"
#include "token.h"

#define SECOND_URI "pkcs11:token=second"

static struct hsm *h, *second;
static struct diag d;
static struct policy_key row; /* names no token, so that it fits both */
static struct hsm_key *key;

static void setup(void)
{
    memset(&d, 0, sizeof d);
    token_make();
    token_add("second");
    h = token_open(POLICY_VENDOR_SOFTHSM_SM2);
    expect_ok_diag(hsm_open_second(h, SECOND_URI, &second, &d), &d);
    expect_ok_diag(hsm_login(second, &(struct pin){.text = TOKEN_PIN, .n = strlen(TOKEN_PIN)}, &d), &d);
}

static void teardown(void)
{
    hsm_close(second);
    hsm_close(h);
    token_remove();
}

static enum err move(void)
{
    memset(&d, 0, sizeof d);
    static const struct span challenge = {(const uint8_t *)"challenge", 9};
    struct buf here = {0}, there = {0};
    enum err e = hsm_key_transfer(h, second, &row, hsm_key_public(key), challenge, &here, &there, &d);
    if (e == E_OK) {
        expect_ok(alg_verify(row.alg, hsm_key_public(key), challenge, buf_span(&here)));
        expect_ok(alg_verify(row.alg, hsm_key_public(key), challenge, buf_span(&there)));
    } else {
        ck_assert_uint_eq(there.len, 0);
    }
    buf_free(&here);
    buf_free(&there);
    return e;
}

static void make(int kind, bool transferable)
{
    row = *(kind == 0 ? token_row("root", KEY_RSA, 2048, SIG_RSA_SHA256) : token_row("root", KEY_SM2, 256, SIG_SM2_SM3));
    row.uri = "pkcs11:object=root";
    row.transferable = transferable;
    expect_ok_diag(hsm_key_generate(h, &row, &key, &d), &d);
}

static struct hsm_attributes attributes(struct hsm_key *k)
{
    struct hsm_attributes a;
    expect_ok_diag(hsm_key_attributes(k, &a, &d), &d);
    return a;
}

/* Open, it is refused wherever keys are looked up; copied, the second token signs as the first one; closed, it stays. */
START_TEST(moved)
{
    struct hsm_key *here, *there;
    struct buf signature = {0};
    const struct span text = {(const uint8_t *)"text", 4};
    make(0, true);
    struct hsm_attributes a = attributes(key);
    ck_assert(a.sensitive && a.always_sensitive && a.local && a.extractable && !a.never_extractable);
    expect_ok_diag(hsm_self_test(key, &d), &d);
    expect_err(hsm_key_find(h, &row, NULL, &here, &d), E_KEY_ATTRIBUTES);
    ck_assert_ptr_nonnull(strstr(d.text, "is open"));

    expect_ok_diag(move(), &d);
    expect_ok_diag(hsm_key_find(second, &row, NULL, &there, &d), &d);
    ck_assert_int_eq(EVP_PKEY_eq(hsm_key_public(there), hsm_key_public(key)), 1);
    a = attributes(there);
    ck_assert(a.sensitive && !a.extractable && !a.always_sensitive && !a.never_extractable && !a.local);
    expect_ok_diag(hsm_sign(there, text, &signature, &d), &d);
    expect_ok(alg_verify(row.alg, hsm_key_public(key), text, buf_span(&signature)));

    expect_ok_diag(hsm_key_confine(h, &row, hsm_key_public(key), &d), &d);
    expect_ok_diag(hsm_key_find(h, &row, hsm_key_public(key), &here, &d), &d);
    a = attributes(here);
    ck_assert(a.sensitive && a.always_sensitive && a.local && !a.extractable && !a.never_extractable);
    expect_ok_diag(hsm_key_confine(h, &row, hsm_key_public(key), &d), &d);
    /* both once more: what is there is proven again */
    expect_ok_diag(move(), &d);
    buf_free(&signature);
}
END_TEST

/* Cut off between the private and the public object: the same call makes the second. */
START_TEST(completed)
{
    struct hsm_objects all;
    make(0, true);
    expect_ok_diag(move(), &d);
    expect_ok_diag(hsm_objects(second, "root", &all, &d), &d);
    ck_assert_uint_eq(all.n, 2);
    CK_FUNCTION_LIST *f = token_functions();
    CK_SESSION_HANDLE s = 0;
    CK_SLOT_ID slots[8];
    CK_ULONG n = 8;
    ck_assert_uint_eq(f->C_GetSlotList(CK_TRUE, slots, &n), CKR_OK);
    for (CK_ULONG i = 0; i < n; i++) {
        CK_TOKEN_INFO info;
        ck_assert_uint_eq(f->C_GetTokenInfo(slots[i], &info), CKR_OK);
        if (memcmp(info.label, "second ", 7) == 0)
            ck_assert_uint_eq(f->C_OpenSession(slots[i], CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &s), CKR_OK);
    }
    ck_assert_uint_eq(f->C_DestroyObject(s, all.v[1].handle), CKR_OK);
    hsm_objects_free(&all);
    expect_ok_diag(move(), &d);
    expect_ok_diag(hsm_objects(second, "root", &all, &d), &d);
    ck_assert_uint_eq(all.n, 2);
    hsm_objects_free(&all);
}
END_TEST

/* A key of the usual kind never leaves; one that was closed leaves no more. */
START_TEST(stays)
{
    make(_i, false);
    expect_err(move(), E_KEY_STAYS);
    ck_assert_ptr_nonnull(strstr(d.text, "made never to leave"));
    expect_ok_diag(hsm_key_confine(h, &row, hsm_key_public(key), &d), &d); /* as it is */
}
END_TEST

START_TEST(closed_first)
{
    make(0, true);
    expect_ok_diag(hsm_key_confine(h, &row, hsm_key_public(key), &d), &d);
    expect_err(move(), E_KEY_STAYS);
    ck_assert_ptr_nonnull(strstr(d.text, "was closed"));
}
END_TEST

/* The second token has another key of that name. */
START_TEST(in_use_there)
{
    struct hsm_key *other;
    make(0, true);
    struct policy_key usual = row;
    usual.transferable = false;
    expect_ok_diag(hsm_key_generate(second, &usual, &other, &d), &d);
    expect_err(move(), E_KEY_MISMATCH);
    expect_ok_diag(hsm_self_test(other, &d), &d);
}
END_TEST

static CK_C_UnwrapKey real_unwrap;

/* As SoftHSM does with what it does not know. */
static CK_RV unwrap_aes_only(CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_OBJECT_HANDLE by, CK_BYTE *in, CK_ULONG n, CK_ATTRIBUTE *a,
                             CK_ULONG a_n, CK_OBJECT_HANDLE *o)
{
    return m->mechanism == CKM_AES_KEY_WRAP_PAD ? CKR_MECHANISM_INVALID : real_unwrap(s, m, by, in, n, a, a_n, o);
}

/* The software token makes no SM2 key that could leave; and one that cannot unwrap a key has nothing left on it. */
START_TEST(no_way)
{
    struct hsm_objects all;
    row = *token_row("sm2", KEY_SM2, 256, SIG_SM2_SM3);
    row.transferable = true;
    expect_err(hsm_key_generate(h, &row, &key, &d), E_TOKEN);
    make(0, true);
    CK_FUNCTION_LIST *f = token_functions();
    real_unwrap = f->C_UnwrapKey;
    f->C_UnwrapKey = unwrap_aes_only;
    expect_err(move(), E_KEY_STAYS);
    ck_assert_ptr_nonnull(strstr(d.text, "C_UnwrapKey: CKR_MECHANISM_INVALID"));
    f->C_UnwrapKey = real_unwrap;
    expect_ok_diag(hsm_objects(second, NULL, &all, &d), &d);
    for (size_t i = 0; i < all.n; i++) /* the keys of the way live as long as the session */
        ck_assert_str_eq(all.v[i].label, "");
    hsm_objects_free(&all);
}
END_TEST

/* One call answers so, once; what it answers tells whether the key stays, or the token failed. */
static CK_RV answer;
static const char *answering;
static CK_C_WrapKey real_wrap;
static CK_C_GenerateKey real_generate;
static CK_C_CreateObject real_create;
static CK_C_GenerateKeyPair real_pair;

static bool answers(const char *call)
{
    return strcmp(answering, call) == 0;
}

static CK_RV told_wrap(CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_OBJECT_HANDLE by, CK_OBJECT_HANDLE k, CK_BYTE *out, CK_ULONG *n)
{
    return answers(m->mechanism == CKM_AES_KEY_WRAP_PAD ? "C_WrapKey" : "C_WrapKey for the way") ? answer
                                                                                                  : real_wrap(s, m, by, k, out, n);
}
static CK_RV told_unwrap(CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_OBJECT_HANDLE by, CK_BYTE *in, CK_ULONG n, CK_ATTRIBUTE *a,
                         CK_ULONG a_n, CK_OBJECT_HANDLE *o)
{
    return answers(m->mechanism == CKM_AES_KEY_WRAP_PAD ? "C_UnwrapKey" : "C_UnwrapKey for the way")
               ? answer
               : real_unwrap(s, m, by, in, n, a, a_n, o);
}
static CK_RV told_generate(CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_ATTRIBUTE *a, CK_ULONG n, CK_OBJECT_HANDLE *o)
{
    return answers("C_GenerateKey") ? answer : real_generate(s, m, a, n, o);
}
static CK_RV told_create(CK_SESSION_HANDLE s, CK_ATTRIBUTE *a, CK_ULONG n, CK_OBJECT_HANDLE *o)
{
    return answers("C_CreateObject") ? answer : real_create(s, a, n, o);
}
static CK_RV told_pair(CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_ATTRIBUTE *a, CK_ULONG n, CK_ATTRIBUTE *b, CK_ULONG b_n,
                       CK_OBJECT_HANDLE *o, CK_OBJECT_HANDLE *p)
{
    return answers("C_GenerateKeyPair") ? answer : real_pair(s, m, a, n, b, b_n, o, p);
}

static void tell(void)
{
    CK_FUNCTION_LIST *f = token_functions();
    real_wrap = f->C_WrapKey, f->C_WrapKey = told_wrap;
    real_unwrap = f->C_UnwrapKey, f->C_UnwrapKey = told_unwrap;
    real_generate = f->C_GenerateKey, f->C_GenerateKey = told_generate;
    real_create = f->C_CreateObject, f->C_CreateObject = told_create;
    real_pair = f->C_GenerateKeyPair, f->C_GenerateKeyPair = told_pair;
}

static void tell_no_more(void)
{
    CK_FUNCTION_LIST *f = token_functions();
    f->C_WrapKey = real_wrap;
    f->C_UnwrapKey = real_unwrap;
    f->C_GenerateKey = real_generate;
    f->C_CreateObject = real_create;
    f->C_GenerateKeyPair = real_pair;
}

/* "The token does not allow it" is said of what the token does not allow, and not of one that failed or was pulled. */
START_TEST(classified)
{
    static const char *const calls[] = {"C_GenerateKeyPair",     "C_CreateObject",          "C_GenerateKey", "C_WrapKey for the way",
                                        "C_UnwrapKey for the way", "C_WrapKey", "C_UnwrapKey"};
    static const struct {
        CK_RV rv;
        enum err e;
        const char *name;
    } want[] = {
        {CKR_KEY_UNEXTRACTABLE, E_KEY_STAYS, "CKR_KEY_UNEXTRACTABLE"},
        {CKR_KEY_NOT_WRAPPABLE, E_KEY_STAYS, "CKR_KEY_NOT_WRAPPABLE"},
        {CKR_MECHANISM_INVALID, E_KEY_STAYS, "CKR_MECHANISM_INVALID"},
        {CKR_FUNCTION_NOT_SUPPORTED, E_KEY_STAYS, "CKR_FUNCTION_NOT_SUPPORTED"},
        {CKR_WRAPPING_KEY_SIZE_RANGE, E_KEY_STAYS, "CKR_WRAPPING_KEY_SIZE_RANGE"},
        {CKR_TEMPLATE_INCONSISTENT, E_KEY_STAYS, "CKR_TEMPLATE_INCONSISTENT"},
        {CKR_DEVICE_REMOVED, E_TOKEN, "CKR_DEVICE_REMOVED"},
        {CKR_DEVICE_ERROR, E_TOKEN, "CKR_DEVICE_ERROR"},
        {CKR_SESSION_HANDLE_INVALID, E_TOKEN, "CKR_SESSION_HANDLE_INVALID"},
        {CKR_USER_NOT_LOGGED_IN, E_TOKEN, "CKR_USER_NOT_LOGGED_IN"},
        {CKR_GENERAL_ERROR, E_TOKEN, "CKR_GENERAL_ERROR"},
        {CKR_HOST_MEMORY, E_NO_MEMORY, "CKR_HOST_MEMORY"},
    };
    make(0, true);
    tell();
    for (size_t c = 0; c < sizeof calls / sizeof *calls; c++)
        for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
            answering = calls[c];
            answer = want[i].rv;
            expect_err(move(), want[i].e);
            ck_assert_msg(strstr(d.text, want[i].name) != NULL, "%s: %s", calls[c], d.text);
        }
    tell_no_more();
    expect_ok_diag(move(), &d);
}
END_TEST

/* That it is closed is shown by a refusal; by a token that was pulled, nothing is. */
START_TEST(closed_is_shown)
{
    static const struct {
        const char *call;
        CK_RV rv;
        enum err e;
    } want[] = {{"C_WrapKey", CKR_DEVICE_REMOVED, E_TOKEN},     {"C_WrapKey", CKR_GENERAL_ERROR, E_TOKEN},
                {"C_GenerateKey", CKR_DEVICE_REMOVED, E_TOKEN}, {"C_WrapKey", CKR_KEY_UNEXTRACTABLE, E_OK},
                {"C_WrapKey", CKR_MECHANISM_INVALID, E_OK},     {"C_GenerateKey", CKR_MECHANISM_INVALID, E_OK},
                {"none", CKR_OK, E_OK}};
    make(0, true);
    tell();
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        answering = want[i].call;
        answer = want[i].rv;
        memset(&d, 0, sizeof d);
        enum err e = hsm_key_confine(h, &row, hsm_key_public(key), &d);
        ck_assert_msg(e == want[i].e, "%s, 0x%lx: %s: %s", want[i].call, (unsigned long)want[i].rv, err_name(e), d.text);
    }
    tell_no_more();
}
END_TEST

static CK_C_SetAttributeValue real_set;

static CK_RV forgetful_set(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o, CK_ATTRIBUTE *a, CK_ULONG n)
{
    (void)s, (void)o, (void)a, (void)n;
    return CKR_OK;
}

/* A token that only says that it closed the key. */
START_TEST(not_closed)
{
    make(0, true);
    CK_FUNCTION_LIST *f = token_functions();
    real_set = f->C_SetAttributeValue;
    f->C_SetAttributeValue = forgetful_set;
    expect_err(hsm_key_confine(h, &row, hsm_key_public(key), &d), E_KEY_ATTRIBUTES);
    f->C_SetAttributeValue = real_set;
}
END_TEST

START_TEST(which_token)
{
    struct hsm *none;
    expect_err(hsm_open_second(h, TOKEN_URI, &none, &d), E_TOKEN_AMBIGUOUS);
    ck_assert_ptr_null(none);
    expect_err(hsm_open_second(h, "pkcs11:token=third", &none, &d), E_TOKEN_MISSING);
    /* both fit this one, and one of them is open */
    expect_ok_diag(hsm_open_second(h, "pkcs11:model=SoftHSM%20v2", &none, &d), &d);
    ck_assert_str_eq(hsm_identity(none)->serial, hsm_identity(second)->serial);
    hsm_close(none);
}
END_TEST

Suite *suite_transfer(void);
Suite *suite_transfer(void)
{
    Suite *s = suite_create("transfer");
    if (token_module() == NULL) {
        printf("transfer: skipped, ROOTSEAL_MODULE is not set\n");
        return s;
    }
    TCase *t = tcase_create("transfer");
    tcase_set_timeout(t, 300);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, moved);
    tcase_add_test(t, completed);
    tcase_add_loop_test(t, stays, 0, 2);
    tcase_add_test(t, closed_first);
    tcase_add_test(t, in_use_there);
    tcase_add_test(t, no_way);
    tcase_add_test(t, classified);
    tcase_add_test(t, closed_is_shown);
    tcase_add_test(t, not_closed);
    tcase_add_test(t, which_token);
    suite_add_tcase(s, t);
    return s;
}
