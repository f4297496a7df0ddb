#include "ra/lines.h"

#include <string.h>

bool lines_next(struct lines *l, struct span *line, bool *whole)
{
    *line = (struct span){NULL, 0};
    if (l->rest.n == 0)
        return false;
    const uint8_t *newline = memchr(l->rest.p, '\n', l->rest.n);
    size_t n = newline != NULL ? (size_t)(newline - l->rest.p) : l->rest.n;
    *line = (struct span){l->rest.p, n};
    size_t used = newline != NULL ? n + 1 : n;
    l->rest = (struct span){l->rest.p + used, l->rest.n - used};
    l->number++;
    if (whole != NULL)
        *whole = newline != NULL;
    return true;
}
