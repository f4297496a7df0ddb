/* pin.c - a token that counts wrong PINs, takes them by length, or has a pad of its own. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "faulty.h"

#define TRIES 3

static struct {
    CK_ULONG min, max; /* 0: those of the token behind */
    const char *tries;
    FILE *pad;
} told;

bool pin_init(void)
{
    const char *length = getenv("FAULTY_PIN"), *pad = getenv("FAULTY_PAD");
    told.tries = getenv("FAULTY_TRIES");
    if (pad != NULL)
        told.pad = fopen(pad, "re");
    if ((length == NULL || sscanf(length, "%lu-%lu", &told.min, &told.max) == 2) && (pad == NULL || told.pad != NULL))
        return true;
    fprintf(stderr, "faulty: FAULTY_PIN or FAULTY_PAD makes no sense\n");
    return false;
}

static int tries_left(void)
{
    int n = 0;
    FILE *f = fopen(told.tries, "re");
    if (f == NULL || fscanf(f, "%d", &n) != 1)
        abort();
    fclose(f);
    return n;
}

static void keep_tries(int n)
{
    FILE *f = fopen(told.tries, "we");
    if (f == NULL || fprintf(f, "%d\n", n) < 0 || fclose(f) != 0)
        abort();
}

CK_RV pin_token_info(CK_SLOT_ID slot, CK_TOKEN_INFO *info)
{
    CK_RV rv = behind->C_GetTokenInfo(slot, info);
    if (rv != CKR_OK)
        return rv;
    if (told.max != 0) {
        info->ulMinPinLen = told.min;
        info->ulMaxPinLen = told.max;
    }
    if (told.tries != NULL) {
        const int n = tries_left();
        info->flags &= ~(CK_FLAGS)(CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_FINAL_TRY | CKF_USER_PIN_LOCKED);
        info->flags |= n < TRIES ? CKF_USER_PIN_COUNT_LOW : 0;
        info->flags |= n == 1 ? CKF_USER_PIN_FINAL_TRY : n == 0 ? CKF_USER_PIN_LOCKED : 0;
    }
    if (told.pad != NULL)
        info->flags |= CKF_PROTECTED_AUTHENTICATION_PATH;
    return rv;
}

static CK_RV login_at_pad(CK_SESSION_HANDLE s, CK_USER_TYPE user)
{
    char line[300];
    if (told.pad == NULL || fgets(line, sizeof line, told.pad) == NULL)
        return CKR_PIN_INCORRECT;
    CK_RV rv = behind->C_Login(s, user, (CK_UTF8CHAR *)line, strcspn(line, "\n"));
    explicit_bzero(line, sizeof line);
    return rv;
}

CK_RV pin_login(CK_SESSION_HANDLE s, CK_USER_TYPE user, CK_UTF8CHAR *pin, CK_ULONG n)
{
    if (told.tries != NULL && tries_left() == 0)
        return CKR_PIN_LOCKED;
    if (pin != NULL && told.max != 0 && (n < told.min || n > told.max))
        return CKR_PIN_LEN_RANGE;
    CK_RV rv = pin == NULL ? login_at_pad(s, user) : behind->C_Login(s, user, pin, n);
    if (told.tries != NULL && rv == CKR_OK)
        keep_tries(TRIES);
    if (told.tries != NULL && rv == CKR_PIN_INCORRECT)
        keep_tries(tries_left() - 1);
    return rv;
}
