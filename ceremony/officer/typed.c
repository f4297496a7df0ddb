#include "officer/typed.h"

#include <stdio.h>
#include <string.h>

#include "core/i18n.h"
#include "core/screen.h"
#include "core/words.h"

#define SEPARATORS " \t\r\n-"
#define TRIES 3

/* What is wrong with this word in place `at`; false when nothing is. What is in neither list is not quoted: it may have been a
 * PIN or a passphrase, typed a question too early, and what is said here is kept. */
static bool is_wrong(const uint8_t *digest, size_t at, const char *word, size_t n, char why[TYPED_WHY])
{
    uint8_t b = 0;
    if (!words_find(at, word, n, &b) && !words_find(at + 1, word, n, &b)) {
        snprintf(why, TYPED_WHY, _("word %zu is not in the list"), at + 1);
        return true;
    }
    const int in_words = snprintf(why, TYPED_WHY, _("word %zu, \"%.*s\", "), at + 1, (int)n, word);
    char *rest = why + in_words;
    const size_t room = TYPED_WHY - (size_t)in_words;
    if (at == DIGEST_LEN)
        snprintf(rest, room, "%s", _("is one too many"));
    else if (!words_find(at, word, n, &b))
        snprintf(rest, room, "%s", _("is of the other list: was a word left out, doubled or exchanged?"));
    else if (b != digest[at])
        snprintf(rest, room, "%s", _("is another word"));
    else
        why[0] = '\0';
    return why[0] != '\0';
}

/* The place behind the last word that is right when the line begins in place `at`. */
static size_t follow(const uint8_t *digest, size_t at, const char *line, char why[TYPED_WHY])
{
    why[0] = '\0';
    for (line += strspn(line, SEPARATORS); *line != '\0'; line += strspn(line, SEPARATORS)) {
        size_t n = strcspn(line, SEPARATORS);
        if (strspn(line, "0123456789") == n) { /* a line's number */
            line += n;
            continue;
        }
        if (is_wrong(digest, at, line, n, why))
            break;
        at++;
        line += n;
    }
    return at;
}

bool typed_take(struct typed *t, const char *line, char why[TYPED_WHY])
{
    char anew[TYPED_WHY];
    if (line[strspn(line, SEPARATORS "0123456789")] == '\0') {
        snprintf(why, TYPED_WHY, "%s", _("nothing was typed"));
        return false;
    }
    size_t on = follow(t->digest, t->n, line, why), again = follow(t->digest, 0, line, anew);
    if (t->n > 0 && again > 0 && (on == t->n || again > on)) { /* from the first word on, which may be the next one's, too */
        on = again > on ? again : on;
        memcpy(why, anew, TYPED_WHY);
    }
    t->n = on;
    return why[0] == '\0';
}

static void ask_again(const char *why, const struct typed *t, const char *what)
{
    char text[TYPED_WHY + 128];
    snprintf(text, sizeof text, _("That is not it: %s."), why);
    screen_fold(0, 0, text);
    printf(_("Go on with word %zu of the %s: "), t->n + 1, _(what));
}

enum err typed_words(const uint8_t digest[DIGEST_LEN], const char *what, typed_read *read, typed_other *other, void *arg, struct diag *d)
{
    struct typed t = {.digest = digest};
    char line[DIGEST_LEN * 16], why[TYPED_WHY];
    for (int slips = 0; slips < TRIES;) {
        bool is_other = false;
        enum err e = read(line, sizeof line, d);
        if (e == E_OK && other != NULL)
            e = other(arg, line, &is_other, d);
        if (e != E_OK || is_other)
            return e;
        const bool right = typed_take(&t, line, why);
        if (right && t.n >= TYPED_ENOUGH)
            return E_OK;
        if (!right && ++slips < TRIES)
            ask_again(why, &t, what);
        else if (right)
            printf(_("So far it is right. Go on with word %zu of the %s: "), t.n + 1, _(what));
    }
    return diag_set(d, E_NOT_CONFIRMED, "those are not the words of the %s", what);
}
