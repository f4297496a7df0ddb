#include "help_eseal.h"

#include <openssl/x509v3.h>
#include <string.h>

#include "core/clock.h"
#include "expect.h"
#include "help_pki.h"
#include "pki/cert.h"
#include "pki/der_write.h"

static const uint8_t png[] = {
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52, 0x00, 0x00,
    0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x06, 0x00, 0x00, 0x00, 0x1f, 0x15, 0xc4, 0x89, 0x00, 0x00, 0x00,
    0x0d, 0x49, 0x44, 0x41, 0x54, 0x78, 0xda, 0x63, 0x64, 0xf8, 0xcf, 0x50, 0x0f, 0x00, 0x03, 0x86, 0x01, 0x80,
    0x5a, 0x34, 0x7d, 0x6b, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82};
static const uint8_t gif[] = {0x47, 0x49, 0x46, 0x38, 0x39, 0x61, 0x01, 0x00, 0x01, 0x00, 0x80, 0x00, 0x00, 0x00,
                              0x00, 0x00, 0xff, 0xff, 0xff, 0x21, 0xf9, 0x04, 0x01, 0x00, 0x00, 0x00, 0x00, 0x2c,
                              0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x01, 0x00, 0x00, 0x02, 0x01, 0x44, 0x00, 0x3b};
const struct span help_png = {png, sizeof png}, help_gif = {gif, sizeof gif};

static struct span text(const char *s)
{
    return (struct span){(const uint8_t *)s, strlen(s)};
}

X509 *help_issued(EVP_PKEY *key, const char *name, bool ca, const char *from, const char *until, X509 *issuer,
                  EVP_PKEY *issuer_key)
{
    X509 *x = X509_new();
    struct buf tbs = {0}, der = {0};
    uint8_t *bytes = NULL;
    X509_set_version(x, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x), ca ? 1 : 2);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_UTF8, (const uint8_t *)name, -1, -1, 0);
    X509_set_issuer_name(x, X509_get_subject_name(issuer != NULL ? issuer : x));
    ck_assert_int_eq(ASN1_TIME_set_string_X509(X509_getm_notBefore(x), from), 1);
    ck_assert_int_eq(ASN1_TIME_set_string_X509(X509_getm_notAfter(x), until), 1);
    ck_assert_int_eq(X509_set_pubkey(x, key), 1);
    X509_EXTENSION *ext =
        X509V3_EXT_conf_nid(NULL, NULL, NID_basic_constraints, ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
    ck_assert_int_eq(X509_add_ext(x, ext, -1), 1);
    X509_EXTENSION_free(ext);
    ck_assert_int_eq(X509_ALGOR_set0((X509_ALGOR *)(uintptr_t)X509_get0_tbs_sigalg(x), OBJ_nid2obj(NID_SM2_with_SM3),
                                     V_ASN1_NULL, NULL),
                     1);
    int n = i2d_re_X509_tbs(x, &bytes);
    ck_assert_int_gt(n, 0);
    buf_append(&tbs, bytes, (size_t)n);
    OPENSSL_free(bytes);
    X509_free(x);
    help_assemble(&tbs, SIG_SM2_SM3, issuer_key != NULL ? issuer_key : key, &der);
    expect_ok(cert_parse(buf_span(&der), &x, NULL));
    buf_free(&tbs);
    buf_free(&der);
    return x;
}

void help_eseal_seal(const struct help_eseal *h, struct span tbs, struct buf *out)
{
    struct buf signature = {0};
    expect_ok(alg_sign(SIG_SM2_SM3, h->maker_key, tbs, &signature));
    expect_ok(eseal_assemble(tbs, buf_span(&h->maker_der), buf_span(&signature), out));
    buf_free(&signature);
}

