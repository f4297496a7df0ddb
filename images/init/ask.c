#include "ask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/i18n.h"
#include "core/terminal.h"

bool ask_line(const char *question, char out[ASK_LINE])
{
    size_t n;
    do {
        fflush(stdout);
        if (terminal_ask(question, false, out, ASK_LINE, &n, NULL) != E_OK)
            return false;
    } while (n == ASK_LINE); /* too long: once more */
    return true;
}

bool ask_enter(const char *question)
{
    char line[ASK_LINE];
    return ask_line(question, line);
}

enum err ask_choice(size_t n, size_t *choice, struct diag *d)
{
    char line[ASK_LINE];
    *choice = 0;
    while (ask_line(_("Type a number, or only Enter to leave it: "), line) && line[0] != '\0') {
        char *end;
        const unsigned long number = strtoul(line, &end, 10);
        if (strspn(line, "0123456789") == strlen(line) && *end == '\0' && number >= 1 && number <= n) {
            *choice = number - 1;
            return E_OK;
        }
        printf(_("There is no \"%s\" here.\n"), strspn(line, "0123456789") == strlen(line) ? line : "?");
    }
    return diag_set(d, E_STOPPED, "nothing was chosen; nothing was done");
}
