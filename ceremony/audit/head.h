/* head.h - the digest of a log line as a witness wrote it down. */
#ifndef ROOTSEAL_AUDIT_HEAD_H
#define ROOTSEAL_AUDIT_HEAD_H

#include "core/diag.h"
#include "core/digest.h"

/* 64 hexadecimal digits or the 32 words. E_USAGE. */
ERR_MUST_USE enum err head_parse(const char *text, uint8_t out[DIGEST_LEN], struct diag *d);

/* A number of lines, from 1. E_USAGE; name is the option's. */
ERR_MUST_USE enum err head_parse_lines(const char *name, const char *text, uint64_t *out,
                                       struct diag *d);

#endif
