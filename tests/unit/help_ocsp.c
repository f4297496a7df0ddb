#include "help_ocsp.h"

#include <openssl/x509v3.h>
#include <string.h>

#include "expect.h"
#include "help_crl.h"
#include "help_pki.h"
#include "pki/cert.h"
#include "pki/lint.h"
#include "pki/name.h"

static const struct policy_attribute responder_name[] = {
    {"C", "CN", false, 2, POLICY_UTF8, ""}, {"CN", "Responder", false, 20, POLICY_UTF8, ""}};

struct tbs_spec help_ocsp_spec(const struct help_ocsp *h, const struct key *key)
{
    static const char *const signing[] = {"1.3.6.1.5.5.7.3.9"};
    static const struct policy_strings usage = {signing, 1};
    const ASN1_OCTET_STRING *aki = X509_get0_subject_key_id(h->ca);
    return (struct tbs_spec){
        .serial = {(const uint8_t *)"\x41\x42\x43\x44\x45\x46\x47\x48", 8},
        .alg = h->ca_row.alg, .sm2_null = h->ca_row.sm2_null, .issuer = buf_span(&h->ca_name),
        .not_before = HELP_OCSP_NOW, .not_after = tbs_add_period(HELP_OCSP_NOW, &h->row.validity) - 1,
        .subject = buf_span(&h->name), .spki = buf_span(&key->spki),
        .aki = {ASN1_STRING_get0_data(aki), (size_t)ASN1_STRING_length(aki)}, .ski = {key->ski, sizeof key->ski},
        .key_usage = KU_DIGITAL_SIGNATURE, .extended_key_usage = &usage, .ocsp_nocheck = true};
}

static void make_responder(struct help_ocsp *h)
{
    struct key key = {0};
    struct buf tbs = {0};
    struct diag d = {0};
    expect_ok(key_from_pkey(h->key, &key, &d));
    struct tbs_spec spec = help_ocsp_spec(h, &key);
    expect_ok_diag(tbs_build(&spec, &tbs, &d), &d);
    expect_ok_diag(lint_responder(buf_span(&tbs), &h->row, &h->ca_row, h->ca, h->key, &d), &d);
    help_assemble(&tbs, h->ca_row.alg, h->ca_key, &h->responder_der);
    expect_ok(cert_parse(buf_span(&h->responder_der), &h->responder, &d));
    key_free(&key);
    buf_free(&tbs);
}

void help_ocsp_make(struct help_ocsp *h, enum sig_alg alg)
{
    struct diag d = {0};
    enum key_kind kind = alg_sig_key(alg);
    *h = (struct help_ocsp){
        .ca_row = {.name = "ca", .uri = "", .kind = kind, .alg = alg, .sm2_null = true, .clause = "c"},
        .row = {.name = "ocsp", .uri = "", .kind = kind, .alg = alg, .sm2_null = true, .subject = responder_name,
                .subjects = 2, .validity = {.days = 90}, .clause = "the responder's clause"},
        .ca_key = help_key(kind), .key = help_key(kind)};
    h->ca = help_crl_issuer(h->ca_key, alg);
    const uint8_t *name = NULL;
    size_t n = 0;
    ck_assert_int_eq(X509_NAME_get0_der(X509_get_subject_name(h->ca), &name, &n), 1);
    buf_append(&h->ca_name, name, n);
    expect_ok(name_from_rules(responder_name, 2, &h->name, &d));
    make_responder(h);
}

void help_ocsp_free(struct help_ocsp *h)
{
    X509_free(h->ca);
    X509_free(h->responder);
    EVP_PKEY_free(h->ca_key);
    EVP_PKEY_free(h->key);
    buf_free(&h->ca_name);
    buf_free(&h->name);
    buf_free(&h->responder_der);
}

struct ocsp_status help_ocsp_status(const struct help_ocsp *h)
{
    struct ocsp_status s = {0};
    expect_ok(ocsp_id_of(h->ca, &s.id));
    expect_ok(ocsp_responder_of(h->responder, s.responder));
    s.id.serial[0] = 0x7b;
    s.id.serial_n = 1;
    s.produced_at = s.this_update = HELP_OCSP_NOW;
    s.next_update = HELP_OCSP_NOW + 604800;
    return s;
}

void help_ocsp_response(const struct help_ocsp *h, const struct ocsp_status *s, struct buf *out)
{
    struct buf tbs = {0}, signature = {0};
    struct diag d = {0};
    expect_ok_diag(ocsp_write_tbs(s, &tbs, &d), &d);
    expect_ok(alg_sign(h->row.alg, h->key, buf_span(&tbs), &signature));
    expect_ok(ocsp_assemble(buf_span(&tbs), h->row.alg, h->row.sm2_null, buf_span(&signature), buf_span(&h->responder_der), out));
    buf_free(&tbs);
    buf_free(&signature);
}
