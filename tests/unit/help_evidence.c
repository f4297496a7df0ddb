#include "help_evidence.h"

#include <stdlib.h>
#include <string.h>

#include "batch/approval.h"
#include "batch/authorise.h"
#include "batch/certify.h"
#include "core/base64.h"
#include "expect.h"
#include "help_pki.h"
#include "log/merkle_lines.h"
#include "log/position.h"
#include "pki/cert.h"
#include "pki/cms.h"
#include "pki/name.h"
#include "ra/lines.h"
#include "sample_records.h"

#define NOW HELP_BUNDLE_NOW
#define PLAN_LINES_MORE 8 /* of the requests after the first one, the list and the end: nobody reads them */

static struct diag d;

/* What is being made. */
struct making {
    struct help_evidence *h;
    struct log_position at;
    EVP_PKEY *keys[HELP_EVIDENCE_PEOPLE];
    X509 *certs[HELP_EVIDENCE_PEOPLE];
    uint8_t batch[DIGEST_LEN], plan[DIGEST_LEN];
    char batch_hex[DIGEST_HEX], plan_hex[DIGEST_HEX];
};

/* -- a line with its path -- */

static void add(struct evidence_lines *l, uint64_t index, struct span line)
{
    struct evidence_line *one;
    expect_ok(evidence_add_line(l, index, &one));
    buf_append(&one->bytes, line.p, line.n);
}

static void add_of_file(const struct buf *file, uint64_t index, uint64_t size, struct evidence_lines *out)
{
    struct proof_maker m;
    struct lines lines = {.rest = buf_span(file)};
    struct span line;
    proof_of_leaf(&m, index, size);
    for (uint64_t i = 0; lines_next(&lines, &line, NULL); i++) {
        expect_ok(proof_take(&m, line));
        if (i == index)
            add(out, index, line);
    }
    out->v[out->n - 1].path = m.proof;
}

/* -- the log, line by line -- */

static void log_line(struct making *m, enum record_type type, json_t *fields)
{
    struct buf line = {0};
    expect_ok_diag(record_write(m->at.size + 1, NOW, type, m->at.head, fields, &line, &d), &d);
    add(&m->h->evidence.log, m->at.size, buf_span(&line));
    expect_ok(position_advance(&m->at, buf_span(&line), NOW));
    buf_free(&line);
}

static void log_anchor(struct making *m, const char *key, const struct buf *der)
{
    char *text = base64_string(der->data, der->len);
    log_line(m, RECORD_ANCHOR, json_pack("{s:s,s:s}", "key", key, "certificate", text));
    free(text);
}

static void finish_log(struct making *m)
{
    struct evidence *e = &m->h->evidence;
    struct buf text = {0};
    for (size_t i = 0; i < e->log.n; i++) {
        struct proof_maker maker;
        proof_of_leaf(&maker, i, e->log.n);
        for (size_t k = 0; k < e->log.n; k++)
            expect_ok(proof_take(&maker, buf_span(&e->log.v[k].bytes)));
        e->log.v[i].path = maker.proof;
    }
    expect_ok(seal_of(&m->at, "the-log", &e->seal));
    expect_ok(seal_text(&e->seal, &text));
    expect_ok(alg_sign(SIG_SM2_SM3, m->h->bundle.keys[HELP_BUNDLE_LOG], buf_span(&text), &e->seal.signature));
    buf_free(&text);
}

/* -- people -- */

static void digest_hex(const struct buf *b, char hex[DIGEST_HEX])
{
    uint8_t digest[DIGEST_LEN];
    expect_ok(digest_bytes(DIGEST_SHA256, b->data, b->len, digest));
    hex_encode(digest, DIGEST_LEN, hex);
}

/* Whom the policy pins. */
static void make_people(struct making *m)
{
    static const enum key_kind kinds[HELP_EVIDENCE_PEOPLE] = {KEY_SM2, KEY_SM2, KEY_RSA};
    static const enum sig_alg algs[HELP_EVIDENCE_PEOPLE] = {SIG_SM2_SM3, SIG_SM2_SM3, SIG_RSA_SHA256};
    static const char *const names[HELP_EVIDENCE_PEOPLE] = {"person", "officer-1", "officer-2"};
    struct help_evidence *h = m->h;
    for (int i = 0; i < HELP_EVIDENCE_PEOPLE; i++) {
        m->keys[i] = help_key(kinds[i]);
        m->certs[i] = help_cert(m->keys[i], algs[i], names[i]);
        expect_ok(cert_write_der(m->certs[i], &h->people[i]));
    }
    h->person = (struct policy_person){names[0], "town", POLICY_ENTRY, buf_span(&h->people[0])};
    for (int i = 0; i < HELP_EVIDENCE_OFFICERS; i++)
        h->officers[i] = (struct policy_officer){names[1 + i], buf_span(&h->people[1 + i])};
    h->policy.persons = &h->person;
    h->policy.persons_n = 1;
    h->policy.officers = h->officers;
    h->policy.officers_n = HELP_EVIDENCE_OFFICERS;
}

