/* rehearsal.h - the surroundings of a rehearsal: a folder with throw-away SoftHSM tokens and a state. There is a second token when
 * the file takes keys to one.
 *
 *   DIR/softhsm2.conf   names DIR/tokens; with SOFTHSM2_CONF set to it, every command can use them
 *   DIR/tokens/         the tokens that are plugged in, a folder each
 *   DIR/tokens.new/     one that is being made: what an interruption left there is thrown away, and the token made anew
 *   DIR/second/         the second token, while it is not plugged in
 *   DIR/lost/           the first one, after it was lost
 *   DIR/state/          the state, with the ceremonies' records
 */
#ifndef ROOTSEAL_CEREMONY_REHEARSAL_H
#define ROOTSEAL_CEREMONY_REHEARSAL_H

#include "core/diag.h"
#include "room/script.h"

#define REHEARSAL_PIN "rehearsal" /* of a token that protects nothing; it is told to everybody */

/* Make the folder of this rehearsal (options.dir) and its token, with the label of the policy's token, unless they are there
 * from before, and point SoftHSM at it. A making that was cut off anywhere is made good. Call it before the first thread.
 * E_URI when the policy's token has no label; errors of token_init(), token_init_folder(), step_run(). */
ERR_MUST_USE enum err rehearsal_begin(struct diag *d);

/* What persons do with the tokens before this step (room_plug): for a `transfer` to another token the second one is made, unless
 * it is there, and plugged in; before `replace` it is plugged in and the first one is lost; before all others it is pulled, unless
 * it is the only one left. Can be interrupted anywhere, and is done again. E_TOKEN_MISSING when the first one would be lost and
 * nothing was taken to a second; errors of rehearsal_begin(). */
ERR_MUST_USE enum err rehearsal_plug(const struct script_step *s, struct diag *d);

#endif
