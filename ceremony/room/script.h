/* script.h - the ceremony file: what will be done, by whom, and what must come of it; rootseal-ceremony(5).
 *
 * It is YAML, reviewed beforehand by those who will be there. Its digest stands for it in the log.
 */
#ifndef ROOTSEAL_ROOM_SCRIPT_H
#define ROOTSEAL_ROOM_SCRIPT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/diag.h"
#include "core/digest.h"
#include "core/limits.h"
#include "policy/policy.h"

#define SCRIPT_PERSONS 32 /* a set of persons is a bit mask */
#define SCRIPT_STEPS 200
#define SCRIPT_BYTES (256u << 10)
#define SCRIPT_NAME 64    /* characters in a person's name */
#define SCRIPT_TEXT 400   /* characters in what is read aloud */

enum room_role { ROOM_OPERATOR, ROOM_OFFICER, ROOM_WITNESS, ROOM_AUDITOR, ROOM_ROLES };

/* What a step does; the words of the language, in this order. */
#define STEP_TABLE(X)                                                                                                  \
    X(TIME, "time")           /* two persons compare the clock */                                                      \
    X(CHAIN, "chain")         /* the log follows from the last ceremony */                                             \
    X(INIT, "init")           /* a new state */                                                                        \
    X(KEYGEN, "keygen")       /* keys inside the token */                                                              \
    X(ROOT, "root")           /* certificates of our own keys */                                                       \
    X(SUB_CA, "sub-ca")       /* a certificate for another machine's CA key, from a request */                         \
    X(CROSS, "cross")         /* a certificate of one of our CA keys by another */                                     \
    X(MEDIUM, "medium")       /* a stick is plugged in, known by what is on it */                                      \
    X(BATCH, "batch")         /* a batch is planned, authorised, signed, exported */                                   \
    X(CRL, "crl")             /* a revocation list */                                                                  \
    X(TRANSFER, "transfer")   /* a key is taken to a second token */                                                   \
    X(REPLACE, "replace")     /* a token with the same keys takes the place of the log's, which is lost */             \
    X(DESTROY, "destroy")     /* a key is destroyed */                                                                 \
    X(KEYS, "keys")           /* what is on the token is listed */                                                     \
    X(MINUTES, "minutes")     /* the last step: the minutes are written and signed */

enum step_kind {
#define X(name, word) STEP_##name,
    STEP_TABLE(X)
#undef X
    STEP_KINDS
};

struct script_person {
    const char *id;       /* a token; an officer's is that of the policy */
    const char *name;     /* UTF-8, plain characters; for the minutes, never for the log */
    const char *initials; /* 1 to 8 of A-Z */
    enum room_role role;
    struct span certificate; /* DER; with its key the person signs the minutes. An officer's is the policy's; empty: on paper */
};

/* What must come of a step; NULL where nothing is said. */
struct script_expect {
    const char *algorithm; /* alg_sig_name() of the key */
    const char *subject;   /* as RFC 2253 writes it */
    const char *key_id;    /* SHA-1 of the public key's bits, 40 lower-case hex digits (RFC 5280 4.2.1.2 (1)) */
    const char *until;     /* year, or year-month-day, in which the certificate ends */
    const char *token;     /* serial number of the token */
};

struct script_step {
    int n; /* from 1 */
    enum step_kind kind;
    const char *say; /* read aloud before it; NULL: nothing */
    uint32_t by;     /* who confirms: bit i is persons[i] */
    const char *const *keys; /* keys of the policy that it is about, or NULL: all */
    size_t keys_n;
    const char *const *without; /* replace: keys that the token may lack */
    size_t without_n;
    const char *key_by; /* cross, sub-ca: the key that signs */
    const char *from;   /* batch: folder; medium: file; sub-ca: request. On the stick of the last medium step */
    const char *to;     /* batch, crl: the folder that the bundle is written to; likewise */
    const char *digest; /* medium, sub-ca: SHA-256 of `from`, 64 hex digits; NULL: shown and confirmed */
    const char *const *bundles; /* chain, replace: folders of bundles that are brought along */
    size_t bundles_n;
    struct script_expect expect;
};

struct script {
    const char *name; /* a token */
    const char *title;
    bool has_policy;
    uint8_t policy[DIGEST_LEN];
    bool follows_any; /* false: the first one of its state */
    uint8_t follows[DIGEST_LEN]; /* digest of the last ceremony's minutes.html */
    int pin_parts; /* in how many parts, each typed by another person, the token's PIN is: 1, 2; 0 when the file says nothing */
    const struct script_person *persons;
    size_t persons_n;
    const struct script_step *steps;
    size_t steps_n;
    uint8_t digest[DIGEST_LEN]; /* SHA-256 of the text */
    struct buf text;
    struct script_memory *memory;
};

const char *script_role_name(enum room_role r);
const char *script_step_name(enum step_kind k);

/* Read and check the text of a ceremony file; `file` names it in messages. One person has one role, and is there once; there
 * are an operator, a witness and the policy's quorum of officers, who are those of the policy; keys are the policy's; a
 * `minutes` step is the last and nowhere else; a log begins once; a key is taken to another token where the policy lets it; what writes to a stick has a `medium` step before it, and none of these asks
 * for a stick that was in before; what a step kind needs is there and nothing else. E_SCRIPT with file, line
 * and path; E_NO_MEMORY. script_free() it. */
ERR_MUST_USE enum err script_parse(const char *file, struct span text, const struct policy *policy, struct script *out,
                                   struct diag *d);
void script_free(struct script *s);

/* The person with this id, or with these initials, in capitals or not; -1 when there is none. */
int script_person_find(const struct script *s, const char *id);
int script_person_by_initials(const struct script *s, const char *initials);

#endif
