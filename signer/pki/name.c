#include "pki/name.h"

#include <openssl/objects.h>
#include <string.h>

#include "core/text.h"
#include "pki/cause.h"
#include "pki/der_write.h"

static bool is_printable_type(const struct policy_attribute *r)
{
    return r->string == POLICY_PRINTABLE || strcmp(r->type, "C") == 0 || strcmp(r->type, "serialNumber") == 0;
}

/* PrintableString, X.680 41.4. */
static bool is_printable(const uint8_t *p, size_t n)
{
    static const char others[] = " '()+,-./:=?";
    for (size_t i = 0; i < n; i++) {
        bool alnum = (p[i] >= 'A' && p[i] <= 'Z') || (p[i] >= 'a' && p[i] <= 'z') || (p[i] >= '0' && p[i] <= '9');
        if (!alnum && (p[i] == '\0' || strchr(others, p[i]) == NULL))
            return false;
    }
    return true;
}

static enum err check_characters(const struct policy_attribute *r, const uint8_t *p, size_t n, const char *clause,
                                 struct diag *d)
{
    size_t at = 0;
    int count = 0;
    uint32_t before = ' ';
    while (at < n) {
        uint32_t cp;
        size_t step = text_utf8_next(p + at, n - at, &cp);
        if (step == 0 || !text_is_plain(cp))
            return diag_set_clause(d, E_SUBJECT_CHARACTER, clause, "%s, character %d", r->type, count + 1);
        if (cp == ' ' && before == ' ')
            return diag_set_clause(d, E_SUBJECT_CHARACTER, clause, "%s: a blank at an end or a doubled one", r->type);
        before = cp;
        at += step;
        count++;
    }
    if (n > 0 && before == ' ')
        return diag_set_clause(d, E_SUBJECT_CHARACTER, clause, "%s: a blank at an end or a doubled one", r->type);
    if (count == 0 || count > r->max)
        return diag_set_clause(d, E_SUBJECT_VALUE, clause, "%s: %d characters, allowed are 1 to %d", r->type, count,
                               r->max);
    return E_OK;
}

static enum err check_value(const struct policy_attribute *r, const uint8_t *p, size_t n, const char *clause,
                            struct diag *d)
{
    const char *rule = r->clause[0] != '\0' ? r->clause : clause;
    enum err e = check_characters(r, p, n, rule, d);
    if (e != E_OK)
        return e;
    if (is_printable_type(r) && !is_printable(p, n))
        return diag_set_clause(d, E_SUBJECT_VALUE, rule, "%s: not a PrintableString", r->type);
    if (r->value != NULL && (strlen(r->value) != n || memcmp(r->value, p, n) != 0))
        return diag_set_clause(d, E_SUBJECT_VALUE, rule, "%s: must be %s", r->type, r->value);
    return E_OK;
}

static enum err write_attribute(struct buf *out, const struct policy_attribute *r, const uint8_t *p, size_t n)
{
    char oid[80];
    OBJ_obj2txt(oid, sizeof oid, OBJ_nid2obj(OBJ_txt2nid(r->type)), 1);
    size_t set = der_open(out, V_ASN1_SET | V_ASN1_CONSTRUCTED);
    size_t seq = der_open(out, DER_SEQUENCE);
    enum err e = der_oid(out, oid);
    der_value(out, is_printable_type(r) ? V_ASN1_PRINTABLESTRING : V_ASN1_UTF8STRING, p, n);
    der_close(out, seq);
    der_close(out, set);
    return e;
}

static const struct policy_attribute *rule_of(const X509_NAME_ENTRY *entry, const struct policy_attribute *rules,
                                              size_t n)
{
    int nid = OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry));
    for (size_t i = 0; i < n; i++)
        if (nid != NID_undef && OBJ_txt2nid(rules[i].type) == nid)
            return &rules[i];
    return NULL;
}

/* Every attribute asked for must have a rule, stand in an RDN of its own, and come once. */
static enum err check_asked(const X509_NAME *asked, const struct policy_attribute *rules, size_t n,
                            const char *clause, struct diag *d)
{
    int entries = X509_NAME_entry_count(asked);
    for (int i = 0; i < entries; i++) {
        const X509_NAME_ENTRY *entry = X509_NAME_get_entry(asked, i);
        const struct policy_attribute *r = rule_of(entry, rules, n);
        char type[80];
        OBJ_obj2txt(type, sizeof type, X509_NAME_ENTRY_get_object(entry), 0);
        if (r == NULL)
            return diag_set_clause(d, E_SUBJECT_ATTRIBUTE, clause, "%s is not in the profile", type);
        if (X509_NAME_ENTRY_set(entry) != i)
            return diag_set_clause(d, E_SUBJECT_ATTRIBUTE, clause, "%s stands in an RDN with others", type);
        for (int j = 0; j < i; j++)
            if (rule_of(X509_NAME_get_entry(asked, j), rules, n) == r)
                return diag_set_clause(d, E_SUBJECT_ATTRIBUTE, clause, "%s comes twice", type);
    }
    return E_OK;
}

static bool is_ascii(const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p[i] > 0x7f)
            return false;
    return true;
}

static bool is_numeric(const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p[i] != ' ' && (p[i] < '0' || p[i] > '9'))
            return false;
    return true;
}

/* A string type has an alphabet (X.680 41), which OpenSSL does not ask about: it would read any octet as Latin-1. That
 * is what everybody means by TeletexString, and by no other. */
