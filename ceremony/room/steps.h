/* steps.h - what each step of a ceremony does. Each can be run again after an interruption at any point, and then is not
 * done or done completely. They print what the persons are to see, and leave the log synced and the token told of it. */
#ifndef ROOTSEAL_ROOM_STEPS_H
#define ROOTSEAL_ROOM_STEPS_H

#include "room/room.h"

typedef enum err step_function(struct room *r, const struct script_step *s, struct diag *d);

struct step_row {
    step_function *prepare; /* what is done without the token before run; NULL for nothing */
    step_function *run;
    bool token;     /* run needs the token, and the state unless it makes it; it is shut in then, and reaches no medium */
    bool exception; /* a failure can be recorded as an exception */
};

/* By kind; run is NULL for none. */
extern const struct step_row step_rows[STEP_KINDS];

/* Record what was expected and what was found, and compare: E_EXPECTATION. expected NULL: nothing to check, nothing recorded. A
 * rehearsal's tokens and keys are others than the file's, so their "token" and "key-id" are shown and not compared. */
ERR_MUST_USE enum err step_expect(struct room *r, const struct script_step *s, const char *what, const char *expected,
                                  const char *found, struct diag *d);

/* Record that the step is over: what was said in it, where the log stands, and its end. */
ERR_MUST_USE enum err step_done(struct room *r, const struct script_step *s, struct diag *d);

/* Do the step's work without the token with r->state open, and close it again for the process that will use the token. */
ERR_MUST_USE enum err step_with_state(struct room *r, const struct script_step *s, step_function *work, struct diag *d);

/* Show the public key's identifier, and check algorithm and identifier against what the step expects. */
ERR_MUST_USE enum err step_check_key(struct room *r, const struct script_step *s, const char *name, struct diag *d);

/* They go through processes of their own, the token among them (signer/steps.h). */
step_function step_batch_agree, step_batch;

step_function step_keys, step_transfer_show, step_transfer, step_replace_show, step_replace, step_destroy_show, step_destroy;
step_function step_time_show, step_time, step_init, step_keygen, step_root, step_medium_ask, step_medium;

/* The seals of bundles that were brought along, and then token and minutes. Where no token can be asked: bundles and minutes, if
 * there were any. */
step_function step_chain_bundles, step_chain, step_chain_paper;

/* They are written and signed by those present, and then put into the log. */
step_function step_minutes_agree, step_minutes;

/* What the persons agree to have signed, and the signing of it (certify.h). */
step_function step_root_agree, step_cross_agree, step_cross, step_sub_ca_agree, step_sub_ca;

#endif
