/* Electronic seals: built, read, verified, shown; and a real one. */
#include "pki/eseal.h"

#include <openssl/asn1.h>
#include <stdlib.h>
#include <string.h>

#include "core/limits.h"
#include "expect.h"
#include "help_eseal.h"
#include "help_pki.h"
#include "mutants.h"
#include "pki/cert.h"
#include "pki/der_write.h"
#include "pki/show_eseal.h"

Suite *suite_eseal(void);

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

/* -- a real one -- */

START_TEST(a_real_seal_verifies)
{
    struct buf file = {0};
    struct eseal s;
    struct picture p;
    bool known;
    if (!help_vector("seals/UserV4.esl", &file))
        return;
    expect_ok_diag(eseal_parse(buf_span(&file), &s, &d), &d);
    expect_ok_diag(eseal_verify(&s, &d), &d);
    ck_assert(s.info.version == 4 && s.info.type == 3 && s.info.width == 40 && s.info.height == 40);
    expect_ok(eseal_picture(&s.info, &known, &p, &d));
    ck_assert(known && p.kind == PICTURE_PNG && p.width == 400 && p.height == 400);
    help_same_shape(&h.seal, &file);
    /* built again from what was read, it is the same; so its form is the one we write */
    struct buf again = {0};
    expect_ok_diag(eseal_build(&s.info, &again, &d), &d);
    ck_assert(der_same(buf_span(&again), s.signed_part));
    buf_reset(&again);
    expect_ok(eseal_assemble(s.signed_part, s.maker.cert, s.maker.signature, &again));
    ck_assert(der_same(buf_span(&again), buf_span(&file)));
    file.data[74] ^= 1; /* in its name */
    expect_ok(eseal_parse(buf_span(&file), &s, &d));
    expect_err(eseal_verify(&s, &d), E_ESEAL_SIGNATURE);
    buf_free(&again);
    buf_free(&file);
}
END_TEST

/* -- building and reading -- */

static void expect_same(const struct eseal_info *a, const struct eseal_info *b)
{
    ck_assert(a->version == b->version && a->type == b->type && a->list == b->list && a->signers_n == b->signers_n);
    ck_assert(a->created == b->created && a->from == b->from && a->until == b->until);
    ck_assert(a->width == b->width && a->height == b->height);
    ck_assert(der_same(a->vendor, b->vendor) && der_same(a->id, b->id) && der_same(a->name, b->name));
    ck_assert(der_same(a->picture_type, b->picture_type) && der_same(a->picture, b->picture));
    ck_assert(der_same(a->extensions, b->extensions));
    for (size_t i = 0; i < a->signers_n; i++)
        ck_assert(der_same(a->signers[i].type, b->signers[i].type) && der_same(a->signers[i].value, b->signers[i].value));
}

static void comes_back(void)
{
    struct eseal s;
    struct eseal_info info;
    help_eseal_sign(&h);
    expect_ok_diag(eseal_parse(buf_span(&h.seal), &s, &d), &d);
    expect_same(&s.info, &h.info);
    expect_ok_diag(eseal_info_parse(s.signed_part, &info, &d), &d);
    expect_same(&info, &h.info);
    expect_ok_diag(eseal_verify(&s, &d), &d);
    expect_ok_diag(eseal_check_maker(&s, h.ca, &d), &d);
}

#define EXTENSION "300a" "06032a0304" "0403616263"

START_TEST(what_is_built_is_read)
{
    struct buf extensions = {0};
    comes_back();
    h.info.version = 5;
    h.info.type = 0;
    comes_back();
    h.info.type = 0x12345678;
    h.info.picture_type = text("GIF");
    h.info.picture = help_gif;
    h.info.width = h.info.height = LIMIT_ESEAL_SIDE;
    comes_back();
    for (size_t i = 1; i <= ESEAL_SIGNERS; i++) {
        h.info.signers_n = i;
        h.info.signers[i - 1] = (struct eseal_signer){.value = text("anything")};
        comes_back();
    }
    h.info.list = ESEAL_DIGESTS;
    for (size_t i = 0; i < ESEAL_SIGNERS; i++)
        h.info.signers[i].type = text("SM3");
    comes_back();
    help_hex("3000", &extensions);
    h.info.extensions = buf_span(&extensions);
    comes_back();
    buf_reset(&extensions);
    help_hex("3018" EXTENSION EXTENSION, &extensions);
    h.info.extensions = buf_span(&extensions);
    comes_back();
    buf_free(&extensions);
}
END_TEST

