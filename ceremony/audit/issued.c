#include "audit/issued.h"

#include <openssl/x509v3.h>
#include <string.h>

#include "audit/keys.h"
#include "batch/certify_eseal.h"
#include "core/base64.h"
#include "core/text.h"
#include "pki/cert.h"
#include "pki/lint.h"
#include "pki/lint_eseal.h"

enum err issued_take(const struct batches_open *b, struct plan_item *item, const struct record *r, const struct keys_entry *key,
                     struct issued *out, struct diag *d)
{
    const char *text = record_text(r, "signature");
    *out = (struct issued){.item = *item, .policy = b->policy};
    *item = (struct plan_item){0};
    snprintf(out->authority, sizeof out->authority, "%s", b->header.authority);
    snprintf(out->digest, sizeof out->digest, "%s", record_text(r, "certificate"));
    if (EVP_PKEY_up_ref(key->public) == 1)
        out->public = key->public;
    if (X509_up_ref(key->anchor) == 1)
        out->anchor = key->anchor;
    if (out->public == NULL || out->anchor == NULL)
        return diag_set(d, E_NO_MEMORY, "a certificate");
    return base64_decode(text, strlen(text), &out->signature);
}

void issued_free(struct issued *i)
{
    plan_item_free(&i->item);
    EVP_PKEY_free(i->public);
    X509_free(i->anchor);
    buf_free(&i->signature);
    *i = (struct issued){.item = {0}};
}

/* The certificate or seal, from the plan's bytes and the log's signature: the log has its digest. */
static enum err rebuild(const struct issued *i, struct buf *cert, struct diag *d)
{
    uint8_t got[DIGEST_LEN] = {0};
    char hex[DIGEST_HEX];
    enum err e = certify_assemble(&i->item, i->anchor, buf_span(&i->signature), cert, d);
    if (e == E_OK)
        e = digest_bytes(DIGEST_SHA256, cert->data, cert->len, got);
    hex_encode(got, DIGEST_LEN, hex);
    if (e == E_OK && strcmp(hex, i->digest) != 0)
        e = diag_set(d, E_ARCHIVE, "the plan's bytes and the signature do not give the certificate "
                                   "of request %lld", (long long)i->item.n);
    return e;
}

static enum err check_certificate(const struct issued *i, X509 *x, struct diag *d)
{
    struct diag why = {0};
    const ASN1_INTEGER *serial = X509_get0_serialNumber(x);
    enum err e = cert_verify(x, i->public, &why);
    if (e != E_OK)
        return diag_wrap(d, e, &why, "request %lld", (long long)i->item.n);
    if (X509_NAME_cmp(X509_get_issuer_name(x), X509_get_subject_name(i->anchor)) != 0)
        return diag_set(d, E_LINT, "request %lld: the issuer is not %s", (long long)i->item.n, i->item.key);
    if (ASN1_STRING_length(serial) != SERIAL_LEN ||
        memcmp(ASN1_STRING_get0_data(serial), i->item.serial, SERIAL_LEN) != 0)
        return diag_set(d, E_LINT, "request %lld: the serial number is not the plan's",
                        (long long)i->item.n);
    if ((X509_get_extension_flags(i->anchor) & EXFLAG_CA) == 0)
        return diag_set(d, E_LINT, "request %lld: the key %s is not a CA's", (long long)i->item.n,
                        i->item.key);
    return E_OK;
}

static enum err check_eseal(const struct issued *i, struct span der, struct diag *d)
{
    struct eseal s;
    struct diag why = {0};
    enum err e = eseal_parse(der, &s, &why);
    if (e == E_OK)
        e = eseal_verify(&s, &why);
    if (e == E_OK)
        e = eseal_check_maker(&s, i->anchor, &why);
    return e == E_OK ? E_OK : diag_wrap(d, e, &why, "request %lld", (long long)i->item.n);
}

enum err issued_lint(const struct policy *policy, const char *authority, const struct plan_item *i, X509 *issuer,
                     struct diag *d)
{
    const struct policy_authority *a = policy_authority_find(policy, authority);
    const struct span tbs = buf_span(&i->tbs), serial = {i->serial, SERIAL_LEN};
    if (plan_is_eseal(i) && a != NULL && a->seals.key != NULL && strcmp(a->seals.key, i->key) == 0)
        return lint_eseal(tbs, serial, &a->seals, d);
    const struct policy_key *row = policy_key_find(policy, i->key);
    const struct policy_profile *profile = a != NULL ? policy_profile_find(a, i->profile) : NULL;
    if (row == NULL || profile == NULL || strcmp(profile->key, i->key) != 0)
        return diag_set(d, E_PROFILE, "the policy has no %s by the key %s", i->profile, i->key);
    return lint_end_entity(tbs, serial, profile, row, issuer, d);
}

static enum err lint_again(const struct issued *i, struct diag *d)
{
    struct diag why = {0};
    enum err e = i->policy != NULL ? issued_lint(i->policy, i->authority, &i->item, i->anchor, &why) : E_OK;
    return e == E_OK ? E_OK : diag_wrap(d, e, &why, "request %lld", (long long)i->item.n);
}

enum err issued_check(const struct issued *i, struct diag *d)
{
    struct buf cert = {0};
    X509 *x = NULL;
    enum err e = rebuild(i, &cert, d);
    if (e == E_OK && plan_is_eseal(&i->item)) {
        e = check_eseal(i, buf_span(&cert), d);
    } else {
        if (e == E_OK)
            e = cert_parse(buf_span(&cert), &x, d);
        if (e == E_OK)
            e = check_certificate(i, x, d);
    }
    if (e == E_OK)
        e = lint_again(i, d);
    X509_free(x);
    buf_free(&cert);
    return e;
}
