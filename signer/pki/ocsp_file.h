/* ocsp_file.h - many OCSP responses in one file, one after the other: DER says itself where each ends. */
#ifndef ROOTSEAL_PKI_OCSP_FILE_H
#define ROOTSEAL_PKI_OCSP_FILE_H

#include "core/buf.h"
#include "core/diag.h"
#include "core/digest.h"

#define OCSP_FILE_ENDING ".ocsp"
#define OCSP_FILE_RESPONSE_MAX (64 * 1024) /* bytes in one response */

struct ocsp_file;

/* Read from where fd stands, which stays the caller's. E_NO_MEMORY. End with ocsp_file_close(), which takes NULL too. */
ERR_MUST_USE enum err ocsp_file_open(int fd, struct ocsp_file **out, struct diag *d);

/* The next response, valid until the next call; *more is false at the file's end. E_OCSP_FORMAT when the bytes are not one
 * SEQUENCE, whole, with a length in its shortest form; E_IO. What is in it is not looked at: pki/ocsp_view.h. */
ERR_MUST_USE enum err ocsp_file_next(struct ocsp_file *f, struct span *response, bool *more, struct diag *d);

/* SHA-256 of all that was read so far. E_CRYPTO, E_NO_MEMORY. */
ERR_MUST_USE enum err ocsp_file_digest(struct ocsp_file *f, uint8_t out[DIGEST_LEN]);
void ocsp_file_close(struct ocsp_file *f);

#endif
