/* merkle_lines.h - the digest of a batch, and of a plan: the root of the Merkle tree over the lines of its file (RFC 9162 2.1.1,
 * SHA-256), so that one line can be shown to somebody, and proven, without the others.
 *
 * A leaf is a line without its newline, of any length. Whether the last line has one makes no difference.
 */
#ifndef ROOTSEAL_LOG_MERKLE_LINES_H
#define ROOTSEAL_LOG_MERKLE_LINES_H

#include "core/diag.h"
#include "log/merkle.h"

/* The lines as they come, in pieces that may end anywhere: after merkle_lines_begin() each piece goes to merkle_lines_take(), which
 * is a file_take of file.h; merkle_lines_end() gives the root. merkle_lines_free() it, on failure too. E_NO_MEMORY, E_CRYPTO. */
struct merkle_lines {
    struct merkle tree;
    struct digest *leaf;
    bool begun; /* the leaf has bytes, or at least its newline is still to come */
};
ERR_MUST_USE enum err merkle_lines_begin(struct merkle_lines *t);
ERR_MUST_USE enum err merkle_lines_take(void *merkle_lines, struct span piece);
ERR_MUST_USE enum err merkle_lines_end(struct merkle_lines *t, uint8_t out[DIGEST_LEN]);
void merkle_lines_free(struct merkle_lines *t);

/* Of a file in memory. E_NO_MEMORY, E_CRYPTO. */
ERR_MUST_USE enum err merkle_lines_root(struct span file, uint8_t out[DIGEST_LEN]);

/* Of the regular file `name` below dirfd, in little memory. Errors of file_digest(). */
ERR_MUST_USE enum err merkle_lines_root_file(int dirfd, const char *name, size_t max, uint8_t out[DIGEST_LEN], struct diag *d);

#endif
