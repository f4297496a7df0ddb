#include "policy/policy.h"

#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "core/i18n.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const role_names[] = {[POLICY_ENTRY] = N_("entry"), [POLICY_REVIEW] = N_("review")};
static const char *const by_names[POLICY_BY_COUNT] = {[POLICY_BY_SUBSCRIBER] = "subscriber",
                                                      [POLICY_BY_CEASED] = "ceased",
                                                      [POLICY_BY_OPERATOR] = "operator"};
static const char *const kind_names[] = {
    [POLICY_PERSON] = "person", [POLICY_ORGANISATION] = "organisation", [POLICY_DEVICE] = "device"};
static const char *const string_names[] = {
    [POLICY_UTF8] = "utf8", [POLICY_PRINTABLE] = "printable"};
static const char *const identity_names[] = {[POLICY_RESIDENT_ID] = "resident-id",
                                             [POLICY_MILITARY_ID] = "military-id",
                                             [POLICY_PASSPORT] = "passport",
                                             [POLICY_INSURANCE] = "insurance",
                                             [POLICY_REGISTRATION] = "registration",
                                             [POLICY_ORGANIZATION_CODE] = "organization-code",
                                             [POLICY_TAXATION] = "taxation"};
static const char *const check_names[] = {[POLICY_CHECK_NONE] = "none",
                                          [POLICY_CHECK_RESIDENT] = "resident",
                                          [POLICY_CHECK_USCC] = "uscc"};
static const char *const vendor_names[] = {[POLICY_VENDOR_GENERIC] = "generic",
                                           [POLICY_VENDOR_SANSEC] = "sansec",
                                           [POLICY_VENDOR_TASS] = "tass",
                                           [POLICY_VENDOR_LUNA] = "luna",
                                           [POLICY_VENDOR_XIHSM] = "xihsm",
                                           [POLICY_VENDOR_IBM] = "ibm",
                                           [POLICY_VENDOR_SOFTHSM_SM2] = "softhsm-sm2"};

static const struct {
    uint32_t bit;
    const char *name;
} usages[] = {{KU_DIGITAL_SIGNATURE, "digitalSignature"},
              {KU_NON_REPUDIATION, "nonRepudiation"},
              {KU_KEY_ENCIPHERMENT, "keyEncipherment"},
              {KU_DATA_ENCIPHERMENT, "dataEncipherment"},
              {KU_KEY_AGREEMENT, "keyAgreement"},
              {KU_KEY_CERT_SIGN, "keyCertSign"},
              {KU_CRL_SIGN, "cRLSign"},
              {KU_ENCIPHER_ONLY, "encipherOnly"},
              {KU_DECIPHER_ONLY, "decipherOnly"}};

/* Not there, because no end entity is revoked so: cACompromise (2), aACompromise (10); certificateHold (6) and
 * removeFromCRL (8), which are suspend and resume; 7, which is not used. */
static const struct {
    int code;
    const char *name;
} codes[] = {{0, "unspecified"}, {1, "keyCompromise"},        {3, "affiliationChanged"},
             {4, "superseded"},  {5, "cessationOfOperation"}, {9, "privilegeWithdrawn"}};

const struct policy_authority *policy_authority_find(const struct policy *p, const char *name)
{
    for (size_t i = 0; i < p->authorities_n; i++)
        if (strcmp(p->authorities[i].name, name) == 0)
            return &p->authorities[i];
    return NULL;
}

const struct policy_ra *policy_ra_find(const struct policy *p, const char *id)
{
    for (size_t i = 0; i < p->ras_n; i++)
        if (strcmp(p->ras[i].id, id) == 0)
            return &p->ras[i];
    return NULL;
}

const struct policy_profile *policy_profile_find(const struct policy_authority *a, const char *name)
{
    for (size_t i = 0; i < a->profiles_n; i++)
        if (strcmp(a->profiles[i].name, name) == 0)
            return &a->profiles[i];
    return NULL;
}

const struct policy_service *policy_service_find(const struct policy_authority *a, const char *op)
{
    for (size_t i = 0; i < a->services_n; i++)
        if (strcmp(a->services[i].op, op) == 0)
            return &a->services[i];
    return NULL;
}

