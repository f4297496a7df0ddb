#include "policy/emit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The names of the enumerators, so that the table reads as if written by hand. */
static const char *const key_kinds[] = {
    [KEY_SM2] = "KEY_SM2", [KEY_P256] = "KEY_P256", [KEY_P384] = "KEY_P384", [KEY_RSA] = "KEY_RSA"};
static const char *const algorithms[] = {
    [SIG_SM2_SM3] = "SIG_SM2_SM3",          [SIG_RSA_SHA256] = "SIG_RSA_SHA256",
    [SIG_RSA_SHA384] = "SIG_RSA_SHA384",    [SIG_PSS_SHA256] = "SIG_PSS_SHA256",
    [SIG_PSS_SHA384] = "SIG_PSS_SHA384",    [SIG_ECDSA_SHA256] = "SIG_ECDSA_SHA256",
    [SIG_ECDSA_SHA384] = "SIG_ECDSA_SHA384"};
static const char *const kinds[] = {[POLICY_PERSON] = "POLICY_PERSON",
                                    [POLICY_ORGANISATION] = "POLICY_ORGANISATION",
                                    [POLICY_DEVICE] = "POLICY_DEVICE"};
static const char *const roles[] = {
    [POLICY_ENTRY] = "POLICY_ENTRY", [POLICY_REVIEW] = "POLICY_REVIEW"};
static const char *const words[] = {[POLICY_BY_SUBSCRIBER] = "POLICY_BY_SUBSCRIBER",
                                    [POLICY_BY_CEASED] = "POLICY_BY_CEASED",
                                    [POLICY_BY_OPERATOR] = "POLICY_BY_OPERATOR"};
static const char *const strings[] = {
    [POLICY_UTF8] = "POLICY_UTF8", [POLICY_PRINTABLE] = "POLICY_PRINTABLE"};
static const char *const identities[] = {
    [POLICY_RESIDENT_ID] = "POLICY_RESIDENT_ID",   [POLICY_MILITARY_ID] = "POLICY_MILITARY_ID",
    [POLICY_PASSPORT] = "POLICY_PASSPORT",         [POLICY_INSURANCE] = "POLICY_INSURANCE",
    [POLICY_REGISTRATION] = "POLICY_REGISTRATION", [POLICY_ORGANIZATION_CODE] = "POLICY_ORGANIZATION_CODE",
    [POLICY_TAXATION] = "POLICY_TAXATION"};
static const char *const checks[] = {[POLICY_CHECK_NONE] = "POLICY_CHECK_NONE",
                                     [POLICY_CHECK_RESIDENT] = "POLICY_CHECK_RESIDENT",
                                     [POLICY_CHECK_USCC] = "POLICY_CHECK_USCC"};
static const char *const nulls[] = {[POLICY_NULL_AS_KEY] = "POLICY_NULL_AS_KEY",
                                    [POLICY_NULL_WRITTEN] = "POLICY_NULL_WRITTEN",
                                    [POLICY_NULL_ABSENT] = "POLICY_NULL_ABSENT"};
static const char *const vendors[] = {[POLICY_VENDOR_GENERIC] = "POLICY_VENDOR_GENERIC",
                                      [POLICY_VENDOR_SANSEC] = "POLICY_VENDOR_SANSEC",
                                      [POLICY_VENDOR_TASS] = "POLICY_VENDOR_TASS",
                                      [POLICY_VENDOR_LUNA] = "POLICY_VENDOR_LUNA",
                                      [POLICY_VENDOR_XIHSM] = "POLICY_VENDOR_XIHSM",
                                      [POLICY_VENDOR_IBM] = "POLICY_VENDOR_IBM",
                                      [POLICY_VENDOR_SOFTHSM_SM2] = "POLICY_VENDOR_SOFTHSM_SM2"};
static const char *const hashes[] = {
    [DIGEST_SHA256] = "DIGEST_SHA256", [DIGEST_SM3] = "DIGEST_SM3"};

