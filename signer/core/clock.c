#include "core/clock.h"

#include <stddef.h>
#include <string.h>
#include <time.h>

#define LAST_SECOND INT64_C(253402300799) /* 9999-12-31T23:59:59Z */

int64_t clock_now(void)
{
    return (int64_t)time(NULL);
}

void clock_format(int64_t t, char out[CLOCK_TEXT])
{
    time_t seconds = (time_t)t;
    struct tm tm;
    out[0] = '\0';
    if (t < 0 || t > LAST_SECOND || gmtime_r(&seconds, &tm) == NULL)
        return;
    if (strftime(out, CLOCK_TEXT, "%Y-%m-%dT%H:%M:%SZ", &tm) != CLOCK_TEXT - 1)
        out[0] = '\0';
}

/* The number that n digits write; the caller has checked that they are digits. */
static int number(const char *s, size_t n)
{
    int value = 0;
    for (size_t i = 0; i < n; i++)
        value = 10 * value + (s[i] - '0');
    return value;
}

static bool has_shape(const char *s)
{
    static const char shape[] = "dddd-dd-ddTdd:dd:ddZ";
    if (strnlen(s, sizeof shape) != sizeof shape - 1)
        return false;
    for (size_t i = 0; shape[i] != '\0'; i++)
        if (shape[i] == 'd' ? s[i] < '0' || s[i] > '9' : s[i] != shape[i])
            return false;
    return true;
}

bool clock_parse(const char *s, int64_t *t)
{
    *t = 0;
    if (!has_shape(s))
        return false;
    struct tm tm = {
        .tm_year = number(s, 4) - 1900,
        .tm_mon = number(s + 5, 2) - 1,
        .tm_mday = number(s + 8, 2),
        .tm_hour = number(s + 11, 2),
        .tm_min = number(s + 14, 2),
        .tm_sec = number(s + 17, 2),
    };
    /* timegm() moves a date that does not exist to one that does, which then reads differently. */
    int64_t seconds = (int64_t)timegm(&tm);
    char again[CLOCK_TEXT];
    clock_format(seconds, again);
    if (strcmp(again, s) != 0)
        return false;
    *t = seconds;
    return true;
}
