#include "pki/cert.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <string.h>
#include <time.h>

#include "core/file.h"
#include "core/limits.h"
#include "pki/cause.h"
#include "pki/der.h"
#include "pki/pem.h"
#include "pki/tbs_view.h"

static X509 *from_der(struct span der)
{
    const uint8_t *p = der.p;
    /* One element: OpenSSL also takes BER, and writes what it does not read. */
    return der.n <= LONG_MAX && der_check(der) ? d2i_X509(NULL, &p, (long)der.n) : NULL;
}

enum err cert_parse(struct span bytes, X509 **out, struct diag *d)
{
    *out = NULL;
    if (bytes.n == 0)
        return diag_set(d, E_CERTIFICATE, "it is empty");
    X509 *cert = bytes.p[0] == DER_SEQUENCE ? from_der(bytes) : NULL;
    struct buf der = {0};
    if (cert == NULL && pem_only(bytes, PEM_STRING_X509, NULL, &der))
        cert = from_der(buf_span(&der));
    buf_free(&der);
    if (cert == NULL)
        return diag_set(d, cause_take(E_CERTIFICATE), "%zu bytes are not exactly one certificate in DER or PEM", bytes.n);
    ERR_clear_error();
    if (X509_get0_pubkey(cert) == NULL) {
        X509_free(cert);
        return diag_set(d, cause_take(E_CERTIFICATE), "its public key is not usable");
    }
    *out = cert;
    return E_OK;
}

enum err cert_load(const char *path, X509 **out, struct diag *d)
{
    *out = NULL;
    struct buf bytes = {0};
    enum err e = file_read_path(path, LIMIT_CERT_BYTES, E_CERTIFICATE, &bytes, d);
    if (e == E_OK) {
        struct diag inner = {0};
        e = cert_parse(buf_span(&bytes), out, &inner);
        if (e != E_OK)
            diag_wrap(d, e, &inner, "%s", path);
    }
    buf_free(&bytes);
    return e;
}

enum err cert_digest(X509 *cert, uint8_t out[DIGEST_LEN])
{
    memset(out, 0, DIGEST_LEN);
    unsigned n = 0;
    return X509_digest(cert, EVP_sha256(), out, &n) == 1 && n == DIGEST_LEN ? E_OK : E_CRYPTO;
}

enum err cert_write_der(X509 *cert, struct buf *out)
{
    uint8_t *der = NULL;
    int n = i2d_X509(cert, &der);
    if (n <= 0)
        return E_CRYPTO;
    buf_append(out, der, (size_t)n);
    OPENSSL_free(der);
    return buf_err(out);
}

enum err cert_write_pem(X509 *cert, struct buf *out)
{
    enum err e = E_CRYPTO;
    char *text = NULL;
    BIO *bio = BIO_new(BIO_s_mem());
    if (bio == NULL || PEM_write_bio_X509(bio, cert) != 1)
        goto out;
    long n = BIO_get_mem_data(bio, &text);
    if (n <= 0)
        goto out;
    buf_append(out, text, (size_t)n);
    e = buf_err(out);
out:
    BIO_free(bio);
    return e;
}

static bool time_of(const ASN1_TIME *t, int64_t *out)
{
    struct tm tm;
    if (ASN1_TIME_to_tm(t, &tm) != 1)
        return false;
    *out = timegm(&tm);
    return true;
}

enum err cert_check_time(X509 *cert, int64_t t, struct diag *d)
{
    int64_t from, to;
    if (!time_of(X509_get0_notBefore(cert), &from) || !time_of(X509_get0_notAfter(cert), &to))
        return diag_set(d, cause_take(E_APPROVAL_EXPIRED), "the certificate's validity cannot be read");
    if (t < from)
        return diag_set(d, E_APPROVAL_EXPIRED, "the certificate is not valid yet");
    if (t > to)
        return diag_set(d, E_APPROVAL_EXPIRED, "the certificate's validity has ended");
    return E_OK;
}

/* The parts of SEQUENCE { tbs, AlgorithmIdentifier, BIT STRING }, and the AlgorithmIdentifier
 * inside the tbs. */
static bool take_apart(struct span der, struct span *tbs, struct span *outer, struct span *inner,
                       struct span *signature)
{
    struct der cert, part, alg, bits, skip;
    if (!der_take(&der, DER_SEQUENCE, &cert) || der.n != 0)
        return false;
    struct span in = cert.body;
    if (!der_take(&in, DER_SEQUENCE, &part) || !der_take(&in, DER_SEQUENCE, &alg) ||
        !der_take(&in, DER_BIT_STRING, &bits) || in.n != 0 || !der_bits(&bits, signature))
        return false;
    *tbs = part.whole;
    *outer = alg.whole;
    in = part.body;
    (void)der_take(&in, DER_CONSTRUCTED + 0, &skip); /* the version, which version 1 leaves out */
    if (!der_take(&in, DER_INTEGER, &skip) || !der_take(&in, DER_SEQUENCE, &alg))
        return false;
    *inner = alg.whole;
    return true;
}

