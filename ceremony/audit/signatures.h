/* signatures.h - who signed the minutes of a ceremony with a key, of those who were there, and of the policy's officers. */
#ifndef ROOTSEAL_AUDIT_SIGNATURES_H
#define ROOTSEAL_AUDIT_SIGNATURES_H

#include <jansson.h>

#include "core/diag.h"
#include "log/record.h"

struct audit;

/* The minutes line r, and the first n events of the transcript, whose digest is the line's. Who was there with a certificate
 * and has not signed is kept for signatures_finish(). Each signature that is there must verify, with the certificate that the
 * policy pins (E_OFFICER, E_OFFICER_SIGNATURE) or whose digest the transcript has. */
ERR_MUST_USE enum err signatures_check(struct audit *a, int dir_fd, const struct record *r, const json_t *events, size_t n,
                                       struct diag *d);

/* After the log: whoever has not signed is excepted in the transcript, under a line of the log, and it does not tell of a
 * signature since: E_ARCHIVE otherwise. A transcript tells of signatures only by those who were there with a certificate:
 * E_TRANSCRIPT. */
void signatures_finish(struct audit *a);

#endif
