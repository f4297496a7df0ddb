/* The canonical text of a policy: every field of the table is in it, so that its digest stands for
 * the table. */
#include <inttypes.h>
#include <string.h>

#include "core/text.h"
#include "policy/policy.h"

/* Quotes and backslashes are escaped too, so that no value can look like two fields or two lines.
 */
static void put_quoted(struct buf *out, const char *s)
{
    size_t n = strlen(s);
    const uint8_t *p = (const uint8_t *)s;
    buf_append_byte(out, '"');
    while (n > 0) {
        uint32_t cp = 0;
        size_t len = text_utf8_next(p, n, &cp);
        if (len == 0) {
            buf_printf(out, "\\x{%02X}", *p);
            len = 1;
        } else if (cp < 0x20 || cp > 0x7e || cp == '"' || cp == '\\') {
            buf_printf(out, "\\u{%" PRIX32 "}", cp);
        } else {
            buf_append_byte(out, *p);
        }
        p += len;
        n -= len;
    }
    buf_append_byte(out, '"');
}

/* ` key "value"`, or ` key none` for NULL, which no quoted value can be taken for. */
static void put_text(struct buf *out, const char *key, const char *value)
{
    buf_printf(out, " %s ", key);
    if (value == NULL)
        buf_append_str(out, "none");
    else
        put_quoted(out, value);
}

static void put_number(struct buf *out, const char *key, int64_t value)
{
    buf_printf(out, " %s %" PRId64, key, value);
}

static void put_period(struct buf *out, const char *key, const struct policy_period *p)
{
    char text[40];
    policy_period_format(p, text, sizeof text);
    buf_printf(out, " %s %s", key, text);
}

/* Every rule ends this way: where it comes from. */
static void put_clause(struct buf *out, const char *clause)
{
    put_text(out, "clause", clause);
    buf_append_byte(out, '\n');
}

/* What stands before every line of one key or profile: `authority "a" profile "p"`. */
struct prefix {
    const char *authority; /* NULL for the appliance's own keys */
    const char *what;
    const char *name;
};

static void put_prefix(struct buf *out, const struct prefix *p)
{
    if (p->authority != NULL) {
        buf_append_str(out, "authority ");
        put_quoted(out, p->authority);
        buf_append_byte(out, ' ');
    }
    buf_append_str(out, p->what);
    buf_append_byte(out, ' ');
    put_quoted(out, p->name);
}

static void print_subject(struct buf *out, const struct prefix *prefix,
                          const struct policy_attribute *a, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        put_prefix(out, prefix);
        put_text(out, "subject", a[i].type);
        put_text(out, "value", a[i].value);
        buf_append_str(out, a[i].required ? " required" : " optional");
        put_number(out, "max", a[i].max);
        buf_printf(out, " string %s", policy_string_name(a[i].string));
        put_clause(out, a[i].clause);
    }
}

static void print_key(struct buf *out, const char *authority, const char *what,
                      const struct policy_key *k)
{
    const struct prefix prefix = {authority, what, k->name};
    put_prefix(out, &prefix);
    put_text(out, "uri", k->uri);
    buf_printf(out, " kind %s bits %d alg %s sm2-null %s", alg_key_name(k->kind), k->bits,
               alg_sig_name(k->alg), k->sm2_null ? "true" : "false");
    if (k->transferable)
        buf_append_str(out, " transferable true");
    put_period(out, "validity", &k->validity);
    put_text(out, "issuer", k->issuer);
    put_clause(out, k->clause);
    put_prefix(out, &prefix);
    put_number(out, "crl", k->crl_period);
    put_number(out, "delta", k->crl_delta_period);
    put_text(out, "url", k->crl_url);
    put_clause(out, k->crl_clause);
    print_subject(out, &prefix, k->subject, k->subjects);
}

static void print_strings(struct buf *out, const struct prefix *prefix, const char *what,
                          const struct policy_strings *s)
{
    for (size_t i = 0; i < s->n; i++) {
        put_prefix(out, prefix);
        put_text(out, what, s->v[i]);
        buf_append_byte(out, '\n');
    }
}

/* Bits without a name are printed too: the table may have been made by hand. */
static void print_usage(struct buf *out, const struct prefix *prefix, uint32_t usage,
                        const char *clause)
{
    put_prefix(out, prefix);
    buf_append_str(out, " key-usage");
    for (unsigned i = 0; i < 32; i++) {
        uint32_t bit = usage & (UINT32_C(1) << i);
        if (bit == 0)
            continue;
        const char *name = policy_usage_name(bit);
        if (name != NULL)
            buf_printf(out, " %s", name);
        else
            buf_printf(out, " 0x%" PRIx32, bit);
    }
    put_clause(out, clause);
}

