#include "room/certify_file.h"

#include <stdio.h>
#include <string.h>

#include "core/base64.h"
#include "core/clock.h"
#include "core/file.h"
#include "pki/cert.h"
#include "pki/der.h"
#include "pki/tbs_view.h"
#include "room/certify_tbs.h"

#define NAME_CAP 32

static void name_of(const struct script_step *s, char out[NAME_CAP])
{
    snprintf(out, NAME_CAP, "step-%d.tbs", s->n);
}

/* -- the parts: whose key, and by whom -- */

static enum err read_key(struct state *s, struct certify_part *part, struct diag *d)
{
    const struct certify_item *item = part->item;
    EVP_PKEY *public = NULL;
    if (item->kind == CERTIFY_SUB_CA)
        return key_from_pkey(item->request->key.pkey, &part->key, d);
    enum err e = state_public_key(s, item->subject->name, &public, d);
    if (e == E_OK)
        e = key_from_pkey(public, &part->key, d);
    EVP_PKEY_free(public);
    return e;
}

static X509 *share(X509 *x)
{
    X509_up_ref(x);
    return x;
}

/* The certificate of the key that signs: of an anchor perhaps one that this step makes, too. */
static enum err find_issuer(struct state *s, struct certify_file *f, struct certify_part *part, struct diag *d)
{
    const struct certify_item *item = part->item;
    if (item->kind == CERTIFY_ANCHOR && item->ca == item->subject)
        return E_OK;
    for (size_t i = 0; i < f->n && item->kind == CERTIFY_ANCHOR; i++) {
        if (f->v[i].item->subject == item->ca) {
            part->issuer = share(f->v[i].draft);
            return E_OK;
        }
    }
    return state_anchor(s, item->ca->name, &part->issuer, d);
}

static enum err begin_part(struct room *r, struct certify_file *f, const struct certify_item *item, struct certify_part *part,
                           struct diag *d)
{
    *part = (struct certify_part){.item = item};
    enum err e = read_key(&r->state, part, d);
    if (e == E_OK)
        e = find_issuer(&r->state, f, part, d);
    if (e == E_OK && item->kind == CERTIFY_CROSS)
        e = state_anchor(&r->state, item->subject->name, &part->other, d);
    return e;
}

static void free_part(struct certify_part *part)
{
    key_free(&part->key);
    X509_free(part->issuer);
    X509_free(part->other);
    X509_free(part->draft);
    X509_free(part->made);
    *part = (struct certify_part){0};
}

void certify_file_free(struct certify_file *f)
{
    for (size_t i = 0; i < f->n; i++)
        free_part(&f->v[i]);
    buf_free(&f->bytes);
    *f = (struct certify_file){0};
}

/* A certificate of these bytes with a signature of one zero byte. */
static enum err make_draft(struct certify_part *part, struct span tbs, struct diag *d)
{
    static const uint8_t nothing[] = {0};
    struct buf der = {0};
    enum err e = cert_complete(tbs, (struct span){nothing, sizeof nothing}, &der, d);
    if (e == E_OK)
        e = cert_parse(buf_span(&der), &part->draft, d);
    buf_free(&der);
    return e;
}

/* -- what of it is in the log -- */

static bool is_of(X509 *x, struct span tbs)
{
    uint8_t *der = NULL;
    int n = i2d_re_X509_tbs(x, &der);
    bool same = n > 0 && der_same((struct span){der, (size_t)n}, tbs);
    OPENSSL_free(der);
    return same;
}

/* A line of the log is only as good as the signature in it. */
static enum err verify_made(struct state *s, const struct certify_item *item, X509 *x, struct diag *d)
{
    EVP_PKEY *ca = NULL;
    enum err e = state_public_key(s, item->ca->name, &ca, d);
    if (e == E_OK)
        e = cert_verify(x, ca, d);
    EVP_PKEY_free(ca);
    return e;
}

/* The one certificate of our own key; *out NULL when there is none. */
static enum err find_anchor(struct state *s, const struct certify_item *item, X509 **out, struct diag *d)
{
    struct index_key known = {0};
    bool found = false;
    *out = NULL;
    enum err e = index_key(s->index, item->subject->name, &known, &found, d);
    if (e == E_OK && known.certificate.len > 0)
        e = cert_parse(buf_span(&known.certificate), out, d);
    if (e == E_OK && *out != NULL)
        e = verify_made(s, item, *out, d);
    index_key_free(&known);
    return e;
}

static enum err take_cross(struct certify_file *f, const struct record *rec, struct diag *d)
{
    struct buf der = {0};
    X509 *x = NULL;
    enum err e = json_get_base64(rec->obj, "certificate", &der, "a cross line", d);
    if (e == E_OK)
        e = cert_parse(buf_span(&der), &x, d);
    for (size_t i = 0; i < f->n && e == E_OK && x != NULL; i++) {
        if (f->v[i].item->kind != CERTIFY_ANCHOR && f->v[i].made == NULL && is_of(x, f->v[i].tbs)) {
            f->v[i].made = x;
            x = NULL;
        }
    }
    X509_free(x);
    buf_free(&der);
    return e;
}

static enum err take_line(void *arg, const struct record *rec, struct diag *d)
{
    struct certify_file *f = arg;
    uint8_t tbs[DIGEST_LEN];
    if (rec->type == RECORD_CROSS)
        return take_cross(f, rec, d);
    if (rec->type != RECORD_CERTIFY)
        return E_OK;
    enum err e = record_digest(rec, "tbs", tbs);
    if (e == E_OK && memcmp(tbs, f->digest, DIGEST_LEN) == 0)
        f->intent = rec->seq;
    return e;
}

