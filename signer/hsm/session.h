/* session.h - what the files of this folder share about one open token. Nobody else includes it. */
#ifndef ROOTSEAL_HSM_SESSION_H
#define ROOTSEAL_HSM_SESSION_H

#include <libp11.h>
#include <p11-kit/pkcs11.h>

#include "core/digest.h"
#include "core/limits.h"
#include "hsm/hsm.h"
#include "hsm/vendor.h"
#include "hsm/watch.h"

struct hsm {
    bool second; /* watch, module and slots belong to another, which outlives this one: hsm_open_second() */
    struct watch *watch;
    void *module; /* dlopen() handle, our own reference */
    CK_FUNCTION_LIST *f;
    PKCS11_CTX *ctx; /* libp11: loaded and initialised the module */
    PKCS11_SLOT *slots;
    unsigned slots_n;
    PKCS11_SLOT *slot; /* the one of slots with our token */
    CK_SLOT_ID slot_id;
    CK_TOKEN_INFO token;
    CK_SESSION_HANDLE session; /* read/write, for one thread: login, objects, the odd signature */
    bool session_open;
    const struct vendor *vendor;
    struct hsm_identity identity;
    struct hsm_key *keys;
};

/* A private key on the token. After it is found it never changes, so workers share it. */
struct hsm_key {
    struct hsm *h;
    struct hsm_key *next;
    const struct policy_key *row;
    EVP_PKEY *public_key;
    CK_OBJECT_HANDLE handle;
    uint8_t z[DIGEST_LEN]; /* SM2: Z of public_key */
};

/* Call a function of the module, watched; h is evaluated more than once. Gives its CK_RV. */
#define CALL_FOR(h, times, name, ...)                       \
    (watch_begin((h)->watch, #name, times), watch_end((h)->watch, (h)->f->name(__VA_ARGS__)))
#define CALL(h, name, ...) CALL_FOR(h, 1, name, __VA_ARGS__)

/* The same around a call of libp11 that gives an int. */
#define CALL_LIBP11(h, what, call) \
    (watch_begin((h)->watch, what " through libp11", 1), (int)watch_end((h)->watch, (CK_RV)(call)))

/* Load the module and start it, for threads (libp11): h->module, h->f and h->ctx; h->watch must be there. E_MODULE,
 * E_MODULE_INIT. module_unload() ends it, and lets it go, however far this came; hsm_close() does so. */
ERR_MUST_USE enum err module_load(struct hsm *h, const char *path, struct diag *d);
void module_unload(struct hsm *h);

/* The slots with a token in them; free() the list, on failure too. E_TOKEN. */
ERR_MUST_USE enum err module_slots(struct hsm *h, CK_SLOT_ID **out, CK_ULONG *n, struct diag *d);

/* Open one more session on the token. E_TOKEN. */
ERR_MUST_USE enum err session_open(struct hsm *h, bool write, CK_SESSION_HANDLE *out,
                                   struct diag *d);

/* Record that the call `what` answered rv: E_TOKEN, or E_NO_MEMORY for CKR_HOST_MEMORY, with the
 * call, the name of rv and the token's label. */
enum err session_fail(const struct hsm *h, CK_RV rv, const char *what, struct diag *d);

/* The same after a call through libp11 failed, with the return value that libp11 left in OpenSSL's
 * error queue, or else the first reason there. The queue is empty afterwards. */
enum err session_fail_libp11(const struct hsm *h, const char *what, struct diag *d);

/* PKCS#11 pads its texts with blanks and ends them with nothing: written without, text_escape()d. */
void session_text(char *out, size_t cap, const unsigned char *in, size_t n);

/* Find objects that fit the template. Up to cap handles are written, *n is their number: a caller
 * that gives room for two sees whether one is the only one. */
ERR_MUST_USE enum err object_find(struct hsm *h, CK_ATTRIBUTE *template, CK_ULONG template_n,
                                  CK_OBJECT_HANDLE *out, CK_ULONG cap, CK_ULONG *n, struct diag *d);

/* Read an attribute into cap bytes; *n is 0 when the object has none or does not show it. E_TOKEN
 * also when it is longer than cap. */
ERR_MUST_USE enum err object_bytes(struct hsm *h, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type,
                                   void *out, size_t cap, size_t *n, struct diag *d);

/* Read a truth attribute; one that the object does not have gives `absent`. */
ERR_MUST_USE enum err object_bool(struct hsm *h, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type,
                                  bool absent, bool *out, struct diag *d);

/* The public key in a public or (RSA) private key object. *out stays NULL when the object does not
 * show it. E_KEY_MISMATCH when what it shows is no key of this kind: another curve, another key
 * type, a point off the curve. */
ERR_MUST_USE enum err object_public_key(struct hsm *h, CK_OBJECT_HANDLE object, enum key_kind kind,
                                        EVP_PKEY **out, struct diag *d);

/* What the token says of a private key; hsm_key_attributes() of any. E_TOKEN. */
ERR_MUST_USE enum err object_attributes(struct hsm *h, CK_OBJECT_HANDLE object, struct hsm_attributes *out,
                                        struct diag *d);

/* CKA_EC_PARAMS of the SM2 curve: its OID, 1.2.156.10197.1.301, in DER. */
extern const uint8_t object_sm2_params[10];

/* The public object on this token that has the label and id of the key, whose own token it may not be. */
ERR_MUST_USE enum err key_public_object(struct hsm *h, const struct hsm_key *k, CK_OBJECT_HANDLE *out, bool *found,
                                        struct diag *d);

/* Sign in this session and verify; what hsm_sign() and the workers share. Errors as hsm_sign(). */
ERR_MUST_USE enum err sign_in_session(const struct hsm_key *k, CK_SESSION_HANDLE session,
                                      struct span message, struct buf *out, struct diag *d);

/* A key that is looked for on the token: made of its row, E_POLICY when no token key is of its kind and signs its way;
 * checked to be sensitive and, unless it may be `open`, not extractable, E_KEY_ATTRIBUTES; and, when all went well (e is
 * E_OK), made the token's, or else freed: key_keep() returns e, or E_CRYPTO. */
ERR_MUST_USE enum err key_new(struct hsm *h, const struct policy_key *row, struct hsm_key **out, struct diag *d);
ERR_MUST_USE enum err key_check_confined(struct hsm_key *k, bool open, struct diag *d);
ERR_MUST_USE enum err key_keep(struct hsm_key *k, enum err e, struct hsm_key **out, struct diag *d);

#endif
