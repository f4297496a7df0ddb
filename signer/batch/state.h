/* state.h - the appliance's state: a folder with the log, the archive and the index, and the lock on it.
 *
 *     audit.jsonl            the log: the truth
 *     index.db               a cache over log and archive
 *     signing.db, -pages     the same for signing alone, proven by a root that the token keeps (log/vouched.h)
 *     archive/<intake>/      a batch as it came (batch.jsonl, *.p7s), plan.jsonl, authorise-*.p7s, bundle/, and where
 *                            there were any superseded-*.jsonl (plans given up) and refused-<intake>-<code>/
 *     policies/<digest>/     the files of each policy that the state was under (batch/kept_policy.h)
 *     anchors/<key>.pem      the certificates of our own keys, for RAs and auditors
 *     policies/<digest>/     each policy the state was ever under, as policyc read it (batch/kept_policy.h)
 *     ceremonies/<name>/     the record of a ceremony; it is there before the log, when the ceremony begins it
 *     lock                   held by the one program that works on the state
 */
#ifndef ROOTSEAL_BATCH_STATE_H
#define ROOTSEAL_BATCH_STATE_H

#include <openssl/x509.h>

#include "log/index.h"
#include "log/log.h"
#include "policy/policy.h"

#define ANCHORS_DIR "anchors"
#define CEREMONIES_DIR "ceremonies"
#define POLICIES_DIR "policies"

struct state {
    const struct policy *policy;
    uint8_t policy_digest[DIGEST_LEN];
    char *path;
    int fd;          /* the folder */
    int lock_fd;
    int archive_fd;
    struct log *log;
    struct index *index;
    uint8_t log_id[DIGEST_LEN];
    char token_serial[129]; /* of the token that holds the keys, from the genesis line or the last token line */
    char token_model[129];
    uint64_t told;         /* lines that the token has heard of, once it was asked (batch/witness.h) */
    struct log_position heard; /* where the log stood then, without its Merkle tree: for reading on from there */
};

/* E_STATE_EXISTS when there is a log; E_FOLDER_OCCUPIED unless the folder is missing, empty, or holds what an interrupted
 * state_create() left. */
ERR_MUST_USE enum err state_check_absent(const char *path, struct diag *d);

/* Make a new state in an empty or missing folder: genesis with the policy's log hash and the token's identity. Locked
 * and open when it returns. E_STATE_EXISTS, E_FOLDER_OCCUPIED, E_STATE_LOCKED. */
struct hsm_identity;
ERR_MUST_USE enum err state_create(const char *path, const struct policy *policy, const struct hsm_identity *token,
                                   struct state *out, struct diag *d);

/* Lock an existing state and open its folders only, for what needs neither log nor index: both are NULL. E_STATE_MISSING,
 * E_LOG_MISSING, E_STATE_LOCKED. End with state_close(), on failure too. */
ERR_MUST_USE enum err state_enter(const char *path, const struct policy *policy, struct state *out, struct diag *d);

/* Open and lock an existing state: a torn log line is cut off and explained, the index brought up to date. E_STATE_MISSING,
 * E_LOG_MISSING, E_STATE_LOCKED, E_STATE_POLICY when the state is under another policy, the log's and index's errors.
 * End with state_close(), on failure too. */
enum state_trust {
    STATE_CACHED,   /* the index is believed where its head fits the log: for looking, planning, handing out */
    STATE_FROM_LOG, /* the index is made anew and the whole chain checked: before anything is signed */
    STATE_VOUCHED,  /* signing's own index, which is proven if the token knows its root (batch/vouching.h); the chain is
                     * checked from where that stands */
    STATE_VOUCHED_ANEW, /* the same, made anew as with STATE_FROM_LOG */
};
ERR_MUST_USE enum err state_open(const char *path, const struct policy *policy, enum state_trust trust,
                                 struct state *out, struct diag *d);

/* The same whatever policy the state is under: for telling, and for changing it. */
ERR_MUST_USE enum err state_open_any(const char *path, const struct policy *policy, enum state_trust trust,
                                     struct state *out, struct diag *d);
/* Close log and index of an open state and open them again with this trust, and under this program's policy. What
 * signing knows of the token's head (told, heard) is forgotten. */
ERR_MUST_USE enum err state_reopen(struct state *s, enum state_trust trust, struct diag *d);

/* Close log and index and keep the lock, for what needs them no longer. */
void state_close_records(struct state *s);
void state_close(struct state *s);

/* Bring the index up to the log's synced end. */
ERR_MUST_USE enum err state_refresh(struct state *s, struct diag *d);

/* Is the policy that the log named last this program's? E_STATE_POLICY, naming both digests, when it is not: then nothing
 * may be decided, signed or written until `ceremony policy` has recorded the change. */
ERR_MUST_USE enum err state_check_policy(struct state *s, struct diag *d);

/* The certificate of one of our own keys, from its anchor line. E_ANCHOR when there is none yet. X509_free() it. */
ERR_MUST_USE enum err state_anchor(struct state *s, const char *key, X509 **out, struct diag *d);

/* The public key of one of our own keys, from its keygen line. E_KEY_MISSING when there is none. EVP_PKEY_free() it. */
ERR_MUST_USE enum err state_public_key(struct state *s, const char *key, EVP_PKEY **out, struct diag *d);

/* Does the log tell of the end of this key of ours? */
ERR_MUST_USE enum err state_key_ended(struct state *s, const char *key, bool *ended, struct diag *d);

/* Open archive/<digest>/; E_ARCHIVE when it is not there. */
ERR_MUST_USE enum err state_open_batch(struct state *s, const uint8_t intake[DIGEST_LEN], int *fd, struct diag *d);

#endif
