/*
 * What the inner library offers the outer module. The outer finds these by dlsym, so that nothing
 * of the inner is bound before the outer has decided how to open it.
 */
#ifndef SOFTHSM_SM2_INNER_H
#define SOFTHSM_SM2_INNER_H

#include <stdbool.h>
#include <stddef.h>

/* File name (and soname) of the inner library; it lies in the outer module's folder. */
#define INNER_FILE "softhsm-sm2-inner.so"

/* Bytes of e, the digest over Z and the message that SM2 signs (GB/T 32918.2 clause 6). */
#define INNER_E_SIZE 32

/*
 * True if the calling thread's last SM2 signature was refused because its input was not
 * INNER_E_SIZE bytes. Reading it clears it. SoftHSM reports every failed signature as the same
 * CKR_GENERAL_ERROR, so the cause has to come round it.
 */
#define INNER_BAD_LENGTH "softhsm_sm2_inner_bad_length"
typedef bool inner_bad_length_fn(void);

/*
 * True if the `len` bytes at `params`, a DER ECParameters as in CKA_EC_PARAMS, name the SM2 curve
 * or spell out its parameters. Anything unreadable is no SM2 curve.
 */
#define INNER_IS_SM2 "softhsm_sm2_inner_is_sm2"
typedef bool inner_is_sm2_fn(const unsigned char *params, size_t len);

#endif
