#include "hsm/vendor.h"

/* The generic row comes first: vendor_find() falls back on it. */
static const struct vendor vendors[] = {
    {POLICY_VENDOR_GENERIC, 0xFFFFF001, 0xFFFFF001, 0xFFFFF002},
    {POLICY_VENDOR_SANSEC, 0x80000004, 0x80008001, 0x80008104},
    {POLICY_VENDOR_TASS, 0x80000004, 0x80008001, 0x80008000},
    {POLICY_VENDOR_LUNA, 0x80000016, 0x80000B20, 0x80000B21},
    {POLICY_VENDOR_XIHSM, 0xFFFF0001, 0xFFFF0001, 0xFFFF0002},
    {POLICY_VENDOR_IBM, 0x80050002, 0x8005000A, 0x8005000B},
    {POLICY_VENDOR_SOFTHSM_SM2, CKK_EC, CKM_EC_KEY_PAIR_GEN, 0xFFFFF002},
};

const struct vendor *vendor_find(enum policy_vendor id)
{
    for (size_t i = 0; i < sizeof vendors / sizeof vendors[0]; i++)
        if (vendors[i].id == id)
            return &vendors[i];
    return &vendors[0];
}