static bool fits_its_type(const ASN1_STRING *s)
{
    const uint8_t *p = ASN1_STRING_get0_data(s);
    size_t n = (size_t)ASN1_STRING_length(s);
    switch (ASN1_STRING_type(s)) {
    case V_ASN1_UTF8STRING: /* the conversion proves these three */
    case V_ASN1_BMPSTRING:
    case V_ASN1_UNIVERSALSTRING:
    case V_ASN1_T61STRING:
        return true;
    case V_ASN1_PRINTABLESTRING:
        return is_printable(p, n);
    case V_ASN1_IA5STRING:
        return is_ascii(p, n);
    case V_ASN1_NUMERICSTRING:
        return is_numeric(p, n);
    default: /* no string type that X.520 gives a name */
        return false;
    }
}

/* The UTF-8 form of the asked value, or NULL when it is not *there (or memory is used up): OpenSSL converts
 * from the string types of X.520. */
static uint8_t *asked_value(const X509_NAME *asked, const struct policy_attribute *r, size_t *n, bool *there)
{
    uint8_t *utf8 = NULL;
    int at = X509_NAME_get_index_by_NID(asked, OBJ_txt2nid(r->type), -1);
    *there = at >= 0;
    if (at < 0)
        return NULL;
    const ASN1_STRING *value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(asked, at));
    int len = fits_its_type(value) ? ASN1_STRING_to_UTF8(&utf8, value) : 0;
    *n = len > 0 ? (size_t)len : 0;
    if (utf8 == NULL) /* no text of its type: an empty value, which check_value() refuses */
        utf8 = OPENSSL_zalloc(1);
    return utf8;
}

enum err name_from_request(const X509_NAME *asked, const struct policy_attribute *rules, size_t n, const char *clause,
                           struct buf *out, struct diag *d)
{
    uint8_t *value = NULL;
    enum err e = check_asked(asked, rules, n, clause, d);
    if (e != E_OK)
        return cause_settle(e, d, "a name");
    size_t seq = der_open(out, DER_SEQUENCE);
    for (size_t i = 0; i < n && e == E_OK; i++) {
        const struct policy_attribute *r = &rules[i];
        size_t len = 0;
        bool there = false;
        value = asked_value(asked, r, &len, &there);
        if (there && value == NULL) {
            e = E_NO_MEMORY;
        } else if (value != NULL) {
            e = check_value(r, value, len, clause, d);
            if (e == E_OK)
                e = write_attribute(out, r, value, len);
            OPENSSL_free(value);
        } else if (r->value != NULL) {
            e = write_attribute(out, r, (const uint8_t *)r->value, strlen(r->value));
        } else if (r->required) {
            const char *rule = r->clause[0] != '\0' ? r->clause : clause;
            e = diag_set_clause(d, E_SUBJECT_MISSING, rule, "%s", r->type);
        }
    }
    der_close(out, seq);
    return e != E_OK ? cause_settle(e, d, "a name") : buf_err(out);
}

enum err name_from_rules(const struct policy_attribute *rules, size_t n, struct buf *out, struct diag *d)
{
    size_t seq = der_open(out, DER_SEQUENCE);
    for (size_t i = 0; i < n; i++) {
        if (rules[i].value == NULL)
            return diag_set(d, E_SUBJECT_MISSING, "%s of our own name", rules[i].type);
        enum err e = write_attribute(out, &rules[i], (const uint8_t *)rules[i].value, strlen(rules[i].value));
        if (e != E_OK)
            return cause_settle(e, d, "our own name");
    }
    der_close(out, seq);
    return buf_err(out);
}

static void append_escaped(struct buf *out, const uint8_t *p, size_t n, char also)
{
    for (size_t at = 0; at < n;) {
        char part[16];
        uint32_t cp;
        size_t step = text_utf8_next(p + at, n - at, &cp);
        step = step > 0 ? step : 1;
        bool edge = p[at] == ' ' && (at == 0 || at + 1 == n);
        if (edge || (also != '\0' && p[at] == also)) {
            buf_printf(out, "\\x{%02X}", p[at]);
        } else {
            text_escape(part, sizeof part, p + at, step);
            buf_append_str(out, part);
        }
        at += step;
    }
}

void name_display_text(struct span text, struct buf *out)
{
    append_escaped(out, text.p, text.n, '\0');
}

void name_display(const X509_NAME *name, struct buf *out)
{
    int entries = X509_NAME_entry_count(name);
    for (int i = 0; i < entries; i++) {
        const X509_NAME_ENTRY *entry = X509_NAME_get_entry(name, i);
        const ASN1_OBJECT *type = X509_NAME_ENTRY_get_object(entry);
        const ASN1_STRING *value = X509_NAME_ENTRY_get_data(entry);
        int nid = OBJ_obj2nid(type);
        char oid[80];
        OBJ_obj2txt(oid, sizeof oid, type, 1);
        uint8_t *utf8 = NULL;
        int n = ASN1_STRING_to_UTF8(&utf8, value);
        buf_printf(out, "%s%s=", i > 0 ? ", " : "", nid != NID_undef ? OBJ_nid2sn(nid) : oid);
        if (n >= 0)
            append_escaped(out, utf8, (size_t)n, ',');
        else if (cause_take(E_OK) == E_NO_MEMORY)
            out->failed = true;
        for (int at = 0; n < 0 && at < ASN1_STRING_length(value); at++) /* not text */
            buf_printf(out, "\\x{%02X}", ASN1_STRING_get0_data(value)[at]);
        OPENSSL_free(utf8);
    }
}
