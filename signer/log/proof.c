#include "log/proof.h"

#include <string.h>

/* Of a tree of n > 1 leaves so many are on the left: the largest power of two below n. */
static uint64_t left_of(uint64_t n)
{
    return UINT64_C(1) << (63 - __builtin_clzll(n - 1));
}

static void add_run(struct proof_maker *m, uint64_t begin, uint64_t end)
{
    m->run[m->proof.n++] = (struct proof_run){begin, end};
}

/* The RFC counts the hashes from the leaf up; on the way down they come in the other order. */
static void turn(struct proof_maker *m)
{
    for (size_t i = 0, j = m->proof.n; i + 1 < j; i++) {
        struct proof_run r = m->run[i];
        m->run[i] = m->run[--j];
        m->run[j] = r;
    }
}

void proof_of_leaf(struct proof_maker *m, uint64_t index, uint64_t size)
{
    *m = (struct proof_maker){0};
    for (uint64_t begin = 0, end = size; end - begin > 1;) {
        uint64_t middle = begin + left_of(end - begin);
        if (index < middle) {
            add_run(m, middle, end);
            end = middle;
        } else {
            add_run(m, begin, middle);
            begin = middle;
        }
    }
    turn(m);
}

void proof_of_growth(struct proof_maker *m, uint64_t earlier, uint64_t later)
{
    *m = (struct proof_maker){0};
    uint64_t begin = 0, end = later;
    while (end != earlier) {
        uint64_t middle = begin + left_of(end - begin);
        if (earlier <= middle) {
            add_run(m, middle, end);
            end = middle;
        } else {
            add_run(m, begin, middle);
            begin = middle;
        }
    }
    if (begin != 0) /* else it is the earlier tree, whose root is known */
        add_run(m, begin, end);
    turn(m);
}

enum err proof_take(struct proof_maker *m, struct span leaf)
{
    const uint64_t at = m->at++;
    for (size_t i = 0; i < m->proof.n; i++) {
        const struct proof_run *r = &m->run[i];
        if (at < r->begin || at >= r->end)
            continue;
        if (at == r->begin)
            m->tree = (struct merkle){0};
        enum err e = merkle_append(&m->tree, leaf);
        return e == E_OK && m->at == r->end ? merkle_root(&m->tree, m->proof.hash[i]) : e;
    }
    return E_OK;
}

/* -- checking: RFC 9162 2.1.3.2 and 2.1.4.2, with the names that they have there -- */

struct path {
    struct digest *dg;
    uint64_t fn, sn;
};

/* Up one level; where the node at fn is the last of its level and a left one, up to where it is a right one. */
static void climb(struct path *at, _Bool is_right)
{
    while (is_right && (at->fn & 1) == 0 && at->fn != 0) {
        at->fn >>= 1;
        at->sn >>= 1;
    }
    at->fn >>= 1;
    at->sn >>= 1;
}

/* Is the next hash of the path on the left of where it stands? */
static _Bool hash_is_left(const struct path *at)
{
    return (at->fn & 1) != 0 || at->fn == at->sn;
}

static enum err follow_leaf(const struct proof *p, struct path *at, uint8_t r[DIGEST_LEN])
{
    enum err e = E_OK;
    for (size_t i = 0; i < p->n && e == E_OK; i++) {
        const _Bool left = hash_is_left(at);
        if (at->sn == 0)
            return E_LOG_PROOF;
        e = left ? merkle_node(at->dg, p->hash[i], r, r) : merkle_node(at->dg, r, p->hash[i], r);
        climb(at, left);
    }
    return e == E_OK && at->sn != 0 ? E_LOG_PROOF : e;
}

enum err proof_check_leaf(const struct proof *p, struct span leaf, uint64_t index, uint64_t size,
                          const uint8_t root[DIGEST_LEN])
{
    uint8_t r[DIGEST_LEN];
    struct path at = {.fn = index, .sn = size - 1};
    if (index >= size)
        return E_LOG_PROOF;
    enum err e = digest_new(DIGEST_SHA256, &at.dg);
    if (e == E_OK)
        e = merkle_leaf(at.dg, leaf, r);
    if (e == E_OK)
        e = follow_leaf(p, &at, r);
    if (e == E_OK && memcmp(r, root, DIGEST_LEN) != 0)
        e = E_LOG_PROOF;
    digest_free(at.dg);
    return e;
}

/* fr and sr are what the hashes so far say of the earlier root and of the later one. */
static enum err follow_growth(const struct proof *p, size_t from, struct path *at, uint8_t fr[DIGEST_LEN],
                              uint8_t sr[DIGEST_LEN])
{
    enum err e = E_OK;
    for (size_t i = from; i < p->n && e == E_OK; i++) {
        const _Bool left = hash_is_left(at);
        if (at->sn == 0)
            return E_LOG_PROOF;
        if (left)
            e = merkle_node(at->dg, p->hash[i], fr, fr);
        if (e == E_OK)
            e = left ? merkle_node(at->dg, p->hash[i], sr, sr) : merkle_node(at->dg, sr, p->hash[i], sr);
        climb(at, left);
    }
    return e == E_OK && at->sn != 0 ? E_LOG_PROOF : e;
}

enum err proof_check_growth(const struct proof *p, uint64_t earlier, const uint8_t earlier_root[DIGEST_LEN], uint64_t later,
                            const uint8_t later_root[DIGEST_LEN])
{
    uint8_t fr[DIGEST_LEN], sr[DIGEST_LEN];
    const _Bool whole = (earlier & (earlier - 1)) == 0; /* then its root is a node of the later tree, and not repeated */
    struct path at = {.fn = earlier - 1, .sn = later - 1};
    if (earlier == 0 || earlier > later || (p->n == 0) != (earlier == later))
        return E_LOG_PROOF;
    if (earlier == later)
        return memcmp(earlier_root, later_root, DIGEST_LEN) == 0 ? E_OK : E_LOG_PROOF;
    for (; (at.fn & 1) != 0; at.fn >>= 1)
        at.sn >>= 1;
    memcpy(fr, whole ? earlier_root : p->hash[0], DIGEST_LEN);
    memcpy(sr, fr, DIGEST_LEN);
    enum err e = digest_new(DIGEST_SHA256, &at.dg);
    if (e == E_OK)
        e = follow_growth(p, whole ? 0 : 1, &at, fr, sr);
    if (e == E_OK && (memcmp(fr, earlier_root, DIGEST_LEN) != 0 || memcmp(sr, later_root, DIGEST_LEN) != 0))
        e = E_LOG_PROOF;
    digest_free(at.dg);
    return e;
}
