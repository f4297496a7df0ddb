/* hsm.h - one PKCS#11 token: module, login, keys, and the head of the log that it keeps.
 *
 * libp11 loads and initialises the module and knows its slots; all else goes through the module's
 * own function list, in sessions of our own. For RSA, too: libp11 0.4 finds no key at all on a token
 * that holds one of a type it does not know, as a vendor's SM2 key is, and crashes when a token
 * fails while it reads a key. Login is by C_Login on such a session, because libp11 would keep a copy of
 * the PIN; PKCS#11 logs in the whole application with it. A process that has a token open must not
 * fork.
 */
#ifndef ROOTSEAL_HSM_HSM_H
#define ROOTSEAL_HSM_HSM_H

#include <openssl/evp.h>
#include <stdbool.h>

#include "core/diag.h"
#include "core/pin.h"
#include "policy/policy.h"

struct hsm;
struct hsm_key;

/* Who the token is, blanks trimmed, as text fit for the log (text_escape()d). */
struct hsm_identity {
    char manufacturer[64];
    char model[64];
    char serial[64];
    char label[128];
    bool pinpad;    /* the PIN is typed on the token (CKF_PROTECTED_AUTHENTICATION_PATH) */
    bool pin_low;   /* a wrong PIN was tried since the last right one */
    bool pin_final; /* one try is left */
    bool pin_locked;
    struct pin_length pin_length; /* pin_any_length when the token tells nothing that makes sense */
};

/* How long one call into the module may take. One that takes longer ends the process with
 * E_TOKEN_TIMEOUT, which names token and call: see hsm/watch.h. That holds for every function here
 * and in hsm/sign.h and hsm/pool.h, hsm_close() too. */
struct hsm_patience {
    const char *program; /* its name in the message; kept by reference */
    int64_t seconds;     /* hsm_key_generate(), and hsm_login() with a PIN pad: ten times that */
    void (*end)(const struct diag *d); /* ends the process instead, as step_end() does; may be NULL */
};

/* Load the module and find the one initialised token that token_uri fits. E_MODULE, E_MODULE_INIT, E_URI,
 * E_TOKEN_MISSING, E_TOKEN_AMBIGUOUS; E_TOKEN when the token gives no session. The module is
 * initialised for threads (CKF_OS_LOCKING_OK, by libp11). A process has one token open at a time,
 * because closing finalises the module. hsm_close() it; NULL is allowed. */
ERR_MUST_USE enum err hsm_open(const char *module_path, const char *token_uri,
                               enum policy_vendor vendor, const struct hsm_patience *patience,
                               struct hsm **out, struct diag *d);
void hsm_close(struct hsm *h);

/* Open one more token that the same module knows, for moving keys from one to the other (hsm/transfer.h): the one that fits this
 * URI besides h's own (E_TOKEN_AMBIGUOUS when only that does). It needs a login of its own, and hsm_close() before h's. Errors as hsm_open(). */
ERR_MUST_USE enum err hsm_open_second(struct hsm *h, const char *token_uri, struct hsm **out, struct diag *d);

const struct hsm_identity *hsm_identity(const struct hsm *h);

/* Log in as user, once: a wrong PIN is never tried again by the program. With a PIN pad pin is NULL
 * (E_PIN_MISSING when the token has none). The PIN is not kept: the caller's struct is the only
 * copy. E_PIN_WRONG, after which what the identity says of the PIN is fresh; E_PIN_LOCKED, also when
 * this wrong PIN has locked it; E_TOKEN. */
ERR_MUST_USE enum err hsm_login(struct hsm *h, const struct pin *pin, struct diag *d);

/* Find the private key that the policy row names, by label, and id when the URI has one.
 * E_KEY_MISSING (also when the URI names another token), E_KEY_AMBIGUOUS; E_KEY_ATTRIBUTES unless
 * it is sensitive and not extractable; E_KEY_MISMATCH when it is not of the row's kind and size, or
 * pinned is not NULL and differs from the public key on the token beside it (of an RSA key also
 * from the private key's own modulus); E_URI; E_POLICY when the row's kind or algorithm is none
 * that a token key can have.
 *
 * All signatures of the key are checked against pinned, which is shared (EVP_PKEY_up_ref). With
 * pinned NULL the public key object of the token is read and used; E_KEY_MISSING when there is
 * none. The key belongs to h; row must live as long. */
