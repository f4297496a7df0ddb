#include "room/certify.h"

#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "room/anchor_file.h"
#include "batch/authorise.h"
#include "batch/own_key.h"
#include "batch/sealing.h"
#include "batch/witness.h"
#include "core/base64.h"
#include "core/clock.h"
#include "core/file.h"
#include "core/i18n.h"
#include "core/pager.h"
#include "core/screen.h"
#include "hsm/sign.h"
#include "officer/own_letters.h"
#include "pki/cert.h"
#include "pki/show.h"
#include "room/certify_file.h"
#include "room/officers.h"
#include "room/steps.h"

#define LABEL 8  /* columns */
#define FOLDED 8 /* where the rest of a line goes */
#define VALUE 17 /* where show_tbs() writes what a label is about */
#define STEP_ROWS 6 /* what the step said of itself */

/* -- agreeing -- */

/* The file of the step, made when there is none yet, or one that has grown old. n is 0 when nothing is left to make. */
static enum err prepare(struct room *r, const struct script_step *s, const struct certify_spec *spec, struct certify_file *f,
                        struct diag *d)
{
    bool found = false;
    enum err e = certify_file_read(r, s, spec, f, &found, d);
    if (e == E_OK && found && certify_file_is_stale(r, f)) {
        printf("%s", _("What was to be signed here is too old by now; it is made anew.\n"));
        found = false;
    }
    if (e != E_OK || found)
        return e;
    certify_file_free(f);
    return certify_file_make(r, s, spec, f, d);
}

/* In UTF-8; the rest as RFC 2253 has it. */
static enum err subject_text(X509 *x, char *out, size_t cap, struct diag *d)
{
    BIO *b = BIO_new(BIO_s_mem());
    char *p = NULL;
    out[0] = '\0';
    long n = -1;
    if (b != NULL && X509_NAME_print_ex(b, X509_get_subject_name(x), 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) >= 0)
        n = BIO_get_mem_data(b, &p);
    bool fits = n >= 0 && (size_t)n < cap;
    if (fits) {
        memcpy(out, p, (size_t)n);
        out[n] = '\0';
    }
    BIO_free(b);
    return fits ? E_OK : diag_set(d, E_NO_MEMORY, "a subject");
}

/* As far as the file says it: the year, or the day. */
static void end_text(X509 *x, size_t n, char out[CLOCK_TEXT])
{
    struct tm tm = {0};
    ASN1_TIME_to_tm(X509_get0_notAfter(x), &tm);
    clock_format((int64_t)timegm(&tm), out);
    if (n < CLOCK_TEXT)
        out[n] = '\0';
}

/* The first time it is shown and recorded; again, right before the token signs, only compared. */
static enum err expect(struct room *r, const struct script_step *s, bool again, const char *what, const char *expected,
                       const char *found, struct diag *d)
{
    if (!again)
        return step_expect(r, s, what, expected, found, d);
    return expected == NULL || strcmp(expected, found) == 0
               ? E_OK
               : diag_set(d, E_EXPECTATION, "%s: %s was expected, %s was found", what, expected, found);
}

static enum err check_expectations(struct room *r, const struct script_step *s, const struct certify_part *part, bool again,
                                   struct diag *d)
{
    const struct script_expect *x = &s->expect;
    const struct certify_item *item = part->item;
    char subject[1024], ski[2 * sizeof part->key.ski + 1], until[CLOCK_TEXT];
    hex_encode(part->key.ski, sizeof part->key.ski, ski);
    end_text(part->draft, x->until != NULL ? strlen(x->until) : CLOCK_TEXT, until);
    enum err e = subject_text(part->draft, subject, sizeof subject, d);
    if (e == E_OK)
        e = expect(r, s, again, "algorithm", x->algorithm,
                        alg_sig_name(item->subject != NULL ? item->subject->alg : item->request->alg), d);
    if (e == E_OK)
        e = expect(r, s, again, "subject", x->subject, subject, d);
    if (e == E_OK)
        e = expect(r, s, again, "key-id", x->key_id, ski, d);
    return e == E_OK ? expect(r, s, again, "until", x->until, until, d) : e;
}

static void put_title(const struct certify_file *f, size_t i, struct buf *out)
{
    const struct certify_item *item = f->v[i].item;
    buf_printf(out, _("certificate %zu of %zu: "), i + 1, f->n);
    if (item->kind == CERTIFY_SUB_CA)
        buf_printf(out, _("a sub-CA elsewhere, by %s\n"), item->ca->name);
    else if (item->ca == item->subject)
        buf_printf(out, _("%s, by itself\n"), item->subject->name);
    else if (item->kind == CERTIFY_CROSS)
        buf_printf(out, _("%s (a second one), by %s\n"), item->subject->name, item->ca->name);
    else
        buf_printf(out, _("%s, by %s\n"), item->subject->name, item->ca->name);
}

