#include <string.h>

#include "expect.h"
#include "help_lint.h"
#include "help_pki.h"
#include "pki/der.h"
#include "pki/key.h"
#include "pki/lint.h"
#include "pki/name.h"
#include "pki/tbs.h"
#include "suites.h"

static void self_signed(int root, bool ca, struct buf *out)
{
    struct key key = {0};
    struct buf name = {0};
    expect_ok(key_from_pkey(lint_world.root_keys[root], &key, &lint_diag));
    expect_ok(name_from_rules(lint_world.keys[root].subject, lint_world.keys[root].subjects, &name, &lint_diag));
    const struct tbs_spec s = {
        .serial = {(const uint8_t *)"\x12\x34\x56\x78\x9a\xbc\xde\xf0", 8},
        .alg = lint_world.keys[root].alg,
        .sm2_null = lint_world.keys[root].sm2_null,
        .issuer = buf_span(&name),
        .not_before = WORLD_NOW,
        .not_after = tbs_add_period(WORLD_NOW, &lint_world.keys[root].validity) - 1,
        .subject = buf_span(&name),
        .spki = buf_span(&key.spki),
        .ski = {key.ski, sizeof key.ski},
        .ca = ca,
        .key_usage = ca ? KU_KEY_CERT_SIGN | KU_CRL_SIGN : KU_DIGITAL_SIGNATURE,
    };
    expect_ok_diag(tbs_build(&s, out, &lint_diag), &lint_diag);
    key_free(&key);
    buf_free(&name);
}

/* both kinds of key, for certificates and not */
START_TEST(self_signed_ones)
{
    int root = _i / 2;
    bool ca = _i % 2 == 0;
    struct buf tbs = {0};
    EVP_PKEY *other = help_key(lint_world.keys[root].kind);
    self_signed(root, ca, &tbs);
    expect_ok_diag(lint_self_signed(buf_span(&tbs), &lint_world.keys[root], ca, lint_world.root_keys[root], &lint_diag),
                   &lint_diag);
    expect_err(lint_self_signed(buf_span(&tbs), &lint_world.keys[root], !ca, lint_world.root_keys[root], &lint_diag), E_LINT);
    expect_err(lint_self_signed(buf_span(&tbs), &lint_world.keys[root], ca, other, &lint_diag), E_LINT);
    expect_err(lint_self_signed(buf_span(&tbs), &lint_world.keys[1 - root], ca, lint_world.root_keys[root], &lint_diag),
               E_LINT);
    EVP_PKEY_free(other);
    buf_free(&tbs);
}
END_TEST

/* Nothing is free here but the serial number: the name is fixed, and the key the token's. */
START_TEST(self_signed_flips_are_seen)
{
    struct buf tbs = {0};
    char strays[1000] = "";
    size_t stray = 0, passed = 0;
    int root = _i / 2;
    bool ca = _i % 2 == 0;
    self_signed(root, ca, &tbs);
    struct span in = buf_span(&tbs);
    in = lint_take(&in, DER_SEQUENCE);
    lint_take(&in, DER_CONSTRUCTED + 0);
    struct span serial = lint_take(&in, DER_INTEGER);
    for (size_t bit = 0; bit < 8 * tbs.len; bit++) {
        uint8_t *byte = tbs.data + bit / 8;
        *byte ^= (uint8_t)(1u << bit % 8);
        enum err e =
            lint_self_signed(buf_span(&tbs), &lint_world.keys[root], ca, lint_world.root_keys[root], &lint_diag);
        *byte ^= (uint8_t)(1u << bit % 8);
        bool free_ = byte >= serial.p && byte < serial.p + serial.n;
        passed += e == E_OK && free_;
        if (e == E_OK && !free_ && ++stray < 20)
            snprintf(strays + strlen(strays), sizeof strays - strlen(strays),
                     " %zu (%02x to %02x)", bit / 8, *byte,
                     (unsigned)(uint8_t)(*byte ^ (1u << bit % 8)));
    }
    ck_assert_uint_gt(passed, 0);
    ck_assert_msg(stray == 0, "%zu flips outside the serial number pass, at bytes%s", stray,
                  strays);
    buf_free(&tbs);
}
END_TEST

