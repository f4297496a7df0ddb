#include "room/tee.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/file.h"

#define SAID_MAX 1000 /* bytes of one line; what is longer is kept in parts */

/* There is one standard output. */
static struct {
    struct transcript *transcript;
    FILE *screen; /* stdout as it was */
    int n;
    char line[SAID_MAX];
    size_t used;
    enum err failed;
    struct diag why;
} tee;

/* The first n bytes of the line. */
static void keep(size_t n)
{
    json_t *text = json_stringn(tee.line, n);
    if (tee.n > 0 && n > 0 && tee.failed == E_OK)
        tee.failed = transcript_add(tee.transcript, EVENT_SAID,
                                    json_pack("{s:i,s:o}", "n", tee.n, "text", text != NULL ? text : json_null()), &tee.why);
    else
        json_decref(text);
    tee.used -= n;
    memmove(tee.line, tee.line + n, tee.used);
}

/* As much of a full line as ends with a whole character. */
static size_t whole(void)
{
    size_t n = tee.used;
    while (n > 0 && (tee.line[n - 1] & 0xc0) == 0x80)
        n--;
    return n > 1 && (tee.line[n - 1] & 0x80) != 0 ? n - 1 : tee.used;
}

static ssize_t take(void *cookie, const char *p, size_t n)
{
    (void)cookie;
    if (file_write_all(STDOUT_FILENO, p, n, "standard output", NULL) != E_OK)
        return 0;
    for (size_t i = 0; i < n; i++) {
        if (p[i] == '\n')
            keep(tee.used);
        else if (tee.used == sizeof tee.line)
            keep(whole());
        if (p[i] != '\n')
            tee.line[tee.used++] = p[i];
    }
    return (ssize_t)n;
}

enum err tee_begin(struct transcript *t, struct diag *d)
{
    FILE *both = fopencookie(NULL, "w", (cookie_io_functions_t){.write = take});
    if (both == NULL)
        return diag_set(d, E_NO_MEMORY, "standard output");
    setvbuf(both, NULL, _IOLBF, BUFSIZ);
    fflush(stdout);
    tee.transcript = t;
    tee.screen = stdout;
    tee.used = 0;
    tee.failed = E_OK;
    stdout = both;
    return E_OK;
}

void tee_step(int n)
{
    fflush(stdout);
    keep(tee.used);
    tee.n = n;
}

void tee_break(void)
{
    fflush(stdout);
    keep(tee.used);
}

enum err tee_check(struct diag *d)
{
    tee_break();
    if (tee.failed != E_OK && d != NULL)
        *d = tee.why;
    return tee.failed;
}

void tee_end(void)
{
    if (tee.screen == NULL)
        return;
    tee_break();
    fclose(stdout);
    stdout = tee.screen;
    tee.screen = NULL;
}
