/* seen_effects.h - what the requests of a batch would do to certificates that were issued before, as far as the batch tells. The
 * appliance decides each request with what those before it did; at the desk this much of it is known. */
#ifndef ROOTSEAL_RA_SEEN_EFFECTS_H
#define ROOTSEAL_RA_SEEN_EFFECTS_H

#include "batch/decide.h"

/* Zero-initialise; end with seen_effects_free(). */
struct seen_effects {
    struct set places; /* digest of a serial number → place in `of`, from 1 */
    struct seen_effect {
        int64_t ended, held, released, accepted; /* by the request of this number; 0: by none */
    } * of;
    size_t n;
};

/* Request n was found good by itself: refuse it for what an earlier one does to the certificate that it names, as the
 * appliance will, or note what it does. E_CERT_REVOKED, E_CERT_HELD, E_CERT_NOT_HELD and E_CERT_ACCEPTED go into the
 * decision; the return value is other than E_OK only for E_NO_MEMORY and E_CRYPTO. */
ERR_MUST_USE enum err seen_effects_take(struct seen_effects *s, struct decision *o, int64_t n, struct diag *d);
void seen_effects_free(struct seen_effects *s);

#endif
