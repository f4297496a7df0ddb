#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "core/i18n.h"
#include "officer/typed.h"

static enum err read_line(char *line, size_t cap, struct diag *d)
{
    fflush(stdout);
    if (fgets(line, (int)cap, stdin) != NULL)
        return E_OK;
    putchar('\n'); /* what is said of it begins a line */
    return diag_set(d, E_NOT_CONFIRMED, "nothing was typed");
}

static enum err ask(const uint8_t digest[DIGEST_LEN], const char *what, struct diag *d)
{
    printf(_("\nType the first %d words of the %s, or more of them, to confirm it: "), TYPED_ENOUGH, _(what));
    return typed_words(digest, what, read_line, NULL, NULL, d);
}

enum err confirm_digest(const uint8_t digest[DIGEST_LEN], const char *what, struct diag *d)
{
    uint8_t given[DIGEST_LEN];
    if (options.digest == NULL)
        return isatty(STDIN_FILENO) ? ask(digest, what, d)
                                    : diag_set(d, E_NOT_CONFIRMED, "there is no terminal, and no --digest");
    if (!hex_decode(options.digest, given, DIGEST_LEN) || memcmp(given, digest, DIGEST_LEN) != 0)
        return diag_set(d, E_NOT_CONFIRMED, "--digest is not that of the %s", what);
    return E_OK;
}
