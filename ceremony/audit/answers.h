/* answers.h - issued and refused lines against the plan, one item after the other. */
#ifndef ROOTSEAL_AUDIT_ANSWERS_H
#define ROOTSEAL_AUDIT_ANSWERS_H

#include "core/diag.h"
#include "log/record.h"

struct audit;
struct audit_counts;

/* Count what a line about a request or a list tells, whatever the plan says. */
void answers_count(struct audit_counts *c, const struct record *r);

/* The authority of an issued line did not use its serial number before: E_LOG_ORDER. */
ERR_MUST_USE enum err answers_check_serial(struct audit *a, const struct record *r, struct diag *d);

/* An issued line: it answers the next item of its batch's plan; the certificate put together from
 * the plan's TBS and this line's signature has the digest in this line, verifies with the issuer's
 * key, and carries the planned serial number, which the authority never used before. Under this
 * program's policy the TBS passes the lint again. */
ERR_MUST_USE enum err answers_take_issued(struct audit *a, const struct record *r);

/* A refused line with n from 1: it answers the next item, with its code and clause. */
ERR_MUST_USE enum err answers_take_refused(struct audit *a, const struct record *r);

/* A revoked or accepted line: the status of a certificate changed as the plan's next item says; marked as late when it was. */
ERR_MUST_USE enum err answers_take_status(struct audit *a, const struct record *r);

/* A crl line: the list the plan's next item names, with the bytes that all lines before it give, signed by its key. */
ERR_MUST_USE enum err answers_take_list(struct audit *a, const struct record *r);

/* An ocsp line: the responses of the plan's next item, each as all lines before it say (responses.h). */
ERR_MUST_USE enum err answers_take_responses(struct audit *a, const struct record *r);

#endif
