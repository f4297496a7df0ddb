/* cert.h - certificates and private key files of persons and anchors. */
#ifndef ROOTSEAL_PKI_CERT_H
#define ROOTSEAL_PKI_CERT_H

#include <openssl/x509.h>

#include "core/digest.h"
#include "pki/alg.h"

/* Read exactly one certificate, in DER (BER is refused: RFC 5280 4.1) or PEM, with a public key that OpenSSL knows.
 * E_CERTIFICATE otherwise. X509_free() it. */
ERR_MUST_USE enum err cert_parse(struct span bytes, X509 **out, struct diag *d);

/* The same from a file given by a user, at most LIMIT_CERT_BYTES long; E_IO when it cannot be read. */
ERR_MUST_USE enum err cert_load(const char *path, X509 **out, struct diag *d);

/* SHA-256 of the DER. */
ERR_MUST_USE enum err cert_digest(X509 *cert, uint8_t out[DIGEST_LEN]);

/* Append the DER / PEM form to out. */
ERR_MUST_USE enum err cert_write_der(X509 *cert, struct buf *out);
ERR_MUST_USE enum err cert_write_pem(X509 *cert, struct buf *out);

/* E_APPROVAL_EXPIRED when t lies outside the certificate's validity. */
ERR_MUST_USE enum err cert_check_time(X509 *cert, int64_t t, struct diag *d);

/* Verify the certificate's signature with the issuer's public key, SM2 under SM2_ID; inner and outer AlgorithmIdentifier
 * must be the same bytes and known. E_CERT_SIGNATURE otherwise. */
ERR_MUST_USE enum err cert_verify(X509 *cert, EVP_PKEY *issuer, struct diag *d);

/* Assemble SEQUENCE { tbs, AlgorithmIdentifier, BIT STRING } (certificate, CRL and OCSP response alike), appended to
 * out. */
ERR_MUST_USE enum err cert_assemble(struct span tbs, enum sig_alg alg, bool sm2_null, struct span signature,
                                    struct buf *out);

/* Append the certificate of this TBSCertificate: the AlgorithmIdentifier outside is the one inside, byte for byte
 * (RFC 5280 4.1.1.2). E_LINT when tbs is none. */
ERR_MUST_USE enum err cert_complete(struct span tbs, struct span signature, struct buf *out, struct diag *d);

/* Load a private key from an encrypted PKCS#8 file (PEM or DER). The passphrase (n bytes, not NUL-terminated) is only
 * read. An unencrypted file is refused, as is a wrong passphrase: E_PRIVATE_KEY; E_IO when it cannot be read.
 * EVP_PKEY_free() the key. */
ERR_MUST_USE enum err cert_load_private_key(const char *path, const char *passphrase, size_t n, EVP_PKEY **out,
                                            struct diag *d);

/* Is there such a file, as far as that can be seen without the passphrase? The same codes. */
ERR_MUST_USE enum err cert_check_private_key(const char *path, struct diag *d);

#endif
