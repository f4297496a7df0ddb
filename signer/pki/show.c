#include "pki/show.h"

#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "core/digest.h"
#include "core/i18n.h"
#include "core/limits.h"
#include "pki/cause.h"
#include "pki/der.h"
#include "pki/der_write.h"
#include "pki/key.h"
#include "pki/name.h"
#include "pki/show_parts.h"

/* -- names -- */

/* The string type an attribute usually has: RFC 5280 4.1.2.4 and its appendix A.1. */
static uint8_t usual_string(const char *name)
{
    static const char *const printable[] = {"C", "serialNumber", "dnQualifier"};
    static const char *const ia5[] = {"emailAddress", "DC"};
    for (size_t i = 0; name != NULL && i < sizeof printable / sizeof printable[0]; i++)
        if (strcmp(name, printable[i]) == 0)
            return V_ASN1_PRINTABLESTRING;
    for (size_t i = 0; name != NULL && i < sizeof ia5 / sizeof ia5[0]; i++)
        if (strcmp(name, ia5[i]) == 0)
            return V_ASN1_IA5STRING;
    return V_ASN1_UTF8STRING;
}

/* "CN = Wang", "CN (PrintableString) = Wang", "CN (type 1e) = hex:00570061"; false for what is no attribute. */
static bool put_attribute(struct buf *out, struct span in)
{
    struct der type, value;
    char dotted[256];
    if (!der_take(&in, DER_OID, &type) || !der_next(&in, &value) || in.n != 0)
        return false;
    const char *name = show_oid_name(out, &type, dotted, sizeof dotted);
    const char *string = value.tag == V_ASN1_UTF8STRING        ? "UTF8String"
                         : value.tag == V_ASN1_PRINTABLESTRING ? "PrintableString"
                         : value.tag == V_ASN1_IA5STRING       ? "IA5String"
                                                               : NULL;
    if (name != NULL)
        buf_append_str(out, name);
    else
        show_put_number(out, &type, dotted);
    if (string == NULL) {
        buf_printf(out, " (type %02x) = hex:", value.tag);
        show_put_hex(out, value.body);
        return true;
    }
    if (value.tag != usual_string(name))
        buf_printf(out, " (%s)", string);
    buf_append_str(out, " = ");
    name_display_text(value.body, out);
    return true;
}

/* One attribute a line; one that stands in an RDN with others has a plus sign in front. */
static bool put_name(struct buf *out, const char *label, const struct der *name)
{
    struct span rdns = name->body;
    if (rdns.n == 0) {
        show_put_label(out, label);
        buf_append_str(out, _("(empty)\n"));
    }
    while (rdns.n > 0) {
        struct der rdn, attribute;
        if (!der_take(&rdns, DER_SET, &rdn) || rdn.body.n == 0)
            return false;
        for (struct span in = rdn.body; in.n > 0;) {
            show_put_label(out, label);
            if (in.n != rdn.body.n)
                buf_append_str(out, "+ ");
            if (!der_take(&in, DER_SEQUENCE, &attribute) || !put_attribute(out, attribute.body))
                return false;
            buf_append_byte(out, '\n');
        }
    }
    return true;
}

/* -- the fixed fields -- */

static bool put_version(struct buf *out, struct span *in)
{
    struct der tagged, number = {0};
    unsigned version = 1;
    if (der_take(in, DER_CONSTRUCTED + 0, &tagged)) {
        if (!der_take(&tagged.body, DER_INTEGER, &number) || tagged.body.n != 0 || number.body.n != 1 ||
            number.body.p[0] < 1 || number.body.p[0] > 2)
            return false;
        version = number.body.p[0] + 1u;
    }
    show_put_label(out, N_("version"));
    buf_printf(out, "%u\n", version);
    return true;
}

static void put_serial(struct buf *out, const struct der *serial)
{
    struct span n = serial->body;
    show_put_label(out, N_("serial"));
    if (n.p[0] & 0x80)
        buf_append_str(out, _("negative "));
    else if (n.p[0] == 0 && n.n > 1)
        n = (struct span){n.p + 1, n.n - 1}; /* the sign */
    show_put_hex(out, n);
    buf_append_byte(out, '\n');
}

static bool put_algorithm(struct buf *out, const struct der *algorithm)
{
    struct span in = algorithm->body;
    struct der oid;
    if (!der_take(&in, DER_OID, &oid))
        return false;
    show_put_label(out, N_("signed as"));
    show_put_oid(out, &oid);
    if (in.n > 0) {
        buf_append_str(out, _(", parameters hex:"));
        show_put_hex(out, in);
    }
    buf_append_byte(out, '\n');
    return true;
}

