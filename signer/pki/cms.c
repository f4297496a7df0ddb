#include "pki/cms.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/limits.h"
#include "pki/cause.h"
#include "pki/cert.h"
#include "pki/cms_ids.h"
#include "pki/der.h"
#include "pki/pem.h"

struct cms {
    struct buf der;
    bool by_person;           /* GM/T 0010's form is read, too */
    bool gm;                  /* it has that form */
    bool holds;               /* what it signs is in it, and of this type; else detached, over plain data */
    struct span type;
    struct span content;
    struct span certificates; /* the contents of the set; empty when there is none */
    bool by_key_id;           /* else by issuer and serial */
    struct span signer;       /* contents of the SKI, or of IssuerAndSerialNumber */
    const struct cms_digest *digest;
    enum sig_alg alg;           /* when sha512 is false */
    bool sha512;                /* RSASSA-PKCS1-v1_5 with SHA-512, which no certificate here uses */
    struct span attributes;     /* [0] signedAttrs, whole; empty when there are none */
    struct span content_digest; /* the messageDigest attribute */
    bool has_time;              /* the signingTime attribute */
    int64_t time;
    struct span signature;
};

/* What was wrong is said once, here; the caller only learns that it does not fit. */
static bool wrong(struct diag *d, const char *what)
{
    diag_set(d, E_APPROVAL_FORMAT, "%s", what);
    return false;
}

static bool take_version(struct span *in, uint8_t *version)
{
    struct der e;
    if (!der_take(in, DER_INTEGER, &e) || e.body.n != 1)
        return false;
    *version = e.body.p[0];
    return true;
}

/* signingTime must be a time that exists, although no approval rests on it. */
static bool read_time(struct cms *c, struct span der)
{
    const uint8_t *p = der.p;
    struct tm tm;
    ASN1_TIME *t = d2i_ASN1_TIME(NULL, &p, (long)der.n);
    c->has_time = t != NULL && p == der.p + der.n && ASN1_TIME_check(t) == 1 && ASN1_TIME_to_tm(t, &tm) == 1;
    c->time = c->has_time ? (int64_t)timegm(&tm) : 0;
    ASN1_TIME_free(t);
    return c->has_time;
}

/* RFC 5652 11: each of these attributes has one value. */
static bool read_attribute(struct cms *c, struct span attribute, unsigned seen[3], struct diag *d)
{
    struct der type, values, value = {0};
    if (!der_take(&attribute, DER_OID, &type) || !der_take(&attribute, DER_SET, &values) ||
        attribute.n != 0)
        return wrong(d, "a signed attribute");
    struct span in = values.body;
    bool one = der_next(&in, &value) && in.n == 0;
    if (der_same(type.whole, cms_id_content_type)) {
        seen[0]++;
        return (one && der_same(value.whole, c->type)) ||
               wrong(d, "the content-type attribute is not the content's type");
    }
    if (der_same(type.whole, cms_id_message_digest)) {
        seen[1]++;
        c->content_digest = value.body;
        return (one && value.tag == DER_OCTET_STRING) || wrong(d, "the message-digest attribute");
    }
    if (der_same(type.whole, cms_id_signing_time)) {
        seen[2]++;
        return (one && read_time(c, value.whole)) || wrong(d, "the signing-time attribute");
    }
    return true; /* others are signed, and mean nothing here */
}

static bool read_attributes(struct cms *c, struct span in, struct diag *d)
{
    unsigned seen[3] = {0};
    struct span previous = {0};
    while (in.n > 0) {
        struct der attribute;
        if (!der_take(&in, DER_SEQUENCE, &attribute))
            return wrong(d, "a signed attribute");
        /* der_check() does not know that [0] hides a SET here. */
        if (previous.n > 0 && !der_in_order(previous, attribute.whole))
            return wrong(d, "the signed attributes are not in DER");
        previous = attribute.whole;
        if (!read_attribute(c, attribute.body, seen, d))
            return false;
    }
    if (seen[0] != 1 || seen[1] != 1 || seen[2] > 1)
        return wrong(
            d, "content-type and message-digest must be there once, signing-time at most once");
    return true;
}

