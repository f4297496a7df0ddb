/* identity.h - the identity extensions of GM/T 0015-2012, below 1.2.156.10260.4.1: .1 IdentifyCode, .2 insurance number,
 * .3 industrial and commercial registration number, .4 organization code (in practice the unified social credit code),
 * .5 taxation number. None is critical.
 */
#ifndef ROOTSEAL_PKI_IDENTITY_H
#define ROOTSEAL_PKI_IDENTITY_H

#include "core/buf.h"
#include "core/diag.h"
#include "core/digest.h"
#include "policy/policy.h"

#define IDENTITY_OID "1.2.156.10260.4.1." /* a digit of 1 to 5 follows */

/* What a request says of its holder, UTF-8; "" for a field that is not there. */
struct identity {
    char value[POLICY_IDENTITY_COUNT][LIMIT_IDENTITY_TEXT + 1];
};

/* Append the Extensions, one DER SEQUENCE after the other, that the profile makes of the fields: IdentifyCode tagged as it
 * says, the military number a UTF8String, all others PrintableStrings. Birth dates must lie before `now`. With override
 * true a wrong check digit is let pass. The bit 1 << field is set in *wrong for each field whose check digit is wrong.
 * Refused with the clause of the row, or of the profile: E_IDENTITY_FIELD for a field without a row, or two of those of
 * IdentifyCode; E_IDENTITY_MISSING; E_IDENTITY_VALUE for characters that the type or a careful reader does not allow, and
 * for a number out of its form; E_IDENTITY_CHECK. No diag holds a value. */
ERR_MUST_USE enum err identity_from_request(const struct identity *asked, const struct policy_profile *p, int64_t now,
                                            bool override, struct buf *out, unsigned *wrong, struct diag *d);

/* Who holds a certificate, for comparing: SHA-256 over its DER subject and, behind it, the identity extensions as above.
 * Two persons may have one name. */
ERR_MUST_USE enum err identity_holder(struct span subject, struct span identity, uint8_t out[DIGEST_LEN]);

#endif
