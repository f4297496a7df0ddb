#include "audit/evidence_archive.h"

#include <openssl/pem.h>
#include <string.h>

#include "audit/audit.h"
#include "audit/carried.h"
#include "batch/intake.h"
#include "batch/plan_parse.h"
#include "core/base64.h"
#include "core/file.h"
#include "core/map.h"
#include "pki/cert.h"
#include "pki/der.h"
#include "pki/pem.h"

#define FILES_MAX (16 * LIMIT_MEDIUM_FILES)

/* -- two lines of a file -- */

static struct span next_line(struct span *rest)
{
    const uint8_t *newline = memchr(rest->p, '\n', rest->n);
    struct span line = {rest->p, newline != NULL ? (size_t)(newline - rest->p) : rest->n};
    size_t used = line.n + (newline != NULL);
    *rest = (struct span){rest->p + used, rest->n - used};
    return line;
}

static uint64_t count_lines(struct span file)
{
    uint64_t n = 0;
    while (file.n > 0) {
        (void)next_line(&file);
        n++;
    }
    return n;
}

/* The line with this number from 0, and its path. */
static enum err add_line(struct span file, uint64_t index, uint64_t size, struct evidence_lines *out)
{
    struct proof_maker maker;
    struct evidence_line *one;
    enum err e = evidence_add_line(out, index, &one);
    if (e != E_OK)
        return e;
    proof_of_leaf(&maker, index, size);
    for (uint64_t i = 0; file.n > 0 && e == E_OK; i++) {
        struct span line = next_line(&file);
        if (i == index)
            buf_append(&one->bytes, line.p, line.n);
        e = proof_take(&maker, line);
    }
    one->path = maker.proof;
    return e == E_OK ? buf_err(&one->bytes) : e;
}

static enum err add_pair(int fd, const char *name, size_t max, int64_t n, struct evidence_lines *out, struct diag *d)
{
    struct span file;
    enum err e = audit_archive(map_open(fd, name, max, &file, d), d);
    if (e != E_OK)
        return e;
    uint64_t size = count_lines(file);
    if (size <= (uint64_t)n)
        e = diag_set(d, E_ARCHIVE, "%s has no line %lld", name, (long long)n + 1);
    else if ((e = add_line(file, 0, size, out)) != E_OK || (e = add_line(file, (uint64_t)n, size, out)) != E_OK)
        diag_set(d, e, "%s", name);
    map_close(&file);
    return e;
}

/* -- signatures of persons -- */

static bool has_digest(struct span der, const uint8_t digest[DIGEST_LEN])
{
    uint8_t got[DIGEST_LEN];
    return digest_bytes(DIGEST_SHA256, der.p, der.n, got) == E_OK && memcmp(got, digest, DIGEST_LEN) == 0;
}

/* The certificate with this SHA-256, that the policy pins or that the signature carries. */
static enum err find_certificate(const struct policy *p, const uint8_t digest[DIGEST_LEN], struct span cms, struct buf *out,
                                 bool *found, struct diag *d)
{
    struct span der = {0};
    for (size_t i = 0; i < p->persons_n && der.n == 0; i++)
        if (has_digest(p->persons[i].certificate, digest))
            der = p->persons[i].certificate;
    for (size_t i = 0; i < p->officers_n && der.n == 0; i++)
        if (has_digest(p->officers[i].certificate, digest))
            der = p->officers[i].certificate;
    *found = der.n > 0;
    if (!*found)
        return carried_certificate(cms, digest, out, found, d);
    buf_append(out, der.p, der.n);
    return buf_err(out);
}

/* As DER, whatever it came as. */
static enum err add_signature(const struct policy *p, const struct buf *file, const char *name, const uint8_t digest[DIGEST_LEN],
                              enum err unknown, struct evidence_signatures *out, struct diag *d)
{
    struct evidence_signature *one;
    bool found = false;
    enum err e = evidence_add_signature(out, &one);
    if (e != E_OK)
        return diag_set(d, e, "%s", name);
    if (file->len > 0 && file->data[0] == DER_SEQUENCE)
        buf_append(&one->cms, file->data, file->len);
    else if (!pem_only(buf_span(file), PEM_STRING_CMS, PEM_STRING_PKCS7, &one->cms))
        return diag_set(d, E_ARCHIVE, "%s is no CMS signature", name);
    e = buf_err(&one->cms);
    if (e == E_OK)
        e = find_certificate(p, digest, buf_span(&one->cms), &one->certificate, &found, d);
    if (e == E_OK && !found)
        e = diag_set(d, unknown, "%s: the certificate is neither in this program's policy nor in the signature", name);
    return e;
}

