/* set.h - a map from digests to digests that only grows: what was seen earlier in a batch. */
#ifndef ROOTSEAL_CORE_SET_H
#define ROOTSEAL_CORE_SET_H

#include "core/digest.h"

/* Zero-initialise; free with set_free(). */
struct set {
    uint8_t (*slots)[2][DIGEST_LEN];
    unsigned char *used;
    size_t cap, n;
};

/* Put key → value when the key is not there. *old is NULL then, else points to the value that was and stays there. */
ERR_MUST_USE enum err set_put(struct set *s, const uint8_t key[DIGEST_LEN], const uint8_t value[DIGEST_LEN],
                              const uint8_t **old);
/* The value under this key, or NULL; valid until the next set_put(). */
const uint8_t *set_find(const struct set *s, const uint8_t key[DIGEST_LEN]);

void set_free(struct set *s);

#endif
