/* log.h - the audit log: audit.jsonl in the state, append-only, hash-chained; the truth about everything signed. */
#ifndef ROOTSEAL_LOG_LOG_H
#define ROOTSEAL_LOG_LOG_H

#include "log/merkle.h"
#include "log/record.h"

#define LOG_FILE "audit.jsonl"
#define ARCHIVE_DIR "archive" /* beside it: what its lines name */

/* Where a log stands: enough to append to it, to seal it, and to go on reading from there. A plain value. */
struct log_position {
    uint64_t size;             /* lines */
    uint64_t bytes;            /* bytes of those lines, newlines included */
    uint8_t head[DIGEST_LEN];  /* digest of the last line; zeros when empty */
    int64_t time;              /* of the last line */
    enum digest_alg hash;      /* known once the genesis line is read */
    uint8_t id[DIGEST_LEN];    /* digest of the genesis line: the log's name */
    struct merkle merkle;
};

/* -- reading (auditors and RAs read with this too; nothing here writes) -- */

struct log_reader;

/* Read the log in `dirfd` from a position (NULL: from the beginning). E_IO when it is not there. */
ERR_MUST_USE enum err log_reader_open(int dirfd, const char *name, const struct log_position *from,
                                      struct log_reader **out, struct diag *d);

/* The next line: canonical form, sequence, time order (never backwards) and prev are proven: E_LOG_FORMAT, E_LOG_CHAIN,
 * with the line's number in the diag. *more is false at the end. A last line without a newline is not returned: it is
 * torn, see log_reader_torn(). line is valid until the next call; record_free() the record. */
ERR_MUST_USE enum err log_reader_next(struct log_reader *r, struct span *line, struct record *rec, bool *more,
                                      struct diag *d);

/* There is no log in this folder, which is `path`: E_LOG_MISSING when there was one, as what is made after it tells, else
 * E_STATE_MISSING. */
ERR_MUST_USE enum err log_missing(int dirfd, const char *path, struct diag *d);

/* Where the reader stands: after the last line it returned. */
const struct log_position *log_reader_position(const struct log_reader *r);

/* The bytes after the last whole line, once log_reader_next() said there is no more; n is 0 when there are none. */
struct span log_reader_torn(const struct log_reader *r);
void log_reader_close(struct log_reader *r);

/* Hand each whole line behind this position (NULL: all) to take(), as log_reader_next() gives it, up to the end or the first code
 * other than E_OK, which is returned. The record is freed here. */
typedef enum err log_take(void *arg, const struct record *r, struct diag *d);
ERR_MUST_USE enum err log_each(int dirfd, const struct log_position *from, log_take *take, void *arg, struct diag *d);

/* True when the line that ends at p->bytes is there and its digest is p->head. Cheap: reads one line. */
ERR_MUST_USE enum err log_position_holds(int dirfd, const struct log_position *p, bool *holds, struct diag *d);

/* -- writing: one writer, under the state's lock -- */

struct log;

/* Begin a new log with its genesis line. genesis_fields as for record_write(); their "hash" must name `hash`
 * (E_LOG_FORMAT). E_STATE_EXISTS when there is a log. Synced when it returns; after a crash the log is there with its
 * genesis line, or not at all. */
ERR_MUST_USE enum err log_create(int dirfd, enum digest_alg hash, json_t *genesis_fields, struct log **out,
                                 struct diag *d);

/* Open an existing log for appending. `at` is the position of its end, found with a reader; torn bytes after it
 * are cut off and explained by a recovery line before this returns, and whatever was in the file is synced. E_LOG_CHAIN
 * when the file does not end there or has no genesis line, E_CLOCK_BEHIND as for log_append() when there is something
 * to explain. */
ERR_MUST_USE enum err log_open(int dirfd, const struct log_position *at, struct log **out, struct diag *d);

/* Append one line with the present time. fields as for record_write(). E_CLOCK_BEHIND when the clock is before the last
 * line. Buffered: nothing is durable, and nothing may be shown, before log_sync(). */
ERR_MUST_USE enum err log_append(struct log *l, enum record_type type, json_t *fields, struct diag *d);

/* Write and fsync everything appended. After a failure the log is poisoned: every later call fails the same way (an
 * fsync that failed once says nothing about a second one). */
ERR_MUST_USE enum err log_sync(struct log *l, struct diag *d);

/* Where the log stands, lines not yet synced included. */
const struct log_position *log_position(const struct log *l);

/* Close the log. Lines that were not synced are dropped. */
void log_close(struct log *l);

#endif
