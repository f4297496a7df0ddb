/* buf.h - a byte buffer that grows and, because it may hold a secret, wipes what it gives back. */
#ifndef ROOTSEAL_CORE_BUF_H
#define ROOTSEAL_CORE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

/* Bytes somebody else owns. */
struct span {
    const uint8_t *p;
    size_t n;
};

/* Zero-initialise; free with buf_free(). An append that fails (memory) leaves the content as it
 * was and marks the buffer failed, and then every later append does nothing; buf_err() tells, so
 * that a run of appends needs one check at its end. What is appended must not lie in the buffer
 * itself. */
struct buf {
    uint8_t *data;
    size_t len;
    size_t cap;
    bool failed;
};

void buf_append(struct buf *b, const void *p, size_t n);
void buf_append_str(struct buf *b, const char *s);
void buf_append_byte(struct buf *b, uint8_t c);
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Empty the buffer, keeping its memory; the failure mark is removed. */
void buf_reset(struct buf *b);

/* E_NO_MEMORY when any append since the last reset failed, else E_OK. */
ERR_MUST_USE enum err buf_err(const struct buf *b);

/* The content as a span; valid until the next append. */
struct span buf_span(const struct buf *b);

/* Overwrite the content, free it, and zero the struct. */
void buf_free(struct buf *b);

#endif
