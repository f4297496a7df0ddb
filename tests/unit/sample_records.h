/* sample_records.h - fields for a line of every type, for the tests of record.c and of the log. */
#ifndef ROOTSEAL_TESTS_SAMPLE_RECORDS_H
#define ROOTSEAL_TESTS_SAMPLE_RECORDS_H

#include "log/record.h"

/* Fresh fields as a JSON object, in their order. */
json_t *sample_fields(enum record_type type, const char *hash);

#endif
