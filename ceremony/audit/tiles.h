/* tiles.h - the Merkle tree over the log's lines, cut into tiles (C2SP tlog-tiles): files that never change, from which anybody works
 * out roots and proofs.
 *
 * A tile has up to 256 hashes of one level; level 0 are those of the lines (RFC 9162 2.1, SHA-256), and a hash of level L + 1 is the
 * root over a whole tile of level L. Beside each tile of level 0 there is one of entries: the lines, each with its length before it in
 * two bytes. Only the last tile of a level may be partial; its name then tells how many it has.
 */
#ifndef ROOTSEAL_AUDIT_TILES_H
#define ROOTSEAL_AUDIT_TILES_H

#include "core/buf.h"
#include "core/diag.h"

#define TILE_WIDTH 256
#define TILE_LEVELS 8
#define TILE_ENTRIES TILE_LEVELS /* in place of a level */
#define TILE_PATH_MAX 64

/* Where a tile is served: tile/<level>/<index>, tile/entries/<index>; partial with .p/<width>. width: 1 to 256. */
void tiles_path(unsigned level, uint64_t index, unsigned width, char out[TILE_PATH_MAX]);

/* The other way: false when nothing of a log is served there. */
bool tiles_parse(const char *path, unsigned *level, uint64_t *index, unsigned *width);

/* Takes each tile once it is whole, and at the end those that stay partial. */
typedef enum err tiles_put(void *arg, const char *path, struct span bytes, struct diag *d);

struct tiles;

/* Begin a tree. End with tiles_free(), which takes NULL too. E_NO_MEMORY. */
ERR_MUST_USE enum err tiles_new(tiles_put *put, void *arg, struct tiles **out, struct diag *d);

/* The next line, without its newline. The codes of put(), E_NO_MEMORY, E_CRYPTO. */
ERR_MUST_USE enum err tiles_take(struct tiles *t, struct span line, struct diag *d);

/* After the last line. The same codes. */
ERR_MUST_USE enum err tiles_end(struct tiles *t, struct diag *d);

void tiles_free(struct tiles *t);

#endif
