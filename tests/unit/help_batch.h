/* help_batch.h - a policy made by hand, its people, a state, requests and folders for the tests of
 * signer/batch. Everything here fails the running test when it cannot do its work. */
#ifndef ROOTSEAL_TESTS_HELP_BATCH_H
#define ROOTSEAL_TESTS_HELP_BATCH_H

#include <openssl/x509.h>

#include "batch/header.h"
#include "batch/request.h"
#include "batch/state.h"
#include "core/buf.h"
#include "policy/policy.h"

/* -- a folder of the test's own, with whatever folders are made in it -- */

void tree_make(void);
void tree_remove(void);
/* The path of something in it; good until the fourth call from now. */
const char *tree_path(const char *name);
/* Open a folder in it ("." for itself). */
int tree_open(const char *name);
void tree_mkdir(const char *name);
void tree_write(const char *name, const void *p, size_t n);
void tree_write_str(const char *name, const char *text);
/* Append the file's bytes. */
void tree_read(const char *name, struct buf *out);
/* Is there something of this name? A dangling link counts. */
bool tree_has(const char *name);

/* -- a policy: authority "ca" with profiles "person" and "device" under the SM2 key "ca-root", and
 * "server" under the RSA key "ca-rsa"; authority "cb" with nothing; RAs ra-1 and ra-2 of ca, ra-b
 * of cb -- */

enum { ENTRY_1, REVIEW_1, REVIEW_1B, ENTRY_2, PERSONS };
enum { OFFICERS = 3 };

struct world {
    struct policy policy; /* the tables below, which a test may change before it uses them */
    struct policy_authority authorities[2];
    struct policy_key keys[2];
    struct policy_profile profiles[3];
    struct policy_approval approvals[2];
    struct policy_person persons[PERSONS];
    struct policy_officer officers[OFFICERS];
    EVP_PKEY *person_keys[PERSONS], *officer_keys[OFFICERS];
    X509 *person_certs[PERSONS], *officer_certs[OFFICERS];
    EVP_PKEY *root_keys[2];  /* of ca-root and ca-rsa */
    X509 *root_certs[2];     /* valid 2024 to 2034 */
    struct buf der[PERSONS + OFFICERS];
};

/* The rules and profiles alone; nobody is in it and no key is made. */
void world_policy(struct world *w);
/* The same with people and keys. */
void world_make(struct world *w);
void world_free(struct world *w);

/* authorise_sign() as this officer by the hand of whoever has the key, with the certificate of that person. */
ERR_MUST_USE enum err world_authorise(int dir_fd, const struct policy_officer *officer, X509 *cert, EVP_PKEY *key,
                                      const uint8_t plan[DIGEST_LEN], int64_t now, struct diag *d);
/* The same for whatever is authorised. */
struct authorise_what;
ERR_MUST_USE enum err world_authorise_what(int dir_fd, const struct policy_officer *officer, X509 *cert, EVP_PKEY *key,
                                           const struct authorise_what *what, int64_t now, struct diag *d);

/* A state below the tree ("state") whose log knows both keys and their certificates. */
void world_state(struct world *w, struct state *s);

/* A moment at which all those certificates are valid, and a header made then: ra-1, sequence 1. */
#define WORLD_NOW INT64_C(1772323200) /* 2026-03-01T00:00:00Z */
struct batch_header world_header(int64_t count);

/* -- requests -- */

/* A name from a list of short names and UTF-8 values that ends with NULL. */
#define name_make(...) name_of_pairs((const char *const[]){__VA_ARGS__, NULL})
X509_NAME *name_of_pairs(const char *const *pairs);

/* A request signed by its key; name and extensions stay the caller's. */
void csr_make(EVP_PKEY *key, enum sig_alg alg, const X509_NAME *name,
              STACK_OF(X509_EXTENSION) * extensions, struct buf *der);

/* A request line (without newline) with this CSR. */
void line_make(const char *id, const char *op, const char *profile, int64_t requested_at,
               const struct buf *csr, struct buf *out);

#endif
