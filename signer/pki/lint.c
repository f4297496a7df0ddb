#include "pki/lint.h"

#include <limits.h>
#include <openssl/asn1.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

#include "core/text.h"
#include "pki/cause.h"
#include "pki/key.h"
#include "pki/lint_extensions.h"
#include "pki/tbs_view.h"

static enum err check_frame(const TBS_VIEW *v, const struct policy_key *row, bool sm2_null, struct diag *d)
{
    if (v->version == NULL || ASN1_INTEGER_get(v->version) != X509_VERSION_3)
        return diag_set_clause(d, E_LINT, "RFC 5280 4.1.2.1", "the version is not 3");
    int serial_n = ASN1_STRING_length(v->serial);
    if (ASN1_STRING_type(v->serial) != V_ASN1_INTEGER || serial_n > 20 || serial_n < 8 ||
        (serial_n == 20 && (ASN1_STRING_get0_data(v->serial)[0] & 0x80) != 0))
        return diag_set_clause(d, E_LINT, "RFC 5280 4.1.2.2", "the serial number is negative, too short or too long");
    if (v->issuer_uid != NULL || v->subject_uid != NULL)
        return diag_set_clause(d, E_LINT, "RFC 5280 4.1.2.8", "unique identifiers are there");
    uint8_t *alg = NULL;
    int n = i2d_X509_ALGOR(v->signature, &alg);
    if (n < 0)
        return diag_set(d, cause_take(E_LINT), "the signature algorithm");
    struct span want = alg_identifier(row->alg, sm2_null);
    bool same = n > 0 && (size_t)n == want.n && memcmp(alg, want.p, want.n) == 0;
    OPENSSL_free(alg);
    if (!same)
        return diag_set_clause(d, E_LINT, "RFC 5280 4.1.2.3", "the signature algorithm is not the key's");
    return E_OK;
}

/* YYMMDDhhmmssZ, or YYYYMMDDhhmmssZ from 2050 on. */
static bool is_rfc5280_time(const ASN1_TIME *t, int year_since_1900)
{
    bool utc = ASN1_STRING_type(t) == V_ASN1_UTCTIME;
    int n = ASN1_STRING_length(t);
    return utc == (year_since_1900 < 150) && n == (utc ? 13 : 15) && ASN1_STRING_get0_data(t)[n - 1] == 'Z';
}

static enum err check_times(const TBS_VIEW *v, struct tm *from, struct tm *to, struct diag *d)
{
    const ASN1_TIME *before = v->validity->notBefore, *after = v->validity->notAfter;
    if (ASN1_TIME_to_tm(before, from) != 1 || ASN1_TIME_to_tm(after, to) != 1)
        return diag_set_clause(d, E_LINT, "RFC 5280 4.1.2.5", "a time is malformed");
    if (!is_rfc5280_time(before, from->tm_year) || !is_rfc5280_time(after, to->tm_year))
        return diag_set_clause(d, E_LINT, "RFC 5280 4.1.2.5", "a time is not in the one form for its year");
    return E_OK;
}

/* notAfter is inclusive: the last second of the period that began with notBefore. */
static enum err check_validity(const TBS_VIEW *v, const struct policy_period *period, const char *clause, struct diag *d)
{
    struct tm from = {0}, to = {0};
    enum err e = check_times(v, &from, &to, d);
    if (e != E_OK)
        return e;
    to.tm_sec += 1;
    time_t end = timegm(&to);
    int day = from.tm_mday;
    from.tm_year += period->years;
    from.tm_mon += period->months;
    from.tm_mday = 1;
    timegm(&from); /* normalises the month */
    struct tm probe = from;
    probe.tm_mday = day;
    timegm(&probe);
    if (probe.tm_mon != from.tm_mon) { /* the month is too short: its last day */
        probe = from;
        probe.tm_mon += 1;
        probe.tm_mday = 0;
    }
    probe.tm_mday += period->days;
    if (timegm(&probe) != end)
        return diag_set_clause(d, E_LINT, clause, "the validity is not the policy's");
    return E_OK;
}

/* Byte for byte: X509_NAME_cmp() would let case and blanks differ. */
static bool same_name(const X509_NAME *a, const X509_NAME *b)
{
    const unsigned char *x = NULL, *y = NULL;
    size_t x_n = 0, y_n = 0;
    return X509_NAME_get0_der(a, &x, &x_n) == 1 && X509_NAME_get0_der(b, &y, &y_n) == 1 && x_n == y_n &&
           memcmp(x, y, x_n) == 0;
}

