#include "policy/schema.h"

#include "policy/yaml.h"

static const cyaml_schema_field_t attribute_fields[] = {
    TEXT("type", yaml_attribute, type),
    TEXT_OPTIONAL("value", yaml_attribute, value),
    TEXT_OPTIONAL("required", yaml_attribute, required),
    TEXT_OPTIONAL("max", yaml_attribute, max),
    TEXT_OPTIONAL("string", yaml_attribute, string),
    TEXT("clause", yaml_attribute, clause),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t attribute_entry = ENTRY(yaml_attribute, attribute_fields);

static const cyaml_schema_field_t crl_fields[] = {
    TEXT("period", yaml_crl, period),
    TEXT_OPTIONAL("delta", yaml_crl, delta),
    TEXT_OPTIONAL("url", yaml_crl, url),
    TEXT("clause", yaml_crl, clause),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t key_fields[] = {
    TEXT("name", yaml_key, name),
    TEXT("uri", yaml_key, uri),
    TEXT("kind", yaml_key, kind),
    TEXT_OPTIONAL("bits", yaml_key, bits),
    TEXT("alg", yaml_key, alg),
    TEXT_OPTIONAL("sm2-null", yaml_key, sm2_null),
    TEXT_OPTIONAL("transferable", yaml_key, transferable),
    LIST("subject", yaml_key, subject, &attribute_entry),
    TEXT("validity", yaml_key, validity),
    TEXT_OPTIONAL("issuer", yaml_key, issuer),
    MAPPING_OPTIONAL("crl", yaml_key, crl, crl_fields),
    TEXT("clause", yaml_key, clause),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t key_entry = ENTRY(yaml_key, key_fields);

static const cyaml_schema_field_t log_fields[] = {
    TEXT("hash", yaml_log, hash),
    MAPPING("key", yaml_log, key, key_fields),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t bundle_fields[] = {
    MAPPING("key", yaml_bundle, key, key_fields),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t limits_fields[] = {
    TEXT("batch-bytes", yaml_limits, batch_bytes),
    TEXT("batch-requests", yaml_limits, batch_requests),
    TEXT("batch-age", yaml_limits, batch_age),
    TEXT("plan-lifetime", yaml_limits, plan_lifetime),
    TEXT("token-timeout", yaml_limits, token_timeout),
    TEXT("clock-jump", yaml_limits, clock_jump),
    TEXT("clause", yaml_limits, clause),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t quorum_fields[] = {
    TEXT("officers", yaml_quorum, officers),
    TEXT("clause", yaml_quorum, clause),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t appliance_fields[] = {
    TEXT("name", yaml_appliance, name),
    TEXT("token", yaml_appliance, token),
    TEXT("sm2-vendor", yaml_appliance, sm2_vendor),
    MAPPING("log", yaml_appliance, log, log_fields),
    MAPPING("bundle", yaml_appliance, bundle, bundle_fields),
    MAPPING("limits", yaml_appliance, limits, limits_fields),
    MAPPING("quorum", yaml_appliance, quorum, quorum_fields),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t ra_fields[] = {
    TEXT("id", yaml_ra, id),
    TEXT("authority", yaml_ra, authority),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t ra_entry = ENTRY(yaml_ra, ra_fields);

static const cyaml_schema_field_t person_fields[] = {
    TEXT("id", yaml_person, id),
    TEXT("ra", yaml_person, ra),
    TEXT("role", yaml_person, role),
    TEXT("certificate", yaml_person, certificate),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t person_entry = ENTRY(yaml_person, person_fields);

static const cyaml_schema_field_t officer_fields[] = {
    TEXT("id", yaml_person, id),
    TEXT("certificate", yaml_person, certificate),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t officer_entry = ENTRY(yaml_person, officer_fields);

static const cyaml_schema_field_t people_fields[] = {
    LIST("ras", yaml_people, ras, &ra_entry),
    LIST("persons", yaml_people, persons, &person_entry),
    LIST("officers", yaml_people, officers, &officer_entry),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t service_fields[] = {
    TEXT("op", yaml_service, op),
    TEXT_OPTIONAL("by", yaml_service, by),
    TEXT("clause", yaml_service, clause),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t service_entry = ENTRY(yaml_service, service_fields);

static const cyaml_schema_field_t services_fields[] = {
    LIST("offered", yaml_services, offered, &service_entry),
    TEXT("clause", yaml_services, clause),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t reason_fields[] = {
    TEXT("by", yaml_reason, by),
    TEXT("name", yaml_reason, name),
    TEXT("code", yaml_reason, code),
    TEXT("clause", yaml_reason, clause),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t reason_entry = ENTRY(yaml_reason, reason_fields);

static const cyaml_schema_field_t renewal_fields[] = {
    TEXT_OPTIONAL("window", yaml_renewal, window),
    TEXT_OPTIONAL("new-key", yaml_renewal, new_key),
    TEXT("clause", yaml_renewal, clause),
    TEXT_OPTIONAL("key-clause", yaml_renewal, key_clause),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t promise_fields[] = {
    TEXT("duration", yaml_promise, duration),
    TEXT("clause", yaml_promise, clause),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t ocsp_fields[] = {
    TEXT("key", yaml_ocsp, key),
    TEXT("period", yaml_ocsp, period),
    TEXT("clause", yaml_ocsp, clause),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t approval_fields[] = {
    TEXT("role", yaml_approval, role),
    TEXT("count", yaml_approval, count),
    TEXT("clause", yaml_approval, clause),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t approval_entry = ENTRY(yaml_approval, approval_fields);

static const cyaml_schema_field_t subject_key_fields[] = {
    TEXT("kind", yaml_subject_key, kind),
    TEXT_OPTIONAL("min-bits", yaml_subject_key, min_bits),
    TEXT_OPTIONAL("max-bits", yaml_subject_key, max_bits),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t subject_key_entry = ENTRY(yaml_subject_key, subject_key_fields);

static const cyaml_schema_field_t subject_keys_fields[] = {
    LIST("allowed", yaml_subject_keys, allowed, &subject_key_entry),
    TEXT("clause", yaml_subject_keys, clause),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t validity_fields[] = {
    TEXT("period", yaml_validity, period),
    TEXT("clause", yaml_validity, clause),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t holders_fields[] = {
    TEXT("issuer", yaml_holders, issuer),
    TEXT("clause", yaml_holders, clause),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t seals_fields[] = {
    TEXT("key", yaml_seals, key),
    MAPPING("validity", yaml_seals, validity, validity_fields),
    MAPPING_OPTIONAL("holders", yaml_seals, holders, holders_fields),
    TEXT("clause", yaml_seals, clause),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t key_usage_fields[] = {
    TEXTS("bits", yaml_key_usage, bits),
    TEXT("clause", yaml_key_usage, clause),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t extensions_fields[] = {
    TEXTS_OPTIONAL("extended-key-usage", yaml_extensions, extended_key_usage),
    TEXTS_OPTIONAL("policies", yaml_extensions, policies),
    TEXTS_OPTIONAL("crl", yaml_extensions, crl),
    TEXTS_OPTIONAL("ocsp", yaml_extensions, ocsp),
    TEXTS_OPTIONAL("issuers", yaml_extensions, issuers),
    TEXTS_OPTIONAL("copy-extensions", yaml_extensions, copy_extensions),
    TEXT("clause", yaml_extensions, clause),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t identity_fields[] = {
    TEXT("field", yaml_identity, field),
    TEXT_OPTIONAL("required", yaml_identity, required),
    TEXT_OPTIONAL("check", yaml_identity, check),
    TEXT("clause", yaml_identity, clause),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t identity_entry = ENTRY(yaml_identity, identity_fields);

static const cyaml_schema_field_t profile_fields[] = {
    TEXT("name", yaml_profile, name),
    TEXT("kind", yaml_profile, kind),
    TEXT("key", yaml_profile, key),
    TEXT("clause", yaml_profile, clause),
    MAPPING("subject-keys", yaml_profile, subject_keys, subject_keys_fields),
    LIST("subject", yaml_profile, subject, &attribute_entry),
    MAPPING("validity", yaml_profile, validity, validity_fields),
    MAPPING("key-usage", yaml_profile, key_usage, key_usage_fields),
    MAPPING("extensions", yaml_profile, extensions, extensions_fields),
    LIST_OPTIONAL("identity", yaml_profile, identity, &identity_entry),
    TEXT_OPTIONAL("identity-tagging", yaml_profile, identity_tagging),
    TEXT_OPTIONAL("pair", yaml_profile, pair),
    TEXT_OPTIONAL("sm2-null", yaml_profile, sm2_null),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t profile_entry = ENTRY(yaml_profile, profile_fields);

static const cyaml_schema_field_t authority_fields[] = {
    TEXT("authority", yaml_authority, authority),
    TEXT("title", yaml_authority, title),
    TEXT("agreement", yaml_authority, agreement),
    LIST("keys", yaml_authority, keys, &key_entry),
    MAPPING("services", yaml_authority, services, services_fields),
    LIST_OPTIONAL("reasons", yaml_authority, reasons, &reason_entry),
    MAPPING_OPTIONAL("renewal", yaml_authority, renewal, renewal_fields),
    MAPPING_OPTIONAL("revoke-within", yaml_authority, revoke_within, promise_fields),
    MAPPING_OPTIONAL("ocsp", yaml_authority, ocsp, ocsp_fields),
    MAPPING_OPTIONAL("seals", yaml_authority, seals, seals_fields),
    LIST("approvals", yaml_authority, approvals, &approval_entry),
    LIST("profiles", yaml_authority, profiles, &profile_entry),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t tops[] = {
    [SCHEMA_APPLIANCE] = TOP(yaml_appliance, appliance_fields),
    [SCHEMA_PEOPLE] = TOP(yaml_people, people_fields),
    [SCHEMA_AUTHORITY] = TOP(yaml_authority, authority_fields),
};

enum err schema_load(enum schema_kind kind, struct span text, const struct where *where, void **out,
                     struct diag *d)
{
    return yaml_struct_load(&tops[kind], text, where, out, d);
}

void schema_free(enum schema_kind kind, void *data)
{
    yaml_struct_free(&tops[kind], data);
}
