#include <check.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "core/clock.h"
#include "expect.h"
#include "help_batch.h"
#include "help_pki.h"
#include "pki/der.h"
#include "pki/key.h"
#include "pki/lint.h"
#include "pki/name.h"
#include "pki/tbs.h"
#include "pki/tbs_view.h"

Suite *suite_lint(void);

static struct world w;
static EVP_PKEY *subject_keys[3]; /* one for each profile: SM2, SM2, RSA */
static struct diag d;

static void set_up(void)
{
    world_make(&w);
    subject_keys[0] = help_key(KEY_SM2);
    subject_keys[1] = help_key(KEY_SM2);
    subject_keys[2] = help_key(KEY_RSA);
}

static void tear_down(void)
{
    for (int i = 0; i < 3; i++)
        EVP_PKEY_free(subject_keys[i]);
    world_free(&w);
}

/* -- good ones -- */

#define SERIAL "\x12\x34\x56\x78\x9a\xbc\xde\xf0\x12\x34\x56\x78\x9a\xbc\xde"
#define SAN "\x30\x13\x82\x0bwww.example\x87\x04\x0a\x00\x00\x01"

static void build(int profile, struct buf *out)
{
    const struct policy_profile *p = &w.profiles[profile];
    int root = profile == 2;
    struct key key = {0};
    struct buf issuer = {0}, subject = {0};
    uint8_t *der = NULL;
    X509_NAME *asked = profile == 0
                           ? name_make("CN", "\xe7\x8e\x8b\xe4\xba\x94", "ST", "Jiangsu", "OU",
                                       "Unit 7", "serialNumber", "12-34", NULL)
                           : name_make("CN", "www.example", NULL);
    expect_ok_diag(name_from_request(asked, p->subject, p->subject_n, "", &subject, &d), &d);
    X509_NAME_free(asked);
    int n = i2d_X509_NAME(X509_get_subject_name(w.root_certs[root]), &der);
    ck_assert_int_gt(n, 0);
    buf_append(&issuer, der, (size_t)n);
    OPENSSL_free(der);
    expect_ok(key_from_pkey(subject_keys[profile], &key, &d));
    const ASN1_OCTET_STRING *aki = X509_get0_subject_key_id(w.root_certs[root]);
    const struct tbs_spec s = {
        .serial = {(const uint8_t *)SERIAL, 15},
        .alg = w.keys[root].alg,
        .sm2_null = w.keys[root].sm2_null,
        .issuer = buf_span(&issuer),
        .not_before = WORLD_NOW,
        .not_after = tbs_add_period(WORLD_NOW, &p->validity) - 1,
        .subject = buf_span(&subject),
        .spki = buf_span(&key.spki),
        .aki = {ASN1_STRING_get0_data(aki), (size_t)ASN1_STRING_length(aki)},
        .ski = {key.ski, sizeof key.ski},
        .key_usage = p->key_usage,
        .extended_key_usage = &p->extended_key_usage,
        .policies = &p->policies,
        .crl = &p->crl,
        .ocsp = &p->ocsp,
        .issuers = &p->issuers,
        .san = {(const uint8_t *)SAN, p->copy_san ? sizeof SAN - 1 : 0},
    };
    expect_ok_diag(tbs_build(&s, out, &d), &d);
    buf_free(&issuer);
    buf_free(&subject);
    key_free(&key);
}

static enum err lint(int profile, struct span tbs)
{
    int root = profile == 2;
    d = (struct diag){0};
    enum err e = lint_end_entity(tbs, (struct span){0}, &w.profiles[profile], &w.keys[root], w.root_certs[root], &d);
    ck_assert_int_eq(d.code, e);
    return e;
}

/* A certificate around the TBS, for changing it through OpenSSL. */
static X509 *parsed(const struct buf *tbs)
{
    struct buf der = {0};
    help_assemble(tbs, w.keys[0].alg, w.root_keys[0], &der);
    const uint8_t *p = der.data;
    X509 *x = d2i_X509(NULL, &p, (long)der.len);
    ck_assert_ptr_nonnull(x);
    buf_free(&der);
    return x;
}

START_TEST(good_ones_pass)
{
    struct buf tbs = {0};
    build(_i, &tbs);
    expect_ok_diag(lint(_i, buf_span(&tbs)), &d);
    buf_free(&tbs);
}
END_TEST

/* The short way to the index's parts gives what the view gives, and no part of a TBS that is cut. */
START_TEST(an_outline_agrees_with_the_view)
{
    struct buf tbs = {0};
    struct tbs_outline outline;
    TBS_VIEW *v;
    const unsigned char *name;
    size_t n;
    build(_i, &tbs);
    expect_ok_diag(tbs_view_parse(buf_span(&tbs), &v, &d), &d);
    expect_ok_diag(tbs_outline(buf_span(&tbs), &outline, &d), &d);
    ck_assert_int_eq(X509_NAME_get0_der(v->subject, &name, &n), 1);
    ck_assert(der_same(outline.subject, (struct span){name, n}));
    ck_assert(der_same(outline.spki, tbs_view_spki(v)));
    ck_assert_int_eq(ASN1_TIME_cmp_time_t(v->validity->notAfter, outline.not_after), 0);
    tbs_view_free(v);
    for (size_t cut = 0; cut < tbs.len; cut++)
        expect_err(tbs_outline((struct span){tbs.data, cut}, &outline, &d), E_LINT);
    buf_free(&tbs);
}
END_TEST

/* Under another profile, another key's row or another issuer it is wrong. */
START_TEST(rows_are_not_interchangeable)
{
    struct buf tbs = {0};
    build(_i, &tbs);
    for (int p = 0; p < 3; p++) {
        if (p != _i)
            expect_err(lint(p, buf_span(&tbs)), E_LINT);
    }
    int root = _i == 2;
    expect_err(lint_end_entity(buf_span(&tbs), (struct span){0}, &w.profiles[_i], &w.keys[1 - root],
                               w.root_certs[root], &d),
               E_LINT);
    X509 *other = help_cert(w.root_keys[root], w.keys[root].alg, "Other Root");
    expect_err(lint_end_entity(buf_span(&tbs), (struct span){0}, &w.profiles[_i], &w.keys[root], other, &d), E_LINT);
    X509_free(other);
    buf_free(&tbs);
}
END_TEST

