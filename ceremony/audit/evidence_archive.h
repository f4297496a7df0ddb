/* evidence_archive.h - what the archive has for an evidence whose lines of the log were found. */
#ifndef ROOTSEAL_AUDIT_EVIDENCE_ARCHIVE_H
#define ROOTSEAL_AUDIT_EVIDENCE_ARCHIVE_H

#include "audit/evidence.h"

/* Add the lines of batch and plan, the approvals, the authorisations and the certificate, from the folder of the batch. E_ARCHIVE,
 * E_APPROVAL_PERSON and E_OFFICER for a certificate that neither the policy nor the signature has. */
ERR_MUST_USE enum err evidence_from_archive(int fd, const struct policy *policy, struct evidence *e, struct diag *d);

#endif
