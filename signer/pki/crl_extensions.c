#include "pki/crl_extensions.h"

#include <string.h>

#include "pki/der.h"

/* The OIDs' content octets: id-ce is 2.5.29. */
enum { ID_CRL_NUMBER = 20, ID_REASON = 21, ID_DELTA = 27, ID_IDP = 28, ID_AKI = 35, ID_FRESHEST = 46 };

static enum err fail(struct diag *d, const char *clause, const char *what)
{
    return diag_set_clause(d, E_CRL_FORMAT, clause, "%s", what);
}

/* The last arc of an OID below id-ce; 0 for any other. */
static int ce_arc(const struct der *oid)
{
    const uint8_t *p = oid->body.p;
    return oid->body.n == 3 && p[0] == 0x55 && p[1] == 0x1d ? p[2] : 0;
}

/* Extension ::= SEQUENCE { OID, BOOLEAN DEFAULT FALSE, OCTET STRING }: the value's one element. */
static bool take_extension(struct span *in, int *arc, bool *critical, struct der *value)
{
    struct der whole, oid, flag, octets;
    if (!der_take(in, DER_SEQUENCE, &whole))
        return false;
    struct span rest = whole.body;
    if (!der_take(&rest, DER_OID, &oid))
        return false;
    *critical = der_take(&rest, DER_BOOLEAN, &flag);
    if (*critical && (flag.body.n != 1 || flag.body.p[0] != 0xff))
        return false;
    if (!der_take(&rest, DER_OCTET_STRING, &octets) || rest.n != 0)
        return false;
    *arc = ce_arc(&oid);
    rest = octets.body;
    return der_check(rest) && der_next(&rest, value);
}

/* A positive INTEGER of at most 64 bits; der_check() saw that it is minimal. */
static bool read_number(const struct der *v, uint64_t *out)
{
    *out = 0;
    if (v->tag != DER_INTEGER || (v->body.p[0] & 0x80) != 0 || v->body.n > 9 || (v->body.n == 9 && v->body.p[0] != 0))
        return false;
    for (size_t i = 0; i < v->body.n; i++)
        *out = *out << 8 | v->body.p[i];
    return *out != 0;
}

/* Only the keyIdentifier: the two other parts name another certificate. */
static bool read_aki(const struct der *v, struct crl_facts *f)
{
    struct der id;
    struct span in = v->body;
    if (v->tag != DER_SEQUENCE || !der_take(&in, DER_CONTEXT + 0, &id) || in.n != 0 || id.body.n == 0)
        return false;
    f->aki = id.body;
    return true;
}

/* DistributionPoint and IssuingDistributionPoint alike: [0] { fullName [0] { uniformResourceIdentifier [6] } } alone. */
static bool read_point(struct span in, char url[CRL_URL_MAX + 1])
{
    struct der name, full, uri;
    if (!der_take(&in, DER_CONSTRUCTED + 0, &name) || in.n != 0)
        return false;
    in = name.body;
    if (!der_take(&in, DER_CONSTRUCTED + 0, &full) || in.n != 0)
        return false;
    in = full.body;
    if (!der_take(&in, DER_CONTEXT + 6, &uri) || in.n != 0 || uri.body.n == 0 || uri.body.n > CRL_URL_MAX)
        return false;
    for (size_t i = 0; i < uri.body.n; i++)
        if (uri.body.p[i] <= 0x20 || uri.body.p[i] >= 0x7f)
            return false;
    memcpy(url, uri.body.p, uri.body.n);
    url[uri.body.n] = '\0';
    return true;
}

/* The lists' extensions, in the order in which they stand. */
static const struct row {
    int arc;
    bool critical;
    const char *name, *clause;
} rows[] = {
    {ID_AKI, false, "authorityKeyIdentifier", "RFC 5280 5.2.1"},
    {ID_CRL_NUMBER, false, "cRLNumber", "RFC 5280 5.2.3"},
    {ID_DELTA, true, "deltaCRLIndicator", "RFC 5280 5.2.4"},
    {ID_IDP, true, "issuingDistributionPoint", "RFC 5280 5.2.5"},
    {ID_FRESHEST, false, "freshestCRL", "RFC 5280 5.2.6"},
};
#define ROWS (sizeof rows / sizeof rows[0])

static bool read_one(int arc, const struct der *v, struct crl_facts *f)
{
    struct der point;
    struct span in = v->body;
    switch (arc) {
    case ID_AKI:
        return read_aki(v, f);
    case ID_CRL_NUMBER:
        return read_number(v, &f->number);
    case ID_DELTA:
        return read_number(v, &f->base);
    case ID_IDP:
        return v->tag == DER_SEQUENCE && read_point(in, f->idp_url);
    default: /* ID_FRESHEST: one DistributionPoint */
        return v->tag == DER_SEQUENCE && der_take(&in, DER_SEQUENCE, &point) && in.n == 0 &&
               read_point(point.body, f->freshest_url);
    }
}

enum err crl_extensions_read(struct span in, struct crl_facts *f, struct diag *d)
{
    struct der list = {0}, value;
    size_t row = 0;
    int arc;
    bool critical;
    if (!der_take(&in, DER_SEQUENCE, &list) || in.n != 0)
        return fail(d, "RFC 5280 5.1.2.7", "crlExtensions");
    in = list.body;
    while (in.n > 0) {
        if (!take_extension(&in, &arc, &critical, &value))
            return fail(d, "RFC 5280 5.2", "an extension is malformed");
        while (row < ROWS && rows[row].arc != arc)
            row++;
        if (row == ROWS)
            return fail(d, "RFC 5280 5.2", "an extension is unknown, out of order or comes twice");
        if (critical != rows[row].critical || !read_one(arc, &value, f))
            return fail(d, rows[row].clause, rows[row].name);
        row++;
    }
    if (f->aki.n == 0 || f->number == 0)
        return fail(d, "RFC 5280 5.2", "authorityKeyIdentifier or cRLNumber is missing");
    if (f->base >= f->number)
        return fail(d, "RFC 5280 5.2.4", "the base of the delta is not an earlier list");
    if (f->base != 0 && f->freshest_url[0] != '\0')
        return fail(d, "RFC 5280 5.2.6", "a delta names deltas of its own");
    return E_OK;
}

bool crl_reason_read(struct span in, int *reason)
{
    struct der v;
    int arc;
    bool critical;
    *reason = 0;
    if (!take_extension(&in, &arc, &critical, &v) || in.n != 0 || arc != ID_REASON || critical ||
        v.tag != DER_ENUMERATED || v.body.n != 1)
        return false;
    *reason = v.body.p[0];
    return *reason != 0;
}
