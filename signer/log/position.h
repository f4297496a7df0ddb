/* position.h - how a log position moves on, and how it is kept. For the rest of log/ only. */
#ifndef ROOTSEAL_LOG_POSITION_H
#define ROOTSEAL_LOG_POSITION_H

#include "log/log.h"

/* Move behind one more line (without its newline) of this time. p->hash must be known. Unchanged on
 * failure. */
ERR_MUST_USE enum err position_advance(struct log_position *p, struct span line, int64_t time);

/* The position as bytes, with a checksum at their end, appended to out; and back: E_INDEX when they
 * are not one, the digest's own errors. */
ERR_MUST_USE enum err position_save(const struct log_position *p, struct buf *out);
ERR_MUST_USE enum err position_load(struct log_position *p, struct span bytes);

/* Open the log for reading, or for reading and writing. *fd is -1 on failure, *bytes the file's
 * size. E_IO when it is not there or not a regular file; no symbolic link is followed. */
ERR_MUST_USE enum err position_open_file(int dirfd, const char *name, bool write, int *fd,
                                         uint64_t *bytes, struct diag *d);

/* Read exactly n bytes at this place of the file. E_IO, also when the file ends before. */
ERR_MUST_USE enum err position_read(int fd, uint64_t at, uint8_t *out, size_t n, struct diag *d);

#endif
