/* desk.h - a batch's folder at the RA. */
#ifndef ROOTSEAL_RA_DESK_H
#define ROOTSEAL_RA_DESK_H

#include "batch/header.h"
#include "core/file.h"
#include "ra/lines.h"

/* A batch in memory: read once, so that what is checked, shown and signed is the same. */
struct desk {
    int fd;                     /* the folder */
    struct buf bytes;           /* batch.jsonl, or */
    struct spool copy;          /* a copy of it */
    uint8_t digest[DIGEST_LEN]; /* of it, see log/merkle_lines.h */
    struct batch_header header;
    struct lines requests; /* stands before the first request; a plain value, may be copied */
};

/* Open the folder and read batch.jsonl and its header. E_MEDIUM when either is missing,
 * E_MEDIUM_FILE, E_MEDIUM_LIMIT, errors of header_parse(). End with desk_close(), on failure too.
 */
ERR_MUST_USE enum err desk_open(const char *path, struct desk *out, struct diag *d);
void desk_close(struct desk *k);

/* Let no other ra change what is in this folder until the descriptor is closed: an flock(2) on the folder itself, because a
 * lock file would have to stay off the medium. E_BATCH_LOCKED. */
ERR_MUST_USE enum err desk_lock(int fd, const char *path, struct diag *d);

/* Remove what an interrupted ra has left under a temporary name, which would be a strange file to the appliance; another one
 * that is at work in the folder right now keeps its own. */
void desk_tidy(int fd);

/* desk_open(), tidied, with the lock taken before anything is read. */
ERR_MUST_USE enum err desk_open_locked(const char *path, struct desk *out, struct diag *d);

/* desk_open() for a batch of any size: batch.jsonl is copied into a spool in this folder, and bytes stay empty. */
ERR_MUST_USE enum err desk_open_copy(const char *path, int folder, struct desk *out, struct diag *d);

/* Is batch.jsonl still what was read? E_MEDIUM_CHANGED. */
ERR_MUST_USE enum err desk_unchanged(const struct desk *k, struct diag *d);

/* Are there as many requests as the header says? E_BATCH_COUNT. */
ERR_MUST_USE enum err desk_check_count(const struct desk *k, struct diag *d);

/* The next request line. A line over LIMIT_LINE is empty and *line_error E_LINE_TOO_LONG, as the
 * appliance has it. */
bool desk_next(struct lines *requests, struct span *line, enum err *line_error);

/* How many request lines there are. */
int64_t desk_count(const struct desk *k);

/* A desk for two accounts is a folder with the setgid bit and a group of both: what is made below has that group, and the bit.
 * desk_share() opens such a folder, just made, to the group; another one stays as it is. desk_put() is file_write() there,
 * and the group may read the file. */
ERR_MUST_USE enum err desk_share(int fd, struct diag *d);
ERR_MUST_USE enum err desk_put(int fd, const char *name, const void *p, size_t n, struct diag *d);

/* Write batch.jsonl anew: this header, then these lines, each ended by a newline. After a crash the
 * old or the new one is there. */
ERR_MUST_USE enum err desk_write(int fd, const struct batch_header *h, struct span lines,
                                 struct diag *d);

/* The names of the approvals in the folder. Free with file_list_free(). */
ERR_MUST_USE enum err desk_approvals(int fd, struct file_list *out, struct diag *d);

/* Is there no approval yet, which a change of the batch would spoil? E_APPROVAL_SIGNATURE. */
ERR_MUST_USE enum err desk_check_unapproved(const struct desk *k, struct diag *d);

/* Split a path into the folder and the name in it ("." and the path when there is no slash). dir
 * has room for the path's length and 2 bytes more. False when the path ends in a slash, or names
 * nothing. */
bool desk_split(const char *path, char *dir, const char **name);

#endif
