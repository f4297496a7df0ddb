#include "batch/approval.h"

#include <string.h>

#include "batch/intake.h"
#include "core/file.h"
#include "log/merkle_lines.h"
#include "pki/cause.h"
#include "pki/cert.h"
#include "pki/cms.h"

enum err approval_text(const uint8_t batch[DIGEST_LEN], struct buf *out)
{
    char hex[DIGEST_HEX];
    hex_encode(batch, DIGEST_LEN, hex);
    buf_printf(out, "rootseal-approve-1\nbatch %s\n", hex);
    return buf_err(out);
}

static enum err find_person(const struct policy *p, const struct cms *cms, const char *name,
                            const struct policy_person **person, X509 **cert, struct diag *d)
{
    *person = NULL;
    *cert = NULL;
    for (size_t i = 0; i < p->persons_n; i++) {
        X509 *x;
        enum err e = cert_parse(p->persons[i].certificate, &x, d);
        if (e != E_OK)
            return e;
        if (cms_is_by(cms, x)) {
            *person = &p->persons[i];
            *cert = x;
            return E_OK;
        }
        X509_free(x);
    }
    return diag_set(d, cause_take(E_APPROVAL_PERSON), "%s", name);
}

static enum err check_person(const struct policy_person *person, const struct approvals *so_far,
                             const struct policy_authority *a, const struct batch_header *h, const char *name,
                             struct diag *d)
{
    if (strcmp(person->ra, h->ra) != 0)
        return diag_set(d, E_APPROVAL_RA, "%s is by %s of %s, the batch is of %s", name, person->id, person->ra,
                        h->ra);
    for (size_t i = 0; i < so_far->n; i++)
        if (so_far->by[i] == person)
            return diag_set_clause(d, E_APPROVAL_TWICE, a->approvals[0].clause, "%s: %s", name, person->id);
    return E_OK;
}

static enum err check_file(int dir_fd, const char *name, struct span text, const struct policy *p,
                           const struct policy_authority *a, const struct batch_header *h, int64_t now,
                           struct approvals *out, struct diag *d)
{
    struct buf bytes = {0};
    struct cms *cms = NULL;
    X509 *cert = NULL;
    const struct policy_person *person = NULL;
    struct diag why = {0};
    enum err e = file_read(dir_fd, name, LIMIT_APPROVAL_BYTES, &bytes, NULL, &why);
    if (e == E_OK)
        e = cms_parse_person(buf_span(&bytes), &cms, &why);
    if (e == E_OK)
        e = find_person(p, cms, name, &person, &cert, &why);
    if (e == E_OK)
        e = cms_verify(cms, cert, text, &why);
    if (e == E_OK && person != NULL)
        e = check_person(person, out, a, h, name, &why);
    if (e == E_OK)
        e = cert_check_time(cert, now, &why);
    if (e == E_OK)
        out->by[out->n++] = person;
    else if (strstr(why.text, name) == NULL)
        diag_wrap_clause(d, e, why.clause, &why, "%s", name);
    else
        diag_again_clause(d, e, why.clause, &why);
    X509_free(cert);
    cms_free(cms);
    buf_free(&bytes);
    return e;
}

_Static_assert(POLICY_ROLE_COUNT == 2, "no more roles than a text below names");

enum err approval_check_roles(const struct policy_authority *a, const int of[POLICY_ROLE_COUNT], struct diag *d)
{
    const struct policy_approval *lacks[POLICY_ROLE_COUNT] = {NULL};
    size_t n = 0;
    for (size_t i = 0; i < a->approvals_n && n < POLICY_ROLE_COUNT; i++)
        if (of[a->approvals[i].role] < a->approvals[i].count)
            lacks[n++] = &a->approvals[i];
    if (n == 0)
        return E_OK;
    const char *first = policy_role_name(lacks[0]->role);
    if (n == 1)
        return diag_set_clause(d, E_APPROVAL_MISSING, lacks[0]->clause, "%s: %d of %d", first, of[lacks[0]->role],
                               lacks[0]->count);
    return diag_set_clause(d, E_APPROVAL_MISSING, lacks[0]->clause, "%s: %d of %d, %s: %d of %d", first, of[lacks[0]->role],
                           lacks[0]->count, policy_role_name(lacks[1]->role), of[lacks[1]->role], lacks[1]->count);
}

static enum err check_roles(const struct approvals *have, const struct policy_authority *a, struct diag *d)
{
    int of[POLICY_ROLE_COUNT] = {0};
    for (size_t i = 0; i < have->n; i++)
        of[have->by[i]->role]++;
    return approval_check_roles(a, of, d);
}

enum err approval_check(int dir_fd, const struct policy *p, const struct policy_authority *a,
                        const struct batch_header *h, int64_t now, struct approvals *out, struct diag *d)
{
    struct file_list list = {0};
    struct buf text = {0};
    uint8_t batch[DIGEST_LEN];
    *out = (struct approvals){0};
    if (header_is_own(h))
        return E_OK;
    enum err e = merkle_lines_root_file(dir_fd, BATCH_FILE, LIMIT_BATCH_BYTES, batch, d);
    if (e == E_OK)
        e = approval_text(batch, &text);
    if (e == E_OK)
        e = file_list(dir_fd, 16 * LIMIT_MEDIUM_FILES, &list, d);
    for (size_t i = 0; i < list.n && e == E_OK; i++) {
        if (!intake_is_approval(list.names[i]))
            continue;
        if (out->n == APPROVALS_MAX)
            e = diag_set(d, E_MEDIUM_LIMIT, "more than %d approvals", APPROVALS_MAX);
        else
            e = check_file(dir_fd, list.names[i], buf_span(&text), p, a, h, now, out, d);
    }
    if (e == E_OK)
        e = check_roles(out, a, d);
    file_list_free(&list);
    buf_free(&text);
    return e;
}
