/* One signature at a time: every algorithm, and tokens that fail or lie. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "core/limits.h"
#include "expect.h"
#include "hsm/sign.h"
#include "pki/sm2.h"
#include "token.h"

static const struct span text = {(const uint8_t *)"to be signed", 12};
static struct hsm *h;
static struct diag d;
static struct buf out;

static void setup(void)
{
    token_make();
    h = token_open(POLICY_VENDOR_SOFTHSM_SM2);
}

static void teardown(void)
{
    buf_free(&out);
    hsm_close(h);
    token_remove();
}

static struct hsm_key *make(const char *name, enum key_kind kind, enum sig_alg alg)
{
    struct hsm_key *k;
    int bits = kind == KEY_RSA ? 2048 : 256;
    expect_ok_diag(hsm_key_generate(h, token_row(name, kind, bits, alg), &k, &d), &d);
    return k;
}

static struct hsm_key *find(const char *name, enum key_kind kind, enum sig_alg alg)
{
    struct hsm_key *k;
    int bits = kind == KEY_RSA ? 2048 : 256;
    expect_ok_diag(hsm_key_find(h, token_row(name, kind, bits, alg), NULL, &k, &d), &d);
    return k;
}

static bool by_digest; /* sign the digest of the text, made in two pieces */

static enum err sign(struct hsm_key *k)
{
    struct prehash *p;
    struct prehash_value v;
    memset(&d, 0, sizeof d);
    if (!by_digest)
        return hsm_sign(k, text, &out, &d);
    expect_ok(prehash_new(hsm_key_row(k)->alg, hsm_key_public(k), &p));
    expect_ok(prehash_update(p, text.p, 5));
    expect_ok(prehash_update(p, text.p + 5, text.n - 5));
    expect_ok(prehash_final(p, &v));
    prehash_free(p);
    return hsm_sign_digest(k, &v, &out, &d);
}

/* Signed by the token, verified here once more, apart from what hsm_sign() did; refused for another
 * message. */
static void check_signs(struct hsm_key *k, enum sig_alg alg)
{
    static const struct span other = {(const uint8_t *)"to be sighed", 12};
    buf_reset(&out);
    buf_append_str(&out, "head");
    expect_ok_diag(sign(k), &d);
    ck_assert_mem_eq(out.data, "head", 4);
    struct span signature = {out.data + 4, out.len - 4};
    expect_ok(alg_verify(alg, hsm_key_public(k), text, signature));
    expect_err(alg_verify(alg, hsm_key_public(k), other, signature), E_SIGNATURE_BAD);
    by_digest = !by_digest;
    if (by_digest)
        check_signs(k, alg);
}

/* A digest says which algorithm it is for. */
START_TEST(digest_for_another_algorithm)
{
    struct hsm_key *rsa = make("rsa", KEY_RSA, SIG_RSA_SHA256);
    struct prehash_value v = {.alg = SIG_PSS_SHA256, .n = 32};
    expect_err(hsm_sign_digest(rsa, &v, &out, &d), E_LINT);
    v = (struct prehash_value){.alg = SIG_RSA_SHA256, .n = 31};
    expect_err(hsm_sign_digest(rsa, &v, &out, &d), E_SIGNATURE_BAD);
    ck_assert_uint_eq(out.len, 0);
}
END_TEST

START_TEST(algorithms)
{
    struct hsm_key *rsa = make("rsa", KEY_RSA, SIG_RSA_SHA256);
    struct hsm_key *sm2 = make("sm2", KEY_SM2, SIG_SM2_SM3);
    check_signs(rsa, SIG_RSA_SHA256);
    check_signs(sm2, SIG_SM2_SM3);
    for (int a = SIG_RSA_SHA384; a <= SIG_PSS_SHA384; a++)
        check_signs(find("rsa", KEY_RSA, (enum sig_alg)a), (enum sig_alg)a);

    /* Keys found before others were made still sign. */
    for (int i = 0; i < 3; i++) {
        char name[8];
        snprintf(name, sizeof name, "rsa%d", i);
        check_signs(make(name, KEY_RSA, SIG_PSS_SHA256), SIG_PSS_SHA256);
    }
    check_signs(rsa, SIG_RSA_SHA256);
    check_signs(sm2, SIG_SM2_SM3);
    expect_ok_diag(hsm_self_test(rsa, &d), &d);
    expect_ok_diag(hsm_self_test(sm2, &d), &d);
}
END_TEST

/* The same bytes by the wrong row of the vendor table: seen before the ceremony begins. */
START_TEST(wrong_vendor)
{
    make("sm2", KEY_SM2, SIG_SM2_SM3);
    hsm_close(h);
    h = token_open(POLICY_VENDOR_SANSEC);
    struct hsm_key *k = find("sm2", KEY_SM2, SIG_SM2_SM3);
    memset(&d, 0, sizeof d);
    expect_err(hsm_self_test(k, &d), E_SELF_TEST);
    ck_assert_ptr_nonnull(strstr(d.text, "E_TOKEN: C_SignInit: CKR_"));
}
END_TEST