enum err cert_verify(X509 *cert, EVP_PKEY *issuer, struct diag *d)
{
    struct buf der = {0};
    struct span tbs, outer, inner, signature;
    enum sig_alg alg;
    enum err e = cert_write_der(cert, &der);
    if (e != E_OK) {
        diag_set(d, e, "a certificate");
        goto out;
    }
    if (!take_apart(buf_span(&der), &tbs, &outer, &inner, &signature))
        e = diag_set(d, E_CERT_SIGNATURE, "the certificate is not in DER");
    else if (!der_same(outer, inner))
        e = diag_set(d, E_CERT_SIGNATURE,
                     "the two algorithm identifiers of the certificate differ");
    else if (alg_from_identifier(outer, &alg) != E_OK)
        e = diag_set(d, E_CERT_SIGNATURE, "the certificate's signature algorithm is not known");
    else if ((e = alg_verify(alg, issuer, tbs, signature)) == E_SIGNATURE_BAD)
        e = diag_set(d, E_CERT_SIGNATURE,
                     "the issuer's key did not make the certificate's signature");
    else if (e != E_OK)
        diag_set(d, e, "a certificate's signature");
    e = cause_settle(e, d, "a certificate's signature");
out:
    buf_free(&der);
    return e;
}

static enum err assemble(struct span tbs, struct span id, struct span signature, struct buf *out)
{
    struct buf bits = {0};
    der_put_header(&bits, DER_BIT_STRING, signature.n + 1);
    buf_append_byte(&bits, 0); /* no unused bits */
    buf_append(&bits, signature.p, signature.n);
    enum err e = buf_err(&bits);
    if (e == E_OK) {
        der_put_header(out, DER_SEQUENCE, tbs.n + id.n + bits.len);
        buf_append(out, tbs.p, tbs.n);
        buf_append(out, id.p, id.n);
        buf_append(out, bits.data, bits.len);
        e = buf_err(out);
    }
    buf_free(&bits);
    return e;
}

enum err cert_assemble(struct span tbs, enum sig_alg alg, bool sm2_null, struct span signature,
                       struct buf *out)
{
    return assemble(tbs, alg_identifier(alg, sm2_null), signature, out);
}

enum err cert_complete(struct span tbs, struct span signature, struct buf *out, struct diag *d)
{
    struct tbs_outline outline;
    enum err e = tbs_outline(tbs, &outline, d);
    if (e == E_OK && (e = assemble(tbs, outline.algorithm, signature, out)) != E_OK)
        diag_set(d, e, "a certificate");
    return e;
}

static X509_SIG *encrypted_from(struct span bytes)
{
    struct buf data = {0};
    struct span der = bytes;
    if (bytes.n == 0 || bytes.p[0] != DER_SEQUENCE) {
        if (!pem_only(bytes, PEM_STRING_PKCS8, NULL, &data))
            return NULL;
        der = buf_span(&data);
    }
    const uint8_t *p = der.p;
    X509_SIG *sig = d2i_X509_SIG(NULL, &p, (long)der.n);
    if (sig != NULL && p != der.p + der.n) {
        X509_SIG_free(sig);
        sig = NULL;
    }
    buf_free(&data);
    ERR_clear_error();
    return sig;
}

static enum err load_sealed(const char *path, X509_SIG **out, struct diag *d)
{
    struct buf bytes = {0};
    *out = NULL;
    enum err e = file_read_path(path, LIMIT_KEY_BYTES, E_PRIVATE_KEY, &bytes, d);
    if (e == E_OK && (*out = encrypted_from(buf_span(&bytes))) == NULL)
        e = diag_set(d, E_PRIVATE_KEY, "%s: not one encrypted PKCS#8 private key", path);
    buf_free(&bytes);
    return e;
}

enum err cert_check_private_key(const char *path, struct diag *d)
{
    X509_SIG *sealed;
    enum err e = load_sealed(path, &sealed, d);
    X509_SIG_free(sealed);
    return e;
}

enum err cert_load_private_key(const char *path, const char *passphrase, size_t n, EVP_PKEY **out,
                               struct diag *d)
{
    *out = NULL;
    X509_SIG *sealed;
    PKCS8_PRIV_KEY_INFO *opened = NULL;
    enum err e = load_sealed(path, &sealed, d);
    if (e != E_OK)
        goto out;
    if (n > LIMIT_PIN_BYTES) {
        e = diag_set(d, E_PRIVATE_KEY, "the passphrase is longer than %d bytes", LIMIT_PIN_BYTES);
        goto out;
    }
    opened = PKCS8_decrypt(sealed, n > 0 ? passphrase : "", (int)n);
    if (opened == NULL) {
        e = diag_set(d, E_PRIVATE_KEY, "%s: the passphrase does not open it", path);
        goto out;
    }
    *out = EVP_PKCS82PKEY(opened);
    if (*out == NULL)
        e = diag_set(d, E_PRIVATE_KEY, "%s: what it holds is not a private key that can be used",
                     path);
out:
    PKCS8_PRIV_KEY_INFO_free(opened);
    X509_SIG_free(sealed);
    ERR_clear_error();
    return e;
}
