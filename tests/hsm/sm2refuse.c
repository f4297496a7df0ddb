/*
 * sm2probe's "refusals": what the SM2 software token must refuse, how a signature's length is asked
 * for, and that keys on other curves are treated as before.
 */
#include "sm2probe.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>
#include <stdio.h>
#include <string.h>

#define CKM_ECDSA_LAST 0x104AUL /* the last SHA-3 variant */
#define MAX_MECHANISMS 256

static const unsigned char sm2_curve[] = {0x06, 0x08, 0x2A, 0x81, 0x1C,
                                          0xCF, 0x55, 0x01, 0x82, 0x2D};
static const unsigned char p256_curve[] = {0x06, 0x08, 0x2A, 0x86, 0x48,
                                           0xCE, 0x3D, 0x03, 0x01, 0x07};

static int failures;

static void expect(const char *name, CK_RV got, CK_RV want)
{
    if (got == want) {
        printf("ok    %s\n", name);
    } else {
        printf("FAIL  %s: 0x%lx, expected 0x%lx\n", name, got, want);
        failures++;
    }
}

static CK_RV init(const struct probe *p, CK_MECHANISM_TYPE type, CK_OBJECT_HANDLE key)
{
    CK_MECHANISM how = {type, NULL, 0};

    return p->f->C_SignInit(p->session, &how, key);
}

/* Signs `len` bytes in one go; an operation that did not start answers with its own code. */
static CK_RV sign_bytes(const struct probe *p, CK_MECHANISM_TYPE type, CK_OBJECT_HANDLE key,
                        CK_ULONG len)
{
    unsigned char in[128] = {1}, out[512];
    CK_ULONG out_len = sizeof(out);
    CK_RV rv = init(p, type, key);

    return rv == CKR_OK ? p->f->C_Sign(p->session, in, len, out, &out_len) : rv;
}

static void check_key_types(const struct probe *p, const char *sm2, const char *ec,
                            const char *rsa)
{
    CK_OBJECT_HANDLE key = probe_find(p, CKO_PRIVATE_KEY, sm2);
    CK_OBJECT_HANDLE pub = probe_find(p, CKO_PUBLIC_KEY, sm2);
    CK_MECHANISM ecdsa = {CKM_ECDSA, NULL, 0};
    CK_MECHANISM with_parameter = {CKM_SM2_SIGN_E, &ecdsa, sizeof(ecdsa)};
    CK_MECHANISM_TYPE all[MAX_MECHANISMS];
    CK_ULONG count = MAX_MECHANISMS;
    CK_RV rv = p->f->C_GetMechanismList(p->slot, all, &count);
    CK_RV worst = CKR_KEY_TYPE_INCONSISTENT;

    probe_need(rv == CKR_OK, "C_GetMechanismList", rv);
    for (CK_MECHANISM_TYPE m = CKM_ECDSA; m <= CKM_ECDSA_LAST; m++) {
        rv = init(p, m, key);
        worst = rv == CKR_KEY_TYPE_INCONSISTENT ? worst : rv;
    }
    expect("every ECDSA mechanism with the SM2 key", worst, CKR_KEY_TYPE_INCONSISTENT);
    worst = CKR_OK;
    for (CK_ULONG i = 0; i < count; i++) {
        if (all[i] != CKM_SM2_SIGN_E && sign_bytes(p, all[i], key, E_SIZE) == CKR_OK)
            worst = all[i];
    }
    expect("no other listed mechanism signs with the SM2 key", worst, CKR_OK);
    expect("ECDSA verification with the SM2 key", p->f->C_VerifyInit(p->session, &ecdsa, pub),
           CKR_KEY_TYPE_INCONSISTENT);
    expect("SM2 with a P-256 key", init(p, CKM_SM2_SIGN_E, probe_find(p, CKO_PRIVATE_KEY, ec)),
           CKR_KEY_TYPE_INCONSISTENT);
    expect("SM2 with an RSA key", init(p, CKM_SM2_SIGN_E, probe_find(p, CKO_PRIVATE_KEY, rsa)),
           CKR_KEY_TYPE_INCONSISTENT);
    expect("SM2 with a mechanism parameter", p->f->C_SignInit(p->session, &with_parameter, key),
           CKR_MECHANISM_PARAM_INVALID);
    expect("ECDSA with a P-256 key still signs",
           sign_bytes(p, CKM_ECDSA, probe_find(p, CKO_PRIVATE_KEY, ec), E_SIZE), CKR_OK);
    expect("ECDSA with a P-256 key takes other lengths",
           sign_bytes(p, CKM_ECDSA, probe_find(p, CKO_PRIVATE_KEY, ec), 20), CKR_OK);
}

