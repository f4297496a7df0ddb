/* typed.h - the words of a digest as a person types them, checked one by one when their line ends. */
#ifndef ROOTSEAL_CEREMONY_TYPED_H
#define ROOTSEAL_CEREMONY_TYPED_H

#include <stdbool.h>

#include "core/diag.h"
#include "core/digest.h"

#define TYPED_WHY 256 /* bytes that suffice for what is wrong, in any language */

/* Begin with the digest and 0. */
struct typed {
    const uint8_t *digest; /* DIGEST_LEN bytes */
    size_t n;              /* so many words have been typed right, from the first one on */
};

/* Take one line. Words that are right count, and typing goes on behind them; a line may also begin with the first word again,
 * and the numbers of lines may stand among them.
 * False when a word is wrong, with one sentence in `why`, without a full stop, which tells of that word: not in the list,
 * which quotes nothing of it; in the list of the other places, as when a word was left out; another one than the digest's; or one
 * too many. Also when no word was typed. */
bool typed_take(struct typed *t, const char *line, char why[TYPED_WHY]);

/* What else than words a line may be, a scanned code for one: *is says so, and what is returned then ends the typing. */
typedef enum err typed_other(void *arg, const char *line, bool *is, struct diag *d);

/* Once the first words of the digest of `what` (N_()) were asked for, read lines until there are enough, three slips at most, and
 * ask on for the word that is next. `other` may be NULL. E_NOT_CONFIRMED after the last slip, and what `read` and `other` return. */
#define TYPED_ENOUGH 3
typedef enum err typed_read(char *line, size_t cap, struct diag *d);
ERR_MUST_USE enum err typed_words(const uint8_t digest[DIGEST_LEN], const char *what, typed_read *read, typed_other *other, void *arg,
                                  struct diag *d);

#endif
