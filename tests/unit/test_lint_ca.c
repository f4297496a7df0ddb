/* Certificates of CAs by other CAs: sub-CAs of the policy, sub-CAs elsewhere, cross-certificates. */
#include <string.h>

#include "expect.h"
#include "help_lint.h"
#include "help_pki.h"
#include "pki/der.h"
#include "pki/key.h"
#include "pki/lint.h"
#include "pki/tbs.h"
#include "suites.h"

/* ROW: of the policy; ELSEWHERE and CROSS: lint_ca() with and without pathLenConstraint. The SM2 root certifies the RSA key. */
enum kind { ROW, ELSEWHERE, CROSS, KINDS };
static const struct policy_period years = {.years = 5};
static const char *const address[] = {"http://a.example/root.crl"};
static struct policy_key ca, sub;

static void set_up(void)
{
    lint_set_up();
    ca = lint_world.keys[0];
    ca.crl_url = address[0];
    sub = lint_world.keys[1];
    sub.validity = years;
    sub.issuer = ca.name;
}

static struct span name_of(X509_NAME *name)
{
    const unsigned char *p = NULL;
    size_t n = 0;
    ck_assert_int_eq(X509_NAME_get0_der(name, &p, &n), 1);
    return (struct span){p, n};
}

static X509_NAME *other; /* a name in the place of subject()'s, when there is one */

/* The name of the policy's row is a name like any other for the rest. */
static X509_NAME *subject(void)
{
    if (other != NULL)
        return X509_NAME_dup(other);
    X509_NAME *name = X509_NAME_new();
    for (size_t i = 0; i < sub.subjects; i++)
        ck_assert_int_eq(X509_NAME_add_entry_by_txt(name, sub.subject[i].type,
                                                    sub.subject[i].string == POLICY_PRINTABLE || strcmp(sub.subject[i].type, "C") == 0
                                                        ? V_ASN1_PRINTABLESTRING
                                                        : V_ASN1_UTF8STRING,
                                                    (const unsigned char *)sub.subject[i].value, -1, -1, 0),
                         1);
    return name;
}

static void build(enum kind kind, int64_t from, int64_t to, struct buf *out)
{
    struct key key = {0};
    X509 *issuer = lint_world.root_certs[0];
    const struct policy_strings crl = {address, 1};
    const ASN1_OCTET_STRING *aki = X509_get0_subject_key_id(issuer);
    X509_NAME *name = subject();
    expect_ok(key_from_pkey(lint_world.root_keys[1], &key, &lint_diag));
    const struct tbs_spec s = {
        .serial = {(const uint8_t *)"\x12\x34\x56\x78\x9a\xbc\xde\xf0", 8},
        .alg = ca.alg,
        .sm2_null = ca.sm2_null,
        .issuer = name_of(X509_get_subject_name(issuer)),
        .not_before = from,
        .not_after = to,
        .subject = name_of(name),
        .spki = buf_span(&key.spki),
        .aki = {ASN1_STRING_get0_data(aki), (size_t)ASN1_STRING_length(aki)},
        .ski = {key.ski, sizeof key.ski},
        .ca = true,
        .path_zero = kind != CROSS,
        .key_usage = KU_KEY_CERT_SIGN | KU_CRL_SIGN,
        .crl = &crl,
    };
    expect_ok_diag(tbs_build(&s, out, &lint_diag), &lint_diag);
    key_free(&key);
    X509_NAME_free(name);
}

static void build_good(enum kind kind, struct buf *out)
{
    build(kind, WORLD_NOW, tbs_add_period(WORLD_NOW, &years) - 1, out);
}

static enum err run(enum kind kind, struct span tbs)
{
    X509_NAME *name = subject();
    const struct lint_ca what = {.subject = name,
                                 .key = lint_world.root_keys[1],
                                 .inside = kind == CROSS ? lint_world.root_certs[1] : NULL,
                                 .path_zero = kind != CROSS};
    enum err e = kind == ROW ? lint_sub_ca(tbs, &sub, &ca, lint_world.root_certs[0], lint_world.root_keys[1], &lint_diag)
                             : lint_ca(tbs, &ca, lint_world.root_certs[0], &what, &lint_diag);
    X509_NAME_free(name);
    return e;
}

