#include "batch/certify.h"

#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "pki/lint.h"
#include "pki/tbs.h"

static enum err add_issuer(struct certifier *c, const char *key, struct issuer **out, struct diag *d)
{
    struct issuer *more = realloc(c->issuers, (c->n + 1) * sizeof *more);
    if (more == NULL)
        return E_NO_MEMORY;
    c->issuers = more;
    struct issuer *i = &more[c->n];
    *i = (struct issuer){.row = policy_key_find(c->state->policy, key)};
    enum err e = state_anchor(c->state, key, &i->cert, d);
    if (e != E_OK)
        return e;
    c->n++;
    uint8_t *der = NULL;
    int n = i2d_X509_NAME(X509_get_subject_name(i->cert), &der);
    if (n > 0)
        buf_append(&i->subject, der, (size_t)n);
    OPENSSL_free(der);
    *out = i;
    return buf_err(&i->subject);
}

static enum err find_issuer(struct certifier *c, const char *key, struct issuer **out, struct diag *d)
{
    for (size_t i = 0; i < c->n; i++) {
        if (strcmp(c->issuers[i].row->name, key) == 0) {
            *out = &c->issuers[i];
            return E_OK;
        }
    }
    return add_issuer(c, key, out, d);
}

/* 127 bits from the system's generator, the first byte never zero (RFC 5280 4.1.2.2: positive, at most 20 bytes). The
 * history is asked all the same: a number that comes twice must be refused, not trusted to chance. */
static enum err make_serial(struct certifier *c, uint8_t serial[PLAN_SERIAL], struct diag *d)
{
    bool taken = true;
    enum err e = E_OK;
    while (e == E_OK && taken) {
        if (RAND_bytes(serial, PLAN_SERIAL) != 1)
            return diag_set(d, E_CRYPTO, "random numbers");
        serial[0] &= 0x7f;
        if (serial[0] != 0)
            e = index_has_serial(c->state->index, c->authority->name, serial, PLAN_SERIAL, &taken, d);
    }
    return e;
}

static enum err check_lifetime(const struct issuer *i, int64_t not_after, struct diag *d)
{
    struct tm tm;
    if (ASN1_TIME_to_tm(X509_get0_notAfter(i->cert), &tm) != 1 || (int64_t)timegm(&tm) < not_after)
        return diag_set(d, E_OUTLIVES_ISSUER, "%s ends before it", i->row->name);
    return E_OK;
}

static struct span string_span(const ASN1_OCTET_STRING *s)
{
    return (struct span){ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s)};
}

enum err certify_request(struct certifier *c, const struct decision *o, struct plan_item *item, struct diag *d)
{
    const struct policy_profile *p = o->profile;
    struct issuer *issuer = NULL;
    enum err e = find_issuer(c, p->key, &issuer, d);
    if (e == E_OK)
        e = make_serial(c, item->serial, d);
    if (e != E_OK)
        return e;
    snprintf(item->profile, sizeof item->profile, "%s", p->name);
    snprintf(item->key, sizeof item->key, "%s", p->key);
    snprintf(item->ignored, sizeof item->ignored, "%s", o->ignored);
    const struct tbs_spec spec = {
        .serial = {item->serial, PLAN_SERIAL},
        .alg = issuer->row->alg,
        .sm2_null = issuer->row->sm2_null,
        .issuer = buf_span(&issuer->subject),
        .not_before = c->now,
        .not_after = tbs_add_period(c->now, &p->validity) - 1, /* both ends belong to it, RFC 5280 4.1.2.5 */
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
    };
    e = check_lifetime(issuer, spec.not_after, d);
    if (e == E_OK)
        e = tbs_build(&spec, &item->tbs, d);
    if (e == E_OK)
        e = lint_end_entity(buf_span(&item->tbs), spec.serial, p, issuer->row, issuer->cert, d);
    return e;
}

void certify_free(struct certifier *c)
{
    for (size_t i = 0; i < c->n; i++) {
        X509_free(c->issuers[i].cert);
        buf_free(&c->issuers[i].subject);
    }
    free(c->issuers);
    *c = (struct certifier){0};
}
