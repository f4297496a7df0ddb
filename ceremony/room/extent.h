/* extent.h - how far the minutes tell of the transcript: up to the first event that shows the step `minutes` after every other
 * step, or to its end when there is none. What comes after it (signatures, another try after a power cut, the end) cannot be
 * in them. */
#ifndef ROOTSEAL_ROOM_EXTENT_H
#define ROOTSEAL_ROOM_EXTENT_H

#include "core/digest.h"
#include "core/json.h"

/* How many of the events (an array of the transcript's objects) that is. */
size_t extent_of(const json_t *events);

/* Read the transcript in the record's folder, for looking only: an array of its events, to be json_decref()ed. A torn last
 * line is left out. E_TRANSCRIPT when a line is not in canonical form, E_IO when there is none. */
ERR_MUST_USE enum err extent_read(int dir_fd, json_t **out, struct diag *d);

/* SHA-256 of the lines of the first n events, as they stand in the file; they are appended to lines (may be NULL). */
ERR_MUST_USE enum err extent_digest(const json_t *events, size_t n, struct buf *lines, uint8_t out[DIGEST_LEN], struct diag *d);

#endif
