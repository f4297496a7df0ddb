/* help_report.h - an audit with something of everything that its report tells, for the tests of ceremony/audit/page*.c and
 * tally*.c: a year of lines, told to a tally as the walk along a log would. */
#ifndef ROOTSEAL_TESTS_HELP_REPORT_H
#define ROOTSEAL_TESTS_HELP_REPORT_H

#include "audit/page.h"

#define HELP_REPORT_BEGIN INT64_C(1767225600) /* 2026-01-01T00:00:00Z, a second before the first line */
#define HELP_REPORT_END INT64_C(1799020800)   /* 2027-01-04T00:00:00Z */

struct help_report {
    struct audit audit;
    struct verify_options options;
    struct tally tally;
    struct batches_open batch;
    struct record *lines;
    size_t lines_n;
};

/* Make it, and tell the tally of each line; what is in this period counts. Everything here fails the running test when it cannot
 * do its work. help_report_free() it. */
void help_report_make(struct help_report *out, int64_t from, int64_t to);
void help_report_free(struct help_report *h);

/* One more line, a sample (sample_records.h) with these members changed, as JSON. */
void help_report_line(struct help_report *h, int64_t time, enum record_type type, const char *changes);

/* The tally anew, of all lines there are. */
ERR_MUST_USE enum err help_report_tell(struct help_report *h);

/* Put this text into every place of the report that holds one. */
void help_report_say_everywhere(struct help_report *h, const char *text);

#endif
