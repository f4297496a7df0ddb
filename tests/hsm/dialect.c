/* dialect.c - stands for the token of each vendor that the SM2 table knows: its numbers for key type and mechanisms become
 * those of softhsm-sm2, and the other way round. The numbers are the vendors' own, written here a second time, so that a
 * slip in signer/hsm/vendor.c is found.
 */
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "faulty.h"

/* What softhsm-sm2 has. */
#define SOFT_GENERATE 0xFFFFF001UL
#define SOFT_SIGN_E 0xFFFFF002UL

#define RAW 64 /* r || s */
#define MAX_TEMPLATE 32

/* PKCS#11 writes CKA_EC_PARAMS of the SM2 curve so. */
static const CK_BYTE sm2_params[] = {0x06, 0x08, 0x2A, 0x81, 0x1C, 0xCF, 0x55, 0x01, 0x82, 0x2D};

static const struct vendor {
    const char *name;
    CK_KEY_TYPE type;
    CK_MECHANISM_TYPE generate, sign_e;
    CK_MECHANISM_TYPE sign_hashed; /* 0: none here; hashes what it is given, without Z */
    CK_MECHANISM_TYPE sign_raw;    /* 0: none here; as sign_e, and never in DER */
} vendors[] = {
    {"generic", 0xFFFFF001, 0xFFFFF001, 0xFFFFF002, 0, 0},
    {"sansec", 0x80000004, 0x80008001, 0x80008104, 0x80008100, 0x80008105},
    {"tass", 0x80000004, 0x80008001, 0x80008000, 0x80008100, 0},
    {"luna", 0x80000016, 0x80000B20, 0x80000B21, 0, 0},
    {"xihsm", 0xFFFF0001, 0xFFFF0001, 0xFFFF0002, 0, 0},
    {"ibm", 0x80050002, 0x8005000A, 0x8005000B, 0, 0},
};

static const struct vendor *vendor; /* NULL: the module behind speaks for itself */
static bool der, bare_point, no_params, kept_type;

/* How the operation that a thread's session has begun answers. */
static _Thread_local bool sm2, hashed, in_der;

bool dialect_init(void)
{
    const char *name = getenv("FAULTY_VENDOR"), *quirks = getenv("FAULTY_QUIRKS");
    for (size_t i = 0; name != NULL && i < sizeof vendors / sizeof vendors[0]; i++)
        if (strcmp(vendors[i].name, name) == 0)
            vendor = &vendors[i];
    if (quirks != NULL) {
        der = strstr(quirks, "der") != NULL;
        bare_point = strstr(quirks, "bare-point") != NULL;
        no_params = strstr(quirks, "no-params") != NULL;
        kept_type = strstr(quirks, "kept-type") != NULL;
    }
    if (name == NULL || vendor != NULL || strcmp(name, "softhsm-sm2") == 0)
        return true;
    fprintf(stderr, "faulty: FAULTY_VENDOR is no vendor of the table\n");
    return false;
}

/* -- keys -- */

/* A vendor's token knows no SM2 under the standard's numbers, nor under another vendor's. */
CK_RV dialect_generate(CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_ATTRIBUTE *public_, CK_ULONG public_n,
                       CK_ATTRIBUTE *private_, CK_ULONG private_n, CK_OBJECT_HANDLE *public_key,
                       CK_OBJECT_HANDLE *private_key)
{
    CK_MECHANISM soft = {SOFT_GENERATE, m->pParameter, m->ulParameterLen};
    CK_KEY_TYPE ec = CKK_EC;
    CK_ATTRIBUTE copy[2][MAX_TEMPLATE], *templates[] = {public_, private_};
    CK_ULONG counts[] = {public_n, private_n};
    if (vendor == NULL || m->mechanism == CKM_RSA_PKCS_KEY_PAIR_GEN)
        return behind->C_GenerateKeyPair(s, m, public_, public_n, private_, private_n, public_key, private_key);
    if (m->mechanism != vendor->generate)
        return CKR_MECHANISM_INVALID;
    for (int t = 0; t < 2; t++) {
        if (counts[t] > MAX_TEMPLATE)
            return CKR_TEMPLATE_INCONSISTENT;
        for (CK_ULONG i = 0; i < counts[t]; i++) {
            copy[t][i] = templates[t][i];
            if (copy[t][i].type != CKA_KEY_TYPE)
                continue;
            if (*(CK_KEY_TYPE *)copy[t][i].pValue != vendor->type)
                return CKR_TEMPLATE_INCONSISTENT;
            copy[t][i].pValue = &ec;
        }
    }
    return behind->C_GenerateKeyPair(s, &soft, copy[0], public_n, copy[1], private_n, public_key, private_key);
}

