/* The inventory of a token, and the end of a key. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "expect.h"
#include "hsm/destroy.h"
#include "hsm/inventory.h"
#include "hsm/sign.h"
#include "token.h"

static struct hsm *h;
static struct diag d;
static struct hsm_destroyed gone;

static void setup(void)
{
    memset(&d, 0, sizeof d);
    token_make();
    h = token_open(POLICY_VENDOR_SOFTHSM_SM2);
}

static void teardown(void)
{
    EVP_PKEY_free(gone.public_key);
    gone.public_key = NULL;
    hsm_close(h);
    token_remove();
}

static struct hsm_key *make(const struct policy_key *row)
{
    struct hsm_key *k;
    expect_ok_diag(hsm_key_generate(h, row, &k, &d), &d);
    return k;
}

static enum err destroy(const struct policy_key *row, EVP_PKEY *given)
{
    EVP_PKEY_free(gone.public_key);
    memset(&d, 0, sizeof d);
    return hsm_key_destroy(h, row, given, &gone, &d);
}

static size_t count(const char *label)
{
    struct hsm_objects all;
    expect_ok_diag(hsm_objects(h, label, &all, &d), &d);
    size_t n = all.n;
    hsm_objects_free(&all);
    return n;
}

static const struct policy_key *row_of(int kind, const char *name)
{
    return kind == 0 ? token_row(name, KEY_SM2, 256, SIG_SM2_SM3) : token_row(name, KEY_RSA, 2048, SIG_RSA_SHA256);
}

START_TEST(inventory)
{
    struct hsm_objects all;
    struct hsm_key *rsa = make(row_of(1, "b")), *sm2 = make(row_of(0, "a"));
    expect_ok_diag(hsm_objects(h, NULL, &all, &d), &d);
    ck_assert_uint_eq(all.n, 4);
    for (size_t i = 0; i < 4; i++) {
        const struct hsm_object *o = &all.v[i];
        ck_assert_str_eq(o->label, i < 2 ? "a" : "b");
        ck_assert_str_eq(o->kind, i < 2 ? "SM2" : "RSA-2048");
        ck_assert_int_eq(o->private_, i % 2 == 0);
        ck_assert_uint_eq(strlen(o->id), 16);
        ck_assert_int_eq(EVP_PKEY_eq(o->public_key, hsm_key_public(i < 2 ? sm2 : rsa)), 1);
        ck_assert_int_eq(hsm_confined_for_ever(&o->attributes), o->private_);
    }
    hsm_objects_free(&all);
    ck_assert_uint_eq(count("b"), 2);
    ck_assert_uint_eq(count("c"), 0);
}
END_TEST

START_TEST(provenance)
{
    struct hsm_provenance p;
    expect_ok_diag(hsm_provenance(h, &p, &d), &d);
    ck_assert_str_eq(p.token.model, "SoftHSM v2");
    ck_assert_str_eq(p.module_manufacturer, "SoftHSM");
    ck_assert_str_eq(p.module, "Implementation of PKCS11");
    ck_assert_ptr_nonnull(strchr(p.module_version, '.'));
    ck_assert_ptr_nonnull(strchr(p.hardware, '.'));
    ck_assert_ptr_nonnull(strchr(p.firmware, '.'));
}
END_TEST

/* It signs, it is destroyed, it signs no more; the neighbour does. */
START_TEST(destroyed)
{
    const struct policy_key *row = row_of(_i, "root");
    struct hsm_key *k = make(row), *neighbour = make(row_of(_i, "other"));
    struct buf signature = {0};
    EVP_PKEY *public = hsm_key_public(k);
    ck_assert_int_eq(EVP_PKEY_up_ref(public), 1);
    expect_ok_diag(hsm_self_test(k, &d), &d);
    expect_ok_diag(destroy(row, public), &d);
    ck_assert(gone.private_ && gone.public_ && EVP_PKEY_eq(gone.public_key, public) == 1);
    expect_err(hsm_sign(k, (struct span){(const uint8_t *)"x", 1}, &signature, &d), E_TOKEN);
    expect_err(hsm_key_find(h, row, public, &k, &d), E_KEY_MISSING);
    expect_ok_diag(hsm_self_test(neighbour, &d), &d);
    /* once more is nothing new */
    expect_ok_diag(destroy(row, public), &d);
    ck_assert(!gone.private_ && !gone.public_ && EVP_PKEY_eq(gone.public_key, public) == 1);
    expect_ok_diag(destroy(row, NULL), &d);
    ck_assert_ptr_null(gone.public_key);
    EVP_PKEY_free(public);
    buf_free(&signature);
}
END_TEST

/* What a failed generation left is half a pair. */
START_TEST(half_a_pair)
{
    const struct policy_key *row = row_of(0, "root");
    CK_FUNCTION_LIST *f = token_functions();
    CK_SESSION_HANDLE s = token_session();
    make(row);
    ck_assert_uint_eq(f->C_DestroyObject(s, token_object(s, _i == 0 ? CKO_PRIVATE_KEY : CKO_PUBLIC_KEY, "root")), CKR_OK);
    expect_ok_diag(destroy(row, NULL), &d);
    ck_assert_int_eq(gone.private_, _i == 1);
    ck_assert_int_eq(gone.public_, _i == 0);
    ck_assert_int_eq(gone.public_key != NULL, _i == 0);
    ck_assert_uint_eq(count("root"), 0);
    make(row);
}
END_TEST

