/* script_yaml.h - the ceremony file as its YAML has it, before anything in it was checked. Included by script*.c alone. */
#ifndef ROOTSEAL_ROOM_SCRIPT_YAML_H
#define ROOTSEAL_ROOM_SCRIPT_YAML_H

#include "policy/where.h"

struct yaml_texts {
    char **v;
    unsigned n;
};

struct yaml_person {
    char *id, *name, *role, *initials;
    char *certificate; /* may be NULL */
};

struct yaml_expect {
    char *algorithm, *subject, *key_id, *until, *token; /* each may be NULL */
};

struct yaml_step {
    char *what;
    char *say, *key, *key_by, *from, *to, *digest; /* each may be NULL */
    struct yaml_texts keys, by, bundles, without;
    struct yaml_expect *expect; /* may be NULL */
};

struct yaml_script {
    char *ceremony, *title, *follows;
    char *policy, *pin_parts; /* each may be NULL */
    struct yaml_person *present;
    unsigned present_n;
    struct yaml_step *steps;
    unsigned steps_n;
};

/* E_POLICY with the place in d; the caller gives it the ceremony's code. */
ERR_MUST_USE enum err script_yaml_load(struct span text, const struct where *where, struct yaml_script **out,
                                       struct diag *d);
void script_yaml_free(struct yaml_script *y);

#endif
