/*
 * history STATE MODULE AUTHORITY N [BATCH] - gives a state a past: N certificates of the authority's profile person-sign, in
 * batches of BATCH (10,000), as if they had been issued before. Written through the programs' own parts, in their own formats:
 * each batch has its plan in the archive, and in the log its lines, from `batch` to `bundle`, with a seal that the token's log
 * key signs; at the end the token is told of the log, and the index made from it. The PIN is read from descriptor 3.
 *
 * What a token would take hours for is left out: no request, approval or authorisation was ever there, keys are random bytes, and
 * all certificates have one signature, of a key that is thrown away. The signer asks for none of this of what is issued; an
 * auditor would find all of it.
 */
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "batch/own_key.h"
#include "batch/plan.h"
#include "batch/sealing.h"
#include "batch/witness.h"
#include "core/base64.h"
#include "core/clock.h"
#include "core/file.h"
#include "core/version.h"
#include "hsm/login.h"
#include "log/merkle_lines.h"
#include "pki/cert.h"
#include "pki/key.h"
#include "pki/tbs.h"

#define PIN_FD 3
#define RA "history"
#define PROFILE "person-sign"
#define POINT 26 /* where the point of a P-256 key begins in its 91 bytes: 04, X, Y */
#define SPKI 91

static struct diag d;

struct past {
    struct state state;
    struct hsm *token;
    struct hsm_key *log_key;
    const struct policy_authority *authority;
    const struct policy_profile *profile;
    const struct policy_key *row;
    struct buf issuer; /* its name, DER */
    struct key issuer_key;
    int64_t now, from, to; /* validity of everything */
    struct buf signature;  /* the one they all have */
    char *signature_text;
    uint8_t spki[SPKI];
    int64_t made;
};

static void need(bool ok, enum err e)
{
    if (ok)
        return;
    diag_print("history", e, &d);
    exit(1);
}

static void must(enum err e)
{
    need(e == E_OK, e);
}

static void append(struct past *p, enum record_type type, json_t *fields)
{
    must(log_append(p->state.log, type, fields, &d));
}

/* -- what all certificates share -- */

static void find_rows(struct past *p, const char *authority)
{
    p->authority = policy_authority_find(&policy_table, authority);
    need(p->authority != NULL, E_AUTHORITY);
    p->profile = policy_profile_find(p->authority, PROFILE);
    need(p->profile != NULL, E_PROFILE);
    p->row = policy_key_find(&policy_table, p->profile->key);
    need(p->row != NULL, E_KEY_MISSING);
}

static void read_issuer(struct past *p)
{
    X509 *cert;
    EVP_PKEY *public;
    must(state_anchor(&p->state, p->row->name, &cert, &d));
    must(state_public_key(&p->state, p->row->name, &public, &d));
    must(key_from_pkey(public, &p->issuer_key, &d));
    unsigned char *der = NULL;
    int n = i2d_X509_NAME(X509_get_subject_name(cert), &der);
    need(n > 0, E_CRYPTO);
    buf_append(&p->issuer, der, (size_t)n);
    OPENSSL_free(der);
    EVP_PKEY_free(public);
    X509_free(cert);
}

/* A key of the token's kind, and what it says of one certificate. */
static void sign_once(struct past *p)
{
    static const uint8_t text[] = "history";
    EVP_PKEY *key = p->row->kind == KEY_RSA ? EVP_RSA_gen((unsigned)p->row->bits) : EVP_PKEY_Q_keygen(NULL, NULL, "SM2");
    need(key != NULL, E_CRYPTO);
    must(alg_sign(p->row->alg, key, (struct span){text, sizeof text}, &p->signature));
    p->signature_text = base64_string(p->signature.data, p->signature.len);
    need(p->signature_text != NULL, E_NO_MEMORY);
    EVP_PKEY_free(key);
}

static void begin_keys(struct past *p)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    struct key k;
    need(key != NULL, E_CRYPTO);
    must(key_from_pkey(key, &k, &d));
    need(k.spki.len == SPKI, E_CRYPTO);
    memcpy(p->spki, k.spki.data, SPKI);
    key_free(&k);
    EVP_PKEY_free(key);
}

/* -- one certificate -- */

static void subject(int64_t n, struct buf *out)
{
    char name[32];
    unsigned char *der = NULL;
    X509_NAME *x = X509_NAME_new();
    snprintf(name, sizeof name, "history %07lld", (long long)n);
    need(x != NULL && X509_NAME_add_entry_by_txt(x, "C", MBSTRING_ASC, (const unsigned char *)"CN", -1, -1, 0) == 1 &&
             X509_NAME_add_entry_by_txt(x, "CN", MBSTRING_UTF8, (const unsigned char *)name, -1, -1, 0) == 1,
         E_CRYPTO);
    int size = i2d_X509_NAME(x, &der);
    need(size > 0, E_CRYPTO);
    buf_append(out, der, (size_t)size);
    OPENSSL_free(der);
    X509_NAME_free(x);
}

