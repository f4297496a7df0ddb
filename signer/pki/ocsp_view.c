#include "pki/ocsp_view.h"

#include <string.h>

#include "pki/der_read.h"

/* Contents of the two OIDs. */
static const uint8_t id_basic[] = {0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x01};
static const uint8_t id_sha1[] = {0x2b, 0x0e, 0x03, 0x02, 0x1a};

static enum err fail(struct diag *d, const char *clause, const char *what)
{
    return diag_set_clause(d, E_OCSP_FORMAT, clause, "%s", what);
}

/* The only element of `in`, which has this tag. */
static bool only(struct span in, uint8_t tag, struct der *out)
{
    return der_take(&in, tag, out) && in.n == 0;
}

static bool read_hash(struct span *in, uint8_t out[OCSP_HASH])
{
    struct der hash;
    if (!der_take(in, DER_OCTET_STRING, &hash) || hash.body.n != OCSP_HASH)
        return false;
    memcpy(out, hash.body.p, OCSP_HASH);
    return true;
}

static bool read_id(struct span in, struct ocsp_id *id)
{
    struct der alg, oid, null, serial;
    if (!der_take(&in, DER_SEQUENCE, &alg))
        return false;
    struct span rest = alg.body;
    if (!der_take(&rest, DER_OID, &oid) || !der_same(oid.body, (struct span){id_sha1, sizeof id_sha1}) ||
        !only(rest, DER_NULL, &null) || null.body.n != 0)
        return false;
    return read_hash(&in, id->name_hash) && read_hash(&in, id->key_hash) && der_next(&in, &serial) && in.n == 0 &&
           der_read_serial(serial, id->serial, &id->serial_n);
}

static bool read_reason(struct span in, int *reason)
{
    struct der tagged, code;
    if (in.n == 0)
        return true;
    if (!only(in, DER_CONSTRUCTED + 0, &tagged) || !only(tagged.body, DER_ENUMERATED, &code) || code.body.n != 1)
        return false;
    *reason = code.body.p[0];
    return *reason >= 1 && *reason <= 10 && *reason != 7 && *reason != 8;
}

static bool read_cert_status(struct span *in, struct ocsp_status *s)
{
    struct der status, time;
    if (der_take(in, DER_CONTEXT + 0, &status))
        return status.body.n == 0;
    s->revoked = true;
    if (!der_take(in, DER_CONSTRUCTED + 1, &status))
        return false;
    struct span info = status.body;
    return der_next(&info, &time) && der_read_generalized(time, &s->revoked_at) && read_reason(info, &s->reason);
}

static enum err read_single(struct span in, struct ocsp_status *s, struct diag *d)
{
    struct der id, this_update, tagged, next_update;
    if (!der_take(&in, DER_SEQUENCE, &id) || !read_id(id.body, &s->id))
        return fail(d, "RFC 5019 2.1.1", "the CertID");
    if (!read_cert_status(&in, s))
        return fail(d, "RFC 6960 4.2.1", "the certStatus");
    if (!der_next(&in, &this_update) || !der_read_generalized(this_update, &s->this_update))
        return fail(d, "RFC 5019 2.2.4", "thisUpdate");
    if (!only(in, DER_CONSTRUCTED + 0, &tagged) || !only(tagged.body, V_ASN1_GENERALIZEDTIME, &next_update) ||
        !der_read_generalized(next_update, &s->next_update))
        return fail(d, "RFC 5019 2.2.4", "nextUpdate, or what follows it");
    return E_OK;
}

enum err ocsp_view_tbs(struct span tbs, struct ocsp_view *out, struct diag *d)
{
    struct der data, by_key, produced, list, single;
    struct ocsp_status *s = &out->status;
    *out = (struct ocsp_view){0};
    if (!only(tbs, DER_SEQUENCE, &data))
        return fail(d, "RFC 6960 4.2.1", "the bytes are not one ResponseData");
    struct span in = data.body;
    if (!der_take(&in, DER_CONSTRUCTED + 2, &by_key) || !read_hash(&by_key.body, s->responder) || by_key.body.n != 0)
        return fail(d, "RFC 5019 2.2.1", "the responder is not named by its key");
    if (!der_next(&in, &produced) || !der_read_generalized(produced, &s->produced_at))
        return fail(d, "RFC 5019 2.2.4", "producedAt");
    if (!only(in, DER_SEQUENCE, &list) || !only(list.body, DER_SEQUENCE, &single))
        return fail(d, "RFC 5019 2.2.1", "it is not one answer and nothing else");
    enum err e = read_single(single.body, s, d);
    out->tbs = tbs;
    return e;
}

/* BasicOCSPResponse */
static enum err read_basic(struct span in, struct ocsp_view *out, struct diag *d)
{
    struct der basic, tbs, alg, bits, tagged, list, cert;
    if (!only(in, DER_SEQUENCE, &basic))
        return fail(d, "RFC 6960 4.2.1", "the bytes are not one BasicOCSPResponse");
    in = basic.body;
    if (!der_take(&in, DER_SEQUENCE, &tbs) || !der_take(&in, DER_SEQUENCE, &alg) || !der_take(&in, DER_BIT_STRING, &bits))
        return fail(d, "RFC 6960 4.2.1", "the bytes are not one BasicOCSPResponse");
    enum err e = ocsp_view_tbs(tbs.whole, out, d);
    if (e != E_OK)
        return e;
    if (alg_from_identifier(alg.whole, &out->alg) != E_OK)
        return fail(d, "RFC 6960 4.2.1", "the signature algorithm is not known");
    if (!der_bits(&bits, &out->signature) || out->signature.n == 0)
        return fail(d, "RFC 6960 4.2.1", "the signature is not a string of whole bytes");
    if (!only(in, DER_CONSTRUCTED + 0, &tagged) || !only(tagged.body, DER_SEQUENCE, &list) ||
        !only(list.body, DER_SEQUENCE, &cert) || !der_check(cert.whole))
        return fail(d, "RFC 5019 2.2.2", "it does not carry one certificate");
    out->alg_id = alg.whole;
    out->responder = cert.whole;
    return E_OK;
}

enum err ocsp_view_response(struct span response, struct ocsp_view *out, struct diag *d)
{
    struct der whole, status, tagged, bytes, oid, octets;
    *out = (struct ocsp_view){0};
    if (!only(response, DER_SEQUENCE, &whole))
        return fail(d, "RFC 6960 4.2.1", "the bytes are not one OCSPResponse");
    struct span in = whole.body;
    if (!der_take(&in, DER_ENUMERATED, &status) || status.body.n != 1 || status.body.p[0] != 0)
        return fail(d, "RFC 6960 4.2.1", "the response is not a successful one");
    if (!only(in, DER_CONSTRUCTED + 0, &tagged) || !only(tagged.body, DER_SEQUENCE, &bytes))
        return fail(d, "RFC 6960 4.2.1", "the bytes are not one OCSPResponse");
    in = bytes.body;
    if (!der_take(&in, DER_OID, &oid) || !der_same(oid.body, (struct span){id_basic, sizeof id_basic}) ||
        !only(in, DER_OCTET_STRING, &octets))
        return fail(d, "RFC 6960 4.2.1", "it is not a basic response");
    return read_basic(octets.body, out, d);
}
