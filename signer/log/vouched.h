/* vouched.h - a database file of which nothing is read that was not proven.
 *
 * Beside the database lies a file with the SHA-256 of each of its pages, one behind the other. Of that file the SHA-256
 * of each block is kept in memory, and one digest over those, the root, stands for the whole content. Who knows the
 * root knows the content again, in another process and after years: a page that was changed meanwhile is not read, and
 * an older content has another root. A tree of three levels, 128 hashes a node, is low enough that nothing of it but
 * the top needs to be kept: to read a page costs two hashes of 4 KiB, whatever the size.
 *
 * SQLite sees it as a file system (VFS) that has this one file, and a journal that no other process can open: a content
 * that was cut off while it was written is not known again, that is all.
 */
#ifndef ROOTSEAL_LOG_VOUCHED_H
#define ROOTSEAL_LOG_VOUCHED_H

#include <sqlite3.h>

#include "core/diag.h"
#include "core/digest.h"

struct vouched;

/* Open the files path and path-pages, or make them, and read the latter whole. Registers the file system. E_IO, also
 * where one is not a regular file; E_NO_MEMORY; E_INDEX. */
ERR_MUST_USE enum err vouched_open(const char *path, struct vouched **out, struct diag *d);

/* Is there no page yet? */
bool vouched_is_empty(const struct vouched *v);

/* Unregister and close; after the database. NULL is allowed. */
void vouched_close(struct vouched *v);

/* The name of the file system, for sqlite3_open_v2(). */
const char *vouched_name(const struct vouched *v);

/* What stands for the content as it is now. E_CRYPTO. */
ERR_MUST_USE enum err vouched_root(const struct vouched *v, uint8_t out[DIGEST_LEN]);

/* Both files are durable. E_IO. */
ERR_MUST_USE enum err vouched_sync(struct vouched *v, struct diag *d);

#endif
