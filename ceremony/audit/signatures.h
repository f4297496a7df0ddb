/* signatures.h - who signed the minutes of a ceremony with a key, of those who were there, and of the policy's officers. */
#ifndef ROOTSEAL_AUDIT_SIGNATURES_H
#define ROOTSEAL_AUDIT_SIGNATURES_H

#include <jansson.h>

#include "core/diag.h"
#include "log/record.h"

struct audit;

/* An exception line: one that says E_UNSIGNED counts for its ceremony, in this object, which is made when it is NULL. False when
 * memory is used up. */
bool signatures_take_exception(json_t **excepted, const struct record *r);

/* The minutes line r, and the first n events of the transcript, whose digest is the line's. Those who were there with a certificate
 * have signed, or the log has an exception for each who has not: E_ARCHIVE otherwise. Each signature that is there must
 * verify, with the certificate that the policy pins (E_OFFICER, E_OFFICER_SIGNATURE) or whose digest the transcript has. */
ERR_MUST_USE enum err signatures_check(struct audit *a, int dir_fd, const struct record *r, const json_t *events, size_t n,
                                       struct diag *d);

#endif
