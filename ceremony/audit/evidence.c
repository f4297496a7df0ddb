#include "audit/evidence.h"

#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

#include "batch/plan_parse.h"
#include "core/base64.h"
#include "pki/cause.h"
#include "pki/cert.h"

static enum err out_of_form(struct diag *d, enum err e, const char *what, const struct diag *why)
{
    return diag_wrap(d, e == E_NO_MEMORY ? e : E_EVIDENCE_FORMAT, why, "%s", what);
}

/* -- the log's lines -- */

static enum err read_records(const struct evidence *e, struct evidence_facts *f, struct diag *d)
{
    struct diag why = {0};
    f->records = calloc(e->log.n + 1, sizeof *f->records);
    if (f->records == NULL)
        return diag_set(d, E_NO_MEMORY, "the log's lines");
    for (size_t i = 0; i < e->log.n; i++) {
        const struct evidence_line *line = &e->log.v[i];
        enum err err = record_parse(buf_span(&line->bytes), &f->records[i], &why);
        if (err != E_OK)
            return out_of_form(d, err, "a line of the log", &why);
        f->records_n++;
        if (f->records[i].seq != line->index + 1 || (i > 0 && line->index <= e->log.v[i - 1].index))
            return diag_set(d, E_EVIDENCE_FORMAT, "line %llu of the log is out of its place", (unsigned long long)line->index + 1);
    }
    return E_OK;
}

/* The one line of this type; NULL when there is none or another one. */
static const struct record *only(const struct evidence_facts *f, enum record_type type)
{
    const struct record *found = NULL;
    for (size_t i = 0; i < f->records_n; i++) {
        if (f->records[i].type != type)
            continue;
        if (found != NULL)
            return NULL;
        found = &f->records[i];
    }
    return found;
}

static enum err find_records(struct evidence_facts *f, struct diag *d)
{
    f->genesis = only(f, RECORD_GENESIS);
    f->batch = only(f, RECORD_BATCH);
    f->plan = only(f, RECORD_PLAN);
    f->issued = only(f, RECORD_ISSUED);
    if (f->genesis == NULL || f->batch == NULL || f->plan == NULL || f->issued == NULL)
        return diag_set(d, E_EVIDENCE_FORMAT, "there is not one line of each kind: genesis, batch, plan, issued");
    return E_OK;
}

/* -- certificates of the appliance's keys -- */

enum err evidence_anchor(const struct record *r, X509 **out, struct diag *d)
{
    struct buf der = {0};
    struct diag why = {0};
    const char *text = record_text(r, "certificate");
    *out = NULL;
    enum err e = base64_decode(text, strlen(text), &der);
    if (e == E_OK)
        e = cert_parse(buf_span(&der), out, &why);
    if (e != E_OK)
        e = out_of_form(d, e, record_text(r, "key"), &why);
    buf_free(&der);
    return e;
}

static enum err read_anchor(const struct evidence_facts *f, const char *key, X509 **out, struct diag *d)
{
    for (size_t i = 0; i < f->records_n; i++)
        if (f->records[i].type == RECORD_ANCHOR && strcmp(record_text(&f->records[i], "key"), key) == 0)
            return evidence_anchor(&f->records[i], out, d);
    *out = NULL;
    return diag_set(d, E_EVIDENCE_FORMAT, "no line of the log has the certificate of the key %s", key);
}

/* How a certificate with this algorithm in it is signed. */
static enum err read_algorithm(X509 *x, enum sig_alg *out, struct diag *d)
{
    unsigned char *der = NULL;
    int n = i2d_X509_ALGOR(X509_get0_tbs_sigalg(x), &der);
    enum err e = n > 0 ? alg_from_identifier((struct span){der, (size_t)n}, out) : E_NO_MEMORY;
    OPENSSL_free(der);
    ERR_clear_error();
    return e == E_OK ? E_OK : diag_set(d, E_EVIDENCE_FORMAT, "a certificate is signed in a way that is not known here");
}

