/* lint_extensions.h - the extensions' part of lint.h. */
#ifndef ROOTSEAL_PKI_LINT_EXTENSIONS_H
#define ROOTSEAL_PKI_LINT_EXTENSIONS_H

#include <openssl/x509.h>

#include "core/diag.h"
#include "pki/tbs_view.h"
#include "policy/policy.h"

/* Exactly the profile's extensions, each once, with its criticality and content. E_LINT otherwise. */
ERR_MUST_USE enum err lint_extensions_end_entity(const TBS_VIEW *v, const struct policy_profile *profile, X509 *issuer,
                                                 struct diag *d);

/* Subject key identifier and key usage; with ca, basicConstraints with cA TRUE and keyCertSign and cRLSign, else
 * digitalSignature, with lists beside cRLSign. E_LINT otherwise. */
ERR_MUST_USE enum err lint_extensions_self_signed(const TBS_VIEW *v, bool ca, bool lists, struct diag *d);

/* Key identifiers, digitalSignature, OCSPSigning alone and nocheck. E_LINT otherwise. */
ERR_MUST_USE enum err lint_extensions_responder(const TBS_VIEW *v, X509 *issuer, struct diag *d);

/* Of a CA's certificate by another: key identifiers, basicConstraints with cA TRUE and, with path_zero, pathLenConstraint 0,
 * keyCertSign and cRLSign; a distribution point with this address when crl_url is not NULL. E_LINT otherwise. */
ERR_MUST_USE enum err lint_extensions_ca(const TBS_VIEW *v, bool path_zero, const char *crl_url, X509 *issuer, struct diag *d);

#endif
