#include "audit/officers.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/audit.h"
#include "audit/carried.h"
#include "audit/records.h"
#include "batch/intake.h"
#include "batch/state.h"
#include "core/file.h"
#include "pki/cert.h"
#include "pki/cms.h"

enum err officers_take(struct audit *a, const struct record *r)
{
    struct officers *o = &a->officers;
    struct officers_entry one = {.line = r->seq, .time = r->time};
    enum err e = record_digest(r, "plan", one.plan);
    if (e == E_OK)
        e = record_digest(r, "officer", one.officer);
    if (e == E_OK)
        e = record_digest(r, "signature", one.signature);
    if (e != E_OK)
        return e;
    a->counts.authorisations++;
    struct officers_entry *more = realloc(o->v, (o->n + 1) * sizeof *more);
    if (more == NULL)
        return E_NO_MEMORY;
    o->v = more;
    o->v[o->n++] = one;
    return E_OK;
}

static const struct policy_officer *find_officer(const struct policy *p,
                                                 const uint8_t certificate[DIGEST_LEN])
{
    uint8_t digest[DIGEST_LEN];
    for (size_t i = 0; i < p->officers_n; i++) {
        struct span der = p->officers[i].certificate;
        if (digest_bytes(DIGEST_SHA256, der.p, der.n, digest) == E_OK &&
            memcmp(digest, certificate, DIGEST_LEN) == 0)
            return &p->officers[i];
    }
    return NULL;
}

static enum err wrong(struct diag *d, enum err code, const struct officers_of *b, const struct officers_entry *one,
                      const struct diag *why)
{
    const unsigned long long line = one->line;
    if (b->what.ceremony == NULL)
        return diag_wrap(d, code, why, "the authorisation of line %llu", line);
    return diag_wrap(d, code, why, "the authorisation of line %llu, for step %d of the ceremony %s", line, b->what.step, b->what.ceremony);
}

/* By an officer of the policy. */
static enum err verify_pinned(const struct officers_of *b, const struct officers_entry *one, struct span bytes,
                              struct span text, struct diag *d)
{
    struct cms *cms = NULL;
    X509 *x = NULL;
    struct diag why = {0};
    const struct policy_officer *officer = find_officer(b->policy, one->officer);
    if (officer == NULL)
        return wrong(d, E_OFFICER, b, one, &(struct diag){0});
    enum err e = cert_parse(officer->certificate, &x, d);
    if (e == E_OK &&
        (cms_parse_person(bytes, &cms, &why) != E_OK || cms_verify(cms, x, text, &why) != E_OK))
        e = wrong(d, E_OFFICER_SIGNATURE, b, one, &why);
    if (e == E_OK && cert_check_time(x, one->time, &why) != E_OK)
        e = wrong(d, E_OFFICER, b, one, &why);
    cms_free(cms);
    X509_free(x);
    return e;
}

/* By whom the line names, if the signature says who that is. */
static enum err verify_named(struct audit *a, const struct officers_of *b, const struct officers_entry *one, struct span bytes,
                             struct span text, struct diag *d)
{
    bool carried = false;
    struct diag why = {0};
    enum err e = carried_verify(bytes, one->officer, text, &carried, &why);
    if (e != E_OK && e != E_NO_MEMORY)
        return wrong(d, E_OFFICER_SIGNATURE, b, one, &why);
    if (e == E_OK && !carried)
        audit_open(a, "the authorisation of line %llu is by an officer of another policy and "
                      "carries no certificate: its signature is not checked",
                   (unsigned long long)one->line);
    return e;
}

static enum err verify_one(struct audit *a, const struct officers_of *b,
                           const struct officers_entry *one, struct span bytes, struct diag *d)
{
    struct buf text = {0};
    enum err e = authorise_text(&b->what, &text);
    if (e == E_OK && b->policy != NULL)
        e = verify_pinned(b, one, bytes, buf_span(&text), d);
    else if (e == E_OK)
        e = verify_named(a, b, one, bytes, buf_span(&text), d);
    buf_free(&text);
    return e;
}