static bool is_sm2(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o)
{
    CK_BYTE params[256];
    CK_ATTRIBUTE a = {CKA_EC_PARAMS, params, sizeof params};
    return behind->C_GetAttributeValue(s, o, &a, 1) == CKR_OK && a.ulValueLen == sizeof sm2_params &&
           memcmp(params, sm2_params, sizeof sm2_params) == 0;
}

/* Without its OCTET STRING: two bytes less. */
static void bare(CK_ATTRIBUTE *a)
{
    CK_BYTE *p = a->pValue;
    if (a->ulValueLen != 67)
        return;
    if (p != NULL)
        memmove(p, p + 2, 65);
    a->ulValueLen = 65;
}

CK_RV dialect_attributes(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o, CK_ATTRIBUTE *a, CK_ULONG n)
{
    CK_RV rv = behind->C_GetAttributeValue(s, o, a, n);
    if (vendor == NULL || rv != CKR_OK || !is_sm2(s, o))
        return rv;
    for (CK_ULONG i = 0; i < n; i++) {
        if (a[i].type == CKA_KEY_TYPE && a[i].pValue != NULL && !kept_type) {
            *(CK_KEY_TYPE *)a[i].pValue = vendor->type;
        } else if (a[i].type == CKA_EC_PARAMS && no_params) {
            a[i].ulValueLen = CK_UNAVAILABLE_INFORMATION;
            rv = CKR_ATTRIBUTE_TYPE_INVALID;
        } else if (a[i].type == CKA_EC_POINT && bare_point) {
            bare(&a[i]);
        }
    }
    return rv;
}

/* -- signatures -- */

CK_RV dialect_sign_init(CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_OBJECT_HANDLE key)
{
    CK_MECHANISM soft = {SOFT_SIGN_E, m->pParameter, m->ulParameterLen};
    sm2 = is_sm2(s, key);
    hashed = in_der = false;
    if (!sm2 || vendor == NULL) {
        in_der = sm2 && der;
        return behind->C_SignInit(s, m, key);
    }
    if (m->mechanism != vendor->sign_e && (vendor->sign_hashed == 0 || m->mechanism != vendor->sign_hashed) &&
        (vendor->sign_raw == 0 || m->mechanism != vendor->sign_raw))
        return CKR_MECHANISM_INVALID;
    hashed = m->mechanism != vendor->sign_e && m->mechanism == vendor->sign_hashed;
    in_der = der && m->mechanism != vendor->sign_raw;
    return behind->C_SignInit(s, &soft, key);
}

/* r || s becomes SEQUENCE{r, s}. */
static CK_RV to_der(CK_BYTE *out, CK_ULONG room, CK_ULONG *n)
{
    unsigned char bytes[RAW + 16], *p = bytes;
    ECDSA_SIG *sig = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(out, RAW / 2, NULL), *s = BN_bin2bn(out + RAW / 2, RAW / 2, NULL);
    int len = *n == RAW && sig != NULL && ECDSA_SIG_set0(sig, r, s) == 1 ? i2d_ECDSA_SIG(sig, &p) : -1;
    ECDSA_SIG_free(sig);
    if (len < 0 || (CK_ULONG)len > room)
        return CKR_BUFFER_TOO_SMALL;
    memcpy(out, bytes, (size_t)len);
    *n = (CK_ULONG)len;
    return CKR_OK;
}

CK_RV dialect_sign(CK_SESSION_HANDLE s, CK_BYTE *data, CK_ULONG n, CK_BYTE *out, CK_ULONG *out_n)
{
    CK_BYTE digest[EVP_MAX_MD_SIZE];
    unsigned len;
    CK_ULONG room = *out_n;
    if (hashed) {
        if (EVP_Digest(data, n, digest, &len, EVP_sm3(), NULL) != 1)
            return CKR_FUNCTION_FAILED;
        data = digest;
        n = len;
    }
    CK_RV rv = behind->C_Sign(s, data, n, out, out_n);
    return rv == CKR_OK && out != NULL && in_der ? to_der(out, room, out_n) : rv;
}