static enum err print_one(struct pager *pager, const struct buf *text, bool utf8, struct diag *d)
{
    struct buf both = {0};
    if (utf8)
        own_letters_put(text, VALUE, &both);
    enum err e = pager_print(pager, FOLDED, utf8 ? &both : text, d);
    buf_free(&both);
    return e;
}

static enum err show_all(const struct certify_file *f, bool utf8, struct diag *d)
{
    enum err e = E_OK;
    struct pager pager;
    pager_begin(&pager, STEP_ROWS);
    for (size_t i = 0; i < f->n && e == E_OK; i++) {
        struct buf text = {0};
        put_title(f, i, &text);
        e = show_tbs(f->v[i].tbs, &text, d);
        buf_append_byte(&text, '\n');
        if (e == E_OK && i > 0)
            e = pager_keep_together(&pager, SCREEN_ROWS, d); /* each on its own pages */
        if (e == E_OK)
            e = print_one(&pager, &text, utf8, d);
        buf_free(&text);
    }
    return e == E_OK ? pager_keep_together(&pager, SCREEN_ROWS, d) : e;
}

static void show_digest(const struct script_step *s, const struct certify_file *f)
{
    char hex[DIGEST_HEX];
    hex_encode(f->digest, DIGEST_LEN, hex);
    printf(i18n_plural("to be signed in step %d: %zu certificate\n", "to be signed in step %d: %zu certificates\n", f->n), s->n,
           f->n);
    screen_field("sha256", LABEL, "%s", hex);
    screen_words(_("words"), LABEL, f->digest);
}

enum err certify_agree(struct room *r, const struct script_step *s, const struct certify_spec *spec, struct diag *d)
{
    struct certify_file f;
    enum err e = prepare(r, s, spec, &f, d);
    for (size_t i = 0; i < f.n && e == E_OK; i++)
        e = check_expectations(r, s, &f.v[i], false, d);
    if (e == E_OK && f.n > 0) { /* shown again, too, when a quorum has signed: those present must know what it was */
        e = show_all(&f, r->place->utf8, d);
        if (e == E_OK)
            show_digest(s, &f);
        if (e == E_OK)
            e = officers_sign(r, r->dir_fd, &(struct authorise_what){f.digest, r->script->name, r->script->digest, s->n}, N_("certificates"), d);
    }
    certify_file_free(&f);
    return e;
}

/* -- signing -- */

static enum err log_officers(struct state *s, const struct authorisations *a, const char *tbs, struct diag *d)
{
    enum err e = E_OK;
    for (size_t i = 0; i < a->n && e == E_OK; i++) {
        char officer[DIGEST_HEX], signature[DIGEST_HEX];
        hex_encode(a->by[i].certificate, DIGEST_LEN, officer);
        hex_encode(a->by[i].signature, DIGEST_LEN, signature);
        e = log_append(s->log, RECORD_AUTHORISE,
                       json_pack("{s:s,s:s,s:s}", "plan", tbs, "officer", officer, "signature", signature), d);
    }
    return e;
}

/* Its intent is in the log: the token had heard of it, or it was written in this room. */
static bool is_intended(const struct room *r, const struct certify_file *f)
{
    return f->intent > 0 && (f->intent <= r->known || f->intent > r->found);
}

/* A quorum stands behind these bytes, and the token hears that they are about to be signed. */
static enum err intend(struct room *r, const struct script_step *s, const struct certify_file *f, struct diag *d)
{
    const struct authorise_what what = {f->digest, r->script->name, r->script->digest, s->n};
    struct authorisations a;
    char tbs[DIGEST_HEX];
    hex_encode(f->digest, DIGEST_LEN, tbs);
    enum err e = authorise_check(r->dir_fd, &policy_table, &what, clock_now(), &a, d);
    if (e == E_OK && !is_intended(r, f)) {
        e = log_officers(&r->state, &a, tbs, d);
        if (e == E_OK)
            e = log_append(r->state.log, RECORD_CERTIFY,
                           json_pack("{s:s,s:I,s:I,s:s}", "ceremony", r->script->name, "step", (json_int_t)s->n,
                                     "certificates", (json_int_t)f->n, "tbs", tbs), d);
    }
    return e == E_OK ? witness_write(&r->state, r->hsm, d) : e;
}

