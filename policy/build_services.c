/* What an authority offers: its services, and the reasons for which it revokes. */
#include <stdio.h>
#include <string.h>

#include "policy/part.h"

/* The services of the language. One that revokes has a row for each word on which it is done, another has one row. `first`
 * is the service that makes what this one is about. */
static const struct known {
    const char *op;
    bool revokes;
    const char *first;
} known[] = {{"issue", false, NULL},
             {"renew", false, "issue"},
             {"change", false, "issue"},
             {"add-application", false, "issue"},
             {"suspend", false, "issue"},
             {"resume", false, "issue"},
             {"revoke", true, "issue"},
             {"accept", false, "issue"},
             {"seal-issue", false, NULL},
             {"seal-renew", false, "seal-issue"},
             {"seal-revoke", true, "seal-issue"}};
#define KNOWN (sizeof known / sizeof known[0])

/* build_claim() keeps a constant, so there is one for each word. */
static const char *const reason_claims[POLICY_BY_COUNT] = {[POLICY_BY_SUBSCRIBER] = "reason by subscriber",
                                                           [POLICY_BY_CEASED] = "reason by ceased",
                                                           [POLICY_BY_OPERATOR] = "reason by operator"};

static const struct known *known_find(const char *op)
{
    for (size_t i = 0; i < KNOWN; i++)
        if (strcmp(known[i].op, op) == 0)
            return &known[i];
    return NULL;
}

/* One row: `by` stands where something is revoked, and only there. */
static enum err check_row(struct build *b, const char *at, const char *scope, const struct yaml_service *y,
                          enum policy_by *by)
{
    const struct known *k = known_find(y->op);
    if (k == NULL)
        return build_error(b, at, "op",
                           "\"%s\" is no service (issue, renew, change, add-application, suspend, resume, revoke, "
                           "accept, seal-issue, seal-renew, seal-revoke)",
                           y->op);
    if (!k->revokes) {
        if (y->by != NULL)
            return build_error(b, at, "by", "only what revokes is done by somebody, not %s", y->op);
        return build_claim(b, at, "op", "service", scope, y->op);
    }
    if (y->by == NULL)
        return build_error(b, at, "", "%s needs \"by\" (subscriber, ceased or operator)", y->op);
    if (!policy_by_by_name(y->by, by))
        return build_error(b, at, "by", "\"%s\" is not one of subscriber, ceased, operator", y->by);
    char row[64];
    snprintf(row, sizeof row, "%s by %s", k->op, y->by);
    return build_claim(b, at, "by", "service", scope, row);
}

/* Find the service of this op in the list, or begin it. */
static struct policy_service *service_of(struct policy_service *list, size_t *n, const char *op)
{
    for (size_t i = 0; i < *n; i++)
        if (strcmp(list[i].op, op) == 0)
            return &list[i];
    list[*n].op = op;
    return &list[(*n)++];
}

/* Nothing is renewed or revoked that was never made, and nothing is held that nobody can release. */
static enum err check_services(struct build *b, const struct policy_authority *a)
{
    for (size_t i = 0; i < a->services_n; i++) {
        const struct known *k = known_find(a->services[i].op);
        if (k->first != NULL && policy_service_find(a, k->first) == NULL)
            return build_error(b, "services", "offered", "%s is offered without %s", k->op, k->first);
    }
    bool suspend = policy_service_find(a, "suspend") != NULL, resume = policy_service_find(a, "resume") != NULL;
    if (suspend != resume)
        return build_error(b, "services", "offered", "%s is offered without %s", suspend ? "suspend" : "resume",
                           suspend ? "resume" : "suspend");
    return E_OK;
}

enum err build_services(struct build *b, const struct yaml_services *y, struct policy_authority *out)
{
    if (y->offered_n == 0)
        return build_error(b, "services", "offered",
                           "an authority that offers nothing needs no policy");
    struct policy_service *list = build_alloc(b, y->offered_n, sizeof *list);
    enum err e =
        list != NULL ? build_clause(b, "services", y->clause, &out->services_clause) : E_NO_MEMORY;
    size_t n = 0;
    for (size_t i = 0; i < y->offered_n && e == E_OK; i++) {
        char at[WHERE_PATH];
        const char *clause = NULL;
        enum policy_by by = POLICY_BY_COUNT;
        build_path(at, "services", "offered", i);
        e = check_row(b, at, out->name, &y->offered[i], &by);
        if (e == E_OK)
            e = build_clause(b, at, y->offered[i].clause, &clause);
        if (e != E_OK)
            return e;
        struct policy_service *service = service_of(list, &n, y->offered[i].op);
        if (service->clause == NULL)
            service->clause = clause;
        if (by != POLICY_BY_COUNT) {
            service->by[by] = true;
            service->by_clause[by] = clause;
        }
    }
    out->services = list;
    out->services_n = n;
    return e != E_OK ? e : check_services(b, out);
}

static bool offers_by(const struct policy_authority *a, enum policy_by by)
{
    for (size_t i = 0; i < a->services_n; i++)
        if (a->services[i].by[by])
            return true;
    return false;
}

static enum err build_reason(struct build *b, const char *at, const struct yaml_reason *y,
                             const struct policy_authority *a, struct policy_reason *out)
{
    if (!policy_by_by_name(y->by, &out->by))
        return build_error(b, at, "by", "\"%s\" is not one of subscriber, ceased, operator", y->by);
    if (!offers_by(a, out->by))
        return build_error(b, at, "by", "no service of this authority revokes by %s", y->by);
    enum err e = build_token(b, at, "name", y->name, &out->name);
    if (e == E_OK)
        e = build_claim(b, at, "name", reason_claims[out->by], a->name, y->name);
    if (e == E_OK && !policy_code_by_name(y->code, &out->code))
        e = build_error(b, at, "code",
                        "\"%s\" is not one of unspecified, keyCompromise, affiliationChanged, superseded, "
                        "cessationOfOperation, privilegeWithdrawn (RFC 5280 5.3.1)",
                        y->code);
    return e != E_OK ? e : build_clause(b, at, y->clause, &out->clause);
}

enum err build_reasons(struct build *b, const struct yaml_reason *y, size_t n, struct policy_authority *out)
{
    bool given[POLICY_BY_COUNT] = {false};
    struct policy_reason *list = build_alloc(b, n, sizeof *list);
    enum err e = list != NULL ? E_OK : E_NO_MEMORY;
    for (size_t i = 0; i < n && e == E_OK; i++) {
        char at[WHERE_PATH];
        build_path(at, "", "reasons", i);
        e = build_reason(b, at, &y[i], out, &list[i]);
        given[list[i].by] = true;
    }
    for (int by = 0; by < POLICY_BY_COUNT && e == E_OK; by++)
        if (offers_by(out, (enum policy_by)by) && !given[by])
            e = build_error(b, "", n > 0 ? "reasons" : "services",
                            "what is revoked by %s needs one of \"reasons\", and there is none",
                            policy_by_name((enum policy_by)by));
    out->reasons = list;
    out->reasons_n = n;
    return e;
}
