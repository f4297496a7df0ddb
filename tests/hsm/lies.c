/* lies.c - signatures that are none. */
#include <openssl/evp.h>
#include <string.h>

#include "faulty.h"

#define FOUND_MAX 16

static CK_RV sign_hashed(CK_SESSION_HANDLE s, const CK_BYTE *data, CK_ULONG n, CK_BYTE *out, CK_ULONG *out_n)
{
    CK_BYTE digest[EVP_MAX_MD_SIZE];
    unsigned len;
    if (EVP_Digest(data, n, digest, &len, EVP_sm3(), NULL) != 1)
        return CKR_FUNCTION_FAILED;
    return dialect_sign(s, digest, len, out, out_n);
}

CK_RV lie_sign(enum lie lie, CK_SESSION_HANDLE s, CK_BYTE *data, CK_ULONG n, CK_BYTE *out, CK_ULONG *out_n)
{
    if (lie == LIE_HASH)
        return sign_hashed(s, data, n, out, out_n);
    CK_RV rv = dialect_sign(s, data, n, out, out_n);
    if (rv != CKR_OK || lie == LIE_NONE || *out_n == 0)
        return rv;
    if (lie == LIE_FLIP)
        out[*out_n - 1] ^= 1;
    else if (lie == LIE_SHORT)
        --*out_n;
    else if (lie == LIE_ZERO)
        memset(out, 0, *out_n);
    else if (lie == LIE_LONG)
        *out_n = 1 << 20;
    return CKR_OK;
}

static CK_KEY_TYPE type_of(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE key)
{
    CK_KEY_TYPE type = CK_UNAVAILABLE_INFORMATION;
    CK_ATTRIBUTE a = {CKA_KEY_TYPE, &type, sizeof type};
    behind->C_GetAttributeValue(s, key, &a, 1);
    return type;
}

CK_OBJECT_HANDLE lie_other_key(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE key)
{
    CK_OBJECT_CLASS class_ = CKO_PRIVATE_KEY;
    CK_KEY_TYPE type = type_of(s, key);
    CK_ATTRIBUTE want[] = {{CKA_CLASS, &class_, sizeof class_}, {CKA_KEY_TYPE, &type, sizeof type}};
    CK_OBJECT_HANDLE found[FOUND_MAX];
    CK_ULONG n = 0;
    if (behind->C_FindObjectsInit(s, want, 2) != CKR_OK)
        return key;
    behind->C_FindObjects(s, found, FOUND_MAX, &n);
    behind->C_FindObjectsFinal(s);
    for (CK_ULONG i = 0; i < n; i++)
        if (found[i] != key)
            return found[i];
    return key;
}
