#include "pki/show.h"

#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "core/digest.h"
#include "core/limits.h"
#include "pki/cause.h"
#include "pki/der.h"
#include "pki/der_write.h"
#include "pki/key.h"
#include "pki/name.h"
#include "pki/san.h"

#define DEEPER "        " /* before a line of an extension's content */

static void put_label(struct buf *out, const char *label)
{
    buf_printf(out, "    %-12s ", label);
}

static void put_hex(struct buf *out, struct span bytes)
{
    for (size_t i = 0; i < bytes.n; i++) {
        char two[3];
        hex_encode(bytes.p + i, 1, two);
        buf_append(out, two, 2);
    }
}

/* The short name that OpenSSL has for it, or NULL; dotted gets the number, or "" when OpenSSL does not write it out. */
static const char *oid_name(struct buf *out, const struct der *oid, char *dotted, size_t cap)
{
    const uint8_t *p = oid->whole.p;
    ASN1_OBJECT *o = d2i_ASN1_OBJECT(NULL, &p, (long)oid->whole.n);
    int nid = o != NULL ? OBJ_obj2nid(o) : NID_undef;
    int n = o != NULL ? OBJ_obj2txt(dotted, (int)cap, o, 1) : 0;
    if (n <= 0 || (size_t)n >= cap) {
        dotted[0] = '\0';
        out->failed = out->failed || cause_take(E_OK) == E_NO_MEMORY;
    }
    ASN1_OBJECT_free(o);
    return nid != NID_undef ? OBJ_nid2sn(nid) : NULL;
}

/* "2.999.1", or "hex:..." for a number beyond all use. */
static void put_number(struct buf *out, const struct der *oid, const char *dotted)
{
    if (dotted[0] != '\0') {
        buf_append_str(out, dotted);
        return;
    }
    buf_append_str(out, "hex:");
    put_hex(out, oid->whole);
}

/* "serverAuth (1.3.6.1.5.5.7.3.1)", or the number alone. */
static void put_oid(struct buf *out, const struct der *oid)
{
    char dotted[256];
    const char *name = oid_name(out, oid, dotted, sizeof dotted);
    if (name != NULL)
        buf_printf(out, "%s (", name);
    put_number(out, oid, dotted);
    if (name != NULL)
        buf_append_byte(out, ')');
}

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
    const char *name = oid_name(out, &type, dotted, sizeof dotted);
    const char *string = value.tag == V_ASN1_UTF8STRING        ? "UTF8String"
                         : value.tag == V_ASN1_PRINTABLESTRING ? "PrintableString"
                         : value.tag == V_ASN1_IA5STRING       ? "IA5String"
                                                               : NULL;
    if (name != NULL)
        buf_append_str(out, name);
    else
        put_number(out, &type, dotted);
    if (string == NULL) {
        buf_printf(out, " (type %02x) = hex:", value.tag);
        put_hex(out, value.body);
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
        put_label(out, label);
        buf_append_str(out, "(empty)\n");
    }
    while (rdns.n > 0) {
        struct der rdn, attribute;
        if (!der_take(&rdns, DER_SET, &rdn) || rdn.body.n == 0)
            return false;
        for (struct span in = rdn.body; in.n > 0;) {
            put_label(out, label);
            if (in.n != rdn.body.n)
                buf_append_str(out, "+ ");
            if (!der_take(&in, DER_SEQUENCE, &attribute) || !put_attribute(out, attribute.body))
                return false;
            buf_append_byte(out, '\n');
        }
    }
    return true;
}

/* -- extensions: each form is understood whole, or not at all (false) -- */

static bool open_list(struct span value, struct span *in)
{
    struct der list;
    bool good = der_check(value) && der_take(&value, DER_SEQUENCE, &list) && list.body.n > 0;
    *in = good ? list.body : (struct span){0};
    return good;
}

static void put_hex_line(struct buf *out, const char *word, struct span bytes)
{
    buf_printf(out, DEEPER "%s:", word);
    put_hex(out, bytes);
    buf_append_byte(out, '\n');
}

/* RFC 5280 4.2.1.9. Whatever is not the empty SEQUENCE counts as that of a CA, understood or not. */
static bool put_basic_constraints(struct buf *out, struct span value)
{
    struct span in = value, body;
    struct der list, ca, path;
    if (der_take(&in, DER_SEQUENCE, &list) && list.body.n == 0 && in.n == 0) {
        buf_append_str(out, DEEPER "not a certification authority\n");
        return true;
    }
    buf_append_str(out, DEEPER "IS A CERTIFICATION AUTHORITY\n");
    bool whole = open_list(value, &body) && der_take(&body, DER_BOOLEAN, &ca) && ca.body.p[0] == 0xff;
    if (whole && body.n == 0)
        return true;
    if (whole && der_take(&body, DER_INTEGER, &path) && body.n == 0 && path.body.n == 1 && path.body.p[0] < 0x80)
        buf_printf(out, DEEPER "path length %u\n", path.body.p[0]);
    else
        put_hex_line(out, "hex", value);
    return true;
}

