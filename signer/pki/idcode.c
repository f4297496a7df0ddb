#include "pki/idcode.h"

#include <stdbool.h>
#include <string.h>
#include <time.h>

#define LENGTH 18 /* of both */

enum idcode idcode_uscc(const char *s)
{
    static const char alphabet[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    unsigned weight = 1, sum = 0, last = 0;
    if (strlen(s) != LENGTH)
        return IDCODE_FORM;
    for (int i = 0; i < LENGTH; i++) {
        const char *at = strchr(alphabet, s[i]);
        if (at == NULL)
            return IDCODE_FORM;
        last = (unsigned)(at - alphabet);
        if (i < LENGTH - 1)
            sum += last * weight;
        weight = weight * 3 % 31;
    }
    return last == (31 - sum % 31) % 31 ? IDCODE_GOOD : IDCODE_CHECK;
}

static int digits(const char *s, int n)
{
    int value = 0;
    for (int i = 0; i < n; i++)
        value = value * 10 + (s[i] - '0');
    return value;
}

/* YYYYMMDD, a day of the calendar that is not still to come. */
static bool is_birth_date(const char *s, int64_t now)
{
    const int year = digits(s, 4), month = digits(s + 4, 2), day = digits(s + 6, 2);
    struct tm tm = {.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day};
    const int64_t begins = (int64_t)timegm(&tm) - 8 * 3600; /* Beijing is 8 hours ahead */
    /* a day that the month does not have has become one of another month */
    return year >= 1900 && tm.tm_year == year - 1900 && tm.tm_mon == month - 1 && begins <= now;
}

enum idcode idcode_resident(const char *s, int64_t now)
{
    static const char checks[] = "10X98765432"; /* by the remainder */
    static const unsigned char weights[LENGTH - 1] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
    unsigned sum = 0;
    if (strlen(s) != LENGTH || strspn(s, "0123456789") < LENGTH - 1 || strchr(checks, s[LENGTH - 1]) == NULL)
        return IDCODE_FORM;
    if (s[0] == '0' || !is_birth_date(s + 6, now))
        return IDCODE_FORM;
    for (int i = 0; i < LENGTH - 1; i++)
        sum += weights[i] * (unsigned)(s[i] - '0');
    return s[LENGTH - 1] == checks[sum % 11] ? IDCODE_GOOD : IDCODE_CHECK;
}
