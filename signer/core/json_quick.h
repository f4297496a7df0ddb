/* json_quick.h - the common line at once: one flat object in canonical form whose strings are plain ASCII without escapes
 * and whose numbers are not negative. That is nearly every line of a plan, a log and a result; jansson, which reads
 * character by character, takes ten times as long for a line that is mostly base64.
 */
#ifndef ROOTSEAL_CORE_JSON_QUICK_H
#define ROOTSEAL_CORE_JSON_QUICK_H

#include <jansson.h>
#include <stddef.h>

/* The object, for the caller to json_decref(). NULL says nothing about the line: it is for jansson to judge. */
json_t *json_quick(const char *line, size_t n);

#endif