static void check_input(const struct probe *p, const char *sm2)
{
    CK_OBJECT_HANDLE key = probe_find(p, CKO_PRIVATE_KEY, sm2);
    static const CK_ULONG wrong[] = {0, 1, 20, 31, 33, 48, 64, 128};
    unsigned char e[E_SIZE] = {1}, raw[RAW_SIZE];
    CK_ULONG len = sizeof(raw);
    CK_RV worst = CKR_DATA_LEN_RANGE, rv;

    for (size_t i = 0; i < COUNT(wrong); i++) {
        rv = sign_bytes(p, CKM_SM2_SIGN_E, key, wrong[i]);
        worst = rv == CKR_DATA_LEN_RANGE ? worst : rv;
    }
    expect("SM2 over anything but 32 bytes", worst, CKR_DATA_LEN_RANGE);
    expect("a refused length ends the operation", p->f->C_Sign(p->session, e, E_SIZE, raw, &len),
           CKR_OPERATION_NOT_INITIALIZED);

    rv = init(p, CKM_SM2_SIGN_E, key);
    probe_need(rv == CKR_OK, "C_SignInit", rv);
    expect("a second C_SignInit", init(p, CKM_SM2_SIGN_E, key), CKR_OPERATION_ACTIVE);
    expect("C_SignUpdate", p->f->C_SignUpdate(p->session, e, E_SIZE),
           CKR_OPERATION_NOT_INITIALIZED);
    rv = init(p, CKM_SM2_SIGN_E, key);
    probe_need(rv == CKR_OK, "C_SignInit", rv);
    expect("C_SignFinal", p->f->C_SignFinal(p->session, raw, &len), CKR_OPERATION_NOT_INITIALIZED);
    /* SoftHSM leaves a one-part operation standing here, for ECDSA as well. */
    len = sizeof(raw);
    expect("  leaves C_Sign to finish", p->f->C_Sign(p->session, e, E_SIZE, raw, &len), CKR_OK);
}

static void check_length_query(const struct probe *p, const char *sm2)
{
    CK_OBJECT_HANDLE key = probe_find(p, CKO_PRIVATE_KEY, sm2);
    EVP_PKEY *pub = probe_public(p, sm2);
    unsigned char e[E_SIZE] = {7}, raw[RAW_SIZE + 1];
    CK_ULONG len = 0;
    CK_RV rv = init(p, CKM_SM2_SIGN_E, key);

    probe_need(rv == CKR_OK, "C_SignInit", rv);
    expect("asking for the length", p->f->C_Sign(p->session, e, E_SIZE, NULL, &len), CKR_OK);
    expect("  gives 64", len, RAW_SIZE);
    len = RAW_SIZE - 1;
    expect("a buffer too small", p->f->C_Sign(p->session, e, E_SIZE, raw, &len),
           CKR_BUFFER_TOO_SMALL);
    expect("  gives 64", len, RAW_SIZE);
    memset(raw, 0xA5, sizeof(raw));
    len = sizeof(raw);
    expect("the operation goes on after both", p->f->C_Sign(p->session, e, E_SIZE, raw, &len),
           CKR_OK);
    expect("  writes 64 bytes and no more", len == RAW_SIZE && raw[RAW_SIZE] == 0xA5, 1);
    expect("  that are an SM2 signature over e", probe_verify(pub, e, raw), 1);
    e[0] ^= 1;
    expect("  and over nothing else", probe_verify(pub, e, raw), 0);
    EVP_PKEY_free(pub);
}

