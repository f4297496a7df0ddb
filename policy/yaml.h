/* yaml.h - a YAML file into structs, by a schema (libcyaml does it); what a schema is written with, and errors that name
 * the place. Included by the schemas alone: policy/schema.c and the ceremony's.
 */
#ifndef ROOTSEAL_POLICY_YAML_H
#define ROOTSEAL_POLICY_YAML_H

#include <cyaml/cyaml.h>

#include "policy/where.h"

/* The kinds of field the language has: text, a mapping, a list of mappings or of texts; each may be one that may be left
 * out. */
#define TEXT(key, type, member)                                                                    \
    CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER, struct type, member, 0, CYAML_UNLIMITED)
#define TEXT_OPTIONAL(key, type, member)                                                           \
    CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct type, member, 0,  \
                           CYAML_UNLIMITED)
#define MAPPING(key, type, member, fields)                                                         \
    CYAML_FIELD_MAPPING(key, CYAML_FLAG_DEFAULT, struct type, member, fields)
#define LIST(key, type, member, entry)                                                             \
    CYAML_FIELD_SEQUENCE_COUNT(key, CYAML_FLAG_POINTER, struct type, member, member##_n, entry, 0, \
                               CYAML_UNLIMITED)
#define MAPPING_OPTIONAL(key, type, member, fields)                                                \
    CYAML_FIELD_MAPPING_PTR(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct type, member,    \
                            fields)
#define LIST_OPTIONAL(key, type, member, entry)                                                    \
    CYAML_FIELD_SEQUENCE_COUNT(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct type, member, \
                               member##_n, entry, 0, CYAML_UNLIMITED)
#define TEXTS(key, type, member)                                                                   \
    CYAML_FIELD_SEQUENCE_COUNT(key, CYAML_FLAG_POINTER, struct type, member.v, member.n,           \
                               &yaml_struct_text, 0, CYAML_UNLIMITED)
#define TEXTS_OPTIONAL(key, type, member)                                                          \
    CYAML_FIELD_SEQUENCE_COUNT(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct type,         \
                               member.v, member.n, &yaml_struct_text, 0, CYAML_UNLIMITED)
#define ENTRY(type, fields)                                                                        \
    {                                                                                              \
        CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct type, fields)                               \
    }
#define TOP(type, fields)                                                                          \
    {                                                                                              \
        CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct type, fields)                               \
    }

/* One text of a list of texts. */
extern const cyaml_schema_value_t yaml_struct_text;

/* Fill the struct that `top` describes from the text that `where` was loaded from. E_POLICY with file, line and path for an
 * unknown or missing key or a value of the wrong shape; E_NO_MEMORY. yaml_struct_free() it with the same top. */
ERR_MUST_USE enum err yaml_struct_load(const cyaml_schema_value_t *top, struct span text, const struct where *where,
                                void **out, struct diag *d);
void yaml_struct_free(const cyaml_schema_value_t *top, void *data);

#endif
