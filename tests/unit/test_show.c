#include <check.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "core/limits.h"
#include "expect.h"
#include "help_batch.h"
#include "help_pki.h"
#include "pki/key.h"
#include "pki/show.h"

Suite *suite_show(void);

static struct diag d;

static void set_time(ASN1_TIME *t, int type, const char *text)
{
    ASN1_STRING_set(t, text, -1);
    t->type = type;
}

static X509 *bare(EVP_PKEY *key, const X509_NAME *subject)
{
    X509 *x = X509_new();
    BIGNUM *serial = NULL;
    X509_NAME *issuer = name_make("C", "CN", "O", "Root, Ltd", NULL);
    X509_set_version(x, X509_VERSION_3);
    BN_hex2bn(&serial, "FF0102030405060708090A0B0C0D0E0F101112");
    BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(x));
    BN_free(serial);
    X509_set_subject_name(x, subject);
    X509_set_issuer_name(x, issuer);
    X509_NAME_free(issuer);
    set_time(X509_getm_notBefore(x), V_ASN1_UTCTIME, "260301000000Z");
    set_time(X509_getm_notAfter(x), V_ASN1_GENERALIZEDTIME, "20510228235959Z");
    ck_assert_int_eq(X509_set_pubkey(x, key), 1);
    X509_ALGOR_set0((X509_ALGOR *)(uintptr_t)X509_get0_tbs_sigalg(x), OBJ_nid2obj(NID_SM2_with_SM3),
                    V_ASN1_NULL, NULL);
    return x;
}

static void add(X509 *x, int nid, const char *value)
{
    X509V3_CTX ctx = {0};
    CONF *conf = NCONF_new(NULL);
    X509V3_set_nconf(&ctx, conf);
    X509_EXTENSION *ext = X509V3_EXT_nconf_nid(conf, &ctx, nid, value);
    ck_assert_ptr_nonnull(ext);
    ck_assert_int_eq(X509_add_ext(x, ext, -1), 1);
    X509_EXTENSION_free(ext);
    NCONF_free(conf);
}

/* An extension by its bytes. */
static void add_raw(X509 *x, const char *oid, bool critical, const char *hex)
{
    struct buf value = {0};
    ASN1_OCTET_STRING *s = ASN1_OCTET_STRING_new();
    ASN1_OBJECT *o = OBJ_txt2obj(oid, 1);
    help_hex(hex, &value);
    ck_assert_int_eq(ASN1_OCTET_STRING_set(s, value.data, (int)value.len), 1);
    X509_EXTENSION *ext = X509_EXTENSION_create_by_OBJ(NULL, o, critical, s);
    ck_assert_int_eq(X509_add_ext(x, ext, -1), 1);
    X509_EXTENSION_free(ext);
    ASN1_OBJECT_free(o);
    ASN1_OCTET_STRING_free(s);
    buf_free(&value);
}

static void to_tbs(X509 *x, struct buf *tbs)
{
    uint8_t *der = NULL;
    int n = i2d_re_X509_tbs(x, &der);
    ck_assert_int_gt(n, 0);
    buf_append(tbs, der, (size_t)n);
    OPENSSL_free(der);
}

/* Every line is indented printable ASCII; a NUL is appended for the callers. */
static enum err show_bytes(struct span tbs, struct buf *out)
{
    d = (struct diag){0};
    buf_reset(out);
    buf_append_str(out, "before\n");
    enum err e = show_tbs(tbs, out, &d);
    ck_assert_int_eq(d.code, e);
    ck_assert_mem_eq(out->data, "before\n", 7);
    ck_assert(e == E_OK || out->len == 7);
    for (size_t i = 7; i < out->len; i++) {
        uint8_t c = out->data[i];
        bool printable = (c >= 0x20 && c <= 0x7e) || c == '\n', indented = out->data[i - 1] != '\n' || c == ' ';
        if (!printable || !indented) /* each assertion that holds would be a system call */
            ck_abort_msg("byte %zu: %02x", i, c);
    }
    ck_assert_int_eq(out->data[out->len - 1], '\n');
    buf_append_byte(out, '\0');
    return e;
}

