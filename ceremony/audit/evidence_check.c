#include <stdio.h>
#include <string.h>

#include "audit/evidence.h"
#include "audit/evidence_decide.h"
#include "audit/issued.h"
#include "batch/approval.h"
#include "batch/authorise.h"
#include "core/base64.h"
#include "core/limits.h"
#include "pki/cause.h"
#include "pki/cert.h"
#include "pki/cms.h"
#include "pki/csr.h"
#include "pki/key.h"
#include "pki/tbs_view.h"

/* What is looked at. */
struct looking {
    const struct evidence *e;
    const struct evidence_facts *f;
    const struct policy *policy;
    const char *anchors;
    struct evidence_verdict *verdict;
};

static enum err other(struct diag *d, const char *what)
{
    return diag_set(d, E_EVIDENCE_CONTENT, "%s", what);
}

/* -- the seal, the log's lines under it -- */

static enum err check_seal(const struct looking *l, struct diag *d)
{
    const struct seal *s = &l->e->seal;
    uint8_t first[DIGEST_LEN];
    const struct buf *genesis = &l->e->log.v[0].bytes;
    enum err e = seal_verify(s, l->f->seal_alg, X509_get0_pubkey(l->f->log_key), d);
    if (e == E_OK)
        e = digest_bytes(s->hash, genesis->data, genesis->len, first);
    if (e != E_OK)
        return e;
    if (l->f->genesis != &l->f->records[0] || memcmp(first, s->log, DIGEST_LEN) != 0 ||
        strcmp(record_text(l->f->genesis, "hash"), digest_name(s->hash)) != 0)
        return diag_set(d, E_LOG_SEAL, "the seal is of another log");
    return E_OK;
}

static enum err check_under(const struct evidence_line *line, uint64_t size, const uint8_t root[DIGEST_LEN], const char *of,
                            struct diag *d)
{
    enum err e = proof_check_leaf(&line->path, buf_span(&line->bytes), line->index, size, root);
    return e == E_OK ? E_OK : diag_set(d, e, "line %llu of the %s", (unsigned long long)line->index + 1, of);
}

static enum err check_log(const struct looking *l, struct diag *d)
{
    const struct evidence *ev = l->e;
    const struct evidence_facts *f = l->f;
    enum err e = E_OK;
    for (size_t i = 0; i < ev->log.n && e == E_OK; i++)
        e = check_under(&ev->log.v[i], ev->seal.size, ev->seal.root, "log", d);
    for (size_t i = 1; i < f->records_n && e == E_OK; i++)
        if (f->records[i].time < f->records[i - 1].time)
            e = other(d, "the log's times go backwards");
    if (e == E_OK && (f->batch->seq > f->plan->seq || f->issued != &f->records[f->records_n - 1]))
        e = other(d, "the log's lines are not in the order of batch, plan, certificate");
    return e;
}

/* -- the keys -- */

/* The one from the ceremony, if there is one. */
static enum err compare_anchor(const struct looking *l, const char *key, X509 *x, struct diag *d)
{
    char path[4096];
    X509 *ours = NULL;
    if (l->anchors == NULL)
        return E_OK;
    if ((size_t)snprintf(path, sizeof path, "%s/%s.pem", l->anchors, key) >= sizeof path)
        return diag_set(d, E_USAGE, "--anchors is too long a path");
    enum err e = cert_load(path, &ours, d);
    if (e == E_OK && X509_cmp(ours, x) != 0)
        e = diag_set(d, E_ANCHOR, "%s is another certificate than %s", key, path);
    X509_free(ours);
    return e;
}

/* The key that signed the certificate certifies itself, or one of those that the log has beside it certifies it. */
static enum err check_issuer(const struct evidence_facts *f, struct diag *d)
{
    bool verified = cert_verify(f->issuer, X509_get0_pubkey(f->issuer), NULL) == E_OK;
    for (size_t i = 0; i < f->records_n && !verified; i++) {
        X509 *above = NULL;
        if (f->records[i].type != RECORD_ANCHOR)
            continue;
        enum err e = evidence_anchor(&f->records[i], &above, d);
        if (e != E_OK)
            return e;
        verified = X509_NAME_cmp(X509_get_issuer_name(f->issuer), X509_get_subject_name(above)) == 0 &&
                   cert_verify(f->issuer, X509_get0_pubkey(above), NULL) == E_OK;
        X509_free(above);
    }
    return verified ? E_OK : diag_set(d, E_CERT_SIGNATURE, "that of %s", record_text(f->issued, "key"));
}

