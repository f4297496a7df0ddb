/* help_pki.h - keys, certificates, requests and files for the tests of signer/pki. Everything here
 * fails the running test when it cannot do its work. */
#ifndef ROOTSEAL_TESTS_HELP_PKI_H
#define ROOTSEAL_TESTS_HELP_PKI_H

#include <openssl/x509.h>

#include "core/buf.h"
#include "pki/alg.h"

/* Decode hexadecimal text into out. */
void help_hex(const char *hex, struct buf *out);

/* Read $ROOTSEAL_VECTORS/name. False, after saying that the test is skipped, when the vectors are
 * not there. */
bool help_vector(const char *name, struct buf *out);

/* The content of the first PEM block in bytes. */
void help_pem(const struct buf *bytes, struct buf *der);

/* A fresh key; RSA with 2048 bits. */
EVP_PKEY *help_key(enum key_kind kind);

/* A self-signed certificate of the key, valid from 2024 to 2034, signed with alg and CN=name. */
X509 *help_cert(EVP_PKEY *key, enum sig_alg alg, const char *name);

/* A request; the extensions (may be NULL) go into an extensionRequest. */
void help_csr(EVP_PKEY *key, enum sig_alg alg, const STACK_OF(X509_EXTENSION) * extensions,
              struct buf *out);

/* The text that persons sign for a batch with these bytes. */
void help_approval(struct span batch, struct buf *text);

/* Append one extension to the list. */
void help_extension(STACK_OF(X509_EXTENSION) * *list, int nid, const char *value);

/* The SM2EnvelopedKey of an SM2 key, whose contents nobody can open. */
void help_envelope(EVP_PKEY *key, struct buf *out);

/* Sign the encoded tbs and assemble it as certificates and requests are, into out. */
void help_assemble(const struct buf *tbs, enum sig_alg alg, EVP_PKEY *key, struct buf *out);

/* What an appliance does with an approval: read it, and verify it as the certificate's over the content. */
enum err help_accept(struct span cms, X509 *cert, struct span content);

/* A temporary folder, made once in a process; help_clean() removes it. */
const char *help_dir(void);
void help_clean(void);

/* Run a shell command inside the folder, quietly; true when it exits with 0. */
bool help_run(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Files in the folder. */
void help_write(const char *name, struct span bytes);
void help_read(const char *name, struct buf *out);
void help_write_cert(const char *name, X509 *cert);

/* The path of a file in the folder; good until the next call. */
const char *help_path(const char *name);

#endif