LINT_CHANGE(self_path_length, lint_add(x, "basicConstraints", "critical,CA:TRUE,pathlen:0"))
LINT_CHANGE(self_ca_false, lint_add(x, "basicConstraints", "critical,CA:FALSE"))
LINT_CHANGE(self_not_critical, lint_add(x, "basicConstraints", "CA:TRUE"))
LINT_CHANGE(self_usage, lint_add(x, "keyUsage", "critical,digitalSignature,keyCertSign,cRLSign"))
LINT_CHANGE(self_usage_less, lint_add(x, "keyUsage", "critical,keyCertSign"))
LINT_CHANGE(self_more, lint_add(x, "issuerAltName", "DNS:a.example"); lint_add(x, "nsComment", "x"))
LINT_CHANGE(self_ski, lint_put_value(x, NID_subject_key_identifier, "\x04\x01" "a", 3))
LINT_CHANGE(self_ber_true, lint_put_value(x, NID_basic_constraints, "\x30\x03\x01\x01\x01", 5))
LINT_CHANGE(self_issuer, lint_set_issuer(x, "Somebody", V_ASN1_UTF8STRING))

/* Some of what test_lint_frame.c does to the certificates of others. */
LINT_CHANGE(version_1, X509_set_version(x, X509_VERSION_1))
LINT_CHANGE(serial_zero, lint_set_serial(x, "0"))
LINT_CHANGE(alg_ecdsa, lint_set_algorithm(x, NID_ecdsa_with_SHA256, V_ASN1_UNDEF))
LINT_CHANGE(after_forever, lint_set_time(X509_getm_notAfter(x), V_ASN1_GENERALIZEDTIME, "99991231235959Z"))
LINT_CHANGE(other_subject, LINT_SUBJECT(LINT_C, LINT_ST, LINT_OU, LINT_CN))

#define CASE(f) {#f, f, 0, E_LINT}
static const struct lint_change self_changes[] = {
    CASE(self_path_length), CASE(self_ca_false), CASE(self_not_critical), CASE(self_usage),
    CASE(self_usage_less), CASE(self_more), CASE(self_ski), CASE(self_ber_true), CASE(self_issuer),
    CASE(serial_zero), CASE(version_1), CASE(alg_ecdsa), CASE(after_forever),
    CASE(other_subject)};
#define SELF_CHANGES ((int)(sizeof self_changes / sizeof self_changes[0]))

START_TEST(each_change_of_a_self_signed_one)
{
    struct buf tbs = {0};
    uint8_t *der = NULL;
    self_signed(0, true, &tbs);
    X509 *x = lint_parsed(&tbs);
    self_changes[_i].change(x);
    int n = i2d_re_X509_tbs(x, &der);
    enum err e =
        lint_self_signed((struct span){der, (size_t)n}, &lint_world.keys[0], true, lint_world.root_keys[0], &lint_diag);
    ck_assert_msg(e == E_LINT, "%s: %s", self_changes[_i].name, err_name(e));
    OPENSSL_free(der);
    X509_free(x);
    buf_free(&tbs);
}
END_TEST

/* A key that issues lists, and no certificates, signs both. */
START_TEST(a_key_of_lists)
{
    struct buf tbs = {0};
    uint8_t *der = NULL;
    struct policy_key row = lint_world.keys[0];
    self_signed(0, false, &tbs);
    expect_ok_diag(lint_self_signed(buf_span(&tbs), &row, false, lint_world.root_keys[0], &lint_diag), &lint_diag);
    row.crl_period = 86400;
    expect_err(lint_self_signed(buf_span(&tbs), &row, false, lint_world.root_keys[0], &lint_diag), E_LINT);
    X509 *x = lint_parsed(&tbs);
    lint_add(x, "keyUsage", "critical,digitalSignature,cRLSign");
    int n = i2d_re_X509_tbs(x, &der);
    expect_ok_diag(lint_self_signed((struct span){der, (size_t)n}, &row, false, lint_world.root_keys[0], &lint_diag),
                   &lint_diag);
    OPENSSL_free(der);
    X509_free(x);
    buf_free(&tbs);
}
END_TEST

Suite *suite_lint_self(void)
{
    Suite *s = suite_create("lint_self");
    TCase *t = tcase_create("lint_self");
    tcase_add_unchecked_fixture(t, lint_set_up, lint_tear_down);
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, self_signed_ones, 0, 4);
    tcase_add_loop_test(t, self_signed_flips_are_seen, 0, 4);
    tcase_add_loop_test(t, each_change_of_a_self_signed_one, 0, SELF_CHANGES);
    tcase_add_test(t, a_key_of_lists);
    suite_add_tcase(s, t);
    return s;
}
