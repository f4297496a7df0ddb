/* decide.h - one request against its policy row: issued or refused, with a code and a clause. */
#ifndef ROOTSEAL_BATCH_DECIDE_H
#define ROOTSEAL_BATCH_DECIDE_H

#include "batch/header.h"
#include "batch/pair.h"
#include "batch/plan.h"
#include "batch/reading.h"
#include "core/set.h"
#include "log/index.h"

/* What a decision asks of the past: the appliance's index answers it, or an auditor's own reading of the log. */
struct decide_history {
    void *arg;
    /* Is this key (SHA-256 of its SPKI) one of the appliance's own? */
    enum err (*is_own)(void *arg, const uint8_t spki[DIGEST_LEN], bool *own, struct diag *d);
    /* The subject (SHA-256 of its DER Name) that has this key; *found false when nobody has. */
    enum err (*owner)(void *arg, const uint8_t spki[DIGEST_LEN], uint8_t subject[DIGEST_LEN], bool *found,
                      struct diag *d);
    /* The certificate this authority issued under this serial number, with what became of it up to the request before. */
    enum err (*certificate)(void *arg, const char *authority, const uint8_t serial[SERIAL_LEN], struct index_cert *out,
                            bool *found, struct diag *d);
};

/* What a batch's requests are decided with. Zero-initialise, set the first five, end with decider_free(). */
struct decider {
    const struct policy *policy;
    const struct policy_authority *authority;
    const struct batch_header *header;
    int64_t now;
    const struct decide_history *history; /* NULL at an RA's desk: what only the appliance knows is not asked then */
    struct set ids;        /* request ids seen in this batch, and lists asked for */
    bool list_seen;        /* a list was asked for: nothing else may follow, since it says what became of all */
    struct set keys;       /* SPKI digest → subject digest, of what was found good */
    struct pairs pairs;    /* the signing requests that later ones may name as their pair: pair_note_issued() */
};

/* The outcome for one request. Free with decision_free(). */
struct decision {
    enum err code;                        /* E_OK: it will be done */
    enum plan_act act;                    /* what */
    char clause[LIMIT_CLAUSE + 1];        /* the rule it rests on */
    char detail[DIAG_TEXT_MAX];           /* why it was refused; printable ASCII; may hold the subject's data */
    struct request request;
    const struct policy_profile *profile; /* NULL when there is none of that name, or the op needs none */
    const struct policy_seals *seals;     /* of an electronic seal */
    const struct policy_reason *reason;   /* of a revocation */
    const struct policy_key *list_key;    /* of a revocation list; whose certificates OCSP responses are about */
    bool existing_found;                  /* never without a history */
    struct index_cert existing;           /* the certificate that the request names */
    struct csr csr;                       /* of a request for a seal: only .key, the holder's */
    struct buf subject;                   /* DER Name to be certified */
    uint8_t subject_digest[DIGEST_LEN];   /* of it and the identity: identity_holder() */
    struct buf san;                       /* DER GeneralNames, empty for none */
    char ignored[200];                    /* requested extensions that are not copied, comma-separated */
    struct buf identity;                  /* DER Extensions, empty for none */
    char override_[LIMIT_OVERRIDE_SHOWN]; /* what was overridden, and why; printable ASCII; "" for nothing */
    uint8_t pair[SERIAL_LEN];             /* of an encrypting certificate: the serial number of its signing one */
};

/* Decide the request on this line. line_error is what reading the line gave (E_LINE_TOO_LONG refuses it). A refusal is
 * a result: the return value is other than E_OK only when the decision could not be made at all (E_NO_MEMORY, E_INDEX,
 * E_CRYPTO). */
ERR_MUST_USE enum err decide_request(struct decider *c, struct span line, enum err line_error, uint64_t number,
                                     struct decision *out, struct diag *d);

/* The same for a line that was read before; request and CSR go from the reading to the decision. */
ERR_MUST_USE enum err decide_reading(struct decider *c, struct reading *in, struct decision *out, struct diag *d);

void decision_free(struct decision *d);
void decider_free(struct decider *c);

#endif
