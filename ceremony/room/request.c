#include "room/request.h"

#include <stdio.h>
#include <string.h>

#include "core/file.h"
#include "core/filter.h"
#include "core/sandbox.h"
#include "core/step.h"
#include "pki/csr.h"
#include "pki/pem.h"

#define NAME_CAP 32
#define PEM_BYTES (2 * LIMIT_CSR_BYTES) /* what a request in PEM may have */

/* What goes to the process that reads, and what comes back. */
struct reading {
    int dir_fd;
    const struct script_step *step;
    struct request request;
};

/* -- in the process of its own -- */

static enum err shut_in(const struct reading *job, struct diag *d)
{
    struct sandbox *box;
    enum err e = sandbox_new(&box, d);
    if (e == E_OK)
        e = sandbox_allow_fd(box, job->dir_fd, true, d);
    if (e == E_OK)
        e = sandbox_allow(box, job->step->from, false, d);
    if (e == E_OK)
        e = sandbox_enter(box, d);
    sandbox_free(box);
    return e == E_OK ? filter_strict(d) : e;
}

/* Whoever put it there: it has the digest that was reviewed. */
static enum err check_digest(const struct reading *job, struct diag *d)
{
    char hex[DIGEST_HEX];
    hex_encode(job->request.digest, DIGEST_LEN, hex);
    if (job->step->digest != NULL && strcmp(job->step->digest, hex) != 0)
        return diag_set(d, E_EXPECTATION, "request: %s was expected, %s was found", job->step->digest, hex);
    return E_OK;
}

/* What the file holds, in PEM or DER. */
static enum err request_der(const struct buf *file, struct buf *der)
{
    if (!pem_only(buf_span(file), "CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST", der))
        buf_append(der, file->data, file->len);
    return buf_err(der);
}

static enum err keep(const struct csr *csr, struct request *out, struct diag *d)
{
    const unsigned char *name = NULL;
    size_t n = 0;
    if (X509_NAME_get0_der(csr_subject(csr), &name, &n) != 1)
        return diag_set(d, E_NO_MEMORY, "a name");
    if (n > sizeof out->subject || csr->key.spki.len > sizeof out->spki)
        return diag_set(d, E_CSR_FORMAT, "its subject or its key is larger than any CA's");
    memcpy(out->subject, name, n);
    memcpy(out->spki, csr->key.spki.data, csr->key.spki.len);
    out->subject_n = n;
    out->spki_n = csr->key.spki.len;
    out->alg = csr->alg;
    return E_OK;
}

static enum err read_csr(struct reading *job, const struct buf *file, struct diag *d)
{
    struct buf der = {0};
    struct csr csr = {0};
    enum err e = request_der(file, &der);
    if (e == E_OK)
        e = csr_parse_ca(buf_span(&der), &csr, d);
    if (e == E_OK)
        e = key_check_strength(&csr.key, d);
    if (e == E_OK)
        e = keep(&csr, &job->request, d);
    csr_free(&csr);
    buf_free(&der);
    return e;
}

static enum err run(void *data, struct diag *d)
{
    struct reading *job = data;
    char name[NAME_CAP];
    struct buf file = {0};
    bool found = false;
    snprintf(name, sizeof name, "step-%d.csr", job->step->n);
    enum err e = shut_in(job, d);
    if (e == E_OK)
        e = file_read(job->dir_fd, name, PEM_BYTES, &file, &found, d);
    if (e == E_OK && !found)
        e = file_read_path(job->step->from, PEM_BYTES, E_CSR_FORMAT, &file, d);
    if (e == E_OK)
        e = digest_bytes(DIGEST_SHA256, file.data, file.len, job->request.digest);
    if (e == E_OK)
        e = check_digest(job, d);
    if (e == E_OK)
        e = read_csr(job, &file, d);
    if (e == E_OK && !found)
        e = file_write(job->dir_fd, name, file.data, file.len, d);
    buf_free(&file);
    return e;
}

/* -- in the walker -- */

static bool settle(void *data)
{
    const struct reading *job = data;
    return job->request.subject_n <= REQUEST_SUBJECT && job->request.spki_n <= REQUEST_SPKI;
}

enum err request_take_in(int dir_fd, const struct script_step *s, struct request *out, struct diag *d)
{
    const struct step step = {.name = "request", .run = run, .settle = settle, .keep_fd = dir_fd};
    struct reading job = {.dir_fd = dir_fd, .step = s};
    enum err e = step_run(&step, &job, sizeof job, d);
    *out = job.request;
    return e;
}

enum err request_subject(const struct request *r, struct request_subject *out, struct diag *d)
{
    const unsigned char *p = r->subject;
    *out = (struct request_subject){.alg = r->alg};
    if (r->subject_n == 0 || r->spki_n == 0)
        return diag_set(d, E_ARCHIVE, "no request was taken in");
    out->name = d2i_X509_NAME(NULL, &p, (long)r->subject_n);
    if (out->name == NULL || p != r->subject + r->subject_n)
        return diag_set(d, E_CSR_FORMAT, "its subject");
    return key_from_spki((struct span){r->spki, r->spki_n}, &out->key, d);
}

void request_subject_free(struct request_subject *s)
{
    X509_NAME_free(s->name);
    key_free(&s->key);
    *s = (struct request_subject){0};
}
