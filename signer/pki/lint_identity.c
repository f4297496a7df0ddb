#include "pki/lint_identity.h"

#include <openssl/asn1t.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "core/text.h"
#include "pki/cause.h"
#include "pki/idcode.h"

/* GM/T 0015-2012, by OpenSSL's templates; identity.c writes it by hand. */
typedef struct identify_code {
    int type;
    ASN1_STRING *number;
} IDENTIFY_CODE;

ASN1_CHOICE(IDENTIFY_CODE) = {
    ASN1_EXP(IDENTIFY_CODE, number, ASN1_PRINTABLESTRING, 0),
    ASN1_EXP(IDENTIFY_CODE, number, ASN1_UTF8STRING, 1),
    ASN1_EXP(IDENTIFY_CODE, number, ASN1_PRINTABLESTRING, 2),
} static_ASN1_CHOICE_END(IDENTIFY_CODE)

typedef IDENTIFY_CODE IDENTIFY_CODE_IMPLICIT;
ASN1_CHOICE(IDENTIFY_CODE_IMPLICIT) = {
    ASN1_IMP(IDENTIFY_CODE_IMPLICIT, number, ASN1_PRINTABLESTRING, 0),
    ASN1_IMP(IDENTIFY_CODE_IMPLICIT, number, ASN1_UTF8STRING, 1),
    ASN1_IMP(IDENTIFY_CODE_IMPLICIT, number, ASN1_PRINTABLESTRING, 2),
} static_ASN1_CHOICE_END(IDENTIFY_CODE_IMPLICIT)

/* 1 to 5, or 0. */
static int number_of(const ASN1_OBJECT *type)
{
    static const char arc[] = "1.2.156.10260.4.1.";
    char oid[40];
    int n = OBJ_obj2txt(oid, sizeof oid, type, 1);
    if (n != (int)sizeof arc || strncmp(oid, arc, sizeof arc - 1) != 0)
        return 0;
    int last = oid[sizeof arc - 1] - '0';
    return last >= 1 && last <= 5 ? last : 0;
}

bool lint_identity_is(const ASN1_OBJECT *type)
{
    return number_of(type) != 0;
}

static enum err wrong(struct diag *d, const char *clause, int number, const char *what)
{
    return diag_set_clause(d, E_LINT, clause, "the identity extension %s%d %s", "1.2.156.10260.4.1.", number, what);
}

/* The whole value decodes, and is written in the same bytes again. */
static ASN1_VALUE *decode(const ASN1_OCTET_STRING *value, const ASN1_ITEM *it)
{
    const unsigned char *p = ASN1_STRING_get0_data(value);
    unsigned char *again = NULL;
    ASN1_VALUE *decoded = ASN1_item_d2i(NULL, &p, ASN1_STRING_length(value), it);
    int n = decoded != NULL ? ASN1_item_i2d(decoded, &again, it) : -1;
    bool same = again != NULL && n == ASN1_STRING_length(value) &&
                memcmp(again, ASN1_STRING_get0_data(value), (size_t)n) == 0;
    OPENSSL_free(again);
    if (!same) {
        ASN1_item_free(decoded, it);
        decoded = NULL;
    }
    return decoded;
}

static const struct policy_identity_rule *rule_of(const struct policy_profile *p, enum policy_identity field)
{
    for (size_t i = 0; i < p->identity_n; i++)
        if (p->identity[i].field == field)
            return &p->identity[i];
    return NULL;
}

static bool fits(const ASN1_STRING *s, bool utf8)
{
    const unsigned char *p = ASN1_STRING_get0_data(s);
    int n = ASN1_STRING_length(s);
    if (n < 1 || n > LIMIT_IDENTITY_TEXT || p[0] == ' ' || p[n - 1] == ' ')
        return false;
    if (!utf8)
        return ASN1_PRINTABLE_type(p, n) == V_ASN1_PRINTABLESTRING && memchr(p, '\0', (size_t)n) == NULL;
    for (int i = 0, step; i < n; i += step) {
        unsigned long c = 0;
        step = UTF8_getc(p + i, n - i, &c);
        if (step < 1 || !text_is_plain((uint32_t)c))
            return false;
    }
    return true;
}