/* RFC 5280 4.2.1.3; zero bits at the end are left out (X.690 11.2.2). */
static bool put_key_usage(struct buf *out, struct span value)
{
    static const char *const names[] = {"digitalSignature", "nonRepudiation", "keyEncipherment",
                                        "dataEncipherment", "keyAgreement",   "keyCertSign",
                                        "cRLSign",          "encipherOnly",   "decipherOnly"};
    struct der bits;
    if (!der_check(value) || !der_take(&value, DER_BIT_STRING, &bits) || bits.body.n < 2 || bits.body.n > 3)
        return false;
    const uint8_t *p = bits.body.p;
    size_t n = 8 * (bits.body.n - 1) - p[0];
    if (n > sizeof names / sizeof names[0] || (p[bits.body.n - 1] & 1u << p[0]) == 0)
        return false;
    for (size_t i = 0; i < n; i++)
        if (p[1 + i / 8] & 0x80u >> i % 8)
            buf_printf(out, DEEPER "%s\n", names[i]);
    return true;
}

static bool put_purpose(struct buf *out, const struct der *oid)
{
    if (oid->tag != DER_OID)
        return false;
    put_oid(out, oid);
    return true;
}

static bool put_alternative_name(struct buf *out, const struct der *name)
{
    san_display(name, out);
    return true;
}

/* RFC 5280 4.2.1.4 */
static bool put_policy(struct buf *out, const struct der *policy)
{
    struct span in = policy->body;
    struct der oid;
    if (policy->tag != DER_SEQUENCE || !der_take(&in, DER_OID, &oid))
        return false;
    put_oid(out, &oid);
    if (in.n > 0) {
        buf_append_str(out, ", qualifiers hex:");
        put_hex(out, in);
    }
    return true;
}

/* RFC 5280 4.2.1.13. A point that is more than one full name is shown in hexadecimal. */
static bool put_crl_point(struct buf *out, const struct der *point)
{
    struct span in = point->body;
    struct der outer, full, name;
    if (point->tag == DER_SEQUENCE && der_take(&in, DER_CONSTRUCTED + 0, &outer) && in.n == 0 &&
        der_take(&outer.body, DER_CONSTRUCTED + 0, &full) && outer.body.n == 0 && der_next(&full.body, &name) &&
        full.body.n == 0)
        return put_alternative_name(out, &name);
    buf_append_str(out, "point hex:");
    put_hex(out, point->whole);
    return true;
}

/* RFC 5280 4.2.2.1 */
static bool put_location(struct buf *out, const struct der *one)
{
    struct span in = one->body;
    struct der method, location;
    if (one->tag != DER_SEQUENCE || !der_take(&in, DER_OID, &method) || !der_next(&in, &location) || in.n != 0)
        return false;
    put_oid(out, &method);
    buf_append_byte(out, ' ');
    san_display(&location, out);
    return true;
}

static bool put_subject_key_id(struct buf *out, struct span value)
{
    struct der id;
    if (!der_take(&value, DER_OCTET_STRING, &id) || value.n != 0)
        return false;
    put_hex_line(out, "key", id.body);
    return true;
}

static bool put_authority_key_id(struct buf *out, struct span value)
{
    struct span in;
    struct der id;
    if (!open_list(value, &in) || !der_take(&in, DER_CONTEXT + 0, &id) || in.n != 0)
        return false;
    put_hex_line(out, "key", id.body);
    return true;
}

/* A list, each thing in it written by put on a line of its own. */
static bool put_list(struct buf *out, struct span value, bool (*put)(struct buf *out, const struct der *one))
{
    struct span in;
    struct der one;
    if (!open_list(value, &in))
        return false;
    while (in.n > 0) {
        buf_append_str(out, DEEPER);
        if (!der_next(&in, &one) || !put(out, &one))
            return false;
        buf_append_byte(out, '\n');
    }
    return true;
}

