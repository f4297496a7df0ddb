/* report.h - what an audit found, for people and for programs. */
#ifndef ROOTSEAL_AUDIT_REPORT_H
#define ROOTSEAL_AUDIT_REPORT_H

#include "audit/verify.h"

/* Print the table, the keys, the findings, and the verdict to stdout. */
void report_text(const struct audit *a, const struct verify_options *o);

/* Print the same as one JSON object and a newline. */
ERR_MUST_USE enum err report_json(const struct audit *a, const struct verify_options *o);

#endif