/* By its bytes, as a plan's items are shown. */
static enum err show(X509 *x, struct buf *out)
{
    struct buf tbs = {0};
    to_tbs(x, &tbs);
    enum err e = show_bytes(buf_span(&tbs), out);
    buf_free(&tbs);
    return e;
}

static const char *text_of(const struct buf *out)
{
    return (const char *)out->data + 7;
}

static void expect_has(const struct buf *out, const char *want)
{
    ck_assert_msg(strstr(text_of(out), want) != NULL, "\"%s\" is not in\n%s", want, text_of(out));
}

static X509 *rich(EVP_PKEY *key, const X509_NAME *name)
{
    X509 *x = bare(key, name);
    add_raw(x, "2.5.29.35", false, "30068004a1b2c3d4");
    add_raw(x, "2.5.29.14", false, "040401020304");
    add(x, NID_basic_constraints, "critical,CA:FALSE");
    add(x, NID_key_usage, "critical,digitalSignature,nonRepudiation,decipherOnly");
    add(x, NID_certificate_policies, "2.999.1.1,2.999.1.2");
    add(x, NID_subject_alt_name, "DNS:www.example.org,IP:192.0.2.1");
    add(x, NID_ext_key_usage, "serverAuth,2.999.1");
    add(x, NID_crl_distribution_points, "URI:http://a.example/a.crl,URI:http://b.example/a.crl");
    add(x, NID_info_access, "OCSP;URI:http://ocsp.example/,caIssuers;URI:http://a.example/a.cer");
    add_raw(x, "2.999.5.4294967296", true, "0c0568656c6c6f");
    add_raw(x, "2.999.6", false, "");
    return x;
}

START_TEST(everything_is_shown)
{
    static const enum key_kind kinds[] = {KEY_SM2, KEY_P256, KEY_P384, KEY_RSA};
    static const char *const names[] = {"sm2, 256", "p256, 256", "p384, 384", "rsa, 2048"};
    struct buf out = {0};
    char want[3000], hex[DIGEST_HEX];
    struct key parsed;
    EVP_PKEY *key = help_key(kinds[_i]);
    X509_NAME *name = name_make("C", "CN", "O", "a, b", "CN", "\xe7\x8e\x8b", NULL);
    X509 *x = rich(key, name);
    expect_ok(key_from_pkey(key, &parsed, &d));
    hex_encode(parsed.digest, DIGEST_LEN, hex);
    key_free(&parsed);
    expect_ok_diag(show(x, &out), &d);
    snprintf(want, sizeof want,
             "    version      3\n"
             "    serial       ff0102030405060708090a0b0c0d0e0f101112\n"
             "    signed as    SM2-SM3 (1.2.156.10197.1.501), parameters hex:0500\n"
             "    issuer       C = CN\n"
             "    issuer       O = Root, Ltd\n"
             "    from         2026-03-01T00:00:00Z\n"
             "    to           2051-02-28T23:59:59Z\n"
             "    subject      C = CN\n"
             "    subject      O = a, b\n"
             "    subject      CN = \\u{738B}\n"
             "    key          %s bits\n"
             "    key SHA-256  %s\n"
             "    extension    authorityKeyIdentifier\n"
             "        key:a1b2c3d4\n"
             "    extension    subjectKeyIdentifier\n"
             "        key:01020304\n"
             "    extension    basicConstraints, critical\n"
             "        not a certification authority\n"
             "    extension    keyUsage, critical\n"
             "        digitalSignature\n"
             "        nonRepudiation\n"
             "        decipherOnly\n"
             "    extension    certificatePolicies\n"
             "        2.999.1.1\n"
             "        2.999.1.2\n"
             "    extension    subjectAltName\n"
             "        dns:www.example.org\n"
             "        ip:192.0.2.1\n"
             "    extension    extendedKeyUsage\n"
             "        serverAuth (1.3.6.1.5.5.7.3.1)\n"
             "        2.999.1\n"
             "    extension    cRLDistributionPoints\n"
             "        uri:http://a.example/a.crl\n"
             "        uri:http://b.example/a.crl\n"
             "    extension    authorityInfoAccess\n"
             "        OCSP (1.3.6.1.5.5.7.48.1) uri:http://ocsp.example/\n"
             "        caIssuers (1.3.6.1.5.5.7.48.2) uri:http://a.example/a.cer\n"
             "    extension    2.999.5.4294967296, critical\n"
             "        hex:0c0568656c6c6f\n"
             "    extension    2.999.6\n"
             "        hex:\n",
             names[_i], hex);
    ck_assert_str_eq(text_of(&out), want);
    buf_free(&out);
    X509_free(x);
    X509_NAME_free(name);
    EVP_PKEY_free(key);
}
END_TEST

