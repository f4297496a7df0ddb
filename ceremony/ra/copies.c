#include "ra/copies.h"

#include <string.h>

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

/* Do the bytes begin with these? Then they are taken off. */
static bool take_same(struct span *from, struct span what)
{
    if (what.n > from->n || (what.n > 0 && memcmp(from->p, what.p, what.n) != 0))
        return false;
    *from = (struct span){from->p + what.n, from->n - what.n};
    return true;
}

static enum err same_certificates(const struct spool *file, struct span have, const struct answers *a, bool *same)
{
    size_t passed = 0;
    enum err e = E_OK;
    *same = true;
    for (size_t i = 0; i < a->n && *same; i++) {
        struct span cert = answers_at(a, i)->cert;
        *same = take_same(&have, cert);
        passed += cert.n;
        if (passed < SPOOL_STRIDE)
            continue;
        spool_let_go(file);
        passed = 0;
    }
    for (size_t i = 0; i < a->issuers_n && *same && e == E_OK; i++) {
        struct buf der = {0};
        e = cert_write_der(a->issuers[i]->cert, &der);
        *same = e == E_OK && take_same(&have, buf_span(&der));
        buf_free(&der);
    }
    *same = *same && have.n == 0;
    return e;
}

static enum err check_p7b(const struct bundle *b, const struct answers *a, struct diag *d)
{
    const struct spool *file = &b->files[MANIFEST_CERTS];
    struct span have;
    bool same;
    if (!p7b_certificates(file->content, &have))
        return diag_set(d, E_BUNDLE_FORMAT, "certs.p7b: not certificates in a SignedData without signers");
    enum err e = same_certificates(file, have, a, &same);
    if (e != E_OK)
        return diag_set(d, e, "certs.p7b");
    return same ? E_OK
                : diag_set(d, E_BUNDLE_ANSWER, "certs.p7b does not hold exactly the results' certificates and their issuers'");
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
    if (e == E_OK && !der_same(buf_span(&want), b->files[MANIFEST_CHAIN].content))
        e = diag_set(d, E_ANCHOR, "chain.pem does not hold exactly the issuers' anchors");
    buf_free(&want);
    return e;
}

enum err copies_check(const struct bundle *bundle, const struct answers *answers, struct anchors *anchors, struct diag *d)
{
    enum err e = check_p7b(bundle, answers, d);
    return e == E_OK ? check_chain(bundle, answers, anchors, d) : e;
}
