/* json.h - JSON Lines, strict on the way in and canonical on the way out (jansson does the
 * JSON). */
#ifndef ROOTSEAL_CORE_JSON_H
#define ROOTSEAL_CORE_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "core/buf.h"
#include "core/diag.h"
#include "core/limits.h"

/* Read one JSON object from the n bytes at line (no newline). E_NUL (raw or escaped), E_UTF8 or
 * E_JSON (also for duplicate keys, reals at any depth, integers beyond 64 bits, a second value
 * or bytes after the object); E_NO_MEMORY. `where` names the line in the diag. The caller
 * json_decref()s *out. */
ERR_MUST_USE enum err json_line_parse(const char *line, size_t n, const char *where, json_t **out,
                                      struct diag *d);

/* Append obj in canonical form: compact, ASCII, keys in insertion order, no newline.
 * E_NO_MEMORY, with out unchanged; also for NULL, which is what a jansson constructor returns
 * when it runs out of memory. */
ERR_MUST_USE enum err json_line_write(const json_t *obj, struct buf *out);

/* Read one JSON object as json_line_parse() does, and demand that its canonical form is these
 * very bytes. In whatever way the line fails to be one, the code is `noncanonical` and the diag
 * says why; only E_NO_MEMORY stays itself. */
ERR_MUST_USE enum err json_line_parse_canonical(const char *line, size_t n, const char *where,
                                                enum err noncanonical, json_t **out,
                                                struct diag *d);

/* Fields of an object. A missing field is E_FIELD_MISSING, one of another type E_FIELD_VALUE. *s
 * points into obj. json_get_integer: E_FIELD_VALUE outside min..max, both included. */
ERR_MUST_USE enum err json_get_string(const json_t *obj, const char *key, const char **s,
                                      const char *where, struct diag *d);
ERR_MUST_USE enum err json_get_integer(const json_t *obj, const char *key, int64_t min, int64_t max,
                                       int64_t *n, const char *where, struct diag *d);
/* A string that is text_is_token() of at most LIMIT_TOKEN_TEXT characters, copied; "" with an error. */
ERR_MUST_USE enum err json_get_token(const json_t *obj, const char *key,
                                     char out[LIMIT_TOKEN_TEXT + 1], const char *where,
                                     struct diag *d);
/* A string that is a time; E_FIELD_VALUE when it is not one in canonical form. */
ERR_MUST_USE enum err json_get_time(const json_t *obj, const char *key, int64_t *t,
                                    const char *where, struct diag *d);
/* A string that is a 32-byte digest in lower-case hexadecimal. */
ERR_MUST_USE enum err json_get_digest(const json_t *obj, const char *key, uint8_t out[32],
                                      const char *where, struct diag *d);
/* A string of base64; the bytes are appended to out. E_BASE64 when it is not strict,
 * E_NO_MEMORY. */
ERR_MUST_USE enum err json_get_base64(const json_t *obj, const char *key, struct buf *out,
                                      const char *where, struct diag *d);
/* E_FIELD_UNKNOWN when obj has a key that is not in the NULL-terminated list. */
ERR_MUST_USE enum err json_only(const json_t *obj, const char *const *keys, const char *where,
                                struct diag *d);

/* Set this field of obj to the bytes in base64. 0, or -1 for lack of memory, as jansson's own functions that set. */
ERR_MUST_USE int json_set_base64(json_t *obj, const char *key, const struct buf *bytes);

/* A stream of lines with a limit on their length. Zero-initialise with the FILE, which stays the
 * caller's. */
struct json_lines {
    FILE *f;
    size_t line_max; /* longest line taken, in bytes without the newline */
    uint64_t number; /* number of the line last returned, from 1 */
    uint64_t bytes;  /* bytes read so far, newlines included */
    struct buf line;
};

/* Read the next line into l->line (without its newline, and without a NUL). *more is false at
 * the end of the file. A line over the limit is skipped to its end and E_LINE_TOO_LONG returned
 * with *more true, after which reading can go on; l->line is empty then. A last line without a
 * newline is returned like any other; *torn (may be NULL) says so. E_IO when reading fails,
 * E_NO_MEMORY. */
ERR_MUST_USE enum err json_lines_next(struct json_lines *l, bool *more, bool *torn);
void json_lines_free(struct json_lines *l);

#endif
