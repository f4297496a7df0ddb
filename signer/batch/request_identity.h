/* request_identity.h - the fields "identity" and "override" of a request that asks for a certificate. */
#ifndef ROOTSEAL_BATCH_REQUEST_IDENTITY_H
#define ROOTSEAL_BATCH_REQUEST_IDENTITY_H

#include "core/json.h"
#include "pki/identity.h"

/* Read the object of this request line: field → text, each of 1 to LIMIT_IDENTITY_TEXT bytes. E_FIELD_UNKNOWN for
 * a name that policy_identity_name() does not have, E_FIELD_VALUE for another kind of value. Absent: all fields "". */
ERR_MUST_USE enum err request_identity_parse(const json_t *line, struct identity *out, const char *where, struct diag *d);

/* Set it in the line, in the table's order; nothing when no field is there. 0, or -1 when memory is used up. */
int request_identity_write(const struct identity *i, json_t *line);

/* Read the reason for an override: plain text of 1 to LIMIT_OVERRIDE_TEXT characters. Absent: "". E_FIELD_VALUE. */
ERR_MUST_USE enum err request_override_parse(const json_t *line, char out[4 * LIMIT_OVERRIDE_TEXT + 1],
                                             const char *where, struct diag *d);

#endif
