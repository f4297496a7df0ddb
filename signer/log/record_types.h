/* record_types.h - the types of log lines, the fields of each in their order, and what a field's value may be (record.h tells what
 * they mean); for record.c alone.
 */
#ifndef ROOTSEAL_LOG_RECORD_TYPES_H
#define ROOTSEAL_LOG_RECORD_TYPES_H

#include "log/record.h"

struct record_field {
    const char *name;                   /* NULL behind the last */
    enum err (*check)(const json_t *v); /* E_OK, E_LOG_FORMAT when such a value is not allowed, E_NO_MEMORY; NULL is allowed as v */
};

/* The fields that every line begins with, and those of a line of this type, which must be one. */
extern const struct record_field record_head[];
const struct record_field *record_fields(enum record_type t);

/* The type with this name; false, and RECORD_TYPE_COUNT, when there is none. */
bool record_type_by_name(const char *name, enum record_type *t);

/* A value as a C string, NULL when it is none; and whether it is a digest as the log writes it (E_LOG_FORMAT). */
const char *record_string(const json_t *v);
ERR_MUST_USE enum err record_check_digest(const json_t *v);

#endif
