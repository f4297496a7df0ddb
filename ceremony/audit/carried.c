#include "audit/carried.h"

#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>

#include "pki/cert.h"
#include "pki/cms.h"
#include "pki/der.h"
#include "pki/pem.h"

/* DER or PEM, as cms_parse() took it before. */
static CMS_ContentInfo *read_cms(struct span bytes)
{
    struct buf der = {0};
    if (bytes.p[0] == DER_SEQUENCE)
        buf_append(&der, bytes.p, bytes.n);
    else
        (void)pem_only(bytes, PEM_STRING_CMS, PEM_STRING_PKCS7, &der);
    const uint8_t *p = der.data;
    CMS_ContentInfo *cms = der.len > 0 ? d2i_CMS_ContentInfo(NULL, &p, (long)der.len) : NULL;
    buf_free(&der);
    return cms;
}

static X509 *find(const STACK_OF(X509) *certs, const uint8_t certificate[DIGEST_LEN])
{
    uint8_t digest[DIGEST_LEN];
    for (int i = 0; i < sk_X509_num(certs); i++) {
        X509 *x = sk_X509_value(certs, i);
        if (cert_digest(x, digest) == E_OK && memcmp(digest, certificate, DIGEST_LEN) == 0)
            return x;
    }
    return NULL;
}

/* The signature read strictly, and the certificate with this SHA-256 that it carries; *x is NULL when it carries none. */
static enum err look(struct span signature, const uint8_t certificate[DIGEST_LEN], struct cms **strict, X509 **x, struct diag *d)
{
    *x = NULL;
    enum err e = cms_parse(signature, strict, d);
    if (e != E_OK)
        return e;
    CMS_ContentInfo *cms = read_cms(signature);
    STACK_OF(X509) *certs = cms != NULL ? CMS_get1_certs(cms) : NULL;
    *x = find(certs, certificate);
    if (*x != NULL && X509_up_ref(*x) != 1)
        *x = NULL;
    sk_X509_pop_free(certs, X509_free);
    CMS_ContentInfo_free(cms);
    ERR_clear_error();
    return E_OK;
}

enum err carried_verify(struct span signature, const uint8_t certificate[DIGEST_LEN],
                        struct span content, bool *carried, struct diag *d)
{
    struct cms *strict = NULL;
    X509 *x = NULL;
    enum err e = look(signature, certificate, &strict, &x, d);
    *carried = x != NULL;
    if (e == E_OK && x != NULL)
        e = cms_verify(strict, x, content, d);
    X509_free(x);
    cms_free(strict);
    return e;
}

enum err carried_certificate(struct span signature, const uint8_t certificate[DIGEST_LEN], struct buf *out, bool *found,
                             struct diag *d)
{
    struct cms *strict = NULL;
    X509 *x = NULL;
    enum err e = look(signature, certificate, &strict, &x, d);
    *found = x != NULL;
    if (e == E_OK && x != NULL)
        e = cert_write_der(x, out);
    X509_free(x);
    cms_free(strict);
    return e;
}
