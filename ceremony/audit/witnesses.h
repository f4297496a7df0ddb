/* witnesses.h - what somebody keeps of a log, to compare it with: a head that was written down, the seal in a bundle, and the head that
 * was read out of the token. A log that was cut back, or written anew, has no line of that digest.
 */
#ifndef ROOTSEAL_AUDIT_WITNESSES_H
#define ROOTSEAL_AUDIT_WITNESSES_H

#include "core/diag.h"
#include "core/digest.h"
#include "log/record.h"
#include "log/seal.h"

struct audit;

enum witness_kind { WITNESS_HEAD, WITNESS_SEAL, WITNESS_TOKEN, WITNESS_KINDS };

struct witness {
    bool given;
    uint8_t head[DIGEST_LEN]; /* a line must have this digest: */
    uint64_t line;            /* this line; 0: any */
    bool names_log;
    uint8_t log[DIGEST_LEN];  /* and this the first */
};

/* Zero-initialise; free with witnesses_free(). */
struct witnesses {
    struct witness of[WITNESS_KINDS];
    struct seal seal;   /* of WITNESS_SEAL; its signature must be the log key's */
    uint64_t min_lines; /* the log must have as many */
};

/* The seal.json of a bundle. E_IO, E_BUNDLE_FORMAT. */
ERR_MUST_USE enum err witnesses_read_seal(struct witnesses *w, const char *path, struct diag *d);

/* The token's data object as another tool read it, a newline behind it or not (log/head_text.h,
 * hsm_data_write()). E_IO, E_WITNESS. */
ERR_MUST_USE enum err witnesses_read_token(struct witnesses *w, const char *path, struct diag *d);

/* Is there any? */
bool witnesses_given(const struct witnesses *w);

/* The log has been read up to a->end, with this line: is it that of a witness? */
void witnesses_take(const struct witnesses *w, struct audit *a, const struct record *r);

/* After the log: each must have been met; what was done after the newest of them is open. */
ERR_MUST_USE enum err witnesses_finish(const struct witnesses *w, struct audit *a);

void witnesses_free(struct witnesses *w);

#endif