/* Seals are signed with the key that the policy has for that. What it is called under another policy is not known here; but what this
 * program's policy has for something else signs no seals. */
static enum err check_log_key(const struct looking *l, struct diag *d)
{
    const char *key = l->e->seal.key;
    bool known = strcmp(key, l->policy->log_key.name) == 0;
    l->verdict->log_key_known = known;
    if (!known && (l->verdict->same_policy || policy_key_find(l->policy, key) != NULL))
        return diag_set(d, E_LOG_SEAL, "%s is not the key that signs seals", key);
    return E_OK;
}

static enum err check_keys(const struct looking *l, struct diag *d)
{
    const struct evidence_facts *f = l->f;
    enum err e = check_log_key(l, d);
    if (e == E_OK)
        e = compare_anchor(l, l->e->seal.key, f->log_key, d);
    if (e == E_OK)
        e = compare_anchor(l, record_text(f->issued, "key"), f->issuer, d);
    if (e == E_OK)
        e = cert_verify(f->log_key, X509_get0_pubkey(f->log_key), d);
    if (e == E_OK)
        e = check_issuer(f, d);
    l->verdict->anchors_compared = l->anchors != NULL;
    return e;
}

/* Roles, quorum and profile are those of the policy that this program has, or cannot be looked at. */
static enum err compare_policy(const struct looking *l, struct diag *d)
{
    uint8_t digest[DIGEST_LEN];
    (void)d;
    enum err e = policy_digest(l->policy, digest);
    l->verdict->same_policy = e == E_OK && memcmp(digest, l->f->plan_header.policy, DIGEST_LEN) == 0;
    return e;
}

/* -- the batch and the plan that the log names -- */

static enum err check_trees(const struct looking *l, struct diag *d)
{
    const struct evidence *ev = l->e;
    const struct record *plan = l->f->plan;
    uint8_t batch_root[DIGEST_LEN], plan_root[DIGEST_LEN];
    /* as many lines as log and header say: the plan has a first and a last one besides its items */
    const uint64_t in_batch = (uint64_t)record_number(l->f->batch, "requests") + 1;
    const uint64_t in_plan = (uint64_t)(record_number(plan, "issue") + record_number(plan, "refuse") + record_number(plan, "status") +
                                        record_number(plan, "lists")) + 2;
    enum err e = record_digest(l->f->batch, "batch", batch_root);
    if (e == E_OK)
        e = record_digest(plan, "plan", plan_root);
    for (size_t i = 0; i < 2 && e == E_OK; i++) {
        e = check_under(&ev->batch.v[i], in_batch, batch_root, "batch", d);
        if (e == E_OK)
            e = check_under(&ev->plan.v[i], in_plan, plan_root, "plan", d);
    }
    return e;
}

static bool same_digest(const struct record *r, const char *key, const uint8_t digest[DIGEST_LEN])
{
    char hex[DIGEST_HEX];
    hex_encode(digest, DIGEST_LEN, hex);
    return strcmp(record_text(r, key), hex) == 0;
}

static bool same_text(const struct record *a, const struct record *b, const char *key)
{
    return strcmp(record_text(a, key), record_text(b, key)) == 0;
}

static enum err check_batch(const struct looking *l, struct diag *d)
{
    const struct batch_header *h = &l->f->header;
    const struct record *batch = l->f->batch, *plan = l->f->plan;
    if (strcmp(h->authority, record_text(batch, "authority")) != 0 || strcmp(h->ra, record_text(batch, "ra")) != 0 ||
        h->sequence != record_number(batch, "sequence") || h->count != record_number(batch, "requests"))
        return other(d, "the log has another batch");
    if (!same_text(batch, plan, "batch") || !same_text(batch, plan, "intake") || !same_text(batch, plan, "authority") ||
        !same_text(batch, plan, "ra") || record_number(batch, "sequence") != record_number(plan, "sequence") ||
        !same_text(batch, l->f->issued, "batch") || !same_text(batch, l->f->issued, "authority"))
        return other(d, "the log's lines are about more than one batch");
    return E_OK;
}