static enum err log_cross(struct state *s, const struct certify_part *part, const struct buf *cert, struct diag *d)
{
    char spki[DIGEST_HEX];
    char *text = base64_string(cert->data, cert->len);
    if (text == NULL)
        return diag_set(d, E_NO_MEMORY, "a certificate");
    hex_encode(part->key.digest, DIGEST_LEN, spki);
    enum err e = log_append(s->log, RECORD_CROSS, json_pack("{s:s,s:s,s:s}", "key", part->item->ca->name, "subject-key", spki,
                                                            "certificate", text), d);
    free(text);
    return e == E_OK ? log_sync(s->log, d) : e;
}

static enum err sign_part(struct room *r, struct certify_part *part, struct diag *d)
{
    struct state *s = &r->state;
    const struct certify_item *item = part->item;
    struct hsm_key *own = NULL, *signer = NULL;
    struct buf signature = {0}, cert = {0};
    /* A key of ours that is certified is on the token, whatever lines the log has. */
    enum err e = item->subject != NULL ? own_key_open(s, r->hsm, item->subject->name, &own, d) : E_OK;
    signer = own;
    if (e == E_OK && item->ca != item->subject)
        e = own_key_open(s, r->hsm, item->ca->name, &signer, d);
    if (e == E_OK)
        e = hsm_sign(signer, part->tbs, &signature, d);
    if (e == E_OK)
        e = cert_complete(part->tbs, buf_span(&signature), &cert, d);
    if (e == E_OK)
        e = cert_parse(buf_span(&cert), &part->made, d);
    if (e == E_OK)
        e = cert_verify(part->made, hsm_key_public(signer), d);
    if (e == E_OK)
        e = item->kind == CERTIFY_ANCHOR ? anchor_log(s, item->subject, &cert, d) : log_cross(s, part, &cert, d);
    buf_free(&signature);
    buf_free(&cert);
    return e == E_OK ? state_refresh(s, d) : e;
}

static enum err write_files(struct room *r, const struct script_step *s, const struct certify_file *f, struct diag *d)
{
    int anchors = -1, crosses = -1;
    enum err e = file_make_dir(r->state.fd, ANCHORS_DIR, &anchors, d);
    if (e == E_OK)
        e = file_make_dir(r->state.fd, CROSSES_DIR, &crosses, d);
    for (size_t i = 0; i < f->n && e == E_OK; i++) {
        const struct certify_part *part = &f->v[i];
        char name[LIMIT_TOKEN_TEXT + 32];
        snprintf(name, sizeof name, "%s-%d-%zu", r->script->name, s->n, i + 1);
        e = part->item->kind == CERTIFY_ANCHOR ? anchor_write(&r->state, anchors, part->item->subject, d)
                                               : anchor_write_pem(crosses, _("cross"), CROSSES_DIR, name, part->made, d);
    }
    if (anchors >= 0)
        close(anchors);
    if (crosses >= 0)
        close(crosses);
    return e;
}

static enum err sign_file(struct room *r, const struct script_step *s, struct certify_file *f, struct diag *d)
{
    if (certify_file_is_stale(r, f))
        return diag_set(d, E_PLAN_EXPIRED, "step-%d.tbs", s->n);
    enum err e = E_OK;
    for (size_t i = 0; i < f->n && e == E_OK; i++)
        e = check_expectations(r, s, &f->v[i], true, d);
    if (e == E_OK)
        e = intend(r, s, f, d);
    for (size_t i = 0; i < f->n && e == E_OK; i++)
        if (f->v[i].made == NULL)
            e = sign_part(r, &f->v[i], d);
    if (e == E_OK)
        e = write_files(r, s, f, d);
    return e == E_OK ? sealing_finish(&r->state, r->hsm, d) : e;
}

enum err certify_sign(struct room *r, const struct script_step *s, const struct certify_spec *spec, struct diag *d)
{
    struct certify_file f;
    bool found = false;
    enum err e = certify_file_read(r, s, spec, &f, &found, d);
    if (e == E_OK && found)
        e = sign_file(r, s, &f, d);
    else if (e == E_OK) /* no file: every certificate must have been there */
        e = certify_file_make(r, s, spec, &f, d);
    if (e == E_OK && !found && f.n > 0)
        e = diag_set(d, E_QUORUM, "nobody has authorised step-%d.tbs", s->n);
    certify_file_free(&f);
    return e;
}
