/* transcript_ends.h - what a transcript says that no line of the log covers: where the log stood, and what follows the last end of a
 * step that has a line. */
#ifndef ROOTSEAL_AUDIT_TRANSCRIPT_ENDS_H
#define ROOTSEAL_AUDIT_TRANSCRIPT_ENDS_H

#include "core/diag.h"

struct audit;

/* After the log, of all transcripts that were read. Each `head` is the line of its number: E_LOG_ROLLED_BACK when the log has not so
 * many, E_TRANSCRIPT when it is another one, or was written later. */
ERR_MUST_USE enum err transcript_heads_finish(struct audit *a);

/* No step ends without a line: E_TRANSCRIPT; of a ceremony that is not over, that is left open. After the end of the last step there
 * is nothing but what another start, or a seal that failed, left: E_TRANSCRIPT otherwise; and it is under a seal, or left open. */
void transcript_ends_finish(struct audit *a);

#endif
