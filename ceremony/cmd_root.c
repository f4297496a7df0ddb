#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "room/anchor_file.h"
#include "room/anchor_tbs.h"
#include "batch/own_key.h"
#include "batch/sealing.h"
#include "commands.h"
#include "core/file.h"
#include "hsm/sign.h"
#include "pki/cert.h"
#include "pki/key.h"

static enum err certify(struct state *s, struct hsm *h, const struct policy_key *row, struct diag *d)
{
    const struct policy_key *ca = policy_key_issuer(s->policy, row);
    struct hsm_key *own = NULL, *signer = NULL;
    struct key public = {0};
    X509 *issuer = NULL;
    struct buf tbs = {0}, signature = {0}, cert = {0};
    enum err e = own_key_open(s, h, row->name, &own, d);
    signer = own;
    if (e == E_OK)
        e = key_from_pkey(hsm_key_public(own), &public, d);
    if (e == E_OK && ca != NULL)
        e = state_anchor(s, ca->name, &issuer, d);
    if (e == E_OK && ca != NULL)
        e = own_key_open(s, h, ca->name, &signer, d);
    if (e == E_OK)
        e = anchor_tbs(s->policy, row, &public, issuer, &tbs, d);
    if (e == E_OK)
        e = hsm_sign(signer, buf_span(&tbs), &signature, d);
    if (e == E_OK)
        e = cert_complete(buf_span(&tbs), buf_span(&signature), &cert, d);
    if (e == E_OK)
        e = anchor_log(s, row, &cert, d);
    key_free(&public);
    X509_free(issuer);
    buf_free(&tbs);
    buf_free(&signature);
    buf_free(&cert);
    return e;
}

/* What the steps work on. */
struct job {
    struct state *s;
    struct hsm *h;
    bool named; /* it is about one key that was named */
    int dir_fd; /* of the folder of anchors */
    int depth;  /* policy_key_depth() of the keys whose turn it is */
};

static enum err make_anchor(void *arg, const struct policy_key *row, struct diag *d)
{
    const struct job *j = arg;
    struct index_key known = {0};
    bool found = false;
    if (policy_key_depth(j->s->policy, row) != j->depth)
        return E_OK;
    enum err e = index_key(j->s->index, row->name, &known, &found, d);
    const bool ended = e == E_OK && known.destroyed > 0 && known.certificate.len == 0 && !j->named;
    if (e == E_OK && known.certificate.len == 0 && !ended) {
        e = certify(j->s, j->h, row, d);
        if (e == E_OK)
            e = state_refresh(j->s, d);
    }
    if (e == E_OK && !ended)
        e = anchor_write(j->s, j->dir_fd, row, d);
    index_key_free(&known);
    return e;
}

static enum err make_all(struct state *s, struct hsm *h, const char *only, struct diag *d)
{
    struct job j = {.s = s, .h = h, .named = only != NULL, .dir_fd = -1};
    enum err e = file_make_dir(s->fd, ANCHORS_DIR, &j.dir_fd, d);
    for (; j.depth <= POLICY_KEY_DEPTH && e == E_OK; j.depth++)
        e = keys_each(only, make_anchor, &j, d);
    if (j.dir_fd >= 0)
        close(j.dir_fd);
    return e;
}

enum err anchors_make(struct state *s, struct hsm *h, const char *only, struct diag *d)
{
    enum err e = make_all(s, h, only, d);
    return e == E_OK ? sealing_finish(s, h, d) : e;
}

enum err cmd_root(int n, char **operands, struct diag *d)
{
    struct state s = {.fd = -1, .lock_fd = -1, .archive_fd = -1};
    struct hsm *h = NULL;
    (void)n;
    (void)operands;
    enum err e = token_begin(false, &s, &h, d);
    if (e == E_OK)
        e = anchors_make(&s, h, options.key, d);
    state_close(&s);
    hsm_close(h);
    return e;
}