/* Names of arrays are made of indices ("a0_p1_subject"), because the policy's own names are not C
 * identifiers. */
#define NAME 64

/* Octal escapes have a fixed length in C, hexadecimal ones have not; "??" would begin a trigraph.
 */
static void put_literal(struct buf *out, const char *s)
{
    if (s == NULL) {
        buf_append_str(out, "NULL");
        return;
    }
    buf_append_byte(out, '"');
    for (; *s != '\0'; s++) {
        unsigned char c = (unsigned char)*s;
        if (c < 0x20 || c > 0x7e)
            buf_printf(out, "\\%03o", c);
        else if (c == '"' || c == '\\' || c == '?')
            buf_printf(out, "\\%c", c);
        else
            buf_append_byte(out, c);
    }
    buf_append_byte(out, '"');
}

static void put_field(struct buf *out, const char *name, const char *value)
{
    buf_printf(out, ".%s = ", name);
    put_literal(out, value);
    buf_append_str(out, ", ");
}

static void put_number(struct buf *out, const char *name, int64_t value)
{
    buf_printf(out, ".%s = INT64_C(%" PRId64 "), ", name, value);
}

static void put_period(struct buf *out, const char *name, const struct policy_period *p)
{
    buf_printf(out, ".%s = {%d, %d, %d}, ", name, p->years, p->months, p->days);
}

/* `.field = array, .count = n, `, or nothing for an empty list: the initialiser then leaves NULL
 * and 0. */
static void put_array(struct buf *out, const char *field, const char *count, const char *array,
                      size_t n)
{
    if (n > 0)
        buf_printf(out, ".%s = %s, .%s = %zu, ", field, array, count, n);
}

static void open_array(struct buf *out, const char *type, const char *name)
{
    buf_printf(out, "static const %s %s[] = {\n", type, name);
}

static void close_array(struct buf *out)
{
    buf_append_str(out, "};\n\n");
}

static void emit_subject(struct buf *out, const char *name, const struct policy_attribute *a,
                         size_t n)
{
    if (n == 0)
        return;
    open_array(out, "struct policy_attribute", name);
    for (size_t i = 0; i < n; i++) {
        buf_append_str(out, "    {");
        put_field(out, "type", a[i].type);
        put_field(out, "value", a[i].value);
        buf_printf(out, ".required = %s, .max = %d, .string = %s, ",
                   a[i].required ? "true" : "false", a[i].max, strings[a[i].string]);
        put_field(out, "clause", a[i].clause);
        buf_append_str(out, "},\n");
    }
    close_array(out);
}

/* The initialiser of one key whose subject stands in the array named. */
static void emit_key(struct buf *out, const struct policy_key *k, const char *subject)
{
    buf_append_byte(out, '{');
    put_field(out, "name", k->name);
    put_field(out, "uri", k->uri);
    buf_printf(out, ".kind = %s, .bits = %d, .alg = %s, .sm2_null = %s, ", key_kinds[k->kind],
               k->bits, algorithms[k->alg], k->sm2_null ? "true" : "false");
    if (k->transferable)
        buf_append_str(out, ".transferable = true, ");
    put_array(out, "subject", "subjects", subject, k->subjects);
    put_period(out, "validity", &k->validity);
    put_field(out, "clause", k->clause);
    put_field(out, "issuer", k->issuer);
    put_number(out, "crl_period", k->crl_period);
    put_number(out, "crl_delta_period", k->crl_delta_period);
    put_field(out, "crl_url", k->crl_url);
    put_field(out, "crl_clause", k->crl_clause);
    buf_append_str(out, "},\n");
}

static void emit_keys(struct buf *out, size_t authority, const struct policy_key *k, size_t n)
{
    char name[NAME];
    for (size_t i = 0; i < n; i++) {
        snprintf(name, sizeof name, "a%zu_k%zu_subject", authority, i);
        emit_subject(out, name, k[i].subject, k[i].subjects);
    }
    if (n == 0)
        return;
    snprintf(name, sizeof name, "a%zu_keys", authority);
    open_array(out, "struct policy_key", name);
    for (size_t i = 0; i < n; i++) {
        snprintf(name, sizeof name, "a%zu_k%zu_subject", authority, i);
        buf_append_str(out, "    ");
        emit_key(out, &k[i], name);
    }
    close_array(out);
}

