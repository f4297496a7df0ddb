#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/tally.h"

static int compare(const struct tally_row *row, const char *const key[TALLY_KEYS])
{
    int order = 0;
    for (size_t i = 0; i < TALLY_KEYS && order == 0; i++)
        order = strncmp(row->key[i], key[i], TALLY_TEXT);
    return order;
}

/* Where the row is, or would be put. */
static size_t place(const struct tally_table *t, const char *const key[TALLY_KEYS])
{
    size_t low = 0, high = t->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare(&t->v[middle], key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

enum err tally_at(struct tally_table *t, const char *const key[TALLY_KEYS], struct tally_row **out)
{
    size_t at = place(t, key);
    *out = NULL;
    if (at < t->n && compare(&t->v[at], key) == 0) {
        *out = &t->v[at];
        return E_OK;
    }
    if (t->n == TALLY_ROWS_MAX) {
        t->has_rest = true;
        *out = &t->rest;
        return E_OK;
    }
    if (t->n % 16 == 0) {
        struct tally_row *more = realloc(t->v, (t->n + 16) * sizeof *more);
        if (more == NULL)
            return E_NO_MEMORY;
        t->v = more;
    }
    memmove(&t->v[at + 1], &t->v[at], (t->n - at) * sizeof *t->v);
    t->n++;
    t->v[at] = (struct tally_row){0};
    for (size_t i = 0; i < TALLY_KEYS; i++)
        snprintf(t->v[at].key[i], sizeof t->v[at].key[i], "%s", key[i]);
    *out = &t->v[at];
    return E_OK;
}

static void add(struct tally_row *to, const struct tally_row *from)
{
    for (size_t i = 0; i < TALLY_FIGURES; i++)
        if (i != TALLY_LONGEST)
            to->figure[i] += from->figure[i];
        else if (from->figure[i] > to->figure[i])
            to->figure[i] = from->figure[i];
}

enum err tally_sum(const struct tally_table *t, size_t first, size_t second, struct tally_table *out)
{
    enum err e = E_OK;
    *out = (struct tally_table){.has_rest = t->has_rest};
    add(&out->rest, &t->rest);
    for (size_t i = 0; i < t->n && e == E_OK; i++) {
        struct tally_row *row = NULL;
        const char *const key[] = {first < TALLY_KEYS ? t->v[i].key[first] : "", second < TALLY_KEYS ? t->v[i].key[second] : "", ""};
        e = tally_at(out, key, &row);
        if (e == E_OK)
            add(row, &t->v[i]);
    }
    if (e != E_OK)
        tally_table_free(out);
    return e;
}

void tally_table_free(struct tally_table *t)
{
    free(t->v);
    *t = (struct tally_table){0};
}
