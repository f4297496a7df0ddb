/* keys.h - the appliance's own keys: made in the token (keygen), certified (anchor), used. */
#ifndef ROOTSEAL_AUDIT_KEYS_H
#define ROOTSEAL_AUDIT_KEYS_H

#include <openssl/x509.h>

#include "core/limits.h"
#include "log/record.h"
#include "pki/alg.h"

struct audit;

struct keys_entry {
    char name[LIMIT_TOKEN_TEXT + 1];
    enum sig_alg alg;
    EVP_PKEY *public;
    uint8_t spki[DIGEST_LEN];   /* SHA-256 of it (struct key's digest) */
    X509 *anchor;               /* NULL until there is one */
    uint8_t digest[DIGEST_LEN]; /* SHA-256 of the anchor */
    bool confined;              /* the token says that it can never have left it */
    bool sensitive, always_sensitive, local; /* what else it said when the key was made, */
    uint64_t made;              /* in this line, */
    int64_t made_at;            /* then */
    uint64_t self_test;         /* last line with a self-test; */
    uint64_t transferred;       /* with a good copy on a second token; 0 for none */
    uint64_t signatures;        /* that the lines up to here stand for, */
    uint64_t self_tests;        /* and how many of them are self-tests */
    uint64_t ending;            /* line that tells that its end begins, */
    uint64_t destroyed;         /* line that tells of its end; 0 while there is none */
};

/* Zero-initialise; free with keys_free(). */
struct keys {
    struct keys_entry *v;
    size_t n;
};

/* The key with this name, or NULL. Valid until the next keygen line. */
struct keys_entry *keys_find(const struct keys *k, const char *name);

/* A keygen line: a new name, a public key that fits the algorithm, attributes that keep the private
 * key in the token, but for one that the policy calls transferable: that was made there, and was always sensitive. */
ERR_MUST_USE enum err keys_take_keygen(struct audit *a, const struct record *r);

/* An anchor line: the one certificate of a key made before, self-signed or by one that
 * has its own, and sane; as the policy row
 * has it when the log began under this program's policy; the same as in the anchors' folder that
 * came by hand, when there is one (E_ANCHOR). */
ERR_MUST_USE enum err keys_take_anchor(struct audit *a, const struct record *r);

/* A self-test line is about a key made before. */
void keys_take_self_test(struct audit *a, const struct record *r);

/* After the log: every PEM file of the folder that came by hand names a key of the log (E_ANCHOR),
 * and so does every one in the state's own folder, with the same content. */
ERR_MUST_USE enum err keys_finish(struct audit *a);

void keys_free(struct keys *k);

#endif
