#include "batch/certify_eseal.h"

#include <string.h>

#include "pki/cert.h"
#include "pki/der.h"
#include "pki/lint_eseal.h"
#include "pki/picture.h"
#include "pki/tbs.h"

#define VENDOR "Rootseal"
#define ORGANISATION 1 /* the type of seal: an organisation's */

static struct span text_span(const char *s)
{
    return (struct span){(const uint8_t *)s, strlen(s)};
}

enum err certify_eseal(const struct decision *o, int64_t now, struct plan_item *item, struct diag *d)
{
    struct picture picture;
    char id[2 * SERIAL_LEN + 1];
    hex_encode(item->serial, SERIAL_LEN, id);
    snprintf(item->profile, sizeof item->profile, "%s", POLICY_SEAL);
    snprintf(item->key, sizeof item->key, "%s", o->seals->key);
    enum err e = picture_read(buf_span(&o->request.seal.picture), &picture, d);
    if (e != E_OK)
        return e;
    const struct eseal_info info = {
        .version = 4,
        .vendor = text_span(VENDOR),
        .id = text_span(id),
        .type = ORGANISATION,
        .name = buf_span(&o->request.seal.name),
        .list = ESEAL_CERTIFICATES,
        .signers = {{.value = buf_span(&o->request.seal.holder)}},
        .signers_n = 1,
        .created = now,
        .from = now,
        .until = tbs_add_period(now, &o->seals->validity) - 1,
        .picture_type = text_span(picture_name(picture.kind)),
        .picture = buf_span(&o->request.seal.picture),
        .width = o->request.seal.width,
        .height = o->request.seal.height,
    };
    e = eseal_build(&info, &item->tbs, d);
    if (e == E_ESEAL_FORMAT)
        e = E_LINT;
    return e == E_OK ? lint_eseal(buf_span(&item->tbs), (struct span){item->serial, SERIAL_LEN}, o->seals, d) : e;
}

enum err certify_assemble(const struct plan_item *item, X509 *issuer, struct span signature, struct buf *out,
                          struct diag *d)
{
    struct buf der = {0};
    if (!plan_is_eseal(item))
        return cert_complete(buf_span(&item->tbs), signature, out, d);
    enum err e = cert_write_der(issuer, &der);
    if (e == E_OK)
        e = eseal_assemble(buf_span(&item->tbs), buf_span(&der), signature, out);
    buf_free(&der);
    return e;
}

enum err certify_outline(const struct plan_item *item, struct tbs_outline *out, struct diag *d)
{
    struct eseal_info info;
    struct der cert, tbs;
    *out = (struct tbs_outline){0};
    if (!plan_is_eseal(item))
        return tbs_outline(buf_span(&item->tbs), out, d);
    enum err e = eseal_info_parse(buf_span(&item->tbs), &info, d);
    if (e != E_OK)
        return diag_set(d, E_LINT, "request %lld: no electronic seal", (long long)item->n);
    struct span in = info.signers[0].value;
    if (!der_take(&in, DER_SEQUENCE, &cert) || !der_take(&cert.body, DER_SEQUENCE, &tbs))
        return diag_set(d, E_LINT, "request %lld: no holder's certificate", (long long)item->n);
    e = tbs_outline(tbs.whole, out, d);
    out->not_after = info.until;
    return e;
}
