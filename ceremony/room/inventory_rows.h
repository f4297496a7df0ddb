/* inventory_rows.h - the rows of the inventory: what log and token know of one key. */
#ifndef ROOTSEAL_ROOM_INVENTORY_ROWS_H
#define ROOTSEAL_ROOM_INVENTORY_ROWS_H

#include "batch/state.h"
#include "core/clock.h"
#include "hsm/inventory.h"

/* How a key stands, from both sides. */
enum inventory_standing {
    INVENTORY_GOOD,    /* made, certified, on the token */
    INVENTORY_PARKED,  /* made, on the token, and without a certificate */
    INVENTORY_GONE,    /* made, and its private key is not on the token */
    INVENTORY_ENDED,   /* destroyed, and not there any more */
    INVENTORY_ALIVE,   /* destroyed as the log says, and on the token */
    INVENTORY_UNKNOWN, /* on the token, and no line of the log tells of its making */
};

/* A line of the log that tells of the key; 0 while there is none. */
struct inventory_line {
    uint64_t n;
    int64_t time;
};

struct inventory_row {
    char name[LIMIT_TOKEN_TEXT + 1]; /* in the policy; "" when the log does not know it */
    char algorithm[32];
    uint8_t digest[DIGEST_LEN];      /* of the public key; zeros when nobody shows it */
    bool has_digest;
    struct inventory_line made, certified, destroyed, transferred;
    const struct hsm_object *private_, *public_; /* NULL: not on the token */
    enum inventory_standing standing;
};

struct inventory {
    struct hsm_provenance provenance;
    struct hsm_objects objects;
    struct inventory_row *v;
    size_t n;
};

/* The word for it. Constant. */
const char *inventory_standing_name(enum inventory_standing s);

/* Gather: first the log's keys in the order of their making, then what else is on the token. Free it, on failure
 * too. */
ERR_MUST_USE enum err inventory_gather(struct state *s, struct hsm *h, struct inventory *out, struct diag *d);
void inventory_free(struct inventory *i);

#endif