/* The serial number is the one the plan names, when it names one. */
START_TEST(the_planned_serial)
{
    static const struct {
        const char *serial;
        size_t n;
        enum err want;
    } cases[] = {{SERIAL, 15, E_OK},      {SERIAL, 14, E_LINT},         {"\0" SERIAL, 16, E_LINT},
                 {SERIAL "\0", 16, E_LINT}, {"\x12" SERIAL, 15, E_LINT}, {SERIAL, 0, E_OK}};
    struct buf tbs = {0};
    build(0, &tbs);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        expect_err(lint_end_entity(buf_span(&tbs),
                                   (struct span){(const uint8_t *)cases[i].serial, cases[i].n},
                                   &w.profiles[0], &w.keys[0], w.root_certs[0], &d),
                   cases[i].want);
    buf_free(&tbs);
}
END_TEST

/* -- bit flips -- */

struct field {
    const char *name;
    struct span at;
};

static struct span take(struct span *in, uint8_t tag)
{
    struct der e;
    ck_assert(der_take(in, tag, &e));
    return e.body;
}

/* The only bytes of which a change alone cannot be told from another good certificate: the
 * serial number's and the free values' of the subject. */
static size_t free_fields(struct span tbs, const struct policy_profile *p, struct field out[16])
{
    size_t n = 0;
    struct der e;
    struct span in = take(&tbs, DER_SEQUENCE);
    take(&in, DER_CONSTRUCTED + 0);
    out[n++] = (struct field){"serial", take(&in, DER_INTEGER)};
    take(&in, DER_SEQUENCE);
    take(&in, DER_SEQUENCE);
    take(&in, DER_SEQUENCE);
    struct span subject = take(&in, DER_SEQUENCE);
    for (size_t i = 0; i < p->subject_n; i++) {
        struct span set = take(&subject, DER_SET);
        struct span seq = take(&set, DER_SEQUENCE);
        take(&seq, DER_OID);
        ck_assert(der_next(&seq, &e));
        if (p->subject[i].value == NULL)
            out[n++] = (struct field){p->subject[i].type, e.body};
    }
    ck_assert_uint_eq(subject.n, 0);
    if (p->copy_san) { /* the names' own bytes, not their tags and lengths */
        const uint8_t *san = NULL;
        for (size_t i = 0; i + sizeof SAN - 1 <= in.n; i++)
            if (memcmp(in.p + i, SAN, sizeof SAN - 1) == 0)
                san = in.p + i;
        ck_assert_ptr_nonnull(san);
        out[n++] = (struct field){"dns", {san + 4, 11}};
        out[n++] = (struct field){"ip", {san + 17, 4}};
    }
    return n;
}

/* Each passing flip must lie in a free field; the message tells all that do not. */
START_TEST(every_flip_is_seen)
{
    struct buf tbs = {0};
    struct field fields[16];
    char strays[2000] = "";
    size_t passed[16] = {0}, stray = 0;
    build(_i, &tbs);
    size_t n = free_fields(buf_span(&tbs), &w.profiles[_i], fields);
    for (size_t bit = 0; bit < 8 * tbs.len; bit++) {
        uint8_t *byte = tbs.data + bit / 8;
        *byte ^= (uint8_t)(1u << bit % 8);
        enum err e = lint(_i, buf_span(&tbs));
        ck_assert(e == E_OK || e == E_LINT);
        *byte ^= (uint8_t)(1u << bit % 8);
        size_t f = 0;
        while (f < n && !(byte >= fields[f].at.p && byte < fields[f].at.p + fields[f].at.n))
            f++;
        if (e == E_OK && f < n)
            passed[f]++;
        else if (e == E_OK && ++stray < 40)
            snprintf(strays + strlen(strays), sizeof strays - strlen(strays),
                     " %zu (%02x to %02x)", bit / 8, *byte,
                     (unsigned)(uint8_t)(*byte ^ (1u << bit % 8)));
    }
    expect_seen(E_LINT);
    ck_assert_msg(stray == 0, "profile %s: %zu flips outside the free fields pass, at bytes%s",
                  w.profiles[_i].name, stray, strays);
    for (size_t f = 0; f < n; f++) /* and they are free */
        ck_assert_msg(passed[f] > 0, "no flip of %s passes", fields[f].name);
    buf_free(&tbs);
}
END_TEST

START_TEST(every_truncation_is_seen)
{
    struct buf tbs = {0};
    build(_i, &tbs);
    for (size_t n = 0; n < tbs.len; n++)
        ck_assert_int_eq(lint(_i, (struct span){tbs.data, n}), E_LINT);
    buf_append_byte(&tbs, 0);
    ck_assert_int_eq(lint(_i, buf_span(&tbs)), E_LINT);
    buf_append_byte(&tbs, 0);
    ck_assert_int_eq(lint(_i, buf_span(&tbs)), E_LINT);
    buf_free(&tbs);
}
END_TEST

START_TEST(what_is_no_tbs)
{
    static uint8_t big[70000];
    expect_err(lint(0, (struct span){big, 0}), E_LINT);
    expect_err(lint(0, (struct span){big, sizeof big}), E_LINT);
    expect_err(lint(0, (struct span){(const uint8_t *)"\x30\x00", 2}), E_LINT);
}
END_TEST

/* -- one thing changed at a time, through OpenSSL -- */

/* Change the parsed TBS, write it anew, lint it. */
static enum err changed(int profile, void (*change)(X509 *))
{
    struct buf tbs = {0};
    uint8_t *der = NULL;
    build(profile, &tbs);
    X509 *x = parsed(&tbs);
    change(x);
    int n = i2d_re_X509_tbs(x, &der);
    ck_assert_int_gt(n, 0);
    ck_assert_msg((size_t)n != tbs.len || memcmp(der, tbs.data, tbs.len) != 0, "nothing changed");
    enum err e = lint(profile, (struct span){der, (size_t)n});
    OPENSSL_free(der);
    X509_free(x);
    buf_free(&tbs);
    return e;
}