static void build(struct past *p, struct plan_item *item)
{
    struct buf name = {0};
    uint8_t ski[SHA_DIGEST_LENGTH];
    need(RAND_bytes(p->spki + POINT + 1, SPKI - POINT - 1) == 1 && RAND_bytes(item->serial, SERIAL_LEN) == 1, E_CRYPTO);
    item->serial[0] = (uint8_t)(item->serial[0] & 0x3f) | 0x40;
    SHA1(p->spki + POINT, SPKI - POINT, ski);
    subject(++p->made, &name);
    const struct tbs_spec spec = {
        .serial = {item->serial, SERIAL_LEN},
        .alg = p->row->alg,
        .sm2_null = policy_sm2_null(p->profile, p->row),
        .issuer = buf_span(&p->issuer),
        .not_before = p->from,
        .not_after = p->to,
        .subject = buf_span(&name),
        .spki = {p->spki, SPKI},
        .aki = {p->issuer_key.ski, sizeof p->issuer_key.ski},
        .ski = {ski, sizeof ski},
        .key_usage = p->profile->key_usage,
        .policies = &p->profile->policies,
        .crl = &p->profile->crl,
        .ocsp = &p->profile->ocsp,
        .issuers = &p->profile->issuers,
    };
    must(tbs_build(&spec, &item->tbs, &d));
    buf_free(&name);
}

static void log_issued(struct past *p, const char *batch, const struct plan_item *item)
{
    char serial[2 * SERIAL_LEN + 1], hex[DIGEST_HEX];
    uint8_t digest[DIGEST_LEN];
    struct buf cert = {0};
    hex_encode(item->serial, SERIAL_LEN, serial);
    must(cert_assemble(buf_span(&item->tbs), p->row->alg, policy_sm2_null(p->profile, p->row), buf_span(&p->signature), &cert));
    must(digest_bytes(DIGEST_SHA256, cert.data, cert.len, digest));
    hex_encode(digest, DIGEST_LEN, hex);
    append(p, RECORD_ISSUED,
           json_pack("{s:s,s:I,s:s,s:s,s:s,s:s,s:s,s:s,s:s}", "batch", batch, "n", (json_int_t)item->n, "authority",
                     p->authority->name, "profile", item->profile, "key", item->key, "serial", serial, "certificate", hex,
                     "signature", p->signature_text, "supersedes", ""));
    buf_free(&cert);
}

/* -- one batch -- */

struct items {
    struct plan_item *item;
    int64_t n;
};

static void make_items(struct past *p, struct items *all)
{
    for (int64_t i = 0; i < all->n; i++) {
        struct plan_item *item = &all->item[i];
        *item = (struct plan_item){.n = i + 1, .act = PLAN_ISSUE};
        snprintf(item->id, sizeof item->id, "h-%lld", (long long)p->made + 1);
        snprintf(item->clause, sizeof item->clause, "%s", p->profile->validity_clause);
        snprintf(item->profile, sizeof item->profile, "%s", p->profile->name);
        snprintf(item->key, sizeof item->key, "%s", p->row->name);
        build(p, item);
    }
}

static void write_plan(struct past *p, const struct items *all, int64_t sequence, struct plan_header *h, uint8_t digest[DIGEST_LEN])
{
    const struct log_position *at = log_position(p->state.log);
    struct plan_counts counts = {.issue = all->n};
    struct buf text = {0};
    char dir[DIGEST_HEX];
    int fd;
    h->sequence = sequence;
    snprintf(h->authority, sizeof h->authority, "%s", p->authority->name);
    snprintf(h->ra, sizeof h->ra, RA);
    snprintf(h->id, sizeof h->id, "history-%lld", (long long)sequence);
    memcpy(h->policy, p->state.policy_digest, DIGEST_LEN);
    h->created = p->now;
    h->expires = p->now + policy_table.limits.plan_lifetime;
    h->log_size = at->size;
    h->log_bytes = at->bytes;
    memcpy(h->log_head, at->head, DIGEST_LEN);
    must(plan_write_header(h, &text));
    for (int64_t i = 0; i < all->n; i++)
        must(plan_write_item(&all->item[i], &text));
    must(plan_write_end(&counts, &text));
    must(merkle_lines_root(buf_span(&text), digest));
    hex_encode(h->intake, DIGEST_LEN, dir);
    must(file_make_dir(p->state.archive_fd, dir, &fd, &d));
    must(file_write(fd, PLAN_FILE, text.data, text.len, &d));
    close(fd);
    buf_free(&text);
}

