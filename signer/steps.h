/* steps.h - the four steps of a batch's way, each in a process that can reach only what the step is about:
 *
 *   step          medium     state                 token   system calls
 *   step_intake   reads      archive               no      strict
 *   step_lists    no         reads; archive        no      strict
 *   step_plan     no         reads; archive        no      strict
 *   step_sign     no         all                   yes     no network, no other program
 *   step_export   writes     reads; archive        no      strict
 *
 * The intake that `batch` names is its digest in hexadecimal, or the beginning of it where only one folder of the archive
 * begins so (archive_find()). The log and the index that the second and the fourth work on are open before the step is
 * shut in. All fail with E_SANDBOX, E_STEP, and the codes of opening the state.
 */
#ifndef ROOTSEAL_SIGNER_STEPS_H
#define ROOTSEAL_SIGNER_STEPS_H

#include "batch/export.h"
#include "batch/op.h"
#include "batch/planner.h"

/* Where things are; what a step does not need may be NULL. The texts are kept by reference. */
struct step_place {
    const char *state;
    const char *from, *to;       /* folders on media */
    const char *media;           /* both are below it and reached through no symbolic link; NULL: they are where they say */
    const char *batch;           /* an intake */
    const char *authority, *key; /* whose list, or whose responses */
    const char *module, *module_files;
    int pin_fd, pin_parts;       /* as login_run() has them */
    int sessions;
};

/* Copy the batch of `from` into the archive: intake_copy(). */
ERR_MUST_USE enum err step_intake(const struct step_place *p, struct intake *out, struct diag *d);

/* Put the batch that asks for this of `authority` and `key` into the archive: own_batch_make(). */
ERR_MUST_USE enum err step_lists(const struct step_place *p, enum op op, struct intake *out, struct diag *d);

/* Plan what was taken in: planner_run(). */
ERR_MUST_USE enum err step_plan(const struct step_place *p, const struct intake *in, struct planned *out, struct diag *d);

/* What signing came to. */
struct step_signed {
    int64_t issued, refused, status, lists;
    uint64_t log_size;
    uint8_t log_head[DIGEST_LEN];
};
/* Sign the plan of this intake (NULL: of the one that `batch` names): signing_prepare() and, unless all is
 * done, signing_run() with the token of `module`. */
ERR_MUST_USE enum err step_sign(const struct step_place *p, const uint8_t intake[DIGEST_LEN], struct step_signed *out, struct diag *d);

/* Write the bundle of this intake (NULL: of the one that `batch` names), or the refusal of a batch, to `to`:
 * export_bundle(), export_refusal(). */
ERR_MUST_USE enum err step_export(const struct step_place *p, const uint8_t intake[DIGEST_LEN], char name[EXPORT_NAME], struct diag *d);
ERR_MUST_USE enum err step_export_refusal(const struct step_place *p, const struct planned *refused, char name[EXPORT_NAME], struct diag *d);

#endif