#define CHANGE(name, body)                                                                         \
    static void name(X509 *x)                                                                      \
    {                                                                                              \
        body;                                                                                      \
    }

static void set_serial(X509 *x, const char *hex)
{
    BIGNUM *n = NULL;
    ck_assert_int_gt(BN_hex2bn(&n, hex), 0);
    ck_assert_ptr_nonnull(BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x)));
    BN_free(n);
}

CHANGE(version_1, X509_set_version(x, X509_VERSION_1))
CHANGE(version_2, X509_set_version(x, X509_VERSION_2))
CHANGE(serial_zero, set_serial(x, "0"))
CHANGE(serial_one, set_serial(x, "1"))
CHANGE(serial_7, set_serial(x, "01020304050607"))
CHANGE(serial_negative, set_serial(x, "-123456789abcdef0123456789abcde"))
CHANGE(serial_20_high, set_serial(x, "8100000000000000000000000000000000000000"))
CHANGE(serial_21, set_serial(x, "110000000000000000000000000000000000000000"))

static void set_algorithm(X509 *x, int nid, int parameter)
{
    X509_ALGOR_set0((X509_ALGOR *)(uintptr_t)X509_get0_tbs_sigalg(x), OBJ_nid2obj(nid), parameter,
                    NULL);
}

CHANGE(alg_ecdsa, set_algorithm(x, NID_ecdsa_with_SHA256, V_ASN1_UNDEF))
CHANGE(alg_no_null, set_algorithm(x, NID_SM2_with_SM3, V_ASN1_UNDEF))
CHANGE(alg_sha1, set_algorithm(x, NID_sha1WithRSAEncryption, V_ASN1_NULL))

static void set_time(ASN1_TIME *t, int type, const char *text)
{
    ck_assert_int_eq(ASN1_STRING_set(t, text, -1), 1);
    t->type = type;
}

#define BEFORE X509_getm_notBefore(x)
#define AFTER X509_getm_notAfter(x)
CHANGE(before_a_second_early, set_time(BEFORE, V_ASN1_UTCTIME, "260228235959Z"))
CHANGE(before_a_second_late, set_time(BEFORE, V_ASN1_UTCTIME, "260301000001Z"))
CHANGE(before_the_issuer, set_time(BEFORE, V_ASN1_UTCTIME, "231231235959Z"))
CHANGE(before_generalized, set_time(BEFORE, V_ASN1_GENERALIZEDTIME, "20260301000000Z"))
CHANGE(before_without_seconds, set_time(BEFORE, V_ASN1_UTCTIME, "2603010000Z"))
CHANGE(before_with_zone, set_time(BEFORE, V_ASN1_UTCTIME, "260301080000+0800"))
CHANGE(before_malformed, set_time(BEFORE, V_ASN1_UTCTIME, "260230000000Z"))
CHANGE(before_empty, set_time(BEFORE, V_ASN1_UTCTIME, ""))
CHANGE(after_a_second_late, set_time(AFTER, V_ASN1_UTCTIME, "270301000000Z"))
CHANGE(after_a_second_early, set_time(AFTER, V_ASN1_UTCTIME, "270228235958Z"))
CHANGE(after_generalized, set_time(AFTER, V_ASN1_GENERALIZEDTIME, "20270228235959Z"))
CHANGE(after_with_fraction, set_time(AFTER, V_ASN1_GENERALIZEDTIME, "20270228235959.5Z"))
CHANGE(after_without_z, set_time(AFTER, V_ASN1_UTCTIME, "270228235959"))
CHANGE(after_before_before, set_time(AFTER, V_ASN1_UTCTIME, "250228235959Z"))
CHANGE(after_forever, set_time(AFTER, V_ASN1_GENERALIZEDTIME, "99991231235959Z"))
/* a whole year of validity, too far out for the issuer, which ends with 2033 */
CHANGE(both_beyond_the_issuer, set_time(BEFORE, V_ASN1_UTCTIME, "330102000000Z");
       set_time(AFTER, V_ASN1_UTCTIME, "340101235959Z"))
CHANGE(both_before_the_issuer, set_time(BEFORE, V_ASN1_UTCTIME, "231231000000Z");
       set_time(AFTER, V_ASN1_UTCTIME, "241230235959Z"))
CHANGE(both_moved, set_time(BEFORE, V_ASN1_UTCTIME, "260401000000Z");
       set_time(AFTER, V_ASN1_UTCTIME, "270331235959Z"))

/* A name from triples of type, string type and value. */
static X509_NAME *name_of(const struct policy_attribute *parts)
{
    X509_NAME *name = X509_NAME_new();
    for (; parts->type != NULL; parts++)
        ck_assert_int_eq(X509_NAME_add_entry_by_txt(name, parts->type, parts->max,
                                                    (const uint8_t *)parts->value, -1, -1, 0),
                         1);
    return name;
}

static void set_issuer(X509 *x, const char *cn, int string)
{
    X509_NAME *name = name_of(
        (const struct policy_attribute[]){{.type = "CN", .value = cn, .max = string}, {0}});
    X509_set_issuer_name(x, name);
    X509_NAME_free(name);
}

CHANGE(issuer_other, set_issuer(x, "Other Root", V_ASN1_UTF8STRING))
CHANGE(issuer_empty, X509_NAME *n = X509_NAME_new(); X509_set_issuer_name(x, n); X509_NAME_free(n))
CHANGE(issuer_in_another_case, set_issuer(x, "TEST ROOT", V_ASN1_UTF8STRING))
CHANGE(issuer_in_another_type, set_issuer(x, "Test Root", V_ASN1_PRINTABLESTRING))
CHANGE(issuer_with_blanks, set_issuer(x, " Test  Root ", V_ASN1_UTF8STRING))

