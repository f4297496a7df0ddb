/* The writing half of cms.h. */
#include <openssl/err.h>
#include <string.h>
#include <time.h>

#include "core/digest.h"
#include "pki/cause.h"
#include "pki/cert.h"
#include "pki/cms.h"
#include "pki/cms_ids.h"
#include "pki/der.h"

static const char *const form_names[CMS_FORMS] = {[CMS_RFC5652] = "cms", [CMS_GMT0010] = "gmt0010"};

bool cms_form_by_name(const char *name, enum cms_form *out)
{
    for (int i = 0; i < CMS_FORMS; i++)
        if (strcmp(form_names[i], name) == 0) {
            *out = (enum cms_form)i;
            return true;
        }
    return false;
}

/* What the two forms name differently. */
struct names {
    struct span signed_data, data, digest, signature;
};

static struct names names_of(enum cms_form form, enum sig_alg alg)
{
    const struct cms_digest *md = cms_digest_of(alg);
    if (form == CMS_GMT0010)
        return (struct names){cms_gm_signed_data, cms_gm_data, md->with_null, cms_gm_signature};
    return (struct names){cms_id_signed_data, cms_id_data, md->identifier, alg_identifier(alg, true)};
}

/* Append SEQUENCE { type, SET { value } } (RFC 5652 5.3, Attribute). */
static void put_attribute(struct buf *out, struct span type, uint8_t tag, struct span value)
{
    struct buf element = {0}, body = {0};
    der_put(&element, tag, value);
    buf_append(&body, type.p, type.n);
    der_put(&body, DER_SET, buf_span(&element));
    der_put(out, DER_SEQUENCE, buf_span(&body));
    out->failed |= element.failed | body.failed;
    buf_free(&element);
    buf_free(&body);
}

/* The contents of the set of signed attributes. DER's order is by their bytes, so here by their
 * lengths: content-type, whose type is shorter than a time, signing-time, message-digest. */
static enum err put_attributes(struct buf *out, const struct cms_digest *md, struct span type, struct span content,
                               int64_t signing_time)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    size_t n = 0;
    if (EVP_Q_digest(NULL, md->name, NULL, content.p, content.n, digest, &n) != 1)
        return E_CRYPTO;
    /* UTCTime through 2049, then GeneralizedTime (RFC 5652 11.3). */
    ASN1_TIME *t = ASN1_TIME_set(NULL, (time_t)signing_time);
    if (t == NULL)
        return E_CRYPTO;
    /* the type's contents, without identifier and length */
    put_attribute(out, cms_id_content_type, DER_OID, (struct span){type.p + 2, type.n - 2});
    put_attribute(out, cms_id_signing_time, (uint8_t)ASN1_STRING_type(t),
                  (struct span){ASN1_STRING_get0_data(t), (size_t)ASN1_STRING_length(t)});
    put_attribute(out, cms_id_message_digest, DER_OCTET_STRING, (struct span){digest, n});
    ASN1_TIME_free(t);
    return buf_err(out);
}

static void put_span(struct buf *out, struct span s)
{
    if (s.n > 0)
        buf_append(out, s.p, s.n);
}

/* The contents of the one SignerInfo; attributes are the contents of their set, or nothing. */
static enum err put_signer(struct buf *out, X509 *cert, const struct names *names, struct span attributes,
                           struct span signature)
{
    struct buf id = {0};
    enum err e = cms_put_issuer_and_serial(cert, &id);
    if (e == E_OK) {
        static const uint8_t one = 1;
        der_put_unsigned(out, (struct span){&one, 1}); /* version 1 goes with issuer and serial */
        der_put(out, DER_SEQUENCE, buf_span(&id));
        put_span(out, names->digest);
        if (attributes.n > 0)
            der_put(out, DER_CONSTRUCTED + 0, attributes);
        put_span(out, names->signature);
        der_put(out, DER_OCTET_STRING, signature);
        e = buf_err(out);
    }
    buf_free(&id);
    return e;
}

/* EncapsulatedContentInfo; nothing behind the type of a detached one. */
static void put_content(struct buf *out, struct span data, const struct cms_held *held)
{
    struct buf octets = {0}, body = {0};
    put_span(&body, held != NULL ? held->type : data);
    if (held != NULL) {
        der_put(&octets, DER_OCTET_STRING, held->content);
        der_put(&body, DER_CONSTRUCTED + 0, buf_span(&octets));
    }
    der_put(out, DER_SEQUENCE, buf_span(&body));
    out->failed |= octets.failed | body.failed;
    buf_free(&octets);
    buf_free(&body);
}

