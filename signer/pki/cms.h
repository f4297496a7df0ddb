/* cms.h - detached CMS signatures (RFC 5652) by persons and by the appliance, RSA and SM2; by persons with SM2 keys in
 * the form of GM/T 0010, too.
 *
 * OpenSSL's own SM2 in CMS uses an empty distinguishing ID; here it is always SM2_ID, so the bytes that were signed are
 * taken from the SignerInfo and checked with alg_verify(). Accepted on the way in: DER or PEM; exactly one SignerInfo;
 * SHA-256, SHA-384 or SHA-512 with RSA (PKCS#1 v1.5), PSS as alg.h has it, SM3 with SM2; with or without signed
 * attributes. With them: content-type must be id-data once, message-digest must fit once, signing-time at most once.
 * Nothing may be there that nobody checks: no CRLs, no unsigned attributes, and when certificates are there the signer's
 * is among them. So no bit of an approval that carries the signer's certificate alone, or none, can be changed. Signed
 * attributes other than those three are passed over. Written: DER, no signed
 * attributes for the appliance, with them (content-type, message-digest, signing-time) for persons; the signer's
 * certificate is included.
 *
 * GM/T 0010 has the same structure, with object identifiers of its own for SignedData and data, which are not mixed
 * with those of CMS: content-type names its data. Beside what holds above, the signer is named by issuer and serial
 * number, the digest is SM3, and the signature is SM2 (1.2.156.10197.1.301.1) or SM2 with SM3 (1.2.156.10197.1.501)
 * with NULL or without, which is the same. message-digest is SM3 of the content alone; Z comes in with what is signed,
 * the attributes or, when there are none, the content.
 */
#ifndef ROOTSEAL_PKI_CMS_H
#define ROOTSEAL_PKI_CMS_H

#include <openssl/x509.h>

#include "pki/alg.h"

/* The one SignerInfo of a detached signature. Free with cms_free(). */
struct cms;

/* Read it. E_APPROVAL_FORMAT when it is not a detached CMS signature as above, E_NO_MEMORY, E_CRYPTO. */
ERR_MUST_USE enum err cms_parse(struct span bytes, struct cms **out, struct diag *d);

/* The same of a signature by a person, which may have GM/T 0010's form. */
ERR_MUST_USE enum err cms_parse_person(struct span bytes, struct cms **out, struct diag *d);

/* Read one that holds what it signs, of this eContentType: a whole OBJECT IDENTIFIER other than id-data's. The same form
 * otherwise, and at most max bytes; but there must be signed attributes, whose content-type is that type (RFC 5652 5.3), and
 * ECDSA with P-256 and SHA-256 or P-384 and SHA-384 is read, too. The content lies in *out. */
ERR_MUST_USE enum err cms_parse_holding(struct span bytes, struct span type, size_t max, struct cms **out,
                                        struct span *content, struct diag *d);

/* True when the SignerInfo names this certificate (issuer and serial, or subject key identifier). */
bool cms_is_by(const struct cms *cms, X509 *cert);

/* The certificates that it carries, whole, one after another; nothing when there are none. They lie in cms, and only
 * their DER was checked. */
struct span cms_certificates(const struct cms *cms);

/* When it says it was signed, UTC seconds; false when it does not say it. Nobody but the signer vouches for it, and only what
 * cms_verify() took. */
bool cms_signing_time(const struct cms *cms, int64_t *out);

/* Verify the signature over content with the key of the certificate, which must be the named one. Validity in time and
 * trust in the certificate are the caller's (certificates are pinned). E_APPROVAL_SIGNATURE when it does not verify. */
ERR_MUST_USE enum err cms_verify(const struct cms *cms, X509 *cert, struct span content, struct diag *d);

void cms_free(struct cms *cms);

/* Sign content as a person: cert and key belong together, RSA (SHA-256) or SM2; E_PRIVATE_KEY otherwise. Appends DER to
 * out. */
ERR_MUST_USE enum err cms_sign(X509 *cert, EVP_PKEY *key, struct span content, int64_t signing_time, struct buf *out,
                               struct diag *d);

/* How a person's key signs; SIG_ALG_COUNT when it is neither SM2 nor RSA. */
enum sig_alg cms_alg(const EVP_PKEY *key);

enum cms_form { CMS_RFC5652, CMS_GMT0010, CMS_FORMS };

/* "cms", "gmt0010". */
bool cms_form_by_name(const char *name, enum cms_form *out);

/* A key that need not be in memory, and the form of what it signs. */
struct cms_signer {
    EVP_PKEY *public_key;
    /* Append the signature over the message: RSA PKCS#1 v1.5 with SHA-256, or SM2. */
    enum err (*sign)(void *arg, struct span message, struct buf *out, struct diag *d);
    void *arg;
    enum cms_form form;
};

/* One that is; key must live as long. */
struct cms_signer cms_signer_in_memory(EVP_PKEY *key, enum cms_form form);

/* cms_sign() with such a signer; for CMS_RFC5652 the bytes differ in nothing. Errors of the signer's, too, and
 * E_KEY_TYPE for GM/T 0010's form with an RSA key. */
ERR_MUST_USE enum err cms_sign_with(X509 *cert, const struct cms_signer *signer, struct span content, int64_t signing_time,
                                    struct buf *out, struct diag *d);

/* What a signature holds (RFC 5652 5.2). */
struct cms_held {
    struct span type;         /* eContentType, a whole OBJECT IDENTIFIER other than id-data's */
    struct span content;
    struct span certificates; /* whole, one after another in the order of DER's SET OF, the signer's among them */
};

/* cms_sign() for one that holds what it signs. */
ERR_MUST_USE enum err cms_sign_holding(X509 *cert, EVP_PKEY *key, const struct cms_held *held, int64_t signing_time,
                                       struct buf *out, struct diag *d);

/* Wrap a signature that was made elsewhere over the content itself (no signed attributes) with alg by the key of
 * cert. Appends DER to out. The signature is not verified here. E_KEY_TYPE for ECDSA, which is for requests only. */
ERR_MUST_USE enum err cms_wrap(X509 *cert, enum sig_alg alg, struct span signature, struct buf *out, struct diag *d);

#endif
