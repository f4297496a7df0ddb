/* token.h - a SoftHSM token of the test's own in a temporary folder. */
#ifndef ROOTSEAL_TESTS_TOKEN_H
#define ROOTSEAL_TESTS_TOKEN_H

#include <p11-kit/pkcs11.h>
#include <stdbool.h>

#include "hsm/hsm.h"

#define TOKEN_URI "pkcs11:token=rootseal-test"
#define TOKEN_PIN "271828"

/* Path of the module under test: $ROOTSEAL_MODULE, the built softhsm-sm2.so. */
const char *token_module(void);

/* Make the folder and one token labelled rootseal-test in it, and point SoftHSM there. */
void token_make(void);
/* One more token with this label in the same folder. Only while no module is loaded. */
void token_add(const char *label);
/* Remove the folder. */
void token_remove(void);

/* A minute for each call. */
extern const struct hsm_patience token_patience;

/* Open the token with this vendor row and log in; anything but success fails the test. */
struct hsm *token_open(enum policy_vendor vendor);

/* A row of a policy: kind, size and algorithm, URI "pkcs11:token=rootseal-test;object=NAME". Kept
 * until the next token_make(), at most 32. */
const struct policy_key *token_row(const char *name, enum key_kind kind, int bits,
                                   enum sig_alg alg);

/* The module's own function list and a read/write session, for what Rootseal itself never does. The
 * token must be open and logged in. */
CK_FUNCTION_LIST *token_functions(void);
CK_SESSION_HANDLE token_session(void);
/* The one object of this class and label. */
CK_OBJECT_HANDLE token_object(CK_SESSION_HANDLE s, CK_OBJECT_CLASS class_, const char *label);

#endif
