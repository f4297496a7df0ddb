/* pair.h - an encrypting certificate beside the signing certificate of the same holder (GM/T 0015-2012).
 *
 * The key of the encrypting one is made by the key-management centre, which sends its request and, enveloped for the
 * holder's signing key, the private key. That envelope is passed on untouched.
 */
#ifndef ROOTSEAL_BATCH_PAIR_H
#define ROOTSEAL_BATCH_PAIR_H

#include "core/diag.h"
#include "core/json.h"
#include "core/set.h"

/* What a request for an encrypting certificate says of its pair; all empty in other requests. Free with pair_free(). */
struct pair {
    char request[LIMIT_TOKEN_TEXT + 1]; /* the id of the signing request, before it in the batch; or "" and */
    bool has_serial;
    uint8_t serial[SERIAL_LEN];         /* the signing certificate, issued earlier */
    struct buf enveloped_key;           /* DER SM2EnvelopedKey, GM/T 0009-2012 7.4 */
};

/* Read the fields "pair", "pair-serial" and "enveloped-key" of a request line. E_FIELD_VALUE, E_BASE64. */
ERR_MUST_USE enum err pair_parse(const json_t *line, struct pair *out, const char *where, struct diag *d);

/* Set those that are there in the line. 0, or -1 when memory is used up. */
int pair_write(const struct pair *p, json_t *line);

void pair_free(struct pair *p);

struct decider;
struct decision;
struct plan_item;

/* The signing requests of this batch that are issued. Zero-initialise; free with pairs_free(). */
struct pairs {
    struct set holders; /* digest of profile and id → decision.subject_digest */
    struct set serials; /* the same → serial number */
};

void pairs_free(struct pairs *p);

/* Tell the decider what became of the decision: when a certificate is issued, later requests of the batch can name it as
 * their pair. E_NO_MEMORY, E_CRYPTO. */
ERR_MUST_USE enum err pair_note_issued(struct decider *c, const struct decision *o, const struct plan_item *item,
                                       struct diag *d);

/* Check what the request says of its pair, with key, subject and identity decided; o->pair becomes the serial number of
 * the signing certificate. E_PAIR_FIELD, E_PAIR_UNKNOWN, E_PAIR_SUBJECT, E_ENVELOPED_KEY. */
ERR_MUST_USE enum err pair_decide(const struct decider *c, struct decision *o, struct diag *d);

#endif