static void set_subject(X509 *x, const struct policy_attribute *parts)
{
    X509_NAME *name = name_of(parts);
    X509_set_subject_name(x, name);
    X509_NAME_free(name);
}

#define SUBJECT(...)                                                                               \
    set_subject(x, (const struct policy_attribute[]){__VA_ARGS__, {0}})
#define PART(t, s, v)                                                                              \
    {                                                                                              \
        .type = t, .max = s, .value = v                                                            \
    }
#define C PART("C", V_ASN1_PRINTABLESTRING, "CN")
#define ST PART("ST", V_ASN1_UTF8STRING, "Jiangsu")
#define OU PART("OU", V_ASN1_PRINTABLESTRING, "Unit 7")
#define CN PART("CN", V_ASN1_UTF8STRING, "Wang Wu")
CHANGE(subject_in_order, SUBJECT(C, ST, OU, CN)) /* fine: only the optional one is gone */
CHANGE(subject_minimal, SUBJECT(C, CN))          /* fine */
CHANGE(subject_out_of_order, SUBJECT(C, OU, ST, CN))
CHANGE(subject_without_required, SUBJECT(C, ST, OU))
CHANGE(subject_without_fixed, SUBJECT(ST, OU, CN))
CHANGE(subject_twice, SUBJECT(C, ST, ST, CN))
CHANGE(subject_beyond, SUBJECT(C, CN, PART("L", V_ASN1_UTF8STRING, "here")))
CHANGE(subject_beyond_between, SUBJECT(C, PART("L", V_ASN1_UTF8STRING, "here"), CN))
CHANGE(subject_other_fixed, SUBJECT(PART("C", V_ASN1_PRINTABLESTRING, "US"), CN))
CHANGE(subject_type_of_c, SUBJECT(PART("C", V_ASN1_UTF8STRING, "CN"), CN))
CHANGE(subject_type_of_cn, SUBJECT(C, PART("CN", V_ASN1_PRINTABLESTRING, "Wang Wu")))
CHANGE(subject_type_of_ou, SUBJECT(C, PART("OU", V_ASN1_UTF8STRING, "Unit 7"), CN))
CHANGE(subject_bmp, SUBJECT(C, PART("CN", V_ASN1_BMPSTRING, "ab")))
CHANGE(subject_too_long, SUBJECT(C, PART("CN", V_ASN1_UTF8STRING, "0123456789abc")))
CHANGE(subject_shared_rdn, SUBJECT(C, CN);
       X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "ST", V_ASN1_UTF8STRING,
                                  (const uint8_t *)"Jiangsu", -1, 1, -1))
CHANGE(subject_empty, X509_NAME *n = X509_NAME_new(); X509_set_subject_name(x, n);
       X509_NAME_free(n))

static void empty_cn(X509 *x)
{
    X509_NAME *name = X509_get_subject_name(x);
    int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
    X509_NAME_ENTRY *entry = X509_NAME_delete_entry(name, at);
    ASN1_STRING_set(X509_NAME_ENTRY_get_data(entry), "", 0);
    X509_NAME_add_entry(name, entry, at, 0);
    X509_NAME_ENTRY_free(entry);
}

/* A change of key takes its SKI along, so that the rule about keys is what sees it. */
static void set_key(X509 *x, EVP_PKEY *key)
{
    struct key of = {0};
    expect_ok(key_from_pkey(key, &of, &d));
    X509_set_pubkey(x, key);
    ASN1_OCTET_STRING *ski = ASN1_OCTET_STRING_new();
    ASN1_OCTET_STRING_set(ski, of.ski, sizeof of.ski);
    ck_assert_int_eq(X509_add1_ext_i2d(x, NID_subject_key_identifier, ski, 0, X509V3_ADD_REPLACE),
                     1);
    ASN1_OCTET_STRING_free(ski);
    key_free(&of);
    EVP_PKEY_free(key);
}

static EVP_PKEY *rsa(size_t bits)
{
    return EVP_PKEY_Q_keygen(NULL, NULL, "RSA", bits);
}

CHANGE(key_p384, set_key(x, help_key(KEY_P384)))
CHANGE(key_p256, set_key(x, help_key(KEY_P256)))       /* fine for a person */
CHANGE(key_sm2, set_key(x, help_key(KEY_SM2)))         /* fine for a person */
CHANGE(key_rsa_2048, set_key(x, rsa(2048)))            /* fine for a person */
CHANGE(key_rsa_1024, set_key(x, rsa(1024)))
CHANGE(key_rsa_4096, set_key(x, rsa(4096)))
CHANGE(key_other_with_old_ski, EVP_PKEY *k = help_key(KEY_SM2); X509_set_pubkey(x, k);
       EVP_PKEY_free(k))

static void key_ed25519(X509 *x)
{
    EVP_PKEY *k = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    X509_set_pubkey(x, k);
    EVP_PKEY_free(k);
}

