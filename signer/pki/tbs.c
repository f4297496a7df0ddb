#include "pki/tbs.h"

#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

#include "pki/der_write.h"

/* The extensions in the order in which GM/T 0015 lists them. */
#define OID_AKI "2.5.29.35"
#define OID_SKI "2.5.29.14"
#define OID_KEY_USAGE "2.5.29.15"
#define OID_POLICIES "2.5.29.32"
#define OID_SAN "2.5.29.17"
#define OID_BASIC_CONSTRAINTS "2.5.29.19"
#define OID_EKU "2.5.29.37"
#define OID_CRL "2.5.29.31"
#define OID_OCSP_NOCHECK "1.3.6.1.5.5.7.48.1.5"
#define OID_AIA "1.3.6.1.5.5.7.1.1"
#define OID_AD_OCSP "1.3.6.1.5.5.7.48.1"
#define OID_AD_ISSUERS "1.3.6.1.5.5.7.48.2"

struct extension {
    size_t seq, octets;
};

static enum err extension_open(struct buf *b, const char *oid, bool critical, struct extension *x)
{
    x->seq = der_open(b, DER_SEQUENCE);
    enum err e = der_oid(b, oid);
    if (critical)
        der_true(b);
    x->octets = der_open(b, DER_OCTET_STRING);
    return e;
}

static void extension_close(struct buf *b, const struct extension *x)
{
    der_close(b, x->octets);
    der_close(b, x->seq);
}

static bool some(const struct policy_strings *s)
{
    return s != NULL && s->n > 0;
}

static enum err put_key_ids(struct buf *b, const struct tbs_spec *s)
{
    struct extension x;
    enum err e = E_OK;
    if (s->aki.n > 0) {
        e = extension_open(b, OID_AKI, false, &x);
        size_t seq = der_open(b, DER_SEQUENCE);
        der_value(b, DER_CONTEXT + 0, s->aki.p, s->aki.n);
        der_close(b, seq);
        extension_close(b, &x);
    }
    if (e == E_OK && s->ski.n > 0) {
        e = extension_open(b, OID_SKI, false, &x);
        der_value(b, DER_OCTET_STRING, s->ski.p, s->ski.n);
        extension_close(b, &x);
    }
    return e;
}

static enum err put_basic_constraints(struct buf *b, const struct tbs_spec *s)
{
    struct extension x;
    if (!s->ca)
        return E_OK;
    enum err e = extension_open(b, OID_BASIC_CONSTRAINTS, true, &x);
    size_t seq = der_open(b, DER_SEQUENCE);
    der_true(b);
    if (s->path_zero)
        der_value(b, DER_INTEGER, "", 1);
    der_close(b, seq);
    extension_close(b, &x);
    return e;
}

/* OpenSSL keeps keyUsage bit 0 in the top bit of its first byte, as the BIT STRING does; bit 8 is in the second. */
static enum err put_key_usage(struct buf *b, const struct tbs_spec *s)
{
    struct extension x;
    if (s->key_usage == 0)
        return E_OK;
    uint8_t bits[3] = {0, (uint8_t)(s->key_usage & 0xff), (uint8_t)(s->key_usage >> 8 & 0xff)};
    size_t n = bits[2] != 0 ? 3 : 2;
    uint8_t last = bits[n - 1];
    while (last != 0 && (last & 1) == 0) { /* DER: trailing zero bits are not part of a named bit list */
        bits[0]++;
        last >>= 1;
    }
    enum err e = extension_open(b, OID_KEY_USAGE, true, &x);
    der_value(b, DER_BIT_STRING, bits, n);
    extension_close(b, &x);
    return e;
}

static enum err put_policies(struct buf *b, const struct tbs_spec *s)
{
    struct extension x;
    if (!some(s->policies))
        return E_OK;
    enum err e = extension_open(b, OID_POLICIES, false, &x);
    size_t seq = der_open(b, DER_SEQUENCE);
    for (size_t i = 0; i < s->policies->n && e == E_OK; i++) {
        size_t one = der_open(b, DER_SEQUENCE);
        e = der_oid(b, s->policies->v[i]);
        der_close(b, one);
    }
    der_close(b, seq);
    extension_close(b, &x);
    return e;
}

static enum err put_san(struct buf *b, const struct tbs_spec *s)
{
    struct extension x;
    if (s->san.n == 0)
        return E_OK;
    enum err e = extension_open(b, OID_SAN, false, &x);
    buf_append(b, s->san.p, s->san.n);
    extension_close(b, &x);
    return e;
}

static enum err put_extended_key_usage(struct buf *b, const struct tbs_spec *s)
{
    struct extension x;
    if (!some(s->extended_key_usage))
        return E_OK;
    enum err e = extension_open(b, OID_EKU, false, &x);
    size_t seq = der_open(b, DER_SEQUENCE);
    for (size_t i = 0; i < s->extended_key_usage->n && e == E_OK; i++)
        e = der_oid(b, s->extended_key_usage->v[i]);
    der_close(b, seq);
    extension_close(b, &x);
    return e;
}

