/* ident.h - the id of a request, from the name of its file. */
#ifndef ROOTSEAL_RA_IDENT_H
#define ROOTSEAL_RA_IDENT_H

#include "core/diag.h"
#include "core/limits.h"

/* The file's name (no folder) without its last ending, without blanks at the ends or hyphens in front, the blanks inside
 * made hyphens: "li wei.csr" gives "li-wei". E_FIELD_VALUE when that is no text_is_token() of at most LIMIT_TOKEN_TEXT characters;
 * out is empty then. */
ERR_MUST_USE enum err ident_from_name(const char *name, char out[LIMIT_TOKEN_TEXT + 1],
                                      struct diag *d);

#endif
