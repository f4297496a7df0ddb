/* name.h - subject names: from a request by the rules of a profile, and onto a screen. */
#ifndef ROOTSEAL_PKI_NAME_H
#define ROOTSEAL_PKI_NAME_H

#include <openssl/x509.h>

#include "core/buf.h"
#include "core/diag.h"
#include "policy/policy.h"

#define NAME_DISPLAY 512

/* Build the name that the rules make of the asked one, in the rules' order and string types, as DER appended to out.
 * Refused, with the rule's clause: an attribute no rule names (E_SUBJECT_ATTRIBUTE), one that comes twice or in a
 * multi-valued RDN (E_SUBJECT_ATTRIBUTE), a required one that is missing (E_SUBJECT_MISSING), a value other than the
 * fixed one, empty, too long or not fit for its string type (E_SUBJECT_VALUE), and characters that could deceive a
 * reader, or blanks at an end or doubled (E_SUBJECT_CHARACTER). A fixed value need not be asked for. */
ERR_MUST_USE enum err name_from_request(const X509_NAME *asked, const struct policy_attribute *rules, size_t n,
                                        const char *clause, struct buf *out, struct diag *d);

/* The name of rules that are all fixed: one of our own keys'. */
ERR_MUST_USE enum err name_from_rules(const struct policy_attribute *rules, size_t n, struct buf *out, struct diag *d);

/* "C=CN, O=..., CN=..." in the name's own order, escaped by text_escape(), cut with "..." where it is too long. A comma
 * inside a value is written \x{2C}, so that a value cannot look like two. */
void name_display(const X509_NAME *name, char out[NAME_DISPLAY]);

#endif
