#include "policy/build.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/limits.h"
#include "core/text.h"
#include "policy/part.h"
#include "policy/scalar.h"

void build_join(char out[WHERE_PATH], const char *at, const char *field)
{
    snprintf(out, WHERE_PATH, "%s%s%s", at, at[0] != '\0' && field[0] != '\0' ? "." : "", field);
}

enum err build_error(struct build *b, const char *at, const char *field, const char *format, ...)
{
    char path[WHERE_PATH];
    build_join(path, at, field);
    va_list ap;
    va_start(ap, format);
    enum err e = where_verror(b->where, b->diag, path, format, ap);
    va_end(ap);
    return e;
}

void *build_alloc(struct build *b, size_t n, size_t size)
{
    void **blocks = reallocarray(b->blocks, b->blocks_n + 1, sizeof *blocks);
    if (blocks != NULL) {
        b->blocks = blocks;
        void *block = calloc(n > 0 ? n : 1, size);
        if (block != NULL) {
            blocks[b->blocks_n++] = block;
            return block;
        }
    }
    diag_set(b->diag, E_NO_MEMORY, "%s", where_file(b->where));
    return NULL;
}

void build_path(char out[WHERE_PATH], const char *at, const char *field, size_t index)
{
    snprintf(out, WHERE_PATH, "%s%s%s[%zu]", at, at[0] != '\0' ? "." : "", field, index);
}

enum err build_claim(struct build *b, const char *at, const char *field, const char *what,
                     const char *scope, const char *value)
{
    char path[WHERE_PATH];
    for (size_t i = 0; i < b->claims_n; i++) {
        const struct claim *c = &b->claims[i];
        if (strcmp(c->what, what) == 0 && strcmp(c->scope, scope) == 0 &&
            strcmp(c->value, value) == 0)
            return build_error(b, at, field, "this %s is already used at %s:%zu", what,
                               where_file(c->where), c->line);
    }
    struct claim *claims = reallocarray(b->claims, b->claims_n + 1, sizeof *claims);
    if (claims == NULL)
        return diag_set(b->diag, E_NO_MEMORY, "%s", where_file(b->where));
    b->claims = claims;
    char *copy = build_alloc(b, strlen(value) + 1, 1);
    if (copy == NULL)
        return E_NO_MEMORY;
    memcpy(copy, value, strlen(value));
    build_join(path, at, field);
    b->claims[b->claims_n++] =
        (struct claim){what, scope, copy, b->where, where_line(b->where, path)};
    return E_OK;
}

enum err build_token(struct build *b, const char *at, const char *field, const char *text,
                     const char **out)
{
    if (!text_is_token(text, LIMIT_TOKEN_TEXT))
        return build_error(b, at, field,
                           "\"%s\" is not a name (1 to %d of A-Z a-z 0-9 . _ -, no dot first)",
                           text, LIMIT_TOKEN_TEXT);
    *out = text;
    return E_OK;
}

enum err build_text(struct build *b, const char *at, const char *field, const char *text,
                    const char **out)
{
    if (!scalar_filled(text))
        return build_error(b, at, field, "there is nothing in it");
    *out = text;
    return E_OK;
}

enum err build_number(struct build *b, const char *at, const char *field, const char *text,
                      int64_t min, int64_t max, int64_t *out)
{
    if (!scalar_integer(text, max, out) || *out < min)
        return build_error(b, at, field, "\"%s\" is not a whole number from %lld to %lld", text,
                           (long long)min, (long long)max);
    return E_OK;
}

enum err build_bool(struct build *b, const char *at, const char *field, const char *text, bool *out)
{
    if (!scalar_bool(text, out))
        return build_error(b, at, field, "\"%s\" is neither true nor false", text);
    return E_OK;
}

