/* certificate.h - does a certificate answer its request? */
#ifndef ROOTSEAL_RA_CERTIFICATE_H
#define ROOTSEAL_RA_CERTIFICATE_H

#include "batch/decide.h"
#include "pki/show.h"
#include "ra/anchors.h"
#include "ra/result.h"

/* Prove of an issued certificate: it is signed by the issuer (E_CERT_SIGNATURE); it has exactly the
 * form that the profile and the key's row describe (the appliance's own lint); public key, subject
 * and alternative names are those that the decision makes of the request; its serial number is the
 * result's (E_BUNDLE_ANSWER). show gets what it says. decision->code is E_OK. */
ERR_MUST_USE enum err certificate_check(const struct result *r, const struct decision *decision,
                                        const struct anchor *issuer, struct show *show,
                                        struct diag *d);

#endif
