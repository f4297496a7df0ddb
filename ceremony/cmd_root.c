#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "batch/own_key.h"
#include "batch/sealing.h"
#include "batch/untold.h"
#include "batch/witness.h"
#include "commands.h"
#include "core/base64.h"
#include "core/clock.h"
#include "core/file.h"
#include "core/screen.h"
#include "hsm/sign.h"
#include "pki/cert.h"
#include "pki/key.h"
#include "pki/lint.h"
#include "pki/name.h"
#include "pki/tbs.h"

#define LABEL 8 /* columns */

/* What the certificate of one of our keys is made from: its own row and public key, and those of the key that signs it, which
 * is itself but for an OCSP responder. */
struct subject {
    const struct policy_key *row;
    struct key public;
    const struct policy_key *ca; /* NULL when it is self-signed */
    X509 *issuer;                /* of ca */
};

/* What the key is for: to sign certificates and their CRLs, or other things, among them perhaps the list of seals. */
static uint32_t usage_of(const struct policy_key *row, bool ca)
{
    if (ca)
        return KU_KEY_CERT_SIGN | KU_CRL_SIGN;
    return row->crl_period > 0 ? KU_DIGITAL_SIGNATURE | KU_CRL_SIGN : KU_DIGITAL_SIGNATURE;
}

static void describe(const struct policy *p, const struct subject *u, struct tbs_spec *spec)
{
    static const char *const signing[] = {"1.3.6.1.5.5.7.3.9"}; /* id-kp-OCSPSigning, RFC 6960 4.2.2.2 */
    static const struct policy_strings ocsp_signing = {signing, 1};
    const bool ca = policy_key_is_ca(p, u->row);
    spec->ca = ca;
    spec->key_usage = usage_of(u->row, ca);
    if (u->ca == NULL)
        return;
    const unsigned char *name = NULL;
    size_t n = 0;
    const ASN1_OCTET_STRING *aki = X509_get0_subject_key_id(u->issuer);
    if (X509_NAME_get0_der(X509_get_subject_name(u->issuer), &name, &n) == 1)
        spec->issuer = (struct span){name, n};
    spec->alg = u->ca->alg;
    spec->sm2_null = u->ca->sm2_null;
    spec->aki = (struct span){ASN1_STRING_get0_data(aki), (size_t)ASN1_STRING_length(aki)};
    spec->extended_key_usage = &ocsp_signing;
    spec->ocsp_nocheck = true;
}

static enum err build(const struct policy *p, const struct subject *u, struct buf *tbs, struct diag *d)
{
    const struct policy_key *row = u->row;
    struct buf name = {0};
    uint8_t serial[SERIAL_LEN];
    int64_t now = clock_now();
    if (RAND_bytes(serial, SERIAL_LEN) != 1)
        return diag_set(d, E_CRYPTO, "random numbers");
    serial[0] = (uint8_t)((serial[0] & 0x3f) | 0x40);
    enum err e = name_from_rules(row->subject, row->subjects, &name, d);
    struct tbs_spec spec = {
        .serial = {serial, SERIAL_LEN},
        .alg = row->alg,
        .sm2_null = row->sm2_null,
        .issuer = buf_span(&name),
        .subject = buf_span(&name),
        .not_before = now,
        .not_after = tbs_add_period(now, &row->validity) - 1,
        .spki = buf_span(&u->public.spki),
        .ski = {u->public.ski, sizeof u->public.ski},
    };
    if (e == E_OK) {
        describe(p, u, &spec);
        e = tbs_build(&spec, tbs, d);
    }
    if (e == E_OK && u->ca == NULL)
        e = lint_self_signed(buf_span(tbs), row, policy_key_is_ca(p, row), u->public.pkey, d);
    else if (e == E_OK)
        e = lint_responder(buf_span(tbs), row, u->ca, u->issuer, u->public.pkey, d);
    buf_free(&name);
    return e;
}

static enum err log_anchor(struct state *s, const struct policy_key *row, const struct buf *cert, struct diag *d)
{
    char *text = base64_string(cert->data, cert->len);
    if (text == NULL)
        return diag_set(d, E_NO_MEMORY, "%s", row->name);
    enum err e = log_append(s->log, RECORD_ANCHOR, json_pack("{s:s,s:s}", "key", row->name, "certificate", text), d);
    free(text);
    return e != E_OK ? e : log_sync(s->log, d);
}

