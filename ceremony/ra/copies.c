#include "ra/copies.h"

#include "pki/cert.h"
#include "pki/der.h"

static bool p7b_certificates(struct span file, struct span *certs)
{
    static const uint8_t signed_data[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02};
    static const uint8_t frame[] = {0x02, 0x01, 0x01, 0x31, 0x00, 0x30, 0x0b, 0x06, 0x09,
                                    0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01};
    static const uint8_t no_signers[] = {0x31, 0x00};
    struct der info, type, content, data, set;
    if (!der_take(&file, DER_SEQUENCE, &info) || file.n != 0 ||
        !der_take(&info.body, DER_OID, &type) ||
        !der_same(type.body, (struct span){signed_data, sizeof signed_data}) ||
        !der_take(&info.body, DER_CONSTRUCTED + 0, &content) || info.body.n != 0 ||
        !der_take(&content.body, DER_SEQUENCE, &data) || content.body.n != 0)
        return false;
    struct span in = data.body;
    if (in.n < sizeof frame || memcmp(in.p, frame, sizeof frame) != 0)
        return false;
    in = (struct span){in.p + sizeof frame, in.n - sizeof frame};
    if (!der_take(&in, DER_CONSTRUCTED + 0, &set) ||
        !der_same(in, (struct span){no_signers, sizeof no_signers}))
        return false;
    *certs = set.body;
    return true;
}

static enum err check_p7b(const struct bundle *b, const struct answers *a, struct diag *d)
{
    struct buf want = {0};
    struct span have;
    enum err e = E_OK;
    for (size_t i = 0; i < a->n; i++)
        if (a->v[i].cert.len > 0)
            buf_append(&want, a->v[i].cert.data, a->v[i].cert.len);
    for (size_t i = 0; i < a->issuers_n && e == E_OK; i++)
        e = cert_write_der(a->issuers[i]->cert, &want);
    if (e == E_OK)
        e = buf_err(&want);
    if (e != E_OK)
        diag_set(d, e, "certs.p7b");
    else if (!p7b_certificates(buf_span(&b->files[MANIFEST_CERTS]), &have))
        e = diag_set(d, E_BUNDLE_FORMAT,
                     "certs.p7b: not certificates in a SignedData without signers");
    else if (!der_same(have, buf_span(&want)))
        e = diag_set(
            d, E_BUNDLE_ANSWER,
            "certs.p7b does not hold exactly the results' certificates and their issuers'");
    buf_free(&want);
    return e;
}

/* Where nothing was issued it holds the bundle key's certificate. */
static enum err check_chain(const struct bundle *b, const struct answers *a, struct anchors *anchors, struct diag *d)
{
    struct buf want = {0};
    const struct anchor *own;
    enum err e = E_OK;
    for (size_t i = 0; i < a->issuers_n && e == E_OK; i++)
        e = cert_write_pem(a->issuers[i]->cert, &want);
    if (a->issuers_n == 0) {
        e = anchors_find(anchors, anchors->policy->bundle_key.name, &own, d);
        if (e == E_OK)
            e = cert_write_pem(own->cert, &want);
    }
    if (e == E_OK && !der_same(buf_span(&want), buf_span(&b->files[MANIFEST_CHAIN])))
        e = diag_set(d, E_ANCHOR, "chain.pem does not hold exactly the issuers' anchors");
    buf_free(&want);
    return e;
}

enum err copies_check(const struct bundle *bundle, const struct answers *answers, struct anchors *anchors, struct diag *d)
{
    enum err e = check_p7b(bundle, answers, d);
    return e == E_OK ? check_chain(bundle, answers, anchors, d) : e;
}
