/* schema.h - the shape of the policy files: the structs that libcyaml fills, and how a file gets
 * into them.
 *
 * The schema gives structure only: which keys there are, which may be left out, what is a list.
 * Every scalar arrives as text, because libcyaml takes "3x" for a number and "flase" for true;
 * build.h reads them strictly. A pointer is NULL when its key was left out and may be; the keys are
 * described in rootseal-policy(5).
 */
#ifndef ROOTSEAL_POLICY_SCHEMA_H
#define ROOTSEAL_POLICY_SCHEMA_H

#include "core/buf.h"
#include "core/diag.h"
#include "policy/where.h"

struct yaml_strings {
    char **v;
    unsigned n;
};

struct yaml_attribute {
    char *type;
    char *value;    /* may be NULL */
    char *required; /* may be NULL */
    char *max;      /* may be NULL */
    char *string;   /* may be NULL */
    char *clause;
};

struct yaml_crl {
    char *period;
    char *delta; /* may be NULL */
    char *url;   /* may be NULL */
    char *clause;
};

struct yaml_key {
    char *name;
    char *uri;
    char *kind;
    char *bits; /* may be NULL */
    char *alg;
    char *sm2_null; /* may be NULL */
    char *transferable; /* may be NULL */
    struct yaml_attribute *subject;
    unsigned subject_n;
    char *validity;
    char *issuer;         /* may be NULL */
    struct yaml_crl *crl; /* may be NULL */
    char *clause;
};

struct yaml_limits {
    char *batch_bytes;
    char *batch_requests;
    char *batch_age;
    char *plan_lifetime;
    char *token_timeout;
    char *clock_jump;
    char *clause;
};

struct yaml_log {
    char *hash;
    struct yaml_key key;
};

struct yaml_bundle {
    struct yaml_key key;
};

struct yaml_quorum {
    char *officers;
    char *clause;
};

struct yaml_appliance {
    char *name;
    char *token;
    char *sm2_vendor;
    struct yaml_log log;
    struct yaml_bundle bundle;
    struct yaml_limits limits;
    struct yaml_quorum quorum;
};

struct yaml_ra {
    char *id;
    char *authority;
};

struct yaml_person {
    char *id;
    char *ra;   /* NULL for officers */
    char *role; /* NULL for officers */
    char *certificate;
};

struct yaml_people {
    struct yaml_ra *ras;
    unsigned ras_n;
    struct yaml_person *persons;
    unsigned persons_n;
    struct yaml_person *officers;
    unsigned officers_n;
};

struct yaml_service {
    char *op;
    char *by; /* may be NULL */
    char *clause;
};

struct yaml_services {
    struct yaml_service *offered;
    unsigned offered_n;
    char *clause;
};

struct yaml_reason {
    char *by;
    char *name;
    char *code;
    char *clause;
};

struct yaml_renewal {
    char *window;  /* may be NULL */
    char *new_key; /* may be NULL */
    char *clause;
    char *key_clause; /* may be NULL */
};

struct yaml_promise {
    char *duration;
    char *clause;
};

struct yaml_ocsp {
    char *key;
    char *period;
    char *clause;
};

struct yaml_approval {
    char *role;
    char *count;
    char *clause;
};

struct yaml_subject_key {
    char *kind;
    char *min_bits; /* may be NULL */
    char *max_bits; /* may be NULL */
};

struct yaml_subject_keys {
    struct yaml_subject_key *allowed;
    unsigned allowed_n;
    char *clause;
};

struct yaml_validity {
    char *period;
    char *clause;
};

struct yaml_holders {
    char *issuer;
    char *clause;
};

struct yaml_seals {
    char *key;
    struct yaml_validity validity;
    struct yaml_holders *holders; /* may be NULL */
    char *clause;
};

struct yaml_key_usage {
    struct yaml_strings bits;
    char *clause;
};

struct yaml_extensions {
    struct yaml_strings extended_key_usage;
    struct yaml_strings policies;
    struct yaml_strings crl;
    struct yaml_strings ocsp;
    struct yaml_strings issuers;
    struct yaml_strings copy_extensions;
    char *clause;
};

struct yaml_identity {
    char *field;
    char *required; /* may be NULL */
    char *check;    /* may be NULL */
    char *clause;
};

struct yaml_profile {
    char *name;
    char *kind;
    char *key;
    char *clause;
    struct yaml_subject_keys subject_keys;
    struct yaml_attribute *subject;
    unsigned subject_n;
    struct yaml_validity validity;
    struct yaml_key_usage key_usage;
    struct yaml_extensions extensions;
    struct yaml_identity *identity;
    unsigned identity_n;
    char *identity_tagging; /* may be NULL */
    char *pair;             /* may be NULL */
    char *sm2_null;         /* may be NULL */
};

struct yaml_authority {
    char *authority;
    char *title;
    char *agreement;
    struct yaml_key *keys;
    unsigned keys_n;
    struct yaml_services services;
    struct yaml_reason *reasons;
    unsigned reasons_n;
    struct yaml_renewal *renewal;       /* may be NULL */
    struct yaml_promise *revoke_within; /* may be NULL */
    struct yaml_ocsp *ocsp;             /* may be NULL */
    struct yaml_seals *seals;           /* may be NULL */
    struct yaml_approval *approvals;
    unsigned approvals_n;
    struct yaml_profile *profiles;
    unsigned profiles_n;
};

enum schema_kind { SCHEMA_APPLIANCE, SCHEMA_PEOPLE, SCHEMA_AUTHORITY };

/* Fill the struct of that kind (struct yaml_appliance, _people, _authority) from the text that
 * `where` was loaded from. E_POLICY with file, line and path for an unknown or missing key or a
 * value of the wrong shape. schema_free() it. */
ERR_MUST_USE enum err schema_load(enum schema_kind kind, struct span text,
                                  const struct where *where, void **out, struct diag *d);

void schema_free(enum schema_kind kind, void *data);

#endif
