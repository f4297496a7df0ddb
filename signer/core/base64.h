/* base64.h - strict base64 (RFC 4648 section 4): padded, no line breaks, unused bits zero. */
#ifndef ROOTSEAL_CORE_BASE64_H
#define ROOTSEAL_CORE_BASE64_H

#include "core/buf.h"

/* Append the decoded bytes of the n characters at s to out. E_BASE64 for anything but the one
 * canonical form, E_NO_MEMORY; out is unchanged then. The empty text decodes to nothing. */
ERR_MUST_USE enum err base64_decode(const char *s, size_t n, struct buf *out);

/* Append the encoded form of n bytes to out, without a NUL. E_NO_MEMORY, with out unchanged. */
ERR_MUST_USE enum err base64_encode(const void *p, size_t n, struct buf *out);

/* The encoded form as a fresh NUL-terminated string for the caller to free(); NULL when memory
 * is used up. */
char *base64_string(const void *p, size_t n);

#endif
