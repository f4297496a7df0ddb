#include "pki/lint.h"

#include <openssl/asn1.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

#include "pki/lint_extensions.h"

/* A certificate around the TBS, with an empty signature: enough for OpenSSL's parser. */
static X509 *wrap(struct span tbs)
{
    static const uint8_t no_signature[] = {0x30, 0x05, 0x06, 0x03, 0x2a, 0x03, 0x04, 0x03, 0x01, 0x00};
    X509 *x = NULL;
    size_t n = tbs.n + sizeof no_signature;
    if (tbs.n > 0xffff - sizeof no_signature)
        return NULL;
    uint8_t *der = OPENSSL_malloc(4 + n);
    if (der == NULL)
        return NULL;
    /* BER lets a length be longer than it must; only the TBS inside has to be DER, and that is compared below */
    der[0] = 0x30;
    der[1] = 0x82;
    der[2] = (uint8_t)(n >> 8);
    der[3] = (uint8_t)n;
    memcpy(der + 4, tbs.p, tbs.n);
    memcpy(der + 4 + tbs.n, no_signature, sizeof no_signature);
    const uint8_t *p = der;
    x = d2i_X509(NULL, &p, (long)(4 + n));
    if (x != NULL && p != der + 4 + n) {
        X509_free(x);
        x = NULL;
    }
    OPENSSL_free(der);
    return x;
}

enum err lint_parse(struct span tbs, X509 **out, struct diag *d)
{
    uint8_t *again = NULL;
    enum err e = E_OK;
    *out = wrap(tbs);
    if (*out == NULL)
        return diag_set(d, E_LINT, "the bytes are not a TBSCertificate");
    int n = i2d_re_X509_tbs(*out, &again);
    if (n < 0 || (size_t)n != tbs.n || memcmp(again, tbs.p, tbs.n) != 0) {
        e = diag_set(d, E_LINT, "the bytes are not DER: OpenSSL writes them differently");
        X509_free(*out);
        *out = NULL;
    }
    OPENSSL_free(again);
    return e;
}

static enum err check_frame(X509 *x, const struct policy_key *row, struct diag *d)
{
    if (X509_get_version(x) != X509_VERSION_3)
        return diag_set_clause(d, E_LINT, "RFC 5280 4.1.2.1", "the version is not 3");
    const ASN1_INTEGER *serial = X509_get0_serialNumber(x);
    if (ASN1_STRING_type(serial) != V_ASN1_INTEGER || ASN1_STRING_length(serial) > 20 ||
        ASN1_STRING_length(serial) < 8 ||
        (ASN1_STRING_length(serial) == 20 && (ASN1_STRING_get0_data(serial)[0] & 0x80) != 0))
        return diag_set_clause(d, E_LINT, "RFC 5280 4.1.2.2", "the serial number is negative, too short or too long");
    const ASN1_BIT_STRING *issuer_uid = NULL, *subject_uid = NULL;
    X509_get0_uids(x, &issuer_uid, &subject_uid);
    if (issuer_uid != NULL || subject_uid != NULL)
        return diag_set_clause(d, E_LINT, "RFC 5280 4.1.2.8", "unique identifiers are there");
    uint8_t *alg = NULL;
    int n = i2d_X509_ALGOR((X509_ALGOR *)X509_get0_tbs_sigalg(x), &alg);
    struct span want = alg_identifier(row->alg, row->sm2_null);
    bool same = n > 0 && (size_t)n == want.n && memcmp(alg, want.p, want.n) == 0;
    OPENSSL_free(alg);
    if (!same)
        return diag_set_clause(d, E_LINT, "RFC 5280 4.1.2.3", "the signature algorithm is not the key's");
    return E_OK;
}

