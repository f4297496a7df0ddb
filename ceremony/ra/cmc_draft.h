/* cmc_draft.h - a body part of a CMC request as a request of a batch. */
#ifndef ROOTSEAL_RA_CMC_DRAFT_H
#define ROOTSEAL_RA_CMC_DRAFT_H

#include "ra/cmc.h"
#include "ra/draft.h"

/* What the RA adds to what a CMC request says, for all of its body parts: by DRAFT_..., without CSR. DRAFT_ID is what the
 * ids of the requests begin with: a hyphen and the body part's number follow. DRAFT_BY and DRAFT_REASON are for
 * revocations; DRAFT_OP, DRAFT_PROFILE and whatever is about a certificate are for PKCS#10 requests. */
struct cmc_additions {
    const char *text[DRAFT_FIELDS];
    const struct policy *policy;
    const struct policy_authority *authority; /* of it */
    int64_t now;
};

/* Make it a request whose evidence is the CMC request. A revokeRequest is about a certificate by one of the authority's
 * keys, which the request names as its issuer, with a serial number as the appliance makes them (E_CERT_UNKNOWN). The reason
 * certificateHold suspends, removeFromCRL resumes, any other revokes: for the one reason of the policy that has this CRLReason
 * and this DRAFT_BY; of several, or when there is none for a request that leaves the reason unspecified, for the one that
 * DRAFT_REASON names (E_REASON). What
 * draft_request() says, with the body part's number. Free the request with request_free(), on failure too. */
ERR_MUST_USE enum err cmc_draft(const struct cmc *c, const struct cmc_part *p, const struct cmc_additions *a,
                                struct request *out, struct diag *d);

#endif
