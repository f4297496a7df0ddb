/* uri.h - PKCS#11 URIs (RFC 7512), read with p11-kit. */
#ifndef ROOTSEAL_HSM_URI_H
#define ROOTSEAL_HSM_URI_H

#include <stdbool.h>
#include <p11-kit/pkcs11.h>

#include "core/diag.h"

struct uri;

/* Read a URI. E_URI when it is malformed, names an attribute twice, names anything but a token and
 * a private key on it (slots, libraries and vendors' own attributes have no place in a policy), or
 * has a query part: a PIN never belongs in a policy, and the module is named on the command line. A
 * text that could hold a PIN is not repeated in the diag. uri_free() it. */
ERR_MUST_USE enum err uri_parse(const char *text, struct uri **out, struct diag *d);

/* True when the token's label, manufacturer, model and serial are those the URI names (those it
 * does not name fit anything). The slot is never looked at: its number changes between plug-ins.
 *
 * OpenSC shows a card once for each of its PINs and writes the PIN's name behind the label: "LABEL
 * (UserPIN)", with LABEL cut where the 32 bytes do not suffice, to no less than four characters. A
 * token so renamed fits the URI's LABEL, too; uri_names_token() tells it from one that is called so
 * itself. */
bool uri_fits_token(const struct uri *u, const CK_TOKEN_INFO *info);
bool uri_names_token(const struct uri *u, const CK_TOKEN_INFO *info);

/* The object's label, UTF-8; NULL when the URI names no object. Owned by u. */
const char *uri_label(const struct uri *u);

/* The object's id (CKA_ID), which may be absent (*id NULL, *n 0). Owned by u. */
void uri_id(const struct uri *u, const unsigned char **id, size_t *n);

void uri_free(struct uri *u);

#endif
