#include "sample_policy.h"

#include <openssl/x509v3.h>
#include <string.h>

static const uint8_t der1[] = {0x30, 0x01, 0x01}, der2[] = {0x30, 0x01, 0x02};

static void make_profiles(struct sample_policy *f)
{
    f->profiles[0] = (struct policy_profile){.name = "person",
                                             .kind = POLICY_PERSON,
                                             .key = "root",
                                             .clause = "art 1",
                                             .keys = f->subject_keys,
                                             .keys_n = 2,
                                             .keys_clause = "art 2",
                                             .subject = f->attributes,
                                             .subject_n = 2,
                                             .validity = {1, 2, 3},
                                             .validity_clause = "art 3",
                                             .key_usage = KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION,
                                             .key_usage_clause = "art 4",
                                             .extended_key_usage = {f->purposes, 2},
                                             .policies = {f->policies, 2},
                                             .crl = {f->crl, 2},
                                             .ocsp = {f->ocsp, 2},
                                             .issuers = {f->issuers, 2},
                                             .extensions_clause = "art 5",
                                             .copy_san = false};
    f->profiles[1] = f->profiles[0];
    f->profiles[1].name = "device";
}

static void make_authorities(struct sample_policy *f)
{
    f->authorities[0] = (struct policy_authority){.name = "north",
                                                  .title = "North CA",
                                                  .agreement = "north.txt",
                                                  .keys = f->keys,
                                                  .keys_n = 2,
                                                  .services = f->services,
                                                  .services_n = 2,
                                                  .services_clause = "art 6",
                                                  .reasons = f->reasons,
                                                  .reasons_n = 2,
                                                  .renewal = {{0, 1, 0}, true, "art 17", "art 18"},
                                                  .revoke_within = 6,
                                                  .revoke_within_clause = "art 19",
                                                  .ocsp_key = "second",
                                                  .ocsp_period = 7,
                                                  .ocsp_clause = "art 20",
                                                  .seals = {.key = "third", .validity = {1, 0, 0}, .validity_clause = "art 21",
                                                            .clause = "art 22"},
                                                  .approvals = f->approvals,
                                                  .approvals_n = 2,
                                                  .profiles = f->profiles,
                                                  .profiles_n = 2};
    f->authorities[1] = (struct policy_authority){
        .name = "south", .title = "South CA", .agreement = "south.txt", .services_clause = "art 7"};
}

void sample_policy_make(struct sample_policy *f)
{
    memset(f, 0, sizeof *f);
    f->attributes[0] = (struct policy_attribute){"C", "CN", false, 2, POLICY_PRINTABLE, "art 8"};
    f->attributes[1] = (struct policy_attribute){"CN", NULL, true, 64, POLICY_UTF8, "art 9"};
    f->keys[0] = (struct policy_key){.name = "root",
                                     .uri = "pkcs11:object=root",
                                     .kind = KEY_SM2,
                                     .bits = 256,
                                     .alg = SIG_SM2_SM3,
                                     .sm2_null = true,
                                     .subject = f->attributes,
                                     .subjects = 1,
                                     .validity = {20, 0, 0},
                                     .clause = "art 10",
                                     .crl_period = 8,
                                     .crl_delta_period = 4,
                                     .crl_url = "http://a/4",
                                     .crl_clause = "art 23"};
    f->keys[1] = f->keys[0];
    f->keys[1].name = "second";
    f->services[0] = (struct policy_service){.op = "issue", .clause = "art 11"};
    f->services[1] = (struct policy_service){
        .op = "revoke", .clause = "art 12", .by = {true, false, true}, .by_clause = {"art 12", NULL, "art 24"}};
    f->reasons[0] = (struct policy_reason){"lost", POLICY_BY_SUBSCRIBER, 1, "art 25"};
    f->reasons[1] = (struct policy_reason){"fee", POLICY_BY_OPERATOR, 5, "art 26"};
    f->approvals[0] = (struct policy_approval){POLICY_ENTRY, 1, "art 13"};
    f->approvals[1] = (struct policy_approval){POLICY_REVIEW, 1, "art 14"};
    f->subject_keys[0] = (struct policy_subject_key){KEY_SM2, 256, 256};
    f->subject_keys[1] = (struct policy_subject_key){KEY_RSA, 2048, 4096};
    for (size_t i = 0; i < 2; i++) {
        f->purposes[i] = i == 0 ? "1.1" : "1.2";
        f->policies[i] = i == 0 ? "2.1" : "2.2";
        f->crl[i] = i == 0 ? "http://a/1" : "http://b/1";
        f->ocsp[i] = i == 0 ? "http://a/2" : "http://b/2";
        f->issuers[i] = i == 0 ? "http://a/3" : "http://b/3";
    }
    make_profiles(f);
    make_authorities(f);
    f->ras[0] = (struct policy_ra){"ra-1", "north"};
    f->ras[1] = (struct policy_ra){"ra-2", "south"};
    f->persons[0] = (struct policy_person){"p-1", "ra-1", POLICY_ENTRY, {der1, sizeof der1}};
    f->persons[1] = (struct policy_person){"p-2", "ra-1", POLICY_REVIEW, {der2, sizeof der2}};
    f->officers[0] = (struct policy_officer){"o-1", {der1, sizeof der1}};
    f->officers[1] = (struct policy_officer){"o-2", {der2, sizeof der2}};
    f->policy = (struct policy){.name = "test",
                                .token = "pkcs11:token=test",
                                .vendor = POLICY_VENDOR_GENERIC,
                                .log_hash = DIGEST_SM3,
                                .log_key = f->keys[0],
                                .bundle_key = f->keys[0],
                                .limits = {1, 2, 3, 4, 5, 6, "art 15"},
                                .quorum = 2,
                                .quorum_clause = "art 16",
                                .authorities = f->authorities,
                                .authorities_n = 2,
                                .ras = f->ras,
                                .ras_n = 2,
                                .persons = f->persons,
                                .persons_n = 2,
                                .officers = f->officers,
                                .officers_n = 2};
    f->policy.log_key.name = "log";
    f->policy.bundle_key.name = "bundle";
}
