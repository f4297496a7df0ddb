/* query.h - the index's database and its prepared statements. For index*.c only.
 *
 * A query is begun, its parameters bound in order, and then either run (no rows) or stepped row by
 * row and ended. Trouble on the way is remembered and reported at the end, so that a run of binds
 * needs one check.
 */
#ifndef ROOTSEAL_LOG_QUERY_H
#define ROOTSEAL_LOG_QUERY_H

#include <sqlite3.h>

#include "log/index.h"
#include "log/vouched.h"

/* X(statement, SQL) */
#define QUERY_TABLE(X)                                                                             \
    X(BEGIN, "BEGIN IMMEDIATE")                                                                    \
    X(COMMIT, "COMMIT")                                                                            \
    X(ROLLBACK, "ROLLBACK")                                                                        \
    X(BEGIN_INSIDE, "SAVEPOINT inside")                                                            \
    X(COMMIT_INSIDE, "RELEASE inside")                                                             \
    X(UNDO_INSIDE, "ROLLBACK TO inside")                                                           \
    X(POSITION, "SELECT value FROM meta WHERE key = 'position'")                                   \
    X(SET_POSITION, "INSERT OR REPLACE INTO meta VALUES ('position', ?)")                          \
    X(POLICY, "SELECT digest, seq FROM policies WHERE seq < ? ORDER BY seq DESC LIMIT 1")          \
    X(ADD_POLICY, "INSERT INTO policies VALUES (?, ?)")                                            \
    X(CLEAR_META, "DELETE FROM meta")                                                              \
    X(CLEAR_POLICIES, "DELETE FROM policies")                                                      \
    X(CLEAR_KEYS, "DELETE FROM keys")                                                              \
    X(CLEAR_TOKENS, "DELETE FROM tokens")                                                          \
    X(CLEAR_BATCHES, "DELETE FROM batches")                                                        \
    X(CLEAR_SEEN, "DELETE FROM seen")                                                              \
    X(CLEAR_CERTS, "DELETE FROM certs")                                                            \
    X(CLEAR_CHANGES, "DELETE FROM changes")                                                        \
    X(CLEAR_CRLS, "DELETE FROM crls")                                                              \
    X(ADD_KEY, "INSERT INTO keys VALUES (?, ?, ?, NULL, 0)")                                       \
    X(DESTROY_KEY, "UPDATE keys SET destroyed = ?2 WHERE name = ?1 AND destroyed = 0")             \
    X(ENDED_AFTER,                                                                                 \
      "SELECT name, destroyed FROM keys WHERE destroyed > ? AND name <> ? ORDER BY destroyed "     \
      "LIMIT 1")                                                                                   \
    X(ADD_TOKEN, "INSERT INTO tokens VALUES (?, ?, ?)")                                            \
    X(TOKEN, "SELECT seq, model, serial FROM tokens ORDER BY seq DESC LIMIT 1")                    \
    X(SET_ANCHOR, "UPDATE keys SET certificate = ?2 WHERE name = ?1")                              \
    X(KEY, "SELECT spki, certificate, destroyed FROM keys WHERE name = ?")                         \
    X(IS_OWN_KEY, "SELECT 1 FROM keys WHERE digest = ? LIMIT 1")                                   \
    X(ADD_BATCH, "INSERT INTO batches VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")             \
    X(UPDATE_BATCH,                                                                                \
      "UPDATE batches SET ra = ?2, id = ?3, sequence = ?4, plan = ?5, plan_seq = ?6, "             \
      "answered = ?7, seal_seq = ?8, bundle = ?9, bundle_seq = ?10, intake = ?11, before = ?12, "  \
      "total = ?13 WHERE digest = ?1")                                                             \
    X(COUNT_ANSWER, "UPDATE batches SET answered = answered + 1 WHERE digest = ?")                 \
    X(SEAL_ANSWERED,                                                                               \
      "UPDATE batches SET seal_seq = ? WHERE seal_seq = 0 AND answered = total")                   \
    X(BATCH_BY_DIGEST, "SELECT * FROM batches WHERE digest = ?")                                   \
    X(BATCH_BY_ID, "SELECT * FROM batches WHERE ra = ? AND id = ?")                                \
    X(BATCH_LAST,                                                                                  \
      "SELECT * FROM batches WHERE ra = ? AND plan_seq < ? ORDER BY sequence DESC LIMIT 1")        \
    X(BATCH_NEXT, "SELECT * FROM batches WHERE plan_seq > ? ORDER BY plan_seq LIMIT 1")            \
    X(LAST_PLAN, "SELECT plan_seq FROM batches WHERE plan_seq < ? ORDER BY plan_seq DESC LIMIT 1") \
    X(ADD_SEEN, "INSERT OR IGNORE INTO seen VALUES (?, ?, ?)")                                     \
    X(SEEN, "SELECT seq FROM seen WHERE intake = ? AND what = ?")                                  \
    X(UNFINISHED,                                                                                  \
      "SELECT plan_seq FROM batches WHERE seal_seq = 0 AND digest <> ? AND NOT EXISTS "            \
      "(SELECT 1 FROM seen WHERE seen.intake = batches.intake AND what = ?) LIMIT 1")              \
    X(ADD_CERT,                                                                                    \
      "INSERT INTO certs (authority, serial, batch, n, profile, key, spki, subject, not_after, "   \
      "log_seq) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")                                            \
    X(CERT,                                                                                        \
      "SELECT batch, n, profile, key, spki, subject, not_after, log_seq, status, reason, changed, " \
      "accepted FROM certs WHERE authority = ? AND serial = ?")                                    \
    X(ISSUED,                                                                                      \
      "SELECT authority, serial, batch, n, profile, key, spki, subject, not_after, log_seq, "      \
      "status, reason, changed, accepted FROM certs WHERE log_seq > 0 ORDER BY authority, serial") \
    X(ADD_CHANGE, "INSERT INTO changes VALUES (?, ?, ?, ?, ?, ?, ?)")                              \
    X(CHANGE, "SELECT authority, serial, what, reason, at FROM changes WHERE batch = ? AND n = ?") \
    X(SET_STATUS,                                                                                  \
      "UPDATE certs SET status = ?3, reason = ?4, changed = ?5, changed_seq = ?6 "                 \
      "WHERE authority = ?1 AND serial = ?2")                                                      \
    X(SET_ACCEPTED, "UPDATE certs SET accepted = ?3 WHERE authority = ?1 AND serial = ?2")         \
    X(ADD_CRL, "INSERT INTO crls VALUES (?, ?, ?, ?, ?, ?, ?, ?)")                                 \
    X(SET_CRL_ISSUED, "UPDATE crls SET log_seq = ?3 WHERE batch = ?1 AND n = ?2")                  \
    X(CRL_NUMBER, "SELECT coalesce(max(number), 0) FROM crls WHERE key = ?")                       \
    X(CRL_LAST_FULL,                                                                               \
      "SELECT number, this_update, plan_seq FROM crls "                                            \
      "WHERE key = ? AND number < ? AND batch <> ? AND base = 0 AND log_seq > 0 "                  \
      "ORDER BY number DESC LIMIT 1")                                                              \
    X(LISTED,                                                                                      \
      "SELECT serial, status, reason, changed FROM certs "                                         \
      "WHERE key = ? AND status <> 0 AND not_after >= ? ORDER BY serial")                          \
    X(CHANGED,                                                                                     \
      "SELECT serial, status, reason, changed FROM certs "                                         \
      "WHERE key = ? AND not_after >= ? AND changed_seq > ? AND changed_seq <> 0 ORDER BY serial") \
    X(ANSWERED,                                                                                    \
      "SELECT serial, status, reason, changed FROM certs "                                         \
      "WHERE authority = ? AND key = ? AND not_after >= ? AND log_seq > 0 AND log_seq < ? "        \
      "ORDER BY serial")                                                                           \
    X(SET_ISSUED, "UPDATE certs SET log_seq = ?3 WHERE batch = ?1 AND n = ?2")                     \
    X(KEY_SUBJECT, "SELECT subject FROM certs WHERE spki = ? LIMIT 1")                             \
    X(HAS_SERIAL, "SELECT 1 FROM certs WHERE authority = ? AND serial = ?")                        \
    X(TOTALS, "SELECT (SELECT count(*) FROM certs WHERE log_seq > 0), "                            \
              "(SELECT count(*) FROM batches)")

