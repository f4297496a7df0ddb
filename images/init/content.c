#include "content.h"

#include <string.h>

#include "core/text.h"

#define ISO_VOLUME 32768 /* ECMA-119 8.4: the primary volume descriptor */
#define EXT_SUPER 1024

static bool stands_at(const uint8_t *head, size_t n, size_t at, const char *bytes, size_t len)
{
    return at + len <= n && memcmp(head + at, bytes, len) == 0;
}

/* A field of so many bytes that ends with NULs or blanks. */
static void read_text(const uint8_t *field, size_t len, char out[64])
{
    size_t n = strnlen((const char *)field, len);
    while (n > 0 && field[n - 1] == ' ')
        n--;
    text_escape(out, 64, field, n);
}

/* LUKS2 On-Disk Format Specification 2.1: binary header. */
static bool is_luks(const uint8_t *head, size_t n, struct content *out)
{
    if (!stands_at(head, n, 0, "LUKS\xba\xbe\0\2", 8) || n < 4096)
        return false;
    read_text(head + 24, 48, out->label);
    read_text(head + 208, 48, out->subsystem);
    return true;
}

static bool is_iso(const uint8_t *head, size_t n, struct content *out)
{
    if (!stands_at(head, n, ISO_VOLUME, "\1CD001", 6) || n < ISO_VOLUME + 2048)
        return false;
    read_text(head + ISO_VOLUME + 40, 32, out->label);
    return true;
}

static bool is_ext(const uint8_t *head, size_t n)
{
    return stands_at(head, n, EXT_SUPER + 56, "\x53\xef", 2);
}

/* Microsoft FAT specification 3.1; the strings are no proof by themselves. */
static bool is_fat(const uint8_t *head, size_t n)
{
    if (!stands_at(head, n, 510, "\x55\xaa", 2))
        return false;
    const unsigned sector = head[11] | (unsigned)head[12] << 8;
    const unsigned cluster = head[13], fats = head[16];
    return (sector == 512 || sector == 1024 || sector == 2048 || sector == 4096) && cluster != 0 &&
           (cluster & (cluster - 1)) == 0 && (fats == 1 || fats == 2) &&
           (stands_at(head, n, 54, "FAT1", 4) || stands_at(head, n, 82, "FAT32", 5));
}

static bool has_partitions(const uint8_t *head, size_t n)
{
    return stands_at(head, n, 510, "\x55\xaa", 2) || stands_at(head, n, 512, "EFI PART", 8);
}

static bool is_blank(const uint8_t *head, size_t n)
{
    return n > 0 && head[0] == 0 && memcmp(head, head + 1, n - 1) == 0;
}

void content_of(const uint8_t *head, size_t n, struct content *out)
{
    *out = (struct content){.kind = CONTENT_UNKNOWN};
    if (is_luks(head, n, out))
        out->kind = CONTENT_LUKS;
    else if (is_iso(head, n, out))
        out->kind = CONTENT_ISO;
    else if (is_ext(head, n))
        out->kind = CONTENT_EXT;
    else if (is_fat(head, n))
        out->kind = CONTENT_FAT;
    else if (has_partitions(head, n))
        out->kind = CONTENT_PARTITIONS;
    else if (is_blank(head, n))
        out->kind = CONTENT_BLANK;
}
