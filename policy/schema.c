#include "policy/schema.h"

#include <cyaml/cyaml.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MANY CYAML_UNLIMITED

/* The kinds of field the language has: text, a mapping, a list of mappings or of texts; each may be one that may be left
 * out. */
#define TEXT(key, type, member)                                                                    \
    CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER, struct type, member, 0, MANY)
#define TEXT_OPTIONAL(key, type, member)                                                           \
    CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct type, member, 0,  \
                           MANY)
#define MAPPING(key, type, member, fields)                                                         \
    CYAML_FIELD_MAPPING(key, CYAML_FLAG_DEFAULT, struct type, member, fields)
#define LIST(key, type, member, entry)                                                             \
    CYAML_FIELD_SEQUENCE_COUNT(key, CYAML_FLAG_POINTER, struct type, member, member##_n, entry, 0, \
                               MANY)
#define MAPPING_OPTIONAL(key, type, member, fields)                                                \
    CYAML_FIELD_MAPPING_PTR(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct type, member,    \
                            fields)
#define LIST_OPTIONAL(key, type, member, entry)                                                    \
    CYAML_FIELD_SEQUENCE_COUNT(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct type, member, \
                               member##_n, entry, 0, MANY)
#define TEXTS(key, type, member)                                                                   \
    CYAML_FIELD_SEQUENCE_COUNT(key, CYAML_FLAG_POINTER, struct type, member.v, member.n,           \
                               &text_value, 0, MANY)
#define TEXTS_OPTIONAL(key, type, member)                                                          \
    CYAML_FIELD_SEQUENCE_COUNT(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct type,         \
                               member.v, member.n, &text_value, 0, MANY)
#define ENTRY(type, fields)                                                                        \
    {                                                                                              \
        CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct type, fields)                               \
    }
#define TOP(type, fields)                                                                          \
    {                                                                                              \
        CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct type, fields)                               \
    }

static const cyaml_schema_value_t text_value = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 0, MANY)};

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
    LIST("subject", yaml_key, subject, &attribute_entry),
    TEXT("validity", yaml_key, validity),
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

/* libcyaml tells what is wrong through its log only: one line of reason, then a backtrace from the
 * innermost place to the top, whose lines are those of the token read last. The steps are kept to
 * make a path of, which names the line exactly. */
#define STEPS 12
struct report {
    char reason[160];
    char steps[STEPS][64]; /* innermost first: "[0]" or ".name" */
    size_t n;
};

static void report_step(struct report *r, const char *line)
{
    static const char entry[] = "  in sequence entry '";
    static const char field[] = "  in mapping field '";
    if (r->n == STEPS)
        return;
    char *step = r->steps[r->n];
    if (strncmp(line, entry, sizeof entry - 1) == 0) {
        unsigned long position = strtoul(line + sizeof entry - 1, NULL, 10); /* counts from 1 */
        snprintf(step, sizeof r->steps[0], "[%lu]", position > 0 ? position - 1 : 0);
        r->n++;
    } else if (strncmp(line, field, sizeof field - 1) == 0) {
        const char *name = line + sizeof field - 1;
        snprintf(step, sizeof r->steps[0], ".%.*s", (int)strcspn(name, "'"), name);
        r->n++;
    }
}

static void __attribute__((format(printf, 3, 0)))
report_line(cyaml_log_t level, void *ctx, const char *format, va_list ap)
{
    struct report *r = ctx;
    char line[256];
    if (level < CYAML_LOG_ERROR)
        return;
    vsnprintf(line, sizeof line, format, ap);
    line[strcspn(line, "\n")] = '\0';
    if (strncmp(line, "  in ", 5) == 0)
        report_step(r, line);
    else if (strncmp(line, "Load: ", 6) == 0 && strcmp(line, "Load: Backtrace:") != 0 &&
             r->reason[0] == '\0')
        snprintf(r->reason, sizeof r->reason, "%.*s", (int)sizeof r->reason - 1, line + 6);
}

/* The path that the steps from `from` outwards make. */
static void report_path(const struct report *r, size_t from, char path[WHERE_PATH])
{
    size_t at = 0;
    path[0] = '\0';
    for (size_t i = r->n; i > from && at < WHERE_PATH; i--) {
        const char *step = r->steps[i - 1];
        step += at == 0 && step[0] == '.';
        int n = snprintf(path + at, WHERE_PATH - at, "%s", step);
        at += n > 0 ? (size_t)n : 0;
    }
}

/* Say it in the words of the language: for an unknown key the path of the key, for a missing one
 * that of the mapping that lacks it. libcyaml's innermost step is then the field it read before. */
static enum err report_error(const struct report *r, cyaml_err_t code, const struct where *where,
                             struct diag *d)
{
    const char *colon = strrchr(r->reason, ' ');
    const char *name = colon != NULL ? colon + 1 : "";
    char path[WHERE_PATH];
    if (code == CYAML_ERR_OOM)
        return diag_set(d, E_NO_MEMORY, "%s", where_file(where));
    if (code == CYAML_ERR_INVALID_KEY) {
        report_path(r, 0, path);
        size_t at = strlen(path);
        snprintf(path + at, sizeof path - at, "%s%s", at > 0 ? "." : "", name);
        return where_error(where, d, path, "this key is not known here");
    }
    if (code == CYAML_ERR_MAPPING_FIELD_MISSING) {
        report_path(r, r->n > 0 && r->steps[0][0] == '.' ? 1 : 0, path);
        return where_error(where, d, path, "the key \"%s\" is missing", name);
    }
    report_path(r, 0, path);
    return where_error(where, d, path, "%s",
                       r->reason[0] != '\0' ? r->reason : cyaml_strerror(code));
}

enum err schema_load(enum schema_kind kind, struct span text, const struct where *where, void **out,
                     struct diag *d)
{
    *out = NULL;
    struct report report = {0};
    const cyaml_config_t config = {
        .log_fn = report_line,
        .log_ctx = &report,
        .log_level = CYAML_LOG_ERROR,
        .mem_fn = cyaml_mem,
        .flags = CYAML_CFG_NO_ALIAS,
    };
    cyaml_data_t *data = NULL;
    cyaml_err_t code = cyaml_load_data(text.p, text.n, &config, &tops[kind], &data, NULL);
    if (code != CYAML_OK)
        return report_error(&report, code, where, d);
    if (data == NULL)
        return where_error(where, d, "", "the file is empty");
    *out = data;
    return E_OK;
}

void schema_free(enum schema_kind kind, void *data)
{
    const cyaml_config_t config = {.mem_fn = cyaml_mem, .flags = CYAML_CFG_NO_ALIAS};
    /* Only its own parameters can make this fail, and they are right. */
    if (data != NULL)
        (void)cyaml_free(&config, &tops[kind], data, 0);
}
