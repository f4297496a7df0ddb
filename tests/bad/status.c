/* status.c - CRLs and OCSP responses, spoilt after they were signed. */
#include <string.h>
#include <unistd.h>

#include "bad/bad.h"
#include "pki/cert.h"
#include "pki/crl_view.h"
#include "pki/der.h"
#include "pki/ocsp_check.h"
#include "unit/help_crl.h"
#include "unit/help_ocsp.h"

static const struct mutator *const ways[] = {&mutate_bits, &mutate_cuts, &mutate_tails, &mutate_elements};
#define WAYS (sizeof ways / sizeof ways[0])

static struct good {
    const char *what;
    enum sig_alg alg;
    struct help_ocsp h;
    struct buf crl, ocsp;
} goods[] = {{.what = "SM2", .alg = SIG_SM2_SM3}, {.what = "RSA", .alg = SIG_RSA_SHA256}};
#define GOODS (sizeof goods / sizeof goods[0])

static const struct good *good_of(const char *what)
{
    size_t i = 0;
    while (i < GOODS - 1 && strcmp(goods[i].what, what) != 0)
        i++;
    return &goods[i];
}

/* Once for both kinds. The RSA list is a delta. */
static void make(struct good *g)
{
    if (g->h.ca != NULL)
        return;
    help_ocsp_make(&g->h, g->alg);
    struct crl_head head = help_crl_head(g->h.ca, g->alg);
    head.base = g->alg == SIG_RSA_SHA256 ? 3 : 0;
    help_crl(&head, help_crl_entries, 4, g->h.ca_key, &g->crl);
    struct ocsp_status s = help_ocsp_status(&g->h);
    s.revoked = true;
    s.revoked_at = s.this_update;
    s.reason = 6;
    help_ocsp_response(&g->h, &s, &g->ocsp);
}

static void prepare_crl(struct inputs *in)
{
    for (size_t i = 0; i < GOODS; i++) {
        make(&goods[i]);
        for (size_t m = 0; m < WAYS; m++)
            inputs_add(in, goods[i].what, buf_span(&goods[i].crl), ways[m]);
    }
}

static void prepare_ocsp(struct inputs *in)
{
    for (size_t i = 0; i < GOODS; i++) {
        make(&goods[i]);
        for (size_t m = 0; m < WAYS; m++)
            inputs_add(in, goods[i].what, buf_span(&goods[i].ocsp), ways[m]);
    }
}

/* The same: the very bytes. A list has one form. */
static enum err judge_crl(const char *what, struct span bytes, bool *same)
{
    const struct good *g = good_of(what);
    struct crl_view *v;
    struct crl_entry entry;
    struct diag d = {0};
    bool more = true;
    bad_write("crl", bytes);
    char path[256];
    snprintf(path, sizeof path, "%s/crl", bad_folder());
    FILE *f = fopen(path, "rb");
    bad_must(f != NULL, "%s", path);
    enum err e = crl_view_open(fileno(f), false, &v, &d);
    while (e == E_OK && more)
        e = crl_view_next(v, &entry, &more, &d);
    if (e == E_OK)
        e = crl_verify(v, X509_get0_pubkey(g->h.ca), &d);
    *same = der_same(bytes, buf_span(&g->crl));
    crl_view_close(v);
    fclose(f);
    return e;
}

/* The same: what is signed, the signature and the responder's certificate, byte for byte. The algorithm's identifier is not
 * signed, and for SM2 it has two forms of one meaning (with NULL and without parameters). */
static enum err judge_ocsp(const char *what, struct span bytes, bool *same)
{
    const struct good *g = good_of(what);
    struct ocsp_view v, good;
    struct diag d = {0};
    bad_must(ocsp_view_response(buf_span(&g->ocsp), &good, &d) == E_OK, "the good response: %s", d.text);
    enum err e = ocsp_view_response(bytes, &v, &d);
    *same = e == E_OK && v.alg == good.alg && der_same(v.tbs, good.tbs) && der_same(v.signature, good.signature) &&
            der_same(v.responder, good.responder);
    return e == E_OK ? ocsp_verify(&v, g->h.ca, &d) : e;
}

const struct kind kind_crl = {"crl", prepare_crl, judge_crl, NULL}, kind_ocsp = {"ocsp", prepare_ocsp, judge_ocsp, NULL};
