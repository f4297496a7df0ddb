/* help_bundle_policy.c - the policy of help_bundle.h. */
#include <openssl/x509v3.h>

#include "help_bundle.h"

static const struct policy_attribute root_name[] = {
    {.type = "CN", .value = "ca root", .max = 64, .clause = "c 1"}};
static const struct policy_attribute bundle_name[] = {
    {.type = "CN", .value = "bundles", .max = 64, .clause = "c 1"}};
static const struct policy_attribute log_name[] = {
    {.type = "CN", .value = "log", .max = 64, .clause = "c 1"}};
static const struct policy_key keys[] = {{.name = "ca-root",
                                          .uri = "pkcs11:object=ca-root",
                                          .kind = KEY_SM2,
                                          .bits = 256,
                                          .alg = SIG_SM2_SM3,
                                          .sm2_null = true,
                                          .subject = root_name,
                                          .subjects = 1,
                                          .validity = {.years = 20},
                                          .clause = "c 2",
                                          .crl_period = 7 * 86400,
                                          .crl_delta_period = 86400,
                                          .crl_url = "http://crl.example/ca-root.crl",
                                          .crl_clause = "c 15"}};
static const struct policy_attribute subject[] = {
    {.type = "C", .value = "CN", .max = 2, .clause = "c 3"},
    {.type = "CN", .required = true, .max = 64, .clause = "c 3"}};
static const struct policy_subject_key subject_keys[] = {{KEY_SM2, 256, 256}, {KEY_P256, 256, 256}};
static const struct policy_profile profiles[] = {{.name = "person",
                                                  .key = "ca-root",
                                                  .clause = "c 4",
                                                  .keys = subject_keys,
                                                  .keys_n = 2,
                                                  .keys_clause = "c 5",
                                                  .subject = subject,
                                                  .subject_n = 2,
                                                  .validity = {.years = 1},
                                                  .validity_clause = "c 6",
                                                  .key_usage = KU_DIGITAL_SIGNATURE,
                                                  .key_usage_clause = "c 7",
                                                  .extensions_clause = "c 8",
                                                  .copy_san = true}};
static const struct policy_service services[] = {
    {.op = "issue", .clause = "c 9"},
    {.op = "change", .clause = "c 16"},
    {.op = "suspend", .clause = "c 17"},
    {.op = "resume", .clause = "c 18"},
    {.op = "revoke",
     .clause = "c 19",
     .by = {[POLICY_BY_SUBSCRIBER] = true},
     .by_clause = {[POLICY_BY_SUBSCRIBER] = "c 19"}},
    {.op = "accept", .clause = "c 20"},
};
static const struct policy_reason reasons[] = {{"lost", POLICY_BY_SUBSCRIBER, 1, "c 21"},
                                               {"moved", POLICY_BY_SUBSCRIBER, 3, "c 22"}};
static const struct policy_approval approvals[] = {{POLICY_ENTRY, 1, "c 10"}};
static const struct policy_authority authorities[] = {{.name = "ca",
                                                       .title = "ca",
                                                       .agreement = "a.txt",
                                                       .keys = keys,
                                                       .keys_n = 1,
                                                       .services = services,
                                                       .services_n = 6,
                                                       .services_clause = "c 9",
                                                       .reasons = reasons,
                                                       .reasons_n = 2,
                                                       .revoke_within = 86400,
                                                       .revoke_within_clause = "c 23",
                                                       .approvals = approvals,
                                                       .approvals_n = 1,
                                                       .profiles = profiles,
                                                       .profiles_n = 1}};
static const struct policy_ra ras[] = {{"town", "ca"}};
static const struct policy policy = {
    .name = "test",
    .token = "pkcs11:token=test",
    .log_hash = DIGEST_SM3,
    .log_key = {.name = "the-log",
                .uri = "pkcs11:object=the-log",
                .kind = KEY_SM2,
                .bits = 256,
                .alg = SIG_SM2_SM3,
                .sm2_null = true,
                .subject = log_name,
                .subjects = 1,
                .validity = {.years = 20},
                .clause = "c 11"},
    .bundle_key = {.name = "the-bundle",
                   .uri = "pkcs11:object=the-bundle",
                   .kind = KEY_RSA,
                   .bits = 2048,
                   .alg = SIG_RSA_SHA256,
                   .subject = bundle_name,
                   .subjects = 1,
                   .validity = {.years = 20},
                   .clause = "c 12"},
    .limits = {1 << 20, 100, 7 * 86400, 86400, 60, 400 * 86400, "c 13"},
    .quorum = 2,
    .quorum_clause = "c 14",
    .authorities = authorities,
    .authorities_n = 1,
    .ras = ras,
    .ras_n = 1,
};

const struct policy *help_bundle_policy(void)
{
    return &policy;
}
