#include "ra/lines.h"

#include <string.h>

struct lines lines_of(const struct spool *s)
{
    return (struct lines){.rest = s->content, .spool = s};
}

static void pass(struct lines *l, size_t n)
{
    l->rest = (struct span){l->rest.p + n, l->rest.n - n};
    l->passed += n;
    if (l->spool == NULL || l->passed < SPOOL_STRIDE)
        return;
    spool_let_go(l->spool);
    l->passed = 0;
}

bool lines_next(struct lines *l, struct span *line, bool *whole)
{
    *line = (struct span){NULL, 0};
    if (l->rest.n == 0)
        return false;
    const uint8_t *newline = memchr(l->rest.p, '\n', l->rest.n);
    size_t n = newline != NULL ? (size_t)(newline - l->rest.p) : l->rest.n;
    *line = (struct span){l->rest.p, n};
    pass(l, newline != NULL ? n + 1 : n);
    l->number++;
    if (whole != NULL)
        *whole = newline != NULL;
    return true;
}
