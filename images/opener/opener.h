/*
 * The initrd's /init: from the kernel to PID 1 of a root of which every block is verified.
 *
 * It trusts the initrd it lies in, and nothing else: neither a medium's name nor what is on it. It says what it does on
 * the kernel's log, which all consoles show, and in English, since nothing is there yet that could speak another
 * language. Whatever goes wrong ends in opener_fault(): there is no shell here, and no second way to boot.
 */
#ifndef OPENER_H
#define OPENER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* The volume id that the image's ISO 9660 file system has (images/build/iso.sh), and the root on it. */
#define VOLUME_ID "ROOTSEAL"
#define IMAGE_PATH "/live/root.img"

/* The size of the blocks that verity verifies, data and hashes (images/build/squashfs.sh). */
#define VERITY_BLOCK 4096

/* How the root is opened, as it stands in the initrd: one line of data blocks, root hash, salt. */
struct verity {
    uint64_t blocks; /* of data, VERITY_BLOCK bytes each; the superblock of the hashes follows */
    char root[65];   /* hexadecimal, sha256 */
    char salt[65];   /* the same */
};

/* -- say.c -- */

/* Says something on the kernel's log. The text needs no line end. */
void opener_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Says what went wrong, waits until a person can have read it, and powers off. */
_Noreturn void opener_fault(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A file for reading, the caller's to close; that it cannot be opened is a fault. */
FILE *opener_read(const char *path) __attribute__((returns_nonnull));

/* -- modules.c -- */

/* Loads the modules that /modules.txt names, in its order. One whose hardware is not there is left out (ENODEV); any
 * other that cannot be loaded is a fault. */
void modules_load(void);

/* -- medium.c -- */

/* Finds the medium with the image by its content, waiting for devices that come late, and mounts it read-only on `at`.
 * True if one was found within `seconds`. Devices that were looked at and are not it are left alone. */
__attribute__((warn_unused_result)) bool medium_mount(const char *at, unsigned seconds);

/* -- verity.c -- */

/* Reads the file that says how the root is opened. A fault when it is not as images/build/squashfs.sh writes it. */
void verity_read(const char *path, struct verity *v);

/* Makes the file `image` a device, every block of which is verified when it is read; in `device` its path, of 64 bytes.
 * A block that was changed stops the machine (panic_on_corruption). */
void verity_open(const struct verity *v, const char *image, char device[64]);

/* -- root.c -- */

/* Mounts the device as the root, moves /dev, /proc and /sys there, frees the initrd and becomes the root's /sbin/init,
 * which has ROOTSEAL_IMAGE=<root hash in hexadecimal> in its environment. */
_Noreturn void root_enter(const char *device, const struct verity *v);

#endif