/* 64 characters, each another one, from this code point on: as UTF-8, and as they are shown. */
static void sixty_four(unsigned from, char utf8[200], char shown[600])
{
    shown[0] = '\0';
    for (unsigned i = 0; i < 64; i++) {
        unsigned cp = from + i;
        utf8[3 * i] = (char)(0xe0 | cp >> 12);
        utf8[3 * i + 1] = (char)(0x80 | (cp >> 6 & 0x3f));
        utf8[3 * i + 2] = (char)(0x80 | (cp & 0x3f));
        snprintf(shown + strlen(shown), 600 - strlen(shown), "\\u{%X}", cp);
    }
    utf8[192] = '\0';
}

/* The longest values a profile can allow, and as many names: officers authorise what they see. */
START_TEST(the_longest_is_whole)
{
    static const char *const types[] = {"O", "OU", "CN"};
    char value[3][200], shown[3][600], want[2000], dns[260] = "";
    struct buf out = {0}, sans = {0};
    EVP_PKEY *key = help_key(KEY_SM2);
    for (unsigned i = 0; i < 3; i++)
        sixty_four(0x4e00 + 64 * i, value[i], shown[i]);
    X509_NAME *name = name_make("O", value[0], "OU", value[1], "CN", value[2], NULL);
    X509 *x = bare(key, name);
    memset(dns, 'a', 253);
    for (size_t i = 62; i < 253; i += 63)
        dns[i] = '.';
    for (int i = 0; i < LIMIT_SAN_NAMES; i++) {
        snprintf(dns + 250, 4, "%03d", i);
        buf_printf(&sans, "%sDNS:%s", i > 0 ? "," : "", dns);
    }
    buf_append_byte(&sans, '\0');
    add(x, NID_subject_alt_name, (const char *)sans.data);
    expect_ok_diag(show(x, &out), &d);
    for (int i = 0; i < 3; i++) {
        snprintf(want, sizeof want, "\n    subject      %s = %s\n", types[i], shown[i]);
        expect_has(&out, want);
    }
    for (int i = 0; i < LIMIT_SAN_NAMES; i++) {
        snprintf(dns + 250, 4, "%03d", i);
        snprintf(want, sizeof want, "\n        dns:%s\n", dns);
        expect_has(&out, want);
    }
    buf_free(&out);
    buf_free(&sans);
    X509_free(x);
    X509_NAME_free(name);
    EVP_PKEY_free(key);
}
END_TEST

