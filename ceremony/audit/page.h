/* page.h - the report of an audit: one HTML page for whoever has to know what the appliance did, on a screen, a phone or A4 paper.
 *
 * It needs nothing else and runs nothing (room/sheet.h). What is open comes first: the findings of the audit, keys whose end was
 * begun, late revocations, exceptions. Then figures by authority, profile and RA, by the persons who approved and authorised, of
 * refusals and revocations, how the certificates stand; then what happened in the order of time, and the keys. It names nobody:
 * persons are digests of their certificates. Times are UTC.
 *
 * The same state and time give the same bytes, in the language of the locale.
 */
#ifndef ROOTSEAL_AUDIT_PAGE_H
#define ROOTSEAL_AUDIT_PAGE_H

#include "audit/verify.h"
#include "core/buf.h"

/* Append it to out. The audit is over, with a tally in it; `now` is when the certificates stand as it says. E_NO_MEMORY, E_INDEX. */
ERR_MUST_USE enum err page_write(const struct audit *a, const struct verify_options *o, int64_t now, struct buf *out, struct diag *d);

#endif