enum err build_period(struct build *b, const char *at, const char *field, const char *text,
                      struct policy_period *out)
{
    if (!scalar_period(text, out))
        return build_error(b, at, field,
                           "\"%s\" is not a period (such as 1y, 18m, 1y6m, 90d; at most 100 years)",
                           text);
    return E_OK;
}

enum err build_clause_of(struct build *b, const char *at, const char *field, const char *text, const char **out)
{
    if (!scalar_filled(text))
        return build_error(b, at, field, "a rule must name the clause it comes from");
    if (!scalar_ascii(text, LIMIT_CLAUSE))
        return build_error(b, at, field, "a clause goes into the audit log: at most %d printable ASCII characters",
                           LIMIT_CLAUSE);
    *out = text;
    return E_OK;
}

enum err build_clause(struct build *b, const char *at, const char *text, const char **out)
{
    return build_clause_of(b, at, "clause", text, out);
}

enum err build_duration(struct build *b, const char *at, const char *field, const char *text, int64_t *out)
{
    if (!scalar_duration(text, out))
        return build_error(b, at, field, "\"%s\" is not a duration (such as 90m, 24h, 7d)",
                           text);
    return E_OK;
}

static enum err build_limits(struct build *b, const struct yaml_limits *y,
                             struct policy_limits *out)
{
    enum err e = build_number(b, "limits", "batch-bytes", y->batch_bytes, 1, LIMIT_BATCH_BYTES,
                              &out->batch_bytes);
    if (e == E_OK)
        e = build_number(b, "limits", "batch-requests", y->batch_requests, 1, LIMIT_BATCH_REQUESTS,
                         &out->batch_requests);
    if (e == E_OK)
        e = build_duration(b, "limits", "batch-age", y->batch_age, &out->batch_age);
    if (e == E_OK)
        e = build_duration(b, "limits", "plan-lifetime", y->plan_lifetime, &out->plan_lifetime);
    if (e == E_OK)
        e = build_duration(b, "limits", "token-timeout", y->token_timeout, &out->token_timeout);
    if (e == E_OK && out->token_timeout > LIMIT_TOKEN_TIMEOUT)
        e = build_error(b, "limits", "token-timeout", "\"%s\" is longer than %d s", y->token_timeout,
                        LIMIT_TOKEN_TIMEOUT);
    if (e == E_OK)
        e = build_duration(b, "limits", "clock-jump", y->clock_jump, &out->clock_jump);
    return e != E_OK ? e : build_clause(b, "limits", y->clause, &out->clause);
}

static enum err build_token_uri(struct build *b, const char *text, const char **out)
{
    size_t n = 0;
    if (!scalar_uri(text))
        return build_error(b, "", "token",
                           "\"%s\" is not a PKCS#11 URI of path attributes (pkcs11:token=...)",
                           text);
    char *object = scalar_uri_attribute(text, "object", &n);
    char *id = scalar_uri_attribute(text, "id", &n);
    bool names_key = object != NULL || id != NULL;
    free(object);
    free(id);
    if (names_key)
        return build_error(b, "", "token", "object and id name a key; the token has neither");
    *out = text;
    return E_OK;
}

/* A key of the appliance itself: it signs nothing that could be revoked, and no authority answers for it. */
static enum err build_appliance_key(struct build *b, const char *at, const struct yaml_key *y, struct policy_key *out)
{
    if (y->crl != NULL)
        return build_error(b, at, "crl", "nothing is signed with this key that could be revoked");
    if (y->issuer != NULL)
        return build_error(b, at, "issuer", "the appliance's own keys have no issuer");
    return build_key(b, at, y, out);
}

