#include "ra/changes.h"

#include <stdlib.h>
#include <string.h>

/* Serial numbers are as random as digests, only shorter. */
static void key_of(const uint8_t serial[SERIAL_LEN], uint8_t key[DIGEST_LEN])
{
    memset(key, 0, DIGEST_LEN);
    memcpy(key, serial, SERIAL_LEN);
}

static enum err reserve(struct changes *c)
{
    size_t cap = c->cap == 0 ? 64 : 2 * c->cap;
    if (c->n < c->cap)
        return E_OK;
    struct change *more = reallocarray(c->v, cap, sizeof *more);
    if (more == NULL)
        return E_NO_MEMORY;
    c->v = more;
    c->cap = cap;
    return E_OK;
}

enum err changes_put(struct changes *c, const struct change *change, struct diag *d)
{
    uint8_t key[DIGEST_LEN], place[DIGEST_LEN] = {0};
    const uint8_t *old = NULL;
    size_t at = c->n;
    key_of(change->serial, key);
    memcpy(place, &at, sizeof at);
    enum err e = reserve(c);
    if (e == E_OK)
        e = set_put(&c->places, key, place, &old);
    if (e != E_OK)
        return diag_set(d, e, "the changes of status");
    if (old != NULL)
        memcpy(&at, old, sizeof at);
    c->v[at] = *change;
    c->n += old == NULL;
    return E_OK;
}

static struct change *find(struct changes *c, const struct crl_entry *e)
{
    uint8_t key[DIGEST_LEN];
    size_t at;
    if (e->serial_n != SERIAL_LEN)
        return NULL;
    key_of(e->serial, key);
    const uint8_t *place = set_find(&c->places, key);
    if (place == NULL)
        return NULL;
    memcpy(&at, place, sizeof at);
    return &c->v[at];
}

static enum err other(const struct change *c, const char *what, struct diag *d)
{
    char hex[2 * SERIAL_LEN + 1];
    hex_encode(c->serial, SERIAL_LEN, hex);
    return diag_set(d, E_BUNDLE_ANSWER, "the list %s %s", what, hex);
}

static enum err check_entry(struct change *c, const struct crl_entry *e, const struct crl_facts *list, const char *key,
                            struct diag *d)
{
    bool released = c->act == PLAN_RELEASE, full = list->base == 0;
    if (c->key[0] != '\0' && strcmp(c->key, key) != 0)
        return other(c, "is not of the key that signed", d);
    if (released ? full || e->reason != CRL_REMOVE : e->reason != c->reason)
        return other(c, "says something else of", d);
    snprintf(c->key, sizeof c->key, "%s", key);
    if (full)
        c->listed = (int64_t)list->number;
    return E_OK;
}

enum err changes_check(struct changes *c, struct crl_view *list, const char *key, struct diag *d)
{
    const struct crl_facts *facts = crl_view_facts(list);
    bool full = facts->base == 0, more = true;
    struct crl_entry entry;
    enum err e = E_OK;
    crl_view_rewind(list);
    while (e == E_OK) {
        e = crl_view_next(list, &entry, &more, d);
        if (e != E_OK || !more)
            break;
        struct change *change = find(c, &entry);
        if (change != NULL)
            e = check_entry(change, &entry, facts, key, d);
    }
    for (size_t i = 0; c->v != NULL && full && e == E_OK && i < c->n; i++)
        if (c->v[i].act != PLAN_RELEASE && c->v[i].listed != (int64_t)facts->number && strcmp(c->v[i].key, key) == 0)
            e = other(&c->v[i], "lacks", d);
    return e;
}

void changes_free(struct changes *c)
{
    set_free(&c->places);
    free(c->v);
    *c = (struct changes){0};
}
