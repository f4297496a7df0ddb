/* index.h - what the history is asked for, in SQLite: a cache over log and archive that can always be thrown away.
 *
 * It knows for which log position it holds; whoever opens it compares that with the log and brings it up to date or
 * resets it (batch/history.h). Changes happen inside one transaction that ends with the new position; after a crash
 * whole transactions may be missing, never parts of one. All digests are SHA-256.
 *
 * Any call may return E_INDEX (also for a row that is there already, or is not there to be changed), E_DISK_FULL or
 * E_NO_MEMORY. One program at a time has it open. Out-parameters may share memory with what is looked for.
 */
#ifndef ROOTSEAL_LOG_INDEX_H
#define ROOTSEAL_LOG_INDEX_H

#include "log/log.h"

#define INDEX_FILE "index.db"
#define INDEX_VOUCHED_FILE "signing.db"

struct index;

/* Open or make index.db below the folder at this path. A file that is no such database, or of another schema than ours to
 * the letter, is replaced by an empty one. All its files are open when this returns. E_STATE_LOCKED when another program has
 * it open; E_INDEX. */
ERR_MUST_USE enum err index_open(const char *state_path, struct index **out, struct diag *d);

/* The same, but nothing of a file that is there is read: it is removed, with what SQLite keeps beside it. For whoever
 * believes only the log. The state's lock must be held. */
ERR_MUST_USE enum err index_make(const char *state_path, struct index **out, struct diag *d);

/* A second one, signing.db, that signing has to itself. Nothing of it is read that is not what its root stands for
 * (log/vouched.h), and the token keeps the root (batch/vouching.h); until it was compared with that, the index changes
 * in one transaction that is undone with it: index_known() ends that. What cannot be proven is E_INDEX, here and later.
 * With `anew` it is removed first, as by index_make(). The state's lock must be held. */
ERR_MUST_USE enum err index_open_vouched(const char *state_path, bool anew, struct index **out, struct diag *d);

bool index_is_vouched(const struct index *x);

/* What stood for it when it was opened. False when all of it was put in since, or it is another kind of index. */
bool index_root_then(const struct index *x, uint8_t out[DIGEST_LEN]);

/* That root is known: from now on what is committed is written. */
ERR_MUST_USE enum err index_known(struct index *x, struct diag *d);

/* Make what was committed durable and give the root. E_IO. */
ERR_MUST_USE enum err index_root(struct index *x, uint8_t out[DIGEST_LEN], struct diag *d);

/* One in memory, for whoever makes it from what he reads and needs it no longer than he runs. */
ERR_MUST_USE enum err index_private(struct index **out, struct diag *d);

/* Close it, rolling back an open transaction. An index that turned out to be damaged is removed, so that the next
 * index_open() makes an empty one. */
void index_close(struct index *x);

/* The log position the index holds for; size 0 for an empty index. */
ERR_MUST_USE enum err index_position(struct index *x, struct log_position *out, struct diag *d);

/* Forget everything. Inside a transaction or not. */
ERR_MUST_USE enum err index_reset(struct index *x, struct diag *d);

ERR_MUST_USE enum err index_begin(struct index *x, struct diag *d);
/* End the transaction, recording the position that the content now stands for. Rolled back when that fails. */
ERR_MUST_USE enum err index_commit(struct index *x, const struct log_position *at, struct diag *d);
/* Undo the open transaction, if there is one. */
void index_rollback(struct index *x);

/* -- the policy, from genesis and policy lines -- */

#define INDEX_NOW INT64_MAX /* a line after all there are */

ERR_MUST_USE enum err index_add_policy(struct index *x, const uint8_t policy[DIGEST_LEN], uint64_t seq, struct diag *d);
/* The digest of the policy that the lines before this one named last, and the line that named it; zeros when none did. */
ERR_MUST_USE enum err index_policy(struct index *x, uint64_t before, uint8_t out[DIGEST_LEN], uint64_t *seq,
                                   struct diag *d);

/* -- our own keys, from keygen and anchor lines -- */
struct index_key {
    char name[65];
    struct buf spki;         /* DER */
    struct buf certificate;  /* DER; empty until there is an anchor */
    uint64_t destroyed;      /* log line that tells of its end; 0 while there is none */
};
ERR_MUST_USE enum err index_add_key(struct index *x, const char *name, struct span spki, struct diag *d);
ERR_MUST_USE enum err index_set_anchor(struct index *x, const char *name, struct span certificate, struct diag *d);
/* A destroyed line. Nothing happens for a key that no line made: what was destroyed was left over from an attempt. */
ERR_MUST_USE enum err index_destroy_key(struct index *x, const char *name, uint64_t seq, struct diag *d);
/* *found false when there is none. Free with index_key_free(). */
ERR_MUST_USE enum err index_key(struct index *x, const char *name, struct index_key *out, bool *found, struct diag *d);
/* The first key but this one whose end is told in a line after this; *found false when there is none. */
ERR_MUST_USE enum err index_ended_after(struct index *x, uint64_t after, const char *but, char name[65], uint64_t *seq,
                                        bool *found, struct diag *d);