static enum err check_plan(const struct looking *l, struct diag *d)
{
    const struct plan_header *h = &l->f->plan_header;
    const struct record *r = l->f->plan;
    if (!same_digest(r, "batch", h->batch) || !same_digest(r, "intake", h->intake) || !same_digest(r, "policy", h->policy) ||
        strcmp(h->authority, record_text(r, "authority")) != 0 || strcmp(h->ra, record_text(r, "ra")) != 0 ||
        strcmp(h->id, l->f->header.id) != 0 || h->sequence != record_number(r, "sequence"))
        return other(d, "the plan is of another batch than the log says");
    if (r->time < h->created || r->time > h->expires)
        return other(d, "the plan was not good any more, or not yet");
    if (l->f->header.created > h->created + LIMIT_CLOCK_SKEW || l->f->header.valid_until < h->created)
        return other(d, "the batch was not good any more, or not yet");
    return E_OK;
}

/* -- persons -- */

static const struct policy_person *person_of(const struct policy *p, const struct buf *der)
{
    for (size_t i = 0; i < p->persons_n; i++)
        if (p->persons[i].certificate.n == der->len && memcmp(p->persons[i].certificate.p, der->data, der->len) == 0)
            return &p->persons[i];
    return NULL;
}

static const struct policy_officer *officer_of(const struct policy *p, const struct buf *der)
{
    for (size_t i = 0; i < p->officers_n; i++)
        if (p->officers[i].certificate.n == der->len && memcmp(p->officers[i].certificate.p, der->data, der->len) == 0)
            return &p->officers[i];
    return NULL;
}

/* Signed by this very certificate, which was valid then. */
static enum err check_signature(const struct evidence_signature *s, struct span text, int64_t when, struct diag *d)
{
    struct cms *cms = NULL;
    X509 *x = NULL;
    enum err e = cert_parse(buf_span(&s->certificate), &x, d);
    if (e == E_OK)
        e = cms_parse_person(buf_span(&s->cms), &cms, d);
    if (e == E_OK && !cms_is_by(cms, x))
        e = diag_set(d, E_APPROVAL_SIGNATURE, "it is by another certificate");
    if (e == E_OK)
        e = cms_verify(cms, x, text, d);
    if (e == E_OK)
        e = cert_check_time(x, when, d);
    cms_free(cms);
    X509_free(x);
    return e;
}

/* Nobody signs twice. */
static bool are_distinct(const struct evidence_signatures *s)
{
    for (size_t i = 0; i < s->n; i++)
        for (size_t j = 0; j < i; j++)
            if (s->v[i].certificate.len == s->v[j].certificate.len &&
                memcmp(s->v[i].certificate.data, s->v[j].certificate.data, s->v[i].certificate.len) == 0)
                return false;
    return true;
}

/* As many of each role as the policy asks for. */
static enum err check_roles(const struct looking *l, struct diag *d)
{
    const struct policy_authority *a = policy_authority_find(l->policy, l->f->header.authority);
    int of[POLICY_ROLE_COUNT] = {0};
    if (a == NULL)
        return diag_set(d, E_AUTHORITY, "%s", l->f->header.authority);
    for (size_t i = 0; i < l->e->approvals.n; i++) {
        const struct policy_person *p = person_of(l->policy, &l->e->approvals.v[i].certificate);
        if (p == NULL || strcmp(p->ra, l->f->header.ra) != 0 || p->role != l->f->plan_header.approvals[i].role)
            return diag_set(d, E_APPROVAL_PERSON, "approval %zu", i + 1);
        of[p->role]++;
    }
    return approval_check_roles(a, of, d);
}

