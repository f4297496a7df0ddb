/* The data object that holds the head of the log. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "expect.h"
#include "hsm/hsm.h"
#include "token.h"

static struct hsm *h;
static struct diag d;

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

START_TEST(round_trip)
{
    uint8_t value[512], back[512];
    size_t n = 99;
    memset(value, 0xA5, sizeof value);
    expect_ok(hsm_data_read(h, "head", back, sizeof back, &n, &d));
    ck_assert_uint_eq(n, 0);
    expect_ok_diag(hsm_data_write(h, "head", "one", 3, &d), &d);
    expect_ok_diag(hsm_data_write(h, "other", "x", 1, &d), &d);
    expect_ok_diag(hsm_data_write(h, "head", value, sizeof value, &d), &d);
    expect_ok_diag(hsm_data_read(h, "head", back, sizeof back, &n, &d), &d);
    ck_assert_uint_eq(n, sizeof value);
    ck_assert_mem_eq(value, back, n);
    expect_err(hsm_data_read(h, "head", back, 100, &n, &d), E_TOKEN);
    ck_assert_uint_eq(n, 0);
    expect_err(hsm_data_write(h, "head", value, sizeof value + 1, &d), E_TOKEN);
    expect_ok_diag(hsm_data_write(h, "head", "two", 3, &d), &d);
    hsm_close(h);

    /* It outlives the session, and only who knows the PIN sees it. */
    struct pin pin = {.text = TOKEN_PIN, .n = strlen(TOKEN_PIN)};
    expect_ok(hsm_open(token_module(), TOKEN_URI, POLICY_VENDOR_SOFTHSM_SM2, &token_patience, &h, &d));
    expect_ok(hsm_data_read(h, "head", back, sizeof back, &n, &d));
    ck_assert_uint_eq(n, 0);
    expect_err(hsm_data_write(h, "head", "zero", 4, &d), E_TOKEN);
    expect_ok(hsm_login(h, &pin, &d));
    expect_ok_diag(hsm_data_read(h, "head", back, sizeof back, &n, &d), &d);
    ck_assert_uint_eq(n, 3);
    ck_assert_mem_eq(back, "two", 3);
}
END_TEST

static CK_C_CreateObject real_create;
static CK_C_DestroyObject real_destroy;
static CK_C_SetAttributeValue real_set;
static int calls_left;

static CK_RV cut_create(CK_SESSION_HANDLE s, CK_ATTRIBUTE *a, CK_ULONG n, CK_OBJECT_HANDLE *o)
{
    return calls_left-- > 0 ? real_create(s, a, n, o) : CKR_DEVICE_REMOVED;
}

static CK_RV cut_destroy(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o)
{
    return calls_left-- > 0 ? real_destroy(s, o) : CKR_DEVICE_REMOVED;
}

static CK_RV cut_set(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o, CK_ATTRIBUTE *a, CK_ULONG n)
{
    return calls_left-- > 0 ? real_set(s, o, a, n) : CKR_DEVICE_REMOVED;
}

/* Cut off after every number of calls that change the token, over and over, there is always the old
 * value or the new one to read, and a write that goes through leaves one object. */
START_TEST(cut_off)
{
    CK_FUNCTION_LIST *f = token_functions();
    real_create = f->C_CreateObject;
    real_destroy = f->C_DestroyObject;
    real_set = f->C_SetAttributeValue;
    f->C_CreateObject = cut_create;
    f->C_DestroyObject = cut_destroy;
    f->C_SetAttributeValue = cut_set;
    char old[16] = "", new_[16], back[16];
    size_t n;
    unsigned failures = 0;
    for (int i = 0; i < 60; i++) {
        snprintf(new_, sizeof new_, "value %d", i);
        calls_left = i * 7 % 6;
        enum err e = hsm_data_write(h, "head", new_, strlen(new_), &d);
        ck_assert(e == E_OK || e == E_TOKEN);
        failures += e != E_OK;
        expect_ok_diag(hsm_data_read(h, "head", back, sizeof back, &n, &d), &d);
        bool is_new = n == strlen(new_) && memcmp(back, new_, n) == 0;
        bool is_old = n == strlen(old) && memcmp(back, old, n) == 0;
        ck_assert(e == E_OK ? is_new : is_new || is_old);
        memcpy(old, back, n);
        old[n] = '\0';
        if (e == E_OK) {
            CK_SESSION_HANDLE s = token_session();
            token_object(s, CKO_DATA, "head");
            f->C_CloseSession(s);
        }
    }
    ck_assert_uint_gt(failures, 20);
    ck_assert_uint_lt(failures, 60);
    f->C_CreateObject = real_create;
    f->C_DestroyObject = real_destroy;
    f->C_SetAttributeValue = real_set;
}
END_TEST

static CK_RV value_answer;
static CK_C_GetAttributeValue real_get;

static CK_RV failing_get(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o, CK_ATTRIBUTE *a, CK_ULONG n)
{
    return a->type == CKA_VALUE ? value_answer : real_get(s, o, a, n);
}

/* A token that fails is not one without a head; an object that is broken is passed over. */
START_TEST(value_unreadable)
{
    static const struct {
        CK_RV rv;
        enum err err;
    } rows[] = {
        {CKR_DEVICE_ERROR, E_TOKEN},     {CKR_DEVICE_REMOVED, E_TOKEN},      {CKR_SESSION_HANDLE_INVALID, E_TOKEN},
        {CKR_USER_NOT_LOGGED_IN, E_TOKEN}, {CKR_OBJECT_HANDLE_INVALID, E_OK}, {CKR_GENERAL_ERROR, E_OK},
        {CKR_ATTRIBUTE_TYPE_INVALID, E_OK},
    };
    CK_FUNCTION_LIST *f = token_functions();
    char back[16];
    size_t n;
    expect_ok_diag(hsm_data_write(h, "head", "value", 5, &d), &d);
    real_get = f->C_GetAttributeValue;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        f->C_GetAttributeValue = failing_get;
        value_answer = rows[i].rv;
        memset(&d, 0, sizeof d);
        ck_assert_int_eq(hsm_data_read(h, "head", back, sizeof back, &n, &d), rows[i].err);
        ck_assert_uint_eq(n, 0);
        if (rows[i].err != E_OK) /* nor is anything written over what could not be read */
            expect_err(hsm_data_write(h, "head", "other", 5, &d), E_TOKEN);
        f->C_GetAttributeValue = real_get;
        expect_ok_diag(hsm_data_read(h, "head", back, sizeof back, &n, &d), &d);
        ck_assert_uint_eq(n, 5);
        ck_assert_mem_eq(back, "value", 5);
    }
}
END_TEST

Suite *suite_data(void);
Suite *suite_data(void)
{
    Suite *s = suite_create("data");
    if (token_module() == NULL) {
        printf("data: skipped, ROOTSEAL_MODULE is not set\n");
        return s;
    }
    TCase *t = tcase_create("object");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, round_trip);
    tcase_add_test(t, cut_off);
    tcase_add_test(t, value_unreadable);
    suite_add_tcase(s, t);
    return s;
}