static void emit_strings(struct buf *out, const char *prefix, const char *what,
                         const struct policy_strings *s)
{
    char name[2 * NAME];
    if (s->n == 0)
        return;
    snprintf(name, sizeof name, "%s_%s", prefix, what);
    open_array(out, "char *const", name);
    for (size_t i = 0; i < s->n; i++) {
        buf_append_str(out, "    ");
        put_literal(out, s->v[i]);
        buf_append_str(out, ",\n");
    }
    close_array(out);
}

static void put_strings(struct buf *out, const char *prefix, const char *what,
                        const struct policy_strings *s)
{
    if (s->n > 0)
        buf_printf(out, ".%s = {%s_%s, %zu}, ", what, prefix, what, s->n);
}

static void emit_identity(struct buf *out, const char *prefix, const struct policy_profile *p)
{
    char name[2 * NAME];
    if (p->identity_n == 0)
        return;
    snprintf(name, sizeof name, "%s_identity", prefix);
    open_array(out, "struct policy_identity_rule", name);
    for (size_t i = 0; i < p->identity_n; i++) {
        buf_printf(out, "    {.field = %s, .required = %s, .check = %s, ",
                   identities[p->identity[i].field], p->identity[i].required ? "true" : "false",
                   checks[p->identity[i].check]);
        put_field(out, "clause", p->identity[i].clause);
        buf_append_str(out, "},\n");
    }
    close_array(out);
}

/* The arrays that one profile points to. */
static void emit_profile_parts(struct buf *out, const char *prefix, const struct policy_profile *p)
{
    char name[2 * NAME];
    if (p->keys_n > 0) {
        snprintf(name, sizeof name, "%s_keys", prefix);
        open_array(out, "struct policy_subject_key", name);
        for (size_t i = 0; i < p->keys_n; i++)
            buf_printf(out, "    {.kind = %s, .min_bits = %d, .max_bits = %d},\n",
                       key_kinds[p->keys[i].kind], p->keys[i].min_bits, p->keys[i].max_bits);
        close_array(out);
    }
    snprintf(name, sizeof name, "%s_subject", prefix);
    emit_subject(out, name, p->subject, p->subject_n);
    emit_strings(out, prefix, "extended_key_usage", &p->extended_key_usage);
    emit_strings(out, prefix, "policies", &p->policies);
    emit_strings(out, prefix, "crl", &p->crl);
    emit_strings(out, prefix, "ocsp", &p->ocsp);
    emit_strings(out, prefix, "issuers", &p->issuers);
    emit_identity(out, prefix, p);
}

static void emit_profile(struct buf *out, const char *prefix, const struct policy_profile *p)
{
    char name[2 * NAME];
    buf_append_str(out, "    {");
    put_field(out, "name", p->name);
    buf_printf(out, ".kind = %s, ", kinds[p->kind]);
    put_field(out, "key", p->key);
    put_field(out, "clause", p->clause);
    snprintf(name, sizeof name, "%s_keys", prefix);
    put_array(out, "keys", "keys_n", name, p->keys_n);
    put_field(out, "keys_clause", p->keys_clause);
    snprintf(name, sizeof name, "%s_subject", prefix);
    put_array(out, "subject", "subject_n", name, p->subject_n);
    put_period(out, "validity", &p->validity);
    put_field(out, "validity_clause", p->validity_clause);
    buf_printf(out, ".key_usage = UINT32_C(0x%04" PRIx32 "), ", p->key_usage);
    put_field(out, "key_usage_clause", p->key_usage_clause);
    put_strings(out, prefix, "extended_key_usage", &p->extended_key_usage);
    put_strings(out, prefix, "policies", &p->policies);
    put_strings(out, prefix, "crl", &p->crl);
    put_strings(out, prefix, "ocsp", &p->ocsp);
    put_strings(out, prefix, "issuers", &p->issuers);
    put_field(out, "extensions_clause", p->extensions_clause);
    snprintf(name, sizeof name, "%s_identity", prefix);
    put_array(out, "identity", "identity_n", name, p->identity_n);
    put_field(out, "pair", p->pair);
    buf_printf(out, ".identity_implicit = %s, .sm2_null = %s, .copy_san = %s},\n",
               p->identity_implicit ? "true" : "false", nulls[p->sm2_null],
               p->copy_san ? "true" : "false");
}

