#include "pki/identity.h"

#include <openssl/asn1.h>
#include <string.h>

#include "core/text.h"
#include "pki/cause.h"
#include "pki/der_write.h"
#include "pki/idcode.h"

static bool is_identify_code(enum policy_identity f)
{
    return f <= POLICY_PASSPORT;
}

static bool there(const struct identity *asked, enum policy_identity f)
{
    return asked->value[f][0] != '\0';
}

static enum err check_fields(const struct identity *asked, const struct policy_profile *p, struct diag *d)
{
    int codes = 0;
    for (enum policy_identity f = 0; f < POLICY_IDENTITY_COUNT; f++) {
        const struct policy_identity_rule *rule = policy_identity_find(p, f);
        if (there(asked, f) && rule == NULL)
            return diag_set_clause(d, E_IDENTITY_FIELD, p->clause, "%s is not in the profile", policy_identity_name(f));
        codes += is_identify_code(f) && there(asked, f);
        if (codes > 1)
            return diag_set_clause(d, E_IDENTITY_FIELD, rule->clause,
                                   "%s: a certificate has one of resident-id, military-id and passport",
                                   policy_identity_name(f));
    }
    for (size_t i = 0; i < p->identity_n; i++) {
        const struct policy_identity_rule *rule = &p->identity[i];
        if (rule->required && !there(asked, rule->field) && (!is_identify_code(rule->field) || codes == 0))
            return diag_set_clause(d, E_IDENTITY_MISSING, rule->clause, "%s", policy_identity_name(rule->field));
    }
    return E_OK;
}

/* PrintableString, or plain text; a blank neither at an end nor doubled. */
static bool is_clean(const char *s, bool printable)
{
    const uint8_t *p = (const uint8_t *)s;
    size_t n = strlen(s);
    uint32_t before = ' ', cp = 0;
    while (n > 0) {
        size_t step = text_utf8_next(p, n, &cp);
        bool good = printable ? cp < 0x80 && ASN1_PRINTABLE_type(p, 1) == V_ASN1_PRINTABLESTRING : text_is_plain(cp);
        if (step == 0 || !good || (cp == ' ' && before == ' '))
            return false;
        before = cp;
        p += step;
        n -= step;
    }
    return before != ' ';
}

static enum idcode check_digit(enum policy_check check, const char *s, int64_t now)
{
    switch (check) {
    case POLICY_CHECK_RESIDENT:
        return idcode_resident(s, now);
    case POLICY_CHECK_USCC:
        return idcode_uscc(s);
    default:
        return IDCODE_GOOD;
    }
}

static enum err check_value(const struct policy_identity_rule *rule, const char *s, int64_t now, bool override,
                            unsigned *wrong, struct diag *d)
{
    const char *name = policy_identity_name(rule->field);
    if (!is_clean(s, rule->field != POLICY_MILITARY_ID))
        return diag_set_clause(d, E_IDENTITY_VALUE, rule->clause, "%s: a character that it may not have", name);
    enum idcode code = check_digit(rule->check, s, now);
    if (code == IDCODE_FORM)
        return diag_set_clause(d, E_IDENTITY_VALUE, rule->clause, "%s: not in its form", name);
    if (code == IDCODE_CHECK && !override)
        return diag_set_clause(d, E_IDENTITY_CHECK, rule->clause, "%s", name);
    *wrong |= code == IDCODE_CHECK ? 1u << rule->field : 0;
    return E_OK;
}

/* IdentifyCode ::= CHOICE { residenterCardNumber [0] PrintableString, militaryOfficerCardNumber [1] UTF8String,
 * passportNumber [2] PrintableString } */
static void put_identify_code(struct buf *out, enum policy_identity f, bool implicit, const char *s)
{
    if (implicit) {
        der_value(out, DER_CONTEXT + (int)f, s, strlen(s));
        return;
    }
    size_t tagged = der_open(out, DER_CONSTRUCTED + (int)f);
    der_value(out, f == POLICY_MILITARY_ID ? V_ASN1_UTF8STRING : V_ASN1_PRINTABLESTRING, s, strlen(s));
    der_close(out, tagged);
}

static enum err put_extension(struct buf *out, enum policy_identity f, bool implicit, const char *s)
{
    static const char *const oids[] = {IDENTITY_OID "1", IDENTITY_OID "1", IDENTITY_OID "1", IDENTITY_OID "2",
                                       IDENTITY_OID "3", IDENTITY_OID "4", IDENTITY_OID "5"};
    size_t seq = der_open(out, DER_SEQUENCE);
    enum err e = der_oid(out, oids[f]);
    size_t octets = der_open(out, DER_OCTET_STRING);
    if (is_identify_code(f))
        put_identify_code(out, f, implicit, s);
    else
        der_value(out, V_ASN1_PRINTABLESTRING, s, strlen(s));
    der_close(out, octets);
    der_close(out, seq);
    return e;
}

enum err identity_holder(struct span subject, struct span identity, uint8_t out[DIGEST_LEN])
{
    struct buf both = {0};
    buf_append(&both, subject.p, subject.n);
    buf_append(&both, identity.p, identity.n);
    enum err e = buf_err(&both);
    if (e == E_OK)
        e = digest_bytes(DIGEST_SHA256, both.data, both.len, out);
    buf_free(&both);
    return e;
}

enum err identity_from_request(const struct identity *asked, const struct policy_profile *p, int64_t now, bool override,
                               struct buf *out, unsigned *wrong, struct diag *d)
{
    *wrong = 0;
    enum err e = check_fields(asked, p, d);
    for (enum policy_identity f = 0; e == E_OK && f < POLICY_IDENTITY_COUNT; f++) {
        if (!there(asked, f))
            continue;
        e = check_value(policy_identity_find(p, f), asked->value[f], now, override, wrong, d);
        if (e == E_OK)
            e = cause_settle(put_extension(out, f, p->identity_implicit, asked->value[f]), d, "an identity");
    }
    return e != E_OK ? e : buf_err(out);
}