struct change {
    const char *name;
    void (*change)(X509 *);
    int profile;
    enum err want;
};
#define CASE(f) {#f, f, 0, E_LINT}
static const struct change frame[] = {
    CASE(version_1), CASE(version_2), CASE(serial_zero), CASE(serial_one), CASE(serial_7),
    CASE(serial_negative), CASE(serial_20_high), CASE(serial_21), CASE(alg_ecdsa),
    CASE(alg_no_null), CASE(alg_sha1), {"alg_no_null", alg_no_null, 1, E_LINT},
    {"alg_sha1", alg_sha1, 2, E_LINT},
    CASE(before_a_second_early), CASE(before_a_second_late), CASE(before_the_issuer),
    CASE(before_generalized), CASE(before_without_seconds), CASE(before_with_zone),
    CASE(before_malformed), CASE(before_empty), CASE(after_a_second_late),
    CASE(after_a_second_early), CASE(after_generalized), CASE(after_with_fraction),
    CASE(after_without_z), CASE(after_before_before), CASE(after_forever),
    CASE(both_beyond_the_issuer), CASE(both_before_the_issuer), {"both_moved", both_moved, 0, E_OK},
    CASE(issuer_other), CASE(issuer_empty), CASE(issuer_in_another_case),
    CASE(issuer_in_another_type), CASE(issuer_with_blanks),
    {"subject_in_order", subject_in_order, 0, E_OK}, {"subject_minimal", subject_minimal, 0, E_OK},
    CASE(subject_out_of_order), CASE(subject_without_required), CASE(subject_without_fixed),
    CASE(subject_twice), CASE(subject_beyond), CASE(subject_beyond_between),
    CASE(subject_other_fixed), CASE(subject_type_of_c), CASE(subject_type_of_cn),
    CASE(subject_type_of_ou), CASE(subject_bmp), CASE(subject_too_long), CASE(subject_shared_rdn),
    CASE(subject_empty), CASE(empty_cn),
    CASE(key_p384), {"key_p256", key_p256, 0, E_OK}, {"key_sm2", key_sm2, 0, E_OK},
    {"key_rsa_2048", key_rsa_2048, 0, E_OK}, CASE(key_rsa_1024), CASE(key_rsa_4096),
    {"key_rsa_2048", key_rsa_2048, 1, E_LINT}, {"key_p256", key_p256, 1, E_LINT},
    {"key_p384", key_p384, 2, E_OK}, {"key_sm2", key_sm2, 2, E_LINT},
    CASE(key_other_with_old_ski), CASE(key_ed25519),
};
#define FRAME ((int)(sizeof frame / sizeof frame[0]))

static void expect_change(const struct change *c)
{
    enum err e = changed(c->profile, c->change);
    ck_assert_msg(e == c->want, "%s on profile %d: %s (%s)", c->name, c->profile, err_name(e),
                  d.text);
    expect_seen(e);
}

START_TEST(each_change_of_the_frame)
{
    expect_change(&frame[_i]);
}
END_TEST

/* -- extensions -- */

static const int extensions[] = {NID_authority_key_identifier, NID_subject_key_identifier,
                                 NID_key_usage, NID_certificate_policies, NID_subject_alt_name,
                                 NID_ext_key_usage, NID_crl_distribution_points, NID_info_access};
#define EXTENSIONS ((int)(sizeof extensions / sizeof extensions[0]))

static int nid; /* of the extension under test */

static X509_EXTENSION *find(X509 *x)
{
    X509_EXTENSION *ext = X509_get_ext(x, X509_get_ext_by_NID(x, nid, -1));
    ck_assert_ptr_nonnull(ext);
    return ext;
}

static void drop(X509 *x)
{
    X509_EXTENSION_free(X509_delete_ext(x, X509_get_ext_by_NID(x, nid, -1)));
}

static void twice(X509 *x)
{
    ck_assert_int_eq(X509_add_ext(x, find(x), -1), 1);
}

static void other_criticality(X509 *x)
{
    X509_EXTENSION *ext = find(x);
    X509_EXTENSION_set_critical(ext, !X509_EXTENSION_get_critical(ext));
}

static void set_value(X509 *x, const uint8_t *p, size_t n)
{
    ASN1_OCTET_STRING *s = ASN1_OCTET_STRING_new();
    ASN1_OCTET_STRING_set(s, p, (int)n);
    X509_EXTENSION_set_data(find(x), s);
    ASN1_OCTET_STRING_free(s);
}

static void empty_value(X509 *x)
{
    set_value(x, NULL, 0);
}

static void garbage_value(X509 *x)
{
    set_value(x, (const uint8_t *)"garbage", 7);
}

static void empty_list(X509 *x)
{
    set_value(x, (const uint8_t *)"\x30\x00", 2);
}

/* RFC 5280 4.1: the octets are the DER of one value. */
static void trailing_bytes(X509 *x)
{
    const ASN1_OCTET_STRING *old = X509_EXTENSION_get_data(find(x));
    struct buf longer = {0};
    buf_append(&longer, ASN1_STRING_get0_data(old), (size_t)ASN1_STRING_length(old));
    buf_append(&longer, "\x05\x00", 2);
    set_value(x, longer.data, longer.len);
    buf_free(&longer);
}

/* The same value with a length in BER's long form. */
static void long_length(X509 *x)
{
    const ASN1_OCTET_STRING *old = X509_EXTENSION_get_data(find(x));
    const uint8_t *p = ASN1_STRING_get0_data(old);
    size_t n = (size_t)ASN1_STRING_length(old);
    struct buf ber = {0};
    buf_append(&ber, p, 1);
    if (p[1] < 0x80) {
        buf_append(&ber, "\x81", 1);
        buf_append(&ber, p + 1, n - 1);
    } else {
        buf_append_byte(&ber, (uint8_t)(p[1] + 1));
        buf_append(&ber, "\x00", 1);
        buf_append(&ber, p + 2, n - 2);
    }
    set_value(x, ber.data, ber.len);
    buf_free(&ber);
}

static const struct {
    const char *name;
    void (*change)(X509 *);
} spoils[] = {{"left out", drop},
              {"twice", twice},
              {"of the other criticality", other_criticality},
              {"without content", empty_value},
              {"with garbage", garbage_value},
              {"with an empty list", empty_list},
              {"with trailing bytes", trailing_bytes},
              {"with a BER length", long_length}};
#define SPOILS ((int)(sizeof spoils / sizeof spoils[0]))

START_TEST(each_extension_spoilt)
{
    nid = extensions[_i / SPOILS];
    enum err e = changed(1, spoils[_i % SPOILS].change);
    bool fine = nid == NID_subject_alt_name && spoils[_i % SPOILS].change == drop;
    enum err want = fine ? E_OK : E_LINT;
    ck_assert_msg(e == want, "%s %s: %s", OBJ_nid2sn(nid), spoils[_i % SPOILS].name, err_name(e));
    expect_seen(e);
}
END_TEST