static void emit_profiles(struct buf *out, size_t authority, const struct policy_profile *p,
                          size_t n)
{
    char prefix[NAME];
    for (size_t i = 0; i < n; i++) {
        snprintf(prefix, sizeof prefix, "a%zu_p%zu", authority, i);
        emit_profile_parts(out, prefix, &p[i]);
    }
    if (n == 0)
        return;
    snprintf(prefix, sizeof prefix, "a%zu_profiles", authority);
    open_array(out, "struct policy_profile", prefix);
    for (size_t i = 0; i < n; i++) {
        snprintf(prefix, sizeof prefix, "a%zu_p%zu", authority, i);
        emit_profile(out, prefix, &p[i]);
    }
    close_array(out);
}

static void emit_services(struct buf *out, size_t authority, const struct policy_service *s, size_t n)
{
    char name[NAME];
    if (n == 0)
        return;
    snprintf(name, sizeof name, "a%zu_services", authority);
    open_array(out, "struct policy_service", name);
    for (size_t i = 0; i < n; i++) {
        buf_append_str(out, "    {");
        put_field(out, "op", s[i].op);
        put_field(out, "clause", s[i].clause);
        for (size_t by = 0; by < POLICY_BY_COUNT; by++)
            if (s[i].by[by]) {
                buf_printf(out, ".by[%s] = true, .by_clause[%s] = ", words[by], words[by]);
                put_literal(out, s[i].by_clause[by]);
                buf_append_str(out, ", ");
            }
        buf_append_str(out, "},\n");
    }
    close_array(out);
}

static void emit_reasons(struct buf *out, size_t authority, const struct policy_reason *r, size_t n)
{
    char name[NAME];
    if (n == 0)
        return;
    snprintf(name, sizeof name, "a%zu_reasons", authority);
    open_array(out, "struct policy_reason", name);
    for (size_t i = 0; i < n; i++) {
        buf_append_str(out, "    {");
        put_field(out, "name", r[i].name);
        buf_printf(out, ".by = %s, .code = %d, ", words[r[i].by], r[i].code);
        put_field(out, "clause", r[i].clause);
        buf_append_str(out, "},\n");
    }
    close_array(out);
}

static void emit_approvals(struct buf *out, size_t authority, const struct policy_approval *a, size_t n)
{
    char name[NAME];
    if (n == 0)
        return;
    snprintf(name, sizeof name, "a%zu_approvals", authority);
    open_array(out, "struct policy_approval", name);
    for (size_t i = 0; i < n; i++) {
        buf_printf(out, "    {.role = %s, .count = %d, ", roles[a[i].role], a[i].count);
        put_field(out, "clause", a[i].clause);
        buf_append_str(out, "},\n");
    }
    close_array(out);
}

