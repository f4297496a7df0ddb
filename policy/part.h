/* part.h - what the parts of the builder share: where they are, what they made, what names are
 * taken. Only for build.c and build_*.c.
 *
 * `at` is the path of the mapping a function works on ("" for the top of the file), `field` a key
 * below it. Functions return E_POLICY through build_error() when the policy is wrong.
 */
#ifndef ROOTSEAL_POLICY_PART_H
#define ROOTSEAL_POLICY_PART_H

#include "policy/build.h"

#define RSA_MIN 2048   /* bits of any RSA key (GM/T 0015) */
#define RSA_MAX 8192   /* LIMIT_SIGNATURE_BYTES */
#define PERSONS_MAX 16 /* most persons of one role, or officers, that a rule can ask for */

struct claim {
    const char *what;  /* constant */
    const char *scope; /* lives as long as the input */
    char *value;
    const struct where *where;
    size_t line;
};

struct build {
    struct policy policy;
    const struct build_input *in;
    const struct where *where; /* the file being worked on */
    struct diag *diag;
    void **blocks; /* everything build_alloc() gave out */
    size_t blocks_n;
    struct claim *claims;
    size_t claims_n;
    struct policy_file *files; /* policy.files, while they are gathered */
    size_t files_n;
};

/* Record E_POLICY at `at`.`field` (field may be ""). */
ERR_MUST_USE enum err build_error(struct build *b, const char *at, const char *field,
                                  const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Room for n zeroed elements that lives as long as the build. NULL, with E_NO_MEMORY recorded, when
 * there is none. */
ERR_MUST_USE void *build_alloc(struct build *b, size_t n, size_t size);

/* Put a file among those of the policy, unless it is there already; name and bytes live as long as the build. */
ERR_MUST_USE enum err build_keep_file(struct build *b, const char *name, struct span bytes);

/* Write "at.field", or the one of the two that is not empty. */
void build_join(char out[WHERE_PATH], const char *at, const char *field);

/* Write "at.field[index]", or "field[index]" when at is empty. */
void build_path(char out[WHERE_PATH], const char *at, const char *field, size_t index);

/* Take a value that may be used once: what it is ("key name"), within which scope ("" for the whole
 * policy). A second claim is an error that names the place of the first. */
ERR_MUST_USE enum err build_claim(struct build *b, const char *at, const char *field,
                                  const char *what, const char *scope, const char *value);

/* Values that stand in a field `at`.`field`. */
ERR_MUST_USE enum err build_token(struct build *b, const char *at, const char *field,
                                  const char *text, const char **out);
ERR_MUST_USE enum err build_text(struct build *b, const char *at, const char *field,
                                 const char *text, const char **out);
ERR_MUST_USE enum err build_number(struct build *b, const char *at, const char *field,
                                   const char *text, int64_t min, int64_t max, int64_t *out);
ERR_MUST_USE enum err build_bool(struct build *b, const char *at, const char *field,
                                 const char *text, bool *out);
ERR_MUST_USE enum err build_duration(struct build *b, const char *at, const char *field,
                                     const char *text, int64_t *out);
ERR_MUST_USE enum err build_period(struct build *b, const char *at, const char *field,
                                   const char *text, struct policy_period *out);

/* The clause of the mapping at `at`, in its field "clause" or another: not empty. */
ERR_MUST_USE enum err build_clause(struct build *b, const char *at, const char *text,
                                   const char **out);
ERR_MUST_USE enum err build_clause_of(struct build *b, const char *at, const char *field,
                                      const char *text, const char **out);

/* build_key.c: a key of an authority or of the appliance; the rules of a subject name, whose values
 * must all be fixed in the appliance's own certificates. */
ERR_MUST_USE enum err build_key(struct build *b, const char *at, const struct yaml_key *y,
                                struct policy_key *out);
ERR_MUST_USE enum err build_subject(struct build *b, const char *at, const struct yaml_attribute *y,
                                    unsigned n, bool all_fixed, const struct policy_attribute **out,
                                    size_t *out_n);

/* build_services.c: what is offered, and the reasons for which it is revoked; the authority has its
 * name, for reasons also its services. */
ERR_MUST_USE enum err build_services(struct build *b, const struct yaml_services *y,
                                     struct policy_authority *out);
ERR_MUST_USE enum err build_reasons(struct build *b, const struct yaml_reason *y, size_t n,
                                    struct policy_authority *out);

/* build_issuer.c: whether the keys that others certify, and those that certify them, can be a CA and its sub-CA; when all
 * else of the authority is there. */
ERR_MUST_USE enum err build_issuers(struct build *b, const struct policy_authority *a);

/* Does this key of the authority certify another one of it? */
bool build_is_issuer(const struct policy_authority *a, const struct policy_key *key);

/* build_terms.c: when a key's CRLs are made; then, when all else of the authority is there, renewal,
 * OCSP and seals, and whether they fit it. */
ERR_MUST_USE enum err build_crl(struct build *b, const char *at, const struct yaml_crl *y,
                                struct policy_key *out);
ERR_MUST_USE enum err build_terms(struct build *b, const struct yaml_authority *y,
                                  struct policy_authority *out);

/* build_authority.c: the file b->where is at. */
ERR_MUST_USE enum err build_authority(struct build *b, const struct yaml_authority *y,
                                      struct policy_authority *out);

/* build_identity.c: what a profile says of identity extensions; and, when all profiles of the
 * authority are there, of pairs. */
ERR_MUST_USE enum err build_identity(struct build *b, const char *at, const struct yaml_profile *y,
                                     struct policy_profile *out);
ERR_MUST_USE enum err build_pairs(struct build *b, const struct yaml_profile *y,
                                  struct policy_profile *profiles, size_t n);

/* build_people.c: the certificate of a CA that is pinned, in this file below the policy folder. */
ERR_MUST_USE enum err build_ca_certificate(struct build *b, const char *at, const char *field,
                                           const char *file, struct span *out);

/* build_people.c: RAs, persons and officers into the table; authorities and quorum are there
 * already. */
ERR_MUST_USE enum err build_people(struct build *b, const struct yaml_people *y);

#endif