static void add(X509 *x, const char *name, const char *value)
{
    X509V3_CTX ctx;
    CONF *conf = NCONF_new(NULL);
    X509V3_set_ctx(&ctx, NULL, NULL, NULL, NULL, 0);
    X509V3_set_nconf(&ctx, conf);
    X509_EXTENSION *ext = X509V3_EXT_nconf_nid(conf, &ctx, OBJ_sn2nid(name), value);
    NCONF_free(conf);
    ck_assert_ptr_nonnull(ext);
    X509_EXTENSION_free(X509_delete_ext(x, X509_get_ext_by_NID(x, OBJ_sn2nid(name), -1)));
    ck_assert_int_eq(X509_add_ext(x, ext, -1), 1);
    X509_EXTENSION_free(ext);
}

static void add_unknown(X509 *x)
{
    ASN1_OBJECT *o = OBJ_txt2obj("2.999.5", 1);
    ASN1_OCTET_STRING *s = ASN1_OCTET_STRING_new();
    ASN1_OCTET_STRING_set(s, (const uint8_t *)"\x05\x00", 2);
    X509_EXTENSION *ext = X509_EXTENSION_create_by_OBJ(NULL, o, 0, s);
    ck_assert_int_eq(X509_add_ext(x, ext, -1), 1);
    X509_EXTENSION_free(ext);
    ASN1_OCTET_STRING_free(s);
    ASN1_OBJECT_free(o);
}

static void put_value(X509 *x, int which, const char *bytes, size_t n)
{
    nid = which;
    set_value(x, (const uint8_t *)bytes, n);
}

#define KU "keyUsage"
#define URL_1 "URI:http://crl.example.com/a.crl"
#define URL_2 "URI:http://crl.example.org/a.crl"
#define AIA_1 "OCSP;URI:http://ocsp.example.com/"
#define AIA_2 "caIssuers;URI:http://aia.example.com/a.crt"
CHANGE(ca_false, add(x, "basicConstraints", "critical,CA:FALSE"))
CHANGE(ca_true, add(x, "basicConstraints", "critical,CA:TRUE"))
CHANGE(name_constraints, add(x, "nameConstraints", "critical,permitted;DNS:a.example"))
CHANGE(issuer_alt_name, add(x, "issuerAltName", "DNS:a.example"))
CHANGE(netscape, add(x, "nsComment", "hello"))
CHANGE(usage_less, add(x, KU, "critical,digitalSignature"))
CHANGE(usage_more, add(x, KU, "critical,digitalSignature,keyAgreement,keyCertSign"))
CHANGE(usage_decipher, add(x, KU, "critical,digitalSignature,keyAgreement,decipherOnly"))
/* digitalSignature and keyAgreement with the zero bits at the end that DER leaves out */
CHANGE(usage_zero_bits, put_value(x, NID_key_usage, "\x03\x02\x00\x88", 4))
CHANGE(eku_less, add(x, "extendedKeyUsage", "serverAuth"))
CHANGE(eku_order, add(x, "extendedKeyUsage", "clientAuth,serverAuth"))
CHANGE(eku_more, add(x, "extendedKeyUsage", "serverAuth,clientAuth,OCSPSigning"))
CHANGE(eku_any, add(x, "extendedKeyUsage", "anyExtendedKeyUsage"))
CHANGE(policies_less, add(x, "certificatePolicies", "2.999.1.2"))
CHANGE(policies_order, add(x, "certificatePolicies", "2.999.1.3,2.999.1.2"))
CHANGE(policies_more, add(x, "certificatePolicies", "2.999.1.2,2.999.1.3,2.999.1.4"))
/* the first with a qualifier: a CPS address */
CHANGE(policies_qualified,
       put_value(x, NID_certificate_policies,
                 "\x30\x24\x30\x1a\x06\x04\x88\x37\x01\x02\x30\x12\x30\x10\x06\x08\x2b\x06\x01\x05"
                 "\x05\x07\x02\x01\x16\x04http\x30\x06\x06\x04\x88\x37\x01\x03",
                 38))
CHANGE(crl_less, add(x, "crlDistributionPoints", URL_1))
CHANGE(crl_order, add(x, "crlDistributionPoints", URL_2 "," URL_1))
CHANGE(crl_other, add(x, "crlDistributionPoints", URL_1 ",URI:http://crl.example.org/b.crl"))
CHANGE(crl_shorter, add(x, "crlDistributionPoints", URL_1 ",URI:http://crl.example.org/a.cr"))
CHANGE(crl_dns, add(x, "crlDistributionPoints", URL_1 ",DNS:crl.example.org"))
CHANGE(aia_less, add(x, "authorityInfoAccess", AIA_1))
CHANGE(aia_order, add(x, "authorityInfoAccess", AIA_2 "," AIA_1))
CHANGE(aia_method, add(x, "authorityInfoAccess", "caIssuers;URI:http://ocsp.example.com/," AIA_2))
CHANGE(aia_other,
       add(x, "authorityInfoAccess", AIA_1 ",caIssuers;URI:http://aia.example.com/b.crt"))
CHANGE(aki_other,
       put_value(x, NID_authority_key_identifier,
                 "\x30\x0a\x80\x08\x01\x02\x03\x04\x05\x06\x07\x09", 12))
CHANGE(aki_with_serial,
       put_value(x, NID_authority_key_identifier,
                 "\x30\x0d\x80\x08\x01\x02\x03\x04\x05\x06\x07\x08\x82\x01\x05", 15))
CHANGE(ski_other, put_value(x, NID_subject_key_identifier,
                            "\x04\x14" "aaaaaaaaaaaaaaaaaaaa", 22))