START_TEST(good_ones)
{
    struct buf tbs = {0};
    const enum kind kind = (enum kind)_i;
    build_good(kind, &tbs);
    expect_ok_diag(run(kind, buf_span(&tbs)), &lint_diag);
    expect_err(run(kind == CROSS ? ELSEWHERE : CROSS, buf_span(&tbs)), E_LINT); /* the path length is another */
    ca.crl_url = NULL;
    expect_err(run(kind, buf_span(&tbs)), E_LINT);
    ca.crl_url = "http://b.example/";
    expect_err(run(kind, buf_span(&tbs)), E_LINT);
    ca.crl_url = address[0];
    buf_free(&tbs);
}
END_TEST

/* Free are the serial number and, where no row has a period, the times inside the issuer's. */
START_TEST(flips_are_seen)
{
    struct buf tbs = {0};
    const enum kind kind = (enum kind)_i;
    build_good(kind, &tbs);
    struct span in = buf_span(&tbs), whole = lint_take(&in, DER_SEQUENCE);
    lint_take(&whole, DER_CONSTRUCTED + 0);
    struct span serial = lint_take(&whole, DER_INTEGER);
    lint_take(&whole, DER_SEQUENCE);
    lint_take(&whole, DER_SEQUENCE);
    struct span validity = lint_take(&whole, DER_SEQUENCE);
    size_t passed = 0;
    for (size_t bit = 0; bit < 8 * tbs.len; bit++) {
        uint8_t *byte = tbs.data + bit / 8;
        *byte ^= (uint8_t)(1u << bit % 8);
        enum err e = run(kind, buf_span(&tbs));
        *byte ^= (uint8_t)(1u << bit % 8);
        bool free_ = (byte >= serial.p && byte < serial.p + serial.n) ||
                     (kind != ROW && byte >= validity.p && byte < validity.p + validity.n);
        passed += e == E_OK;
        ck_assert_msg(e == E_LINT || (e == E_OK && free_), "bit %zu: %s", bit, err_name(e));
    }
    ck_assert_uint_gt(passed, 0);
    buf_free(&tbs);
}
END_TEST

LINT_CHANGE(no_path, lint_add(x, "basicConstraints", "critical,CA:TRUE"))
LINT_CHANGE(path_one, lint_add(x, "basicConstraints", "critical,CA:TRUE,pathlen:1"))
LINT_CHANGE(no_ca, lint_add(x, "basicConstraints", "critical,CA:FALSE"))
LINT_CHANGE(not_critical, lint_add(x, "basicConstraints", "CA:TRUE,pathlen:0"))
LINT_CHANGE(usage_more, lint_add(x, "keyUsage", "critical,digitalSignature,keyCertSign,cRLSign"))
LINT_CHANGE(usage_less, lint_add(x, "keyUsage", "critical,cRLSign"))
LINT_CHANGE(more, lint_add(x, "nsComment", "x"))
LINT_CHANGE(other_point, lint_add(x, "crlDistributionPoints", "URI:http://b.example/"))
LINT_CHANGE(two_points, lint_add(x, "crlDistributionPoints", "URI:http://a.example/root.crl,URI:http://b.example/"))
LINT_CHANGE(other_aki, lint_put_value(x, NID_authority_key_identifier, "\x30\x03\x80\x01" "a", 5))
LINT_CHANGE(other_ski, lint_put_value(x, NID_subject_key_identifier, "\x04\x01" "a", 3))
LINT_CHANGE(other_issuer, lint_set_issuer(x, "Somebody", V_ASN1_UTF8STRING))
LINT_CHANGE(other_subject, LINT_SUBJECT(LINT_C, LINT_CN))
LINT_CHANGE(too_early, lint_set_time(X509_getm_notBefore(x), V_ASN1_UTCTIME, "200101000000Z"))
LINT_CHANGE(too_late, lint_set_time(X509_getm_notAfter(x), V_ASN1_UTCTIME, "490101000000Z"))
LINT_CHANGE(backwards, lint_set_time(X509_getm_notAfter(x), V_ASN1_UTCTIME, "260228000000Z"))
LINT_CHANGE(version_1, X509_set_version(x, X509_VERSION_1))
LINT_CHANGE(alg_ecdsa, lint_set_algorithm(x, NID_ecdsa_with_SHA256, V_ASN1_UNDEF))