/* notAfter is inclusive: the last second of the period that began with notBefore. */
static enum err check_validity(X509 *x, const struct policy_period *period, const char *clause, struct diag *d)
{
    struct tm from, to;
    const ASN1_TIME *before = X509_get0_notBefore(x), *after = X509_get0_notAfter(x);
    if (ASN1_TIME_to_tm(before, &from) != 1 || ASN1_TIME_to_tm(after, &to) != 1)
        return diag_set_clause(d, E_LINT, "RFC 5280 4.1.2.5", "a time is malformed");
    if ((ASN1_STRING_type(before) == V_ASN1_UTCTIME) != (from.tm_year < 150) ||
        (ASN1_STRING_type(after) == V_ASN1_UTCTIME) != (to.tm_year < 150))
        return diag_set_clause(d, E_LINT, "RFC 5280 4.1.2.5", "UTCTime is for years through 2049 only");
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

static enum err check_inside_issuer(X509 *x, X509 *issuer, struct diag *d)
{
    if (X509_NAME_cmp(X509_get_issuer_name(x), X509_get_subject_name(issuer)) != 0)
        return diag_set_clause(d, E_LINT, "RFC 5280 4.1.2.4", "the issuer is not the signing key's name");
    if (ASN1_TIME_compare(X509_get0_notBefore(x), X509_get0_notBefore(issuer)) < 0 ||
        ASN1_TIME_compare(X509_get0_notAfter(x), X509_get0_notAfter(issuer)) > 0)
        return diag_set_clause(d, E_LINT, "RFC 5280 6.1", "the validity lies outside the issuer's");
    return E_OK;
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
    for (int i = 0; i < n; i++)
        characters += (p[i] & 0xc0) != 0x80;
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

static bool key_fits(EVP_PKEY *key, enum key_kind kind, int min_bits, int max_bits)
{
    char group[32] = "";
    int bits = EVP_PKEY_get_bits(key);
    if (bits < min_bits || bits > max_bits)
        return false;
    EVP_PKEY_get_group_name(key, group, sizeof group, NULL);
    switch (kind) {
    case KEY_RSA:
        return EVP_PKEY_is_a(key, "RSA") == 1;
    case KEY_SM2:
        return EVP_PKEY_is_a(key, "SM2") == 1;
    case KEY_P256:
        return EVP_PKEY_is_a(key, "EC") == 1 && OBJ_txt2nid(group) == NID_X9_62_prime256v1;
    case KEY_P384:
        return EVP_PKEY_is_a(key, "EC") == 1 && OBJ_txt2nid(group) == NID_secp384r1;
    }
    return false;
}

static enum err check_key(X509 *x, const struct policy_profile *profile, struct diag *d)
{
    EVP_PKEY *key = X509_get0_pubkey(x);
    if (key == NULL)
        return diag_set_clause(d, E_LINT, "RFC 5280 4.1.2.7", "the public key cannot be read");
    for (size_t i = 0; i < profile->keys_n; i++)
        if (key_fits(key, profile->keys[i].kind, profile->keys[i].min_bits, profile->keys[i].max_bits))
            return E_OK;
    return diag_set_clause(d, E_LINT, profile->keys_clause, "the kind or size of key is not in the profile");
}

enum err lint_end_entity(struct span tbs, const struct policy_profile *profile, const struct policy_key *row,
                         X509 *issuer, struct diag *d)
{
    X509 *x = NULL;
    enum err e = lint_parse(tbs, &x, d);
    if (e == E_OK)
        e = check_frame(x, row, d);
    if (e == E_OK)
        e = check_inside_issuer(x, issuer, d);
    if (e == E_OK)
        e = check_validity(x, &profile->validity, profile->validity_clause, d);
    if (e == E_OK)
        e = check_subject(X509_get_subject_name(x), profile->subject, profile->subject_n, d);
    if (e == E_OK)
        e = check_key(x, profile, d);
    if (e == E_OK)
        e = lint_extensions_end_entity(x, profile, issuer, d);
    X509_free(x);
    return e;
}

enum err lint_self_signed(struct span tbs, const struct policy_key *row, bool ca, EVP_PKEY *key, struct diag *d)
{
    X509 *x = NULL;
    enum err e = lint_parse(tbs, &x, d);
    if (e == E_OK)
        e = check_frame(x, row, d);
    if (e == E_OK)
        e = check_inside_issuer(x, x, d);
    if (e == E_OK)
        e = check_validity(x, &row->validity, row->clause, d);
    if (e == E_OK)
        e = check_subject(X509_get_subject_name(x), row->subject, row->subjects, d);
    if (e == E_OK && (X509_get0_pubkey(x) == NULL || EVP_PKEY_eq(X509_get0_pubkey(x), key) != 1))
        e = diag_set_clause(d, E_LINT, row->clause, "the public key is not the token's");
    if (e == E_OK)
        e = lint_extensions_self_signed(x, ca, d);
    X509_free(x);
    return e;
}
