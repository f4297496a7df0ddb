#include "log/merkle_lines.h"

#include <string.h>

#include "core/file.h"

static enum err begin_leaf(struct merkle_lines *t)
{
    const uint8_t prefix = MERKLE_LEAF;
    t->begun = true;
    return digest_update(t->leaf, &prefix, 1);
}

static enum err end_leaf(struct merkle_lines *t)
{
    uint8_t hash[DIGEST_LEN];
    t->begun = false;
    enum err e = digest_final(t->leaf, hash);
    return e == E_OK ? merkle_append_hash(&t->tree, hash) : e;
}

enum err merkle_lines_take(void *merkle_lines, struct span piece)
{
    struct merkle_lines *t = merkle_lines;
    enum err e = E_OK;
    while (piece.n > 0 && e == E_OK) {
        const uint8_t *newline = memchr(piece.p, '\n', piece.n);
        size_t n = newline != NULL ? (size_t)(newline - piece.p) : piece.n;
        if (!t->begun)
            e = begin_leaf(t);
        if (e == E_OK && n > 0)
            e = digest_update(t->leaf, piece.p, n);
        if (e == E_OK && newline != NULL)
            e = end_leaf(t);
        n += newline != NULL;
        piece = (struct span){piece.p + n, piece.n - n};
    }
    return e;
}

enum err merkle_lines_end(struct merkle_lines *t, uint8_t out[DIGEST_LEN])
{
    enum err e = t->begun ? end_leaf(t) : E_OK;
    return e == E_OK ? merkle_root(&t->tree, out) : e;
}

enum err merkle_lines_begin(struct merkle_lines *t)
{
    *t = (struct merkle_lines){0};
    return digest_new(DIGEST_SHA256, &t->leaf);
}

void merkle_lines_free(struct merkle_lines *t)
{
    digest_free(t->leaf);
    *t = (struct merkle_lines){0};
}

enum err merkle_lines_root(struct span file, uint8_t out[DIGEST_LEN])
{
    struct merkle_lines t;
    memset(out, 0, DIGEST_LEN);
    enum err e = merkle_lines_begin(&t);
    if (e == E_OK)
        e = merkle_lines_take(&t, file);
    if (e == E_OK)
        e = merkle_lines_end(&t, out);
    merkle_lines_free(&t);
    return e;
}

enum err merkle_lines_root_file(int dirfd, const char *name, size_t max, uint8_t out[DIGEST_LEN], struct diag *d)
{
    struct merkle_lines t;
    memset(out, 0, DIGEST_LEN);
    enum err e = merkle_lines_begin(&t);
    if (e != E_OK)
        return diag_set(d, e, "%s", name);
    e = file_take_all(dirfd, name, max, merkle_lines_take, &t, d);
    if (e == E_OK && (e = merkle_lines_end(&t, out)) != E_OK)
        diag_set(d, e, "%s", name);
    merkle_lines_free(&t);
    return e;
}