/* Another TBS, another text: each byte changed, and what still is a TBSCertificate looks different. */
START_TEST(what_differs_looks_different)
{
    static const uint8_t flips[] = {0x01, 0x20, 0x80};
    struct buf tbs = {0}, first = {0}, other = {0};
    size_t shown = 0;
    EVP_PKEY *key = help_key(KEY_SM2);
    X509_NAME *name = name_make("C", "CN", "O", "\xe6\xb1\x9f\xe8\x8b\x8f", "CN", "a b, c", NULL);
    X509 *x = rich(key, name);
    to_tbs(x, &tbs);
    expect_ok_diag(show_bytes(buf_span(&tbs), &first), &d);
    for (size_t i = 0; i < tbs.len * sizeof flips; i++) {
        tbs.data[i / sizeof flips] ^= flips[i % sizeof flips];
        if (show_bytes(buf_span(&tbs), &other) == E_OK) {
            ck_assert_msg(other.len != first.len || memcmp(other.data, first.data, first.len) != 0,
                          "byte %zu, flipped by %02x, is not shown", i / sizeof flips,
                          flips[i % sizeof flips]);
            shown++;
        }
        tbs.data[i / sizeof flips] ^= flips[i % sizeof flips];
    }
    ck_assert_uint_gt(shown, tbs.len);
    buf_free(&tbs);
    buf_free(&first);
    buf_free(&other);
    X509_free(x);
    X509_NAME_free(name);
    EVP_PKEY_free(key);
}
END_TEST

/* Every control and deceiving character, in every text a stranger could fill. */
START_TEST(a_hostile_certificate_is_printable)
{
    struct buf out = {0};
    uint8_t all[256];
    EVP_PKEY *key = help_key(KEY_SM2);
    X509_NAME *name = name_make("CN", "\x1b[2J\x1b]0;x\x07\r\n\xe2\x80\xae\xef\xbb\xbf", NULL);
    for (int i = 0; i < 256; i++)
        all[i] = (uint8_t)i;
    X509_NAME_ENTRY *entry =
        X509_NAME_ENTRY_create_by_txt(NULL, "O", V_ASN1_UTF8STRING, (const uint8_t *)"x", 1);
    ASN1_STRING *value = X509_NAME_ENTRY_get_data(entry);
    ck_assert_int_eq(ASN1_STRING_set(value, all, sizeof all), 1);
    value->type = V_ASN1_PRINTABLESTRING;
    ck_assert_int_eq(X509_NAME_add_entry(name, entry, -1, 0), 1);
    value->type = V_ASN1_T61STRING;
    ck_assert_int_eq(X509_NAME_add_entry(name, entry, -1, -1), 1); /* in one RDN with the last */
    X509_NAME_ENTRY_free(entry);
    X509 *x = bare(key, name);
    GENERAL_NAMES *names = GENERAL_NAMES_new();
    for (int part = 0; part < 12; part++) {
        static const int types[] = {GEN_DNS, GEN_URI, GEN_EMAIL};
        GENERAL_NAME *one = GENERAL_NAME_new();
        ASN1_IA5STRING *text = ASN1_IA5STRING_new();
        ASN1_STRING_set(text, all + 64 * (part % 4), 64);
        GENERAL_NAME_set0_value(one, types[part / 4], text);
        sk_GENERAL_NAME_push(names, one);
    }
    ck_assert_int_eq(X509_add1_ext_i2d(x, NID_subject_alt_name, names, 0, 0), 1);
    GENERAL_NAMES_free(names);
    expect_ok_diag(show(x, &out), &d);
    expect_has(&out, "subject      CN = \\u{1B}[2J\\u{1B}]0;x\\u{7}\\u{D}\\u{A}\\u{202E}\\u{FEFF}\n");
    expect_has(&out, "subject      O (PrintableString) = \\u{0}\\u{1}");
    expect_has(&out, "subject      + O (type 14) = hex:000102");
    expect_has(&out, "        uri:\\u{0}\\u{1}");
    buf_free(&out);
    X509_free(x);
    X509_NAME_free(name);
    EVP_PKEY_free(key);
}
END_TEST