/* Renewal, promise, OCSP and seals, within the initialiser of their authority. */
static void put_terms(struct buf *out, size_t i, const struct policy_authority *a)
{
    buf_append_str(out, "\n     .renewal = {");
    put_period(out, "window", &a->renewal.window);
    buf_printf(out, ".new_key = %s, ", a->renewal.new_key ? "true" : "false");
    put_field(out, "clause", a->renewal.clause);
    put_field(out, "key_clause", a->renewal.key_clause);
    buf_append_str(out, "},\n     ");
    put_number(out, "revoke_within", a->revoke_within);
    put_field(out, "revoke_within_clause", a->revoke_within_clause);
    put_field(out, "ocsp_key", a->ocsp_key);
    put_number(out, "ocsp_period", a->ocsp_period);
    put_field(out, "ocsp_clause", a->ocsp_clause);
    buf_append_str(out, "\n     .seals = {");
    put_field(out, "key", a->seals.key);
    put_period(out, "validity", &a->seals.validity);
    put_field(out, "validity_clause", a->seals.validity_clause);
    if (a->seals.holder_issuer.n > 0)
        buf_printf(out, ".holder_issuer = {h%zu_certificate, sizeof h%zu_certificate}, ", i, i);
    put_field(out, "holder_clause", a->seals.holder_clause);
    put_field(out, "clause", a->seals.clause);
    buf_append_str(out, "},\n     ");
}

static void emit_bytes(struct buf *out, char kind, size_t index, const char *what, struct span bytes)
{
    buf_printf(out, "static const uint8_t %c%zu_%s[] = {", kind, index, what);
    for (size_t i = 0; i < bytes.n; i++)
        buf_printf(out, "%s0x%02x,", i % 16 == 0 ? "\n    " : " ", bytes.p[i]);
    buf_append_str(out, "\n};\n\n");
}

static void emit_certificate(struct buf *out, char kind, size_t index, struct span der)
{
    emit_bytes(out, kind, index, "certificate", der);
}

/* What the table was made of. No file is empty: YAML and certificates never are. */
static void emit_files(struct buf *out, const struct policy_file *f, size_t n)
{
    for (size_t i = 0; i < n; i++)
        emit_bytes(out, 'f', i, "bytes", f[i].bytes);
    if (n == 0)
        return;
    open_array(out, "struct policy_file", "files");
    for (size_t i = 0; i < n; i++) {
        buf_append_str(out, "    {");
        put_field(out, "name", f[i].name);
        buf_printf(out, ".bytes = {f%zu_bytes, sizeof f%zu_bytes}},\n", i, i);
    }
    close_array(out);
}

static void emit_authorities(struct buf *out, const struct policy_authority *a, size_t n)
{
    static const char *const lists[] = {"keys", "services", "reasons", "approvals", "profiles"};
    for (size_t i = 0; i < n; i++) {
        emit_keys(out, i, a[i].keys, a[i].keys_n);
        emit_services(out, i, a[i].services, a[i].services_n);
        emit_reasons(out, i, a[i].reasons, a[i].reasons_n);
        emit_approvals(out, i, a[i].approvals, a[i].approvals_n);
        emit_profiles(out, i, a[i].profiles, a[i].profiles_n);
        if (a[i].seals.holder_issuer.n > 0)
            emit_certificate(out, 'h', i, a[i].seals.holder_issuer);
    }
    if (n == 0)
        return;
    open_array(out, "struct policy_authority", "authorities");
    for (size_t i = 0; i < n; i++) {
        const size_t counts[] = {a[i].keys_n, a[i].services_n, a[i].reasons_n, a[i].approvals_n, a[i].profiles_n};
        buf_append_str(out, "    {");
        put_field(out, "name", a[i].name);
        put_field(out, "title", a[i].title);
        put_field(out, "agreement", a[i].agreement);
        put_field(out, "services_clause", a[i].services_clause);
        put_terms(out, i, &a[i]);
        for (size_t k = 0; k < sizeof lists / sizeof lists[0]; k++) {
            char name[NAME], count[NAME];
            snprintf(name, sizeof name, "a%zu_%s", i, lists[k]);
            snprintf(count, sizeof count, "%s_n", lists[k]);
            put_array(out, lists[k], count, name, counts[k]);
        }
        buf_append_str(out, "},\n");
    }
    close_array(out);
}

static void put_certificate(struct buf *out, char kind, size_t index)
{
    buf_printf(out, ".certificate = {%c%zu_certificate, sizeof %c%zu_certificate}},\n", kind, index,
               kind, index);
}