/* A value signed with a seal ends as a seal does, so that one function assembles both. */
void help_eseal_value(const struct help_eseal *h, struct span seal, struct buf *out)
{
    static const uint8_t version = 4, digest[33] = {0, 1, 2, 3};
    struct buf tbs = {0}, signature = {0};
    char iso[CLOCK_TEXT], time[CLOCK_TEXT];
    clock_format(h->time, iso);
    snprintf(time, sizeof time, "%.4s%.2s%.2s%.2s%.2s%.2sZ", iso, iso + 5, iso + 8, iso + 11, iso + 14, iso + 17);
    size_t signing = der_open(&tbs, DER_SEQUENCE);
    der_value(&tbs, DER_INTEGER, &version, 1);
    buf_append(&tbs, seal.p, seal.n);
    der_value(&tbs, V_ASN1_GENERALIZEDTIME, time, 15);
    der_value(&tbs, DER_BIT_STRING, digest, sizeof digest);
    der_value(&tbs, V_ASN1_IA5STRING, "/Doc_0/Signs/Sign_0/Signature.xml", 33);
    der_close(&tbs, signing);
    expect_ok(alg_sign(SIG_SM2_SM3, h->holder_key, buf_span(&tbs), &signature));
    expect_ok(eseal_assemble(buf_span(&tbs), buf_span(&h->holder_der), buf_span(&signature), out));
    buf_free(&tbs);
    buf_free(&signature);
}

void help_eseal_sign(struct help_eseal *h)
{
    struct diag d = {0};
    buf_reset(&h->tbs);
    buf_reset(&h->seal);
    buf_reset(&h->value);
    expect_ok_diag(eseal_build(&h->info, &h->tbs, &d), &d);
    help_eseal_seal(h, buf_span(&h->tbs), &h->seal);
    help_eseal_value(h, buf_span(&h->seal), &h->value);
}

void help_eseal_make(struct help_eseal *h)
{
    *h = (struct help_eseal){
        .ca_key = help_key(KEY_SM2), .maker_key = help_key(KEY_SM2), .holder_key = help_key(KEY_SM2)};
    h->ca = help_issued(h->ca_key, "CA", true, "20240101000000Z", "20340101000000Z", NULL, NULL);
    h->maker = help_issued(h->maker_key, "Maker", false, "20240101000000Z", "20340101000000Z", h->ca, h->ca_key);
    h->holder = help_issued(h->holder_key, "Holder", false, "20240101000000Z", "20340101000000Z", h->ca, h->ca_key);
    expect_ok(cert_write_der(h->maker, &h->maker_der));
    expect_ok(cert_write_der(h->holder, &h->holder_der));
    h->time = HELP_ESEAL_TIME + 86400;
    h->info = (struct eseal_info){.version = 4,
                                  .vendor = text("Rootseal"),
                                  .id = text("41010000000001"),
                                  .type = 1,
                                  .name = text("\xe6\xb2\xb3\xe5\x8d\x97 Works"),
                                  .list = ESEAL_CERTIFICATES,
                                  .signers = {{.value = buf_span(&h->holder_der)}},
                                  .signers_n = 1,
                                  .created = HELP_ESEAL_TIME,
                                  .from = HELP_ESEAL_TIME,
                                  .until = HELP_ESEAL_TIME + HELP_ESEAL_YEAR - 1,
                                  .picture_type = text("PNG"),
                                  .picture = help_png,
                                  .width = 40,
                                  .height = 30};
    help_eseal_sign(h);
}

void help_eseal_free(struct help_eseal *h)
{
    X509_free(h->ca);
    X509_free(h->maker);
    X509_free(h->holder);
    EVP_PKEY_free(h->ca_key);
    EVP_PKEY_free(h->maker_key);
    EVP_PKEY_free(h->holder_key);
    struct buf *all[] = {&h->maker_der, &h->holder_der, &h->tbs, &h->seal, &h->value};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        buf_free(all[i]);
}

/* Identifier octets in their order, with brackets around what is inside; the content of strings is not told. */
static void shape(struct span in, struct buf *out)
{
    struct der e;
    while (der_next(&in, &e)) {
        buf_printf(out, "%02x", e.tag);
        if ((e.tag & 0x20) != 0) {
            buf_append_byte(out, '(');
            shape(e.body, out);
            buf_append_byte(out, ')');
        }
    }
}

void help_same_shape(const struct buf *ours, const struct buf *theirs)
{
    struct buf a = {0}, b = {0};
    shape(buf_span(ours), &a);
    shape(buf_span(theirs), &b);
    buf_append_byte(&a, '\0');
    buf_append_byte(&b, '\0');
    ck_assert_str_eq((char *)a.data, (char *)b.data);
    buf_free(&a);
    buf_free(&b);
}
