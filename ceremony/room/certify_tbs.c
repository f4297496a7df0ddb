#include "room/certify_tbs.h"

#include <openssl/x509v3.h>
#include <time.h>

#include "room/anchor_tbs.h"
#include "core/clock.h"
#include "pki/lint.h"
#include "pki/tbs.h"

static const X509_NAME *subject_of(const struct certify_part *part)
{
    return part->item->kind == CERTIFY_CROSS ? X509_get_subject_name(part->other) : part->item->request->name;
}

static enum err end_of(X509 *x, int64_t *t, struct diag *d)
{
    struct tm tm;
    *t = 0;
    if (ASN1_TIME_to_tm(X509_get0_notAfter(x), &tm) != 1)
        return diag_set(d, E_ANCHOR, "a time in it");
    *t = (int64_t)timegm(&tm);
    return E_OK;
}

/* A cross-certificate ends with the first of the two that it joins, unless the step says when. */
static enum err choose_end(const struct certify_part *part, int64_t *until, struct diag *d)
{
    int64_t issuer = 0, other = INT64_MAX;
    enum err e = end_of(part->issuer, &issuer, d);
    if (e == E_OK && part->other != NULL)
        e = end_of(part->other, &other, d);
    if (e != E_OK)
        return e;
    *until = part->item->until != 0 ? part->item->until : issuer < other ? issuer : other;
    if (*until > other)
        return diag_set(d, E_OUTLIVES_ISSUER, "%s ends before it", part->item->subject->name);
    return E_OK;
}

static enum err build(const struct certify_part *part, struct buf *out, struct diag *d)
{
    const struct policy_key *ca = part->item->ca;
    const char *const address[] = {ca->crl_url};
    const struct policy_strings crl = {address, ca->crl_url != NULL};
    uint8_t serial[SERIAL_LEN];
    const unsigned char *name = NULL;
    size_t name_n = 0;
    struct tbs_spec spec = {
        .serial = {serial, SERIAL_LEN},
        .not_before = clock_now(),
        .spki = buf_span(&part->key.spki),
        .ski = {part->key.ski, sizeof part->key.ski},
        .ca = true,
        .path_zero = part->item->kind == CERTIFY_SUB_CA,
        .key_usage = KU_KEY_CERT_SIGN | KU_CRL_SIGN,
        .crl = &crl,
    };
    enum err e = anchor_serial(serial, d);
    if (e == E_OK)
        e = choose_end(part, &spec.not_after, d);
    if (e == E_OK)
        e = anchor_issuer(ca, part->issuer, &spec, d);
    if (e == E_OK && X509_NAME_get0_der(subject_of(part), &name, &name_n) != 1)
        e = diag_set(d, E_NO_MEMORY, "a name");
    spec.subject = (struct span){name, name_n};
    return e == E_OK ? tbs_build(&spec, out, d) : e;
}

enum err certify_lint(const struct policy *p, const struct certify_part *part, struct span tbs, struct diag *d)
{
    if (part->item->kind == CERTIFY_ANCHOR)
        return lint_own(tbs, p, part->item->subject, part->issuer, part->key.pkey, d);
    const struct lint_ca what = {.subject = subject_of(part),
                                 .key = part->key.pkey,
                                 .inside = part->other,
                                 .path_zero = part->item->kind == CERTIFY_SUB_CA};
    return lint_ca(tbs, part->item->ca, part->issuer, &what, d);
}

enum err certify_tbs(const struct policy *p, const struct certify_part *part, struct buf *out, struct diag *d)
{
    if (part->item->kind == CERTIFY_ANCHOR)
        return anchor_tbs(p, part->item->subject, &part->key, part->issuer, out, d);
    size_t before = out->len;
    enum err e = build(part, out, d);
    return e == E_OK ? certify_lint(p, part, (struct span){out->data + before, out->len - before}, d) : e;
}
