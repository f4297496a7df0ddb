/* enveloped.h - the private key of an encrypting certificate, as the key-management centre hands it out. */
#ifndef ROOTSEAL_PKI_ENVELOPED_H
#define ROOTSEAL_PKI_ENVELOPED_H

#include "core/buf.h"
#include "core/diag.h"
#include "pki/key.h"

/* Is this one SM2EnvelopedKey in DER (GM/T 0009-2012 7.4) whose public part is this key? Nothing in it can be opened here:
 * the symmetric key is for the holder's signing key only. E_ENVELOPED_KEY. */
ERR_MUST_USE enum err enveloped_check(struct span der, const struct key *key, struct diag *d);

#endif