static bool read_signer_id(struct cms *c, struct span *in, struct diag *d)
{
    uint8_t version;
    struct der id;
    if (!take_version(in, &version) || !der_next(in, &id))
        return wrong(d, "the signer's identifier");
    c->by_key_id = id.tag == DER_CONTEXT + 0;
    c->signer = id.body;
    if (!c->by_key_id && id.tag != DER_SEQUENCE)
        return wrong(d, "the signer's identifier");
    if (c->by_key_id && c->gm)
        return wrong(d, "GM/T 0010 names the signer by issuer and serial number");
    /* RFC 5652 5.3: version 1 goes with issuer and serial, version 3 with the key identifier. */
    return version == (c->by_key_id ? 3 : 1) || wrong(d, "the signer's version");
}

/* The digest and signature algorithms, which must go together. */
static bool read_algorithms(struct cms *c, struct span digest, struct span signature,
                            struct diag *d)
{
    c->digest = cms_digest_by_identifier(digest);
    if (c->digest == NULL)
        return wrong(d, "the digest is not SHA-256, SHA-384, SHA-512 or SM3");
    if (c->gm) {
        c->alg = SIG_SM2_SM3;
        return (c->digest == cms_digest_of(SIG_SM2_SM3) && cms_is_gm_signature(signature)) ||
               wrong(d, "GM/T 0010 signs with SM2 and SM3");
    }
    if (der_same(signature, cms_rsa_identifier) && c->digest->rsa_ok) {
        c->alg = c->digest->rsa;
        c->sha512 = c->digest->sha512;
        return true;
    }
    if (der_same(signature, cms_rsa_sha512_identifier) && c->digest->sha512) {
        c->sha512 = true;
        return true;
    }
    if (alg_from_identifier(signature, &c->alg) != E_OK || strcmp(alg_sig_md(c->alg), c->digest->name) != 0)
        return wrong(d, "the signature algorithm does not go with that digest");
    /* strangers may sign with ECDSA, persons of the policy not */
    return c->holds || cms_digest_of(c->alg) != NULL || wrong(d, "the signature algorithm is not RSA or SM2");
}

static bool read_signer(struct cms *c, struct span in, struct span digests, struct diag *d)
{
    struct der digest, algorithm, e;
    if (!read_signer_id(c, &in, d))
        return false;
    if (!der_take(&in, DER_SEQUENCE, &digest))
        return wrong(d, "the signer's digest algorithm");
    if (!der_same(digest.whole, digests))
        return wrong(d, "the signer's digest algorithm is not the one announced");
    if (der_take(&in, DER_CONSTRUCTED + 0, &e)) {
        c->attributes = e.whole;
        if (!read_attributes(c, e.body, d))
            return false;
    }
    if (!der_take(&in, DER_SEQUENCE, &algorithm) || !der_take(&in, DER_OCTET_STRING, &e) ||
        e.body.n == 0)
        return wrong(d, "the signature");
    c->signature = e.body;
    if (in.n != 0)
        return wrong(d, "unsigned attributes are not allowed");
    return read_algorithms(c, digest.whole, algorithm.whole, d);
}

/* EncapsulatedContentInfo (RFC 5652 5.2). Bytes behind the type are content: a detached signature has none. */
static bool read_content(struct cms *c, struct span in, struct diag *d)
{
    struct der type, wrapped, octets;
    if (!der_take(&in, DER_OID, &type) || !der_same(type.whole, c->type))
        return wrong(d, c->holds ? "it holds another type of content" : "it must be detached, over plain data");
    if (!c->holds)
        return in.n == 0 || wrong(d, "it must be detached, over plain data");
    if (!der_take(&in, DER_CONSTRUCTED + 0, &wrapped) || in.n != 0 || !der_take(&wrapped.body, DER_OCTET_STRING, &octets) ||
        wrapped.body.n != 0)
        return wrong(d, "the content is not there as one OCTET STRING");
    c->content = octets.body;
    return true;
}

