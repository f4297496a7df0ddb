#include "log/course.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log/log.h"

struct course *courses_find(const struct courses *all, const char *name)
{
    for (size_t i = 0; i < all->n; i++)
        if (strcmp(all->v[i].name, name) == 0)
            return &all->v[i];
    return NULL;
}

static enum err wrong(const struct record *r, const char *why, struct diag *d)
{
    return diag_set(d, E_LOG_ORDER, "%s line %llu: the ceremony %s %s", LOG_FILE, (unsigned long long)r->seq, record_text(r, "ceremony"), why);
}

static enum err begin(struct courses *all, const struct record *r, struct diag *d)
{
    struct course one = {.steps = record_number(r, "steps")};
    if (record_number(r, "done") != 0)
        return wrong(r, "was not begun", d);
    snprintf(one.name, sizeof one.name, "%s", record_text(r, "ceremony"));
    enum err e = record_digest(r, "file", one.file);
    if (e != E_OK)
        return e;
    struct course *more = reallocarray(all->v, all->n + 1, sizeof *more);
    if (more == NULL)
        return diag_set(d, E_NO_MEMORY, "ceremonies");
    all->v = more;
    all->v[all->n++] = one;
    return E_OK;
}

static enum err go_on(struct course *c, const struct record *r, struct diag *d)
{
    uint8_t file[DIGEST_LEN];
    enum err e = record_digest(r, "file", file);
    if (e == E_OK && (memcmp(file, c->file, DIGEST_LEN) != 0 || record_number(r, "steps") != c->steps))
        e = wrong(r, "was begun with another file", d);
    if (e == E_OK && record_number(r, "done") > c->done)
        e = wrong(r, "has not come so far", d);
    if (e == E_OK)
        c->done = record_number(r, "done");
    return e;
}

static enum err end_step(struct course *c, const struct record *r, struct diag *d)
{
    uint8_t(*more)[DIGEST_LEN] = reallocarray(c->over, (size_t)c->done + 1, sizeof *more);
    if (more == NULL)
        return diag_set(d, E_NO_MEMORY, "steps");
    c->over = more;
    return record_digest(r, "transcript", c->over[c->done++]);
}

enum err courses_take(struct courses *all, const struct record *r, struct diag *d)
{
    const int64_t step = record_number(r, "step");
    struct course *c = courses_find(all, record_text(r, "ceremony"));
    switch (r->type) {
    case RECORD_CEREMONY:
        return c == NULL ? begin(all, r, d) : go_on(c, r, d);
    case RECORD_TIME:
        return c == NULL ? wrong(r, "was not begun", d) : E_OK;
    case RECORD_STEP:
    case RECORD_EXCEPTION:
        if (c == NULL || step != c->done + 1 || step > c->steps)
            return wrong(r, "has another step next", d);
        return end_step(c, r, d);
    case RECORD_CERTIFY:
        return c == NULL || step != c->done + 1 || step > c->steps ? wrong(r, "has another step next", d) : E_OK;
    case RECORD_MINUTES:
        return c == NULL || c->done != c->steps - 1 ? wrong(r, "has other steps before its minutes", d) : E_OK;
    default:
        return E_OK;
    }
}

void courses_free(struct courses *all)
{
    for (size_t i = 0; i < all->n; i++)
        free(all->v[i].over);
    free(all->v);
    *all = (struct courses){0};
}
