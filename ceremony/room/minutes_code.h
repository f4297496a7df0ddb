/* minutes_code.h - what the QR codes of minutes hold, on paper and on the screen: one line of text, which a scanner types.
 *
 *     rootseal-head <log> <size> <head>   where the log stood, on paper; `log` is the digest of its first line
 *     rootseal-transcript <digest>        what the minutes tell of, on paper
 *     rootseal-minutes <digest>           of minutes.html, on the screen
 *
 * digests in 64 lower-case hexadecimal digits.
 */
#ifndef ROOTSEAL_ROOM_MINUTES_CODE_H
#define ROOTSEAL_ROOM_MINUTES_CODE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/digest.h"
#include "room/qr.h"

enum minutes_code_kind { MINUTES_CODE_HEAD, MINUTES_CODE_TRANSCRIPT, MINUTES_CODE_MINUTES, MINUTES_CODE_KINDS };

struct minutes_code {
    enum minutes_code_kind kind;
    uint8_t log[DIGEST_LEN]; /* of a head */
    uint64_t size;           /* of a head, from 1 */
    uint8_t digest[DIGEST_LEN];
};

void minutes_code_of_head(const uint8_t log[DIGEST_LEN], uint64_t size, const uint8_t head[DIGEST_LEN], char out[LIMIT_QR_TEXT + 1]);
void minutes_code_of_digest(enum minutes_code_kind kind, const uint8_t digest[DIGEST_LEN], char out[LIMIT_QR_TEXT + 1]);

/* Does the line begin as one of them does? */
bool minutes_code_begins(const char *line);

/* Read one, whole. False when it is none. */
bool minutes_code_parse(const char *line, struct minutes_code *out);

#endif
