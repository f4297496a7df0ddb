#include "room/minutes_code.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX "rootseal-"
static const char *const names[MINUTES_CODE_KINDS] = {PREFIX "head ", PREFIX "transcript ", PREFIX "minutes "};

void minutes_code_of_head(const uint8_t log[DIGEST_LEN], uint64_t size, const uint8_t head[DIGEST_LEN], char out[LIMIT_QR_TEXT + 1])
{
    char ours[DIGEST_HEX], hex[DIGEST_HEX];
    hex_encode(log, DIGEST_LEN, ours);
    hex_encode(head, DIGEST_LEN, hex);
    snprintf(out, LIMIT_QR_TEXT + 1, "%s%s %" PRIu64 " %s", names[MINUTES_CODE_HEAD], ours, size, hex);
}

void minutes_code_of_digest(enum minutes_code_kind kind, const uint8_t digest[DIGEST_LEN], char out[LIMIT_QR_TEXT + 1])
{
    char hex[DIGEST_HEX];
    hex_encode(digest, DIGEST_LEN, hex);
    snprintf(out, LIMIT_QR_TEXT + 1, "%s%s", names[kind], hex);
}

bool minutes_code_begins(const char *line)
{
    return strncmp(line, PREFIX, sizeof PREFIX - 1) == 0;
}

/* A digest and what ends it, `after`. */
static bool take_digest(const char **p, char after, uint8_t out[DIGEST_LEN])
{
    char hex[DIGEST_HEX];
    if (strnlen(*p, DIGEST_HEX) < DIGEST_HEX - 1 || (*p)[DIGEST_HEX - 1] != after)
        return false;
    memcpy(hex, *p, DIGEST_HEX - 1);
    hex[DIGEST_HEX - 1] = '\0';
    *p += DIGEST_HEX;
    return hex_decode(hex, out, DIGEST_LEN);
}

/* As it is written: no sign, no zero before it. */
static bool take_size(const char **p, uint64_t *out)
{
    const size_t n = strspn(*p, "0123456789");
    if (n == 0 || n > 18 || **p == '0' || (*p)[n] != ' ')
        return false;
    *out = strtoull(*p, NULL, 10);
    *p += n + 1;
    return true;
}

bool minutes_code_parse(const char *line, struct minutes_code *out)
{
    struct minutes_code c = {.kind = MINUTES_CODE_HEAD};
    while (c.kind < MINUTES_CODE_KINDS && strncmp(line, names[c.kind], strlen(names[c.kind])) != 0)
        c.kind++;
    if (c.kind == MINUTES_CODE_KINDS)
        return false;
    const char *p = line + strlen(names[c.kind]);
    if (c.kind == MINUTES_CODE_HEAD && (!take_digest(&p, ' ', c.log) || !take_size(&p, &c.size)))
        return false;
    if (!take_digest(&p, '\0', c.digest))
        return false;
    *out = c;
    return true;
}