static bool read_signed_data(struct cms *c, struct span in, struct diag *d)
{
    uint8_t version;
    struct der digests, content, e, signers, signer, skip;
    if (!take_version(&in, &version) || !der_take(&in, DER_SET, &digests) ||
        !der_take(&in, DER_SEQUENCE, &content))
        return wrong(d, "the SignedData");
    if (!read_content(c, content.body, d))
        return false;
    if (der_take(&in, DER_CONSTRUCTED + 0, &e))
        c->certificates = e.body;
    if (!der_take(&in, DER_SET, &signers) || in.n != 0)
        return wrong(d, "the SignedData; CRLs do not belong into it");
    if (!der_take(&signers.body, DER_SEQUENCE, &signer) || signers.body.n != 0)
        return wrong(d, "there must be exactly one signer");
    struct span announced = digests.body;
    if (!der_next(&announced, &skip) || announced.n != 0)
        return wrong(d, "there must be exactly one digest algorithm");
    if (!read_signer(c, signer.body, digests.body, d))
        return false;
    if (c->holds && c->attributes.n == 0) /* RFC 5652 5.3: another type than id-data */
        return wrong(d, "there are no signed attributes");
    /* RFC 5652 5.1 */
    return version == (c->by_key_id || c->holds ? 3 : 1) || wrong(d, "the version of the SignedData");
}

static bool read_content_info(struct cms *c, struct diag *d)
{
    struct span in = buf_span(&c->der);
    struct der info, type, content, data;
    if (!der_check(in) || !der_take(&in, DER_SEQUENCE, &info))
        return wrong(d, "it is not in DER");
    in = info.body;
    if (!der_take(&in, DER_OID, &type))
        return wrong(d, "it is not a SignedData");
    c->gm = c->by_person && der_same(type.whole, cms_gm_signed_data);
    if (c->gm)
        c->type = cms_gm_data; /* all object identifiers of its types are of one form */
    if ((!c->gm && !der_same(type.whole, cms_id_signed_data)) || !der_take(&in, DER_CONSTRUCTED + 0, &content) || in.n != 0 ||
        !der_take(&content.body, DER_SEQUENCE, &data) || content.body.n != 0)
        return wrong(d, "it is not a SignedData");
    return read_signed_data(c, data.body, d);
}

/* `kind` has what is expected of it. */
static enum err parse(struct span bytes, size_t max, const struct cms *kind, struct cms **out, struct diag *d)
{
    *out = NULL;
    if (bytes.n > max)
        return diag_set(d, E_APPROVAL_FORMAT, "%zu bytes, more than %zu", bytes.n, max);
    struct cms *c = malloc(sizeof *c);
    if (c == NULL)
        return diag_set(d, E_NO_MEMORY, "a signature");
    *c = *kind;
    enum err e = E_OK;
    if (bytes.n > 0 && bytes.p[0] == DER_SEQUENCE) {
        buf_append(&c->der, bytes.p, bytes.n);
        if (buf_err(&c->der) != E_OK)
            e = diag_set(d, E_NO_MEMORY, "a signature");
    } else if (!pem_only(bytes, PEM_STRING_CMS, PEM_STRING_PKCS7, &c->der)) {
        e = diag_set(d, E_APPROVAL_FORMAT, "it is neither DER nor one PEM block");
    }
    if (e == E_OK && !read_content_info(c, d))
        e = E_APPROVAL_FORMAT;
    e = cause_settle(e, d, "a signature");
    if (e != E_OK) {
        cms_free(c);
        return e;
    }
    *out = c;
    return E_OK;
}

enum err cms_parse(struct span bytes, struct cms **out, struct diag *d)
{
    return parse(bytes, LIMIT_APPROVAL_BYTES, &(struct cms){.type = cms_id_data}, out, d);
}

enum err cms_parse_person(struct span bytes, struct cms **out, struct diag *d)
{
    return parse(bytes, LIMIT_APPROVAL_BYTES, &(struct cms){.type = cms_id_data, .by_person = true}, out, d);
}

enum err cms_parse_holding(struct span bytes, struct span type, size_t max, struct cms **out, struct span *content,
                           struct diag *d)
{
    enum err e = parse(bytes, max, &(struct cms){.holds = true, .type = type}, out, d);
    *content = *out != NULL ? (*out)->content : (struct span){0};
    return e;
}

