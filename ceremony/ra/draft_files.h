/* draft_files.h - the files that a draft names. */
#ifndef ROOTSEAL_RA_DRAFT_FILES_H
#define ROOTSEAL_RA_DRAFT_FILES_H

#include <stdbool.h>

#include "core/buf.h"
#include "core/diag.h"
#include "core/digest.h"
#include "core/limits.h"

/* The path of a file below the folder (NULL: where the program runs), in new memory; NULL when memory is used up. */
char *draft_path(const char *folder, const char *name);

/* Each must be a plain file, E_MEDIUM_FILE, in a folder that is there, E_MEDIUM; E_IO when it is not there itself. Each
 * appends to out, which is of no use after a failure. */

/* A PKCS#10 request in DER, from PEM or DER. Only its kind is looked at: whether the appliance would take it is the matter
 * of ra check. E_CSR_FORMAT. */
ERR_MUST_USE enum err draft_csr(const char *path, struct buf *der, struct diag *d);

/* The same, of a file that somebody may still be writing. *whole is false, and nothing is wrong, when it is empty, ends before
 * the DER in it does, or has no END line yet. */
ERR_MUST_USE enum err draft_csr_whole(const char *path, bool *whole, struct buf *der, struct diag *d);

/* The same for one that is at hand, in DER. */
ERR_MUST_USE enum err draft_csr_der(struct span bytes, struct buf *der, struct diag *d);

/* A certificate in DER, from PEM or DER. E_CERTIFICATE. */
ERR_MUST_USE enum err draft_certificate(const char *path, struct buf *der, struct diag *d);

/* Its serial number. E_CERTIFICATE when it is not as long as those that the appliance makes. */
ERR_MUST_USE enum err draft_certificate_serial(const char *path, uint8_t serial[SERIAL_LEN], struct diag *d);

/* Any file of at most max bytes. E_FIELD_VALUE when it is larger, or empty. */
ERR_MUST_USE enum err draft_bytes(const char *path, size_t max, struct buf *out, struct diag *d);

/* SHA-256 of a file of at most LIMIT_EVIDENCE_BYTES, else E_MEDIUM_LIMIT. */
ERR_MUST_USE enum err draft_digest(const char *path, uint8_t digest[DIGEST_LEN], struct diag *d);

#endif
