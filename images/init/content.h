/* content.h - what a medium is, by what stands at its beginning. Names of devices move, and labels on sticks lie. */
#ifndef ROOTSEAL_INIT_CONTENT_H
#define ROOTSEAL_INIT_CONTENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONTENT_HEAD ((size_t)1 << 20) /* bytes that are looked at */

enum content_kind {
    CONTENT_UNKNOWN,
    CONTENT_BLANK,      /* nothing but zeros */
    CONTENT_PARTITIONS, /* a table of partitions, each of which has a content of its own */
    CONTENT_LUKS,       /* LUKS2 on-disk format 1.0 */
    CONTENT_FAT,        /* FAT12, FAT16 or FAT32 */
    CONTENT_EXT,        /* ext2, ext3 or ext4 */
    CONTENT_ISO,        /* ISO 9660 */
};

struct content {
    enum content_kind kind;
    char label[64];     /* volume label (LUKS, ISO; of FAT and ext none is read), printable ASCII, text_escape()d */
    char subsystem[64]; /* of a LUKS2 header, likewise */
};

/* Look at the first n bytes of a medium, CONTENT_HEAD or, where it is smaller, all of it. A hybrid image, which has a
 * table of partitions and an ISO 9660 file system, is the latter. */
void content_of(const uint8_t *head, size_t n, struct content *out);

#endif
