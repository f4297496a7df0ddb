#include "batch/certify.h"

#include <openssl/x509v3.h>
#include <string.h>

#include "batch/certify_eseal.h"
#include "pki/lint.h"
#include "pki/tbs.h"

void certify_refuse(struct plan_item *item, enum err code, const char *clause, const char *detail)
{
    item->act = PLAN_REFUSE;
    item->code = code;
    item->has_supersedes = false;
    snprintf(item->clause, sizeof item->clause, "%s", clause);
    snprintf(item->detail, sizeof item->detail, "%s", detail);
    buf_reset(&item->tbs);
}

void certify_begin(const struct decision *o, struct plan_item *item)
{
    snprintf(item->id, sizeof item->id, "%s", o->request.id);
    snprintf(item->clause, sizeof item->clause, "%s", o->clause);
    item->act = o->act;
    if (o->code != E_OK) {
        certify_refuse(item, o->code, o->clause, o->detail);
        return;
    }
    item->has_supersedes = op_supersedes(o->request.op);
    if (item->has_supersedes)
        memcpy(item->supersedes, o->request.serial, SERIAL_LEN);
}

void certify_status(const struct decision *o, struct plan_item *item)
{
    memcpy(item->serial, o->request.serial, SERIAL_LEN);
    snprintf(item->key, sizeof item->key, "%s", o->existing.key);
    item->asked = o->request.requested_at;
    if (o->reason != NULL) {
        snprintf(item->reason, sizeof item->reason, "%s", o->reason->name);
        item->reason_code = o->reason->code;
    }
    if (o->act == PLAN_HOLD || o->act == PLAN_RELEASE)
        item->reason_code = o->act == PLAN_HOLD ? CRL_REASON_HOLD : CRL_REASON_REMOVE;
}

static enum err check_lifetime(const struct issuer *i, int64_t not_after, struct diag *d)
{
    struct tm tm;
    if (i->destroyed)
        return diag_set_clause(d, E_KEY_DESTROYED, i->row->clause, "%s signs nothing any more", i->row->name);
    if (ASN1_TIME_to_tm(X509_get0_notAfter(i->cert), &tm) != 1 || (int64_t)timegm(&tm) < not_after)
        return diag_set(d, E_OUTLIVES_ISSUER, "%s ends before it", i->row->name);
    return E_OK;
}

static struct span string_span(const ASN1_OCTET_STRING *s)
{
    return (struct span){ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s)};
}

/* What the plan says beside the bytes. */
static enum err fill_item(const struct decision *o, struct plan_item *item, struct diag *d)
{
    const struct policy_profile *p = o->profile;
    const struct buf *enveloped = &o->request.pair.enveloped_key;
    snprintf(item->profile, sizeof item->profile, "%s", p->name);
    snprintf(item->key, sizeof item->key, "%s", p->key);
    snprintf(item->ignored, sizeof item->ignored, "%s", o->ignored);
    snprintf(item->override_, sizeof item->override_, "%s", o->override_);
    item->has_pair = p->pair != NULL;
    memcpy(item->pair, o->pair, SERIAL_LEN);
    buf_append(&item->enveloped_key, enveloped->data, enveloped->len);
    return buf_err(&item->enveloped_key) == E_OK ? E_OK : diag_set(d, E_NO_MEMORY, "an enveloped key");
}

const char *certify_key(const struct decision *o)
{
    return o->seals != NULL ? o->seals->key : o->profile->key;
}

static enum err build_eseal(const struct issuer *issuer, const struct decision *o, int64_t now, struct plan_item *item,
                            struct diag *d)
{
    enum err e = check_lifetime(issuer, tbs_add_period(now, &o->seals->validity) - 1, d);
    return e == E_OK ? certify_eseal(o, now, item, d) : e;
}

enum err certify_build(const struct issuer *issuer, const struct decision *o, int64_t now, struct plan_item *item,
                       struct diag *d)
{
    const struct policy_profile *p = o->profile;
    if (o->seals != NULL)
        return build_eseal(issuer, o, now, item, d);
    const struct tbs_spec spec = {
        .serial = {item->serial, SERIAL_LEN},
        .alg = issuer->row->alg,
        .sm2_null = policy_sm2_null(p, issuer->row),
        .issuer = buf_span(&issuer->subject),
        .not_before = now,
        .not_after = tbs_add_period(now, &p->validity) - 1, /* both ends belong to it, RFC 5280 4.1.2.5 */
        .subject = buf_span(&o->subject),
        .spki = buf_span(&o->csr.key.spki),
        .aki = string_span(X509_get0_subject_key_id(issuer->cert)),
        .ski = {o->csr.key.ski, sizeof o->csr.key.ski},
        .key_usage = p->key_usage,
        .extended_key_usage = &p->extended_key_usage,
        .policies = &p->policies,
        .crl = &p->crl,
        .ocsp = &p->ocsp,
        .issuers = &p->issuers,
        .san = buf_span(&o->san),
        .identity = buf_span(&o->identity),
    };
    enum err e = fill_item(o, item, d);
    if (e == E_OK)
        e = check_lifetime(issuer, spec.not_after, d);
    if (e == E_OK)
        e = tbs_build(&spec, &item->tbs, d);
    if (e == E_OK)
        e = lint_end_entity(buf_span(&item->tbs), spec.serial, p, issuer->row, issuer->cert, d);
    return e;
}