static void print_identity(struct buf *out, const struct prefix *prefix,
                           const struct policy_profile *p)
{
    for (size_t i = 0; i < p->identity_n; i++) {
        put_prefix(out, prefix);
        buf_printf(out, " identity %s %s check %s", policy_identity_name(p->identity[i].field),
                   p->identity[i].required ? "required" : "optional",
                   policy_check_name(p->identity[i].check));
        put_clause(out, p->identity[i].clause);
    }
    put_prefix(out, prefix);
    buf_printf(out, " identity-tagging %s", p->identity_implicit ? "implicit" : "explicit");
    put_text(out, "pair", p->pair);
    buf_printf(out, " sm2-null %s\n",
               p->sm2_null == POLICY_NULL_AS_KEY    ? "of-key"
               : p->sm2_null == POLICY_NULL_WRITTEN ? "true"
                                                    : "false");
}

static void print_profile(struct buf *out, const char *authority, const struct policy_profile *p)
{
    const struct prefix prefix = {authority, "profile", p->name};
    put_prefix(out, &prefix);
    buf_printf(out, " kind %s", policy_kind_name(p->kind));
    put_text(out, "key", p->key);
    put_clause(out, p->clause);
    put_prefix(out, &prefix);
    buf_append_str(out, " subject-keys");
    for (size_t i = 0; i < p->keys_n; i++)
        buf_printf(out, " %s %d..%d", alg_key_name(p->keys[i].kind), p->keys[i].min_bits,
                   p->keys[i].max_bits);
    put_clause(out, p->keys_clause);
    print_subject(out, &prefix, p->subject, p->subject_n);
    put_prefix(out, &prefix);
    put_period(out, "validity", &p->validity);
    put_clause(out, p->validity_clause);
    print_usage(out, &prefix, p->key_usage, p->key_usage_clause);
    put_prefix(out, &prefix);
    buf_printf(out, " extensions copy-subject-alt-name %s", p->copy_san ? "true" : "false");
    put_clause(out, p->extensions_clause);
    print_strings(out, &prefix, "extended-key-usage", &p->extended_key_usage);
    print_strings(out, &prefix, "policy", &p->policies);
    print_strings(out, &prefix, "crl", &p->crl);
    print_strings(out, &prefix, "ocsp", &p->ocsp);
    print_strings(out, &prefix, "issuer", &p->issuers);
    print_identity(out, &prefix, p);
}

static void put_authority(struct buf *out, const struct policy_authority *a)
{
    buf_append_str(out, "authority ");
    put_quoted(out, a->name);
}

static void print_services(struct buf *out, const struct policy_authority *a)
{
    put_authority(out, a);
    buf_append_str(out, " services");
    put_clause(out, a->services_clause);
    for (size_t i = 0; i < a->services_n; i++) {
        const struct policy_service *s = &a->services[i];
        const struct prefix prefix = {a->name, "service", s->op};
        put_prefix(out, &prefix);
        put_clause(out, s->clause);
        for (int by = 0; by < POLICY_BY_COUNT; by++) {
            if (!s->by[by] && s->by_clause[by] == NULL)
                continue;
            put_prefix(out, &prefix);
            buf_printf(out, " %s %s", s->by[by] ? "by" : "not-by", policy_by_name((enum policy_by)by));
            put_clause(out, s->by_clause[by]);
        }
    }
    for (size_t i = 0; i < a->reasons_n; i++) {
        const struct policy_reason *r = &a->reasons[i];
        put_prefix(out, &(struct prefix){a->name, "reason", r->name});
        buf_printf(out, " by %s", policy_by_name(r->by));
        put_number(out, "code", r->code);
        put_clause(out, r->clause);
    }
}

static void print_terms(struct buf *out, const struct policy_authority *a)
{
    put_authority(out, a);
    put_period(out, "renewal window", &a->renewal.window);
    put_clause(out, a->renewal.clause);
    put_authority(out, a);
    buf_printf(out, " renewal new-key %s", a->renewal.new_key ? "true" : "false");
    put_clause(out, a->renewal.key_clause);
    put_authority(out, a);
    put_number(out, "revoke-within", a->revoke_within);
    put_clause(out, a->revoke_within_clause);
    put_authority(out, a);
    put_text(out, "ocsp key", a->ocsp_key);
    put_number(out, "period", a->ocsp_period);
    put_clause(out, a->ocsp_clause);
    put_authority(out, a);
    put_text(out, "seals key", a->seals.key);
    put_clause(out, a->seals.clause);
    put_authority(out, a);
    put_period(out, "seals validity", &a->seals.validity);
    put_clause(out, a->seals.validity_clause);
}

