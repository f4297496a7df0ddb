/* policy.h - the compiled policy: constant tables that policyc makes from YAML, and the ways to look into them.
 *
 * The language is described in rootseal-policy(5). Every rule carries the clause of the agreement or standard it comes
 * from, so that a refusal can cite it. All strings are UTF-8, constant, and never NULL unless said so.
 */
#ifndef ROOTSEAL_POLICY_POLICY_H
#define ROOTSEAL_POLICY_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/digest.h"
#include "pki/alg.h"

enum policy_kind { POLICY_PERSON, POLICY_ORGANISATION, POLICY_DEVICE };
enum policy_role { POLICY_ENTRY, POLICY_REVIEW, POLICY_ROLE_COUNT };
/* On whose word a certificate or seal is revoked: its subscriber's, that of those who answer for a subject that ceased to
 * exist, or the operator's own. */
enum policy_by { POLICY_BY_SUBSCRIBER, POLICY_BY_CEASED, POLICY_BY_OPERATOR, POLICY_BY_COUNT };
enum policy_string { POLICY_UTF8, POLICY_PRINTABLE };
enum policy_vendor {
    POLICY_VENDOR_GENERIC,
    POLICY_VENDOR_SANSEC,
    POLICY_VENDOR_TASS,
    POLICY_VENDOR_LUNA,
    POLICY_VENDOR_XIHSM,
    POLICY_VENDOR_IBM,
    POLICY_VENDOR_SOFTHSM_SM2
};

/* What the identity extensions of GM/T 0015-2012 carry, in the order in which requests and certificates have them. The
 * first three make one extension, IdentifyCode, of which a certificate has one. */
enum policy_identity {
    POLICY_RESIDENT_ID,
    POLICY_MILITARY_ID,
    POLICY_PASSPORT,
    POLICY_INSURANCE,
    POLICY_REGISTRATION,
    POLICY_ORGANIZATION_CODE,
    POLICY_TAXATION,
    POLICY_IDENTITY_COUNT
};
enum policy_check { POLICY_CHECK_NONE, POLICY_CHECK_RESIDENT, POLICY_CHECK_USCC }; /* pki/idcode.h */

/* NULL parameters in the SM2 AlgorithmIdentifier of a certificate: as the key that signs has it, or as the profile says. */
enum policy_null { POLICY_NULL_AS_KEY, POLICY_NULL_WRITTEN, POLICY_NULL_ABSENT };

/* A calendar period: "1y", "18m", "90d" and the like. */
struct policy_period {
    int years, months, days;
};

struct policy_strings {
    const char *const *v;
    size_t n;
};

/* One attribute of a subject name, in the order in which the certificate carries them. */
struct policy_attribute {
    const char *type;          /* short name as OpenSSL knows it: C, ST, L, O, OU, CN, serialNumber, ... */
    const char *value;         /* a fixed value, written in any case; or NULL when it comes from the request */
    bool required;             /* the request must carry it */
    int max;                   /* longest value, in characters */
    enum policy_string string; /* string type written (C and serialNumber are always PrintableString) */
    const char *clause;
};

/* A key of an authority, or the appliance's own log and bundle keys. */
struct policy_key {
    const char *name;         /* unique in the whole policy, a token (text_is_token) */
    const char *uri;          /* PKCS#11 URI with at least the object attribute (RFC 7512) */
    enum key_kind kind;
    int bits;
    enum sig_alg alg;
    bool sm2_null;            /* NULL parameters in SM2 AlgorithmIdentifiers */
    bool transferable;        /* made so that it can be copied to a second token before it is first used: hsm/transfer.h */
    const struct policy_attribute *subject; /* of its own certificate; every value fixed */
    size_t subjects;
    struct policy_period validity;
    const char *clause;
    const char *issuer;       /* of a sub-CA: the CA key of the same authority that certifies it; NULL: of all others */
    /* The CRLs of a CA key, the status lists of the key of seals; zeros and NULLs when it issues none. */
    int64_t crl_period;       /* seconds from one full CRL's thisUpdate to its nextUpdate */
    int64_t crl_delta_period; /* the same of delta CRLs, shorter; 0: no deltas */
    const char *crl_url;      /* distribution point the CRL names (IDP); NULL: none */
    const char *crl_clause;
};

struct policy_subject_key {
    enum key_kind kind;
    int min_bits, max_bits;
};

struct policy_identity_rule {
    enum policy_identity field;
    bool required;            /* its extension must be there; the rows of IdentifyCode agree on it */
    enum policy_check check;  /* of its check digit */
    const char *clause;
};

