/* ckr.h - names of PKCS#11 return values, for messages. */
#ifndef ROOTSEAL_HSM_CKR_H
#define ROOTSEAL_HSM_CKR_H

#include <p11-kit/pkcs11.h>

/* Bytes that hold any name, with its final NUL. */
#define CKR_NAME_MAX 48

/* Write the name of a return value (PKCS#11 v2.40 5.1), e.g. "CKR_DEVICE_REMOVED", or
 * "CKR 0x80000123" for one that is not in the table (vendors have their own). Returns out. */
const char *ckr_name(CK_RV rv, char out[CKR_NAME_MAX]);

#endif
