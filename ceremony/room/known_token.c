#include "room/known_token.h"

#include <stdio.h>

#include "core/i18n.h"

#define URI_MAX 1024

/* The policy's URI, narrowed down. */
static enum err narrow(const char *serial, char out[URI_MAX], struct diag *d)
{
    int n = snprintf(out, URI_MAX, "%s;serial=", policy_table.token);
    for (const char *c = serial; *c != '\0' && n > 0 && n < URI_MAX; c++)
        n += snprintf(out + n, (size_t)(URI_MAX - n), "%%%02X", (unsigned char)*c);
    return n > 0 && n < URI_MAX ? E_OK : diag_set(d, E_URI, "the serial number is too long");
}

enum err known_token_open(const char *module, const struct state *s, const struct hsm_patience *patience, struct hsm **out,
                          struct diag *d)
{
    char uri[URI_MAX];
    struct diag why = {0};
    enum err e = hsm_open(module, policy_table.token, policy_table.vendor, patience, out, &why);
    if (e == E_TOKEN_AMBIGUOUS && s != NULL && narrow(s->token_serial, uri, NULL) == E_OK)
        return hsm_open(module, uri, policy_table.vendor, patience, out, d);
    if (e != E_OK)
        *d = why;
    return e;
}

enum err known_token_second(struct hsm *h, const char *serial, struct hsm **out, struct diag *d)
{
    char uri[URI_MAX];
    *out = NULL;
    enum err e = serial != NULL ? narrow(serial, uri, d) : E_OK;
    if (e == E_OK)
        e = hsm_open_second(h, serial != NULL ? uri : policy_table.token, out, d);
    if (e == E_OK)
        printf(_("second  token %s, serial %s\n"), hsm_identity(*out)->label, hsm_identity(*out)->serial);
    return e;
}
