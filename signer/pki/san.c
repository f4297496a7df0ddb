#include "pki/san.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "core/limits.h"
#include "pki/cause.h"
#include "pki/der_write.h"
#include "pki/name.h"

/* A host name of at least two labels whose last is not a number, RFC 1123 2.1 and RFC 5280 4.2.1.6. */
static bool is_host_name(const uint8_t *p, size_t n)
{
    size_t label = 0, dots = 0;
    bool digits = true; /* of the present label */
    if (n == 0 || n > 253)
        return false;
    for (size_t i = 0; i < n; i++) {
        bool alnum = (p[i] >= 'a' && p[i] <= 'z') || (p[i] >= 'A' && p[i] <= 'Z') || (p[i] >= '0' && p[i] <= '9');
        bool edge = label == 0 || i + 1 == n || p[i + 1] == '.';
        if (p[i] == '.') {
            if (label == 0 || i + 1 == n)
                return false;
            label = 0;
            digits = true;
            dots++;
            continue;
        }
        if (!alnum && (p[i] != '-' || edge))
            return false;
        digits = digits && p[i] >= '0' && p[i] <= '9';
        if (++label > 63)
            return false;
    }
    return dots > 0 && !digits;
}

/* Host names compare without case (RFC 4343). */
static bool same_name(const GENERAL_NAME *a, const GENERAL_NAME *b)
{
    if (a->type == GEN_DNS && b->type == GEN_DNS)
        return ASN1_STRING_length(a->d.dNSName) == ASN1_STRING_length(b->d.dNSName) &&
               strncasecmp((const char *)ASN1_STRING_get0_data(a->d.dNSName),
                           (const char *)ASN1_STRING_get0_data(b->d.dNSName),
                           (size_t)ASN1_STRING_length(a->d.dNSName)) == 0;
    return GENERAL_NAME_cmp((GENERAL_NAME *)a, (GENERAL_NAME *)b) == 0;
}

static enum err put_name(const GENERAL_NAME *name, const char *clause, struct buf *out, struct diag *d)
{
    const ASN1_STRING *s;
    if (name->type == GEN_DNS) {
        s = name->d.dNSName;
        if (!is_host_name(ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s)))
            return diag_set_clause(d, E_CSR_EXTENSION, clause, "subjectAltName: %.*s is not a host name",
                                   ASN1_STRING_length(s), (const char *)ASN1_STRING_get0_data(s));
        der_value(out, DER_CONTEXT + 2, ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s));
        return E_OK;
    }
    if (name->type == GEN_IPADD) {
        s = name->d.iPAddress;
        if (ASN1_STRING_length(s) != 4 && ASN1_STRING_length(s) != 16)
            return diag_set_clause(d, E_CSR_EXTENSION, clause, "subjectAltName: an IP address of %d bytes",
                                   ASN1_STRING_length(s));
        der_value(out, DER_CONTEXT + 7, ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s));
        return E_OK;
    }
    return diag_set_clause(d, E_CSR_EXTENSION, clause, "subjectAltName: only DNS names and IP addresses are taken");
}

enum err san_from_request(const X509_EXTENSION *asked, const char *clause, struct buf *out, struct diag *d)
{
    enum err e = E_OK;
    GENERAL_NAMES *names = X509V3_EXT_d2i((X509_EXTENSION *)asked);
    int n = names != NULL ? sk_GENERAL_NAME_num(names) : 0;
    if (n < 1 || n > LIMIT_SAN_NAMES)
        e = diag_set_clause(d, E_CSR_EXTENSION, clause, "subjectAltName: %d names, allowed are 1 to %d", n,
                            LIMIT_SAN_NAMES);
    size_t seq = der_open(out, DER_SEQUENCE);
    for (int i = 0; i < n && e == E_OK; i++) {
        for (int j = 0; j < i && e == E_OK; j++)
            if (same_name(sk_GENERAL_NAME_value(names, i), sk_GENERAL_NAME_value(names, j)))
                e = diag_set_clause(d, E_CSR_EXTENSION, clause, "subjectAltName: name %d comes twice", i + 1);
        if (e == E_OK)
            e = put_name(sk_GENERAL_NAME_value(names, i), clause, out, d);
    }
    der_close(out, seq);
    GENERAL_NAMES_free(names);
    return e != E_OK ? cause_settle(e, d, "subjectAltName") : buf_err(out);
}

void san_display(const struct der *name, struct buf *out)
{
    char ip[INET6_ADDRSTRLEN];
    bool v4 = name->body.n == 4;
    switch (name->tag) {
    case DER_CONTEXT + GEN_EMAIL:
    case DER_CONTEXT + GEN_DNS:
    case DER_CONTEXT + GEN_URI:
        buf_append_str(out, name->tag == DER_CONTEXT + GEN_DNS ? "dns:"
                            : name->tag == DER_CONTEXT + GEN_URI ? "uri:" : "email:");
        name_display_text(name->body, out);
        return;
    case DER_CONTEXT + GEN_IPADD:
        if ((v4 || name->body.n == 16) && inet_ntop(v4 ? AF_INET : AF_INET6, name->body.p, ip, sizeof ip) != NULL) {
            buf_printf(out, "ip:%s", ip);
            return;
        }
        break;
    default:
        break;
    }
    buf_append_str(out, "hex:");
    for (size_t i = 0; i < name->whole.n; i++)
        buf_printf(out, "%02x", name->whole.p[i]);
}