struct policy_profile {
    const char *name;
    enum policy_kind kind;
    const char *key;          /* name of the authority's key that signs */
    const char *clause;       /* of the profile as a whole */
    const struct policy_subject_key *keys;
    size_t keys_n;
    const char *keys_clause;
    const struct policy_attribute *subject;
    size_t subject_n;
    struct policy_period validity;
    const char *validity_clause;
    uint32_t key_usage;       /* KU_... bits of OpenSSL's x509v3.h */
    const char *key_usage_clause;
    struct policy_strings extended_key_usage; /* dotted OIDs */
    struct policy_strings policies;           /* dotted OIDs */
    struct policy_strings crl;                /* URLs */
    struct policy_strings ocsp;               /* URLs */
    struct policy_strings issuers;            /* URLs of the CA certificate */
    const char *extensions_clause;
    bool copy_san;            /* subjectAltName is taken from the request */
    const struct policy_identity_rule *identity; /* in the order of the fields */
    size_t identity_n;
    bool identity_implicit;   /* how IdentifyCode is tagged, which GM/T 0015 leaves open; usually EXPLICIT */
    enum policy_null sm2_null;
    const char *pair;         /* of an encrypting certificate: the profile of the signing one it belongs to; else NULL */
};

/* A service that is offered. Only those that revoke ("revoke", "seal-revoke") say on whose word: one of them at least;
 * for the others by[] is all false and by_clause[] all NULL. */
struct policy_service {
    const char *op;           /* "issue", "renew", "change", ...: see rootseal-policy(5) */
    const char *clause;       /* with by[]: that of the first row */
    bool by[POLICY_BY_COUNT];
    const char *by_clause[POLICY_BY_COUNT]; /* NULL where by[] is false */
};

/* A reason for which something is revoked. The name is unique among those of one `by`. */
struct policy_reason {
    const char *name;         /* a token (text_is_token) */
    enum policy_by by;
    int code;                 /* CRLReason of RFC 5280 5.3.1, one that policy_code_name() knows; 0: unspecified */
    const char *clause;
};

/* How certificates, or seals, are renewed. clause is NULL when the authority does not renew. */
struct policy_renewal {
    struct policy_period window; /* how long before expiry it may be asked for; all zeros: at any time before expiry */
    bool new_key;             /* the request must bring another key than the certificate has */
    const char *clause;
    const char *key_clause;   /* of new_key; NULL when only seals are renewed */
};

/* What plans, logs and results say of a seal in the place of a profile; no profile has this name. */
#define POLICY_SEAL "electronic-seal"

/* The electronic seals an authority makes. key is NULL when it makes none; it is an SM2 key. */
struct policy_seals {
    const char *key;          /* name of the authority's key that signs them; it signs no certificates */
    struct policy_period validity;
    const char *validity_clause;
    struct span holder_issuer; /* DER certificate of the CA of those who may hold one; empty: nobody can hold one */
    const char *holder_clause; /* NULL when there is no holder_issuer */
    const char *clause;
};

struct policy_approval {
    enum policy_role role;
    int count;                /* how many distinct persons of that role; at least one */
    const char *clause;
};

struct policy_authority {
    const char *name;
    const char *title;
    const char *agreement;    /* file name of the agreement */
    const struct policy_key *keys;
    size_t keys_n;
    const struct policy_service *services;
    size_t services_n;
    const char *services_clause; /* the clause that lists what is offered */
    const struct policy_reason *reasons;
    size_t reasons_n;
    struct policy_renewal renewal;
    int64_t revoke_within;    /* seconds from the request to the signature; 0: not promised */
    const char *revoke_within_clause; /* NULL when not promised */
    const char *ocsp_key;     /* name of the key that signs OCSP responses; NULL: none are made */
    int64_t ocsp_period;      /* seconds from a response's thisUpdate to its nextUpdate; 0 without ocsp_key */
    const char *ocsp_clause;  /* NULL without ocsp_key */
    struct policy_seals seals;
    const struct policy_approval *approvals;
    size_t approvals_n;
    const struct policy_profile *profiles;
    size_t profiles_n;
};

struct policy_ra {
    const char *id;
    const char *authority;
};

/* A person who may approve, known by certificate. The id is a pseudonym, never a name. */
struct policy_person {
    const char *id;
    const char *ra;
    enum policy_role role;
    struct span certificate;  /* DER */
};

struct policy_officer {
    const char *id;
    struct span certificate;  /* DER */
};

struct policy_limits {
    int64_t batch_bytes;      /* size of batch.jsonl */
    int64_t batch_requests;
    int64_t batch_age;        /* seconds a batch may be old, whatever it says itself */
    int64_t plan_lifetime;    /* seconds between plan and intent */
    int64_t token_timeout;    /* seconds one call to the token may take */
    int64_t clock_jump;       /* seconds a ceremony may begin after the last line of the log */
    const char *clause;
};

/* A file that policyc read: what the table was made of. */
struct policy_file {
    const char *name; /* its path below the policy folder */
    struct span bytes;
};

struct policy {
    const char *name;
    const char *token;        /* PKCS#11 URI of the token */
    enum policy_vendor vendor; /* row of the SM2 vendor table */
    enum digest_alg log_hash; /* chosen at genesis; a state made with another one is refused */
    struct policy_key log_key;
    struct policy_key bundle_key;
    struct policy_limits limits;
    int quorum;               /* officers who must authorise a plan */
    const char *quorum_clause;
    const struct policy_authority *authorities;
    size_t authorities_n;
    const struct policy_ra *ras;
    size_t ras_n;
    const struct policy_person *persons;
    size_t persons_n;
    const struct policy_officer *officers;
    size_t officers_n;
    const struct policy_file *files; /* each once, appliance.yaml first; not part of the canonical text. None in a table made by hand */
    size_t files_n;
};

