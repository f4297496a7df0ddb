/* loose.h - events of a transcript that no line of the log vouches for.
 *
 * The log has a line for each end of a step, with the digest of the transcript up to there. What was written behind the last such
 * end before an interruption stands on nothing but the file itself, which anybody who can write to the state can write to.
 */
#ifndef ROOTSEAL_ROOM_LOOSE_H
#define ROOTSEAL_ROOM_LOOSE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* Is event i of the first n of this array (objects as transcript.h has them) loose: does another start follow it before any end of a
 * step? A second end of a step that is not undone in between is no end, for the log has no line for it. */
bool loose_is(const json_t *events, size_t n, size_t i);

#endif