static enum err find_made(struct room *r, struct certify_file *f, struct diag *d)
{
    enum err e = log_each(r->state.fd, NULL, take_line, f, d);
    for (size_t i = 0; i < f->n && e == E_OK; i++) {
        struct certify_part *part = &f->v[i];
        if (part->item->kind == CERTIFY_ANCHOR)
            e = find_anchor(&r->state, part->item, &part->made, d);
        else if (part->made != NULL)
            e = verify_made(&r->state, part->item, part->made, d);
        if (e == E_OK && part->made != NULL && !is_of(part->made, part->tbs))
            e = diag_set(d, E_ARCHIVE, "%s has another certificate than the step would make", part->item->subject->name);
        f->any_made = f->any_made || part->made != NULL;
    }
    return e;
}

/* -- reading -- */

static enum err other(const struct script_step *s, const char *what, struct diag *d)
{
    return diag_set(d, E_ARCHIVE, "step-%d.tbs: %s", s->n, what);
}

/* A part for this item, when the next bytes of the file are of its key; else the item must be done already. */
static enum err read_part(struct room *r, const struct script_step *s, struct certify_file *f, const struct certify_item *item,
                          struct span *in, struct diag *d)
{
    struct certify_part *part = &f->v[f->n];
    struct tbs_outline outline = {0};
    struct der tbs;
    X509 *anchor = NULL;
    struct span rest = *in;
    enum err e = begin_part(r, f, item, part, d);
    bool there = e == E_OK && der_take(&rest, DER_SEQUENCE, &tbs) && tbs_outline(tbs.whole, &outline, NULL) == E_OK &&
                 der_same(outline.spki, buf_span(&part->key.spki));
    if (e == E_OK && !there) {
        free_part(part);
        if (item->kind == CERTIFY_ANCHOR)
            e = find_anchor(&r->state, item, &anchor, d);
        bool done = anchor != NULL;
        X509_free(anchor);
        return e != E_OK ? e : done ? E_OK : other(s, "it is not of this step", d);
    }
    f->n++;
    if (e == E_OK)
        e = certify_lint(&policy_table, part, tbs.whole, d);
    if (e == E_OK)
        e = make_draft(part, tbs.whole, d);
    if (e != E_OK)
        return e;
    part->tbs = tbs.whole;
    *in = rest;
    return E_OK;
}

static enum err finish(struct room *r, struct certify_file *f, struct diag *d)
{
    struct tm tm = {0};
    enum err e = digest_bytes(DIGEST_SHA256, f->bytes.data, f->bytes.len, f->digest);
    if (e == E_OK && f->n > 0 && ASN1_TIME_to_tm(X509_get0_notBefore(f->v[0].draft), &tm) != 1)
        e = diag_set(d, E_LINT, "a time");
    f->not_before = (int64_t)timegm(&tm);
    return e == E_OK ? find_made(r, f, d) : e;
}

enum err certify_file_read(struct room *r, const struct script_step *s, const struct certify_spec *spec,
                           struct certify_file *out, bool *found, struct diag *d)
{
    char name[NAME_CAP];
    *out = (struct certify_file){0};
    name_of(s, name);
    enum err e = file_read(r->dir_fd, name, CERTIFY_MAX * LIMIT_TBS_BYTES, &out->bytes, found, d);
    if (e != E_OK || !*found)
        return e;
    struct span in = buf_span(&out->bytes);
    for (size_t i = 0; i < spec->n && e == E_OK; i++)
        e = read_part(r, s, out, &spec->v[i], &in, d);
    if (e == E_OK && (in.n > 0 || out->n == 0))
        e = other(s, "it is not of this step", d);
    return e == E_OK ? finish(r, out, d) : e;
}

/* -- making -- */

static enum err make_part(struct room *r, struct certify_file *f, const struct certify_item *item, struct diag *d)
{
    struct certify_part *part = &f->v[f->n];
    X509 *anchor = NULL;
    struct buf tbs = {0};
    enum err e = item->kind == CERTIFY_ANCHOR ? find_anchor(&r->state, item, &anchor, d) : E_OK;
    bool done = anchor != NULL;
    X509_free(anchor);
    if (e != E_OK || done)
        return e;
    e = begin_part(r, f, item, part, d);
    f->n++;
    if (e == E_OK)
        e = certify_tbs(&policy_table, part, &tbs, d);
    if (e == E_OK)
        e = make_draft(part, buf_span(&tbs), d);
    if (e == E_OK) {
        buf_append(&f->bytes, tbs.data, tbs.len);
        e = buf_err(&f->bytes);
    }
    buf_free(&tbs);
    return e;
}

enum err certify_file_make(struct room *r, const struct script_step *s, const struct certify_spec *spec,
                           struct certify_file *out, struct diag *d)
{
    char name[NAME_CAP];
    bool found = false;
    *out = (struct certify_file){0};
    name_of(s, name);
    enum err e = E_OK;
    for (size_t i = 0; i < spec->n && e == E_OK; i++)
        e = make_part(r, out, &spec->v[i], d);
    if (e != E_OK || out->n == 0)
        return e;
    e = file_write(r->dir_fd, name, out->bytes.data, out->bytes.len, d);
    certify_file_free(out); /* what is shown and signed is what is on disk */
    return e == E_OK ? certify_file_read(r, s, spec, out, &found, d) : e;
}

bool certify_file_is_stale(const struct room *r, const struct certify_file *f)
{
    return f->intent == 0 && !f->any_made && clock_now() - f->not_before > r->state.policy->limits.plan_lifetime;
}