const struct policy_reason *policy_reason_find(const struct policy_authority *a, enum policy_by by,
                                               const char *name)
{
    for (size_t i = 0; i < a->reasons_n; i++)
        if (a->reasons[i].by == by && strcmp(a->reasons[i].name, name) == 0)
            return &a->reasons[i];
    return NULL;
}

bool policy_sm2_null(const struct policy_profile *p, const struct policy_key *key)
{
    return p->sm2_null == POLICY_NULL_AS_KEY ? key->sm2_null : p->sm2_null == POLICY_NULL_WRITTEN;
}

const struct policy_identity_rule *policy_identity_find(const struct policy_profile *p, enum policy_identity field)
{
    for (size_t i = 0; i < p->identity_n; i++)
        if (p->identity[i].field == field)
            return &p->identity[i];
    return NULL;
}

bool policy_is_pair(const struct policy_authority *a, const struct policy_profile *p)
{
    for (size_t i = 0; i < a->profiles_n; i++)
        if (a->profiles[i].pair != NULL && strcmp(a->profiles[i].pair, p->name) == 0)
            return true;
    return false;
}

const struct policy_key *policy_key_at(const struct policy *p, size_t i)
{
    if (i < 2)
        return i == 0 ? &p->log_key : &p->bundle_key;
    i -= 2;
    for (size_t a = 0; a < p->authorities_n; a++) {
        if (i < p->authorities[a].keys_n)
            return &p->authorities[a].keys[i];
        i -= p->authorities[a].keys_n;
    }
    return NULL;
}

const struct policy_key *policy_key_find(const struct policy *p, const char *name)
{
    const struct policy_key *key;
    for (size_t i = 0; (key = policy_key_at(p, i)) != NULL; i++)
        if (strcmp(key->name, name) == 0)
            return key;
    return NULL;
}

bool policy_key_is_ca(const struct policy *p, const struct policy_key *key)
{
    for (size_t i = 0; i < p->authorities_n; i++) {
        const struct policy_authority *a = &p->authorities[i];
        if ((a->ocsp_key != NULL && strcmp(a->ocsp_key, key->name) == 0) ||
            (a->seals.key != NULL && strcmp(a->seals.key, key->name) == 0))
            return false;
    }
    return key != &p->log_key && key != &p->bundle_key;
}

const struct policy_authority *policy_key_authority(const struct policy *p, const struct policy_key *key)
{
    for (size_t i = 0; i < p->authorities_n; i++)
        for (size_t k = 0; k < p->authorities[i].keys_n; k++)
            if (&p->authorities[i].keys[k] == key)
                return &p->authorities[i];
    return NULL;
}

const struct policy_key *policy_key_issuer(const struct policy *p, const struct policy_key *key)
{
    const struct policy_authority *a = policy_key_authority(p, key);
    const char *name = key->issuer;
    if (a == NULL)
        return NULL;
    if (a->ocsp_key != NULL && strcmp(a->ocsp_key, key->name) == 0)
        name = a->profiles_n > 0 ? a->profiles[0].key : NULL; /* all of them name it, policyc sees to that */
    for (size_t i = 0; i < a->keys_n && name != NULL; i++)
        if (strcmp(a->keys[i].name, name) == 0)
            return &a->keys[i];
    return NULL;
}

int policy_key_depth(const struct policy *p, const struct policy_key *key)
{
    int depth = 0;
    while ((key = policy_key_issuer(p, key)) != NULL)
        depth++;
    return depth;
}

const struct policy_person *policy_person_find(const struct policy *p, const char *id)
{
    for (size_t i = 0; i < p->persons_n; i++)
        if (strcmp(p->persons[i].id, id) == 0)
            return &p->persons[i];
    return NULL;
}

const struct policy_officer *policy_officer_find(const struct policy *p, const char *id)
{
    for (size_t i = 0; i < p->officers_n; i++)
        if (strcmp(p->officers[i].id, id) == 0)
            return &p->officers[i];
    return NULL;
}

static const char *name_of(const char *const *names, size_t n, size_t value)
{
    return value < n ? names[value] : "?";
}