enum query_id {
#define X(name, sql) QUERY_##name,
    QUERY_TABLE(X)
#undef X
    QUERY_COUNT
};

struct index {
    sqlite3 *db;
    char *path;
    bool damaged; /* SQLite found the file inconsistent: it is removed when the index is closed */
    struct vouched *vouched;        /* what it lies in, if it is signing's own */
    uint8_t root_then[DIGEST_LEN];  /* of it when it was opened */
    bool made;                      /* all of its content was put in since */
    bool held, inside;              /* all changes are one transaction; one of ours is begun in it */
    sqlite3_stmt *statements[QUERY_COUNT];
};

struct query {
    struct index *x;
    sqlite3_stmt *s;
    int rc;  /* SQLITE_OK while all is well */
    int bound;
};

/* The code for what SQLite said, with its text in the diag. Marks the index as damaged when that is
 * the cause. */
ERR_MUST_USE enum err query_error(struct index *x, int rc, struct diag *d);

void query_begin(struct query *q, struct index *x, enum query_id which);

/* Bind the next parameter. Bytes and text are copied, as they may be part of what the answer is
 * written to. */
void query_bytes(struct query *q, const void *p, size_t n);
void query_text(struct query *q, const char *s);
void query_number(struct query *q, int64_t v);

/* Run a query that answers with no rows, and end it. *changed (may be NULL) is the number of
 * rows it changed. */
ERR_MUST_USE enum err query_run(struct query *q, int *changed, struct diag *d);

/* Run a query that changes exactly one row, and end it: E_INDEX when it does not. */
ERR_MUST_USE enum err query_change(struct query *q, struct diag *d);

/* Step to the next row; false at the end or after trouble. */
bool query_row(struct query *q);

/* Columns of the row, from 0. Something else than expected there is remembered as damage:
 * query_get_exact() wants n bytes, query_get_text() at most cap - 1 without a NUL. */
int64_t query_get_number(struct query *q, int column);
void query_get_exact(struct query *q, int column, uint8_t *out, size_t n);
void query_get_bytes(struct query *q, int column, struct buf *out);
void query_get_text(struct query *q, int column, char *out, size_t cap);

/* A log position from a column's bytes; what is none is damage. */
ERR_MUST_USE enum err query_position(struct index *x, struct span bytes, struct log_position *out, struct diag *d);

/* End the query and report whatever went wrong since it began. */
ERR_MUST_USE enum err query_end(struct query *q, struct diag *d);

#endif
