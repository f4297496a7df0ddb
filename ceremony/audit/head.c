#include "audit/head.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/words.h"

enum err head_parse(const char *text, uint8_t out[DIGEST_LEN], struct diag *d)
{
    if (hex_decode(text, out, DIGEST_LEN) || words_parse(text, out, DIGEST_LEN))
        return E_OK;
    return diag_set(d, E_USAGE, "--head wants %d hexadecimal digits or %d words", 2 * DIGEST_LEN,
                    DIGEST_LEN);
}

enum err head_parse_lines(const char *name, const char *text, uint64_t *out, struct diag *d)
{
    char *end = NULL;
    errno = 0;
    *out = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || *out == 0 ||
        *out > INT64_MAX) {
        *out = 0;
        return diag_set(d, E_USAGE, "--%s wants a number of lines, not %s", name, text);
    }
    return E_OK;
}
