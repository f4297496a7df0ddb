/* minutes.h - the record of a ceremony for those who were there and for who asks years later: minutes.html, one file that
 * needs nothing else, fit for A4 paper and for signing by hand, and minutes.txt, which says the same in 80 columns.
 *
 * Exceptions come first, then what failed, who was there, what was done step by step, what the log says of it, where the log
 * stood (digits, words, QR code), room for signatures, and the transcript whole. They follow from the ceremony file, the
 * transcript and the log alone: the same give the same bytes, so whoever has these can write the minutes again and compare.
 *
 * They tell of the transcript as far as extent.h says, and so does its digest in them. A ceremony that did not come so far has minutes, too, which say so.
 */
#ifndef ROOTSEAL_ROOM_MINUTES_H
#define ROOTSEAL_ROOM_MINUTES_H

#include "core/json.h"
#include "room/minutes_facts.h"
#include "room/script.h"

struct minutes {
    struct buf html, text;
    uint8_t html_digest[DIGEST_LEN], text_digest[DIGEST_LEN]; /* SHA-256 of the files */
    uint8_t transcript[DIGEST_LEN]; /* SHA-256 of the transcript as far as they tell of it */
};

/* Write them in the language of the locale; events is an array of the transcript's objects. E_NO_MEMORY, E_CRYPTO.
 * minutes_free() them, on failure too. */
ERR_MUST_USE enum err minutes_write(const struct script *s, const json_t *events, const struct minutes_facts *facts,
                                    struct minutes *out, struct diag *d);
void minutes_free(struct minutes *m);

#endif