static void sign(struct making *m, int who, const struct buf *text, struct evidence_signatures *out)
{
    struct evidence_signature *one;
    const struct buf *der = &m->h->people[who];
    expect_ok(evidence_add_signature(out, &one));
    buf_append(&one->certificate, der->data, der->len);
    expect_ok_diag(cms_sign(m->certs[who], m->keys[who], buf_span(text), NOW, &one->cms, &d), &d);
}

static void approve(struct making *m)
{
    struct buf text = {0};
    expect_ok(approval_text(m->batch, &text));
    sign(m, 0, &text, &m->h->evidence.approvals);
    buf_free(&text);
}

static void authorise(struct making *m)
{
    struct evidence_signatures *s = &m->h->evidence.authorisations;
    struct buf text = {0};
    expect_ok(authorise_text(&(struct authorise_what){.digest = m->plan}, &text));
    for (int i = 0; i < HELP_EVIDENCE_OFFICERS; i++) {
        char officer[DIGEST_HEX], signature[DIGEST_HEX];
        sign(m, 1 + i, &text, s);
        digest_hex(&s->v[i].certificate, officer);
        digest_hex(&s->v[i].cms, signature);
        log_line(m, RECORD_AUTHORISE, json_pack("{s:s,s:s,s:s}", "plan", m->plan_hex, "officer", officer, "signature", signature));
    }
    buf_free(&text);
}

/* -- the plan -- */

static void decide(struct making *m, const struct batch_header *header, struct plan_item *item)
{
    struct help_evidence *h = m->h;
    const struct policy_authority *a = &h->policy.authorities[0];
    struct decider decider = {.policy = &h->policy, .authority = a, .header = header, .now = NOW};
    struct issuer issuer = {.row = &a->keys[0]};
    struct lines lines = {.rest = buf_span(&h->bundle.batch)};
    struct span line;
    struct decision o;
    ck_assert(lines_next(&lines, &line, NULL) && lines_next(&lines, &line, NULL));
    expect_ok_diag(decide_request(&decider, line, E_OK, 2, &o, &d), &d);
    expect_ok(cert_parse(buf_span(&h->bundle.certs[HELP_BUNDLE_ROOT]), &issuer.cert, &d));
    expect_ok(name_from_rules(issuer.row->subject, issuer.row->subjects, &issuer.subject, &d));
    *item = (struct plan_item){.n = 1, .act = PLAN_ISSUE, .serial = {0x40, [15] = 1}};
    snprintf(item->id, sizeof item->id, "%s", o.request.id);
    snprintf(item->clause, sizeof item->clause, "%s", o.clause);
    expect_ok_diag(certify_build(&issuer, &o, NOW, item, &d), &d);
    X509_free(issuer.cert);
    buf_free(&issuer.subject);
    decision_free(&o);
    decider_free(&decider);
}

static void plan(struct making *m, struct plan_item *item)
{
    struct help_evidence *h = m->h;
    struct lines lines = {.rest = buf_span(&h->bundle.batch)};
    struct span line;
    struct batch_header header;
    struct buf *file = &h->plan;
    struct plan_header p = {.created = NOW, .expires = NOW + 86400, .log_size = 3, .log_bytes = 100, .approvals_n = 1};
    ck_assert(lines_next(&lines, &line, NULL));
    expect_ok(header_parse(line, &header, &d));
    memcpy(p.batch, m->batch, DIGEST_LEN);
    memcpy(p.intake, m->batch, DIGEST_LEN);
    snprintf(p.authority, sizeof p.authority, "ca");
    snprintf(p.ra, sizeof p.ra, "town");
    snprintf(p.id, sizeof p.id, "%s", header.id);
    p.sequence = header.sequence;
    expect_ok(policy_digest(&h->policy, p.policy));
    expect_ok(digest_bytes(DIGEST_SHA256, h->people[0].data, h->people[0].len, p.approvals[0].certificate));
    decide(m, &header, item);
    expect_ok(plan_write_header(&p, file));
    expect_ok(plan_write_item(item, file));
    for (int i = 0; i < PLAN_LINES_MORE; i++)
        buf_append_str(file, "{}\n");
    expect_ok(plan_write_end(&(struct plan_counts){.issue = 3, .refuse = 1, .status = 4, .lists = 1}, file));
    expect_ok(merkle_lines_root(buf_span(file), m->plan));
    hex_encode(m->plan, DIGEST_LEN, m->plan_hex);
    add_of_file(file, 0, PLAN_LINES_MORE + 3, &h->evidence.plan);
    add_of_file(file, 1, PLAN_LINES_MORE + 3, &h->evidence.plan);
}

