/* form.h - JSON of a bundle, which has one form only. */
#ifndef ROOTSEAL_RA_FORM_H
#define ROOTSEAL_RA_FORM_H

#include "core/json.h"
#include "core/limits.h"

/* Read one object in canonical form with exactly these keys (NULL-terminated) in this order.
 * E_BUNDLE_FORMAT otherwise, E_NO_MEMORY. The caller json_decref()s *out. */
ERR_MUST_USE enum err form_parse(struct span line, const char *where, const char *const *keys,
                                 json_t **out, struct diag *d);

/* The same proof for an object inside another one. */
ERR_MUST_USE enum err form_keys(const json_t *obj, const char *where, const char *const *keys,
                                struct diag *d);

/* Fields: a plain token copied out, and a text of printable ASCII of at most max characters that
 * stays in obj. E_BUNDLE_FORMAT. */
ERR_MUST_USE enum err form_token(const json_t *obj, const char *key, char out[LIMIT_TOKEN_TEXT + 1],
                                 const char *where, struct diag *d);
ERR_MUST_USE enum err form_text(const json_t *obj, const char *key, size_t max, const char **out,
                                const char *where, struct diag *d);

/* What json_get_...() says of a bundle's field, as E_BUNDLE_FORMAT; E_NO_MEMORY and E_CRYPTO stay.
 */
ERR_MUST_USE enum err form_code(enum err e, const struct diag *why, struct diag *d);

#endif
