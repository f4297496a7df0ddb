/* note.h - a text that is signed with an Ed25519 key, in lines (C2SP signed-note): how the head of a published log goes around.
 *
 * A note is the text, an empty line, and one line for each signature: an em dash, a blank, the key's name, a blank, and in base64 the
 * key's ID (4 bytes) and the signature. Others, such as witnesses, add lines of their own.
 */
#ifndef ROOTSEAL_AUDIT_NOTE_H
#define ROOTSEAL_AUDIT_NOTE_H

#include <openssl/evp.h>

#include "core/buf.h"
#include "core/diag.h"

#define NOTE_NAME_MAX 200
#define NOTE_BYTES_MAX (128u * 1024)
#define NOTE_PUBLIC_LEN 32
#define NOTE_ID_LEN 4

/* A plain value; name and pkey are the caller's, and must live as long. */
struct note_key {
    const char *name;
    EVP_PKEY *pkey;
    uint8_t public[NOTE_PUBLIC_LEN];
    uint8_t id[NOTE_ID_LEN]; /* SHA-256(name || 0x0A || 0x01 || public), its beginning */
};

/* May this be the name of a key: 1 to NOTE_NAME_MAX printable ASCII characters, no blank and no plus? E_USAGE. */
ERR_MUST_USE enum err note_check_name(const char *name, struct diag *d);

/* The key under this name, which was checked. E_PRIVATE_KEY when it is no Ed25519 key. */
ERR_MUST_USE enum err note_key_of(const char *name, EVP_PKEY *pkey, struct note_key *out, struct diag *d);

/* Append what others verify with, the vkey: name+ID+base64(0x01 || public). */
ERR_MUST_USE enum err note_key_write(const struct note_key *k, struct buf *out);

/* The key that a vkey names; its name goes into `name`, which must live as long. E_USAGE for a text that note_key_write() would write
 * otherwise. Free out->pkey, which is NULL on failure. */
ERR_MUST_USE enum err note_key_read(const char *vkey, char name[NOTE_NAME_MAX + 1], struct note_key *out, struct diag *d);

/* Append the text, which ends with a newline, as a note with this signature; it was verified then. E_CRYPTO. */
ERR_MUST_USE enum err note_sign(const struct note_key *k, struct span text, struct buf *out);

/* The text of a note that this key signed, within the note. The form of the whole is proven; signatures by others are not verified.
 * E_CHECKPOINT. */
ERR_MUST_USE enum err note_open(const struct note_key *k, struct span note, struct span *text, struct diag *d);

#endif