static enum err put_ocsp_nocheck(struct buf *b, const struct tbs_spec *s)
{
    struct extension x;
    if (!s->ocsp_nocheck)
        return E_OK;
    enum err e = extension_open(b, OID_OCSP_NOCHECK, false, &x);
    der_value(b, DER_NULL, "", 0);
    extension_close(b, &x);
    return e;
}

/* One DistributionPoint an address: a list inside one would mean the same CRL in several places. */
static enum err put_crl(struct buf *b, const struct tbs_spec *s)
{
    struct extension x;
    if (!some(s->crl))
        return E_OK;
    enum err e = extension_open(b, OID_CRL, false, &x);
    size_t seq = der_open(b, DER_SEQUENCE);
    for (size_t i = 0; i < s->crl->n; i++) {
        size_t point = der_open(b, DER_SEQUENCE);
        size_t name = der_open(b, DER_CONSTRUCTED + 0);
        size_t full = der_open(b, DER_CONSTRUCTED + 0);
        der_value(b, DER_CONTEXT + 6, s->crl->v[i], strlen(s->crl->v[i]));
        der_close(b, full);
        der_close(b, name);
        der_close(b, point);
    }
    der_close(b, seq);
    extension_close(b, &x);
    return e;
}

static enum err put_access(struct buf *b, const char *method, const struct policy_strings *urls)
{
    enum err e = E_OK;
    for (size_t i = 0; urls != NULL && i < urls->n && e == E_OK; i++) {
        size_t one = der_open(b, DER_SEQUENCE);
        e = der_oid(b, method);
        der_value(b, DER_CONTEXT + 6, urls->v[i], strlen(urls->v[i]));
        der_close(b, one);
    }
    return e;
}

static enum err put_aia(struct buf *b, const struct tbs_spec *s)
{
    struct extension x;
    if (!some(s->ocsp) && !some(s->issuers))
        return E_OK;
    enum err e = extension_open(b, OID_AIA, false, &x);
    size_t seq = der_open(b, DER_SEQUENCE);
    if (e == E_OK)
        e = put_access(b, OID_AD_OCSP, s->ocsp);
    if (e == E_OK)
        e = put_access(b, OID_AD_ISSUERS, s->issuers);
    der_close(b, seq);
    extension_close(b, &x);
    return e;
}

static enum err put_extensions(struct buf *b, const struct tbs_spec *s)
{
    static enum err (*const puts[])(struct buf *, const struct tbs_spec *) = {
        put_key_ids, put_basic_constraints, put_key_usage, put_policies, put_san, put_extended_key_usage,
        put_ocsp_nocheck, put_crl, put_aia};
    enum err e = E_OK;
    size_t tagged = der_open(b, DER_CONSTRUCTED + 3);
    size_t seq = der_open(b, DER_SEQUENCE);
    for (size_t i = 0; i < sizeof puts / sizeof puts[0] && e == E_OK; i++)
        e = puts[i](b, s);
    buf_append(b, s->identity.p, s->identity.n);
    der_close(b, seq);
    der_close(b, tagged);
    return e;
}

enum err tbs_build(const struct tbs_spec *s, struct buf *out, struct diag *d)
{
    struct span alg = alg_identifier(s->alg, s->sm2_null);
    size_t tbs = der_open(out, DER_SEQUENCE);
    size_t version = der_open(out, DER_CONSTRUCTED + 0);
    der_value(out, DER_INTEGER, "\x02", 1); /* v3 */
    der_close(out, version);
    der_put_unsigned(out, s->serial);
    buf_append(out, alg.p, alg.n);
    buf_append(out, s->issuer.p, s->issuer.n);
    size_t validity = der_open(out, DER_SEQUENCE);
    der_time(out, s->not_before);
    der_time(out, s->not_after);
    der_close(out, validity);
    buf_append(out, s->subject.p, s->subject.n);
    buf_append(out, s->spki.p, s->spki.n);
    enum err e = put_extensions(out, s);
    der_close(out, tbs);
    if (e == E_OK)
        e = buf_err(out);
    if (e != E_OK)
        diag_set(d, e, "building the certificate");
    return e;
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month] + (month == 1 && leap ? 1 : 0);
}

int64_t tbs_add_period(int64_t t, const struct policy_period *period)
{
    struct tm tm;
    time_t start = (time_t)t;
    gmtime_r(&start, &tm);
    int months = tm.tm_year * 12 + tm.tm_mon + period->years * 12 + period->months;
    tm.tm_year = months / 12;
    tm.tm_mon = months % 12;
    int last = days_in_month(tm.tm_year + 1900, tm.tm_mon);
    if (tm.tm_mday > last)
        tm.tm_mday = last;
    return (int64_t)timegm(&tm) + (int64_t)period->days * 86400;
}
