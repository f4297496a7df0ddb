#include "batch/lint_plan.h"

#include <pthread.h>
#include <string.h>

#include "batch/announce.h"
#include "core/threads.h"
#include "pki/lint.h"
#include "pki/lint_eseal.h"

#define THREADS_MAX 16

/* What the threads share. Each takes one line after the other out of the plan; to take it apart and to lint it is its
 * own work, and nearly all of it. */
struct job {
    struct state *s;
    struct plan *plan;
    const struct policy_authority *authority;
    bool intended;
    pthread_mutex_t lock; /* for all below, the plan's reading, and the index */
    struct issuers *issuers;
    bool over;            /* the plan's end, or an error: no thread takes another line */
    enum err err;         /* of the first bad item so far */
    int64_t bad;          /* its number */
    struct diag diag;
};

static enum err find_issuer(struct job *j, const char *key, struct issuer *out, struct diag *d)
{
    struct issuer *found = NULL;
    pthread_mutex_lock(&j->lock);
    enum err e = issuers_find(j->issuers, j->s, key, &found, d);
    if (e == E_OK)
        *out = *found; /* another thread's search may move the table, never what it points to */
    pthread_mutex_unlock(&j->lock);
    return e;
}

/* The plan says which row it was decided by; the row, the key and the serial must be what the bytes say. */
static enum err lint_item(struct job *j, const struct plan_item *item, struct diag *d)
{
    struct diag why = {0};
    struct issuer issuer = {0};
    const bool seal = plan_is_eseal(item);
    const struct policy_seals *seals = &j->authority->seals;
    const struct policy_profile *p = policy_profile_find(j->authority, item->profile);
    const char *key = seal ? seals->key : p != NULL ? p->key : NULL;
    const struct span tbs = buf_span(&item->tbs), serial = {item->serial, SERIAL_LEN};
    if (key == NULL || strcmp(key, item->key) != 0)
        return diag_set(d, E_LINT, "request %lld: %s is not signed by %s", (long long)item->n, item->profile,
                        item->key);
    enum err e = find_issuer(j, item->key, &issuer, d);
    if (e != E_OK)
        return e;
    e = seal ? lint_eseal(tbs, serial, seals, &why)
             : lint_end_entity(tbs, serial, p, issuer.row, issuer.cert, &why);
    return e == E_OK ? E_OK : diag_wrap_clause(d, e, why.clause, &why, "request %lld", (long long)item->n);
}

/* Nothing is signed twice: the history, read from the log itself, must not have the serial, nor the key for somebody else. */
static enum err check_unused(struct job *j, const struct plan_item *item, struct diag *d)
{
    struct index *x = j->s->index;
    struct index_cert cert;
    uint8_t subject[DIGEST_LEN];
    bool has = false, own = false, found = false;
    enum err e = announce_cert(&j->plan->header, item, &cert, d);
    if (e != E_OK)
        return e;
    pthread_mutex_lock(&j->lock);
    if (!j->intended)
        e = index_has_serial(x, cert.authority, cert.serial, cert.serial_n, &has, d);
    if (e == E_OK)
        e = index_is_own_key(x, cert.spki, &own, d);
    if (e == E_OK)
        e = index_key_subject(x, cert.spki, subject, &found, d);
    pthread_mutex_unlock(&j->lock);
    if (e != E_OK)
        return e;
    if (has)
        return diag_set(d, E_PLAN_STALE, "request %lld: its serial number was used before", (long long)item->n);
    if (own || (found && memcmp(subject, cert.subject, DIGEST_LEN) != 0))
        return diag_set(d, E_PLAN_STALE, "request %lld: its key has another owner", (long long)item->n);
    return E_OK;
}

/* What is revoked, held, released or accepted was issued, by the key whose list will say so; what is superseded by any (NULL). */
static enum err check_issued(struct job *j, const struct plan_item *item, const uint8_t serial[SERIAL_LEN], const char *key,
                             struct diag *d)
{
    struct index_cert cert;
    bool found = false;
    pthread_mutex_lock(&j->lock);
    enum err e = index_cert(j->s->index, j->plan->header.authority, serial, SERIAL_LEN, &cert, &found, d);
    pthread_mutex_unlock(&j->lock);
    if (e == E_OK && (!found || cert.log_seq == 0 || (key != NULL && strcmp(cert.key, key) != 0)))
        e = diag_set(d, E_PLAN_STALE, "request %lld: %s issued no such certificate", (long long)item->n,
                     key != NULL ? key : j->plan->header.authority);
    return e;
}

