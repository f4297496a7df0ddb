#include "pki/tbs_view.h"

#include <openssl/asn1t.h>
#include <string.h>
#include <time.h>

#include "pki/cause.h"
#include "pki/der.h"

ASN1_SEQUENCE(TBS_VIEW) = {
    ASN1_EXP_OPT(TBS_VIEW, version, ASN1_INTEGER, 0),
    ASN1_SIMPLE(TBS_VIEW, serial, ASN1_INTEGER),
    ASN1_SIMPLE(TBS_VIEW, signature, X509_ALGOR),
    ASN1_SIMPLE(TBS_VIEW, issuer, X509_NAME),
    ASN1_SIMPLE(TBS_VIEW, validity, X509_VAL),
    ASN1_SIMPLE(TBS_VIEW, subject, X509_NAME),
    ASN1_SIMPLE(TBS_VIEW, spki, ASN1_ANY),
    ASN1_IMP_OPT(TBS_VIEW, issuer_uid, ASN1_BIT_STRING, 1),
    ASN1_IMP_OPT(TBS_VIEW, subject_uid, ASN1_BIT_STRING, 2),
    ASN1_EXP_SEQUENCE_OF_OPT(TBS_VIEW, extensions, X509_EXTENSION, 3),
} static_ASN1_SEQUENCE_END(TBS_VIEW)

enum err tbs_view_parse(struct span tbs, TBS_VIEW **out, struct diag *d)
{
    const uint8_t *p = tbs.p;
    uint8_t *again = NULL;
    enum err e = E_OK;
    *out = NULL;
    if (!der_check(tbs)) /* first: OpenSSL costs more, and keeps the bytes of names and gives them back as they were */
        return diag_set(d, E_LINT, "the bytes are not DER");
    if (tbs.n <= INT32_MAX)
        *out = (TBS_VIEW *)ASN1_item_d2i(NULL, &p, (long)tbs.n, ASN1_ITEM_rptr(TBS_VIEW));
    if (*out == NULL)
        e = diag_set(d, cause_take(E_LINT), "the bytes are not a TBSCertificate");
    else if ((*out)->spki->type != V_ASN1_SEQUENCE)
        e = diag_set(d, E_LINT, "the bytes are not a TBSCertificate");
    if (e == E_OK) {
        int n = ASN1_item_i2d((const ASN1_VALUE *)*out, &again, ASN1_ITEM_rptr(TBS_VIEW));
        if (n < 0)
            e = diag_set(d, cause_take(E_LINT), "OpenSSL cannot write the TBSCertificate anew");
        else if ((size_t)n != tbs.n || memcmp(again, tbs.p, tbs.n) != 0)
            e = diag_set(d, E_LINT, "the bytes are not DER: OpenSSL writes them differently");
        OPENSSL_free(again);
    }
    if (e != E_OK) {
        tbs_view_free(*out);
        *out = NULL;
    }
    return e;
}

void tbs_view_free(TBS_VIEW *v)
{
    ASN1_item_free((ASN1_VALUE *)v, ASN1_ITEM_rptr(TBS_VIEW));
}

struct span tbs_view_spki(const TBS_VIEW *v)
{
    const ASN1_STRING *s = v->spki->value.sequence;
    return (struct span){ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s)};
}

static bool read_time(const struct der *der, int64_t *out)
{
    struct tm tm;
    const uint8_t *p = der->whole.p;
    ASN1_TIME *t = d2i_ASN1_TIME(NULL, &p, (long)der->whole.n);
    bool ok = t != NULL && ASN1_TIME_to_tm(t, &tm) == 1;
    *out = ok ? timegm(&tm) : 0;
    ASN1_TIME_free(t);
    return ok;
}

/* From the first identity extension to the end of the list; false when it is no list of extensions. */
static bool find_identity(struct span in, struct span *out)
{
    /* 1.2.156.10260.4.1 */
    static const uint8_t arc[] = {0x2a, 0x81, 0x1c, 0xd0, 0x14, 0x04, 0x01};
    struct der tagged, list, one, oid;
    *out = (struct span){0};
    der_take(&in, DER_CONTEXT + 1, &one); /* the unique identifiers, which we never write */
    der_take(&in, DER_CONTEXT + 2, &one);
    if (in.n == 0)
        return true;
    if (!der_take(&in, DER_CONSTRUCTED + 3, &tagged) || in.n > 0 || !der_take(&tagged.body, DER_SEQUENCE, &list))
        return false;
    while (list.body.n > 0) {
        const struct span rest = list.body;
        if (!der_take(&list.body, DER_SEQUENCE, &one) || !der_take(&one.body, DER_OID, &oid))
            return false;
        if (out->n == 0 && oid.body.n == sizeof arc + 1 && memcmp(oid.body.p, arc, sizeof arc) == 0)
            *out = rest;
    }
    return true;
}

/* Version, serial number, algorithm, issuer, validity, subject, key: RFC 5280 4.1. */
enum err tbs_outline(struct span tbs, struct tbs_outline *out, struct diag *d)
{
    struct der whole = {0}, validity = {0}, skipped, algorithm, time, subject, spki;
    *out = (struct tbs_outline){0};
    bool good = tbs.n <= LONG_MAX && der_take(&tbs, DER_SEQUENCE, &whole) && tbs.n == 0;
    struct span in = whole.body;
    good = good && der_take(&in, DER_CONSTRUCTED + 0, &skipped) && der_take(&in, DER_INTEGER, &skipped) &&
           der_take(&in, DER_SEQUENCE, &algorithm) && der_take(&in, DER_SEQUENCE, &skipped) &&
           der_take(&in, DER_SEQUENCE, &validity) && der_take(&in, DER_SEQUENCE, &subject) &&
           der_take(&in, DER_SEQUENCE, &spki) && find_identity(in, &out->identity);
    in = validity.body;
    good = good && der_next(&in, &skipped) && der_next(&in, &time) && in.n == 0 && read_time(&time, &out->not_after);
    if (!good)
        return diag_set(d, cause_take(E_LINT), "the bytes are not a TBSCertificate");
    out->algorithm = algorithm.whole;
    out->subject = subject.whole;
    out->spki = spki.whole;
    return E_OK;
}
