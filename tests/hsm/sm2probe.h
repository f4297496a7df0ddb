/*
 * What the two halves of sm2probe share: a logged-in session on a token, found by its label.
 */
#ifndef SM2PROBE_H
#define SM2PROBE_H

#include <openssl/evp.h>
#include <p11-kit/pkcs11.h>
#include <stdbool.h>
#include <stddef.h>

#define CKM_SM2_KEY_PAIR_GEN 0xFFFFF001UL
#define CKM_SM2_SIGN_E 0xFFFFF002UL

#define E_SIZE 32
#define RAW_SIZE 64
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct probe {
    CK_FUNCTION_LIST_PTR f;
    CK_SLOT_ID slot;
    CK_SESSION_HANDLE session; /* read-write, user logged in */
    CK_BBOOL keep;             /* key pairs are made in the token, not in the session */
};

/* Ends the program with a message on stderr unless `ok`. */
void probe_need(bool ok, const char *what, unsigned long code);

/* Returns the one object with this class and label; ends the program if there is none. */
CK_OBJECT_HANDLE probe_find(const struct probe *p, CK_OBJECT_CLASS class, const char *label);

/* Generates a key pair with `label` for its ID too, by `mechanism`. `params` (DER) may be NULL. */
CK_RV probe_generate(const struct probe *p, CK_MECHANISM_TYPE mechanism, const void *params,
                     size_t params_len, CK_BBOOL sensitive, CK_BBOOL extractable,
                     const char *label);

/* True if raw r and s are an SM2 signature over e by `key`. */
bool probe_verify(EVP_PKEY *key, const unsigned char e[E_SIZE], const unsigned char raw[RAW_SIZE]);

/* Returns the public SM2 key `label`, which the caller frees; ends the program if it is none. */
EVP_PKEY *probe_public(const struct probe *p, const char *label);

/*
 * Checks everything the module must refuse, and what it must not, printing a line for each check.
 * Returns the number of failed checks. (sm2refuse.c)
 */
int refuse_run(const struct probe *p, const char *sm2, const char *ec, const char *rsa);

#endif