static enum err check_inside(const TBS_VIEW *v, X509 *other, struct diag *d)
{
    if (ASN1_TIME_compare(v->validity->notBefore, X509_get0_notBefore(other)) < 0 ||
        ASN1_TIME_compare(v->validity->notAfter, X509_get0_notAfter(other)) > 0)
        return diag_set_clause(d, E_LINT, "RFC 5280 6.1", "the validity lies outside the issuer's");
    return E_OK;
}

static enum err check_inside_issuer(const TBS_VIEW *v, X509 *issuer, struct diag *d)
{
    if (!same_name(v->issuer, X509_get_subject_name(issuer)))
        return diag_set_clause(d, E_LINT, "RFC 5280 4.1.2.4", "the issuer is not the signing key's name");
    return check_inside(v, issuer, d);
}

static enum err check_attribute(const X509_NAME_ENTRY *entry, const struct policy_attribute *rule, struct diag *d)
{
    const ASN1_STRING *value = X509_NAME_ENTRY_get_data(entry);
    bool printable =
        rule->string == POLICY_PRINTABLE || strcmp(rule->type, "C") == 0 || strcmp(rule->type, "serialNumber") == 0;
    if (ASN1_STRING_type(value) != (printable ? V_ASN1_PRINTABLESTRING : V_ASN1_UTF8STRING))
        return diag_set_clause(d, E_LINT, rule->clause, "%s has the wrong string type", rule->type);
    const uint8_t *p = ASN1_STRING_get0_data(value);
    int n = ASN1_STRING_length(value), characters = 0;
    if (rule->value != NULL && (strlen(rule->value) != (size_t)n || memcmp(rule->value, p, (size_t)n) != 0))
        return diag_set_clause(d, E_LINT, rule->clause, "%s is not the fixed value", rule->type);
    if (printable && ASN1_PRINTABLE_type(p, n) != V_ASN1_PRINTABLESTRING)
        return diag_set_clause(d, E_LINT, rule->clause, "%s is no PrintableString", rule->type);
    for (int i = 0, step; i < n; i += step, characters++) {
        unsigned long c = 0;
        step = UTF8_getc(p + i, n - i, &c);
        if (step < 1 || !text_is_plain((uint32_t)c))
            return diag_set_clause(d, E_LINT, rule->clause, "%s has a character that no name may have", rule->type);
    }
    if (characters < 1 || characters > rule->max)
        return diag_set_clause(d, E_LINT, rule->clause, "%s is empty or too long", rule->type);
    return E_OK;
}

/* The name's attributes must be the rules', in the rules' order, with only optional ones left out. */
static enum err check_subject(const X509_NAME *name, const struct policy_attribute *rules, size_t n, struct diag *d)
{
    int at = 0;
    int entries = X509_NAME_entry_count(name);
    for (size_t i = 0; i < n; i++) {
        const X509_NAME_ENTRY *entry = at < entries ? X509_NAME_get_entry(name, at) : NULL;
        if (entry == NULL || OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry)) != OBJ_sn2nid(rules[i].type)) {
            if (rules[i].required || rules[i].value != NULL)
                return diag_set_clause(d, E_LINT, rules[i].clause, "%s is missing or out of order", rules[i].type);
            continue;
        }
        if (X509_NAME_ENTRY_set(entry) != at)
            return diag_set_clause(d, E_LINT, rules[i].clause, "%s shares its RDN", rules[i].type);
        enum err e = check_attribute(entry, &rules[i], d);
        if (e != E_OK)
            return e;
        at++;
    }
    if (at != entries)
        return diag_set_clause(d, E_LINT, "RFC 5280 4.1.2.6", "the subject has an attribute beyond the profile's");
    return E_OK;
}

static enum err check_key(const TBS_VIEW *v, const struct policy_profile *profile, struct diag *d)
{
    struct key key = {0};
    struct diag why = {0};
    enum err e = key_from_spki(tbs_view_spki(v), &key, &why);
    if (e != E_OK)
        return diag_wrap_clause(d, err_is_refusal(e) ? E_LINT : e, "RFC 5280 4.1.2.7", &why, "the public key");
    bool fits = false;
    for (size_t i = 0; i < profile->keys_n; i++) {
        const struct policy_subject_key *k = &profile->keys[i];
        int bits = EVP_PKEY_get_bits(key.pkey);
        fits = fits || (k->kind == key.kind && bits >= k->min_bits && bits <= k->max_bits);
    }
    key_free(&key);
    if (!fits)
        return diag_set_clause(d, E_LINT, profile->keys_clause, "the kind or size of key is not in the profile");
    return E_OK;
}