/* Another key under the label is not the one that was meant. */
START_TEST(another_key)
{
    const struct policy_key *row = row_of(_i, "root");
    struct hsm_key *other = make(row_of(_i, "other"));
    make(row);
    expect_err(destroy(row, hsm_key_public(other)), E_KEY_MISMATCH);
    ck_assert_uint_eq(count("root"), 2);
    struct policy_key elsewhere = *row;
    elsewhere.uri = "pkcs11:token=another;object=root";
    expect_err(destroy(&elsewhere, NULL), E_TOKEN_MISSING);
    elsewhere.uri = TOKEN_URI;
    expect_err(destroy(&elsewhere, NULL), E_POLICY);
    ck_assert_uint_eq(count("root"), 2);
}
END_TEST

static CK_C_DestroyObject real_destroy;

static CK_RV forgetful_destroy(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o)
{
    (void)s;
    (void)o;
    return CKR_OK;
}

static CK_RV failing_destroy(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o)
{
    (void)s;
    (void)o;
    return CKR_DEVICE_ERROR;
}

/* Destroys nothing, but hides it from whoever searches. */
static CK_C_FindObjects real_find;
static bool hiding;

static CK_RV hiding_destroy(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o)
{
    (void)s;
    (void)o;
    hiding = true;
    return CKR_OK;
}

static CK_RV hiding_find(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE *out, CK_ULONG cap, CK_ULONG *n)
{
    CK_RV rv = real_find(s, out, cap, n);
    if (hiding)
        *n = 0;
    return rv;
}

/* A token that only says that it destroyed a key is found out, also when it hides it. */
START_TEST(lying_token)
{
    const struct policy_key *row = row_of(_i, "root");
    CK_FUNCTION_LIST *f = token_functions();
    real_destroy = f->C_DestroyObject;
    real_find = f->C_FindObjects;
    make(row);
    f->C_DestroyObject = forgetful_destroy;
    expect_err(destroy(row, NULL), E_KEY_ALIVE);
    ck_assert_ptr_nonnull(strstr(d.text, "still on the token"));
    f->C_DestroyObject = failing_destroy;
    expect_err(destroy(row, NULL), E_TOKEN);
    hiding = false;
    f->C_DestroyObject = hiding_destroy;
    f->C_FindObjects = hiding_find;
    expect_err(destroy(row, NULL), E_KEY_ALIVE);
    ck_assert_ptr_nonnull(strstr(d.text, "C_Sign with its old handle"));
    f->C_FindObjects = real_find;
    f->C_DestroyObject = real_destroy;
    expect_ok_diag(destroy(row, NULL), &d);
}
END_TEST

/* A copy of the key object, which PKCS#11 lets anybody with the PIN make. */
START_TEST(copied)
{
    const struct policy_key *row = row_of(_i, "root");
    CK_FUNCTION_LIST *f = token_functions();
    CK_SESSION_HANDLE s = token_session();
    CK_OBJECT_CLASS classes[] = {CKO_PRIVATE_KEY, CKO_PUBLIC_KEY};
    EVP_PKEY *public = hsm_key_public(make(row));
    ck_assert_int_eq(EVP_PKEY_up_ref(public), 1);
    for (int i = 0; i < 2; i++) {
        CK_ATTRIBUTE label = {CKA_LABEL, (void *)"copy", 4};
        CK_OBJECT_HANDLE copy;
        ck_assert_uint_eq(f->C_CopyObject(s, token_object(s, classes[i], "root"), &label, 1, &copy), CKR_OK);
    }
    expect_err(destroy(row, public), E_KEY_ALIVE);
    ck_assert_ptr_nonnull(strstr(d.text, "\"copy\""));
    expect_ok_diag(destroy(row_of(_i, "copy"), public), &d);
    expect_ok_diag(destroy(row, public), &d);
    EVP_PKEY_free(public);
}
END_TEST

Suite *suite_destroy(void);
Suite *suite_destroy(void)
{
    Suite *s = suite_create("destroy");
    if (token_module() == NULL) {
        printf("destroy: skipped, ROOTSEAL_MODULE is not set\n");
        return s;
    }
    TCase *t = tcase_create("destroy");
    tcase_set_timeout(t, 300);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, inventory);
    tcase_add_test(t, provenance);
    tcase_add_loop_test(t, destroyed, 0, 2);
    tcase_add_loop_test(t, half_a_pair, 0, 2);
    tcase_add_loop_test(t, another_key, 0, 2);
    tcase_add_loop_test(t, lying_token, 0, 2);
    tcase_add_loop_test(t, copied, 0, 2);
    suite_add_tcase(s, t);
    return s;
}