/* Is this SPKI (by SHA-256 of its DER) one of our own keys? */
ERR_MUST_USE enum err index_is_own_key(struct index *x, const uint8_t spki[DIGEST_LEN], bool *own, struct diag *d);
void index_key_free(struct index_key *k);

/* -- tokens that hold the keys, from genesis and token lines -- */
struct index_token {
    char model[129], serial[129];
    uint64_t seq;            /* log line that names it */
};
ERR_MUST_USE enum err index_add_token(struct index *x, const struct index_token *t, struct diag *d);
/* The one that was named last; an empty index has none: all zeros. */
ERR_MUST_USE enum err index_token(struct index *x, struct index_token *out, struct diag *d);

/* -- batches, from plan, seal and bundle lines; refused and seen ones from batch and refused lines -- */
struct index_batch {
    uint8_t digest[DIGEST_LEN]; /* of batch.jsonl */
    uint8_t intake[DIGEST_LEN]; /* names its folder in the archive */
    char ra[65];
    char id[65];
    int64_t sequence;
    uint8_t plan[DIGEST_LEN];   /* the plan recorded as intent */
    uint64_t plan_seq;          /* log line of the intent */
    struct log_position before; /* where the log stood before that line: reading the batch's lines begins there */
    uint64_t total;             /* items of the plan: requests, and lists that follow from them */
    uint64_t answered;          /* of them, with an outcome line so far */
    uint64_t seal_seq;          /* log line of the batch's seal; 0 while there is none */
    uint8_t bundle[DIGEST_LEN]; /* of bundle.json */
    uint64_t bundle_seq;        /* log line of the bundle; 0 while there is none */
};
ERR_MUST_USE enum err index_add_batch(struct index *x, const struct index_batch *b, struct diag *d);
/* Replace the row with the same digest. */
ERR_MUST_USE enum err index_update_batch(struct index *x, const struct index_batch *b, struct diag *d);
ERR_MUST_USE enum err index_batch_by_digest(struct index *x, const uint8_t digest[DIGEST_LEN], struct index_batch *out,
                                            bool *found, struct diag *d);
ERR_MUST_USE enum err index_batch_by_id(struct index *x, const char *ra, const char *id, struct index_batch *out,
                                        bool *found, struct diag *d);
/* The batch of this RA with the highest sequence number, of those whose intent is before this line. */
ERR_MUST_USE enum err index_batch_last(struct index *x, const char *ra, uint64_t before, struct index_batch *out,
                                       bool *found, struct diag *d);
/* The batch with the first intent after this line. */
ERR_MUST_USE enum err index_batch_next(struct index *x, uint64_t after, struct index_batch *out, bool *found,
                                       struct diag *d);
/* One more request of this batch has an outcome line. */
ERR_MUST_USE enum err index_count_answer(struct index *x, const uint8_t digest[DIGEST_LEN], struct diag *d);

/* A seal line was logged: it is the seal of every batch that is answered in full and has none yet. */
ERR_MUST_USE enum err index_seal_answered(struct index *x, uint64_t seq, struct diag *d);
/* The log line of the newest intent of any batch before this line; 0 when there is none. */
ERR_MUST_USE enum err index_last_plan(struct index *x, uint64_t before, uint64_t *seq, struct diag *d);

/* Seen lines: has a `batch` line with this intake digest, or a batch-level `refused` line with this intake digest and
 * code, been logged? So that a repeated run appends nothing. Of two lines alike the first counts. */
ERR_MUST_USE enum err index_add_seen(struct index *x, const uint8_t intake[DIGEST_LEN], const char *what,
                                     uint64_t seq, struct diag *d);
ERR_MUST_USE enum err index_seen(struct index *x, const uint8_t intake[DIGEST_LEN], const char *what, bool *seen,
                                 uint64_t *seq, struct diag *d);

/* -- certificates: reserved by the intent, issued by an issued line -- */
enum index_status { INDEX_GOOD, INDEX_HELD, INDEX_REVOKED };

struct index_cert {
    char authority[65];
    uint8_t serial[20];
    size_t serial_n;
    uint8_t batch[DIGEST_LEN];
    int64_t n;                     /* request number in the batch, from 1 */
    char profile[65];
    char key[65];                  /* name of the key that signs it */
    uint8_t spki[DIGEST_LEN];
    uint8_t subject[DIGEST_LEN];   /* of subject name and identity: identity_holder() */
    int64_t not_after;
    uint64_t log_seq;              /* of the issued line; 0 while only reserved */
    /* What became of it; a new row is good, whatever stands here. */
    enum index_status status;
    int reason;                    /* CRLReason, when it is held or revoked */
    int64_t changed;               /* when, as CRLs say it; 0 for never */
    bool accepted;                 /* its holder has it */
};
ERR_MUST_USE enum err index_add_cert(struct index *x, const struct index_cert *c, struct diag *d);
ERR_MUST_USE enum err index_set_issued(struct index *x, const uint8_t batch[DIGEST_LEN], int64_t n, uint64_t log_seq,
                                       struct diag *d);