/* Append the whole ContentInfo { signedData }; held is NULL for a detached one. */
static enum err put_content_info(struct buf *out, X509 *cert, const struct names *names, const struct cms_held *held,
                                 struct span attributes, struct span signature)
{
    const uint8_t version = held != NULL ? 3 : 1; /* RFC 5652 5.1 */
    struct buf der = {0}, signer = {0}, set = {0}, data = {0}, wrapped = {0}, info = {0};
    enum err e = cert_write_der(cert, &der);
    if (e == E_OK)
        e = put_signer(&signer, cert, names, attributes, signature);
    if (e != E_OK)
        goto out;
    der_put(&set, DER_SEQUENCE, buf_span(&signer));
    der_put_unsigned(&data, (struct span){&version, 1});
    der_put(&data, DER_SET, names->digest);
    put_content(&data, names->data, held);
    der_put(&data, DER_CONSTRUCTED + 0, held != NULL ? held->certificates : buf_span(&der));
    der_put(&data, DER_SET, buf_span(&set));
    der_put(&wrapped, DER_SEQUENCE, buf_span(&data));
    put_span(&info, names->signed_data);
    der_put(&info, DER_CONSTRUCTED + 0, buf_span(&wrapped));
    if (set.failed || data.failed || wrapped.failed || info.failed) {
        e = E_NO_MEMORY;
        goto out;
    }
    der_put(out, DER_SEQUENCE, buf_span(&info));
    e = buf_err(out);
out:
    buf_free(&der);
    buf_free(&signer);
    buf_free(&set);
    buf_free(&data);
    buf_free(&wrapped);
    buf_free(&info);
    return e;
}

enum sig_alg cms_alg(const EVP_PKEY *key)
{
    return EVP_PKEY_is_a(key, "SM2") ? SIG_SM2_SM3 : EVP_PKEY_is_a(key, "RSA") ? SIG_RSA_SHA256 : SIG_ALG_COUNT;
}

static enum err sign_with(X509 *cert, const struct cms_signer *signer, struct span content, const struct cms_held *held,
                          int64_t signing_time, struct buf *out, struct diag *d)
{
    const enum sig_alg alg = cms_alg(signer->public_key);
    if (alg == SIG_ALG_COUNT)
        return diag_set(d, cause_take(E_PRIVATE_KEY), "neither an SM2 nor an RSA key");
    if (X509_check_private_key(cert, signer->public_key) != 1)
        return diag_set(d, cause_take(E_PRIVATE_KEY), "the private key does not belong to the certificate");
    if (signer->form == CMS_GMT0010 && alg != SIG_SM2_SM3)
        return diag_set(d, E_KEY_TYPE, "the form of GM/T 0010 is for SM2 keys");
    const struct names names = names_of(signer->form, alg);
    struct buf attributes = {0}, set = {0}, signature = {0};
    enum err e =
        put_attributes(&attributes, cms_digest_of(alg), held != NULL ? held->type : names.data, content, signing_time);
    if (e == E_OK) {
        der_put(&set, DER_SET, buf_span(&attributes));
        e = buf_err(&set);
    }
    if (e != E_OK)
        diag_set(d, e, "signing");
    else
        e = signer->sign(signer->arg, buf_span(&set), &signature, d);
    if (e == E_OK) {
        e = put_content_info(out, cert, &names, held, buf_span(&attributes), buf_span(&signature));
        if (e != E_OK)
            diag_set(d, e, "signing");
    }
    ERR_clear_error();
    buf_free(&attributes);
    buf_free(&set);
    buf_free(&signature);
    return e;
}

enum err cms_sign_with(X509 *cert, const struct cms_signer *signer, struct span content, int64_t signing_time,
                       struct buf *out, struct diag *d)
{
    return sign_with(cert, signer, content, NULL, signing_time, out, d);
}

static enum err sign_in_memory(void *arg, struct span message, struct buf *out, struct diag *d)
{
    const enum sig_alg alg = cms_alg(arg); /* asked again: it says no when memory is short */
    enum err e = alg == SIG_ALG_COUNT ? cause_take(E_PRIVATE_KEY) : alg_sign(alg, arg, message, out);
    return e == E_OK ? E_OK : diag_set(d, e, "signing");
}

struct cms_signer cms_signer_in_memory(EVP_PKEY *key, enum cms_form form)
{
    return (struct cms_signer){key, sign_in_memory, key, form};
}

enum err cms_sign(X509 *cert, EVP_PKEY *key, struct span content, int64_t signing_time, struct buf *out, struct diag *d)
{
    const struct cms_signer signer = cms_signer_in_memory(key, CMS_RFC5652);
    return cms_sign_with(cert, &signer, content, signing_time, out, d);
}

enum err cms_sign_holding(X509 *cert, EVP_PKEY *key, const struct cms_held *held, int64_t signing_time, struct buf *out,
                          struct diag *d)
{
    const struct cms_signer signer = cms_signer_in_memory(key, CMS_RFC5652);
    return sign_with(cert, &signer, held->content, held, signing_time, out, d);
}

enum err cms_wrap(X509 *cert, enum sig_alg alg, struct span signature, struct buf *out,
                  struct diag *d)
{
    if (cms_digest_of(alg) == NULL)
        return diag_set(d, E_KEY_TYPE, "%s is not used for signatures on files", alg_sig_name(alg));
    const struct names names = names_of(CMS_RFC5652, alg);
    enum err e = put_content_info(out, cert, &names, NULL, (struct span){0}, signature);
    return e == E_OK ? E_OK : diag_set(d, e, "a signature");
}
