#include <inttypes.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/text.h"
#include "pki/cause.h"
#include "pki/cert.h"
#include "pki/der_read.h"
#include "ra/cmc.h"

#define BYTES(...) {(const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})}
#define PKIX 0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07 /* 1.3.6.1.5.5.7, an element of eight bytes */

const struct span cmc_id_control = BYTES(PKIX, 0x07);
const struct span cmc_id_request = BYTES(PKIX, 0x0c, 0x02);
const struct span cmc_id_response = BYTES(PKIX, 0x0c, 0x03);

enum { GENERALIZED_TIME = 0x18, UTF8_STRING = 0x0c, ENUMERATED = DER_ENUMERATED, REASON_UNUSED = 7 };

/* What controls are called (RFC 5272 appendix A, RFC 6402). */
static const char *const controls[] = {
    [1] = "statusInfo",           [2] = "identification",   [3] = "identityProof",
    [4] = "dataReturn",           [5] = "transactionId",    [6] = "senderNonce",
    [7] = "recipientNonce",       [8] = "addExtensions",    [9] = "encryptedPOP",
    [10] = "decryptedPOP",        [11] = "lraPOPWitness",   [15] = "getCert",
    [16] = "getCRL",              [17] = "revokeRequest",   [18] = "regInfo",
    [19] = "responseInfo",        [21] = "queryPending",    [22] = "popLinkRandom",
    [23] = "popLinkWitness",      [24] = "confirmCertAcceptance", [25] = "statusInfoV2",
    [26] = "trustedAnchors",      [27] = "authData",        [28] = "batchRequests",
    [29] = "batchResponses",      [30] = "publishCert",     [31] = "modCertTemplate",
    [32] = "controlProcessed",    [33] = "popLinkWitnessV2", [34] = "identityProofV2",
    [35] = "raIdentityWitness",   [36] = "changeSubjectName", [37] = "responseBody"};
#define CONTROLS (sizeof controls / sizeof controls[0])

#define NO_NUMBER "a body part has no number from 1 to 4294967295"

/* At hand while a request is read. */
struct work {
    struct cmc *out;
    uint32_t *ids; /* of every body part */
    size_t ids_n;
    bool short_of_memory;
};

static enum err wrong(struct diag *d, uint32_t id, const char *what)
{
    return id == 0 ? diag_set(d, E_CMC_FORMAT, "%s", what) : diag_set(d, E_CMC_FORMAT, "body part %" PRIu32 ": %s", id, what);
}

static enum err unsupported(struct diag *d, uint32_t id, const char *what)
{
    return diag_set(d, E_CMC_UNSUPPORTED, "body part %" PRIu32 ": %s", id, what);
}

/* -- body parts -- */

/* bodyPartID: INTEGER (0..4294967295), where 0 is the PKIData itself. */
static bool take_id(struct work *w, struct span *in, uint32_t *id)
{
    struct der e;
    uint64_t value = 0;
    *id = 0;
    if (!der_take(in, DER_INTEGER, &e) || e.body.n == 0 || e.body.n > 5 || (e.body.p[0] & 0x80) != 0)
        return false;
    for (size_t i = 0; i < e.body.n; i++)
        value = value << 8 | e.body.p[i];
    if (value == 0 || value > UINT32_MAX)
        return false;
    *id = (uint32_t)value;
    w->ids[w->ids_n++] = *id;
    return true;
}

static struct cmc_part *add_part(struct work *w, uint32_t id)
{
    struct cmc_part *p = &w->out->parts[w->out->n++];
    *p = (struct cmc_part){.id = id};
    return p;
}

/* How many elements there are in a SEQUENCE OF. */
static size_t count(struct span in)
{
    size_t n = 0;
    struct der e;
    while (der_next(&in, &e))
        n++;
    return n;
}

/* -- controls -- */