/* What may not be in a seal is not built, and what somebody else built is not read. */
static void refused(const char *why)
{
    struct buf out = {0};
    d = (struct diag){0};
    buf_append_byte(&out, 'x');
    expect_err(eseal_build(&h.info, &out, &d), E_ESEAL_FORMAT);
    ck_assert_msg(strstr(d.text, why) != NULL, "%s: %s", why, d.text);
    ck_assert_uint_eq(out.len, 1);
    buf_free(&out);
}

START_TEST(what_is_not_built)
{
    static uint8_t long_text[LIMIT_ESEAL_TEXT + 1];
    const struct eseal_info good = h.info;
    memset(long_text, 'x', sizeof long_text);
    const struct span too_long = {long_text, sizeof long_text}, none = {NULL, 0}, latin = text("caf\xe9");
#define REFUSED(change, why) (h.info = good, change, refused(why))
    REFUSED(h.info.version = 3, "version");
    REFUSED(h.info.version = 6, "version");
    REFUSED(h.info.vendor = none, "vendor");
    REFUSED(h.info.vendor = latin, "vendor");
    REFUSED(h.info.id = none, "number");
    REFUSED(h.info.id = too_long, "number");
    REFUSED(h.info.name = none, "name");
    REFUSED(h.info.name = latin, "name");
    REFUSED(h.info.name = too_long, "name");
    REFUSED(h.info.type = -1, "type");
    REFUSED(h.info.list = (enum eseal_list)0, "list");
    REFUSED(h.info.list = (enum eseal_list)3, "list");
    REFUSED(h.info.list = ESEAL_DIGESTS, "digest");
    REFUSED(h.info.signers_n = 0, "no holder");
    REFUSED(h.info.signers_n = ESEAL_SIGNERS + 1, "too many");
    REFUSED(h.info.signers[0].value = none, "holder");
    REFUSED(h.info.created = INT64_MAX, "making");
    REFUSED(h.info.from = -1, "beginning");
    REFUSED(h.info.until = INT64_MAX, "end of");
    REFUSED(h.info.until = h.info.from - 1, "before it begins");
    REFUSED(h.info.picture_type = none, "type");
    REFUSED(h.info.picture = none, "bytes");
    REFUSED(h.info.width = 0, "width");
    REFUSED(h.info.width = LIMIT_ESEAL_SIDE + 1, "width");
    REFUSED(h.info.height = 0, "height");
    REFUSED(h.info.height = LIMIT_ESEAL_SIDE + 1, "height");
    REFUSED(h.info.extensions = text("\x04"), "DER");
    REFUSED(h.info.extensions = text("\x31\x02\x30"), "DER");
}
END_TEST

START_TEST(extensions_that_are_not_taken)
{
    static const struct {
        const char *hex, *why;
    } bad[] = {{"0400", "follows the picture"},
               {"300030" "00", "follows the picture"},
               {"30020500", "extension"},
               {"300730050603" "2a0304", "extension"},                     /* no value */
               {"30053003" "040161", "extension"},                         /* no identifier */
               {"300f300d06032a0304" "0101ff" "0403616263", "critical"},
               {"300f300d06032a0304" "010100" "0403616263", "critical"},   /* DEFAULT is not written */
               {"300e300c06032a0304" "0403616263" "0500", "extension"}};
    struct buf b = {0};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        buf_reset(&b);
        help_hex(bad[i].hex, &b);
        h.info.extensions = buf_span(&b);
        refused(bad[i].why);
    }
    buf_free(&b);
}
END_TEST

/* Every SES_SealInfo with one element spoilt, rightly signed: what is read at all is what would be built of it. */
static size_t taken;
static void try_info(struct span info)
{
    struct buf seal = {0}, again = {0};
    struct eseal s;
    struct diag why = {0};
    help_eseal_seal(&h, info, &seal);
    enum err e = eseal_parse(buf_span(&seal), &s, &why);
    ck_assert_int_eq(why.code, e);
    if (e == E_OK) {
        expect_ok(eseal_verify(&s, &why));
        expect_ok_diag(eseal_build(&s.info, &again, &why), &why);
        ck_assert(der_same(buf_span(&again), info));
        taken++;
    } else {
        ck_assert_int_eq(e, E_ESEAL_FORMAT);
        ck_assert(s.whole.p == NULL && s.info.signers_n == 0);
    }
    buf_free(&seal);
    buf_free(&again);
}

