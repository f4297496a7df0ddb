/* people.h - the policy, keys, and the batch that the kinds about requests, approvals and plans share; made once. */
#ifndef ROOTSEAL_TESTS_BAD_PEOPLE_H
#define ROOTSEAL_TESTS_BAD_PEOPLE_H

#include "batch/decide.h"
#include "batch/issuers.h"
#include "unit/help_batch.h"

#define PEOPLE_KEYS 4

struct people {
    struct world world;        /* of help_batch.h; the person of ENTRY_1 has an RSA key, "device" allows every kind of key */
    struct issuer issuer;      /* "ca-root" */
    EVP_PKEY *keys[PEOPLE_KEYS]; /* of subjects: RSA, P-256, P-384, SM2 */
    struct buf csr[PEOPLE_KEYS]; /* their good requests for the profile "device", with a subjectAltName */
    struct buf batch;          /* batch.jsonl with one request for each of them */
    struct buf approvals[2];   /* entry by stock openssl cms with RSA, review as ra approve makes it with SM2 */
    struct buf gmt0010;        /* the same review in the form of GM/T 0010 */
};
extern const char *const people_key_names[PEOPLE_KEYS];
extern const enum sig_alg people_algs[PEOPLE_KEYS];

struct people *people_get(void);

/* The judge of requests: the code that this one gets, with E_OK *same when what would be signed for it under "device" is,
 * byte for byte, what would be signed for the good one of the key named `what`. */
enum err people_judge(const char *what, struct span csr, bool *same);

/* Write the batch and both approvals into the folder of this process, with `bytes` in place of `name`. */
void people_write(const char *name, struct span bytes);

#endif