static void check_mechanisms(const struct probe *p)
{
    CK_MECHANISM_TYPE all[MAX_MECHANISMS];
    CK_MECHANISM_INFO info = {0};
    CK_ULONG count = 0, full, seen = 0;

    expect("asking how many mechanisms", p->f->C_GetMechanismList(p->slot, NULL, &count), CKR_OK);
    full = count--;
    probe_need(full <= MAX_MECHANISMS, "too many mechanisms", full);
    expect("a mechanism list too small", p->f->C_GetMechanismList(p->slot, all, &count),
           CKR_BUFFER_TOO_SMALL);
    expect("  gives the number", count, full);
    expect("the mechanism list", p->f->C_GetMechanismList(p->slot, all, &count), CKR_OK);
    for (CK_ULONG i = 0; i < count; i++)
        seen += all[i] == CKM_SM2_KEY_PAIR_GEN || all[i] == CKM_SM2_SIGN_E;
    expect("  names both vendor mechanisms", seen, 2);
    expect("information on SM2 signing",
           p->f->C_GetMechanismInfo(p->slot, CKM_SM2_SIGN_E, &info), CKR_OK);
    expect("  signs and does not verify", info.flags & (CKF_SIGN | CKF_VERIFY), CKF_SIGN);
    expect("  at 256 bits", info.ulMinKeySize == 256 && info.ulMaxKeySize == 256, 1);
    expect("information on SM2 key generation",
           p->f->C_GetMechanismInfo(p->slot, CKM_SM2_KEY_PAIR_GEN, &info), CKR_OK);
    expect("  generates key pairs", info.flags & (CKF_SIGN | CKF_GENERATE_KEY_PAIR),
           CKF_GENERATE_KEY_PAIR);
}

/* The SM2 curve spelt out instead of named; the caller frees it. */
static int explicit_sm2(unsigned char **der)
{
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_sm2);
    int len;

    probe_need(group != NULL, "SM2 group", 0);
    EC_GROUP_set_asn1_flag(group, OPENSSL_EC_EXPLICIT_CURVE);
    len = i2d_ECPKParameters(group, der);
    EC_GROUP_free(group);
    probe_need(len > 64, "explicit parameters", 0);
    return len;
}

