#include "audit/answers.h"

#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "audit/issued.h"
#include "audit/responses.h"
#include "audit/statuses.h"
#include "batch/certify_eseal.h"
#include "batch/lateness.h"
#include "core/clock.h"
#include "core/i18n.h"
#include "pki/identity.h"

/* The batch of this line, when its plan can be followed. */
static struct batches_open *find_batch(struct audit *a, const struct record *r)
{
    struct batches_open *b = batches_find(&a->batches, record_text(r, "batch"));
    if (b == NULL)
        audit_error(a, E_LOG_ORDER, "it is of a batch without a plan, or done before");
    return b != NULL && b->followed ? b : NULL;
}

/* The next item of the plan, which must have the line's number. */
static enum err next_item(struct batches_open *b, const struct record *r, struct plan_item *item,
                          struct diag *d)
{
    bool more = true;
    int64_t n = record_number(r, "n");
    if (b->given_up)
        return diag_set(d, E_LOG_ORDER, "the batch was given up before");
    if (b->answered == batches_total(b))
        return diag_set(d, E_LOG_ORDER, "every request of the batch was answered before");
    enum err e = plan_next(&b->plan, item, &more, d);
    if (e != E_OK)
        return audit_archive(e, d);
    if (!more || item->n != n)
        return diag_set(d, E_LOG_ORDER, "it answers request %lld, the next is %lld", (long long)n,
                        (long long)b->answered + 1);
    b->answered++;
    if (b->answered == batches_total(b))
        plan_close(&b->plan);
    return E_OK;
}

void answers_count(struct audit_counts *c, const struct record *r)
{
    const char *status = r->type == RECORD_REVOKED ? record_text(r, "status") : "";
    c->issued += r->type == RECORD_ISSUED;
    c->superseded += r->type == RECORD_ISSUED && record_text(r, "supersedes")[0] != '\0';
    c->refused += r->type == RECORD_REFUSED;
    c->accepted += r->type == RECORD_ACCEPTED;
    c->revoked += strcmp(status, "revoked") == 0;
    c->held += strcmp(status, "held") == 0;
    c->released += strcmp(status, "released") == 0;
    c->late += r->type == RECORD_REVOKED && json_is_true(json_object_get(r->obj, "late"));
    c->lists += r->type == RECORD_CRL || r->type == RECORD_OCSP;
}

/* -- issued -- */

static enum err compare_issued(const struct batches_open *b, const struct plan_item *i,
                               const struct record *r, struct diag *d)
{
    char serial[2 * SERIAL_LEN + 1];
    hex_encode(i->serial, SERIAL_LEN, serial);
    char supersedes[2 * SERIAL_LEN + 1] = "";
    if (i->act != PLAN_ISSUE)
        return diag_set(d, E_LOG_ORDER, "request %lld was not planned to be issued", (long long)i->n);
    if (i->has_supersedes)
        hex_encode(i->supersedes, SERIAL_LEN, supersedes);
    if (strcmp(record_text(r, "authority"), b->header.authority) != 0)
        return diag_set(d, E_LOG_ORDER, "the plan has another authority");
    if (strcmp(record_text(r, "profile"), i->profile) != 0)
        return diag_set(d, E_LOG_ORDER, "the plan has another profile");
    if (strcmp(record_text(r, "key"), i->key) != 0)
        return diag_set(d, E_LOG_ORDER, "the plan has another key");
    if (strcmp(record_text(r, "serial"), serial) != 0)
        return diag_set(d, E_LOG_ORDER, "the plan has another serial number");
    if (strcmp(record_text(r, "supersedes"), supersedes) != 0)
        return diag_set(d, E_LOG_ORDER, "the plan has another certificate that it supersedes");
    return E_OK;
}

enum err answers_check_serial(struct audit *a, const struct record *r, struct diag *d)
{
    bool known;
    const char *authority = record_text(r, "authority"), *serial = record_text(r, "serial");
    enum err e = batches_put_text(&a->batches.serials, &known, authority, serial);
    if (e == E_OK && known)
        e = diag_set(d, E_LOG_ORDER, "%s used the serial number %s before", authority, serial);
    return e;
}

/* A key is one subject's for good; the digests are the index's (batch/history.c). */
static enum err check_owner(struct audit *a, const struct plan_item *i, struct diag *d)
{
    struct tbs_outline parts;
    uint8_t key[DIGEST_LEN], subject[DIGEST_LEN] = {0};
    const uint8_t *owner = NULL;
    enum err e = certify_outline(i, &parts, d);
    if (e == E_OK)
        e = digest_bytes(DIGEST_SHA256, parts.spki.p, parts.spki.n, key);
    if (e == E_OK)
        e = identity_holder(parts.subject, parts.identity, subject);
    if (e == E_OK)
        e = set_put(&a->batches.owners, key, subject, &owner);
    if (e == E_OK && owner != NULL && memcmp(owner, subject, DIGEST_LEN) != 0)
        e = diag_set(d, E_KEY_OTHER_SUBJECT, "request %lld: the key was certified for another subject before",
                     (long long)i->n);
    return e;
}

