#include "room/script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/i18n.h"
#include "room/script_build.h"

static const char *const roles[ROOM_ROLES] = {NC_("role", "operator"), NC_("role", "officer"), NC_("role", "witness"),
                                               NC_("role", "auditor")};
static const char *const words[STEP_KINDS] = {
#define X(name, word) [STEP_##name] = word,
    STEP_TABLE(X)
#undef X
};

const char *script_role_name(enum room_role r)
{
    return (unsigned)r < ROOM_ROLES ? roles[r] : "?";
}

const char *script_step_name(enum step_kind k)
{
    return (unsigned)k < STEP_KINDS ? words[k] : "?";
}

bool script_role_by_name(const char *name, enum room_role *out)
{
    for (int i = 0; i < ROOM_ROLES; i++)
        if (strcmp(roles[i], name) == 0) {
            *out = (enum room_role)i;
            return true;
        }
    return false;
}

bool script_step_by_name(const char *name, enum step_kind *out)
{
    for (int i = 0; i < STEP_KINDS; i++)
        if (strcmp(words[i], name) == 0) {
            *out = (enum step_kind)i;
            return true;
        }
    return false;
}

int script_person_find(const struct script *s, const char *id)
{
    for (size_t i = 0; i < s->persons_n; i++)
        if (strcmp(s->persons[i].id, id) == 0)
            return (int)i;
    return -1;
}

int script_person_by_initials(const struct script *s, const char *initials)
{
    for (size_t i = 0; i < s->persons_n; i++)
        if (strcasecmp(s->persons[i].initials, initials) == 0)
            return (int)i;
    return -1;
}

static enum err build_all(struct script_build *b, struct script *out)
{
    enum err e = script_build_head(b, out);
    if (e == E_OK)
        e = script_build_persons(b, out);
    return e == E_OK ? script_build_steps(b, out) : e;
}

/* The reader of policies names the place; the code is the ceremony's. */
static enum err as_script(enum err e, struct diag *d)
{
    return e == E_POLICY ? diag_again(d, E_SCRIPT, d) : e;
}

enum err script_parse(const char *file, struct span text, const struct policy *policy, struct script *out,
                      struct diag *d)
{
    struct script_build b = {.policy = policy, .diag = d};
    *out = (struct script){0};
    enum err e = text.n > SCRIPT_BYTES ? diag_set(d, E_SCRIPT, "%s is longer than %u bytes", file, SCRIPT_BYTES)
                                       : E_OK;
    if (e == E_OK)
        e = digest_bytes(DIGEST_SHA256, text.p, text.n, out->digest);
    buf_append(&out->text, text.p, text.n);
    out->memory = calloc(1, sizeof *out->memory);
    if (e == E_OK && (out->memory == NULL || buf_err(&out->text) != E_OK))
        e = diag_set(d, E_NO_MEMORY, "%s", file);
    if (e == E_OK)
        e = where_load(file, text, &b.where, d);
    if (e == E_OK)
        e = script_yaml_load(text, b.where, &out->memory->yaml, d);
    if (e == E_OK)
        e = build_all(&b, out);
    where_free(b.where);
    if (e != E_OK)
        script_free(out);
    return as_script(e, d);
}

void script_free(struct script *s)
{
    buf_free(&s->text);
    if (s->memory != NULL) {
        for (size_t i = 0; i < SCRIPT_PERSONS; i++)
            buf_free(&s->memory->certificates[i]);
        for (size_t i = 0; i < SCRIPT_STEPS; i++) {
            free(s->memory->from[i]);
            free(s->memory->to[i]);
        }
        script_yaml_free(s->memory->yaml);
        free(s->memory);
    }
    *s = (struct script){0};
}
