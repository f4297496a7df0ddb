/* head_text.h - where a log stands, in one line of text, as the token keeps it (batch/witness.h) and an auditor is given it:
 *
 *     rootseal-head-1 <log id> <lines> <bytes> <digest of the last line>
 */
#ifndef ROOTSEAL_LOG_HEAD_TEXT_H
#define ROOTSEAL_LOG_HEAD_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/digest.h"

#define HEAD_TEXT_MAX 256 /* bytes, with the NUL */

struct head_text {
    uint8_t log[DIGEST_LEN];
    uint64_t size, bytes; /* lines, and the bytes they take */
    uint8_t head[DIGEST_LEN];
};

/* Write it, without a newline. Returns its length. */
size_t head_text_write(const struct head_text *h, char out[HEAD_TEXT_MAX]);

/* Exactly such a line, without a newline. */
bool head_text_parse(const char *text, struct head_text *out);

#endif