/* In a thread. */
static enum err check_beside(void *what)
{
    struct issued *i = what;
    enum err e = issued_check(i, NULL);
    issued_free(i);
    free(i);
    return e;
}

static enum err check_issued(struct audit *a, const struct batches_open *b, struct plan_item *item, const struct record *r,
                             struct diag *d)
{
    const struct keys_entry *key = keys_find(&a->keys, item->key);
    if (key == NULL || key->anchor == NULL)
        return diag_set(d, E_LOG_ORDER, "it is signed with %s, which has no certificate", item->key);
    struct issued *i = malloc(sizeof *i);
    if (i == NULL)
        return diag_set(d, E_NO_MEMORY, "%s", item->id);
    struct diag why = {0};
    enum err e = issued_take(b, item, r, key, i, d);
    enum err owned = e == E_OK && a->workers != NULL ? check_owner(a, &i->item, &why) : E_OK;
    if (e == E_OK && a->workers != NULL && owned == E_OK) {
        workers_put(a->workers, check_beside, i);
        return E_OK;
    }
    if (e == E_OK)
        e = issued_check(i, d); /* what is wrong with it comes first */
    if (e == E_OK)
        e = check_owner(a, &i->item, d);
    issued_free(i);
    free(i);
    return e;
}

enum err answers_take_issued(struct audit *a, const struct record *r)
{
    struct plan_item item = {0};
    struct diag why = {0};
    struct batches_open *b = find_batch(a, r);
    answers_count(&a->counts, r);
    enum err e = audit_take(a, answers_check_serial(a, r, &why), &why);
    if (e != E_OK || b == NULL)
        return e;
    e = next_item(b, r, &item, &why);
    if (e == E_OK)
        e = compare_issued(b, &item, r, &why);
    b->followed = e == E_OK;
    if (e == E_OK)
        e = check_issued(a, b, &item, r, &why);
    if (e == E_OK)
        e = statuses_apply(a, b, r, &why);
    plan_item_free(&item);
    return audit_take(a, e, &why);
}

/* -- refused -- */

static enum err compare_refused(const struct batches_open *b, const struct plan_item *i,
                                const struct record *r, struct diag *d)
{
    if (i->act != PLAN_REFUSE)
        return diag_set(d, E_LOG_ORDER, "request %lld was not planned to be refused", (long long)i->n);
    if (strcmp(record_text(r, "code"), err_name(i->code)) != 0 ||
        strcmp(record_text(r, "clause"), i->clause) != 0)
        return diag_set(d, E_LOG_ORDER, "the plan has another code or clause for request %lld",
                        (long long)i->n);
    if (strcmp(record_text(r, "intake"), b->intake) != 0)
        return diag_set(d, E_LOG_ORDER, "the plan has another intake");
    return E_OK;
}

enum err answers_take_refused(struct audit *a, const struct record *r)
{
    struct plan_item item = {0};
    struct diag why = {0};
    struct batches_open *b = find_batch(a, r);
    answers_count(&a->counts, r);
    if (b == NULL)
        return E_OK;
    enum err e = next_item(b, r, &item, &why);
    if (e == E_OK)
        e = compare_refused(b, &item, r, &why);
    b->followed = e == E_OK;
    plan_item_free(&item);
    return audit_take(a, e, &why);
}

/* -- revoked, accepted -- */

static enum err compare_status(const struct batches_open *b, const struct plan_item *i, const struct record *r,
                               struct diag *d)
{
    char serial[2 * SERIAL_LEN + 1], asked[CLOCK_TEXT];
    bool revoked = r->type == RECORD_REVOKED;
    hex_encode(i->serial, SERIAL_LEN, serial);
    clock_format(i->asked, asked);
    if (i->act == PLAN_REFUSE || i->act == PLAN_ISSUE || i->act == PLAN_CRL || i->act == PLAN_OCSP ||
        (i->act == PLAN_ACCEPT) == revoked)
        return diag_set(d, E_LOG_ORDER, "request %lld was planned to %s", (long long)i->n, plan_act_name(i->act));
    if (strcmp(record_text(r, "authority"), b->header.authority) != 0)
        return diag_set(d, E_LOG_ORDER, "the plan has another authority");
    if (strcmp(record_text(r, "key"), i->key) != 0)
        return diag_set(d, E_LOG_ORDER, "the plan has another key");
    if (strcmp(record_text(r, "serial"), serial) != 0)
        return diag_set(d, E_LOG_ORDER, "the plan has another serial number");
    if (revoked && strcmp(record_text(r, "status"), plan_status_name(i->act)) != 0)
        return diag_set(d, E_LOG_ORDER, "the plan has another status");
    if (revoked && (strcmp(record_text(r, "reason"), i->reason) != 0 ||
                         record_number(r, "reason-code") != i->reason_code))
        return diag_set(d, E_LOG_ORDER, "the plan has another reason");
    if (revoked && strcmp(record_text(r, "asked"), asked) != 0)
        return diag_set(d, E_LOG_ORDER, "the plan has another time at which it was asked for");
    return E_OK;
}