/* The subject that already has this key; *found false when nobody has. */
ERR_MUST_USE enum err index_key_subject(struct index *x, const uint8_t spki[DIGEST_LEN], uint8_t subject[DIGEST_LEN],
                                        bool *found, struct diag *d);
ERR_MUST_USE enum err index_has_serial(struct index *x, const char *authority, const uint8_t *serial, size_t n,
                                       bool *has, struct diag *d);
ERR_MUST_USE enum err index_cert(struct index *x, const char *authority, const uint8_t *serial, size_t n,
                                 struct index_cert *out, bool *found, struct diag *d);

/* Every issued certificate, by authority and serial number. One such walk at a time; index_certs_close() says whether it was
 * whole; NULL is allowed. */
struct index_certs;
ERR_MUST_USE enum err index_certs_open(struct index *x, struct index_certs **out, struct diag *d);
ERR_MUST_USE enum err index_certs_next(struct index_certs *l, struct index_cert *out, bool *more, struct diag *d);
ERR_MUST_USE enum err index_certs_close(struct index_certs *l, struct diag *d);

/* -- changes of status: announced by the intent, in force with the outcome line of the request -- */
enum index_change_kind { INDEX_REVOKE, INDEX_HOLD, INDEX_RELEASE, INDEX_ACCEPT };

struct index_change {
    uint8_t batch[DIGEST_LEN];
    int64_t n;                     /* request number in that batch */
    char authority[65];
    uint8_t serial[20];            /* of the certificate whose status changes */
    size_t serial_n;
    enum index_change_kind what;
    int reason;                    /* CRLReason */
    int64_t at;                    /* when, as CRLs say it */
};
ERR_MUST_USE enum err index_add_change(struct index *x, const struct index_change *c, struct diag *d);
/* Request n of this batch, whose intent is log line plan_seq, was answered: what it changes is in force. Nothing happens for
 * one that changes nothing. */
ERR_MUST_USE enum err index_apply_change(struct index *x, const uint8_t batch[DIGEST_LEN], int64_t n, uint64_t plan_seq,
                                         struct diag *d);

/* The intent of a batch other than this that is neither sealed nor given up; 0 when there is none. */
ERR_MUST_USE enum err index_unfinished(struct index *x, const uint8_t but[DIGEST_LEN], uint64_t *line, struct diag *d);

/* -- revocation lists: numbered by the intent, issued by a crl line -- */
struct index_crl {
    char key[65];
    int64_t number;                /* CRLNumber: one sequence for full lists and deltas of a key */
    int64_t base;                  /* 0 for a full list */
    int64_t this_update;
    uint64_t plan_seq;             /* log line of the intent */
    uint8_t batch[DIGEST_LEN];
    int64_t n;
    uint64_t log_seq;              /* of the crl line; 0 while only announced */
};
ERR_MUST_USE enum err index_add_crl(struct index *x, const struct index_crl *c, struct diag *d);
ERR_MUST_USE enum err index_set_crl_issued(struct index *x, const uint8_t batch[DIGEST_LEN], int64_t n, uint64_t log_seq,
                                           struct diag *d);
/* The highest number of this key so far; 0 for none. */
ERR_MUST_USE enum err index_crl_number(struct index *x, const char *key, int64_t *last, struct diag *d);
/* The newest issued full list of those numbered below `before` that a batch other than this has: key, number, this_update and
 * plan_seq are filled in. */
ERR_MUST_USE enum err index_crl_last_full(struct index *x, const char *key, int64_t before, const uint8_t but[DIGEST_LEN],
                                          struct index_crl *out, bool *found, struct diag *d);

/* What a list of this key says, by ascending serial number: of the certificates that had not expired at `alive`, those on
 * hold or revoked; or, with `since` above 0, those whose status a batch changed whose intent is after that line (good: it
 * came off hold). One such walk at a time. index_entries_close() says whether it was whole; NULL is allowed. */
struct index_entry {
    uint8_t serial[20];
    size_t serial_n;
    enum index_status status;
    int reason;
    int64_t changed;
};
struct index_entries;
ERR_MUST_USE enum err index_entries_open(struct index *x, const char *key, int64_t alive, uint64_t since,
                                         struct index_entries **out, struct diag *d);
/* Another such walk: every certificate of this key of the authority that was issued in a line before `before` and had not
 * expired at `alive`, whatever its status. */
ERR_MUST_USE enum err index_entries_all(struct index *x, const char *authority, const char *key, int64_t alive,
                                        uint64_t before, struct index_entries **out, struct diag *d);
ERR_MUST_USE enum err index_entries_next(struct index_entries *l, struct index_entry *out, bool *more, struct diag *d);
ERR_MUST_USE enum err index_entries_close(struct index_entries *l, struct diag *d);

/* Totals for status: certificates issued, batches with an intent. */
ERR_MUST_USE enum err index_totals(struct index *x, uint64_t *issued, uint64_t *batches, struct diag *d);

#endif
