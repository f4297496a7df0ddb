/* Values signed with electronic seals; and a real one. */
#include <openssl/asn1.h>
#include <string.h>

#include "core/digest.h"
#include "expect.h"
#include "help_eseal.h"
#include "help_pki.h"
#include "mutants.h"
#include "pki/der_write.h"

Suite *suite_eseal_value(void);

static struct diag d;
static struct help_eseal h;

static void set_up(void)
{
    d = (struct diag){0};
    help_eseal_make(&h);
}

static void tear_down(void)
{
    help_eseal_free(&h);
}

static struct span text(const char *s)
{
    return (struct span){(const uint8_t *)s, strlen(s)};
}

START_TEST(a_real_value_verifies)
{
    struct buf file = {0}, seal = {0};
    struct eseal_value v;
    if (!help_vector("seals/SignedValueV4.dat", &file) || !help_vector("seals/UserV4.esl", &seal))
        return;
    expect_ok_diag(eseal_value_parse(buf_span(&file), &v, &d), &d);
    expect_ok_diag(eseal_value_verify(&v, &d), &d);
    ck_assert(der_same(v.seal.whole, buf_span(&seal)));
    ck_assert(der_same(v.property, text("/Doc_0/Signs/Sign_0/Signature.xml")));
    help_same_shape(&h.value, &file);
    ((uint8_t *)(uintptr_t)v.property.p)[1] ^= 1;
    expect_err(eseal_value_verify(&v, &d), E_ESEAL_SIGNATURE);
    buf_free(&file);
    buf_free(&seal);
}
END_TEST

static enum err value(void)
{
    struct eseal_value v;
    d = (struct diag){0};
    help_eseal_sign(&h);
    enum err e = eseal_value_parse(buf_span(&h.value), &v, &d);
    return e != E_OK ? e : eseal_value_verify(&v, &d);
}

START_TEST(holders_by_certificate_and_by_digest)
{
    uint8_t digest[DIGEST_LEN], other[DIGEST_LEN] = {0};
    expect_ok_diag(value(), &d);
    h.info.signers[0].value = buf_span(&h.maker_der);
    expect_err(value(), E_ESEAL_HOLDER);
    h.info.signers[1].value = buf_span(&h.holder_der);
    h.info.signers_n = 2;
    expect_ok_diag(value(), &d);
    expect_ok(digest_bytes(DIGEST_SM3, h.holder_der.data, h.holder_der.len, digest));
    h.info.list = ESEAL_DIGESTS;
    h.info.signers[0] = (struct eseal_signer){text("cert"), {other, sizeof other}};
    h.info.signers[1] = (struct eseal_signer){text("cert"), {digest, sizeof digest}};
    expect_ok_diag(value(), &d);
    h.info.signers_n = 1;
    expect_err(value(), E_ESEAL_HOLDER);
    /* a digest in the place of the certificate, and the other way round */
    h.info.signers[0].value = buf_span(&h.holder_der);
    expect_err(value(), E_ESEAL_HOLDER);
    h.info.list = ESEAL_CERTIFICATES;
    h.info.signers[0] = (struct eseal_signer){.value = {digest, sizeof digest}};
    expect_err(value(), E_ESEAL_HOLDER);
}
END_TEST

START_TEST(when_it_was_signed)
{
    const struct {
        int64_t time;
        enum err want;
    } times[] = {{h.info.from - 1, E_ESEAL_EXPIRED},
                 {h.info.from, E_OK},
                 {h.info.until, E_OK},
                 {h.info.until + 1, E_ESEAL_EXPIRED}};
    for (size_t i = 0; i < 4; i++) {
        h.time = times[i].time;
        expect_err(value(), times[i].want);
    }
    h.info.until = 2500000000; /* the holder's certificate ends before */
    h.time = 2019686400;       /* 2034-01-01 */
    expect_ok_diag(value(), &d);
    h.time++;
    expect_err(value(), E_ESEAL_EXPIRED);
}
END_TEST

/* Every value with one element spoilt, and signed again by nobody. */
static size_t taken;
static void try_value(struct span mutant)
{
    struct eseal_value v;
    struct diag why = {0};
    enum err e = eseal_value_parse(mutant, &v, &why);
    if (e == E_OK)
        e = eseal_value_verify(&v, &why);
    ck_assert_int_eq(why.code, e);
    ck_assert(e == E_OK || err_is_refusal(e));
    taken += e == E_OK && eseal_check_maker(&v.seal, h.ca, &why) == E_OK;
}

START_TEST(a_forger_who_spoils_one_element)
{
    ck_assert_uint_gt(mutants_each(buf_span(&h.value), try_value), 400);
    ck_assert_uint_eq(taken, 0);
}
END_TEST

/* Signed by the holder: the value's own form. */
static enum err value_with(const char *before, const char *after)
{
    struct buf tbs = {0}, signature = {0}, out = {0};
    struct eseal_value v;
    size_t signing = der_open(&tbs, DER_SEQUENCE);
    help_hex(before, &tbs);
    buf_append(&tbs, h.seal.data, h.seal.len);
    der_value(&tbs, V_ASN1_GENERALIZEDTIME, "20251010000000Z", 15);
    help_hex(after, &tbs);
    der_close(&tbs, signing);
    expect_ok(alg_sign(SIG_SM2_SM3, h.holder_key, buf_span(&tbs), &signature));
    expect_ok(eseal_assemble(buf_span(&tbs), buf_span(&h.holder_der), buf_span(&signature), &out));
    d = (struct diag){0};
    enum err e = eseal_value_parse(buf_span(&out), &v, &d);
    if (e == E_OK)
        e = eseal_value_verify(&v, &d);
    buf_free(&tbs);
    buf_free(&signature);
    buf_free(&out);
    return e;
}

#define EXTENSION "300a" "06032a0304" "0403616263"
#define D32 "0321" "00" "0102030405060708091011121314151617181920212223242526272829303132"

START_TEST(the_form_of_a_value)
{
    expect_ok_diag(value_with("020104", D32 "160161"), &d);
    expect_ok_diag(value_with("020105", D32 "160161"), &d);
    expect_ok_diag(value_with("020104", D32 "160161" "a002" "3000"), &d);
    expect_ok_diag(value_with("020104", D32 "160161" "a00e" "300c" EXTENSION), &d);
    static const char *const bad[][2] = {{"020103", D32 "160161"},
                                         {"020106", D32 "160161"},
                                         {"", D32 "160161"},
                                         {"020104", "160161"},
                                         {"020104", D32},
                                         {"020104", D32 "1600"},
                                         {"020104", "0303000102" "160161"},           /* a digest of two bytes */
                                         {"020104", D32 "160161" "0500"},
                                         {"020104", D32 "160161" "a000"},
                                         {"020104", D32 "160161" "a004" "30003000"},
                                         {"020104", D32 "160161" "a002" "3000" "0500"}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(value_with(bad[i][0], bad[i][1]) == E_ESEAL_FORMAT, "%s %s", bad[i][0], bad[i][1]);
}
END_TEST

Suite *suite_eseal_value(void)
{
    Suite *s = suite_create("eseal_value");
    TCase *t = tcase_create("eseal_value");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, a_real_value_verifies);
    tcase_add_test(t, holders_by_certificate_and_by_digest);
    tcase_add_test(t, when_it_was_signed);
    tcase_add_test(t, a_forger_who_spoils_one_element);
    tcase_add_test(t, the_form_of_a_value);
    suite_add_tcase(s, t);
    return s;
}
