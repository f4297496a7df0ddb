/* tee.h - what stands on the screen also stands in the transcript: standard output goes to both, by whole lines. */
#ifndef ROOTSEAL_ROOM_TEE_H
#define ROOTSEAL_ROOM_TEE_H

#include "room/transcript.h"

/* From here on, what is written to stdout is said in step n as well. A step's own process begins anew. E_NO_MEMORY. */
ERR_MUST_USE enum err tee_begin(struct transcript *t, struct diag *d);
void tee_step(int n); /* 0: what is said belongs to no step, and is not kept */

/* A question was written and an answer will follow on the same line of the screen. */
void tee_break(void);

/* Has all that was said been kept? What could not be is told once, as transcript_add() did. */
ERR_MUST_USE enum err tee_check(struct diag *d);

/* Standard output is the screen alone again. */
void tee_end(void);

#endif
