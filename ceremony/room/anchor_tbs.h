/* anchor_tbs.h - what the certificate of one of the policy's own keys says: an anchor, before it is signed. */
#ifndef ROOTSEAL_CEREMONY_ANCHOR_TBS_H
#define ROOTSEAL_CEREMONY_ANCHOR_TBS_H

#include <openssl/x509.h>

#include "core/buf.h"
#include "core/diag.h"
#include "core/limits.h"
#include "pki/key.h"
#include "policy/policy.h"

/* Append the linted TBSCertificate of the policy's key `row`, whose public part is given, valid from now for the row's
 * period, with a serial number of its own. issuer is the certificate of policy_key_issuer(), NULL when there is no such
 * key. E_OUTLIVES_ISSUER, E_LINT, the errors of tbs_build(). */
ERR_MUST_USE enum err anchor_tbs(const struct policy *p, const struct policy_key *row, const struct key *public, X509 *issuer,
                                 struct buf *tbs, struct diag *d);

/* What a self-signed certificate of the key `row` says, valid from now for the row's period: the name by its rules (appended to
 * *name), serial number by chance. The spans are name's, serial's and public's. E_CRYPTO, errors of name_from_rules(). */
struct tbs_spec;
ERR_MUST_USE enum err anchor_self(const struct policy_key *row, const struct key *public, struct buf *name,
                                  uint8_t serial[SERIAL_LEN], struct tbs_spec *spec, struct diag *d);

/* What a certificate has from the CA key that signs it, and which is to be in *spec before: its validity. The spans are the
 * issuer's. E_OUTLIVES_ISSUER, E_ANCHOR. */
ERR_MUST_USE enum err anchor_issuer(const struct policy_key *ca, X509 *issuer, struct tbs_spec *spec, struct diag *d);

/* A serial number of 126 bits by chance. */
ERR_MUST_USE enum err anchor_serial(uint8_t out[SERIAL_LEN], struct diag *d);

#endif
