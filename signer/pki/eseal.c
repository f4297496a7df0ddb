#include "pki/eseal.h"

#include <openssl/asn1.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/clock.h"
#include "core/digest.h"
#include "pki/alg.h"
#include "pki/cause.h"
#include "pki/cert.h"
#include "pki/der_write.h"

/* -- writing -- */

static void put(struct buf *b, int tag, struct span s)
{
    der_value(b, tag, s.p, s.n);
}

static void put_number(struct buf *b, int64_t n)
{
    const uint8_t bytes[] = {(uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n};
    der_put_unsigned(b, (struct span){bytes, sizeof bytes});
}

static void put_time(struct buf *b, int64_t t)
{
    char iso[CLOCK_TEXT], out[CLOCK_TEXT];
    clock_format(t, iso);
    int n = snprintf(out, sizeof out, "%.4s%.2s%.2s%.2s%.2s%.2sZ", iso, iso + 5, iso + 8, iso + 11, iso + 14, iso + 17);
    der_value(b, V_ASN1_GENERALIZEDTIME, out, (size_t)n);
}

static void put_signers(struct buf *b, const struct eseal_info *x)
{
    size_t list = der_open(b, DER_SEQUENCE);
    for (size_t i = 0; i < x->signers_n; i++) {
        size_t pair = x->list == ESEAL_DIGESTS ? der_open(b, DER_SEQUENCE) : 0;
        if (x->list == ESEAL_DIGESTS)
            put(b, V_ASN1_PRINTABLESTRING, x->signers[i].type);
        put(b, DER_OCTET_STRING, x->signers[i].value);
        if (x->list == ESEAL_DIGESTS)
            der_close(b, pair);
    }
    der_close(b, list);
}

static void put_info(struct buf *b, const struct eseal_info *x)
{
    size_t info = der_open(b, DER_SEQUENCE);
    size_t header = der_open(b, DER_SEQUENCE);
    der_value(b, V_ASN1_IA5STRING, "ES", 2);
    put_number(b, x->version);
    put(b, V_ASN1_IA5STRING, x->vendor);
    der_close(b, header);
    put(b, V_ASN1_IA5STRING, x->id);
    size_t property = der_open(b, DER_SEQUENCE);
    put_number(b, x->type);
    put(b, V_ASN1_UTF8STRING, x->name);
    put_number(b, x->list);
    put_signers(b, x);
    put_time(b, x->created);
    put_time(b, x->from);
    put_time(b, x->until);
    der_close(b, property);
    size_t picture = der_open(b, DER_SEQUENCE);
    put(b, V_ASN1_IA5STRING, x->picture_type);
    put(b, DER_OCTET_STRING, x->picture);
    put_number(b, x->width);
    put_number(b, x->height);
    der_close(b, picture);
    if (x->extensions.n > 0)
        buf_append(b, x->extensions.p, x->extensions.n);
    der_close(b, info);
}

/* Reading it back is what proves that it keeps all the rules. */
enum err eseal_build(const struct eseal_info *info, struct buf *out, struct diag *d)
{
    struct eseal_info again;
    struct buf der = {0};
    enum err e = info->signers_n <= ESEAL_SIGNERS ? E_OK : diag_set(d, E_ESEAL_FORMAT, "too many holders");
    if (e != E_OK)
        return e;
    put_info(&der, info);
    e = buf_err(&der);
    if (e == E_OK)
        e = eseal_info_parse(buf_span(&der), &again, d);
    else
        diag_set(d, e, "an electronic seal");
    if (e == E_OK) {
        buf_append(out, der.data, der.len);
        e = buf_err(out);
        if (e != E_OK)
            diag_set(d, e, "an electronic seal");
    }
    buf_free(&der);
    return e;
}

enum err eseal_assemble(struct span info, struct span cert, struct span signature, struct buf *out)
{
    const struct span sm2 = alg_identifier(SIG_SM2_SM3, false);
    size_t seal = der_open(out, DER_SEQUENCE);
    buf_append(out, info.p, info.n);
    put(out, DER_OCTET_STRING, cert);
    buf_append(out, sm2.p + 2, sm2.n - 2);
    size_t bits = der_open(out, DER_BIT_STRING);
    buf_append_byte(out, 0); /* no unused bits */
    buf_append(out, signature.p, signature.n);
    der_close(out, bits);
    der_close(out, seal);
    return buf_err(out);
}

/* -- verifying -- */

/* The certificate in a proof. A second form of its bytes would be a second seal, so only DER is taken. */
static enum err proof_cert(const struct eseal_proof *p, const char *whose, X509 **out, struct diag *d)
{
    struct diag inner = {0};
    *out = NULL;
    if (!der_check(p->cert))
        return diag_set(d, E_CERTIFICATE, "%s certificate is not in DER", whose);
    enum err e = cert_parse(p->cert, out, &inner);
    return e == E_OK ? E_OK : diag_wrap(d, e, &inner, "%s certificate", whose);
}

static enum err verify(struct span message, const struct eseal_proof *p, X509 *cert, const char *whose, struct diag *d)
{
    enum err e = alg_verify(SIG_SM2_SM3, X509_get0_pubkey(cert), message, p->signature);
    if (e == E_SIGNATURE_BAD)
        e = E_ESEAL_SIGNATURE;
    return e == E_OK ? E_OK : diag_set(d, e, "with the key of %s certificate", whose);
}

enum err eseal_verify(const struct eseal *s, struct diag *d)
{
    X509 *cert;
    enum err e = proof_cert(&s->maker, "the maker's", &cert, d);
    if (e == E_OK)
        e = verify(s->signed_part, &s->maker, cert, "the maker's", d);
    X509_free(cert);
    return e;
}

static enum err check_time(X509 *cert, int64_t t, const char *whose, struct diag *d)
{
    struct diag inner = {0};
    enum err e = cert_check_time(cert, t, &inner);
    if (e == E_APPROVAL_EXPIRED)
        e = E_ESEAL_EXPIRED;
    return e == E_OK ? E_OK : diag_wrap(d, e, &inner, "%s certificate", whose);
}

enum err eseal_check_maker(const struct eseal *s, X509 *anchor, struct diag *d)
{
    X509 *cert;
    enum err e = proof_cert(&s->maker, "the maker's", &cert, d);
    if (e != E_OK)
        goto out;
    if (X509_cmp(cert, anchor) != 0) {
        if (X509_NAME_cmp(X509_get_issuer_name(cert), X509_get_subject_name(anchor)) != 0)
            e = diag_set(d, E_ANCHOR, "the maker's certificate is of another issuer");
        else if (X509_check_ca(anchor) != 1)
            e = diag_set(d, E_ANCHOR, "the trusted certificate is no CA's");
        else
            e = cert_verify(cert, X509_get0_pubkey(anchor), d);
    }
    if (e == E_OK)
        e = check_time(cert, s->info.created, "when the seal was made: the maker's", d);
out:
    X509_free(cert);
    return cause_settle(e, d, "the maker's certificate");
}

/* Does the seal name this certificate, by its bytes or by its digest? */
static enum err check_holder(const struct eseal_value *v, struct diag *d)
{
    const struct eseal_info *x = &v->seal.info;
    uint8_t digest[DIGEST_LEN];
    enum err e = digest_bytes(DIGEST_SM3, v->holder.cert.p, v->holder.cert.n, digest);
    if (e != E_OK)
        return diag_set(d, e, "the digest of the holder's certificate");
    const struct span wanted = x->list == ESEAL_DIGESTS ? (struct span){digest, sizeof digest} : v->holder.cert;
    for (size_t i = 0; i < x->signers_n; i++)
        if (der_same(x->signers[i].value, wanted))
            return E_OK;
    return diag_set(d, E_ESEAL_HOLDER, "of %zu that the seal names", x->signers_n);
}

enum err eseal_value_verify(const struct eseal_value *v, struct diag *d)
{
    X509 *cert = NULL;
    enum err e = eseal_verify(&v->seal, d);
    if (e == E_OK)
        e = proof_cert(&v->holder, "the holder's", &cert, d);
    if (e == E_OK)
        e = verify(v->signed_part, &v->holder, cert, "the holder's", d);
    if (e == E_OK)
        e = check_holder(v, d);
    if (e == E_OK && (v->time < v->seal.info.from || v->time > v->seal.info.until))
        e = diag_set(d, E_ESEAL_EXPIRED, "the validity of the seal");
    if (e == E_OK)
        e = check_time(cert, v->time, "when it was signed: the holder's", d);
    X509_free(cert);
    return e;
}

/* -- the picture -- */

static bool is_called(struct span type, enum picture_kind kind)
{
    const char *name = picture_name(kind);
    return type.n == strlen(name) && strncasecmp((const char *)type.p, name, type.n) == 0;
}

enum err eseal_picture(const struct eseal_info *x, bool *known, struct picture *out, struct diag *d)
{
    bool png = is_called(x->picture_type, PICTURE_PNG), gif = is_called(x->picture_type, PICTURE_GIF);
    *known = png || gif;
    *out = (struct picture){0};
    if (!*known)
        return E_OK;
    enum err e = picture_read(x->picture, out, d);
    if (e == E_OK && !is_called(x->picture_type, out->kind))
        e = diag_set(d, E_PICTURE, "the seal calls a %s otherwise", picture_name(out->kind));
    return e;
}