static enum err check_own_key(const TBS_VIEW *v, const struct policy_key *row, EVP_PKEY *own, struct diag *d)
{
    struct key key = {0};
    enum err e = key_from_spki(tbs_view_spki(v), &key, NULL);
    bool same = e == E_OK && EVP_PKEY_eq(key.pkey, own) == 1;
    key_free(&key);
    if (e != E_OK && !err_is_refusal(e))
        return diag_set(d, e, "the public key");
    return same ? E_OK : diag_set_clause(d, E_LINT, row->clause, "the public key is not the token's");
}

static enum err check_serial(const TBS_VIEW *v, struct span serial, struct diag *d)
{
    if (serial.n > 0 && ((size_t)ASN1_STRING_length(v->serial) != serial.n ||
                         memcmp(ASN1_STRING_get0_data(v->serial), serial.p, serial.n) != 0))
        return diag_set_clause(d, E_LINT, "RFC 5280 4.1.2.2", "the serial number is not the planned one");
    return E_OK;
}

/* The extensions' checks say no also when OpenSSL could not decode one for want of memory. */
static enum err verdict(enum err e, struct diag *d)
{
    enum err cause = e == E_LINT ? cause_take(e) : e;
    return cause == e ? e : diag_set(d, cause, "the lint");
}

enum err lint_end_entity(struct span tbs, struct span serial, const struct policy_profile *profile,
                         const struct policy_key *row, X509 *issuer, struct diag *d)
{
    TBS_VIEW *v = NULL;
    enum err e = tbs_view_parse(tbs, &v, d);
    if (e == E_OK)
        e = check_frame(v, row, policy_sm2_null(profile, row), d);
    if (e == E_OK)
        e = check_serial(v, serial, d);
    if (e == E_OK)
        e = check_inside_issuer(v, issuer, d);
    if (e == E_OK)
        e = check_validity(v, &profile->validity, profile->validity_clause, d);
    if (e == E_OK)
        e = check_subject(v->subject, profile->subject, profile->subject_n, d);
    if (e == E_OK)
        e = check_key(v, profile, d);
    if (e == E_OK)
        e = lint_extensions_end_entity(v, profile, issuer, d);
    tbs_view_free(v);
    return verdict(e, d);
}

/* The certificate is its own issuer, so only the order of its two times is left to compare. */
static enum err check_itself(const TBS_VIEW *v, struct diag *d)
{
    if (!same_name(v->issuer, v->subject))
        return diag_set_clause(d, E_LINT, "RFC 5280 4.1.2.4", "the issuer is not the key's own name");
    return E_OK;
}

enum err lint_self_signed(struct span tbs, const struct policy_key *row, bool ca, EVP_PKEY *key, struct diag *d)
{
    TBS_VIEW *v = NULL;
    enum err e = tbs_view_parse(tbs, &v, d);
    if (e == E_OK)
        e = check_frame(v, row, row->sm2_null, d);
    if (e == E_OK)
        e = check_itself(v, d);
    if (e == E_OK)
        e = check_validity(v, &row->validity, row->clause, d);
    if (e == E_OK)
        e = check_subject(v->subject, row->subject, row->subjects, d);
    if (e == E_OK)
        e = check_own_key(v, row, key, d);
    if (e == E_OK)
        e = lint_extensions_self_signed(v, ca, row->crl_period > 0, d);
    tbs_view_free(v);
    return verdict(e, d);
}

/* A certificate of one of our own keys by another one, but for its extensions. */
static enum err check_issued(const TBS_VIEW *v, const struct policy_key *row, const struct policy_key *ca, X509 *issuer,
                             EVP_PKEY *key, struct diag *d)
{
    enum err e = check_frame(v, ca, ca->sm2_null, d);
    if (e == E_OK)
        e = check_inside_issuer(v, issuer, d);
    if (e == E_OK)
        e = check_validity(v, &row->validity, row->clause, d);
    if (e == E_OK)
        e = check_subject(v->subject, row->subject, row->subjects, d);
    return e == E_OK ? check_own_key(v, row, key, d) : e;
}

