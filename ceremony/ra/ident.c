#include "ra/ident.h"

#include <string.h>

#include "core/text.h"

enum err ident_from_name(const char *name, char out[LIMIT_TOKEN_TEXT + 1], struct diag *d)
{
    char id[LIMIT_TOKEN_TEXT + 1];
    out[0] = '\0';
    /* what begins with a hyphen would be an option wherever the id is typed, and a blank there is a slip */
    name += strspn(name, " -");
    const char *dot = strrchr(name, '.');
    size_t n = dot != NULL && dot != name ? (size_t)(dot - name) : strlen(name);
    while (n > 0 && name[n - 1] == ' ')
        n--;
    if (n > LIMIT_TOKEN_TEXT)
        return diag_set(d, E_FIELD_VALUE,
                        "%s: a request's id is its file's name, at most %d characters", name,
                        LIMIT_TOKEN_TEXT);
    for (size_t i = 0; i < n; i++)
        id[i] = name[i] == ' ' ? '-' : name[i];
    id[n] = '\0';
    if (!text_is_token(id, LIMIT_TOKEN_TEXT))
        return diag_set(d, E_FIELD_VALUE,
                        "%s: a request's id is its file's name: rename it with A-Z a-z 0-9 . _ - "
                        "and no dot in front",
                        name);
    memcpy(out, id, n + 1);
    return E_OK;
}
