#include "room/script_media.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "room/script_build.h"

static bool leads_out(const char *name)
{
    if (name[0] == '/')
        return true;
    for (const char *p = name; p != NULL; p = strchr(p, '/')) {
        p += *p == '/';
        if (p[0] == '.' && p[1] == '.' && (p[2] == '/' || p[2] == '\0'))
            return true;
    }
    return false;
}

/* kept is freed with the script. */
static enum err put_under(const char *media, int n, const char **name, char **kept, struct diag *d)
{
    if (*name == NULL)
        return E_OK;
    if (leads_out(*name))
        return diag_set(d, E_SCRIPT, "step %d: %s leads out of %s", n, *name, media);
    if (asprintf(kept, "%s/%s", media, *name) < 0) {
        *kept = NULL;
        return diag_set(d, E_NO_MEMORY, "names of files");
    }
    *name = *kept;
    return E_OK;
}

enum err script_under_media(struct script *s, const char *media, struct diag *d)
{
    enum err e = E_OK;
    for (size_t i = 0; i < s->steps_n && e == E_OK; i++) {
        struct script_step *step = &s->memory->steps[i];
        e = put_under(media, step->n, &step->from, &s->memory->from[i], d);
        if (e == E_OK)
            e = put_under(media, step->n, &step->to, &s->memory->to[i], d);
    }
    return e;
}
