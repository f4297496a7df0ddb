/* show_extensions.c - what the extensions of a TBSCertificate say; in hexadecimal where they say it in an unusual form. */
#include <openssl/x509v3.h>
#include <string.h>

#include "core/i18n.h"
#include "pki/cause.h"
#include "pki/san.h"
#include "pki/show_parts.h"

#define DEEPER SHOW_DEEPER

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
    show_put_hex(out, bytes);
    buf_append_byte(out, '\n');
}

/* RFC 5280 4.2.1.9. Whatever is not the empty SEQUENCE counts as that of a CA, understood or not. */
static bool put_basic_constraints(struct buf *out, struct span value)
{
    struct span in = value, body;
    struct der list, ca, path;
    if (der_take(&in, DER_SEQUENCE, &list) && list.body.n == 0 && in.n == 0) {
        buf_append_str(out, _("        not a certification authority\n"));
        return true;
    }
    buf_append_str(out, _("        IS A CERTIFICATION AUTHORITY\n"));
    bool whole = open_list(value, &body) && der_take(&body, DER_BOOLEAN, &ca) && ca.body.p[0] == 0xff;
    if (whole && body.n == 0)
        return true;
    if (whole && der_take(&body, DER_INTEGER, &path) && body.n == 0 && path.body.n == 1 && path.body.p[0] < 0x80)
        buf_printf(out, DEEPER "%s %u\n", _("path length"), path.body.p[0]);
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
    show_put_oid(out, oid);
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
    show_put_oid(out, &oid);
    if (in.n > 0) {
        buf_append_str(out, _(", qualifiers hex:"));
        show_put_hex(out, in);
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
    buf_append_str(out, _("point hex:"));
    show_put_hex(out, point->whole);
    return true;
}

/* RFC 5280 4.2.2.1 */
static bool put_location(struct buf *out, const struct der *one)
{
    struct span in = one->body;
    struct der method, location;
    if (one->tag != DER_SEQUENCE || !der_take(&in, DER_OID, &method) || !der_next(&in, &location) || in.n != 0)
        return false;
    show_put_oid(out, &method);
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
    {"1.2.156.10260.4.1.1", "identifyCode", show_put_identify_code, NULL},
    {"1.2.156.10260.4.1.2", "insuranceNumber", show_put_printable, NULL},
    {"1.2.156.10260.4.1.3", "icRegistrationNumber", show_put_printable, NULL},
    {"1.2.156.10260.4.1.4", "organizationCode", show_put_printable, NULL},
    {"1.2.156.10260.4.1.5", "taxationNumber", show_put_printable, NULL},
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
    (void)show_oid_name(out, &oid, dotted, sizeof dotted);
    for (size_t i = 0; i < sizeof forms / sizeof forms[0] && form == NULL; i++)
        if (strcmp(forms[i].oid, dotted) == 0)
            form = &forms[i];
    show_put_label(out, N_("extension"));
    if (form != NULL)
        buf_append_str(out, form->name);
    else
        show_put_number(out, &oid, dotted);
    buf_append_str(out, is_critical ? ", critical\n" : "\n");
    put_content(out, form, value.body);
    return true;
}

bool show_put_extensions(struct buf *out, const struct der *tagged)
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
