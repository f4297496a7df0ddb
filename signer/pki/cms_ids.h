/* cms_ids.h - the object identifiers and digests of CMS signatures; shared by cms.c, which reads,
 * and cms_sign.c. */
#ifndef ROOTSEAL_PKI_CMS_IDS_H
#define ROOTSEAL_PKI_CMS_IDS_H

#include <openssl/x509.h>

#include "pki/alg.h"

/* OBJECT IDENTIFIERs as whole DER elements (RFC 5652 12). */
extern const struct span cms_id_data;
extern const struct span cms_id_signed_data;
extern const struct span cms_id_content_type;
extern const struct span cms_id_message_digest;
extern const struct span cms_id_signing_time;

/* The same two types in GM/T 0010, whose object identifiers are 1.2.156.10197.6.1.4.2.1 and .2. */
extern const struct span cms_gm_data;
extern const struct span cms_gm_signed_data;

/* SM2's signature there, 1.2.156.10197.1.301.1 (GM/T 0006) with NULL, as it is written. */
extern const struct span cms_gm_signature;

/* Is it that AlgorithmIdentifier, or SM2 with SM3's, which is found there, too; each with NULL or without? */
bool cms_is_gm_signature(struct span der);

/* AlgorithmIdentifiers that name no digest (rsaEncryption with NULL), or one that certificates here
 * never use. */
extern const struct span cms_rsa_identifier;
extern const struct span cms_rsa_sha512_identifier;

/* A digest that a signature may use. */
struct cms_digest {
    const char *name;       /* OpenSSL's */
    struct span identifier; /* without parameters, as it is written (RFC 5754 2) */
    struct span with_null;  /* with NULL, which is read too */
    bool rsa_ok;            /* rsaEncryption goes with it */
    enum sig_alg rsa;       /* what rsaEncryption then means; nothing when sha512 */
    bool sha512;
};

/* The digest with this AlgorithmIdentifier; NULL when it is none of those. */
const struct cms_digest *cms_digest_by_identifier(struct span der);

/* The digest of a signature algorithm that a person or the appliance may use; NULL for ECDSA. */
const struct cms_digest *cms_digest_of(enum sig_alg alg);

/* Append the contents of IssuerAndSerialNumber (RFC 5652 10.2.4). */
ERR_MUST_USE enum err cms_put_issuer_and_serial(X509 *cert, struct buf *out);

#endif
