/* tbs_view.h - a TBSCertificate taken apart by OpenSSL's template decoder, with the public key left as bytes.
 *
 * d2i_X509() decodes the key at once, which costs more than everything else together; a batch looks at every TBS several
 * times and needs the key as a key only in the lint. tbs_outline() is for the looks that need three parts only.
 */
#ifndef ROOTSEAL_PKI_TBS_VIEW_H
#define ROOTSEAL_PKI_TBS_VIEW_H

#include <openssl/x509.h>

#include "core/buf.h"
#include "core/diag.h"

/* RFC 5280 4.1. OpenSSL's templates want a type name. */
typedef struct tbs_view {
    ASN1_INTEGER *version; /* NULL when absent */
    ASN1_INTEGER *serial;
    X509_ALGOR *signature;
    X509_NAME *issuer;
    X509_VAL *validity;
    X509_NAME *subject;
    ASN1_TYPE *spki;       /* a SEQUENCE; see tbs_view_spki() */
    ASN1_BIT_STRING *issuer_uid, *subject_uid;
    STACK_OF(X509_EXTENSION) *extensions;
} TBS_VIEW;

/* Read one TBSCertificate. E_LINT when it does not decode, when bytes follow it, or when OpenSSL writes it back
 * differently (it was not DER). tbs_view_free() it. */
ERR_MUST_USE enum err tbs_view_parse(struct span tbs, TBS_VIEW **out, struct diag *d);
void tbs_view_free(TBS_VIEW *v);

/* The DER SubjectPublicKeyInfo; owned by v. */
struct span tbs_view_spki(const TBS_VIEW *v);

/* What the index keeps of a certificate; the spans point into the TBS. */
struct tbs_outline {
    struct span algorithm;     /* the AlgorithmIdentifier, whole, in DER */
    struct span subject, spki; /* whole, in DER */
    struct span identity;      /* the identity extensions, which stand last (identity.h); empty when there is none */
    int64_t not_after;
};

/* Find these parts by their place alone, for a TBS that was linted or comes from a plan that was: a hundred times quicker
 * than a view. E_LINT when they are not there. */
ERR_MUST_USE enum err tbs_outline(struct span tbs, struct tbs_outline *out, struct diag *d);

#endif