/* A pinned key that is not the token's, where no public key object gives it away. */
START_TEST(other_key_pinned)
{
    make("sm2", KEY_SM2, SIG_SM2_SM3);
    struct hsm_key *other = make("other", KEY_SM2, SIG_SM2_SM3);
    CK_SESSION_HANDLE s = token_session();
    ck_assert_uint_eq(token_functions()->C_DestroyObject(s, token_object(s, CKO_PUBLIC_KEY, "sm2")),
                      CKR_OK);
    struct hsm_key *k;
    expect_ok(hsm_key_find(h, token_row("sm2", KEY_SM2, 256, SIG_SM2_SM3), hsm_key_public(other),
                           &k, &d));
    expect_err(sign(k), E_SIGNATURE_BAD);
    ck_assert_uint_eq(out.len, 0);
    expect_err(hsm_self_test(k, &d), E_SELF_TEST);
    ck_assert_ptr_nonnull(strstr(d.text, "E_SIGNATURE_BAD"));
}
END_TEST

/* ---------------------------------------------------------------- a lying token */

enum lie { FLIP, SHORT, EMPTY, DER, HUGE_LENGTH, REMOVED, VENDORS_OWN };

static CK_C_Sign real_sign;
static enum lie lie;

static CK_RV lying_sign(CK_SESSION_HANDLE s, CK_BYTE *data, CK_ULONG data_n, CK_BYTE *sig,
                        CK_ULONG *n)
{
    CK_ULONG room = *n;
    CK_RV rv = real_sign(s, data, data_n, sig, n);
    struct buf der = {0};
    switch (lie) {
    case FLIP:
        sig[*n / 2] ^= 1;
        break;
    case SHORT:
        --*n;
        break;
    case EMPTY:
        *n = 0;
        break;
    case DER:
        expect_ok(sm2_signature_normalise((struct span){sig, *n}, &der));
        memcpy(sig, der.data, der.len);
        *n = der.len;
        buf_free(&der);
        break;
    case HUGE_LENGTH:
        *n = room + 1;
        break;
    case REMOVED:
        return CKR_DEVICE_REMOVED;
    case VENDORS_OWN:
        return 0x80000101;
    }
    return rv;
}

START_TEST(lying_token)
{
    static const struct {
        enum lie lie;
        enum err sm2, rsa;
        const char *sm2_text, *rsa_text;
    } rows[] = {
        {FLIP, E_SIGNATURE_BAD, E_SIGNATURE_BAD, "key \"sm2\", sm2-sm3", "key \"rsa\", rsa-sha256"},
        {SHORT, E_SIGNATURE_BAD, E_SIGNATURE_BAD, "key \"sm2\": 63 bytes", "key \"rsa\""},
        {EMPTY, E_SIGNATURE_BAD, E_SIGNATURE_BAD, "key \"sm2\": 0 bytes", "key \"rsa\""},
        {REMOVED, E_TOKEN, E_TOKEN, "C_Sign: CKR_DEVICE_REMOVED (token \"rootseal-test\"",
         "C_Sign: CKR_DEVICE_REMOVED (token \"rootseal-test\""},
    };
    struct hsm_key *sm2 = make("sm2", KEY_SM2, SIG_SM2_SM3);
    struct hsm_key *rsa = make("rsa", KEY_RSA, SIG_RSA_SHA256);
    CK_FUNCTION_LIST *f = token_functions();
    real_sign = f->C_Sign;
    f->C_Sign = lying_sign;
    for (size_t i = 0; i < 2 * sizeof rows / sizeof rows[0]; i++) {
        by_digest = i % 2 != 0;
        const size_t r = i / 2;
        lie = rows[r].lie;
        expect_err(sign(sm2), rows[r].sm2);
        ck_assert_msg(strstr(d.text, rows[r].sm2_text) != NULL, "%s", d.text);
        expect_err(sign(rsa), rows[r].rsa);
        ck_assert_msg(strstr(d.text, rows[r].rsa_text) != NULL, "%s", d.text);
        ck_assert_uint_eq(out.len, 0);
    }
    by_digest = false;
    lie = HUGE_LENGTH;
    expect_err(sign(sm2), E_SIGNATURE_BAD);
    lie = VENDORS_OWN;
    expect_err(sign(sm2), E_TOKEN);
    ck_assert_ptr_nonnull(strstr(d.text, "C_Sign: CKR 0x80000101"));
    lie = DER; /* no lie: some vendors answer so */
    check_signs(sm2, SIG_SM2_SM3);
    f->C_Sign = real_sign;
    check_signs(rsa, SIG_RSA_SHA256);
}
END_TEST

/* Somebody logs the application out, or pulls the token, between two signatures. */
START_TEST(logged_out)
{
    struct hsm_key *sm2 = make("sm2", KEY_SM2, SIG_SM2_SM3);
    struct hsm_key *rsa = make("rsa", KEY_RSA, SIG_PSS_SHA384);
    CK_SESSION_HANDLE s = token_session();
    ck_assert_uint_eq(token_functions()->C_Logout(s), CKR_OK);
    expect_err(sign(sm2), E_TOKEN);
    expect_err(sign(rsa), E_TOKEN);
}
END_TEST

Suite *suite_sign(void);
Suite *suite_sign(void)
{
    Suite *s = suite_create("sign");
    if (token_module() == NULL) {
        printf("sign: skipped, ROOTSEAL_MODULE is not set\n");
        return s;
    }
    TCase *t = tcase_create("token");
    tcase_set_timeout(t, 300);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, algorithms);
    tcase_add_test(t, digest_for_another_algorithm);
    tcase_add_test(t, wrong_vendor);
    tcase_add_test(t, other_key_pinned);
    tcase_add_test(t, lying_token);
    tcase_add_test(t, logged_out);
    suite_add_tcase(s, t);
    return s;
}