/* The day of birth is in the past of notBefore; whoever built the bytes looked at another clock. */
static bool has_form(const ASN1_STRING *s, enum policy_check check, const TBS_VIEW *v)
{
    char text[LIMIT_IDENTITY_TEXT + 1] = "";
    struct tm tm;
    if (check == POLICY_CHECK_NONE)
        return true;
    if (ASN1_TIME_to_tm(v->validity->notBefore, &tm) != 1)
        return false;
    memcpy(text, ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s));
    return (check == POLICY_CHECK_USCC ? idcode_uscc(text) : idcode_resident(text, timegm(&tm))) != IDCODE_FORM;
}

static enum err check_string(const TBS_VIEW *v, const struct policy_profile *p, int number, enum policy_identity field,
                             const ASN1_STRING *s, struct diag *d)
{
    const struct policy_identity_rule *rule = rule_of(p, field);
    if (rule == NULL)
        return wrong(d, p->clause, number, "does not belong here");
    if (!fits(s, field == POLICY_MILITARY_ID))
        return wrong(d, rule->clause, number, "has a character that it may not have, or is empty or too long");
    if (!has_form(s, rule->check, v))
        return wrong(d, rule->clause, number, "is not a number of its form");
    return E_OK;
}

static enum err check_one(const TBS_VIEW *v, const struct policy_profile *p, X509_EXTENSION *ext, int number,
                          struct diag *d)
{
    const ASN1_OCTET_STRING *value = X509_EXTENSION_get_data(ext);
    const ASN1_ITEM *it = ASN1_ITEM_rptr(ASN1_PRINTABLESTRING);
    enum err e = E_OK;
    if (X509_EXTENSION_get_critical(ext) != 0)
        return wrong(d, "GM/T 0015-2012", number, "is critical");
    if (number == 1)
        it = p->identity_implicit ? ASN1_ITEM_rptr(IDENTIFY_CODE_IMPLICIT) : ASN1_ITEM_rptr(IDENTIFY_CODE);
    ASN1_VALUE *decoded = decode(value, it);
    if (decoded == NULL)
        return diag_set_clause(d, cause_take(E_LINT), "GM/T 0015-2012",
                               "the identity extension 1.2.156.10260.4.1.%d is not tagged and typed as the profile says",
                               number);
    if (number == 1) {
        const IDENTIFY_CODE *code = (const IDENTIFY_CODE *)decoded;
        e = check_string(v, p, number, (enum policy_identity)code->type, code->number, d);
    } else {
        e = check_string(v, p, number, (enum policy_identity)(POLICY_INSURANCE + number - 2),
                         (const ASN1_STRING *)decoded, d);
    }
    ASN1_item_free(decoded, it);
    return e;
}

static enum err check_required(const struct policy_profile *p, const bool *seen, struct diag *d)
{
    for (size_t i = 0; i < p->identity_n; i++) {
        int field = (int)p->identity[i].field;
        int number = field <= (int)POLICY_PASSPORT ? 1 : field - (int)POLICY_INSURANCE + 2;
        if (p->identity[i].required && !seen[number])
            return wrong(d, p->identity[i].clause, number, "is missing");
    }
    return E_OK;
}

enum err lint_identity(const TBS_VIEW *v, const struct policy_profile *p, struct diag *d)
{
    bool seen[6] = {false};
    enum err e = E_OK;
    for (int i = 0; e == E_OK && i < X509v3_get_ext_count(v->extensions); i++) {
        X509_EXTENSION *ext = X509v3_get_ext(v->extensions, i);
        int number = number_of(X509_EXTENSION_get_object(ext));
        if (number == 0)
            continue;
        if (seen[number])
            return wrong(d, "RFC 5280 4.2", number, "comes twice");
        seen[number] = true;
        e = check_one(v, p, ext, number, d);
    }
    return e != E_OK ? e : check_required(p, seen, d);
}
