/* scalar.h - the small values of the policy language: numbers, periods, OIDs, URLs, PKCS#11 URIs.
 * Pure functions; each returns false, with its output unchanged, for anything but the one form it
 * describes. */
#ifndef ROOTSEAL_POLICY_SCALAR_H
#define ROOTSEAL_POLICY_SCALAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/policy.h"

/* A whole number in digits only, without a sign or leading zeros, at most max. */
bool scalar_integer(const char *s, int64_t max, int64_t *out);

/* "true" or "false". */
bool scalar_bool(const char *s, bool *out);

/* A calendar period: years, months and days in this order, each at most once and at most 5 digits,
 * positive in all, and at most 100 years long: "1y", "18m", "1y6m", "90d". */
bool scalar_period(const char *s, struct policy_period *out);

/* True when a is longer than b. Months count as a twelfth of the mean Gregorian year. */
bool scalar_period_longer(const struct policy_period *a, const struct policy_period *b);

/* A duration as seconds: a positive number of at most 5 digits and one of s, m (minutes), h, d:
 * "24h", "7d". */
bool scalar_duration(const char *s, int64_t *seconds);

/* An OID in dotted form as OpenSSL would write it. */
bool scalar_oid(const char *s);

/* A URL of the scheme http, with a host, in printable ASCII without blanks, quotes or backslashes.
 * https does not do: fetching a CRL must not need a certificate to be checked first (RFC 5280 8).
 */
bool scalar_url(const char *s);

/* Only the characters of a PrintableString (X.680 41.4). */
bool scalar_printable(const char *s);

/* Number of UTF-8 characters of a well-formed text. */
size_t scalar_characters(const char *s);

/* Something else than blanks. */
bool scalar_filled(const char *s);

/* At most max characters, all of them printable ASCII. */
bool scalar_ascii(const char *s, size_t max);

/* A file name below a folder: relative, no empty, "." or ".." component. */
bool scalar_path(const char *s);

/* A PKCS#11 URI (RFC 7512) of path attributes only: each of token, manufacturer, model, serial,
 * object and id at most once, not empty, percent-encoding well-formed and without NUL. There is no
 * query part: PIN and module never come from the policy. */
bool scalar_uri(const char *s);

/* The decoded value of one attribute of such a URI, with its length; NULL when the URI does not
 * have it or memory is used up. free() it. */
char *scalar_uri_attribute(const char *uri, const char *name, size_t *n);

#endif