/* -- the certificate -- */

static void certify(struct making *m, const struct plan_item *item)
{
    struct help_evidence *h = m->h;
    struct buf signature = {0};
    char hex[DIGEST_HEX], serial[2 * SERIAL_LEN + 1];
    expect_ok(alg_sign(SIG_SM2_SM3, h->bundle.keys[HELP_BUNDLE_ROOT], buf_span(&item->tbs), &signature));
    expect_ok_diag(cert_complete(buf_span(&item->tbs), buf_span(&signature), &h->evidence.certificate, &d), &d);
    digest_hex(&h->evidence.certificate, hex);
    hex_encode(item->serial, SERIAL_LEN, serial);
    char *text = base64_string(signature.data, signature.len);
    log_line(m, RECORD_ISSUED, json_pack("{s:s,s:I,s:s,s:s,s:s,s:s,s:s,s:s,s:s}", "batch", m->batch_hex, "n", (json_int_t)1,
                                         "authority", "ca", "profile", "person", "key", "ca-root", "serial", serial, "certificate",
                                         hex, "signature", text, "supersedes", ""));
    free(text);
    buf_free(&signature);
}

static void log_batch(struct making *m)
{
    log_line(m, RECORD_BATCH, json_pack("{s:s,s:s,s:s,s:s,s:I,s:I}", "batch", m->batch_hex, "intake", m->batch_hex, "authority", "ca",
                                        "ra", "town", "sequence", (json_int_t)7, "requests", (json_int_t)8));
}

static void log_plan(struct making *m)
{
    char policy[DIGEST_HEX];
    uint8_t digest[DIGEST_LEN];
    expect_ok(policy_digest(&m->h->policy, digest));
    hex_encode(digest, DIGEST_LEN, policy);
    log_line(m, RECORD_PLAN,
             json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:I,s:I,s:I,s:I,s:I,s:s}", "batch", m->batch_hex, "intake", m->batch_hex, "plan",
                       m->plan_hex, "policy", policy, "authority", "ca", "ra", "town", "sequence", (json_int_t)7, "issue",
                       (json_int_t)3, "refuse", (json_int_t)1, "status", (json_int_t)4, "lists", (json_int_t)1, "program",
                       "rootseal 0"));
}

void help_evidence_make(struct help_evidence *h)
{
    struct plan_item item;
    *h = (struct help_evidence){.policy = *help_bundle_policy()};
    struct making m = {.h = h, .at = {.hash = DIGEST_SM3}};
    help_bundle_make(&h->bundle);
    expect_ok(merkle_lines_root(buf_span(&h->bundle.batch), m.batch));
    hex_encode(m.batch, DIGEST_LEN, m.batch_hex);
    add_of_file(&h->bundle.batch, 0, 9, &h->evidence.batch);
    add_of_file(&h->bundle.batch, 1, 9, &h->evidence.batch);
    make_people(&m);
    approve(&m);
    log_line(&m, RECORD_GENESIS, sample_fields(RECORD_GENESIS, "sm3"));
    log_anchor(&m, "the-log", &h->bundle.certs[HELP_BUNDLE_LOG]);
    log_anchor(&m, "ca-root", &h->bundle.certs[HELP_BUNDLE_ROOT]);
    log_batch(&m);
    plan(&m, &item);
    authorise(&m);
    log_plan(&m);
    certify(&m, &item);
    finish_log(&m);
    plan_item_free(&item);
    for (int i = 0; i < HELP_EVIDENCE_PEOPLE; i++) {
        EVP_PKEY_free(m.keys[i]);
        X509_free(m.certs[i]);
    }
    expect_ok_diag(evidence_write(&h->evidence, &h->text, &d), &d);
}

void help_evidence_free(struct help_evidence *h)
{
    evidence_free(&h->evidence);
    help_bundle_free(&h->bundle);
    for (int i = 0; i < HELP_EVIDENCE_PEOPLE; i++)
        buf_free(&h->people[i]);
    buf_free(&h->plan);
    buf_free(&h->text);
}

enum err help_evidence_check(const struct policy *p, struct span text, struct evidence *out, struct diag *why)
{
    struct evidence_facts f = {0};
    struct evidence_verdict verdict = {0};
    enum err e = evidence_parse(text, out, why);
    if (e == E_OK)
        e = evidence_read_parts(out, &f, why);
    if (e == E_OK)
        e = evidence_check(out, &f, p, NULL, &verdict, why);
    evidence_facts_free(&f);
    return e;
}