/* It is named by who signed, where this program knows that. */
static enum err no_file(const struct officers_of *b, const struct officers_entry *one, struct diag *d)
{
    const unsigned long long line = one->line;
    const struct policy_officer *officer = b->policy != NULL ? find_officer(b->policy, one->officer) : NULL;
    char name[AUTHORISE_NAME];
    if (b->what.ceremony == NULL)
        return diag_set(d, E_ARCHIVE, "the archive has no file with the authorisation of line %llu", line);
    if (officer == NULL)
        return diag_set(d, E_ARCHIVE, "%s/%s has no file with the authorisation of line %llu, for step %d", CEREMONIES_DIR, b->what.ceremony,
                        line, b->what.step);
    authorise_name(officer, &b->what, name);
    if (faccessat(b->fd, name, F_OK, AT_SYMLINK_NOFOLLOW) != 0)
        return diag_set(d, E_ARCHIVE, "%s/%s/%s, the authorisation of line %llu for step %d, is missing", CEREMONIES_DIR, b->what.ceremony,
                        name, line, b->what.step);
    return diag_set(d, E_ARCHIVE, "%s/%s/%s is not the authorisation of line %llu for step %d", CEREMONIES_DIR, b->what.ceremony, name,
                    line, b->what.step);
}

/* The file beside the plan that has the digest the line names. */
static enum err find_file(struct audit *a, const struct officers_of *b, const struct file_list *list,
                          const struct officers_entry *one, struct buf *bytes, struct diag *d)
{
    uint8_t digest[DIGEST_LEN];
    size_t prefix = strlen(AUTHORISATION_PREFIX);
    for (size_t i = 0; i < list->n; i++) {
        if (strncmp(list->names[i], AUTHORISATION_PREFIX, prefix) != 0)
            continue;
        buf_reset(bytes);
        enum err e = file_read(b->fd, list->names[i], LIMIT_APPROVAL_BYTES, bytes, NULL, d);
        if (e == E_OK)
            e = digest_bytes(DIGEST_SHA256, bytes->data, bytes->len, digest);
        if (e != E_OK)
            return audit_archive(e, d);
        if (memcmp(digest, one->signature, DIGEST_LEN) == 0)
            return b->what.ceremony != NULL ? records_name(a, b->what.ceremony, list->names[i]) : E_OK;
    }
    return no_file(b, one, d);
}

/* A crash between an authorise line and the plan's makes it come again. */
static bool comes_again(const struct officers *o, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (memcmp(o->v[i].plan, o->v[at].plan, DIGEST_LEN) == 0 &&
            memcmp(o->v[i].officer, o->v[at].officer, DIGEST_LEN) == 0)
            return true;
    return false;
}

static enum err check_entry(struct audit *a, const struct officers_of *b,
                            const struct file_list *list, size_t at, int *good)
{
    const struct officers_entry *one = &a->officers.v[at];
    struct buf bytes = {0};
    struct diag why = {0};
    enum err e = find_file(a, b, list, one, &bytes, &why);
    if (e == E_OK)
        e = verify_one(a, b, one, buf_span(&bytes), &why);
    if (e == E_OK && !comes_again(&a->officers, at))
        (*good)++;
    buf_free(&bytes);
    return audit_take(a, e, &why);
}

void officers_forget(struct officers *o, const uint8_t plan[DIGEST_LEN])
{
    size_t kept = 0;
    for (size_t i = 0; i < o->n; i++)
        if (memcmp(o->v[i].plan, plan, DIGEST_LEN) != 0)
            o->v[kept++] = o->v[i];
    o->n = kept;
}

enum err officers_check(struct audit *a, const struct officers_of *b)
{
    struct file_list list = {0};
    struct diag why = {0};
    int good = 0;
    uint64_t wrong = a->findings.count[FINDING_ERROR];
    enum err e = audit_take(a, file_list(b->fd, BATCHES_FILES_MAX, &list, &why), &why);
    for (size_t i = 0; i < a->officers.n && e == E_OK; i++)
        if (memcmp(a->officers.v[i].plan, b->what.digest, DIGEST_LEN) == 0)
            e = check_entry(a, b, &list, i, &good);
    if (e == E_OK && b->policy == NULL)
        audit_open(a, "%s under another policy; not checked: whether the %d who "
                      "signed were its officers, and a quorum", b->made, good);
    else if (e == E_OK && wrong == a->findings.count[FINDING_ERROR] && good < b->policy->quorum)
        audit_error(a, E_QUORUM, "%d of %d officers", good, b->policy->quorum);
    officers_forget(&a->officers, b->what.digest);
    file_list_free(&list);
    return e;
}

void officers_finish(struct audit *a)
{
    for (size_t i = 0; i < a->officers.n; i++) {
        const struct officers_entry *one = &a->officers.v[i];
        if (set_find(&a->batches.plans, one->plan) != NULL)
            audit_error(a, E_LOG_ORDER, "line %llu authorises a plan that came before it",
                        (unsigned long long)one->line);
        else
            audit_note(a, "line %llu authorises a plan that has not come",
                       (unsigned long long)one->line);
    }
}

void officers_free(struct officers *o)
{
    free(o->v);
    *o = (struct officers){0};
}
