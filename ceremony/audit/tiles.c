#include "audit/tiles.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/limits.h"
#include "log/merkle.h"

_Static_assert(LIMIT_LOG_LINE <= UINT16_MAX, "an entry's length has two bytes");

struct tiles {
    struct level {
        uint64_t index; /* of the tile at hand */
        unsigned n;     /* hashes in it */
        uint8_t hash[TILE_WIDTH][DIGEST_LEN];
    } level[TILE_LEVELS];
    struct buf entries; /* of the tile at hand of level 0 */
    struct digest *dg;
    tiles_put *put;
    void *arg;
};

/* The digits in threes, an x before all but the last: no folder has more than a thousand files, and none the name of a file. */
static void write_index(uint64_t index, char out[TILE_PATH_MAX])
{
    char text[TILE_PATH_MAX], longer[TILE_PATH_MAX];
    snprintf(text, sizeof text, "%03u", (unsigned)(index % 1000));
    while ((index /= 1000) > 0) {
        snprintf(longer, sizeof longer, "x%03u/%.50s", (unsigned)(index % 1000), text);
        memcpy(text, longer, sizeof text);
    }
    memcpy(out, text, sizeof text);
}

void tiles_path(unsigned level, uint64_t index, unsigned width, char out[TILE_PATH_MAX])
{
    char name[16] = "entries", at[TILE_PATH_MAX], partial[16] = "";
    if (level < TILE_LEVELS)
        snprintf(name, sizeof name, "%u", level);
    if (width < TILE_WIDTH)
        snprintf(partial, sizeof partial, ".p/%u", width);
    write_index(index, at);
    snprintf(out, TILE_PATH_MAX, "tile/%s/%.40s%s", name, at, partial);
}

/* The digits up to something else, of which there may be an x and slashes in between. */
static const char *read_index(const char *p, uint64_t *out)
{
    for (*out = 0; (*p >= '0' && *p <= '9') || *p == 'x' || *p == '/'; p++)
        if (*p >= '0' && *p <= '9')
            *out = *out * 10 + (uint64_t)(*p - '0');
    return p;
}

static const char *read_level(const char *p, unsigned *out)
{
    *out = TILE_ENTRIES;
    if (strncmp(p, "entries/", 8) == 0)
        return p + 8;
    if (*p < '0' || *p >= '0' + TILE_LEVELS || p[1] != '/')
        return NULL;
    *out = (unsigned)(*p - '0');
    return p + 2;
}

/* What is read loosely is written again: it must be the same. */
bool tiles_parse(const char *path, unsigned *level, uint64_t *index, unsigned *width)
{
    char again[TILE_PATH_MAX];
    if (strlen(path) >= TILE_PATH_MAX || strncmp(path, "tile/", 5) != 0)
        return false;
    const char *p = read_level(path + 5, level);
    if (p == NULL)
        return false;
    p = read_index(p, index);
    *width = TILE_WIDTH;
    if (strncmp(p, ".p/", 3) == 0)
        for (*width = 0, p += 3; *p >= '0' && *p <= '9' && *width < TILE_WIDTH; p++)
            *width = *width * 10 + (unsigned)(*p - '0');
    tiles_path(*level, *index, *width, again);
    return *width > 0 && strcmp(path, again) == 0;
}

enum err tiles_new(tiles_put *put, void *arg, struct tiles **out, struct diag *d)
{
    *out = NULL;
    struct tiles *t = calloc(1, sizeof *t);
    enum err e = t != NULL ? digest_new(DIGEST_SHA256, &t->dg) : E_NO_MEMORY;
    if (e != E_OK) {
        free(t);
        return diag_set(d, e, "the tree");
    }
    t->put = put;
    t->arg = arg;
    *out = t;
    return E_OK;
}

/* What there is of a tile, and beside level 0 of its entries. */
static enum err hand_out(struct tiles *t, unsigned level, struct diag *d)
{
    const struct level *l = &t->level[level];
    char path[TILE_PATH_MAX];
    enum err e = E_OK;
    if (level == 0) {
        tiles_path(TILE_ENTRIES, l->index, l->n, path);
        e = t->put(t->arg, path, buf_span(&t->entries), d);
    }
    if (e != E_OK)
        return e;
    tiles_path(level, l->index, l->n, path);
    return t->put(t->arg, path, (struct span){l->hash[0], l->n * sizeof l->hash[0]}, d);
}

/* The root over a whole tile, which is used up: a tree of 256 leaves is even on all its levels. */
static enum err fold(struct tiles *t, struct level *l, uint8_t root[DIGEST_LEN])
{
    enum err e = E_OK;
    for (unsigned n = TILE_WIDTH; n > 1 && e == E_OK; n /= 2)
        for (unsigned i = 0; i < n / 2 && e == E_OK; i++)
            e = merkle_node(t->dg, l->hash[2 * i], l->hash[2 * i + 1], l->hash[i]);
    if (e == E_OK)
        memcpy(root, l->hash[0], DIGEST_LEN);
    return e;
}

/* Put the hash into its level; a tile that is whole with it goes out, and its root goes into the level above. */
static enum err add(struct tiles *t, uint8_t hash[DIGEST_LEN], struct diag *d)
{
    enum err e = E_OK;
    for (unsigned level = 0; level < TILE_LEVELS && e == E_OK; level++) {
        struct level *l = &t->level[level];
        memcpy(l->hash[l->n++], hash, DIGEST_LEN);
        if (l->n < TILE_WIDTH)
            break;
        e = hand_out(t, level, d);
        if (e == E_OK && (e = fold(t, l, hash)) != E_OK)
            diag_set(d, e, "the tree");
        if (level == 0)
            buf_reset(&t->entries);
        l->n = 0;
        l->index++;
    }
    return e;
}

enum err tiles_take(struct tiles *t, struct span line, struct diag *d)
{
    uint8_t hash[DIGEST_LEN];
    buf_append_byte(&t->entries, (uint8_t)(line.n >> 8));
    buf_append_byte(&t->entries, (uint8_t)line.n);
    buf_append(&t->entries, line.p, line.n);
    enum err e = buf_err(&t->entries);
    if (e == E_OK)
        e = merkle_leaf(t->dg, line, hash);
    return e == E_OK ? add(t, hash, d) : diag_set(d, e, "the tree");
}

enum err tiles_end(struct tiles *t, struct diag *d)
{
    enum err e = E_OK;
    for (unsigned level = 0; level < TILE_LEVELS && e == E_OK; level++)
        if (t->level[level].n > 0)
            e = hand_out(t, level, d);
    return e;
}

void tiles_free(struct tiles *t)
{
    if (t == NULL)
        return;
    buf_free(&t->entries);
    digest_free(t->dg);
    free(t);
}
