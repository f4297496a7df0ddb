/* shown.h - what was published before, as it lies in the folder: every tile, whole or partial, and every seal. All of it is compared with
 * the log before anything is written or signed, whatever the checkpoint beside it says of its size.
 */
#ifndef ROOTSEAL_AUDIT_SHOWN_H
#define ROOTSEAL_AUDIT_SHOWN_H

#include "audit/shelf.h"
#include "audit/tiles.h"

#define SHOWN_SEAL (TILE_ENTRIES + 1) /* in place of a level */

/* The seal over N lines is seal/N.json, as in bundles. */
#define PUBLISH_SEAL "seal/%llu.json"

struct shown_file {
    unsigned level;
    uint64_t index; /* of a seal: its lines */
    unsigned width; /* of a seal: 0 */
    bool compared;
};

/* Sorted. Zero-initialise; free with shown_free(). */
struct shown {
    struct shown_file *v;
    size_t n, room;
};

/* The names below tile/ and seal/. E_LOG_PUBLISHED when there is one that no log gives, E_NO_MEMORY, E_IO. */
ERR_MUST_USE enum err shown_read(const struct shelf *s, struct shown *out, struct diag *d);

/* A tile of the log, as wide as it is now (tiles_put): what lies there of it, in whatever width, must be its beginning. E_LOG_PUBLISHED,
 * and what reading a file gives. */
ERR_MUST_USE enum err shown_compare_tile(struct shown *n, const struct shelf *s, const char *path, struct span bytes, struct diag *d);

/* A seal of the log, in the form of seal.json. The same codes. */
ERR_MUST_USE enum err shown_compare_seal(struct shown *n, const struct shelf *s, uint64_t size, struct span text, struct diag *d);

/* After all seals and tiles of a log of which so many lines are under a seal: E_LOG_ROLLED_BACK when more lies there, E_LOG_PUBLISHED
 * when there is a seal that it does not have. */
ERR_MUST_USE enum err shown_finish(const struct shown *n, uint64_t sealed, struct diag *d);

void shown_free(struct shown *n);

#endif