static void emit_people(struct buf *out, const struct policy *p)
{
    for (size_t i = 0; i < p->persons_n; i++)
        emit_certificate(out, 'p', i, p->persons[i].certificate);
    for (size_t i = 0; i < p->officers_n; i++)
        emit_certificate(out, 'o', i, p->officers[i].certificate);
    if (p->ras_n > 0) {
        open_array(out, "struct policy_ra", "ras");
        for (size_t i = 0; i < p->ras_n; i++) {
            buf_append_str(out, "    {");
            put_field(out, "id", p->ras[i].id);
            put_field(out, "authority", p->ras[i].authority);
            buf_append_str(out, "},\n");
        }
        close_array(out);
    }
    if (p->persons_n > 0) {
        open_array(out, "struct policy_person", "persons");
        for (size_t i = 0; i < p->persons_n; i++) {
            buf_append_str(out, "    {");
            put_field(out, "id", p->persons[i].id);
            put_field(out, "ra", p->persons[i].ra);
            buf_printf(out, ".role = %s, ", roles[p->persons[i].role]);
            put_certificate(out, 'p', i);
        }
        close_array(out);
    }
    if (p->officers_n > 0) {
        open_array(out, "struct policy_officer", "officers");
        for (size_t i = 0; i < p->officers_n; i++) {
            buf_append_str(out, "    {");
            put_field(out, "id", p->officers[i].id);
            put_certificate(out, 'o', i);
        }
        close_array(out);
    }
}

static void emit_table(struct buf *out, const struct policy *p)
{
    buf_append_str(out, "const struct policy policy_table = {\n    ");
    put_field(out, "name", p->name);
    put_field(out, "token", p->token);
    buf_printf(out, ".vendor = %s, .log_hash = %s,\n    .log_key = ", vendors[p->vendor],
               hashes[p->log_hash]);
    emit_key(out, &p->log_key, "log_subject");
    buf_append_str(out, "    .bundle_key = ");
    emit_key(out, &p->bundle_key, "bundle_subject");
    buf_printf(out,
               "    .limits = {.batch_bytes = INT64_C(%" PRId64
               "), .batch_requests = INT64_C(%" PRId64 "), .batch_age = INT64_C(%" PRId64
               "), .plan_lifetime = INT64_C(%" PRId64 "), .token_timeout = INT64_C(%" PRId64
               "), .clock_jump = INT64_C(%" PRId64 "), ",
               p->limits.batch_bytes, p->limits.batch_requests, p->limits.batch_age,
               p->limits.plan_lifetime, p->limits.token_timeout, p->limits.clock_jump);
    put_field(out, "clause", p->limits.clause);
    buf_printf(out, "},\n    .quorum = %d, ", p->quorum);
    put_field(out, "quorum_clause", p->quorum_clause);
    buf_append_str(out, "\n    ");
    put_array(out, "authorities", "authorities_n", "authorities", p->authorities_n);
    put_array(out, "ras", "ras_n", "ras", p->ras_n);
    put_array(out, "persons", "persons_n", "persons", p->persons_n);
    put_array(out, "officers", "officers_n", "officers", p->officers_n);
    put_array(out, "files", "files_n", "files", p->files_n);
    buf_append_str(out, "\n};\n");
}

enum err emit_policy(const struct policy *p, struct buf *out)
{
    uint8_t digest[DIGEST_LEN];
    char hex[DIGEST_HEX];
    enum err e = policy_digest(p, digest);
    if (e != E_OK)
        return e;
    hex_encode(digest, sizeof digest, hex);
    buf_printf(
        out,
        "/* Made by policyc; do not edit. Policy digest: %s */\n#include \"policy/policy.h\"\n\n",
        hex);
    emit_subject(out, "log_subject", p->log_key.subject, p->log_key.subjects);
    emit_subject(out, "bundle_subject", p->bundle_key.subject, p->bundle_key.subjects);
    emit_authorities(out, p->authorities, p->authorities_n);
    emit_people(out, p);
    emit_files(out, p->files, p->files_n);
    emit_table(out, p);
    return buf_err(out);
}
