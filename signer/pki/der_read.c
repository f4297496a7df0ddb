#include "pki/der_read.h"

#include <openssl/asn1.h>
#include <stdio.h>
#include <string.h>

#include "core/clock.h"

/* Year digits, then MMDDhhmmssZ: clock_parse() is as strict about the rest as we are. */
static bool parse(struct span text, const char *century, char iso[CLOCK_TEXT], int64_t *t)
{
    const size_t year = text.n - 11;
    const char *p = (const char *)text.p, *rest = p + year;
    *t = 0;
    if (rest[10] != 'Z')
        return false;
    snprintf(iso, CLOCK_TEXT, "%s%.*s-%.2s-%.2sT%.2s:%.2s:%.2sZ", century, (int)year, p, rest, rest + 2, rest + 4,
             rest + 6, rest + 8);
    return clock_parse(iso, t);
}

bool der_read_generalized(struct der time, int64_t *t)
{
    char iso[CLOCK_TEXT];
    *t = 0;
    return time.tag == V_ASN1_GENERALIZEDTIME && time.body.n == 15 && parse(time.body, "", iso, t);
}

bool der_read_time(struct der time, int64_t *t)
{
    char iso[CLOCK_TEXT];
    *t = 0;
    if (time.tag == V_ASN1_UTCTIME)
        return time.body.n == 13 && parse(time.body, time.body.p[0] < '5' ? "20" : "19", iso, t);
    bool late = time.tag == V_ASN1_GENERALIZEDTIME && time.body.n == 15 && parse(time.body, "", iso, t) &&
                strncmp(iso, "2050", 4) >= 0;
    if (!late)
        *t = 0;
    return late;
}

bool der_read_serial(struct der integer, uint8_t out[DER_SERIAL_MAX], size_t *n)
{
    struct span b = integer.body;
    memset(out, 0, DER_SERIAL_MAX);
    *n = 0;
    if (integer.tag != DER_INTEGER || b.n == 0 || b.n > DER_SERIAL_MAX || (b.p[0] & 0x80) != 0)
        return false;
    if (b.p[0] == 0) {
        b.p++;
        b.n--;
        if (b.n == 0 || (b.p[0] & 0x80) == 0)
            return false; /* zero, or not minimal */
    }
    memcpy(out, b.p, b.n);
    *n = b.n;
    return true;
}
