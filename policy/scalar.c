#include "policy/scalar.h"

#include <openssl/objects.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"

#define DIGITS "0123456789"
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define PERIOD_DAYS_MAX 36525
#define MONTHS_A_YEAR 12
/* 10,000 times the days of a mean Gregorian month, 365.2425 / 12. */
#define MONTH_PARTS INT64_C(304369)
#define DAY_PARTS INT64_C(10000)

bool scalar_integer(const char *s, int64_t max, int64_t *out)
{
    size_t n = strspn(s, DIGITS);
    if (n == 0 || n > 18 || s[n] != '\0' || (s[0] == '0' && n > 1))
        return false;
    int64_t value = strtoll(s, NULL, 10);
    if (value > max)
        return false;
    *out = value;
    return true;
}

bool scalar_bool(const char *s, bool *out)
{
    bool yes = strcmp(s, "true") == 0;
    if (!yes && strcmp(s, "false") != 0)
        return false;
    *out = yes;
    return true;
}

static int64_t period_parts(const struct policy_period *p)
{
    int64_t months = (int64_t)p->years * MONTHS_A_YEAR + p->months;
    return months * MONTH_PARTS + p->days * DAY_PARTS;
}

bool scalar_period(const char *s, struct policy_period *out)
{
    struct policy_period p = {0};
    int *const parts[] = {&p.years, &p.months, &p.days};
    size_t next = 0;
    while (*s != '\0') {
        size_t n = strspn(s, DIGITS);
        if (n == 0 || n > 5)
            return false;
        while (next < 3 && "ymd"[next] != s[n])
            next++;
        if (next == 3)
            return false;
        *parts[next++] = (int)strtol(s, NULL, 10);
        s += n + 1;
    }
    int64_t length = period_parts(&p);
    if (length <= 0 || length > PERIOD_DAYS_MAX * DAY_PARTS)
        return false;
    *out = p;
    return true;
}

bool scalar_period_longer(const struct policy_period *a, const struct policy_period *b)
{
    return period_parts(a) > period_parts(b);
}

bool scalar_duration(const char *s, int64_t *seconds)
{
    static const char units[] = "smhd";
    static const int64_t lengths[] = {1, 60, 3600, 86400};
    size_t n = strspn(s, DIGITS);
    if (n == 0 || n > 5 || s[n] == '\0' || s[n + 1] != '\0' || strchr(units, s[n]) == NULL)
        return false;
    int64_t value = strtoll(s, NULL, 10) * lengths[strchr(units, s[n]) - units];
    if (value <= 0)
        return false;
    *seconds = value;
    return true;
}

bool scalar_oid(const char *s)
{
    char text[128];
    ASN1_OBJECT *object = OBJ_txt2obj(s, 1);
    if (object == NULL)
        return false;
    int n = OBJ_obj2txt(text, sizeof text, object, 1);
    ASN1_OBJECT_free(object);
    return n > 0 && n < (int)sizeof text && strcmp(text, s) == 0;
}

bool scalar_url(const char *s)
{
    static const char scheme[] = "http://";
    if (strncmp(s, scheme, sizeof scheme - 1) != 0)
        return false;
    for (const char *p = s; *p != '\0'; p++)
        if (*p <= 0x20 || *p >= 0x7f || strchr("\"<>\\^`{|}", *p) != NULL)
            return false;
    s += sizeof scheme - 1;
    return strchr(LETTERS DIGITS "[", *s) != NULL && *s != '\0';
}

bool scalar_printable(const char *s)
{
    return s[strspn(s, LETTERS DIGITS " '()+,-./:=?")] == '\0';
}

size_t scalar_characters(const char *s)
{
    size_t characters = 0;
    size_t n = strlen(s);
    for (size_t at = 0; at < n; characters++) {
        uint32_t cp = 0;
        size_t len = text_utf8_next((const uint8_t *)s + at, n - at, &cp);
        at += len > 0 ? len : 1;
    }
    return characters;
}

