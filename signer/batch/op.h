/* op.h - what a request can ask for, and which fields its line has. */
#ifndef ROOTSEAL_BATCH_OP_H
#define ROOTSEAL_BATCH_OP_H

#include <stdbool.h>

enum op {
    OP_ISSUE,
    OP_RENEW,           /* another certificate for the same subject */
    OP_CHANGE,          /* the subject's data are others: the old certificate is superseded */
    OP_ADD_APPLICATION, /* another profile for the same subject: the old certificate is superseded */
    OP_SUSPEND,         /* certificateHold */
    OP_RESUME,          /* and its end */
    OP_REVOKE,
    OP_ACCEPT,          /* the certificate was handed over and not objected to */
    OP_CRL,             /* a full revocation list of a key */
    OP_DELTA_CRL,       /* what changed since the last one */
    OP_OCSP,            /* an OCSP response for every certificate of a key */
    OP_SEAL_ISSUE,      /* an electronic seal */
    OP_SEAL_RENEW,      /* another one for the same holder */
    OP_SEAL_REVOKE,
    OP_UNKNOWN          /* refused whatever its fields are */
};

/* Fields beside id, op and requested-at, which every request has, and evidence and operator, which every request may have. */
enum op_field {
    OP_PROFILE = 1,
    OP_CSR = 2,
    OP_SERIAL = 4,
    OP_BY = 8,
    OP_REASON = 16,
    OP_KEY = 32,
    OP_SEAL = 64 /* name, picture, width, height and holder */
};

/* The name in batch.jsonl and in the policy; "?" for OP_UNKNOWN. */
const char *op_name(enum op op);
enum op op_by_name(const char *name);

/* The fields a request of this kind must have; it may have no others of enum op_field. OP_UNKNOWN may have any. */
unsigned op_fields(enum op op);

/* Is it about electronic seals? */
bool op_is_eseal(enum op op);

/* Does it end in a new certificate? And does it end the certificate whose serial number it names? */
bool op_certifies(enum op op);
bool op_supersedes(enum op op);

/* Does it ask what became of all certificates of a key: for a revocation list, or OCSP responses? */
bool op_is_list(enum op op);

#endif
