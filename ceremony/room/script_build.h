/* script_build.h - from the YAML to the script, checking everything. Included by script*.c alone. */
#ifndef ROOTSEAL_ROOM_SCRIPT_BUILD_H
#define ROOTSEAL_ROOM_SCRIPT_BUILD_H

#include "room/script.h"
#include "room/script_yaml.h"

/* What a script keeps: the texts are the YAML's. */
struct script_memory {
    struct yaml_script *yaml;
    struct script_person persons[SCRIPT_PERSONS];
    struct script_step steps[SCRIPT_STEPS];
    struct buf certificates[SCRIPT_PERSONS]; /* decoded */
    char *from[SCRIPT_STEPS], *to[SCRIPT_STEPS]; /* where media are plugged in (script_media.h) */
};

struct script_build {
    const struct policy *policy;
    struct where *where;
    struct diag *diag;
};

bool script_role_by_name(const char *name, enum room_role *out);
bool script_step_by_name(const char *name, enum step_kind *out);

/* All E_POLICY with the place. In this order. */
ERR_MUST_USE enum err script_build_head(struct script_build *b, struct script *out);
ERR_MUST_USE enum err script_build_persons(struct script_build *b, struct script *out);
ERR_MUST_USE enum err script_build_steps(struct script_build *b, struct script *out);

/* "NAME[i].field", or without i < 0 or an empty field as much of it as there is, as where.h's paths are. */
enum err script_build_error(struct script_build *b, const char *list, int i, const char *field, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

#endif
