/* export.h - a finished bundle onto the medium, read back before it is called done. */
#ifndef ROOTSEAL_BATCH_EXPORT_H
#define ROOTSEAL_BATCH_EXPORT_H

#include "batch/planner.h"
#include "batch/state.h"

/* Copy archive/<intake>/bundle/ to the folder `to` as <ra>-<sequence>-<first 8 digits of the batch's digest>/: written
 * under a temporary name, synced, read back and compared, renamed. A folder of that name with the same content is done
 * already; with other content it is E_FOLDER_OCCUPIED. name gets the folder's name. E_BUNDLE_MISSING before there is one,
 * E_MEDIUM, E_DISK_FULL, E_READ_BACK. */
#define EXPORT_NAME (2 * LIMIT_TOKEN_TEXT + 64)
ERR_MUST_USE enum err export_bundle(struct state *s, const uint8_t intake[DIGEST_LEN], const char *to,
                                    char name[EXPORT_NAME], struct diag *d);

/* Can the folder `to` take a bundle, as far as can be seen before there is one? E_MEDIUM, E_IO. */
ERR_MUST_USE enum err export_check(const char *to, struct diag *d);

/* The answer to a batch that was refused whole: refused-<first 8 digits of the intake>-<code>/refusal.json with the code, the
 * clause, the words, and the log line of the refusal. Written in the same way. */
ERR_MUST_USE enum err export_refusal(struct state *s, const struct planned *refused, const char *to,
                                     char name[EXPORT_NAME], struct diag *d);

#endif
