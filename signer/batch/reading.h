/* reading.h - what a line of a batch says by itself.
 *
 * Nothing here depends on policy, history or other lines, and most of what a request costs is here: its proof of
 * possession and its key. So lines are read side by side, and each is decided from its reading when its turn comes
 * (batch/decide.h).
 */
#ifndef ROOTSEAL_BATCH_READING_H
#define ROOTSEAL_BATCH_READING_H

#include "batch/request.h"
#include "pki/csr.h"

/* What became of a check that was made before it was asked for. */
struct verdict {
    enum err err;
    struct diag why;
};

/* The verdict, with its words in *d. */
ERR_MUST_USE enum err verdict_tell(const struct verdict *v, struct diag *d);

struct reading {
    uint64_t number;         /* of the line in its file, from 1 */
    struct request request;  /* what could be read of it */
    struct verdict line;     /* request_parse() */
    struct csr csr;          /* of a request for a certificate that was read whole */
    struct verdict proof;    /* csr_parse() of it */
    struct verdict strength; /* key_check_strength() of its key */
};

/* Read a line; line_error is what taking it from the file gave. Never fails: whatever goes wrong, up
 * to E_NO_MEMORY, is a verdict. Safe in several threads. Free with reading_free(). */
void reading_take(struct span line, enum err line_error, uint64_t number, struct reading *out);
void reading_free(struct reading *r);

#endif