bool cms_is_by(const struct cms *c, X509 *cert)
{
    if (c->by_key_id) {
        const ASN1_OCTET_STRING *ski = X509_get0_subject_key_id(cert);
        return ski != NULL && der_same(c->signer, (struct span){ASN1_STRING_get0_data(ski),
                                                                (size_t)ASN1_STRING_length(ski)});
    }
    /* As bytes: names that only compare alike (case, blanks) could be told apart by nobody who
     * reads them. */
    struct buf id = {0};
    bool same = cms_put_issuer_and_serial(cert, &id) == E_OK && der_same(c->signer, buf_span(&id));
    buf_free(&id);
    return same;
}

struct span cms_certificates(const struct cms *c)
{
    return c->certificates;
}

bool cms_signing_time(const struct cms *c, int64_t *out)
{
    *out = c->time;
    return c->has_time;
}

/* When certificates came along, the signer's must be among them, exactly as it is known here. */
static bool carries(const struct cms *c, X509 *cert)
{
    if (c->certificates.n == 0)
        return true;
    bool found = false;
    struct buf der = {0};
    if (cert_write_der(cert, &der) == E_OK) {
        struct span in = c->certificates;
        struct der e;
        while (!found && der_next(&in, &e))
            found = der_same(e.whole, buf_span(&der));
    }
    buf_free(&der);
    return found;
}

static enum err verify_sha512(EVP_PKEY *key, struct span message, struct span signature)
{
    if (!EVP_PKEY_is_a(key, "RSA"))
        return E_SIGNATURE_BAD;
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    enum err e = E_OK;
    if (c == NULL || EVP_DigestVerifyInit_ex(c, NULL, "SHA512", NULL, NULL, key, NULL) != 1)
        e = E_CRYPTO;
    else if (EVP_DigestVerify(c, signature.p, signature.n, message.p, message.n) != 1)
        e = cause_take(E_SIGNATURE_BAD);
    EVP_MD_CTX_free(c);
    ERR_clear_error();
    return e;
}

static enum err verify_bytes(const struct cms *c, EVP_PKEY *key, struct span message)
{
    return c->sha512 ? verify_sha512(key, message, c->signature)
                     : alg_verify(c->alg, key, message, c->signature);
}

/* RFC 5652 5.4: the content's digest is in the attributes, and what was signed is their encoding as
 * a SET. */
static enum err verify_attributes(const struct cms *c, EVP_PKEY *key, struct span content)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    size_t n = 0;
    if (EVP_Q_digest(NULL, c->digest->name, NULL, content.p, content.n, digest, &n) != 1) {
        ERR_clear_error();
        return E_CRYPTO;
    }
    if (!der_same(c->content_digest, (struct span){digest, n}))
        return E_SIGNATURE_BAD;
    struct buf set = {0};
    buf_append_byte(&set, DER_SET);
    buf_append(&set, c->attributes.p + 1, c->attributes.n - 1);
    enum err e = buf_err(&set);
    if (e == E_OK)
        e = verify_bytes(c, key, buf_span(&set));
    buf_free(&set);
    return e;
}

enum err cms_verify(const struct cms *c, X509 *cert, struct span content, struct diag *d)
{
    EVP_PKEY *key = X509_get0_pubkey(cert);
    if (key == NULL || !cms_is_by(c, cert) || !carries(c, cert))
        return diag_set(d, cause_take(E_APPROVAL_SIGNATURE),
                        "it does not name or carry the certificate that is pinned");
    enum err e =
        c->attributes.n > 0 ? verify_attributes(c, key, content) : verify_bytes(c, key, content);
    if (e == E_SIGNATURE_BAD)
        return diag_set(d, E_APPROVAL_SIGNATURE, "the signature does not verify over %zu bytes",
                        content.n);
    return e == E_OK ? E_OK : diag_set(d, e, "an approval");
}

void cms_free(struct cms *c)
{
    if (c == NULL)
        return;
    buf_free(&c->der);
    free(c);
}