CHANGE(san_email, add(x, "subjectAltName", "DNS:a.example,email:a@b.example"))
CHANGE(san_uri, add(x, "subjectAltName", "URI:http://a.example/"))
/* what the requests' own check would not have let through (san.h) */
CHANGE(san_wildcard, add(x, "subjectAltName", "DNS:*.example.org"))
CHANGE(san_blank, put_value(x, NID_subject_alt_name, "\x30\x05\x82\x03" "a b", 7))
CHANGE(san_nul, put_value(x, NID_subject_alt_name, "\x30\x09\x82\x07" "a.b\0c.d", 11))
CHANGE(san_empty_dns, put_value(x, NID_subject_alt_name, "\x30\x02\x82\x00", 4))
CHANGE(san_ip_5, put_value(x, NID_subject_alt_name, "\x30\x07\x87\x05\x01\x02\x03\x04\x05", 9))
CHANGE(san_twice, put_value(x, NID_subject_alt_name, "\x30\x0a\x82\x03" "a.b\x82\x03" "a.b", 12))
CHANGE(san_fine, add(x, "subjectAltName", "IP:2001:db8::1,DNS:a.example"))
/* a profile that takes no names */
CHANGE(san_uninvited, add(x, "subjectAltName", "DNS:a.example"))
CHANGE(san_uninvited_garbage, add(x, "subjectAltName", "DNS:a.example");
       put_value(x, NID_subject_alt_name, "garbage", 7))
CHANGE(eku_uninvited, add(x, "extendedKeyUsage", "serverAuth"))

#define ON_1(f) {#f, f, 1, E_LINT}
static const struct change content[] = {
    ON_1(ca_false), ON_1(ca_true), ON_1(name_constraints), ON_1(issuer_alt_name), ON_1(netscape),
    ON_1(add_unknown), ON_1(usage_less), ON_1(usage_more), ON_1(usage_decipher),
    ON_1(usage_zero_bits), ON_1(eku_less), ON_1(eku_order), ON_1(eku_more), ON_1(eku_any),
    ON_1(policies_less), ON_1(policies_order), ON_1(policies_more), ON_1(policies_qualified),
    ON_1(crl_less), ON_1(crl_order), ON_1(crl_other), ON_1(crl_shorter), ON_1(crl_dns),
    ON_1(aia_less), ON_1(aia_order), ON_1(aia_method), ON_1(aia_other), ON_1(aki_other),
    ON_1(aki_with_serial), ON_1(ski_other), ON_1(san_email), ON_1(san_uri), ON_1(san_wildcard),
    ON_1(san_blank), ON_1(san_nul), ON_1(san_empty_dns), ON_1(san_ip_5), ON_1(san_twice),
    {"san_fine", san_fine, 1, E_OK}, {"san_uninvited", san_uninvited, 0, E_LINT},
    {"san_uninvited_garbage", san_uninvited_garbage, 0, E_LINT},
    {"eku_uninvited", eku_uninvited, 0, E_LINT}, {"eku_uninvited", eku_uninvited, 2, E_LINT},
    {"ca_true", ca_true, 2, E_LINT},
};
#define CONTENT ((int)(sizeof content / sizeof content[0]))

START_TEST(each_change_of_content)
{
    expect_change(&content[_i]);
}
END_TEST

/* -- encodings that OpenSSL keeps as they came -- */

/* Replace the first occurrence of the bytes `from` by `to`, correcting the TBS's own length. */
static void splice(const struct buf *tbs, const uint8_t *from, size_t from_n, struct span to,
                   struct buf *out)
{
    struct span in = buf_span(tbs);
    struct der whole;
    ck_assert(der_take(&in, DER_SEQUENCE, &whole));
    size_t at = (size_t)(from - whole.body.p);
    der_put_header(out, DER_SEQUENCE, whole.body.n - from_n + to.n);
    buf_append(out, whole.body.p, at);
    buf_append(out, to.p, to.n);
    buf_append(out, from + from_n, whole.body.n - at - from_n);
    expect_ok(buf_err(out));
}

/* The n-th element of the TBS with its length in the long form. */
static enum err ber_element(int n)
{
    struct buf tbs = {0}, ber = {0}, out = {0};
    struct der e = {0};
    build(0, &tbs);
    struct span in = buf_span(&tbs);
    in = take(&in, DER_SEQUENCE);
    for (int i = 0; i <= n; i++)
        ck_assert(der_next(&in, &e));
    buf_append_byte(&ber, e.tag);
    buf_append_byte(&ber, 0x82);
    buf_append_byte(&ber, (uint8_t)(e.body.n >> 8));
    buf_append_byte(&ber, (uint8_t)e.body.n);
    buf_append(&ber, e.body.p, e.body.n);
    splice(&tbs, e.whole.p, e.whole.n, buf_span(&ber), &out);
    enum err got = e.body.n > 255 ? E_LINT : lint(0, buf_span(&out));
    buf_free(&tbs);
    buf_free(&ber);
    buf_free(&out);
    return got;
}

/* The older form of an SM2 key, with the curve as the algorithm: taken in requests (key.h), never
 * written in a certificate. */
START_TEST(the_older_form_of_a_key)
{
    struct buf tbs = {0}, spki = {0}, out = {0};
    struct der e, part;
    build(0, &tbs);
    struct span in = buf_span(&tbs);
    in = take(&in, DER_SEQUENCE);
    for (int i = 0; i <= 6; i++)
        ck_assert(der_next(&in, &e));
    struct span body = e.body;
    take(&body, DER_SEQUENCE);
    ck_assert(der_take(&body, DER_BIT_STRING, &part));
    der_put_header(&spki, DER_SEQUENCE, 12 + part.whole.n);
    buf_append(&spki, "\x30\x0a\x06\x08\x2a\x81\x1c\xcf\x55\x01\x82\x2d", 12);
    buf_append(&spki, part.whole.p, part.whole.n);
    splice(&tbs, e.whole.p, e.whole.n, buf_span(&spki), &out);
    expect_err(lint(0, buf_span(&out)), E_LINT);
    buf_free(&tbs);
    buf_free(&spki);
    buf_free(&out);
}
END_TEST

/* version, serial, algorithm, issuer, validity, subject, key, extensions */
START_TEST(ber_lengths_are_seen)
{
    ck_assert_msg(ber_element(_i) == E_LINT, "element %d may have a BER length", _i);
}
END_TEST

