#include "audit/carried.h"

#include <string.h>

#include "pki/cert.h"
#include "pki/cms.h"
#include "pki/der.h"

/* The certificate with this SHA-256 among those that the signature carries; *x is NULL when it is not there. */
static enum err find(const struct cms *cms, const uint8_t certificate[DIGEST_LEN], X509 **x, struct diag *d)
{
    uint8_t digest[DIGEST_LEN];
    struct span in = cms_certificates(cms);
    struct der one;
    *x = NULL;
    while (der_next(&in, &one)) {
        enum err e = digest_bytes(DIGEST_SHA256, one.whole.p, one.whole.n, digest);
        if (e != E_OK)
            return diag_set(d, e, "a certificate");
        if (memcmp(digest, certificate, DIGEST_LEN) == 0)
            return cert_parse(one.whole, x, d);
    }
    return E_OK;
}

/* The signature, and that certificate; *strict and *x are NULL when it is refused. */
static enum err look(struct span signature, const uint8_t certificate[DIGEST_LEN], struct cms **strict, X509 **x, struct diag *d)
{
    *x = NULL;
    enum err e = cms_parse_person(signature, strict, d);
    return e == E_OK ? find(*strict, certificate, x, d) : e;
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