enum err lint_responder(struct span tbs, const struct policy_key *row, const struct policy_key *ca, X509 *issuer,
                        EVP_PKEY *key, struct diag *d)
{
    TBS_VIEW *v = NULL;
    enum err e = tbs_view_parse(tbs, &v, d);
    if (e == E_OK)
        e = check_issued(v, row, ca, issuer, key, d);
    if (e == E_OK)
        e = lint_extensions_responder(v, issuer, d);
    tbs_view_free(v);
    return verdict(e, d);
}

enum err lint_sub_ca(struct span tbs, const struct policy_key *row, const struct policy_key *ca, X509 *issuer, EVP_PKEY *key,
                     struct diag *d)
{
    TBS_VIEW *v = NULL;
    enum err e = tbs_view_parse(tbs, &v, d);
    if (e == E_OK)
        e = check_issued(v, row, ca, issuer, key, d);
    if (e == E_OK)
        e = lint_extensions_ca(v, true, ca->crl_url, issuer, d);
    tbs_view_free(v);
    return verdict(e, d);
}

enum err lint_own(struct span tbs, const struct policy *policy, const struct policy_key *row, X509 *issuer, EVP_PKEY *key,
                  struct diag *d)
{
    const struct policy_key *ca = policy_key_issuer(policy, row);
    if (ca == NULL)
        return lint_self_signed(tbs, row, policy_key_is_ca(policy, row), key, d);
    return policy_key_is_ca(policy, row) ? lint_sub_ca(tbs, row, ca, issuer, key, d)
                                         : lint_responder(tbs, row, ca, issuer, key, d);
}

static enum err check_plain(const X509_NAME *name, struct diag *d)
{
    for (int i = 0; i < X509_NAME_entry_count(name); i++) {
        const X509_NAME_ENTRY *entry = X509_NAME_get_entry(name, i);
        int type = ASN1_STRING_type(X509_NAME_ENTRY_get_data(entry));
        const struct policy_attribute rule = {.type = OBJ_nid2sn(OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry))),
                                              .max = INT_MAX,
                                              .string = type == V_ASN1_PRINTABLESTRING ? POLICY_PRINTABLE : POLICY_UTF8,
                                              .clause = "RFC 5280 4.1.2.6"};
        enum err e = check_attribute(entry, &rule, d);
        if (e != E_OK)
            return e;
        if (X509_NAME_ENTRY_set(entry) != i)
            return diag_set_clause(d, E_LINT, rule.clause, "%s shares its RDN", rule.type);
    }
    return X509_NAME_entry_count(name) > 0 ? E_OK : diag_set_clause(d, E_LINT, "RFC 5280 4.1.2.6", "the subject is empty");
}

static enum err check_ca(const TBS_VIEW *v, const struct policy_key *ca, X509 *issuer, const struct lint_ca *what,
                         struct diag *d)
{
    struct tm from, to;
    enum err e = check_frame(v, ca, ca->sm2_null, d);
    if (e == E_OK)
        e = check_inside_issuer(v, issuer, d);
    if (e == E_OK)
        e = check_times(v, &from, &to, d);
    if (e == E_OK && timegm(&from) >= timegm(&to))
        e = diag_set_clause(d, E_LINT, "RFC 5280 4.1.2.5", "its validity ends before it begins");
    if (e == E_OK && what->inside != NULL)
        e = check_inside(v, what->inside, d);
    if (e == E_OK && !same_name(v->subject, what->subject))
        e = diag_set_clause(d, E_LINT, "RFC 5280 4.1.2.6", "the subject is another");
    if (e == E_OK)
        e = check_plain(v->subject, d);
    return e == E_OK ? check_own_key(v, ca, what->key, d) : e;
}

enum err lint_ca(struct span tbs, const struct policy_key *ca, X509 *issuer, const struct lint_ca *what, struct diag *d)
{
    TBS_VIEW *v = NULL;
    enum err e = tbs_view_parse(tbs, &v, d);
    if (e == E_OK)
        e = check_ca(v, ca, issuer, what, d);
    if (e == E_OK)
        e = lint_extensions_ca(v, what->path_zero, ca->crl_url, issuer, d);
    tbs_view_free(v);
    return verdict(e, d);
}