/* -- self-signed -- */

static void self_signed(int root, bool ca, struct buf *out)
{
    struct key key = {0};
    struct buf name = {0};
    expect_ok(key_from_pkey(w.root_keys[root], &key, &d));
    expect_ok(name_from_rules(w.keys[root].subject, w.keys[root].subjects, &name, &d));
    const struct tbs_spec s = {
        .serial = {(const uint8_t *)"\x12\x34\x56\x78\x9a\xbc\xde\xf0", 8},
        .alg = w.keys[root].alg,
        .sm2_null = w.keys[root].sm2_null,
        .issuer = buf_span(&name),
        .not_before = WORLD_NOW,
        .not_after = tbs_add_period(WORLD_NOW, &w.keys[root].validity) - 1,
        .subject = buf_span(&name),
        .spki = buf_span(&key.spki),
        .ski = {key.ski, sizeof key.ski},
        .ca = ca,
        .key_usage = ca ? KU_KEY_CERT_SIGN | KU_CRL_SIGN : KU_DIGITAL_SIGNATURE,
    };
    expect_ok_diag(tbs_build(&s, out, &d), &d);
    key_free(&key);
    buf_free(&name);
}

/* both kinds of key, for certificates and not */
START_TEST(self_signed_ones)
{
    int root = _i / 2;
    bool ca = _i % 2 == 0;
    struct buf tbs = {0};
    EVP_PKEY *other = help_key(w.keys[root].kind);
    self_signed(root, ca, &tbs);
    expect_ok_diag(lint_self_signed(buf_span(&tbs), &w.keys[root], ca, w.root_keys[root], &d), &d);
    expect_err(lint_self_signed(buf_span(&tbs), &w.keys[root], !ca, w.root_keys[root], &d), E_LINT);
    expect_err(lint_self_signed(buf_span(&tbs), &w.keys[root], ca, other, &d), E_LINT);
    expect_err(lint_self_signed(buf_span(&tbs), &w.keys[1 - root], ca, w.root_keys[root], &d),
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
    in = take(&in, DER_SEQUENCE);
    take(&in, DER_CONSTRUCTED + 0);
    struct span serial = take(&in, DER_INTEGER);
    for (size_t bit = 0; bit < 8 * tbs.len; bit++) {
        uint8_t *byte = tbs.data + bit / 8;
        *byte ^= (uint8_t)(1u << bit % 8);
        enum err e =
            lint_self_signed(buf_span(&tbs), &w.keys[root], ca, w.root_keys[root], &d);
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

CHANGE(self_path_length, add(x, "basicConstraints", "critical,CA:TRUE,pathlen:0"))
CHANGE(self_ca_false, add(x, "basicConstraints", "critical,CA:FALSE"))
CHANGE(self_not_critical, add(x, "basicConstraints", "CA:TRUE"))
CHANGE(self_usage, add(x, KU, "critical,digitalSignature,keyCertSign,cRLSign"))
CHANGE(self_usage_less, add(x, KU, "critical,keyCertSign"))
CHANGE(self_aki, add_unknown(x); add(x, "nsComment", "x"))
CHANGE(self_ski, put_value(x, NID_subject_key_identifier, "\x04\x01" "a", 3))
CHANGE(self_ber_true, put_value(x, NID_basic_constraints, "\x30\x03\x01\x01\x01", 5))
CHANGE(self_issuer, set_issuer(x, "Somebody", V_ASN1_UTF8STRING))

static const struct change self_changes[] = {
    CASE(self_path_length), CASE(self_ca_false), CASE(self_not_critical), CASE(self_usage),
    CASE(self_usage_less), CASE(self_aki), CASE(self_ski), CASE(self_ber_true), CASE(self_issuer),
    CASE(serial_zero), CASE(version_1), CASE(alg_ecdsa), CASE(after_forever),
    CASE(subject_in_order)};
#define SELF_CHANGES ((int)(sizeof self_changes / sizeof self_changes[0]))

START_TEST(each_change_of_a_self_signed_one)
{
    struct buf tbs = {0};
    uint8_t *der = NULL;
    self_signed(0, true, &tbs);
    X509 *x = parsed(&tbs);
    self_changes[_i].change(x);
    int n = i2d_re_X509_tbs(x, &der);
    enum err e =
        lint_self_signed((struct span){der, (size_t)n}, &w.keys[0], true, w.root_keys[0], &d);
    ck_assert_msg(e == E_LINT, "%s: %s", self_changes[_i].name, err_name(e));
    OPENSSL_free(der);
    X509_free(x);
    buf_free(&tbs);
}
END_TEST

Suite *suite_lint(void)
{
    Suite *s = suite_create("lint");
    TCase *t = tcase_create("lint");
    tcase_add_unchecked_fixture(t, set_up, tear_down); /* keys cost time */
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, good_ones_pass, 0, 3);
    tcase_add_loop_test(t, an_outline_agrees_with_the_view, 0, 3);
    tcase_add_loop_test(t, rows_are_not_interchangeable, 0, 3);
    tcase_add_test(t, the_planned_serial);
    tcase_add_loop_test(t, every_flip_is_seen, 0, 3);
    tcase_add_loop_test(t, every_truncation_is_seen, 0, 3);
    tcase_add_test(t, what_is_no_tbs);
    tcase_add_loop_test(t, each_change_of_the_frame, 0, FRAME);
    tcase_add_loop_test(t, each_extension_spoilt, 0, EXTENSIONS * SPOILS);
    tcase_add_loop_test(t, each_change_of_content, 0, CONTENT);
    tcase_add_loop_test(t, ber_lengths_are_seen, 0, 8);
    tcase_add_test(t, the_older_form_of_a_key);
    tcase_add_loop_test(t, self_signed_ones, 0, 4);
    tcase_add_loop_test(t, self_signed_flips_are_seen, 0, 4);
    tcase_add_loop_test(t, each_change_of_a_self_signed_one, 0, SELF_CHANGES);
    suite_add_tcase(s, t);
    return s;
}
