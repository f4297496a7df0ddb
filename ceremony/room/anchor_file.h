/* anchor_file.h - certificates that a ceremony signed: into the log, and as files for RAs and auditors. */
#ifndef ROOTSEAL_CEREMONY_ANCHOR_FILE_H
#define ROOTSEAL_CEREMONY_ANCHOR_FILE_H

#include "batch/state.h"

/* Append the anchor line of our own key `row`, and sync. */
ERR_MUST_USE enum err anchor_log(struct state *s, const struct policy_key *row, const struct buf *cert, struct diag *d);

/* Write the certificate to NAME.pem in this folder, which `folder` names, and print what and where it is, with its SHA-256 in digits
 * and in words. It follows from the log, and may be written again at any time. */
ERR_MUST_USE enum err anchor_write_pem(int dir_fd, const char *what, const char *folder, const char *name, X509 *x, struct diag *d);

/* The same for our own key `row`, from the log into STATE/anchors/. */
ERR_MUST_USE enum err anchor_write(struct state *s, int dir_fd, const struct policy_key *row, struct diag *d);

#endif
