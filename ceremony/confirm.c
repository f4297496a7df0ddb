#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "core/i18n.h"
#include "core/words.h"

#define WORDS_TYPED 3
#define TRIES 3

/* As many words as a person likes: three, a line of four, or all of them. */
static bool fits(const char *line, const uint8_t digest[DIGEST_LEN])
{
    uint8_t typed[DIGEST_LEN];
    for (size_t n = WORDS_TYPED; n <= DIGEST_LEN; n++)
        if (words_parse(line, typed, n))
            return memcmp(typed, digest, n) == 0;
    return false;
}

static enum err ask(const uint8_t digest[DIGEST_LEN], const char *what, struct diag *d)
{
    char line[DIGEST_LEN * 16];
    for (int i = 0; i < TRIES; i++) {
        if (i > 0)
            printf("%s", _("Those are not its words."));
        printf(_("\nType the first %d words of the %s, or more of them, to confirm it: "), WORDS_TYPED, _(what));
        fflush(stdout);
        if (fgets(line, sizeof line, stdin) == NULL)
            return diag_set(d, E_NOT_CONFIRMED, "nothing was typed");
        if (fits(line, digest))
            return E_OK;
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
