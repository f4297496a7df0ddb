#include "core/set.h"

#include <stdlib.h>
#include <string.h>

/* Keys are digests, so their first bytes are as good as any hash of them. */
static size_t slot_of(const struct set *s, const uint8_t key[DIGEST_LEN])
{
    size_t at;
    memcpy(&at, key, sizeof at);
    at &= s->cap - 1;
    while (s->used[at] && memcmp(s->slots[at][0], key, DIGEST_LEN) != 0)
        at = (at + 1) & (s->cap - 1);
    return at;
}

static enum err grow(struct set *s)
{
    struct set bigger = {.cap = s->cap == 0 ? 256 : s->cap * 2};
    bigger.slots = calloc(bigger.cap, sizeof *bigger.slots);
    bigger.used = calloc(bigger.cap, 1);
    if (bigger.slots == NULL || bigger.used == NULL) {
        set_free(&bigger);
        return E_NO_MEMORY;
    }
    for (size_t i = 0; i < s->cap; i++) {
        if (!s->used[i])
            continue;
        size_t at = slot_of(&bigger, s->slots[i][0]);
        memcpy(bigger.slots[at], s->slots[i], sizeof *bigger.slots);
        bigger.used[at] = 1;
    }
    free(s->slots);
    free(s->used);
    s->slots = bigger.slots;
    s->used = bigger.used;
    s->cap = bigger.cap;
    return E_OK;
}

enum err set_put(struct set *s, const uint8_t key[DIGEST_LEN], const uint8_t value[DIGEST_LEN], const uint8_t **old)
{
    *old = NULL;
    if (5 * (s->n + 1) > 4 * s->cap) { /* so that LIMIT_BATCH_REQUESTS fit into 2^17 slots, and three sets of them into 32 MiB */
        enum err e = grow(s);
        if (e != E_OK)
            return e;
    }
    size_t at = slot_of(s, key);
    if (s->used[at]) {
        *old = s->slots[at][1];
        return E_OK;
    }
    memcpy(s->slots[at][0], key, DIGEST_LEN);
    memcpy(s->slots[at][1], value, DIGEST_LEN);
    s->used[at] = 1;
    s->n++;
    return E_OK;
}

const uint8_t *set_find(const struct set *s, const uint8_t key[DIGEST_LEN])
{
    if (s->cap == 0)
        return NULL;
    size_t at = slot_of(s, key);
    return s->used[at] ? s->slots[at][1] : NULL;
}

void set_free(struct set *s)
{
    free(s->slots);
    free(s->used);
    *s = (struct set){0};
}