/* Responses are signed by the authority's responder, whose certificate is by the key they are about; each of them is linted
 * when it is built. */
static enum err check_responder(struct job *j, const struct plan_item *item, struct diag *d)
{
    const struct policy_key *row = policy_key_find(j->s->policy, item->ocsp.responder);
    const struct policy_key *ca = row != NULL ? policy_key_issuer(j->s->policy, row) : NULL;
    struct issuer issuer;
    if (ca == NULL || strcmp(ca->name, item->key) != 0 || policy_key_authority(j->s->policy, row) != j->authority)
        return diag_set(d, E_LINT, "request %lld: %s does not answer for %s", (long long)item->n, item->ocsp.responder,
                        item->key);
    enum err e = find_issuer(j, item->key, &issuer, d);
    return e == E_OK ? find_issuer(j, item->ocsp.responder, &issuer, d) : e;
}

static enum err check_item(struct job *j, const struct plan_item *item, struct diag *d)
{
    struct issuer issuer;
    enum err e = E_OK;
    switch (item->act) {
    case PLAN_REFUSE:
        return E_OK;
    case PLAN_ISSUE:
        e = lint_item(j, item, d);
        if (e == E_OK)
            e = check_unused(j, item, d);
        return e == E_OK && item->has_supersedes ? check_issued(j, item, item->supersedes, NULL, d) : e;
    case PLAN_CRL:
        return find_issuer(j, item->key, &issuer, d);
    case PLAN_OCSP:
        return check_responder(j, item, d);
    default:
        return check_issued(j, item, item->serial, item->key, d);
    }
}

static enum err check_line(struct job *j, struct span line, int64_t n, struct plan_item *item, struct diag *d)
{
    enum err e = plan_take_apart(line, n, item, d);
    return e == E_OK ? check_item(j, item, d) : e;
}

/* Lines are given out in order, so when an item is found bad, those before it are done or in some thread's hands: the
 * smallest number of a bad one is that of the first. */
static void tell(struct job *j, int64_t n, enum err e, const struct diag *why)
{
    pthread_mutex_lock(&j->lock);
    j->over = true;
    if (j->err == E_OK || n < j->bad) {
        j->err = e;
        j->bad = n;
        j->diag = *why;
    }
    pthread_mutex_unlock(&j->lock);
}

static bool take_line(struct job *j, struct buf *line, int64_t *n, enum err *e, struct diag *d)
{
    bool more = false;
    *e = E_OK;
    pthread_mutex_lock(&j->lock);
    *n = j->plan->next;
    if (!j->over) {
        *e = plan_next_line(j->plan, line, &more, d);
        j->over = *e != E_OK || !more;
    }
    pthread_mutex_unlock(&j->lock);
    return more || *e != E_OK;
}

static void *work(void *arg)
{
    struct job *j = arg;
    struct buf line = {0};
    struct plan_item item = {0};
    struct diag why = {0};
    enum err e;
    int64_t n;
    while (take_line(j, &line, &n, &e, &why)) {
        if (e == E_OK)
            e = check_line(j, buf_span(&line), n, &item, &why);
        if (e != E_OK)
            tell(j, n, e, &why);
    }
    plan_item_free(&item);
    buf_free(&line);
    return NULL;
}

enum err lint_plan(struct state *s, struct plan *plan, bool intended, struct issuers *issuers, struct diag *d)
{
    struct job j = {.s = s, .plan = plan, .intended = intended, .issuers = issuers,
                    .authority = policy_authority_find(s->policy, plan->header.authority)};
    pthread_t helpers[THREADS_MAX - 1];
    const size_t cores = threads_cores();
    if (j.authority == NULL)
        return diag_set(d, E_AUTHORITY, "%s", plan->header.authority);
    pthread_mutex_init(&j.lock, NULL);
    size_t n = threads_start(helpers, (cores < THREADS_MAX ? cores : THREADS_MAX) - 1, work, &j);
    (void)work(&j);
    threads_join(helpers, n);
    pthread_mutex_destroy(&j.lock);
    if (j.err != E_OK && d != NULL)
        *d = j.diag;
    return j.err;
}