static enum err check_late(const struct batches_open *b, const struct plan_item *i, const struct record *r, struct diag *d)
{
    const struct policy_authority *authority = b->policy != NULL ? policy_authority_find(b->policy, b->header.authority) : NULL;
    bool late = json_is_true(json_object_get(r->obj, "late"));
    if (authority == NULL || lateness_fits(authority, i->act, i->asked, r->time, late))
        return E_OK;
    return diag_set(d, E_LOG_ORDER, late ? N_("the line says that the revocation was late, and it was not")
                                         : N_("the line says that the revocation was in time, and it was not"));
}

enum err answers_take_status(struct audit *a, const struct record *r)
{
    struct plan_item item = {0};
    struct diag why = {0};
    struct batches_open *b = find_batch(a, r);
    answers_count(&a->counts, r);
    if (b == NULL)
        return E_OK;
    enum err e = next_item(b, r, &item, &why);
    if (e == E_OK)
        e = compare_status(b, &item, r, &why);
    b->followed = e == E_OK;
    if (e == E_OK) { /* whatever the line says of lateness, the status changed */
        struct diag other = {0};
        e = check_late(b, &item, r, &why);
        enum err applied = statuses_apply(a, b, r, &other);
        if (e == E_OK && applied != E_OK) {
            e = applied;
            why = other;
        }
    }
    plan_item_free(&item);
    return audit_take(a, e, &why);
}

/* -- lists, responses -- */

static enum err compare_list(const struct plan_item *i, const struct record *r, struct diag *d)
{
    char tbs[DIGEST_HEX];
    hex_encode(i->crl.tbs, DIGEST_LEN, tbs);
    if (i->act != PLAN_CRL)
        return diag_set(d, E_LOG_ORDER, "request %lld was planned to %s", (long long)i->n, plan_act_name(i->act));
    if (strcmp(record_text(r, "key"), i->key) != 0 || record_number(r, "number") != i->crl.number ||
        record_number(r, "base") != i->crl.base || record_number(r, "entries") != i->crl.entries ||
        strcmp(record_text(r, "tbs"), tbs) != 0)
        return diag_set(d, E_LOG_ORDER, "the plan has another list");
    return E_OK;
}

static enum err compare_responses(const struct plan_item *i, const struct record *r, struct diag *d)
{
    if (i->act != PLAN_OCSP)
        return diag_set(d, E_LOG_ORDER, "request %lld was planned to %s", (long long)i->n, plan_act_name(i->act));
    if (strcmp(record_text(r, "key"), i->key) != 0 || strcmp(record_text(r, "responder"), i->ocsp.responder) != 0 ||
        record_number(r, "responses") != i->ocsp.count)
        return diag_set(d, E_LOG_ORDER, "the plan has other responses");
    return E_OK;
}

/* What tells of statuses: it is compared with the plan, and then made again from all that was said before it. */
static enum err take_telling(struct audit *a, const struct record *r,
                             enum err (*compare)(const struct plan_item *, const struct record *, struct diag *),
                             enum err (*make_again)(struct audit *, const struct batches_open *, const struct plan_item *,
                                                    const struct record *, struct diag *))
{
    struct plan_item item = {0};
    struct diag why = {0};
    struct batches_open *b = find_batch(a, r);
    answers_count(&a->counts, r);
    if (b == NULL)
        return E_OK;
    enum err e = next_item(b, r, &item, &why);
    if (e == E_OK)
        e = compare(&item, r, &why);
    b->followed = e == E_OK;
    if (e == E_OK)
        e = make_again(a, b, &item, r, &why);
    plan_item_free(&item);
    return audit_take(a, e, &why);
}

static enum err make_list_again(struct audit *a, const struct batches_open *b, const struct plan_item *i,
                                const struct record *r, struct diag *d)
{
    enum err e = statuses_check_list(a, b, i, r, d);
    return e == E_OK ? statuses_apply(a, b, r, d) : e;
}

enum err answers_take_list(struct audit *a, const struct record *r)
{
    return take_telling(a, r, compare_list, make_list_again);
}

enum err answers_take_responses(struct audit *a, const struct record *r)
{
    return take_telling(a, r, compare_responses, responses_verify);
}
