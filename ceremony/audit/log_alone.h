/* log_alone.h - a log that is audited by itself, without the archive that its lines name: what of them can be counted and compared. */
#ifndef ROOTSEAL_AUDIT_LOG_ALONE_H
#define ROOTSEAL_AUDIT_LOG_ALONE_H

#include "log/record.h"

struct audit;

/* A line about a batch: it is counted, and its serial number was not issued before (E_LOG_ORDER). Lines about keys, tokens, policies
 * and seals are looked at in full by verify_run(); others say nothing that could be checked alone. */
ERR_MUST_USE enum err log_alone_take(struct audit *a, const struct record *r);

/* After the log: say what was not looked at. */
void log_alone_finish(struct audit *a);

#endif