static void check_generation(const struct probe *p)
{
    unsigned char *spelt = NULL;
    int spelt_len = explicit_sm2(&spelt);

    expect("SM2 generation on P-256",
           probe_generate(p, CKM_SM2_KEY_PAIR_GEN, p256_curve, sizeof(p256_curve), CK_TRUE,
                          CK_FALSE, "x1"),
           CKR_CURVE_NOT_SUPPORTED);
    expect("an extractable SM2 key",
           probe_generate(p, CKM_SM2_KEY_PAIR_GEN, NULL, 0, CK_TRUE, CK_TRUE, "x2"),
           CKR_TEMPLATE_INCONSISTENT);
    expect("an SM2 key that is not sensitive",
           probe_generate(p, CKM_SM2_KEY_PAIR_GEN, NULL, 0, CK_FALSE, CK_FALSE, "x3"),
           CKR_TEMPLATE_INCONSISTENT);
    expect("an extractable SM2 key by EC generation",
           probe_generate(p, CKM_EC_KEY_PAIR_GEN, sm2_curve, sizeof(sm2_curve), CK_TRUE, CK_TRUE,
                          "x4"),
           CKR_TEMPLATE_INCONSISTENT);
    expect("an extractable SM2 key, curve spelt out",
           probe_generate(p, CKM_EC_KEY_PAIR_GEN, spelt, (size_t)spelt_len, CK_TRUE, CK_TRUE,
                          "x5"),
           CKR_TEMPLATE_INCONSISTENT);
    expect("SM2 generation with the curve named",
           probe_generate(p, CKM_SM2_KEY_PAIR_GEN, sm2_curve, sizeof(sm2_curve), CK_TRUE, CK_FALSE,
                          "named"),
           CKR_OK);
    expect("EC generation on the SM2 curve",
           probe_generate(p, CKM_EC_KEY_PAIR_GEN, sm2_curve, sizeof(sm2_curve), CK_TRUE, CK_FALSE,
                          "stock"),
           CKR_OK);
    expect("  its key signs SM2",
           sign_bytes(p, CKM_SM2_SIGN_E, probe_find(p, CKO_PRIVATE_KEY, "stock"), E_SIZE), CKR_OK);
    expect("EC generation, SM2 curve spelt out",
           probe_generate(p, CKM_EC_KEY_PAIR_GEN, spelt, (size_t)spelt_len, CK_TRUE, CK_FALSE,
                          "spelt"),
           CKR_OK);
    expect("  its key signs no ECDSA",
           sign_bytes(p, CKM_ECDSA, probe_find(p, CKO_PRIVATE_KEY, "spelt"), E_SIZE),
           CKR_KEY_TYPE_INCONSISTENT);
    expect("an extractable P-256 key, as before",
           probe_generate(p, CKM_EC_KEY_PAIR_GEN, p256_curve, sizeof(p256_curve), CK_FALSE,
                          CK_TRUE, "loose"),
           CKR_OK);
    OPENSSL_free(spelt);
}

static void check_confinement(const struct probe *p, const char *sm2)
{
    CK_OBJECT_HANDLE key = probe_find(p, CKO_PRIVATE_KEY, sm2), imported;
    CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
    CK_KEY_TYPE type = CKK_EC;
    CK_BBOOL yes = CK_TRUE;
    unsigned char value[32] = {0x11, 0x22, 0x33};
    CK_ATTRIBUTE secret = {CKA_VALUE, value, sizeof(value)};
    CK_ATTRIBUTE loosen = {CKA_EXTRACTABLE, &yes, sizeof(yes)};
    CK_ATTRIBUTE import[] = {
        {CKA_CLASS, &class, sizeof(class)},
        {CKA_KEY_TYPE, &type, sizeof(type)},
        {CKA_SIGN, &yes, sizeof(yes)},
        {CKA_EC_PARAMS, (void *)(uintptr_t)sm2_curve, sizeof(sm2_curve)},
        {CKA_VALUE, value, sizeof(value)},
    };
    CK_RV rv = p->f->C_CreateObject(p->session, import, COUNT(import), &imported);

    probe_need(rv == CKR_OK, "C_CreateObject", rv);
    expect("an imported SM2 key", init(p, CKM_SM2_SIGN_E, imported),
           CKR_KEY_FUNCTION_NOT_PERMITTED);
    expect("  with ECDSA", init(p, CKM_ECDSA, imported), CKR_KEY_TYPE_INCONSISTENT);
    expect("reading the private value", p->f->C_GetAttributeValue(p->session, key, &secret, 1),
           CKR_ATTRIBUTE_SENSITIVE);
    rv = p->f->C_SetAttributeValue(p->session, key, &loosen, 1);
    expect("making the key extractable", rv != CKR_OK, 1);
    probe_need(p->f->C_Logout(p->session) == CKR_OK, "C_Logout", 0);
    rv = init(p, CKM_SM2_SIGN_E, key);
    expect("signing when logged out", rv != CKR_OK, 1);
}

int refuse_run(const struct probe *p, const char *sm2, const char *ec, const char *rsa)
{
    check_key_types(p, sm2, ec, rsa);
    check_input(p, sm2);
    check_length_query(p, sm2);
    check_mechanisms(p);
    check_generation(p);
    check_confinement(p, sm2);
    return failures;
}
