#include "room/script_yaml.h"

#include "policy/yaml.h"

static const cyaml_schema_field_t person_fields[] = {
    TEXT("id", yaml_person, id),
    TEXT("name", yaml_person, name),
    TEXT("role", yaml_person, role),
    TEXT("initials", yaml_person, initials),
    TEXT_OPTIONAL("certificate", yaml_person, certificate),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t person_entry = ENTRY(yaml_person, person_fields);

static const cyaml_schema_field_t expect_fields[] = {
    TEXT_OPTIONAL("algorithm", yaml_expect, algorithm),
    TEXT_OPTIONAL("subject", yaml_expect, subject),
    TEXT_OPTIONAL("key-id", yaml_expect, key_id),
    TEXT_OPTIONAL("until", yaml_expect, until),
    TEXT_OPTIONAL("token", yaml_expect, token),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t step_fields[] = {
    TEXT("do", yaml_step, what),
    TEXT_OPTIONAL("say", yaml_step, say),
    TEXTS_OPTIONAL("by", yaml_step, by),
    TEXT_OPTIONAL("key", yaml_step, key),
    TEXTS_OPTIONAL("keys", yaml_step, keys),
    TEXTS_OPTIONAL("without", yaml_step, without),
    TEXT_OPTIONAL("signed-by", yaml_step, key_by),
    TEXT_OPTIONAL("from", yaml_step, from),
    TEXT_OPTIONAL("to", yaml_step, to),
    TEXT_OPTIONAL("digest", yaml_step, digest),
    TEXTS_OPTIONAL("bundles", yaml_step, bundles),
    MAPPING_OPTIONAL("expect", yaml_step, expect, expect_fields),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t step_entry = ENTRY(yaml_step, step_fields);

static const cyaml_schema_field_t script_fields[] = {
    TEXT("ceremony", yaml_script, ceremony),
    TEXT("title", yaml_script, title),
    TEXT_OPTIONAL("policy", yaml_script, policy),
    TEXT("follows", yaml_script, follows),
    TEXT_OPTIONAL("pin-parts", yaml_script, pin_parts),
    LIST("present", yaml_script, present, &person_entry),
    LIST("steps", yaml_script, steps, &step_entry),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t top = TOP(yaml_script, script_fields);

enum err script_yaml_load(struct span text, const struct where *where, struct yaml_script **out, struct diag *d)
{
    void *data = NULL;
    enum err e = yaml_struct_load(&top, text, where, &data, d);
    *out = data;
    return e;
}

void script_yaml_free(struct yaml_script *y)
{
    yaml_struct_free(&top, y);
}
