#include "bad/people.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bad/bad.h"
#include "batch/certify.h"
#include "pki/cert.h"
#include "pki/cms.h"
#include "unit/expect.h"
#include "unit/help_pki.h"

const char *const people_key_names[PEOPLE_KEYS] = {"RSA", "P-256", "P-384", "SM2"};
const enum sig_alg people_algs[PEOPLE_KEYS] = {SIG_RSA_SHA256, SIG_ECDSA_SHA256, SIG_ECDSA_SHA384, SIG_SM2_SM3};
static const struct policy_subject_key every_key[] = {
    {KEY_RSA, 2048, 4096}, {KEY_P256, 256, 256}, {KEY_P384, 384, 384}, {KEY_SM2, 256, 256}};

static void make_issuer(struct people *p)
{
    uint8_t *der = NULL;
    X509 *cert = p->world.root_certs[0];
    int n = i2d_X509_NAME(X509_get_subject_name(cert), &der);
    bad_must(n > 0, "the issuer's name");
    p->issuer = (struct issuer){.row = &p->world.keys[0], .cert = cert};
    buf_append(&p->issuer.subject, der, (size_t)n);
    OPENSSL_free(der);
}

/* The entry person's certificate, and with it who is pinned, becomes one of an RSA key. */
static void make_rsa_person(struct people *p)
{
    struct world *w = &p->world;
    EVP_PKEY_free(w->person_keys[ENTRY_1]);
    X509_free(w->person_certs[ENTRY_1]);
    w->person_keys[ENTRY_1] = help_key(KEY_RSA);
    w->person_certs[ENTRY_1] = help_cert(w->person_keys[ENTRY_1], SIG_RSA_SHA256, "entry-1");
    buf_reset(&w->der[ENTRY_1]);
    bad_must(cert_write_der(w->person_certs[ENTRY_1], &w->der[ENTRY_1]) == E_OK, "a certificate");
    w->persons[ENTRY_1].certificate = buf_span(&w->der[ENTRY_1]);
}

static void make_requests(struct people *p)
{
    struct batch_header h = world_header(PEOPLE_KEYS);
    X509_NAME *name = name_make("C", "CN", "CN", "gate.example.com", NULL);
    STACK_OF(X509_EXTENSION) *ext = NULL;
    help_extension(&ext, NID_subject_alt_name, "DNS:gate.example.com,IP:192.0.2.7");
    bad_must(header_write(&h, &p->batch) == E_OK, "a header");
    buf_append_byte(&p->batch, '\n');
    for (int k = 0; k < PEOPLE_KEYS; k++) {
        char id[16];
        p->keys[k] = help_key(alg_sig_key(people_algs[k]));
        csr_make(p->keys[k], people_algs[k], name, ext, &p->csr[k]);
        snprintf(id, sizeof id, "r-%d", k + 1);
        line_make(id, "issue", "device", WORLD_NOW, &p->csr[k], &p->batch);
        buf_append_byte(&p->batch, '\n');
    }
    sk_X509_EXTENSION_pop_free(ext, X509_EXTENSION_free);
    X509_NAME_free(name);
}

/* Stock openssl needs files. */
static void make_approvals(struct people *p)
{
    struct world *w = &p->world;
    struct buf key = {0}, text = {0};
    help_approval(buf_span(&p->batch), &text);
    BIO *bio = BIO_new(BIO_s_mem());
    char *pem;
    bad_must(PEM_write_bio_PrivateKey(bio, w->person_keys[ENTRY_1], NULL, NULL, 0, NULL, NULL) == 1, "a key");
    buf_append(&key, "", 0);
    long n = BIO_get_mem_data(bio, &pem);
    buf_append(&key, pem, (size_t)n);
    help_write("key.pem", buf_span(&key));
    help_write_cert("cert.pem", w->person_certs[ENTRY_1]);
    help_write("text", buf_span(&text));
    bad_must(help_run("openssl cms -sign -binary -outform DER -in text -signer cert.pem -inkey key.pem -out entry.p7s"),
             "openssl cms -sign");
    help_read("entry.p7s", &p->approvals[0]);
    help_clean();
    bad_must(cms_sign(w->person_certs[REVIEW_1], w->person_keys[REVIEW_1], buf_span(&text), WORLD_NOW,
                      &p->approvals[1], NULL) == E_OK, "an approval");
    const struct cms_signer signer = cms_signer_in_memory(w->person_keys[REVIEW_1], CMS_GMT0010);
    bad_must(cms_sign_with(w->person_certs[REVIEW_1], &signer, buf_span(&text), WORLD_NOW, &p->gmt0010, NULL) == E_OK,
             "an approval");
    BIO_free(bio);
    buf_free(&key);
    buf_free(&text);
}

struct people *people_get(void)
{
    static struct people p;
    static bool made;
    if (made)
        return &p;
    made = true;
    world_make(&p.world);
    make_rsa_person(&p);
    p.world.profiles[1].keys = every_key;
    p.world.profiles[1].keys_n = PEOPLE_KEYS;
    make_issuer(&p);
    make_requests(&p);
    make_approvals(&p);
    return &p;
}

/* Line 2 of a batch of one request. */
static enum err decide(struct span csr, struct decision *o)
{
    struct world *w = &people_get()->world;
    struct batch_header header = world_header(1);
    struct decider decider = {.policy = &w->policy, .authority = &w->authorities[0], .header = &header, .now = WORLD_NOW};
    struct buf bytes = {0}, line = {0};
    buf_append(&bytes, csr.p, csr.n);
    line_make("r-1", "issue", "device", WORLD_NOW, &bytes, &line);
    enum err e = decide_request(&decider, buf_span(&line), E_OK, 2, o, NULL);
    decider_free(&decider);
    buf_free(&bytes);
    buf_free(&line);
    return e;
}

/* The TBS that is issued for it under "device", appended to tbs: through its line, the decision and the lint. */
static enum err issue(struct span csr, struct buf *tbs)
{
    struct decision o = {0};
    struct plan_item item = {.serial = {0x40, [15] = 1}};
    enum err e = decide(csr, &o);
    if (e == E_OK)
        e = o.code;
    if (e == E_OK)
        e = certify_build(&people_get()->issuer, &o, WORLD_NOW, &item, NULL);
    if (e == E_OK)
        buf_append(tbs, item.tbs.data, item.tbs.len);
    plan_item_free(&item);
    decision_free(&o);
    return e;
}

/* The same: what would be signed for it is, byte for byte, what would be signed for the good one. */
enum err people_judge(const char *what, struct span bytes, bool *same)
{
    struct people *p = people_get();
    struct buf tbs = {0}, good = {0};
    enum err e = issue(bytes, &tbs);
    for (int k = 0; e == E_OK && k < PEOPLE_KEYS; k++)
        if (strcmp(what, people_key_names[k]) == 0)
            bad_must(issue(buf_span(&p->csr[k]), &good) == E_OK, "the good request");
    *same = e == E_OK && tbs.len == good.len && memcmp(tbs.data, good.data, good.len) == 0;
    buf_free(&tbs);
    buf_free(&good);
    return e;
}

void people_write(const char *name, struct span bytes)
{
    const struct people *p = people_get();
    static const char *const names[] = {BATCH_FILE, "entry.p7s", "review.p7s"};
    const struct buf *files[] = {&p->batch, &p->approvals[0], &p->approvals[1]};
    for (int i = 0; i < 3; i++)
        bad_write(names[i], strcmp(names[i], name) == 0 ? bytes : buf_span(files[i]));
}