/* A value cannot look like a line, an attribute or a string type of its own. */
START_TEST(one_value_does_not_look_like_two)
{
    struct buf out = {0};
    EVP_PKEY *key = help_key(KEY_SM2);
    X509_NAME *name = name_make("CN", "a\n    subject      O = Bank", "OU", " b ", NULL);
    X509 *x = bare(key, name);
    expect_ok_diag(show(x, &out), &d);
    expect_has(&out, "\n    subject      CN = a\\u{A}    subject      O = Bank\n");
    expect_has(&out, "\n    subject      OU = \\x{20}b\\x{20}\n");
    X509_free(x);
    X509_NAME_free(name);
    name = X509_NAME_new();
    x = bare(key, name);
    expect_ok_diag(show(x, &out), &d);
    expect_has(&out, "\n    subject      (empty)\n");
    buf_free(&out);
    X509_free(x);
    X509_NAME_free(name);
    EVP_PKEY_free(key);
}
END_TEST

static const struct {
    const char *oid, *hex, *want;
} contents[] = {
    /* basicConstraints: a CA is told whatever the rest is */
    {"2.5.29.19", "3000", "not a certification authority\n"},
    {"2.5.29.19", "30030101ff", "IS A CERTIFICATION AUTHORITY\n"},
    {"2.5.29.19", "30060101ff020103", "IS A CERTIFICATION AUTHORITY\n        path length 3\n"},
    {"2.5.29.19", "30070101ff02020100", "IS A CERTIFICATION AUTHORITY\n        hex:30070101ff02020100\n"},
    {"2.5.29.19", "3003010101", "IS A CERTIFICATION AUTHORITY\n        hex:3003010101\n"},
    {"2.5.29.19", "3003010100", "IS A CERTIFICATION AUTHORITY\n        hex:3003010100\n"},
    {"2.5.29.19", "300000", "IS A CERTIFICATION AUTHORITY\n        hex:300000\n"},
    {"2.5.29.19", "", "IS A CERTIFICATION AUTHORITY\n        hex:\n"},
    /* keyUsage */
    {"2.5.29.15", "03020106", "keyCertSign\n        cRLSign\n"},
    {"2.5.29.15", "0302000f", "keyAgreement\n        keyCertSign\n        cRLSign\n        encipherOnly\n"},
    {"2.5.29.15", "0303078080", "digitalSignature\n        decipherOnly\n"},
    {"2.5.29.15", "03020006", "hex:03020006\n"},
    {"2.5.29.15", "030100", "hex:030100\n"},
    {"2.5.29.15", "0303068040", "hex:0303068040\n"},
    {"2.5.29.15", "0302020600", "hex:0302020600\n"},
    {"2.5.29.15", "0304000000ff", "hex:0304000000ff\n"},
    /* lists with a stranger in them, and empty ones */
    {"2.5.29.37", "3000", "hex:3000\n"},
    {"2.5.29.37", "300406022a030c", "hex:300406022a030c\n"},
    {"2.5.29.37", "300706022a030c0161", "hex:300706022a030c0161\n"},
    {"2.5.29.17", "3005a403300000", "hex:3005a403300000\n"},
    {"2.5.29.17", "3004a4023000", "hex:a4023000\n"},
    {"2.5.29.32", "300a300806022a0330020500", "1.2.3, qualifiers hex:30020500\n"},
    {"2.5.29.32", "30030c0161", "hex:30030c0161\n"},
    {"2.5.29.31", "3006300481020106", "point hex:300481020106\n"},
    {"2.5.29.31", "30030c0161", "point hex:0c0161\n"},
    {"2.5.29.31", "300c300aa008a006860161860162", "point hex:300aa008a006860161860162\n"},
    {"1.3.6.1.5.5.7.1.1", "3009300706022a03860161", "1.2.3 uri:a\n"},
    {"1.3.6.1.5.5.7.1.1", "3006300406022a03", "hex:3006300406022a03\n"},
    {"1.3.6.1.5.5.7.1.1", "300c300a06022a03860161860162", "hex:300c300a06022a03860161860162\n"},
    /* key identifiers */
    {"2.5.29.14", "0c0161", "hex:0c0161\n"},
    {"2.5.29.14", "04016100", "hex:04016100\n"},
    {"2.5.29.35", "3006800161820105", "hex:3006800161820105\n"},
    {"2.5.29.35", "3003820105", "hex:3003820105\n"},
    {"2.5.29.35", "3000", "hex:3000\n"},
    {"2.5.29.18", "3003820161", "hex:3003820161\n"},
};