START_TEST(a_maker_who_spoils_one_element)
{
    struct buf extensions = {0};
    help_hex("300c" EXTENSION, &extensions);
    h.info.extensions = buf_span(&extensions);
    help_eseal_sign(&h);
    ck_assert_uint_gt(mutants_each(buf_span(&h.tbs), try_info), 200);
    ck_assert_uint_gt(taken, 10); /* another text, another holder's certificate, another picture */
    buf_free(&extensions);
}
END_TEST

START_TEST(a_signature_that_is_not_of_whole_bytes)
{
    struct eseal s;
    struct diag why = {0};
    help_eseal_sign(&h);
    expect_ok_diag(eseal_parse(buf_span(&h.seal), &s, &why), &why);
    uint8_t *unused = h.seal.data + (s.maker.signature.p - h.seal.data) - 1;
    *unused = 1;
    h.seal.data[h.seal.len - 1] &= 0xfe; /* still DER */
    expect_err(eseal_parse(buf_span(&h.seal), &s, &why), E_ESEAL_FORMAT);
    ck_assert_ptr_nonnull(strstr(why.text, "the signature"));
}
END_TEST

/* -- verifying -- */

/* Nobody but the maker and its CA made any bit of it. */
START_TEST(no_bit_of_a_seal_can_change)
{
    for (size_t bit = 0; bit < 8 * h.seal.len; bit += 3) {
        struct eseal s;
        struct diag why = {0};
        h.seal.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        enum err e = eseal_parse(buf_span(&h.seal), &s, &why);
        if (e == E_OK)
            e = eseal_verify(&s, &why);
        if (e == E_OK)
            e = eseal_check_maker(&s, h.ca, &why);
        ck_assert_msg(e != E_OK && err_is_refusal(e), "bit %zu: %s", bit, err_name(e));
        ck_assert_int_eq(why.code, e);
        h.seal.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}
END_TEST

/* The parts that follow the signed one, put together by hand. */
static enum err seal_with(const char *oid, const char *tail, struct eseal *s, struct buf *out)
{
    struct buf signature = {0};
    expect_ok(alg_sign(SIG_SM2_SM3, h.maker_key, buf_span(&h.tbs), &signature));
    buf_reset(out);
    size_t seal = der_open(out, DER_SEQUENCE);
    buf_append(out, h.tbs.data, h.tbs.len);
    der_value(out, DER_OCTET_STRING, h.maker_der.data, h.maker_der.len);
    help_hex(oid, out);
    size_t bits = der_open(out, DER_BIT_STRING);
    buf_append_byte(out, 0);
    buf_append(out, signature.data, signature.len);
    der_close(out, bits);
    help_hex(tail, out);
    der_close(out, seal);
    buf_free(&signature);
    d = (struct diag){0};
    return eseal_parse(buf_span(out), s, &d);
}

#define SM2_SM3 "06082a811ccf55018375"
#define ECDSA_SHA256 "06082a8648ce3d040302"
#define WITH_SEQUENCE "300a06082a811ccf55018375"

START_TEST(algorithms_and_time_stamps)
{
    struct eseal s;
    struct buf out = {0};
    expect_ok(seal_with(SM2_SM3, "", &s, &out));
    ck_assert(!s.maker.stamped);
    expect_err(seal_with(ECDSA_SHA256, "", &s, &out), E_ESEAL_FORMAT);
    expect_err(seal_with(WITH_SEQUENCE, "", &s, &out), E_ESEAL_FORMAT);
    expect_err(seal_with("", "", &s, &out), E_ESEAL_FORMAT);
    expect_err(seal_with(SM2_SM3, "a004" "03020061", &s, &out), E_ESEAL_FORMAT); /* version 4 has none */
    h.info.version = 5;
    help_eseal_sign(&h);
    expect_ok(seal_with(SM2_SM3, "a004" "03020061", &s, &out));
    ck_assert(s.maker.stamped);
    expect_ok_diag(eseal_verify(&s, &d), &d);
    expect_ok(seal_with(SM2_SM3, "80020061", &s, &out));
    ck_assert(s.maker.stamped);
    expect_err(seal_with(SM2_SM3, "0500", &s, &out), E_ESEAL_FORMAT);
    expect_err(seal_with(SM2_SM3, "800200618002" "0061", &s, &out), E_ESEAL_FORMAT);
    buf_free(&out);
}
END_TEST

START_TEST(who_made_it)
{
    struct eseal s;
    EVP_PKEY *key = help_key(KEY_SM2);
    X509 *same_name = help_issued(key, "CA", true, "20240101000000Z", "20340101000000Z", NULL, NULL);
    X509 *other = help_issued(key, "Other CA", true, "20240101000000Z", "20340101000000Z", NULL, NULL);
    X509 *no_ca = help_issued(h.ca_key, "CA", false, "20240101000000Z", "20340101000000Z", NULL, NULL);
    expect_ok(eseal_parse(buf_span(&h.seal), &s, &d));
    expect_ok_diag(eseal_check_maker(&s, h.ca, &d), &d);
    expect_ok_diag(eseal_check_maker(&s, h.maker, &d), &d);
    expect_err(eseal_check_maker(&s, other, &d), E_ANCHOR);
    expect_err(eseal_check_maker(&s, same_name, &d), E_CERT_SIGNATURE);
    expect_err(eseal_check_maker(&s, no_ca, &d), E_ANCHOR);
    expect_err(eseal_check_maker(&s, h.holder, &d), E_ANCHOR);
    /* another maker's certificate in the seal */
    struct buf out = {0}, signature = {0};
    expect_ok(alg_sign(SIG_SM2_SM3, h.maker_key, buf_span(&h.tbs), &signature));
    expect_ok(eseal_assemble(buf_span(&h.tbs), buf_span(&h.holder_der), buf_span(&signature), &out));
    expect_ok(eseal_parse(buf_span(&out), &s, &d));
    expect_err(eseal_verify(&s, &d), E_ESEAL_SIGNATURE);
    buf_reset(&out);
    expect_ok(eseal_assemble(buf_span(&h.tbs), text("no certificate"), buf_span(&signature), &out));
    expect_ok(eseal_parse(buf_span(&out), &s, &d));
    expect_err(eseal_verify(&s, &d), E_CERTIFICATE);
    expect_err(eseal_check_maker(&s, h.ca, &d), E_CERTIFICATE);
    /* made when the maker's certificate was not valid */
    h.info.created = 1704067199; /* a second before */
    help_eseal_sign(&h);
    expect_ok(eseal_parse(buf_span(&h.seal), &s, &d));
    expect_ok(eseal_verify(&s, &d));
    expect_err(eseal_check_maker(&s, h.ca, &d), E_ESEAL_EXPIRED);
    expect_err(eseal_check_maker(&s, h.maker, &d), E_ESEAL_EXPIRED);
    buf_free(&out);
    buf_free(&signature);
    X509_free(same_name);
    X509_free(other);
    X509_free(no_ca);
    EVP_PKEY_free(key);
}
END_TEST

/* A maker with another kind of key. */
START_TEST(only_sm2_keys)
{
    EVP_PKEY *key = help_key(KEY_P256);
    X509 *cert = help_cert(key, SIG_ECDSA_SHA256, "Maker");
    struct buf der = {0}, signature = {0}, out = {0};
    struct eseal s;
    expect_ok(cert_write_der(cert, &der));
    expect_ok(alg_sign(SIG_ECDSA_SHA256, key, buf_span(&h.tbs), &signature));
    expect_ok(eseal_assemble(buf_span(&h.tbs), buf_span(&der), buf_span(&signature), &out));
    expect_ok(eseal_parse(buf_span(&out), &s, &d));
    expect_err(eseal_verify(&s, &d), E_ESEAL_SIGNATURE);
    buf_free(&der);
    buf_free(&signature);
    buf_free(&out);
    X509_free(cert);
    EVP_PKEY_free(key);
}
END_TEST

/* -- what is shown -- */

START_TEST(the_picture_is_what_it_is_called)
{
    static const struct {
        const char *type;
        bool gif, known;
        enum err want;
    } cases[] = {{"PNG", false, true, E_OK},      {"png", false, true, E_OK},   {"GIF", true, true, E_OK},
                 {"GIF", false, true, E_PICTURE}, {"PNG", true, true, E_PICTURE}, {"JPG", false, false, E_OK},
                 {"PN", false, false, E_OK},      {"PNGX", false, false, E_OK}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct picture p;
        bool known;
        h.info.picture_type = text(cases[i].type);
        h.info.picture = cases[i].gif ? help_gif : help_png;
        expect_err(eseal_picture(&h.info, &known, &p, &d), cases[i].want);
        ck_assert(known == cases[i].known);
    }
}
END_TEST

static char *shown(void)
{
    struct buf out = {0};
    expect_ok_diag(show_eseal(&h.info, &out, &d), &d);
    buf_append_byte(&out, '\0');
    for (const uint8_t *p = out.data; *p != '\0'; p++)
        ck_assert((*p >= 0x20 && *p <= 0x7e) || *p == '\n');
    return (char *)out.data;
}

/* All that the seal says, in the characters of a plain screen. */
START_TEST(it_is_shown_whole)
{
    struct buf extensions = {0};
    help_hex("300c" EXTENSION, &extensions);
    h.info.id = text("a\nb\x1b[2J");
    h.info.extensions = buf_span(&extensions);
    char *s = shown();
    static const char *const lines[] = {
        "seal         a\\u{A}b\\u{1B}[2J\n", "name         \\u{6CB3}\\u{5357} Works\n", "type         1\n",
        "version      4\n", "vendor       Rootseal\n", "made         2025-10-09T08:53:20Z\n",
        "from         2025-10-09T08:53:20Z\n", "to           2026-10-09T08:53:19Z\n", "holder       CN=Holder\n",
        "picture      PNG, 1 x 1 pixels, 70 bytes, for 40 x 30 mm\n", "extensions   14 bytes\n"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        ck_assert_msg(strstr(s, lines[i]) != NULL, "%s is not in\n%s", lines[i], s);
    free(s);
    h.info.picture_type = text("GIF");
    h.info.signers[0].value = text("nobody");
    s = shown();
    ck_assert_ptr_nonnull(strstr(s, "picture      GIF, and is not, 70 bytes, for 40 x 30 mm\n"));
    ck_assert_ptr_nonnull(strstr(s, "holder       no certificate\n"));
    free(s);
    h.info.picture_type = text("SVG");
    h.info.list = ESEAL_DIGESTS;
    h.info.signers[0].type = text("SM3");
    s = shown();
    ck_assert_ptr_nonnull(strstr(s, "picture      SVG, 70 bytes, for 40 x 30 mm\n"));
    ck_assert_ptr_nonnull(strstr(s, "holder       SM3\n      digest     6e6f626f6479\n"));
    free(s);
    buf_free(&extensions);
}
END_TEST

/* As many holders as there can be, by digests: one more is too many. */
START_TEST(holders_by_digest)
{
    h.info.list = ESEAL_DIGESTS;
    h.info.signers_n = ESEAL_SIGNERS;
    for (size_t i = 0; i < ESEAL_SIGNERS; i++)
        h.info.signers[i] = (struct eseal_signer){.type = text("SM3"), .value = text("01234567890123456789012345678901")};
    help_eseal_sign(&h);
    taken = 0;
    ck_assert_uint_gt(mutants_each(buf_span(&h.tbs), try_info), 200);
    ck_assert_uint_gt(taken, 10);
}
END_TEST

Suite *suite_eseal(void)
{
    Suite *s = suite_create("eseal");
    TCase *t = tcase_create("eseal");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, a_real_seal_verifies);
    tcase_add_test(t, what_is_built_is_read);
    tcase_add_test(t, what_is_not_built);
    tcase_add_test(t, extensions_that_are_not_taken);
    tcase_add_test(t, a_maker_who_spoils_one_element);
    tcase_add_test(t, a_signature_that_is_not_of_whole_bytes);
    tcase_add_test(t, holders_by_digest);
    tcase_add_test(t, no_bit_of_a_seal_can_change);
    tcase_add_test(t, algorithms_and_time_stamps);
    tcase_add_test(t, who_made_it);
    tcase_add_test(t, only_sm2_keys);
    tcase_add_test(t, the_picture_is_what_it_is_called);
    tcase_add_test(t, it_is_shown_whole);
    suite_add_tcase(s, t);
    return s;
}
