#include "help_lint.h"

#include <check.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "expect.h"
#include "help_pki.h"
#include "pki/der.h"
#include "pki/key.h"
#include "pki/lint.h"
#include "pki/name.h"
#include "pki/tbs.h"

struct world lint_world;
struct diag lint_diag;
static EVP_PKEY *subject_keys[3]; /* one for each profile: SM2, SM2, RSA */

void lint_set_up(void)
{
    world_make(&lint_world);
    subject_keys[0] = help_key(KEY_SM2);
    subject_keys[1] = help_key(KEY_SM2);
    subject_keys[2] = help_key(KEY_RSA);
}

void lint_tear_down(void)
{
    for (int i = 0; i < 3; i++)
        EVP_PKEY_free(subject_keys[i]);
    world_free(&lint_world);
}

void lint_build(int profile, struct buf *out)
{
    const struct policy_profile *p = &lint_world.profiles[profile];
    int root = profile == 2;
    struct key key = {0};
    struct buf issuer = {0}, subject = {0};
    uint8_t *der = NULL;
    X509_NAME *asked = profile == 0
                           ? name_make("CN", "\xe7\x8e\x8b\xe4\xba\x94", "ST", "Jiangsu", "OU",
                                       "Unit 7", "serialNumber", "12-34", NULL)
                           : name_make("CN", "www.example", NULL);
    expect_ok_diag(name_from_request(asked, p->subject, p->subject_n, "", &subject, &lint_diag), &lint_diag);
    X509_NAME_free(asked);
    int n = i2d_X509_NAME(X509_get_subject_name(lint_world.root_certs[root]), &der);
    ck_assert_int_gt(n, 0);
    buf_append(&issuer, der, (size_t)n);
    OPENSSL_free(der);
    expect_ok(key_from_pkey(subject_keys[profile], &key, &lint_diag));
    const ASN1_OCTET_STRING *aki = X509_get0_subject_key_id(lint_world.root_certs[root]);
    const struct tbs_spec s = {
        .serial = {(const uint8_t *)LINT_SERIAL, 15},
        .alg = lint_world.keys[root].alg,
        .sm2_null = lint_world.keys[root].sm2_null,
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
        .san = {(const uint8_t *)LINT_SAN, p->copy_san ? sizeof LINT_SAN - 1 : 0},
    };
    expect_ok_diag(tbs_build(&s, out, &lint_diag), &lint_diag);
    buf_free(&issuer);
    buf_free(&subject);
    key_free(&key);
}

enum err lint_run(int profile, struct span tbs)
{
    int root = profile == 2;
    lint_diag = (struct diag){0};
    enum err e = lint_end_entity(tbs, (struct span){0}, &lint_world.profiles[profile], &lint_world.keys[root],
                                 lint_world.root_certs[root], &lint_diag);
    ck_assert_int_eq(lint_diag.code, e);
    return e;
}

X509 *lint_parsed(const struct buf *tbs)
{
    struct buf der = {0};
    help_assemble(tbs, lint_world.keys[0].alg, lint_world.root_keys[0], &der);
    const uint8_t *p = der.data;
    X509 *x = d2i_X509(NULL, &p, (long)der.len);
    ck_assert_ptr_nonnull(x);
    buf_free(&der);
    return x;
}

enum err lint_changed(int profile, void (*change)(X509 *))
{
    struct buf tbs = {0};
    uint8_t *der = NULL;
    lint_build(profile, &tbs);
    X509 *x = lint_parsed(&tbs);
    change(x);
    int n = i2d_re_X509_tbs(x, &der);
    ck_assert_int_gt(n, 0);
    ck_assert_msg((size_t)n != tbs.len || memcmp(der, tbs.data, tbs.len) != 0, "nothing changed");
    enum err e = lint_run(profile, (struct span){der, (size_t)n});
    OPENSSL_free(der);
    X509_free(x);
    buf_free(&tbs);
    return e;
}

void lint_set_serial(X509 *x, const char *hex)
{
    BIGNUM *n = NULL;
    ck_assert_int_gt(BN_hex2bn(&n, hex), 0);
    ck_assert_ptr_nonnull(BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x)));
    BN_free(n);
}

void lint_set_algorithm(X509 *x, int nid, int parameter)
{
    X509_ALGOR_set0((X509_ALGOR *)(uintptr_t)X509_get0_tbs_sigalg(x), OBJ_nid2obj(nid), parameter,
                    NULL);
}

void lint_set_time(ASN1_TIME *t, int type, const char *text)
{
    ck_assert_int_eq(ASN1_STRING_set(t, text, -1), 1);
    t->type = type;
}

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

void lint_set_issuer(X509 *x, const char *cn, int string)
{
    X509_NAME *name = name_of(
        (const struct policy_attribute[]){{.type = "CN", .value = cn, .max = string}, {0}});
    X509_set_issuer_name(x, name);
    X509_NAME_free(name);
}

void lint_set_subject(X509 *x, const struct policy_attribute *parts)
{
    X509_NAME *name = name_of(parts);
    X509_set_subject_name(x, name);
    X509_NAME_free(name);
}

void lint_add(X509 *x, const char *name, const char *value)
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

void lint_put_value(X509 *x, int nid, const void *bytes, size_t n)
{
    X509_EXTENSION *ext = X509_get_ext(x, X509_get_ext_by_NID(x, nid, -1));
    ASN1_OCTET_STRING *s = ASN1_OCTET_STRING_new();
    ck_assert_ptr_nonnull(ext);
    ASN1_OCTET_STRING_set(s, bytes, (int)n);
    X509_EXTENSION_set_data(ext, s);
    ASN1_OCTET_STRING_free(s);
}

void lint_expect(const struct lint_change *c)
{
    enum err e = lint_changed(c->profile, c->change);
    ck_assert_msg(e == c->want, "%s on profile %d: %s (%s)", c->name, c->profile, err_name(e),
                  lint_diag.text);
    expect_seen(e);
}

struct span lint_take(struct span *in, uint8_t tag)
{
    struct der e;
    ck_assert(der_take(in, tag, &e));
    return e.body;
}