/* RevokeRequest (RFC 5272 6.11). A comment is for whoever reads the original. */
static enum err read_revoke(struct work *w, uint32_t id, struct span in, struct diag *d)
{
    struct der issuer, serial, reason, e;
    uint8_t number[DER_SERIAL_MAX];
    size_t n;
    if (!der_take(&in, DER_SEQUENCE, &issuer) || !der_take(&in, DER_INTEGER, &serial) || !der_take(&in, ENUMERATED, &reason))
        return wrong(d, id, "the revokeRequest");
    if (!der_read_serial(serial, number, &n))
        return wrong(d, id, "the serial number of the revokeRequest");
    if (reason.body.n != 1 || reason.body.p[0] > REASON_CODE_MAX || reason.body.p[0] == REASON_UNUSED)
        return wrong(d, id, "the reason of the revokeRequest is none of RFC 5280 5.3.1");
    if (der_take(&in, GENERALIZED_TIME, &e))
        return unsupported(d, id, "a revokeRequest with an invalidityDate");
    if (der_take(&in, DER_OCTET_STRING, &e))
        return unsupported(d, id, "a revokeRequest with a passphrase");
    if (der_take(&in, UTF8_STRING, &e) && !text_is_utf8(e.body.p, e.body.n))
        return wrong(d, id, "the comment of the revokeRequest is not UTF-8");
    if (in.n != 0)
        return wrong(d, id, "the revokeRequest");
    struct cmc_part *p = add_part(w, id);
    p->issuer = issuer.whole;
    p->serial = (struct span){serial.body.p + (serial.body.n - n), n};
    p->reason = reason.body.p[0];
    return E_OK;
}

/* transactionId and senderNonce. */
static enum err read_once(uint32_t id, const struct der *value, uint8_t tag, struct span *out, struct diag *d)
{
    if (value->tag != tag)
        return wrong(d, id, "the value of the control");
    if (value->body.n > LIMIT_CMC_NONCE)
        return diag_set(d, E_CMC_FORMAT, "body part %" PRIu32 ": %zu bytes, allowed are %d", id, value->body.n, LIMIT_CMC_NONCE);
    if (out->n != 0)
        return wrong(d, id, "the control is there a second time");
    *out = value->whole;
    return E_OK;
}

/* Its number below id-cmc; 0 for any other. */
static unsigned number_of(struct span oid)
{
    return oid.n == cmc_id_control.n + 1 && memcmp(oid.p, cmc_id_control.p, cmc_id_control.n) == 0 ? oid.p[oid.n - 1] : 0;
}

static enum err refuse_control(struct work *w, uint32_t id, struct span oid, struct diag *d)
{
    unsigned number = number_of(oid);
    const char *name = number < CONTROLS ? controls[number] : NULL;
    char dotted[128] = "?";
    const uint8_t *p = oid.p;
    if (name == NULL) {
        ASN1_OBJECT *o = d2i_ASN1_OBJECT(NULL, &p, (long)oid.n);
        w->short_of_memory = o == NULL && cause_take(E_OK) == E_NO_MEMORY;
        if (o != NULL)
            OBJ_obj2txt(dotted, sizeof dotted, o, 1);
        ASN1_OBJECT_free(o);
    }
    return diag_set(d, E_CMC_UNSUPPORTED, "body part %" PRIu32 ": the control %s", id, name != NULL ? name : dotted);
}

/* TaggedAttribute. */
static enum err read_control(struct work *w, struct span in, struct diag *d)
{
    struct der type, values, value;
    uint32_t id;
    if (!take_id(w, &in, &id))
        return wrong(d, 0, NO_NUMBER);
    if (!der_take(&in, DER_OID, &type) || !der_take(&in, DER_SET, &values) || in.n != 0)
        return wrong(d, id, "a control");
    unsigned number = number_of(type.whole);
    if (number != CMC_TRANSACTION_ID && number != CMC_SENDER_NONCE && number != CMC_REVOKE_REQUEST)
        return refuse_control(w, id, type.whole, d);
    if (!der_next(&values.body, &value) || values.body.n != 0)
        return wrong(d, id, "the control has not exactly one value");
    if (number == CMC_TRANSACTION_ID)
        return read_once(id, &value, DER_INTEGER, &w->out->transaction, d);
    if (number == CMC_SENDER_NONCE)
        return read_once(id, &value, DER_OCTET_STRING, &w->out->nonce, d);
    return value.tag == DER_SEQUENCE ? read_revoke(w, id, value.body, d) : wrong(d, id, "the revokeRequest");
}