static void log_intent(struct past *p, const struct plan_header *h, const struct items *all, const char *batch,
                       const uint8_t plan[DIGEST_LEN])
{
    char intake[DIGEST_HEX], digest[DIGEST_HEX], policy[DIGEST_HEX];
    hex_encode(h->intake, DIGEST_LEN, intake);
    hex_encode(plan, DIGEST_LEN, digest);
    hex_encode(h->policy, DIGEST_LEN, policy);
    append(p, RECORD_PLAN,
           json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:I,s:I,s:I,s:I,s:I,s:s}", "batch", batch, "intake", intake, "plan", digest, "policy",
                     policy, "authority", h->authority, "ra", h->ra, "sequence", (json_int_t)h->sequence, "issue",
                     (json_int_t)all->n, "refuse", (json_int_t)0, "status", (json_int_t)0, "lists", (json_int_t)0, "program",
                     PROGRAM_NAME));
}

static void make_batch(struct past *p, struct items *all, int64_t sequence)
{
    struct plan_header h = {0};
    uint8_t plan[DIGEST_LEN];
    char batch[DIGEST_HEX], intake[DIGEST_HEX];
    need(RAND_bytes(h.batch, DIGEST_LEN) == 1 && RAND_bytes(h.intake, DIGEST_LEN) == 1, E_CRYPTO);
    hex_encode(h.batch, DIGEST_LEN, batch);
    hex_encode(h.intake, DIGEST_LEN, intake);
    make_items(p, all);
    append(p, RECORD_BATCH, json_pack("{s:s,s:s,s:s,s:s,s:I,s:I}", "batch", batch, "intake", intake, "authority", p->authority->name,
                                      "ra", RA, "sequence", (json_int_t)sequence, "requests", (json_int_t)all->n));
    must(log_sync(p->state.log, &d));
    write_plan(p, all, sequence, &h, plan);
    log_intent(p, &h, all, batch, plan);
    for (int64_t i = 0; i < all->n; i++) {
        log_issued(p, batch, &all->item[i]);
        plan_item_free(&all->item[i]);
    }
    must(sealing_run(&p->state, p->log_key, &d));
    append(p, RECORD_BUNDLE, json_pack("{s:s,s:s}", "batch", batch, "bundle", intake)); /* there is none of this name */
}

static void make_all(struct past *p, int64_t n, int64_t batch)
{
    struct items all = {calloc((size_t)batch, sizeof *all.item), batch};
    need(all.item != NULL, E_NO_MEMORY);
    for (int64_t sequence = 1; p->made < n; sequence++) {
        if (all.n > n - p->made)
            all.n = n - p->made;
        make_batch(p, &all, sequence);
    }
    free(all.item);
    must(log_sync(p->state.log, &d));
    must(state_refresh(&p->state, &d));
    must(witness_write(&p->state, p->token, &d));
}

int main(int argc, char **argv)
{
    static const struct hsm_patience patience = {"history", 60, NULL};
    struct past p = {.now = clock_now()};
    int64_t n = argc >= 5 ? atoll(argv[4]) : 0, batch = argc >= 6 ? atoll(argv[5]) : 10000;
    if (argc < 5 || argc > 6 || n < 1 || batch < 1) {
        fprintf(stderr, "usage: history STATE MODULE AUTHORITY N [BATCH]\n");
        return 2;
    }
    must(state_open(argv[1], &policy_table, STATE_FROM_LOG, &p.state, &d));
    must(hsm_open(argv[2], policy_table.token, policy_table.vendor, &patience, &p.token, &d));
    must(login_run(p.token, PIN_FD, 1, &d));
    must(witness_check(&p.state, p.token, &d));
    must(own_key_open(&p.state, p.token, policy_table.log_key.name, &p.log_key, &d));
    find_rows(&p, argv[3]);
    p.from = p.now;
    p.to = tbs_add_period(p.now, &p.profile->validity) - 1;
    read_issuer(&p);
    sign_once(&p);
    begin_keys(&p);
    make_all(&p, n, batch);
    printf("%lld certificates, %llu lines\n", (long long)p.made, (unsigned long long)log_position(p.state.log)->size);
    free(p.signature_text);
    buf_free(&p.signature);
    buf_free(&p.issuer);
    key_free(&p.issuer_key);
    hsm_close(p.token);
    state_close(&p.state);
    return 0;
}
