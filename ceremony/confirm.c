#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "core/i18n.h"
#include "officer/typed.h"

#define WORDS_TYPED 3
#define TRIES 3

static enum err ask(const uint8_t digest[DIGEST_LEN], const char *what, struct diag *d)
{
    struct typed t = {.digest = digest};
    char line[DIGEST_LEN * 16], why[TYPED_WHY];
    printf(_("\nType the first %d words of the %s, or more of them, to confirm it: "), WORDS_TYPED, _(what));
    for (int slips = 0; slips < TRIES;) {
        fflush(stdout);
        if (fgets(line, sizeof line, stdin) == NULL) {
            putchar('\n'); /* what is said of it begins a line */
            return diag_set(d, E_NOT_CONFIRMED, "nothing was typed");
        }
        bool right = typed_take(&t, line, why);
        if (right && t.n >= WORDS_TYPED)
            return E_OK;
        if (!right && ++slips < TRIES)
            printf(_("That is not it: %s. Go on with word %zu of the %s: "), why, t.n + 1, _(what));
        else if (right)
            printf(_("So far it is right. Go on with word %zu of the %s: "), t.n + 1, _(what));
    }
    return diag_set(d, E_NOT_CONFIRMED, "those are not the words of the %s", what);
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