/* The log key certifies itself, and so its certificate says how it signs. */
static enum err read_keys(const struct evidence *e, struct evidence_facts *f, struct diag *d)
{
    X509 *x = NULL;
    struct diag why = {0};
    enum err err = read_anchor(f, e->seal.key, &f->log_key, d);
    if (err == E_OK)
        err = read_algorithm(f->log_key, &f->seal_alg, d);
    if (err == E_OK)
        err = read_anchor(f, record_text(f->issued, "key"), &f->issuer, d);
    if (err == E_OK && (err = cert_parse(buf_span(&e->certificate), &x, &why)) != E_OK)
        err = out_of_form(d, err, "the certificate", &why);
    if (err == E_OK)
        err = read_algorithm(x, &f->alg, d);
    X509_free(x);
    return err;
}

/* -- batch and plan -- */

static enum err read_pair(const struct evidence_lines *l, int64_t n, const char *of, struct diag *d)
{
    if (l->n != 2 || l->v[0].index != 0 || l->v[1].index != (uint64_t)n)
        return diag_set(d, E_EVIDENCE_FORMAT, "of the %s there is not the first line and that of request %lld", of, (long long)n);
    return E_OK;
}

static enum err read_batch_and_plan(const struct evidence *e, struct evidence_facts *f, struct diag *d)
{
    struct diag why = {0};
    int64_t n = record_number(f->issued, "n");
    enum err err = read_pair(&e->batch, n, "batch", d);
    if (err == E_OK)
        err = read_pair(&e->plan, n, "plan", d);
    if (err != E_OK)
        return err;
    err = header_parse(buf_span(&e->batch.v[0].bytes), &f->header, &why);
    if (err == E_OK)
        err = request_parse(buf_span(&e->batch.v[1].bytes), (uint64_t)n + 1, &f->request, &why);
    if (err == E_OK)
        err = plan_parse_header(buf_span(&e->plan.v[0].bytes), &f->plan_header, &why);
    if (err == E_OK)
        err = plan_parse_item(buf_span(&e->plan.v[1].bytes), (uint64_t)n + 1, true, &f->item, &why);
    return err == E_OK ? E_OK : out_of_form(d, err, "batch or plan", &why);
}

enum err evidence_read_parts(const struct evidence *e, struct evidence_facts *out, struct diag *d)
{
    *out = (struct evidence_facts){0};
    enum err err = read_records(e, out, d);
    if (err == E_OK)
        err = find_records(out, d);
    if (err == E_OK)
        err = read_keys(e, out, d);
    if (err == E_OK)
        err = read_batch_and_plan(e, out, d);
    return cause_settle(err, d, "the evidence");
}

void evidence_facts_free(struct evidence_facts *f)
{
    for (size_t i = 0; i < f->records_n; i++)
        record_free(&f->records[i]);
    free(f->records);
    X509_free(f->log_key);
    X509_free(f->issuer);
    request_free(&f->request);
    plan_item_free(&f->item);
    *f = (struct evidence_facts){0};
}

/* -- the parts -- */

static void free_lines(struct evidence_lines *l)
{
    for (size_t i = 0; i < l->n; i++)
        buf_free(&l->v[i].bytes);
    free(l->v);
}

static void free_signatures(struct evidence_signatures *s)
{
    for (size_t i = 0; i < s->n; i++) {
        buf_free(&s->v[i].certificate);
        buf_free(&s->v[i].cms);
    }
    free(s->v);
}

enum err evidence_add_line(struct evidence_lines *l, uint64_t index, struct evidence_line **out)
{
    struct evidence_line *more = reallocarray(l->v, l->n + 1, sizeof *more);
    *out = NULL;
    if (more == NULL)
        return E_NO_MEMORY;
    l->v = more;
    *out = &more[l->n++];
    **out = (struct evidence_line){.index = index};
    return E_OK;
}

enum err evidence_add_signature(struct evidence_signatures *s, struct evidence_signature **out)
{
    struct evidence_signature *more = reallocarray(s->v, s->n + 1, sizeof *more);
    *out = NULL;
    if (more == NULL)
        return E_NO_MEMORY;
    s->v = more;
    *out = &more[s->n++];
    **out = (struct evidence_signature){0};
    return E_OK;
}

void evidence_free(struct evidence *e)
{
    seal_free(&e->seal);
    free_lines(&e->log);
    free_lines(&e->batch);
    free_lines(&e->plan);
    free_signatures(&e->approvals);
    free_signatures(&e->authorisations);
    buf_free(&e->certificate);
    *e = (struct evidence){0};
}