bool scalar_ascii(const char *s, size_t max)
{
    size_t n = 0;
    while (s[n] >= 0x20 && s[n] <= 0x7e)
        n++;
    return n <= max && s[n] == '\0';
}

bool scalar_filled(const char *s)
{
    return s[strspn(s, " ")] != '\0';
}

bool scalar_path(const char *s)
{
    for (;;) {
        size_t n = strcspn(s, "/");
        if (n == 0 || (n == 1 && s[0] == '.') || (n == 2 && s[0] == '.' && s[1] == '.'))
            return false;
        if (s[n] == '\0')
            return true;
        s += n + 1;
    }
}

static const char uri_scheme[] = "pkcs11:";
static const char *const uri_names[] = {"token", "manufacturer", "model", "serial", "object", "id"};

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    const char *at = c != '\0' ? strchr(digits, c) : NULL;
    return at == NULL ? -1 : (int)((at - digits) % 16);
}

/* Decode the n characters of one attribute value (RFC 7512 2.3 pk11-pchar) into out, which holds n
 * bytes; out may be NULL. Returns the length, or 0 when the value is not allowed. */
static size_t uri_decode(const char *s, size_t n, char *out)
{
    size_t length = 0;
    for (size_t i = 0; i < n; i++, length++) {
        int value = (unsigned char)s[i];
        if (s[i] == '%') {
            if (n - i < 3)
                return 0;
            int high = hex_digit(s[i + 1]);
            int low = hex_digit(s[i + 2]);
            if (high < 0 || low < 0 || high + low == 0)
                return 0;
            value = 16 * high + low;
            i += 2;
        } else if (strchr(LETTERS DIGITS "-._~:[]@!$'()*+,=&", s[i]) == NULL) {
            return 0;
        }
        if (out != NULL)
            out[length] = (char)value;
    }
    return length;
}

/* Split the attribute that begins at s: its name's length, its value and the value's length. False
 * when there is no
 * "=". */
static bool uri_split(const char *s, size_t *name_n, const char **value, size_t *value_n)
{
    size_t n = strcspn(s, ";");
    const char *equals = memchr(s, '=', n);
    if (equals == NULL)
        return false;
    *name_n = (size_t)(equals - s);
    *value = equals + 1;
    *value_n = n - *name_n - 1;
    return true;
}

bool scalar_uri(const char *s)
{
    enum { NAMES = sizeof uri_names / sizeof uri_names[0] };
    bool seen[NAMES] = {false};
    if (strncmp(s, uri_scheme, sizeof uri_scheme - 1) != 0)
        return false;
    s += sizeof uri_scheme - 1;
    for (;;) {
        size_t name_n = 0, value_n = 0, name = 0;
        const char *value = NULL;
        if (!uri_split(s, &name_n, &value, &value_n) || uri_decode(value, value_n, NULL) == 0)
            return false;
        while (name < NAMES &&
               (strlen(uri_names[name]) != name_n || memcmp(uri_names[name], s, name_n) != 0))
            name++;
        if (name == NAMES || seen[name])
            return false;
        seen[name] = true;
        if (value[value_n] == '\0')
            return true;
        s = value + value_n + 1;
    }
}

char *scalar_uri_attribute(const char *uri, const char *name, size_t *n)
{
    *n = 0;
    const char *s = uri + sizeof uri_scheme - 1;
    for (;;) {
        size_t name_n = 0, value_n = 0;
        const char *value = NULL;
        if (!uri_split(s, &name_n, &value, &value_n))
            return NULL;
        if (strlen(name) == name_n && memcmp(name, s, name_n) == 0) {
            char *out = malloc(value_n + 1);
            if (out != NULL) {
                *n = uri_decode(value, value_n, out);
                out[*n] = '\0';
            }
            return out;
        }
        if (value[value_n] == '\0')
            return NULL;
        s = value + value_n + 1;
    }
}
