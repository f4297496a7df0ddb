#include "sample_records.h"

#include <check.h>
#include <string.h>

#define HEX_A "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define HEX_B "f0e1d2c3b4a5968778695a4b3c2d1e0ff0e1d2c3b4a5968778695a4b3c2d1e0f"

static const char *const samples[RECORD_TYPE_COUNT] = {
    [RECORD_GENESIS] =
        "{\"hash\":\"sm3\",\"program\":\"rootseal 0.1 (tests)\",\"policy\":\"" HEX_A "\","
        "\"token-manufacturer\":\"SoftHSM project\",\"token-model\":\"SoftHSM v2\","
        "\"token-serial\":\"\",\"token-label\":\"\xe6\xa0\xb9\"}",
    [RECORD_KEYGEN] =
        "{\"key\":\"root.sm2\",\"algorithm\":\"sm2-sm3\",\"public-key\":\"MFkwEwYHKoZIzj0CAQ==\","
        "\"sensitive\":true,\"always-sensitive\":true,\"never-extractable\":true,\"local\":false}",
    [RECORD_ANCHOR] =
        "{\"key\":\"root.sm2\",\"certificate\":\"MIIB\"}",
    [RECORD_BATCH] =
        "{\"batch\":\"" HEX_A "\",\"intake\":\"" HEX_B "\",\"authority\":\"smartca\","
        "\"ra\":\"ra-1\","
        "\"sequence\":7,\"requests\":60}",
    [RECORD_AUTHORISE] =
        "{\"plan\":\"" HEX_A "\",\"officer\":\"" HEX_B "\",\"signature\":\"" HEX_A "\"}",
    [RECORD_PLAN] =
        "{\"batch\":\"" HEX_A "\",\"intake\":\"" HEX_B "\",\"plan\":\"" HEX_B "\","
        "\"policy\":\"" HEX_A "\","
        "\"authority\":\"smartca\",\"ra\":\"ra-1\",\"sequence\":7,\"issue\":52,\"refuse\":8,"
        "\"status\":3,\"lists\":1,\"program\":\"rootseal 0.1.0\"}",
    [RECORD_SELF_TEST] =
        "{\"key\":\"root.sm2\"}",
    [RECORD_TOKEN] =
        "{\"token-manufacturer\":\"SoftHSM project\",\"token-model\":\"SoftHSM v2\",\"token-serial\":\"12ab\",\"token-label\":\"\xe6\xa0\xb9\","
        "\"token-hardware\":\"2.6\",\"token-firmware\":\"2.6\",\"module-manufacturer\":\"SoftHSM\","
        "\"module\":\"Implementation of PKCS11\",\"module-version\":\"2.6\",\"replaces\":false}",
    [RECORD_ENDING] =
        "{\"key\":\"root.sm2\",\"public-key\":\"\",\"private\":true,\"public\":true}",
    [RECORD_DESTROYED] =
        "{\"key\":\"root.sm2\",\"public-key\":\"" HEX_A "\",\"private\":true,\"public\":false}",
    [RECORD_TRANSFERRED] =
        "{\"key\":\"root.sm2\",\"token-model\":\"SoftHSM v2\",\"token-serial\":\"12ab\",\"challenge\":\"" HEX_A "\","
        "\"signature\":\"MEUCIQ==\",\"copy-signature\":\"MEUCIQ==\"}",
    [RECORD_ISSUED] =
        "{\"batch\":\"" HEX_A "\",\"n\":1,\"authority\":\"smartca\",\"profile\":\"person\","
        "\"key\":\"root.sm2\",\"serial\":\"01ff\",\"certificate\":\"" HEX_B "\","
        "\"signature\":\"MEUCIQ==\",\"supersedes\":\"02ff\"}",
    [RECORD_REVOKED] =
        "{\"batch\":\"" HEX_A "\",\"n\":1,\"authority\":\"smartca\",\"key\":\"root.sm2\","
        "\"serial\":\"01ff\",\"status\":\"revoked\",\"reason\":\"key-leaked\","
        "\"reason-code\":1,\"asked\":\"2025-01-31T08:00:00Z\",\"late\":false}",
    [RECORD_ACCEPTED] =
        "{\"batch\":\"" HEX_A "\",\"n\":1,\"authority\":\"smartca\",\"key\":\"root.sm2\","
        "\"serial\":\"01ff\"}",
    [RECORD_CRL] =
        "{\"batch\":\"" HEX_A "\",\"n\":4,\"key\":\"root.sm2\",\"number\":7,\"base\":0,"
        "\"entries\":12,\"tbs\":\"" HEX_B "\",\"signature\":\"MEUCIQ==\"}",
    [RECORD_OCSP] =
        "{\"batch\":\"" HEX_A "\",\"n\":1,\"key\":\"root.sm2\",\"responder\":\"ocsp.sm2\","
        "\"responses\":12,\"digest\":\"" HEX_B "\"}",
    [RECORD_REFUSED] =
        "{\"batch\":\"" HEX_A "\",\"intake\":\"" HEX_B "\",\"n\":2,\"code\":\"E_KEY_SIZE\","
        "\"clause\":\"GM/T 0015-2012 5.2\"}",
    [RECORD_SEAL] =
        "{\"size\":9,\"root\":\"" HEX_A "\",\"key\":\"log.sm2\",\"signature\":\"MEUCIQ==\"}",
    [RECORD_BUNDLE] =
        "{\"batch\":\"" HEX_A "\",\"bundle\":\"" HEX_B "\"}",
    [RECORD_POLICY] =
        "{\"policy\":\"" HEX_B "\"}",
    [RECORD_CEREMONY] =
        "{\"ceremony\":\"two-roots\",\"file\":\"" HEX_A "\",\"steps\":9,\"done\":0}",
    [RECORD_TIME] =
        "{\"ceremony\":\"two-roots\",\"persons\":2}",
    [RECORD_STEP] =
        "{\"ceremony\":\"two-roots\",\"step\":3,\"transcript\":\"" HEX_A "\"}",
    [RECORD_EXCEPTION] =
        "{\"ceremony\":\"two-roots\",\"step\":3,\"code\":\"E_KEY_EXISTS\",\"reason\":\"" HEX_B "\",\"transcript\":\"" HEX_A "\"}",
    [RECORD_CERTIFY] =
        "{\"ceremony\":\"two-roots\",\"step\":5,\"certificates\":4,\"tbs\":\"" HEX_A "\"}",
    [RECORD_CROSS] =
        "{\"key\":\"root.sm2\",\"subject-key\":\"" HEX_B "\",\"certificate\":\"MIIBIg==\"}",
    [RECORD_MINUTES] =
        "{\"ceremony\":\"two-roots\",\"minutes\":\"" HEX_A "\",\"text\":\"" HEX_B "\","
        "\"transcript\":\"" HEX_A "\"}",
    [RECORD_RECOVERY] =
        "{\"torn\":17,\"digest\":\"" HEX_A "\"}",
};

json_t *sample_fields(enum record_type type, const char *hash)
{
    json_t *fields = json_loads(samples[type], JSON_REJECT_DUPLICATES, NULL);
    ck_assert_ptr_nonnull(fields);
    if (type == RECORD_GENESIS)
        ck_assert_int_eq(json_object_set_new(fields, "hash", json_string(hash)), 0);
    return fields;
}