static const struct form {
    const char *oid;
    const char *name;
    bool (*put)(struct buf *out, struct span value);
    bool (*put_one)(struct buf *out, const struct der *one); /* of a list */
} forms[] = {
    {"2.5.29.19", "basicConstraints", put_basic_constraints, NULL},
    {"2.5.29.15", "keyUsage", put_key_usage, NULL},
    {"2.5.29.37", "extendedKeyUsage", NULL, put_purpose},
    {"2.5.29.17", "subjectAltName", NULL, put_alternative_name},
    {"2.5.29.32", "certificatePolicies", NULL, put_policy},
    {"2.5.29.31", "cRLDistributionPoints", NULL, put_crl_point},
    {"1.3.6.1.5.5.7.1.1", "authorityInfoAccess", NULL, put_location},
    {"2.5.29.14", "subjectKeyIdentifier", put_subject_key_id, NULL},
    {"2.5.29.35", "authorityKeyIdentifier", put_authority_key_id, NULL},
};

/* The content by its form; in hexadecimal when it has another one. */
static void put_content(struct buf *out, const struct form *form, struct span value)
{
    size_t at = out->len;
    if (form != NULL && (form->put != NULL ? form->put(out, value) : put_list(out, value, form->put_one)))
        return;
    out->len = at;
    put_hex_line(out, "hex", value);
}

static bool put_extension(struct buf *out, struct span in)
{
    struct der oid, critical, value;
    char dotted[256];
    const struct form *form = NULL;
    if (!der_take(&in, DER_OID, &oid))
        return false;
    bool is_critical = der_take(&in, DER_BOOLEAN, &critical);
    if ((is_critical && critical.body.p[0] == 0) || !der_take(&in, DER_OCTET_STRING, &value) || in.n != 0)
        return false;
    (void)oid_name(out, &oid, dotted, sizeof dotted);
    for (size_t i = 0; i < sizeof forms / sizeof forms[0] && form == NULL; i++)
        if (strcmp(forms[i].oid, dotted) == 0)
            form = &forms[i];
    put_label(out, "extension");
    if (form != NULL)
        buf_append_str(out, form->name);
    else
        put_number(out, &oid, dotted);
    buf_append_str(out, is_critical ? ", critical\n" : "\n");
    put_content(out, form, value.body);
    return true;
}

static bool put_extensions(struct buf *out, const struct der *tagged)
{
    struct span in = tagged->body;
    struct der list, one;
    if (!der_take(&in, DER_SEQUENCE, &list) || in.n != 0 || list.body.n == 0)
        return false;
    while (list.body.n > 0)
        if (!der_take(&list.body, DER_SEQUENCE, &one) || !put_extension(out, one.body))
            return false;
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
    put_label(out, "version");
    buf_printf(out, "%u\n", version);
    return true;
}

static void put_serial(struct buf *out, const struct der *serial)
{
    struct span n = serial->body;
    put_label(out, "serial");
    if (n.p[0] & 0x80)
        buf_append_str(out, "negative ");
    else if (n.p[0] == 0 && n.n > 1)
        n = (struct span){n.p + 1, n.n - 1}; /* the sign */
    put_hex(out, n);
    buf_append_byte(out, '\n');
}

static bool put_algorithm(struct buf *out, const struct der *algorithm)
{
    struct span in = algorithm->body;
    struct der oid;
    if (!der_take(&in, DER_OID, &oid))
        return false;
    put_label(out, "signed as");
    put_oid(out, &oid);
    if (in.n > 0) {
        buf_append_str(out, ", parameters hex:");
        put_hex(out, in);
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
    put_label(out, label);
    buf_printf(out, "%s\n", text);
    return same;
}

static bool put_validity(struct buf *out, const struct der *validity)
{
    struct span in = validity->body;
    struct der from, to;
    return der_next(&in, &from) && der_next(&in, &to) && in.n == 0 && put_time(out, "from", &from) &&
           put_time(out, "to", &to);
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
        put_label(out, "key");
        buf_printf(out, "%s, %d bits\n", alg_key_name(key.kind), key.bits);
        put_label(out, "key SHA-256");
        put_hex(out, (struct span){digest, sizeof digest});
        buf_append_byte(out, '\n');
    }
    key_free(&key);
    return e;
}

/* What is left after the key: unique identifiers, extensions. */
static bool put_rest(struct buf *out, struct span in)
{
    static const char *const labels[] = {"issuer id", "subject id"};
    struct der part;
    for (int i = 0; i < 2; i++) {
        if (!der_take(&in, (uint8_t)(DER_CONTEXT + 1 + i), &part))
            continue;
        put_label(out, labels[i]);
        buf_append_str(out, "hex:");
        put_hex(out, part.body);
        buf_append_byte(out, '\n');
    }
    return in.n == 0 || (der_take(&in, DER_CONSTRUCTED + 3, &part) && in.n == 0 && put_extensions(out, &part));
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
    good = good && put_algorithm(out, &algorithm) && put_name(out, "issuer", &issuer) &&
           put_validity(out, &validity) && put_name(out, "subject", &subject);
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
