/* cmc.c - CMC requests spoilt after they were signed: by OpenSSL with RSA and ECDSA, and with SM2. */
#include "bad/bad.h"
#include "pki/cert.h"
#include "pki/der.h"
#include "ra/cmc.h"
#include "unit/help_bundle.h"
#include "unit/help_cmc.h"
#include "unit/help_pki.h"

#define KEYS 3

static const char *const names[KEYS] = {"rsa", "p256", "sm2"};

static struct made {
    X509 *cert[KEYS];
    struct buf file[KEYS];
} *made(void)
{
    static const enum sig_alg algs[KEYS] = {SIG_RSA_SHA256, SIG_ECDSA_SHA256, SIG_SM2_SM3};
    static struct made m;
    struct buf csr = {0};
    for (int i = 0; m.cert[KEYS - 1] == NULL && i < KEYS; i++) { /* once, before the workers are */
        EVP_PKEY *key = help_key(alg_sig_key(algs[i]));
        m.cert[i] = help_cert(key, algs[i], "another RA");
        if (csr.len == 0)
            help_csr(key, algs[i], NULL, &csr);
        help_cmc_good(buf_span(&csr), m.cert[i], key, &m.file[i]);
        EVP_PKEY_free(key);
    }
    buf_free(&csr);
    return &m;
}

static void prepare(struct inputs *in)
{
    static const struct mutator *const ways[] = {&mutate_bits, &mutate_cuts, &mutate_tails, &mutate_elements};
    for (int i = 0; i < KEYS; i++)
        for (size_t m = 0; m < 4; m++)
            inputs_add(in, names[i], buf_span(&made()->file[i]), ways[m]);
}

static struct span last_of(struct span in)
{
    struct der e = {0};
    while (der_next(&in, &e)) {
    }
    return e.body;
}

/* The signature: the last of the last SignerInfo of the SignedData that is the last of the whole. */
static struct span signature(struct span file)
{
    struct span in = last_of(last_of(last_of(file)));
    return last_of(last_of(last_of(in)));
}

/* The same: in DER, the very same PKIData under the very same signature. What is left is the algorithm's identifier, which
 * for SM2 has two forms of one meaning, and for RSA names the digest or leaves it to the digest's own. */
static enum err judge(const char *what, struct span bytes, bool *same)
{
    struct made *m = made();
    struct cmc c, good;
    struct diag d = {0};
    int i = what == names[0] ? 0 : what == names[1] ? 1 : 2;
    *same = false;
    enum err e = cmc_parse(bytes, &c, &d);
    if (e == E_OK)
        e = cmc_verify(&c, m->cert[i], HELP_BUNDLE_NOW, &d);
    if (e == E_OK) {
        bad_must(cmc_parse(buf_span(&m->file[i]), &good, &d) == E_OK, "%s", d.text);
        *same = der_check(bytes) && c.n == good.n && der_same(c.content, good.content) &&
                der_same(signature(bytes), signature(buf_span(&m->file[i])));
        cmc_free(&good);
    }
    cmc_free(&c);
    return e;
}

const struct kind kind_cmc = {"cmc", prepare, judge, NULL};
