/* media.h - the media that are plugged in, found by what is on them. */
#ifndef ROOTSEAL_INIT_MEDIA_H
#define ROOTSEAL_INIT_MEDIA_H

#include <stdbool.h>
#include <stdint.h>

#include "content.h"
#include "core/diag.h"
#include "machine.h"

#define MEDIA_MOST 32
#define MEDIA_STICK MACHINE_RUN "/media/stick" /* where a stick is mounted, one at a time */

/* The volume id of the ISO that the appliance boots from. */
#define MEDIA_IMAGE_LABEL "ROOTSEAL"

struct medium {
    char name[32];    /* as the kernel calls the device, e.g. sdb1; for this moment only */
    char disk[32];    /* of a partition: of the disk it is on; else as name */
    char model[96];   /* as the disk names itself, printable ASCII */
    uint64_t bytes;
    bool usb;
    bool whole;       /* a disk, and no partition */
    bool partitioned; /* a disk on which the kernel found partitions */
    bool image;       /* the appliance's own image is on this disk */
    struct content content;
};

struct media {
    struct medium m[MEDIA_MOST];
    size_t n;
};

/* List disks and their partitions; those without a medium, and what the kernel made of others (loop, device mapper),
 * are left out. One that cannot be read counts as CONTENT_UNKNOWN. E_MEDIUM_LIMIT when there are more than MEDIA_MOST.
 */
ERR_MUST_USE enum err media_list(struct media *out, struct diag *d);

/* Is it a stick that can be read here: USB, with a file system of its own, and not the image's? */
bool media_is_stick(const struct medium *m);

/* Wait a few seconds for the medium that `is` is true of; false when it does not come. */
typedef bool media_is(const struct medium *m, const void *arg);
bool media_find(media_is *is, const void *arg, struct medium *out);

/* The device's file, e.g. /dev/sdb1. */
#define MEDIA_DEVICE 48
void media_device(const struct medium *m, char out[MEDIA_DEVICE]);

/* "VENDOR MODEL, 15.9 GB" for people. */
void media_describe(const struct medium *m, char *out, size_t cap);

/* Mount a stick on MEDIA_STICK: nothing on it can be executed, no device or link on it is followed; read-only unless
 * `writable`, and then every write goes to the stick at once. E_READ_ONLY when it is write-protected, E_MEDIUM when it
 * is of a kind that is only read, E_IO and the like. */
ERR_MUST_USE enum err media_mount(const struct medium *m, bool writable, struct diag *d);

/* Write what is not written yet and unmount MEDIA_STICK; nothing when nothing is mounted there. E_IO when the stick
 * was pulled too soon: what was written last may be lost. */
ERR_MUST_USE enum err media_unmount(struct diag *d);

#endif
