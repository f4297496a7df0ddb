/* list_file.h - the files of a bundle that hold a revocation list, or OCSP responses. */
#ifndef ROOTSEAL_BATCH_LIST_FILE_H
#define ROOTSEAL_BATCH_LIST_FILE_H

#include "batch/issuers.h"
#include "batch/plan.h"
#include "batch/state.h"

/* Write the list of this item to a new file `name` in the folder: put together from the index, as it was after the log lines
 * before that of the list, r, and from the signature in that line. It is durable, was read back and verified. The item's key is
 * added to issuers. */
ERR_MUST_USE enum err list_file_write(struct state *s, const struct plan_header *h, struct issuers *issuers,
                                      const struct plan_item *item, const struct record *r, int dir_fd,
                                      const char *name, struct diag *d);

/* Copy the responses of this item, which have the digest (hexadecimal) of their log line, from the batch's folder in the
 * archive to a new file of the same name in the folder. It is durable. E_ARCHIVE when they are not there, or others. With an
 * issuer (NULL: the line is this program's own) they are also those of the plan, and verify: E_OCSP_SIGNATURE. */
ERR_MUST_USE enum err list_file_copy(int archive_fd, const struct plan_item *item, const char *digest, X509 *issuer,
                                     int dir_fd, const char *name, struct diag *d);

#endif