/* Only the one form that RFC 5280 4.1.2.5 has for a moment. */
static bool put_time(struct buf *out, const char *label, const struct der *time)
{
    char text[24];
    int64_t t;
    struct buf again = {0};
    struct span b = time->body;
    int century = 0;
    if (time->tag == V_ASN1_UTCTIME && b.n == 13)
        century = b.p[0] >= '5' ? 19 : 20;
    else if (time->tag != V_ASN1_GENERALIZEDTIME || b.n != 15)
        return false;
    const char *p = (const char *)b.p;
    int n = century != 0 ? snprintf(text, sizeof text, "%d%.2s", century, p) : snprintf(text, sizeof text, "%.4s", p);
    p += century != 0 ? 2 : 4;
    snprintf(text + n, sizeof text - (size_t)n, "-%.2s-%.2sT%.2s:%.2s:%.2sZ", p, p + 2, p + 4, p + 6, p + 8);
    if (!clock_parse(text, &t))
        return false;
    der_time(&again, t);
    bool same = again.failed || der_same(buf_span(&again), time->whole);
    out->failed = out->failed || again.failed;
    buf_free(&again);
    show_put_label(out, label);
    buf_printf(out, "%s\n", text);
    return same;
}

static bool put_validity(struct buf *out, const struct der *validity)
{
    struct span in = validity->body;
    struct der from, to;
    return der_next(&in, &from) && der_next(&in, &to) && in.n == 0 && put_time(out, N_("from"), &from) &&
           put_time(out, N_("to"), &to);
}

static enum err put_key(struct buf *out, struct span spki, struct diag *d)
{
    struct key key = {0};
    uint8_t digest[DIGEST_LEN];
    enum err e = key_from_spki(spki, &key, d);
    if (e != E_OK)
        return e;
    e = digest_bytes(DIGEST_SHA256, spki.p, spki.n, digest);
    if (e != E_OK) {
        diag_set(d, e, "the digest of the public key");
    } else {
        show_put_label(out, N_("key"));
        buf_printf(out, _("%s, %d bits\n"), alg_key_name(key.kind), key.bits);
        show_put_label(out, N_("key SHA-256"));
        show_put_hex(out, (struct span){digest, sizeof digest});
        buf_append_byte(out, '\n');
    }
    key_free(&key);
    return e;
}

/* What is left after the key: unique identifiers, extensions. */
static bool put_rest(struct buf *out, struct span in)
{
    static const char *const labels[] = {N_("issuer id"), N_("subject id")};
    struct der part;
    for (int i = 0; i < 2; i++) {
        if (!der_take(&in, (uint8_t)(DER_CONTEXT + 1 + i), &part))
            continue;
        show_put_label(out, labels[i]);
        buf_append_str(out, "hex:");
        show_put_hex(out, part.body);
        buf_append_byte(out, '\n');
    }
    return in.n == 0 || (der_take(&in, DER_CONSTRUCTED + 3, &part) && in.n == 0 && show_put_extensions(out, &part));
}

enum err show_tbs(struct span tbs, struct buf *out, struct diag *d)
{
    struct span in = tbs;
    struct der whole, serial, algorithm, issuer, validity, subject, spki;
    size_t start = out->len;
    if (tbs.n > LIMIT_TBS_BYTES || !der_check(tbs) || !der_take(&in, DER_SEQUENCE, &whole))
        return diag_set(d, E_LINT, "the bytes are not a TBSCertificate in DER");
    in = whole.body;
    bool good = put_version(out, &in) && der_take(&in, DER_INTEGER, &serial) &&
                der_take(&in, DER_SEQUENCE, &algorithm) && der_take(&in, DER_SEQUENCE, &issuer) &&
                der_take(&in, DER_SEQUENCE, &validity) && der_take(&in, DER_SEQUENCE, &subject) &&
                der_take(&in, DER_SEQUENCE, &spki);
    if (good)
        put_serial(out, &serial);
    good = good && put_algorithm(out, &algorithm) && put_name(out, N_("issuer"), &issuer) &&
           put_validity(out, &validity) && put_name(out, N_("subject"), &subject);
    enum err e = good ? put_key(out, spki.whole, d) : E_OK;
    if (e == E_OK && !(good && put_rest(out, in)))
        e = diag_set(d, E_LINT, "the bytes are not a TBSCertificate with times in the form of RFC 5280");
    if (e == E_OK && (e = buf_err(out)) != E_OK)
        diag_set(d, e, "showing a certificate");
    if (e != E_OK)
        out->len = start;
    return e;
}

/* -- a whole certificate -- */

static enum err show_time(const ASN1_TIME *t, char out[CLOCK_TEXT], struct diag *d)
{
    struct tm tm;
    if (ASN1_TIME_to_tm(t, &tm) != 1)
        return diag_set(d, E_LINT, "a time is malformed");
    clock_format((int64_t)timegm(&tm), out);
    return E_OK;
}

enum err show_certificate(X509 *x, struct show *out, struct diag *d)
{
    *out = (struct show){0};
    const ASN1_INTEGER *serial = X509_get0_serialNumber(x);
    int n = ASN1_STRING_length(serial);
    if (n > 0 && 2 * (size_t)n + 1 <= sizeof out->serial)
        hex_encode(ASN1_STRING_get0_data(serial), (size_t)n, out->serial);
    enum err e = show_time(X509_get0_notBefore(x), out->not_before, d);
    return e != E_OK ? e : show_time(X509_get0_notAfter(x), out->not_after, d);
}
