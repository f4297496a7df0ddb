/* What a profile says of its holder's numbers, and which profiles make pairs. */
#include <openssl/x509v3.h>
#include <string.h>

#include "policy/part.h"

/* A check belongs to the number it is made for. */
static bool fits(enum policy_check check, enum policy_identity field)
{
    switch (check) {
    case POLICY_CHECK_RESIDENT:
        return field == POLICY_RESIDENT_ID;
    case POLICY_CHECK_USCC:
        return field == POLICY_REGISTRATION || field == POLICY_ORGANIZATION_CODE ||
               field == POLICY_TAXATION;
    default:
        return true;
    }
}

static enum err build_row(struct build *b, const char *at, const struct yaml_identity *y,
                          struct policy_identity_rule *out)
{
    enum err e = E_OK;
    if (!policy_identity_by_name(y->field, &out->field))
        return build_error(b, at, "field", "\"%s\" is not an identity field of GM/T 0015-2012",
                           y->field);
    if (y->required != NULL)
        e = build_bool(b, at, "required", y->required, &out->required);
    if (e == E_OK && y->check != NULL && !policy_check_by_name(y->check, &out->check))
        e = build_error(b, at, "check", "\"%s\" is not one of none, resident, uscc", y->check);
    if (e == E_OK && !fits(out->check, out->field))
        e = build_error(b, at, "check", "%s does not have the check digit of %s", y->field,
                        y->check);
    return e != E_OK ? e : build_clause(b, at, y->clause, &out->clause);
}

/* Requests and certificates have the fields in one order, so the policy has too. */
static enum err check_order(struct build *b, const char *at, const struct policy_identity_rule *row,
                            size_t i)
{
    if (i == 0)
        return E_OK;
    if (row[i].field == row[i - 1].field)
        return build_error(b, at, "field", "%s stands twice", policy_identity_name(row[i].field));
    if (row[i].field < row[i - 1].field)
        return build_error(b, at, "field", "%s stands before %s",
                           policy_identity_name(row[i].field),
                           policy_identity_name(row[i - 1].field));
    if (row[i].field <= POLICY_PASSPORT && row[i].required != row[i - 1].required)
        return build_error(b, at, "required",
                           "%s and %s make one extension, which is required or not",
                           policy_identity_name(row[i - 1].field),
                           policy_identity_name(row[i].field));
    return E_OK;
}

enum err build_identity(struct build *b, const char *at, const struct yaml_profile *y,
                        struct policy_profile *out)
{
    struct policy_identity_rule *rows = build_alloc(b, y->identity_n, sizeof *rows);
    enum err e = rows != NULL ? E_OK : E_NO_MEMORY;
    for (size_t i = 0; i < y->identity_n && e == E_OK; i++) {
        char row[WHERE_PATH];
        build_path(row, at, "identity", i);
        e = build_row(b, row, &y->identity[i], &rows[i]);
        if (e == E_OK)
            e = check_order(b, row, rows, i);
    }
    out->identity = rows;
    out->identity_n = y->identity_n;
    out->identity_implicit = y->identity_tagging != NULL && strcmp(y->identity_tagging, "implicit") == 0;
    if (e == E_OK && y->identity_tagging != NULL && !out->identity_implicit &&
        strcmp(y->identity_tagging, "explicit") != 0)
        e = build_error(b, at, "identity-tagging", "\"%s\" is neither explicit nor implicit",
                        y->identity_tagging);
    if (e == E_OK && y->identity_tagging != NULL &&
        (y->identity_n == 0 || rows[0].field > POLICY_PASSPORT))
        e = build_error(b, at, "identity-tagging",
                        "it is about resident-id, military-id and passport, and there is none");
    return e;
}

/* -- pairs -- */

#define SIGNING (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)
#define ENCRYPTING (KU_KEY_ENCIPHERMENT | KU_DATA_ENCIPHERMENT | KU_KEY_AGREEMENT)

static bool same_text(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* One subject can satisfy both: the same attributes, in one order, written alike. */
static bool same_subject(const struct policy_profile *a, const struct policy_profile *b)
{
    bool same = a->kind == b->kind && a->subject_n == b->subject_n && a->identity_n == b->identity_n &&
                a->identity_implicit == b->identity_implicit;
    for (size_t i = 0; same && i < a->subject_n; i++)
        same = same_text(a->subject[i].type, b->subject[i].type) &&
               same_text(a->subject[i].value, b->subject[i].value) &&
               a->subject[i].string == b->subject[i].string;
    for (size_t i = 0; same && i < a->identity_n; i++)
        same = a->identity[i].field == b->identity[i].field;
    return same;
}

static enum err build_pair(struct build *b, const char *at, const struct policy_profile *profiles,
                           size_t n, struct policy_profile *own)
{
    const struct policy_profile *pair = NULL;
    for (size_t i = 0; i < n; i++)
        if (strcmp(profiles[i].name, own->pair) == 0)
            pair = &profiles[i];
    if (pair == NULL || pair == own)
        return build_error(b, at, "pair", "\"%s\" is not another profile of this authority",
                           own->pair);
    if (pair->pair != NULL)
        return build_error(b, at, "pair", "%s is itself an encrypting profile", pair->name);
    if ((own->key_usage & SIGNING) != 0 || (pair->key_usage & ENCRYPTING) != 0)
        return build_error(b, at, "pair", "one of the two must only encrypt, and %s only sign",
                           pair->name);
    if (own->keys_n != 1 || own->keys[0].kind != KEY_SM2)
        return build_error(b, at, "pair", "an SM2EnvelopedKey holds an SM2 key and no other");
    if (!same_subject(own, pair))
        return build_error(b, at, "pair", "%s has another kind, other subject or identity rows",
                           pair->name);
    return E_OK;
}

enum err build_pairs(struct build *b, const struct yaml_profile *y, struct policy_profile *profiles,
                     size_t n)
{
    enum err e = E_OK;
    for (size_t i = 0; i < n; i++)
        profiles[i].pair = y[i].pair;
    for (size_t i = 0; i < n && e == E_OK; i++) {
        char at[WHERE_PATH];
        build_path(at, "", "profiles", i);
        if (profiles[i].pair != NULL)
            e = build_pair(b, at, profiles, n, &profiles[i]);
    }
    return e;
}