START_TEST(contents_of_extensions)
{
    struct buf out = {0};
    EVP_PKEY *key = help_key(KEY_SM2);
    X509_NAME *name = name_make("CN", "a", NULL);
    for (size_t i = 0; i < sizeof contents / sizeof contents[0]; i++) {
        X509 *x = bare(key, name);
        add_raw(x, contents[i].oid, false, contents[i].hex);
        expect_ok_diag(show(x, &out), &d);
        const char *at = strstr(text_of(&out), "extension    ");
        ck_assert_ptr_nonnull(at);
        at = strchr(at, '\n') + 1;
        ck_assert_msg(strncmp(at, "        ", 8) == 0 && strcmp(at + 8, contents[i].want) == 0,
                      "%s %s is shown as\n%s", contents[i].oid, contents[i].hex, at);
        X509_free(x);
    }
    buf_free(&out);
    X509_NAME_free(name);
    EVP_PKEY_free(key);
}
END_TEST

/* An OID too long to write out is not left out. */
START_TEST(a_monstrous_oid)
{
    struct buf out = {0}, hex = {0};
    EVP_PKEY *key = help_key(KEY_SM2);
    X509_NAME *name = name_make("CN", "a", NULL);
    X509 *x = bare(key, name);
    buf_append_str(&hex, "308201010681fe2a");
    for (int i = 0; i < 253; i++)
        buf_append_str(&hex, "7f");
    buf_append_byte(&hex, '\0');
    add_raw(x, "2.5.29.37", false, (const char *)hex.data);
    expect_ok_diag(show(x, &out), &d);
    expect_has(&out, "\n        hex:0681fe2a7f7f");
    buf_free(&out);
    buf_free(&hex);
    X509_free(x);
    X509_NAME_free(name);
    EVP_PKEY_free(key);
}
END_TEST

/* Fields that no certificate of ours has are shown too. */
START_TEST(strange_fields)
{
    struct buf out = {0}, tbs = {0};
    EVP_PKEY *key = help_key(KEY_SM2);
    X509_NAME *name = name_make("CN", "a", NULL);
    X509 *x = bare(key, name);
    X509_set_version(x, X509_VERSION_1);
    ASN1_INTEGER_set(X509_get_serialNumber(x), -3);
    set_time(X509_getm_notBefore(x), V_ASN1_UTCTIME, "700101000000Z");
    to_tbs(x, &tbs);
    ck_assert_int_eq(tbs.data[1], 0x81);
    buf_append(&tbs, "\x81\x02\x00\xaa\x82\x02\x00\xbb", 8);
    tbs.data[2] = (uint8_t)(tbs.data[2] + 8);
    expect_ok_diag(show_bytes(buf_span(&tbs), &out), &d);
    expect_has(&out, "    version      1\n    serial       negative fd\n");
    expect_has(&out, "    from         1970-01-01T00:00:00Z\n");
    expect_has(&out, "    issuer id    hex:00aa\n    subject id   hex:00bb\n");
    ASN1_INTEGER_set(X509_get_serialNumber(x), 0);
    expect_ok_diag(show(x, &out), &d);
    expect_has(&out, "    serial       00\n");
    buf_free(&out);
    buf_free(&tbs);
    X509_free(x);
    X509_NAME_free(name);
    EVP_PKEY_free(key);
}
END_TEST