/* The position of the name, or n. */
static size_t position_of(const char *const *names, size_t n, const char *name)
{
    size_t i = 0;
    while (i < n && strcmp(names[i], name) != 0)
        i++;
    return i;
}

const char *policy_role_name(enum policy_role r)
{
    return name_of(role_names, COUNT(role_names), (size_t)r);
}

const char *policy_by_name(enum policy_by by)
{
    return name_of(by_names, COUNT(by_names), (size_t)by);
}

const char *policy_kind_name(enum policy_kind k)
{
    return name_of(kind_names, COUNT(kind_names), (size_t)k);
}

const char *policy_vendor_name(enum policy_vendor v)
{
    return name_of(vendor_names, COUNT(vendor_names), (size_t)v);
}

const char *policy_string_name(enum policy_string s)
{
    return name_of(string_names, COUNT(string_names), (size_t)s);
}

const char *policy_identity_name(enum policy_identity f)
{
    return name_of(identity_names, COUNT(identity_names), (size_t)f);
}

const char *policy_check_name(enum policy_check c)
{
    return name_of(check_names, COUNT(check_names), (size_t)c);
}

bool policy_role_by_name(const char *name, enum policy_role *out)
{
    size_t at = position_of(role_names, COUNT(role_names), name);
    if (at == COUNT(role_names))
        return false;
    *out = (enum policy_role)at;
    return true;
}

bool policy_by_by_name(const char *name, enum policy_by *out)
{
    size_t at = position_of(by_names, COUNT(by_names), name);
    if (at == COUNT(by_names))
        return false;
    *out = (enum policy_by)at;
    return true;
}

bool policy_kind_by_name(const char *name, enum policy_kind *out)
{
    size_t at = position_of(kind_names, COUNT(kind_names), name);
    if (at == COUNT(kind_names))
        return false;
    *out = (enum policy_kind)at;
    return true;
}

bool policy_vendor_by_name(const char *name, enum policy_vendor *out)
{
    size_t at = position_of(vendor_names, COUNT(vendor_names), name);
    if (at == COUNT(vendor_names))
        return false;
    *out = (enum policy_vendor)at;
    return true;
}

bool policy_string_by_name(const char *name, enum policy_string *out)
{
    size_t at = position_of(string_names, COUNT(string_names), name);
    if (at == COUNT(string_names))
        return false;
    *out = (enum policy_string)at;
    return true;
}

bool policy_identity_by_name(const char *name, enum policy_identity *out)
{
    size_t at = position_of(identity_names, COUNT(identity_names), name);
    if (at == COUNT(identity_names))
        return false;
    *out = (enum policy_identity)at;
    return true;
}

bool policy_check_by_name(const char *name, enum policy_check *out)
{
    size_t at = position_of(check_names, COUNT(check_names), name);
    if (at == COUNT(check_names))
        return false;
    *out = (enum policy_check)at;
    return true;
}

const char *policy_usage_name(uint32_t bit)
{
    for (size_t i = 0; i < COUNT(usages); i++)
        if (usages[i].bit == bit)
            return usages[i].name;
    return NULL;
}

uint32_t policy_usage_by_name(const char *name)
{
    for (size_t i = 0; i < COUNT(usages); i++)
        if (strcmp(usages[i].name, name) == 0)
            return usages[i].bit;
    return 0;
}

const char *policy_code_name(int code)
{
    for (size_t i = 0; i < COUNT(codes); i++)
        if (codes[i].code == code)
            return codes[i].name;
    return NULL;
}

bool policy_code_by_name(const char *name, int *out)
{
    for (size_t i = 0; i < COUNT(codes); i++)
        if (strcmp(codes[i].name, name) == 0) {
            *out = codes[i].code;
            return true;
        }
    return false;
}

void policy_period_format(const struct policy_period *p, char *out, size_t cap)
{
    const int parts[] = {p->years, p->months, p->days};
    size_t at = 0;
    for (size_t i = 0; i < COUNT(parts) && at < cap; i++) {
        if (parts[i] == 0)
            continue;
        int n = snprintf(out + at, cap - at, "%d%c", parts[i], "ymd"[i]);
        at += n > 0 ? (size_t)n : 0;
    }
    if (at == 0 && cap > 0)
        snprintf(out, cap, "0d");
}
