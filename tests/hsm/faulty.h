/* faulty.h - what the parts of the faulty module share.
 *
 * A PKCS#11 module that stands in front of another and fails, lies, waits or speaks a vendor's dialect, as its environment
 * tells it:
 *
 *   FAULTY_MODULE  the module behind it
 *   FAULTY_CALL    the function that fails, e.g. C_Sign; "any": all are counted
 *   FAULTY_AFTER   how many such calls go well before (0)
 *   FAULTY_TIMES   how many fail then (all that follow)
 *   FAULTY_ANSWER  what happens to them (0x30, CKR_DEVICE_ERROR):
 *                    a number       the call is not made and answers this CKR_
 *                    die            the token is gone: this call and all later ones of any kind say CKR_DEVICE_REMOVED
 *                    hang           the call never comes back
 *                    kill           the process ends there (SIGKILL), before the call is made
 *                    delay:MS       it comes back late, and right
 *                    flip           C_Sign: one bit of the signature is wrong
 *                    short          C_Sign: the last byte is left out
 *                    long           C_Sign: more bytes are claimed than there is room for
 *                    zero           C_Sign: nothing but zeros
 *                    hash           C_Sign: SM3 of the input is signed, as by a token that hashes by itself, without Z
 *                    other          C_SignInit: another key of the same kind signs
 *   FAULTY_VENDOR  whose numbers the token knows for SM2: a vendor as in the policy, see dialect.c
 *   FAULTY_QUIRKS  words: der (signatures in DER), bare-point, no-params, kept-type (key objects are CKK_EC)
 *   FAULTY_PIN     MIN-MAX: the lengths that the token tells, and takes
 *   FAULTY_TRIES   a file with the number of tries left, as softhsm2 has no such thing: a wrong PIN takes one, a right one
 *                  gives three; without any the PIN is locked
 *   FAULTY_PAD     a file whose lines are typed on the token's own pad, one a login
 *   FAULTY_TRACE   a file that gets the name of each call, one a line; where a process that is shut in
 *                  can write, in the folder of tokens for example
 *   FAULTY_SIGNED  such a file that gets the label of the key of each signature that was made, one a line
 */
#ifndef ROOTSEAL_TESTS_FAULTY_H
#define ROOTSEAL_TESTS_FAULTY_H

#include <p11-kit/pkcs11.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The module behind, with its own numbers. */
extern CK_FUNCTION_LIST *behind;

/* -- fault.c: whose turn it is -- */

enum lie { LIE_NONE, LIE_FLIP, LIE_SHORT, LIE_LONG, LIE_ZERO, LIE_HASH, LIE_OTHER };

/* Read the environment. False, with a line on stderr, when it makes no sense. */
bool fault_init(void);

/* Count the call, wait if it is told to; true when it fails, with *rv. A lie is left to be told by whom it is about:
 * *lie. */
bool fault_strikes(const char *call, CK_RV *rv, enum lie *lie);

/* -- lies.c: false signatures -- */

/* Sign as the lie says. */
CK_RV lie_sign(enum lie lie, CK_SESSION_HANDLE s, CK_BYTE *data, CK_ULONG n, CK_BYTE *out, CK_ULONG *out_n);

/* Another private key of the token that has the kind of this one, or the same when there is none. */
CK_OBJECT_HANDLE lie_other_key(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE key);

/* -- count.c: which key made each signature -- */

/* Read the environment. False, with a line on stderr, when it makes no sense. */
bool count_init(void);

/* The session will sign with this key of its token. */
void count_begin(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE key);

/* It has, when rv is CKR_OK; returns rv. */
CK_RV count_made(CK_SESSION_HANDLE s, CK_RV rv);

/* -- pin.c: what a token says of PINs -- */

/* Read the environment. False, with a line on stderr, when it makes no sense. */
bool pin_init(void);

CK_RV pin_token_info(CK_SLOT_ID slot, CK_TOKEN_INFO *info);
CK_RV pin_login(CK_SESSION_HANDLE s, CK_USER_TYPE user, CK_UTF8CHAR *pin, CK_ULONG n);

/* -- dialect.c: a vendor's numbers and habits -- */

/* Read the environment. False, with a line on stderr, when it makes no sense. */
bool dialect_init(void);

/* Each does what the PKCS#11 function of its name does, in the vendor's numbers. */
CK_RV dialect_generate(CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_ATTRIBUTE *public_, CK_ULONG public_n,
                       CK_ATTRIBUTE *private_, CK_ULONG private_n, CK_OBJECT_HANDLE *public_key,
                       CK_OBJECT_HANDLE *private_key);
CK_RV dialect_attributes(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o, CK_ATTRIBUTE *a, CK_ULONG n);
CK_RV dialect_sign_init(CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_OBJECT_HANDLE key);
CK_RV dialect_sign(CK_SESSION_HANDLE s, CK_BYTE *data, CK_ULONG n, CK_BYTE *out, CK_ULONG *out_n);

#endif
