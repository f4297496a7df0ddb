/* name.h - subject names: from a request by the rules of a profile, and onto a screen. */
#ifndef ROOTSEAL_PKI_NAME_H
#define ROOTSEAL_PKI_NAME_H

#include <openssl/x509.h>

#include "core/buf.h"
#include "core/diag.h"
#include "policy/policy.h"

/* Build the name that the rules make of the asked one, in the rules' order and string types, as DER appended to out.
 * Refused, with the rule's clause: an attribute no rule names (E_SUBJECT_ATTRIBUTE), one that comes twice or in a
 * multi-valued RDN (E_SUBJECT_ATTRIBUTE), a required one that is missing (E_SUBJECT_MISSING), a value other than the
 * fixed one, empty, too long or not fit for its string type (E_SUBJECT_VALUE), and characters that could deceive a
 * reader, or blanks at an end or doubled (E_SUBJECT_CHARACTER). A fixed value need not be asked for. */
ERR_MUST_USE enum err name_from_request(const X509_NAME *asked, const struct policy_attribute *rules, size_t n,
                                        const char *clause, struct buf *out, struct diag *d);

/* The name of rules that are all fixed: one of our own keys'. */
ERR_MUST_USE enum err name_from_rules(const struct policy_attribute *rules, size_t n, struct buf *out, struct diag *d);

/* Append "C=CN, O=..., CN=..." in the name's own order, whole, each value as name_display_text() writes it. A comma
 * inside a value is written \x{2C}, so that a value cannot look like two; a value that is no text, byte by byte as
 * \x{HH}. Failures are told by buf_err(). */
void name_display(const X509_NAME *name, struct buf *out);

/* Append text as text_escape() writes it, but never cut, and with a blank at either end as \x{20}: what differs looks
 * different, and it is one line of printable ASCII. Failures are told by buf_err(). */
void name_display_text(struct span text, struct buf *out);

#endif