static enum err read_controls(struct work *w, struct span in, struct diag *d)
{
    struct der e;
    enum err err = E_OK;
    while (err == E_OK && in.n > 0)
        err = der_take(&in, DER_SEQUENCE, &e) ? read_control(w, e.body, d) : wrong(d, 0, "the controls");
    return err;
}

/* -- requests -- */

/* TaggedRequest. The tags are IMPLICIT, so that [1] hides the CertReqMsg, which has no number in front. */
static enum err read_request(struct work *w, const struct der *request, struct diag *d)
{
    struct span in = request->body;
    struct der csr;
    uint32_t id;
    if (request->tag == DER_CONSTRUCTED + 1)
        return diag_set(d, E_CMC_UNSUPPORTED, "a request in CRMF (crm)");
    if (request->tag == DER_CONSTRUCTED + 2)
        return diag_set(d, E_CMC_UNSUPPORTED, "a request in another form (orm)");
    if (request->tag != DER_CONSTRUCTED + 0 || !take_id(w, &in, &id))
        return wrong(d, 0, NO_NUMBER);
    if (!der_take(&in, DER_SEQUENCE, &csr) || in.n != 0)
        return wrong(d, id, "the PKCS#10 request");
    add_part(w, id)->csr = csr.whole;
    return E_OK;
}

static enum err read_requests(struct work *w, struct span in, struct diag *d)
{
    struct der e;
    enum err err = E_OK;
    while (err == E_OK && in.n > 0)
        err = der_next(&in, &e) ? read_request(w, &e, d) : wrong(d, 0, "the requests");
    return err;
}

/* -- the whole -- */