static enum err certify(struct state *s, struct hsm *h, const struct policy_key *row, struct diag *d)
{
    struct subject u = {.row = row, .ca = policy_key_issuer(s->policy, row)};
    struct hsm_key *own = NULL, *signer = NULL;
    struct buf tbs = {0}, signature = {0}, cert = {0};
    enum err e = own_key_open(s, h, row->name, &own, d);
    signer = own;
    if (e == E_OK)
        e = key_from_pkey(hsm_key_public(own), &u.public, d);
    if (e == E_OK && u.ca != NULL)
        e = state_anchor(s, u.ca->name, &u.issuer, d);
    if (e == E_OK && u.ca != NULL)
        e = own_key_open(s, h, u.ca->name, &signer, d);
    if (e == E_OK)
        e = build(s->policy, &u, &tbs, d);
    if (e == E_OK)
        e = hsm_sign(signer, buf_span(&tbs), &signature, d);
    if (e == E_OK)
        e = cert_complete(buf_span(&tbs), buf_span(&signature), &cert, d);
    if (e == E_OK)
        e = log_anchor(s, row, &cert, d);
    key_free(&u.public);
    X509_free(u.issuer);
    buf_free(&tbs);
    buf_free(&signature);
    buf_free(&cert);
    return e;
}

/* The file for RAs and auditors follows from the log, and is written again when it is missing. */
static enum err write_anchor(struct state *s, int dir_fd, const struct policy_key *row, struct diag *d)
{
    struct buf pem = {0};
    uint8_t digest[DIGEST_LEN];
    char name[LIMIT_TOKEN_TEXT + 8], hex[DIGEST_HEX];
    X509 *x = NULL;
    snprintf(name, sizeof name, "%s.pem", row->name);
    enum err e = state_anchor(s, row->name, &x, d);
    if (e == E_OK)
        e = cert_write_pem(x, &pem);
    if (e == E_OK)
        e = file_write(dir_fd, name, pem.data, pem.len, d);
    if (e == E_OK)
        e = cert_digest(x, digest);
    if (e == E_OK) {
        hex_encode(digest, DIGEST_LEN, hex);
        screen_field(_("anchor"), LABEL, ANCHORS_DIR "/%s", name);
        screen_field("sha256", LABEL, "%s", hex);
        screen_words(_("words"), LABEL, digest);
    }
    buf_free(&pem);
    X509_free(x);
    return e;
}

/* What the steps work on. */
struct job {
    struct state *s;
    struct hsm *h;
    int dir_fd; /* of the folder of anchors */
    bool issued; /* certificates that another key signs; that one's comes first */
};

static enum err make_anchor(void *arg, const struct policy_key *row, struct diag *d)
{
    const struct job *j = arg;
    struct index_key known = {0};
    bool found = false;
    if ((policy_key_issuer(j->s->policy, row) != NULL) != j->issued)
        return E_OK;
    enum err e = index_key(j->s->index, row->name, &known, &found, d);
    if (e == E_OK && known.certificate.len == 0) {
        e = certify(j->s, j->h, row, d);
        if (e == E_OK)
            e = state_refresh(j->s, d);
    }
    if (e == E_OK)
        e = write_anchor(j->s, j->dir_fd, row, d);
    index_key_free(&known);
    return e;
}

static enum err make_all(struct state *s, struct hsm *h, const char *only, struct diag *d)
{
    struct job j = {.s = s, .h = h, .dir_fd = -1};
    enum err e = file_make_dir(s->fd, ANCHORS_DIR, &j.dir_fd, d);
    if (e == E_OK)
        e = keys_each(only, make_anchor, &j, d);
    j.issued = true;
    if (e == E_OK)
        e = keys_each(only, make_anchor, &j, d);
    if (j.dir_fd >= 0)
        close(j.dir_fd);
    return e;
}

static enum err seal(struct state *s, struct hsm *h, struct diag *d)
{
    struct hsm_key *k = NULL;
    enum err e = own_key_open(s, h, s->policy->log_key.name, &k, d);
    if (e == E_OK)
        e = sealing_run(s, k, d);
    return e != E_OK ? e : witness_write(s, h, d);
}

enum err anchors_make(struct state *s, struct hsm *h, const char *only, struct diag *d)
{
    enum err e = make_all(s, h, only, d);
    return e == E_OK ? seal(s, h, d) : e;
}

enum err cmd_root(int n, char **operands, struct diag *d)
{
    struct state s;
    struct hsm *h = NULL;
    (void)n;
    (void)operands;
    enum err e = banner_open_state(options.state, STATE_FROM_LOG, &s, d);
    if (e == E_OK)
        e = token_open(s.fd, &s, &h, d);
    if (e == E_OK)
        e = witness_check(&s, h, d);
    if (e == E_OK)
        e = untold_check_policy(&s, d);
    if (e == E_OK)
        e = untold_check_ends(&s, NULL, d);
    if (e == E_OK)
        e = untold_settle(&s, h, NULL, d);
    if (e == E_OK)
        e = anchors_make(&s, h, options.key, d);
    state_close(&s);
    hsm_close(h);
    return e;
}
