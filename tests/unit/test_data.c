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
static CK_OBJECT_HANDLE value_of; /* the object that cannot be read; 0: none can */
static CK_C_GetAttributeValue real_get;

static CK_RV failing_get(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o, CK_ATTRIBUTE *a, CK_ULONG n)
{
    return a->type == CKA_VALUE && (value_of == 0 || value_of == o) ? value_answer : real_get(s, o, a, n);
}

static CK_RV forbidden_create(CK_SESSION_HANDLE s, CK_ATTRIBUTE *a, CK_ULONG n, CK_OBJECT_HANDLE *o)
{
    (void)s, (void)a, (void)n, (void)o;
    ck_abort_msg("an object is made beside one that could not be read");
    return CKR_OK;
}

static CK_RV forbidden_destroy(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o)
{
    (void)s, (void)o;
    ck_abort_msg("what could not be read is destroyed");
    return CKR_OK;
}

static void must_read(const char *want)
{
    char back[16];
    size_t n;
    expect_ok_diag(hsm_data_read(h, "head", back, sizeof back, &n, &d), &d);
    ck_assert_uint_eq(n, strlen(want));
    ck_assert_mem_eq(back, want, n);
}

/* Neither is it said that there is no head, nor is anything written over it. */
static void must_refuse(void)
{
    CK_FUNCTION_LIST *f = token_functions();
    char back[16];
    size_t n = 99;
    real_create = f->C_CreateObject;
    real_destroy = f->C_DestroyObject;
    f->C_CreateObject = forbidden_create;
    f->C_DestroyObject = forbidden_destroy;
    expect_err(hsm_data_read(h, "head", back, sizeof back, &n, &d), E_TOKEN);
    ck_assert_uint_eq(n, 0);
    expect_err(hsm_data_write(h, "head", "other", 5, &d), E_TOKEN);
    f->C_CreateObject = real_create;
    f->C_DestroyObject = real_destroy;
}

/* A token that fails is not one without a head; only an object that has no value is passed over. */
START_TEST(value_unreadable)
{
    static const CK_RV rows[] = {
        CKR_DEVICE_ERROR,     CKR_DEVICE_REMOVED,          CKR_SESSION_HANDLE_INVALID, CKR_USER_NOT_LOGGED_IN,
        CKR_GENERAL_ERROR,    CKR_OBJECT_HANDLE_INVALID,   CKR_BUFFER_TOO_SMALL,       CKR_ATTRIBUTE_SENSITIVE,
        CKR_FUNCTION_FAILED,
    };
    CK_FUNCTION_LIST *f = token_functions();
    char back[16];
    size_t n;
    expect_ok_diag(hsm_data_write(h, "head", "value", 5, &d), &d);
    real_get = f->C_GetAttributeValue;
    value_of = 0;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        f->C_GetAttributeValue = failing_get;
        value_answer = rows[i];
        must_refuse();
        f->C_GetAttributeValue = real_get;
        must_read("value");
    }
    f->C_GetAttributeValue = failing_get;
    value_answer = CKR_ATTRIBUTE_TYPE_INVALID;
    expect_ok_diag(hsm_data_read(h, "head", back, sizeof back, &n, &d), &d);
    ck_assert_uint_eq(n, 0);
    f->C_GetAttributeValue = real_get;
}
END_TEST

/* What Rootseal did not write it does not destroy either. */
START_TEST(not_ours)
{
    static const char *const values[] = {"junk", "12", "12x value", " 1 value"};
    CK_FUNCTION_LIST *f = token_functions();
    CK_SESSION_HANDLE s = token_session();
    CK_OBJECT_CLASS class_ = CKO_DATA;
    CK_BBOOL yes = CK_TRUE;
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        CK_OBJECT_HANDLE o;
        CK_ATTRIBUTE a[] = {
            {CKA_CLASS, &class_, sizeof class_},        {CKA_TOKEN, &yes, sizeof yes},
            {CKA_PRIVATE, &yes, sizeof yes},            {CKA_APPLICATION, (void *)"rootseal", 8},
            {CKA_LABEL, (void *)"head", 4},             {CKA_VALUE, (void *)values[i], strlen(values[i])},
        };
        ck_assert_uint_eq(f->C_CreateObject(s, a, sizeof a / sizeof a[0], &o), CKR_OK);
        must_refuse();
        ck_assert_uint_eq(f->C_DestroyObject(s, o), CKR_OK);
    }
    f->C_CloseSession(s);
}
END_TEST

/* An older version does not stand in for a newer one that the token fails to read, only for one without a value. */
START_TEST(newest_unreadable)
{
    CK_FUNCTION_LIST *f = token_functions();
    CK_SESSION_HANDLE s = token_session();
    expect_ok_diag(hsm_data_write(h, "head", "old", 3, &d), &d);
    CK_OBJECT_HANDLE old = token_object(s, CKO_DATA, "head");
    real_destroy = f->C_DestroyObject;
    f->C_DestroyObject = cut_destroy;
    calls_left = 0;
    expect_err(hsm_data_write(h, "head", "new", 3, &d), E_TOKEN);
    f->C_DestroyObject = real_destroy;
    must_read("new");
    CK_OBJECT_HANDLE both[2];
    CK_ULONG n = 0;
    CK_ATTRIBUTE label = {CKA_LABEL, (void *)"head", 4};
    ck_assert_uint_eq(f->C_FindObjectsInit(s, &label, 1), CKR_OK);
    ck_assert_uint_eq(f->C_FindObjects(s, both, 2, &n), CKR_OK);
    ck_assert_uint_eq(f->C_FindObjectsFinal(s), CKR_OK);
    ck_assert_uint_eq(n, 2);
    value_of = both[0] == old ? both[1] : both[0];
    real_get = f->C_GetAttributeValue;
    f->C_GetAttributeValue = failing_get;
    value_answer = CKR_GENERAL_ERROR;
    must_refuse();
    value_answer = CKR_ATTRIBUTE_TYPE_INVALID;
    must_read("old");
    f->C_GetAttributeValue = real_get;
    must_read("new");
    f->C_CloseSession(s);
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
    tcase_add_test(t, not_ours);
    tcase_add_test(t, newest_unreadable);
    suite_add_tcase(s, t);
    return s;
}