static int by_number(const void *a, const void *b)
{
    const uint32_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static int by_id(const void *a, const void *b)
{
    const struct cmc_part *x = a, *y = b;
    return by_number(&x->id, &y->id);
}

/* RFC 5272 3.2.2: no two body parts have one number. */
static enum err check_ids(struct work *w, struct diag *d)
{
    qsort(w->ids, w->ids_n, sizeof *w->ids, by_number);
    for (size_t i = 1; i < w->ids_n; i++)
        if (w->ids[i] == w->ids[i - 1])
            return wrong(d, w->ids[i], "there are two of this number");
    qsort(w->out->parts, w->out->n, sizeof *w->out->parts, by_id);
    return w->out->n > 0 ? E_OK : diag_set(d, E_NO_REQUESTS, "the CMC request asks for no certificate and no revocation");
}

static enum err read_parts(struct work *w, struct span in_controls, struct span in_requests, struct diag *d)
{
    size_t n = count(in_controls) + count(in_requests);
    if (n > LIMIT_CMC_PARTS)
        return diag_set(d, E_CMC_FORMAT, "%zu body parts, allowed are %d", n, LIMIT_CMC_PARTS);
    w->ids = calloc(n + 1, sizeof *w->ids);
    w->out->parts = calloc(n + 1, sizeof *w->out->parts);
    if (w->ids == NULL || w->out->parts == NULL)
        return diag_set(d, E_NO_MEMORY, "a CMC request");
    enum err e = read_controls(w, in_controls, d);
    if (e == E_OK)
        e = read_requests(w, in_requests, d);
    if (w->short_of_memory)
        e = diag_set(d, E_NO_MEMORY, "a CMC request");
    return e == E_OK ? check_ids(w, d) : e;
}

/* PKIData: four SEQUENCEs OF. */
static enum err read_data(struct cmc *c, struct diag *d)
{
    struct work w = {.out = c};
    struct span in = c->content;
    struct der data, part[4];
    if (!der_check(in) || !der_take(&in, DER_SEQUENCE, &data))
        return wrong(d, 0, "the PKIData is not in DER");
    for (int i = 0; i < 4; i++)
        if (!der_take(&data.body, DER_SEQUENCE, &part[i]))
            return wrong(d, 0, "the PKIData has not its four sequences");
    if (data.body.n != 0)
        return wrong(d, 0, "the PKIData has more than its four sequences");
    if (part[2].body.n != 0)
        return diag_set(d, E_CMC_UNSUPPORTED, "CMS contents (cmsSequence)");
    if (part[3].body.n != 0)
        return diag_set(d, E_CMC_UNSUPPORTED, "other messages (otherMsgSequence)");
    enum err e = read_parts(&w, part[0].body, part[1].body, d);
    free(w.ids);
    return e;
}

/* What the signature's reader says, of a request. */
static enum err code_of(enum err e, const struct diag *why, struct diag *d)
{
    enum err mine = e == E_APPROVAL_FORMAT                                       ? E_CMC_FORMAT
                    : e == E_APPROVAL_SIGNATURE || e == E_APPROVAL_EXPIRED ? E_CMC_SIGNATURE
                                                                           : e;
    return e == E_OK ? E_OK : diag_again(d, mine, why);
}

enum err cmc_parse(struct span file, struct cmc *out, struct diag *d)
{
    struct diag why = {0};
    *out = (struct cmc){.signature = NULL};
    enum err e = digest_bytes(DIGEST_SHA256, file.p, file.n, out->digest);
    if (e != E_OK)
        return diag_set(d, e, "a CMC request");
    e = code_of(cms_parse_holding(file, cmc_id_request, LIMIT_CMC_BYTES, &out->signature, &out->content, &why), &why, d);
    if (e != E_OK)
        return e;
    out->has_time = cms_signing_time(out->signature, &out->time);
    if ((e = digest_bytes(DIGEST_SHA256, out->content.p, out->content.n, out->signed_digest)) != E_OK)
        return diag_set(d, e, "a CMC request");
    return read_data(out, d);
}

static enum err check_time(const struct cmc *c, X509 *signer, int64_t now, struct diag *d)
{
    struct diag why = {0};
    char when[CLOCK_TEXT];
    if (!c->has_time)
        return E_OK;
    clock_format(c->time, when);
    if (c->time > now + CMC_AHEAD)
        return diag_set(d, E_CMC_SIGNATURE, "it says it was signed at %s, which is to come", when);
    enum err e = cert_check_time(signer, c->time, &why);
    return e == E_OK ? E_OK : diag_wrap(d, E_CMC_SIGNATURE, &why, "at %s, when it was signed", when);
}

enum err cmc_verify(const struct cmc *c, X509 *signer, int64_t now, struct diag *d)
{
    struct diag why = {0};
    if (!cms_is_by(c->signature, signer))
        return diag_set(d, cause_take(E_CMC_SIGNATURE), "it names another certificate");
    enum err e = code_of(cert_check_time(signer, now, &why), &why, d);
    if (e == E_OK)
        e = code_of(cms_verify(c->signature, signer, c->content, &why), &why, d);
    return e == E_OK ? check_time(c, signer, now, d) : e;
}

struct cmc_part *cmc_find(const struct cmc *c, uint32_t id)
{
    const struct cmc_part key = {.id = id};
    return c->n > 0 ? bsearch(&key, c->parts, c->n, sizeof *c->parts, by_id) : NULL;
}

void cmc_free(struct cmc *c)
{
    cms_free(c->signature);
    free(c->parts);
    *c = (struct cmc){.signature = NULL};
}