static enum err build_appliance(struct build *b, const struct yaml_appliance *y)
{
    struct policy *p = &b->policy;
    int64_t quorum = 0;
    b->where = b->in->appliance.where;
    enum err e = build_token(b, "", "name", y->name, &p->name);
    if (e == E_OK)
        e = build_token_uri(b, y->token, &p->token);
    if (e == E_OK && !policy_vendor_by_name(y->sm2_vendor, &p->vendor))
        e = build_error(b, "", "sm2-vendor",
                        "\"%s\" is not one of generic, sansec, tass, luna, xihsm, ibm, softhsm-sm2",
                        y->sm2_vendor);
    if (e == E_OK && !digest_by_name(y->log.hash, &p->log_hash))
        e = build_error(b, "log", "hash", "\"%s\" is neither sm3 nor sha256", y->log.hash);
    if (e == E_OK)
        e = build_appliance_key(b, "log.key", &y->log.key, &p->log_key);
    if (e == E_OK)
        e = build_appliance_key(b, "bundle.key", &y->bundle.key, &p->bundle_key);
    if (e == E_OK)
        e = build_limits(b, &y->limits, &p->limits);
    if (e == E_OK)
        e = build_number(b, "quorum", "officers", y->quorum.officers, 2, PERSONS_MAX, &quorum);
    if (e == E_OK)
        e = build_clause(b, "quorum", y->quorum.clause, &p->quorum_clause);
    p->quorum = (int)quorum;
    return e;
}

static enum err build_authorities(struct build *b)
{
    size_t n = b->in->authorities_n;
    if (n == 0)
        return build_error(
            b, "", "",
            "the folder has no file of an authority beside appliance.yaml and people.yaml");
    struct policy_authority *authorities = build_alloc(b, n, sizeof *authorities);
    enum err e = authorities != NULL ? E_OK : E_NO_MEMORY;
    for (size_t i = 0; i < n && e == E_OK; i++) {
        b->where = b->in->authorities[i].where;
        e = build_authority(b, b->in->authorities[i].data, &authorities[i]);
    }
    b->policy.authorities = authorities;
    b->policy.authorities_n = e == E_OK ? n : 0;
    return e;
}

enum err build_keep_file(struct build *b, const char *name, struct span bytes)
{
    for (size_t i = 0; i < b->files_n; i++)
        if (strcmp(b->files[i].name, name) == 0)
            return E_OK;
    struct policy_file *more = realloc(b->files, (b->files_n + 1) * sizeof *more);
    if (more == NULL)
        return diag_set(b->diag, E_NO_MEMORY, "%s", name);
    b->files = more;
    b->files[b->files_n++] = (struct policy_file){name, bytes};
    return E_OK;
}

static enum err keep_texts(struct build *b)
{
    const struct build_input *in = b->in;
    enum err e = build_keep_file(b, where_file(in->appliance.where), buf_span(&in->appliance.text));
    if (e == E_OK)
        e = build_keep_file(b, where_file(in->people.where), buf_span(&in->people.text));
    for (size_t i = 0; i < in->authorities_n && e == E_OK; i++)
        e = build_keep_file(b, where_file(in->authorities[i].where), buf_span(&in->authorities[i].text));
    return e;
}

enum err build_policy(const struct build_input *in, struct build **out, struct diag *d)
{
    *out = NULL;
    struct build *b = calloc(1, sizeof *b);
    if (b == NULL)
        return diag_set(d, E_NO_MEMORY, "%s", in->dir);
    b->in = in;
    b->diag = d;
    enum err e = keep_texts(b);
    if (e == E_OK)
        e = build_appliance(b, in->appliance.data);
    if (e == E_OK)
        e = build_authorities(b);
    b->where = in->people.where;
    if (e == E_OK)
        e = build_people(b, in->people.data);
    b->policy.files = b->files;
    b->policy.files_n = b->files_n;
    if (e == E_OK)
        *out = b;
    else
        build_free(b);
    return e;
}

const struct policy *build_result(const struct build *b)
{
    return &b->policy;
}

void build_free(struct build *b)
{
    if (b == NULL)
        return;
    for (size_t i = 0; i < b->blocks_n; i++)
        free(b->blocks[i]);
    free(b->blocks);
    free(b->files);
    free(b->claims);
    free(b);
}