/* The plan's header has them in the order of their files' names. */
static enum err add_approvals(int fd, const struct policy *p, struct evidence *e, struct diag *d)
{
    struct plan_header h;
    struct file_list list = {0};
    enum err err = audit_archive(plan_parse_header(buf_span(&e->plan.v[0].bytes), &h, d), d);
    if (err == E_OK)
        err = audit_archive(file_list(fd, FILES_MAX, &list, d), d);
    for (size_t i = 0; i < list.n && err == E_OK; i++) {
        struct buf bytes = {0};
        if (!intake_is_approval(list.names[i]))
            continue;
        if (e->approvals.n == h.approvals_n)
            err = diag_set(d, E_ARCHIVE, "there are more approvals than the plan has");
        else
            err = audit_archive(file_read(fd, list.names[i], LIMIT_APPROVAL_BYTES, &bytes, NULL, d), d);
        if (err == E_OK)
            err = add_signature(p, &bytes, list.names[i], h.approvals[e->approvals.n].certificate, E_APPROVAL_PERSON, &e->approvals, d);
        buf_free(&bytes);
    }
    file_list_free(&list);
    return err;
}

/* The file that an authorise line names by its digest. */
static enum err add_authorisation(int fd, const struct file_list *list, const struct policy *p, const struct record *r,
                                  struct evidence *e, struct diag *d)
{
    uint8_t officer[DIGEST_LEN], signature[DIGEST_LEN];
    bool found = false;
    enum err err = record_digest(r, "officer", officer);
    if (err == E_OK)
        err = record_digest(r, "signature", signature);
    for (size_t i = 0; i < list->n && err == E_OK && !found; i++) {
        struct buf bytes = {0};
        if (strncmp(list->names[i], AUTHORISATION_PREFIX, strlen(AUTHORISATION_PREFIX)) != 0)
            continue;
        err = audit_archive(file_read(fd, list->names[i], LIMIT_APPROVAL_BYTES, &bytes, NULL, d), d);
        found = err == E_OK && has_digest(buf_span(&bytes), signature);
        if (found)
            err = add_signature(p, &bytes, list->names[i], officer, E_OFFICER, &e->authorisations, d);
        buf_free(&bytes);
    }
    if (err == E_OK && !found)
        err = diag_set(d, E_ARCHIVE, "the authorisation of line %llu is not there", (unsigned long long)r->seq);
    return err;
}

static enum err add_authorisations(int fd, const struct policy *p, struct evidence *e, struct diag *d)
{
    struct file_list list = {0};
    enum err err = audit_archive(file_list(fd, FILES_MAX, &list, d), d);
    for (size_t i = 0; i < e->log.n && err == E_OK; i++) {
        struct record r;
        err = record_parse(buf_span(&e->log.v[i].bytes), &r, d);
        if (err == E_OK && r.type == RECORD_AUTHORISE)
            err = add_authorisation(fd, &list, p, &r, e, d);
        record_free(&r);
    }
    file_list_free(&list);
    return err;
}

/* -- the certificate, from the plan's bytes and the log's signature -- */

static enum err add_certificate(const struct record *issued, struct evidence *e, struct diag *d)
{
    struct plan_item item = {0};
    struct buf signature = {0};
    struct diag why = {0};
    const char *text = record_text(issued, "signature");
    enum err err = plan_parse_item(buf_span(&e->plan.v[1].bytes), e->plan.v[1].index + 1, true, &item, &why);
    if (err == E_OK)
        err = base64_decode(text, strlen(text), &signature);
    if (err == E_OK)
        err = cert_complete(buf_span(&item.tbs), buf_span(&signature), &e->certificate, &why);
    if (err != E_OK)
        err = diag_wrap(d, err == E_NO_MEMORY ? err : E_ARCHIVE, &why, "the plan has no certificate for line %llu",
                       (unsigned long long)issued->seq);
    buf_free(&signature);
    plan_item_free(&item);
    return err;
}

enum err evidence_from_archive(int fd, const struct policy *policy, struct evidence *e, struct diag *d)
{
    struct record issued;
    enum err err = record_parse(buf_span(&e->log.v[e->log.n - 1].bytes), &issued, d);
    int64_t n = err == E_OK ? record_number(&issued, "n") : 0;
    if (err == E_OK)
        err = add_pair(fd, BATCH_FILE, LIMIT_BATCH_BYTES, n, &e->batch, d);
    if (err == E_OK)
        err = add_pair(fd, PLAN_FILE, LIMIT_ARCHIVE_BYTES, n, &e->plan, d);
    if (err == E_OK)
        err = add_approvals(fd, policy, e, d);
    if (err == E_OK)
        err = add_authorisations(fd, policy, e, d);
    if (err == E_OK)
        err = add_certificate(&issued, e, d);
    record_free(&issued);
    return err;
}