ERR_MUST_USE enum err hsm_key_find(struct hsm *h, const struct policy_key *row, EVP_PKEY *pinned,
                                   struct hsm_key **out, struct diag *d);

/* hsm_key_find(), of a transferable key also while it is open and may leave the token: for closing it, and for what shows that it
 * is there and signs. */
ERR_MUST_USE enum err hsm_key_find_open(struct hsm *h, const struct policy_key *row, EVP_PKEY *pinned,
                                        struct hsm_key **out, struct diag *d);

/* Find the private key of this public key, whatever it is called: by its own modulus (RSA), or by a public key or a
 * certificate on the token that has its id. row says what kind of key it is, how it signs, and whose it is (name). Errors
 * as hsm_key_find(); what of the token's other objects makes no sense is passed over. */
ERR_MUST_USE enum err hsm_key_find_public(struct hsm *h, const struct policy_key *row, EVP_PKEY *wanted,
                                          struct hsm_key **out, struct diag *d);

/* The public key that the key's signatures are checked against. Owned by the key. */
EVP_PKEY *hsm_key_public(const struct hsm_key *k);
const struct policy_key *hsm_key_row(const struct hsm_key *k);

/* What the token says of a private key (PKCS#11 4.9). */
struct hsm_attributes {
    bool sensitive, always_sensitive, extractable, never_extractable, local;
};
/* What the token does not show counts against the key. E_TOKEN. */
ERR_MUST_USE enum err hsm_key_attributes(struct hsm_key *k, struct hsm_attributes *out,
                                         struct diag *d);

/* Make a key pair inside the token as the row says: token objects, private, sensitive, not
 * extractable (but a transferable one, until hsm_key_confine()), signing only; RSA with exponent 65537, SM2 by the vendor's mechanism; label and id
 * from the URI (without an id: the first 8 bytes of the SHA-256 of the label). E_KEY_EXISTS when a
 * private or public key of that label is there, whatever its id. Then found as by hsm_key_find()
 * with the token's own public key and its attributes checked: E_KEY_ATTRIBUTES unless sensitive,
 * always sensitive, not extractable, never extractable and local; a pair that fails this is
 * destroyed again. A transferable key is extractable instead, and neither counts: until it is closed, it signs what is signed
 * with *out, and hsm_key_find() refuses it. E_TOKEN_MISSING when the URI names another token, E_POLICY, E_URI, E_TOKEN. */
ERR_MUST_USE enum err hsm_key_generate(struct hsm *h, const struct policy_key *row,
                                       struct hsm_key **out, struct diag *d);

/* The head of the log as the token keeps it: a private data object (CKO_DATA, CKA_APPLICATION
 * "rootseal") with this label whose value is up to 512 bytes. Both need a login. Reading a missing
 * one sets *n to 0; E_TOKEN when the value is longer than cap.
 *
 * Writing never changes an object, since SoftHSM and others do not allow that for a value
 * (CKR_ATTRIBUTE_READ_ONLY) and a change that is cut off could lose it. It makes a new object of the
 * same label, whose value begins with a number one higher and a blank, and then destroys the older
 * ones; the highest number counts. A write that is cut off at any point, also inside the token's own
 * storage, leaves the old value or the new one to read, and the next write tidies up: where the token
 * left an object without a value. One that is there and cannot be read is E_TOKEN, also beside others
 * that can, and nothing is written or destroyed then: it may be the newest head, or another log's. */
ERR_MUST_USE enum err hsm_data_read(struct hsm *h, const char *label, void *value, size_t cap,
                                    size_t *n, struct diag *d);
ERR_MUST_USE enum err hsm_data_write(struct hsm *h, const char *label, const void *value, size_t n,
                                     struct diag *d);

#endif