START_TEST(facts_of_a_certificate)
{
    struct show s;
    EVP_PKEY *key = help_key(KEY_SM2);
    X509 *cert = help_cert(key, SIG_SM2_SM3, "Root");
    expect_ok_diag(show_certificate(cert, &s, &d), &d);
    ck_assert_str_eq(s.serial, "1267");
    ck_assert_str_eq(s.not_before, "2024-01-01T00:00:00Z");
    ck_assert_uint_eq(strlen(s.not_after), CLOCK_TEXT - 1);
    ck_assert_int_eq(ASN1_STRING_set(X509_get_serialNumber(cert), "a serial number that is longer than any", 39), 1);
    expect_ok_diag(show_certificate(cert, &s, &d), &d);
    ck_assert_str_eq(s.serial, "");
    set_time(X509_getm_notAfter(cert), V_ASN1_UTCTIME, "261301000000Z");
    expect_err(show_certificate(cert, &s, &d), E_LINT);
    set_time(X509_getm_notBefore(cert), V_ASN1_UTCTIME, "261301000000Z");
    expect_err(show_certificate(cert, &s, &d), E_LINT);
    X509_free(cert);
    EVP_PKEY_free(key);
}
END_TEST

START_TEST(what_cannot_be_shown)
{
    static const struct {
        int type;
        const char *text;
    } times[] = {{V_ASN1_UTCTIME, "261301000000Z"},          {V_ASN1_UTCTIME, "2601010000Z"},
                 {V_ASN1_UTCTIME, "260101000000+"},          {V_ASN1_UTCTIME, "690101000000Z"},
                 {V_ASN1_GENERALIZEDTIME, "20490101000000Z"}, {V_ASN1_GENERALIZEDTIME, "205001010000Z"},
                 {V_ASN1_GENERALIZEDTIME, "20500101000000.5Z"}};
    static uint8_t big[LIMIT_TBS_BYTES + 1];
    struct buf out = {0}, tbs = {0};
    EVP_PKEY *key = help_key(KEY_SM2), *other = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    X509_NAME *name = name_make("CN", "a", NULL);
    expect_err(show_bytes((struct span){big, 0}, &out), E_LINT);
    expect_err(show_bytes((struct span){big, sizeof big}, &out), E_LINT);
    expect_err(show_bytes((struct span){(const uint8_t *)"\x30\x00", 2}, &out), E_LINT);
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        X509 *x = bare(key, name);
        set_time(X509_getm_notAfter(x), times[i].type, times[i].text);
        expect_err(show(x, &out), E_LINT);
        X509_free(x);
    }
    X509 *x = bare(other, name);
    expect_err(show(x, &out), E_KEY_TYPE);
    X509_free(x);
    x = rich(key, name);
    to_tbs(x, &tbs);
    for (size_t n = 0; n < tbs.len; n++)
        expect_err(show_bytes((struct span){tbs.data, n}, &out), E_LINT);
    buf_append_byte(&tbs, 0);
    expect_err(show_bytes(buf_span(&tbs), &out), E_LINT);
    X509_free(x);
    buf_free(&tbs);
    buf_free(&out);
    X509_NAME_free(name);
    EVP_PKEY_free(key);
    EVP_PKEY_free(other);
}
END_TEST

Suite *suite_show(void)
{
    Suite *s = suite_create("show");
    TCase *t = tcase_create("show");
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, everything_is_shown, 0, 4);
    tcase_add_test(t, the_longest_is_whole);
    tcase_add_test(t, what_differs_looks_different);
    tcase_add_test(t, a_hostile_certificate_is_printable);
    tcase_add_test(t, one_value_does_not_look_like_two);
    tcase_add_test(t, contents_of_extensions);
    tcase_add_test(t, a_monstrous_oid);
    tcase_add_test(t, strange_fields);
    tcase_add_test(t, facts_of_a_certificate);
    tcase_add_test(t, what_cannot_be_shown);
    suite_add_tcase(s, t);
    return s;
}
