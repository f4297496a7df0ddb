/* standing_list.h - how every certificate that the log knows stands, one line each (rootseal-audit(1)). */
#ifndef ROOTSEAL_AUDIT_STANDING_LIST_H
#define ROOTSEAL_AUDIT_STANDING_LIST_H

#include "audit/audit.h"

/* "good", "held", "superseded", "revoked" or "expired" at `now`: a revocation is for ever; a hold ends with the certificate. */
const char *standing_word(const struct index_cert *c, int64_t now);

/* Print it on standard output, by authority and serial number, as it is at `now`: CSV with a head line, or JSON Lines. The
 * audit is over and found nothing wrong. E_INDEX, E_NO_MEMORY. */
ERR_MUST_USE enum err standing_list_print(const struct audit *a, int64_t now, bool json, struct diag *d);

#endif
