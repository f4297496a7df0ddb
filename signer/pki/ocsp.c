#include "pki/ocsp.h"

#include <string.h>

#include "core/base64.h"
#include "pki/cause.h"
#include "pki/der_write.h"

#define OID_BASIC "1.3.6.1.5.5.7.48.1.1"

/* AlgorithmIdentifier of SHA-1 with NULL, which is how clients write it. */
static const uint8_t sha1[] = {0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00};

enum err ocsp_id_of(X509 *issuer, struct ocsp_id *out)
{
    uint8_t name[EVP_MAX_MD_SIZE], key[EVP_MAX_MD_SIZE];
    *out = (struct ocsp_id){0};
    if (X509_NAME_digest(X509_get_subject_name(issuer), EVP_sha1(), name, NULL) != 1 ||
        X509_pubkey_digest(issuer, EVP_sha1(), key, NULL) != 1)
        return cause_take(E_CRYPTO);
    memcpy(out->name_hash, name, OCSP_HASH);
    memcpy(out->key_hash, key, OCSP_HASH);
    return E_OK;
}

enum err ocsp_responder_of(X509 *responder, uint8_t out[OCSP_HASH])
{
    uint8_t key[EVP_MAX_MD_SIZE];
    memset(out, 0, OCSP_HASH);
    if (X509_pubkey_digest(responder, EVP_sha1(), key, NULL) != 1)
        return cause_take(E_CRYPTO);
    memcpy(out, key, OCSP_HASH);
    return E_OK;
}

static void put_id(struct buf *b, const struct ocsp_id *id)
{
    size_t seq = der_open(b, DER_SEQUENCE);
    buf_append(b, sha1, sizeof sha1);
    der_value(b, DER_OCTET_STRING, id->name_hash, OCSP_HASH);
    der_value(b, DER_OCTET_STRING, id->key_hash, OCSP_HASH);
    der_put_unsigned(b, (struct span){id->serial, id->serial_n});
    der_close(b, seq);
}

/* good [0] IMPLICIT NULL, revoked [1] IMPLICIT RevokedInfo */
static void put_status(struct buf *b, const struct ocsp_status *s)
{
    const uint8_t code = (uint8_t)s->reason;
    if (!s->revoked) {
        der_value(b, DER_CONTEXT + 0, "", 0);
        return;
    }
    size_t info = der_open(b, DER_CONSTRUCTED + 1);
    der_generalized(b, s->revoked_at);
    if (s->reason != 0) {
        size_t tagged = der_open(b, DER_CONSTRUCTED + 0);
        der_value(b, DER_ENUMERATED, &code, 1);
        der_close(b, tagged);
    }
    der_close(b, info);
}

static void put_single(struct buf *b, const struct ocsp_status *s)
{
    size_t single = der_open(b, DER_SEQUENCE);
    put_id(b, &s->id);
    put_status(b, s);
    der_generalized(b, s->this_update);
    size_t next = der_open(b, DER_CONSTRUCTED + 0);
    der_generalized(b, s->next_update);
    der_close(b, next);
    der_close(b, single);
}

static bool serial_is_sound(const struct ocsp_id *id)
{
    return id->serial_n >= 1 && id->serial_n <= OCSP_SERIAL_MAX && id->serial[0] != 0 &&
           (id->serial_n < OCSP_SERIAL_MAX || id->serial[0] < 0x80);
}

enum err ocsp_write_tbs(const struct ocsp_status *s, struct buf *out, struct diag *d)
{
    if (!serial_is_sound(&s->id))
        return diag_set(d, E_FIELD_VALUE, "the serial number for an OCSP response");
    if (s->revoked ? s->reason < 0 || s->reason > 10 || s->reason == 7 || s->reason == 8 : s->reason != 0)
        return diag_set(d, E_FIELD_VALUE, "the reason for an OCSP response");
    size_t data = der_open(out, DER_SEQUENCE);
    size_t by_key = der_open(out, DER_CONSTRUCTED + 2);
    der_value(out, DER_OCTET_STRING, s->responder, OCSP_HASH);
    der_close(out, by_key);
    der_generalized(out, s->produced_at);
    size_t list = der_open(out, DER_SEQUENCE);
    put_single(out, s);
    der_close(out, list);
    der_close(out, data);
    return buf_err(out) == E_OK ? E_OK : diag_set(d, E_NO_MEMORY, "building an OCSP response");
}

enum err ocsp_assemble(struct span tbs, enum sig_alg alg, bool sm2_null, struct span signature, struct span responder,
                       struct buf *out)
{
    struct span id = alg_identifier(alg, sm2_null);
    size_t response = der_open(out, DER_SEQUENCE);
    der_value(out, DER_ENUMERATED, "\0", 1); /* successful */
    size_t tagged = der_open(out, DER_CONSTRUCTED + 0);
    size_t bytes = der_open(out, DER_SEQUENCE);
    enum err e = der_oid(out, OID_BASIC);
    size_t octets = der_open(out, DER_OCTET_STRING);
    size_t basic = der_open(out, DER_SEQUENCE);
    buf_append(out, tbs.p, tbs.n);
    buf_append(out, id.p, id.n);
    size_t bits = der_open(out, DER_BIT_STRING);
    buf_append_byte(out, 0); /* no unused bits */
    buf_append(out, signature.p, signature.n);
    der_close(out, bits);
    size_t certs = der_open(out, DER_CONSTRUCTED + 0);
    size_t list = der_open(out, DER_SEQUENCE);
    buf_append(out, responder.p, responder.n);
    der_close(out, list);
    der_close(out, certs);
    der_close(out, basic);
    der_close(out, octets);
    der_close(out, bytes);
    der_close(out, tagged);
    der_close(out, response);
    return e == E_OK ? buf_err(out) : cause_take(e);
}

enum err ocsp_request(const struct ocsp_id *id, struct buf *out)
{
    size_t request = der_open(out, DER_SEQUENCE);
    size_t tbs = der_open(out, DER_SEQUENCE);
    size_t list = der_open(out, DER_SEQUENCE);
    size_t one = der_open(out, DER_SEQUENCE);
    put_id(out, id);
    der_close(out, one);
    der_close(out, list);
    der_close(out, tbs);
    der_close(out, request);
    return buf_err(out);
}

enum err ocsp_path(const struct ocsp_id *id, char out[OCSP_PATH_MAX])
{
    struct buf request = {0}, text = {0};
    size_t n = 0;
    out[0] = '\0';
    enum err e = ocsp_request(id, &request);
    if (e == E_OK)
        e = base64_encode(request.data, request.len, &text);
    /* a request is at most 87 bytes long */
    for (size_t i = 0; e == E_OK && i < text.len && n < OCSP_PATH_MAX - sizeof "index"; i++)
        if (text.data[i] != '/' || out[n - 1] != '/')
            out[n++] = (char)text.data[i];
    out[n] = '\0';
    if (e == E_OK && n > 0 && out[n - 1] == '/')
        memcpy(out + n, "index", sizeof "index");
    buf_free(&request);
    buf_free(&text);
    return e;
}
