/* inventory.h - what a token and its module say of themselves, and which key objects are on the token. */
#ifndef ROOTSEAL_HSM_INVENTORY_H
#define ROOTSEAL_HSM_INVENTORY_H

#include "hsm/hsm.h"

/* Token and module (CK_TOKEN_INFO, CK_INFO; PKCS#11 v2.40 3.1 and 3.2), as text fit for the log, like hsm_identity.
 * Versions are "MAJOR.MINOR". */
struct hsm_provenance {
    struct hsm_identity token;
    char hardware[16], firmware[16];
    char module_manufacturer[128], module[128], module_version[16];
};
/* E_TOKEN. */
ERR_MUST_USE enum err hsm_provenance(struct hsm *h, struct hsm_provenance *out, struct diag *d);

/* One key object. What the token does not show is empty, or counts against the key, as in hsm_key_attributes(). */
struct hsm_object {
    unsigned long handle; /* CK_OBJECT_HANDLE */
    bool private_;        /* a private key; else a public one */
    char label[128];      /* text_escape()d */
    char id[65];          /* CKA_ID in hexadecimal, its first 32 bytes */
    char kind[24];        /* "SM2", "RSA-3072", "type 0x..." */
    EVP_PKEY *public_key; /* the object's own; a private one that shows none has that of the public object with its id. NULL
                             when there is neither, or it is of a kind that no policy has */
    struct hsm_attributes attributes; /* of a private key */
};

/* Zero-initialise; free with hsm_objects_free(). */
struct hsm_objects {
    struct hsm_object *v;
    size_t n;
};

/* Every private and public key object (at most HSM_OBJECTS_MAX, else E_TOKEN), by label and private before public;
 * with a label, those that bear it alone. Needs a login. E_TOKEN. */
#define HSM_OBJECTS_MAX 1024
ERR_MUST_USE enum err hsm_objects(struct hsm *h, const char *label, struct hsm_objects *out, struct diag *d);
void hsm_objects_free(struct hsm_objects *o);

/* Does the private key say that it was made in the token and can never have left it? */
bool hsm_confined_for_ever(const struct hsm_attributes *a);

#endif
