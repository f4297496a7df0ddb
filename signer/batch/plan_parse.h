/* plan_parse.h - the lines of a plan taken apart, for the reader of plans (plan_read.c). Each proves the canonical form:
 * E_PLAN_FORMAT otherwise. `number` is the line's, for the diag.
 */
#ifndef ROOTSEAL_BATCH_PLAN_PARSE_H
#define ROOTSEAL_BATCH_PLAN_PARSE_H

#include "batch/plan.h"

/* E_PLAN_FORMAT with its words. */
enum err plan_malformed(struct diag *d, uint64_t line, const char *what);

ERR_MUST_USE enum err plan_parse_header(struct span line, struct plan_header *out, struct diag *d);

/* The item is zero-initialised. The form is proven when `prove` says so, that is when the plan is opened; going through it
 * again only takes it apart. */
ERR_MUST_USE enum err plan_parse_item(struct span line, uint64_t number, bool prove, struct plan_item *item,
                                      struct diag *d);

bool plan_is_end(struct span line);
ERR_MUST_USE enum err plan_parse_end(struct span line, uint64_t number, struct plan_counts *out, struct diag *d);

#endif
