#include "log/merkle_lines.h"

#include <string.h>

#include "core/file.h"

/* The lines as they come, in pieces that may end anywhere. */
struct taking {
    struct merkle tree;
    struct digest *leaf;
    bool begun; /* the leaf has bytes, or at least its newline is still to come */
};

static enum err begin(struct taking *t)
{
    const uint8_t prefix = MERKLE_LEAF;
    t->begun = true;
    return digest_update(t->leaf, &prefix, 1);
}

static enum err end(struct taking *t)
{
    uint8_t hash[DIGEST_LEN];
    t->begun = false;
    enum err e = digest_final(t->leaf, hash);
    return e == E_OK ? merkle_append_hash(&t->tree, hash) : e;
}

static enum err take(void *arg, struct span piece)
{
    struct taking *t = arg;
    enum err e = E_OK;
    while (piece.n > 0 && e == E_OK) {
        const uint8_t *newline = memchr(piece.p, '\n', piece.n);
        size_t n = newline != NULL ? (size_t)(newline - piece.p) : piece.n;
        if (!t->begun)
            e = begin(t);
        if (e == E_OK && n > 0)
            e = digest_update(t->leaf, piece.p, n);
        if (e == E_OK && newline != NULL)
            e = end(t);
        n += newline != NULL;
        piece = (struct span){piece.p + n, piece.n - n};
    }
    return e;
}

static enum err finish(struct taking *t, uint8_t out[DIGEST_LEN])
{
    enum err e = t->begun ? end(t) : E_OK;
    return e == E_OK ? merkle_root(&t->tree, out) : e;
}

enum err merkle_lines_root(struct span file, uint8_t out[DIGEST_LEN])
{
    struct taking t = {0};
    memset(out, 0, DIGEST_LEN);
    enum err e = digest_new(DIGEST_SHA256, &t.leaf);
    if (e == E_OK)
        e = take(&t, file);
    if (e == E_OK)
        e = finish(&t, out);
    digest_free(t.leaf);
    return e;
}

enum err merkle_lines_root_file(int dirfd, const char *name, size_t max, uint8_t out[DIGEST_LEN], struct diag *d)
{
    struct taking t = {0};
    memset(out, 0, DIGEST_LEN);
    enum err e = digest_new(DIGEST_SHA256, &t.leaf);
    if (e != E_OK)
        return diag_set(d, e, "%s", name);
    e = file_take_all(dirfd, name, max, take, &t, d);
    if (e == E_OK && (e = finish(&t, out)) != E_OK)
        diag_set(d, e, "%s", name);
    digest_free(t.leaf);
    return e;
}
