/* vendor.h - how each vendor's token signs SM2, since no standard says. */
#ifndef ROOTSEAL_HSM_VENDOR_H
#define ROOTSEAL_HSM_VENDOR_H

#include <p11-kit/pkcs11.h>

#include "policy/policy.h"

/* One row of the table. e is always computed on the host and signed as it is, because what a
 * vendor's "with SM3 inside" hashes differs: some leave Z out, which no X.509 verifier accepts. For
 * all of them CKA_EC_PARAMS in the public template of key generation names the SM2 curve. */
struct vendor {
    enum policy_vendor id;
    CK_KEY_TYPE key_type;       /* of key objects */
    CK_MECHANISM_TYPE generate; /* key pair generation, parameter NULL */
    CK_MECHANISM_TYPE sign_e;   /* 32 bytes in, r || s or DER out, parameter NULL */
};

/* The row; never NULL (a number outside the enumeration gets the generic one). */
const struct vendor *vendor_find(enum policy_vendor id);

#endif
