#include "log/merkle.h"

#include <string.h>

/* RFC 9162 2.1.1: leaves and nodes are hashed with different first bytes, so that neither passes
 * for the other. */
static const uint8_t leaf_prefix = MERKLE_LEAF;
static const uint8_t node_prefix = 0x01;

static size_t peak_count(uint64_t size)
{
    return (size_t)__builtin_popcountll(size);
}

enum err merkle_leaf(struct digest *dg, struct span leaf, uint8_t out[DIGEST_LEN])
{
    enum err e = digest_update(dg, &leaf_prefix, 1);
    if (e == E_OK && leaf.n > 0)
        e = digest_update(dg, leaf.p, leaf.n);
    if (e == E_OK)
        e = digest_final(dg, out);
    return e;
}

enum err merkle_node(struct digest *dg, const uint8_t left[DIGEST_LEN], const uint8_t right[DIGEST_LEN], uint8_t out[DIGEST_LEN])
{
    uint8_t node[1 + 2 * DIGEST_LEN];
    node[0] = node_prefix;
    memcpy(node + 1, left, DIGEST_LEN);
    memcpy(node + 1 + DIGEST_LEN, right, DIGEST_LEN);
    enum err e = digest_update(dg, node, sizeof node);
    if (e == E_OK)
        e = digest_final(dg, out);
    return e;
}

/* Every trailing one bit of the size is a full subtree that the new one completes, as in a
 * binary counter. The peaks are only written once nothing can fail any more. */
static enum err append(struct merkle *m, struct digest *dg, uint8_t hash[DIGEST_LEN])
{
    enum err e = E_OK;
    size_t n = peak_count(m->size);
    for (uint64_t rest = m->size; e == E_OK && (rest & 1) != 0; rest >>= 1)
        e = merkle_node(dg, m->peaks[--n], hash, hash);
    if (e == E_OK) {
        memcpy(m->peaks[n], hash, DIGEST_LEN);
        m->size++;
    }
    return e;
}

enum err merkle_append(struct merkle *m, struct span leaf)
{
    uint8_t hash[DIGEST_LEN];
    struct digest *dg;
    enum err e = digest_new(DIGEST_SHA256, &dg);
    if (e != E_OK)
        return e;
    e = merkle_leaf(dg, leaf, hash);
    if (e == E_OK)
        e = append(m, dg, hash);
    digest_free(dg);
    return e;
}

enum err merkle_append_hash(struct merkle *m, const uint8_t leaf[DIGEST_LEN])
{
    uint8_t hash[DIGEST_LEN];
    struct digest *dg;
    enum err e = digest_new(DIGEST_SHA256, &dg);
    if (e != E_OK)
        return e;
    memcpy(hash, leaf, DIGEST_LEN);
    e = append(m, dg, hash);
    digest_free(dg);
    return e;
}

enum err merkle_root(const struct merkle *m, uint8_t out[DIGEST_LEN])
{
    memset(out, 0, DIGEST_LEN);
    size_t n = peak_count(m->size);
    if (n == 0)
        return digest_bytes(DIGEST_SHA256, "", 0, out);

    uint8_t root[DIGEST_LEN];
    struct digest *dg;
    enum err e = digest_new(DIGEST_SHA256, &dg);
    if (e != E_OK)
        return e;
    memcpy(root, m->peaks[--n], DIGEST_LEN);
    while (e == E_OK && n > 0)
        e = merkle_node(dg, m->peaks[--n], root, root);
    if (e == E_OK)
        memcpy(out, root, DIGEST_LEN);
    digest_free(dg);
    return e;
}

enum err merkle_save(const struct merkle *m, struct buf *out)
{
    for (int shift = 56; shift >= 0; shift -= 8)
        buf_append_byte(out, (uint8_t)(m->size >> shift));
    buf_append(out, m->peaks, peak_count(m->size) * DIGEST_LEN);
    return buf_err(out);
}

_Bool merkle_load(struct merkle *m, struct span bytes)
{
    *m = (struct merkle){0};
    if (bytes.n < 8)
        return 0;
    uint64_t size = 0;
    for (size_t i = 0; i < 8; i++)
        size = size << 8 | bytes.p[i];
    size_t n = peak_count(size) * DIGEST_LEN;
    if (bytes.n != 8 + n)
        return 0;
    m->size = size;
    memcpy(m->peaks, bytes.p + 8, n);
    return 1;
}