/* The table this program was built with. */
extern const struct policy policy_table;

/* Look-ups; NULL when there is none. */
const struct policy_authority *policy_authority_find(const struct policy *p, const char *name);
const struct policy_ra *policy_ra_find(const struct policy *p, const char *id);
const struct policy_profile *policy_profile_find(const struct policy_authority *a, const char *name);
const struct policy_service *policy_service_find(const struct policy_authority *a, const char *op);
/* The reason of that name among those given on this word. */
const struct policy_reason *policy_reason_find(const struct policy_authority *a, enum policy_by by,
                                               const char *name);
/* A key of any authority, or the log or bundle key. */
const struct policy_key *policy_key_find(const struct policy *p, const char *name);
const struct policy_person *policy_person_find(const struct policy *p, const char *id);
const struct policy_officer *policy_officer_find(const struct policy *p, const char *id);

/* Every key of the policy, by number from 0: the log key, the bundle key, then the authorities' in their order. NULL
 * after the last. */
const struct policy_key *policy_key_at(const struct policy *p, size_t i);

/* Does this key, a row of p, sign certificates? An authority's does, unless it is there for OCSP responses or for seals;
 * the log's and the bundles' do not. */
bool policy_key_is_ca(const struct policy *p, const struct policy_key *key);

/* The key that certifies this one, a row of p: of a sub-CA, the one it names; of an OCSP responder, the one key that signs
 * its authority's certificates. NULL for all others, whose certificates are self-signed. */
const struct policy_key *policy_key_issuer(const struct policy *p, const struct policy_key *key);

/* How many keys stand above this one: 0 of one that certifies itself; 1 of those that such a one certifies; 2 of a sub-CA's OCSP
 * responder. */
#define POLICY_KEY_DEPTH 2
int policy_key_depth(const struct policy *p, const struct policy_key *key);

/* The authority that has this key, NULL for the log's and the bundles'. */
const struct policy_authority *policy_key_authority(const struct policy *p, const struct policy_key *key);

/* Do certificates of this profile, signed by this key, carry NULL parameters when it is an SM2 key? */
bool policy_sm2_null(const struct policy_profile *p, const struct policy_key *key);

/* The row for this field, or NULL. Is this profile the pair of another one of the authority's? */
const struct policy_identity_rule *policy_identity_find(const struct policy_profile *p, enum policy_identity field);
bool policy_is_pair(const struct policy_authority *a, const struct policy_profile *p);

/* "entry", "review"; "subscriber", "ceased", "operator"; "person", "organisation", "device"; "generic", "sansec", ...
 * "softhsm-sm2"; "utf8", "printable"; "resident-id", "military-id", ... "taxation"; "none", "resident", "uscc". "?" for
 * a number outside the enumeration. */
const char *policy_role_name(enum policy_role r);
const char *policy_by_name(enum policy_by by);
const char *policy_kind_name(enum policy_kind k);
const char *policy_vendor_name(enum policy_vendor v);
const char *policy_string_name(enum policy_string s);
const char *policy_identity_name(enum policy_identity f);
const char *policy_check_name(enum policy_check c);

/* The other way round; false, with *out unchanged, when there is no such name. */
bool policy_role_by_name(const char *name, enum policy_role *out);
bool policy_by_by_name(const char *name, enum policy_by *out);
bool policy_kind_by_name(const char *name, enum policy_kind *out);
bool policy_vendor_by_name(const char *name, enum policy_vendor *out);
bool policy_string_by_name(const char *name, enum policy_string *out);
bool policy_identity_by_name(const char *name, enum policy_identity *out);
bool policy_check_by_name(const char *name, enum policy_check *out);

/* The name RFC 5280 4.2.1.3 gives to one KU_... bit, NULL when the number is not one such bit; and back, 0 when there
 * is no such name. */
const char *policy_usage_name(uint32_t bit);
uint32_t policy_usage_by_name(const char *name);

/* The name that RFC 5280 5.3.1 gives to a CRLReason with which an end entity's certificate is revoked for good: 0
 * "unspecified", 1 "keyCompromise", 3 "affiliationChanged", 4 "superseded", 5 "cessationOfOperation", 9
 * "privilegeWithdrawn"; NULL for any other. And back; false, with *out unchanged, when there is no such name. */
const char *policy_code_name(int code);
bool policy_code_by_name(const char *name, int *out);

/* A period as the policy writes it ("1y", "1y6m", "90d"); out is cut when cap is too small, 40 always suffice. */
void policy_period_format(const struct policy_period *p, char *out, size_t cap);

/* Append the canonical text of the table: one rule a line, fixed order, certificates by SHA-256, ASCII (other
 * characters as \u{HEX}). It is what `signer policy` prints and what the digest is taken over. */
ERR_MUST_USE enum err policy_print(const struct policy *p, struct buf *out);

/* SHA-256 of the canonical text. */
ERR_MUST_USE enum err policy_digest(const struct policy *p, uint8_t out[DIGEST_LEN]);

#endif