static enum err check_approvals(const struct looking *l, struct diag *d)
{
    const struct plan_header *h = &l->f->plan_header;
    const struct evidence_signatures *s = &l->e->approvals;
    struct buf text = {0};
    if (s->n != h->approvals_n || s->n == 0 || !are_distinct(s))
        return other(d, "the approvals are not those of the plan");
    enum err e = approval_text(h->batch, &text);
    for (size_t i = 0; i < s->n && e == E_OK; i++) {
        uint8_t digest[DIGEST_LEN];
        struct diag why = {0};
        e = digest_bytes(DIGEST_SHA256, s->v[i].certificate.data, s->v[i].certificate.len, digest);
        if (e == E_OK && memcmp(digest, h->approvals[i].certificate, DIGEST_LEN) != 0)
            e = other(&why, "the plan has another person");
        if (e == E_OK)
            e = check_signature(&s->v[i], buf_span(&text), h->created, &why);
        if (e != E_OK)
            diag_wrap(d, e, &why, "approval %zu", i + 1);
    }
    if (e == E_OK && l->verdict->same_policy)
        e = check_roles(l, d);
    buf_free(&text);
    return e;
}

static enum err check_authorisation(const struct looking *l, const struct record *r, const struct evidence_signature *s,
                                    struct span text, struct diag *d)
{
    uint8_t officer[DIGEST_LEN], signature[DIGEST_LEN];
    enum err e = digest_bytes(DIGEST_SHA256, s->certificate.data, s->certificate.len, officer);
    if (e == E_OK)
        e = digest_bytes(DIGEST_SHA256, s->cms.data, s->cms.len, signature);
    if (e != E_OK)
        return e;
    if (!same_text(r, l->f->plan, "plan") || !same_digest(r, "officer", officer) || !same_digest(r, "signature", signature))
        return other(d, "the log has another one");
    if (l->verdict->same_policy && officer_of(l->policy, &s->certificate) == NULL)
        return diag_set(d, E_OFFICER, "the policy has no such officer");
    e = check_signature(s, text, r->time, d);
    return e == E_APPROVAL_SIGNATURE || e == E_APPROVAL_FORMAT ? E_OFFICER_SIGNATURE : e == E_APPROVAL_EXPIRED ? E_OFFICER : e;
}

static enum err check_authorisations(const struct looking *l, struct diag *d)
{
    const struct evidence_signatures *s = &l->e->authorisations;
    struct buf text = {0};
    uint8_t plan[DIGEST_LEN];
    size_t n = 0;
    enum err e = record_digest(l->f->plan, "plan", plan);
    if (e == E_OK)
        e = authorise_text(&(struct authorise_what){.digest = plan}, &text);
    for (size_t i = 0; i < l->f->records_n && e == E_OK; i++) {
        struct diag why = {0};
        if (l->f->records[i].type != RECORD_AUTHORISE)
            continue;
        if (n == s->n || l->f->records[i].seq > l->f->plan->seq)
            e = other(&why, "it is not there, or came after the plan was taken up");
        else
            e = check_authorisation(l, &l->f->records[i], &s->v[n], buf_span(&text), &why);
        n++;
        if (e != E_OK)
            diag_wrap(d, e, &why, "authorisation %zu", n);
    }
    buf_free(&text);
    if (e == E_OK && (n != s->n || n == 0 || !are_distinct(s)))
        e = other(d, "the authorisations are not those of the log");
    if (e == E_OK && l->verdict->same_policy && n < (size_t)l->policy->quorum)
        e = diag_set_clause(d, E_QUORUM, l->policy->quorum_clause, "%zu of %d officers", n, l->policy->quorum);
    return e;
}

/* -- the certificate -- */