static enum err print_certificate(struct buf *out, struct span certificate)
{
    uint8_t digest[DIGEST_LEN];
    char hex[DIGEST_HEX];
    enum err e = digest_bytes(DIGEST_SHA256, certificate.p, certificate.n, digest);
    if (e != E_OK)
        return e;
    hex_encode(digest, sizeof digest, hex);
    buf_printf(out, " certificate-sha256 %s\n", hex);
    return E_OK;
}

/* Whose certificates the holders of seals have. */
static enum err print_holders(struct buf *out, const struct policy_authority *a)
{
    if (a->seals.holder_issuer.n == 0)
        return E_OK;
    put_authority(out, a);
    buf_append_str(out, " seals holders");
    put_clause(out, a->seals.holder_clause);
    put_authority(out, a);
    buf_append_str(out, " seals holders issuer");
    return print_certificate(out, a->seals.holder_issuer);
}

static enum err print_authority(struct buf *out, const struct policy_authority *a)
{
    put_authority(out, a);
    put_text(out, "title", a->title);
    put_text(out, "agreement", a->agreement);
    buf_append_byte(out, '\n');
    print_services(out, a);
    print_terms(out, a);
    for (size_t i = 0; i < a->approvals_n; i++) {
        put_authority(out, a);
        buf_printf(out, " approval %s", policy_role_name(a->approvals[i].role));
        put_number(out, "count", a->approvals[i].count);
        put_clause(out, a->approvals[i].clause);
    }
    for (size_t i = 0; i < a->keys_n; i++)
        print_key(out, a->name, "key", &a->keys[i]);
    for (size_t i = 0; i < a->profiles_n; i++)
        print_profile(out, a->name, &a->profiles[i]);
    return print_holders(out, a);
}

static void print_appliance(struct buf *out, const struct policy *p)
{
    buf_append_str(out, "policy ");
    put_quoted(out, p->name);
    buf_append_str(out, "\ntoken ");
    put_quoted(out, p->token);
    buf_printf(out, "\nsm2-vendor %s\nlog-hash %s\n", policy_vendor_name(p->vendor),
               digest_name(p->log_hash));
    print_key(out, NULL, "log-key", &p->log_key);
    print_key(out, NULL, "bundle-key", &p->bundle_key);
    buf_append_str(out, "limits");
    put_number(out, "batch-bytes", p->limits.batch_bytes);
    put_number(out, "batch-requests", p->limits.batch_requests);
    put_number(out, "batch-age", p->limits.batch_age);
    put_number(out, "plan-lifetime", p->limits.plan_lifetime);
    put_number(out, "token-timeout", p->limits.token_timeout);
    put_number(out, "clock-jump", p->limits.clock_jump);
    put_clause(out, p->limits.clause);
    buf_printf(out, "quorum %d", p->quorum);
    put_clause(out, p->quorum_clause);
}

enum err policy_print(const struct policy *p, struct buf *out)
{
    enum err e = E_OK;
    print_appliance(out, p);
    for (size_t i = 0; i < p->authorities_n && e == E_OK; i++)
        e = print_authority(out, &p->authorities[i]);
    for (size_t i = 0; i < p->ras_n; i++) {
        buf_append_str(out, "ra ");
        put_quoted(out, p->ras[i].id);
        put_text(out, "authority", p->ras[i].authority);
        buf_append_byte(out, '\n');
    }
    for (size_t i = 0; i < p->persons_n && e == E_OK; i++) {
        buf_append_str(out, "person ");
        put_quoted(out, p->persons[i].id);
        put_text(out, "ra", p->persons[i].ra);
        buf_printf(out, " role %s", policy_role_name(p->persons[i].role));
        e = print_certificate(out, p->persons[i].certificate);
    }
    for (size_t i = 0; i < p->officers_n && e == E_OK; i++) {
        buf_append_str(out, "officer ");
        put_quoted(out, p->officers[i].id);
        e = print_certificate(out, p->officers[i].certificate);
    }
    return e != E_OK ? e : buf_err(out);
}

enum err policy_digest(const struct policy *p, uint8_t out[DIGEST_LEN])
{
    struct buf text = {0};
    memset(out, 0, DIGEST_LEN);
    enum err e = policy_print(p, &text);
    if (e == E_OK)
        e = digest_bytes(DIGEST_SHA256, text.data, text.len, out);
    buf_free(&text);
    return e;
}
