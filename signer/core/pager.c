#include "core/pager.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/i18n.h"
#include "core/screen.h"

#define PAGE (SCREEN_ROWS - 2) /* the question that ended the last page, and the one that ends this */

void pager_begin(struct pager *p, size_t rows)
{
    *p = (struct pager){.on = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO), .rows = rows};
}

static enum err turn(struct pager *p, struct diag *d)
{
    char line[16];
    if (!p->on || p->rows == 0)
        return E_OK;
    printf("%s", _("-- more: Enter, q to stop -- "));
    fflush(stdout);
    do {
        if (fgets(line, sizeof line, stdin) == NULL)
            return diag_set(d, E_NOT_CONFIRMED, "nothing was typed at the end of a page");
        p->stopped = p->stopped || strcmp(line, "q\n") == 0;
    } while (strchr(line, '\n') == NULL);
    p->rows = 0;
    return p->stopped ? diag_set(d, E_NOT_CONFIRMED, "it was stopped before all of it was shown") : E_OK;
}

enum err pager_keep_together(struct pager *p, size_t rows, struct diag *d)
{
    return p->rows + rows > PAGE ? turn(p, d) : E_OK;
}

static enum err print_line(struct pager *p, size_t indent, const char *line, struct diag *d)
{
    for (size_t at = 0;; at = indent) {
        size_t n = p->on ? screen_row(line, SCREEN_COLUMNS - at) : strlen(line);
        enum err e = pager_keep_together(p, 1, d);
        if (e != E_OK)
            return e;
        printf("%*s%.*s\n", (int)at, "", (int)n, line);
        p->rows++;
        line += n;
        line += strspn(line, " ");
        if (*line == '\0')
            return E_OK;
    }
}

enum err pager_print(struct pager *p, size_t indent, const struct buf *text, struct diag *d)
{
    enum err e = buf_err(text);
    if (e != E_OK)
        return diag_set(d, e, "what is to be shown");
    const char *from = (const char *)text->data, *end = from + text->len;
    while (from < end && e == E_OK) {
        const char *newline = memchr(from, '\n', (size_t)(end - from));
        size_t n = newline != NULL ? (size_t)(newline - from) : (size_t)(end - from);
        char *line = strndup(from, n);
        e = line != NULL ? print_line(p, indent, line, d) : diag_set(d, E_NO_MEMORY, "what is to be shown");
        free(line);
        from += n + 1;
    }
    return e;
}
