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

enum err carried_verify(struct span signature, const uint8_t certificate[DIGEST_LEN],
                        struct span content, bool *carried, struct diag *d)
{
    struct cms *strict = NULL;
    CMS_ContentInfo *cms = NULL;
    STACK_OF(X509) *certs = NULL;
    *carried = false;
    enum err e = cms_parse(signature, &strict, d);
    if (e != E_OK)
        goto out;
    cms = read_cms(signature);
    certs = cms != NULL ? CMS_get1_certs(cms) : NULL;
    X509 *x = find(certs, certificate);
    if (x == NULL)
        goto out;
    *carried = true;
    e = cms_verify(strict, x, content, d);
out:
    sk_X509_pop_free(certs, X509_free);
    CMS_ContentInfo_free(cms);
    cms_free(strict);
    ERR_clear_error();
    return e;
}