#define CASE(f) {#f, f, 0, E_LINT}
static const struct lint_change changes[] = {
    CASE(path_one),    CASE(no_ca),       CASE(not_critical), CASE(usage_more),    CASE(usage_less), CASE(more),
    CASE(other_point), CASE(two_points),  CASE(other_aki),    CASE(other_ski),     CASE(other_issuer), CASE(other_subject),
    CASE(too_early),   CASE(too_late),    CASE(backwards),    CASE(version_1),     CASE(alg_ecdsa),
    CASE(no_path)}; /* the last is good for a cross-certificate */
#define CHANGES ((int)(sizeof changes / sizeof changes[0]))

START_TEST(each_change)
{
    const enum kind kind = (enum kind)(_i / CHANGES);
    const struct lint_change *c = &changes[_i % CHANGES];
    struct buf tbs = {0};
    uint8_t *der = NULL;
    build_good(kind, &tbs);
    X509 *x = lint_parsed(&tbs);
    c->change(x);
    int n = i2d_re_X509_tbs(x, &der);
    enum err e = run(kind, (struct span){der, (size_t)n});
    ck_assert_msg(e == (kind == CROSS && c->change == no_path ? E_OK : E_LINT), "%s: %s", c->name, err_name(e));
    OPENSSL_free(der);
    X509_free(x);
    buf_free(&tbs);
}
END_TEST

/* A name that is nobody's row is a plain one: not empty, and one value in each of its parts. */
START_TEST(plain_names)
{
    for (int set = 1; set >= -1; set--) { /* of the second value: a part of its own, none, that of the first */
        struct buf tbs = {0};
        other = X509_NAME_new();
        for (int i = 0; set != 0 && i < 2; i++)
            ck_assert_int_eq(X509_NAME_add_entry_by_txt(other, i == 0 ? "O" : "CN", V_ASN1_UTF8STRING, (const uint8_t *)"x", 1, -1,
                                                        i == 0 || set > 0 ? 0 : -1),
                             1);
        build_good(ELSEWHERE, &tbs);
        ck_assert_int_eq(run(ELSEWHERE, buf_span(&tbs)), set > 0 ? E_OK : E_LINT);
        if (set <= 0)
            ck_assert_str_eq(lint_diag.text, set == 0 ? "the subject is empty" : "O shares its RDN" /* DER sorts them */);
        X509_NAME_free(other);
        other = NULL;
        buf_free(&tbs);
    }
}
END_TEST

/* A row's period is exact; else any time inside the issuer's will do. */
START_TEST(periods)
{
    struct buf tbs = {0};
    build((enum kind)_i, WORLD_NOW, WORLD_NOW + 86400, &tbs);
    ck_assert_int_eq(run((enum kind)_i, buf_span(&tbs)), _i == ROW ? E_LINT : E_OK);
    buf_free(&tbs);
}
END_TEST

/* Which of them a key of the policy has. */
START_TEST(own_keys)
{
    struct buf tbs = {0};
    struct policy p = lint_world.policy;
    struct policy_authority a = lint_world.authorities[0];
    struct policy_key keys[2] = {ca, sub};
    a.keys = keys;
    a.keys_n = 2;
    p.authorities = &a;
    p.authorities_n = 1;
    build_good(ROW, &tbs);
    EVP_PKEY *key = lint_world.root_keys[1];
    X509 *issuer = lint_world.root_certs[0];
    expect_ok_diag(lint_own(buf_span(&tbs), &p, &keys[1], issuer, key, &lint_diag), &lint_diag);
    keys[1].issuer = NULL; /* a root */
    expect_err(lint_own(buf_span(&tbs), &p, &keys[1], NULL, key, &lint_diag), E_LINT);
    a.ocsp_key = keys[1].name; /* a responder */
    expect_err(lint_own(buf_span(&tbs), &p, &keys[1], issuer, key, &lint_diag), E_LINT);
    buf_free(&tbs);
}
END_TEST

Suite *suite_lint_ca(void)
{
    Suite *s = suite_create("lint_ca");
    TCase *t = tcase_create("lint_ca");
    tcase_add_unchecked_fixture(t, set_up, lint_tear_down);
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, good_ones, 0, KINDS);
    tcase_add_loop_test(t, flips_are_seen, 0, KINDS);
    tcase_add_loop_test(t, each_change, 0, KINDS * CHANGES);
    tcase_add_loop_test(t, periods, 0, KINDS);
    tcase_add_test(t, plain_names);
    tcase_add_test(t, own_keys);
    suite_add_tcase(s, t);
    return s;
}