static enum err check_item(const struct looking *l, struct diag *d)
{
    const struct plan_item *i = &l->f->item;
    const struct request *q = &l->f->request;
    const struct record *r = l->f->issued;
    char serial[2 * SERIAL_LEN + 1], supersedes[2 * SERIAL_LEN + 1] = "";
    hex_encode(i->serial, SERIAL_LEN, serial);
    if (i->has_supersedes)
        hex_encode(i->supersedes, SERIAL_LEN, supersedes);
    if (i->act != PLAN_ISSUE || plan_is_eseal(i) || i->n != record_number(r, "n") || strcmp(serial, record_text(r, "serial")) != 0 ||
        strcmp(i->profile, record_text(r, "profile")) != 0 || strcmp(i->key, record_text(r, "key")) != 0 ||
        strcmp(supersedes, record_text(r, "supersedes")) != 0)
        return other(d, "the plan decided something else than the log says");
    if (strcmp(i->id, q->id) != 0 || strcmp(i->profile, q->profile) != 0)
        return other(d, "the plan is about another request");
    if (!op_certifies(q->op) || i->has_supersedes != op_supersedes(q->op) ||
        (i->has_supersedes && memcmp(i->supersedes, q->serial, SERIAL_LEN) != 0))
        return other(d, "the request asks for something else");
    return E_OK;
}

/* The plan's bytes with the log's signature are the certificate, and the log has its digest. */
static enum err check_bytes(const struct looking *l, struct diag *d)
{
    const char *text = record_text(l->f->issued, "signature");
    struct buf signature = {0}, whole = {0};
    uint8_t digest[DIGEST_LEN];
    enum err e = base64_decode(text, strlen(text), &signature);
    if (e == E_OK)
        e = cert_complete(buf_span(&l->f->item.tbs), buf_span(&signature), &whole, d);
    if (e == E_OK)
        e = digest_bytes(DIGEST_SHA256, whole.data, whole.len, digest);
    if (e == E_OK && (!same_digest(l->f->issued, "certificate", digest) || whole.len != l->e->certificate.len ||
                      memcmp(whole.data, l->e->certificate.data, whole.len) != 0))
        e = other(d, "the certificate is not the one of plan and log");
    buf_free(&signature);
    buf_free(&whole);
    return e;
}

/* For the key that was asked for. */
static enum err check_key(const struct looking *l, struct diag *d)
{
    struct csr csr = {0};
    struct tbs_outline t;
    uint8_t digest[DIGEST_LEN];
    enum err e = csr_parse(buf_span(&l->f->request.csr), &csr, d);
    if (e == E_OK)
        e = tbs_outline(buf_span(&l->f->item.tbs), &t, d);
    if (e == E_OK)
        e = digest_bytes(DIGEST_SHA256, t.spki.p, t.spki.n, digest);
    if (e == E_OK && memcmp(digest, csr.key.digest, DIGEST_LEN) != 0)
        e = other(d, "the certificate is for another key than the request");
    csr_free(&csr);
    return e;
}

static enum err check_certificate(const struct looking *l, struct diag *d)
{
    X509 *x = NULL;
    enum err e = cert_parse(buf_span(&l->e->certificate), &x, d);
    if (e == E_OK)
        e = cert_verify(x, X509_get0_pubkey(l->f->issuer), d);
    if (e == E_OK && X509_NAME_cmp(X509_get_issuer_name(x), X509_get_subject_name(l->f->issuer)) != 0)
        e = other(d, "the certificate names another issuer");
    if (e == E_OK && l->verdict->same_policy)
        e = issued_lint(l->policy, l->f->header.authority, &l->f->item, l->f->issuer, d);
    X509_free(x);
    return e;
}

static enum err decide_again(const struct looking *l, struct diag *d)
{
    return l->verdict->same_policy ? evidence_decide(l->e, l->f, l->policy, d) : E_OK;
}

enum err evidence_check(const struct evidence *e, const struct evidence_facts *f, const struct policy *policy, const char *anchors,
                        struct evidence_verdict *out, struct diag *d)
{
    static enum err (*const checks[])(const struct looking *, struct diag *) = {
        check_seal,      check_log,            compare_policy, check_keys,  check_trees, check_batch,       check_plan,
        check_approvals, check_authorisations, check_item,     check_bytes, check_key,   check_certificate, decide_again,
    };
    const struct looking l = {e, f, policy, anchors, out};
    enum err err = E_OK;
    *out = (struct evidence_verdict){0};
    for (size_t i = 0; i < sizeof checks / sizeof checks[0] && err == E_OK; i++)
        err = checks[i](&l, d);
    return cause_settle(err, d, "the evidence");
}
