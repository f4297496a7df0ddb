#include "opener.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/dm-ioctl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define SECTOR 512

/* What one call to the device mapper takes: its header, and room for one target with its parameters. */
struct call {
    struct dm_ioctl head;
    struct dm_target_spec target;
    char parameters[1024];
};

void verity_read(const char *path, struct verity *v)
{
    memset(v, 0, sizeof *v);
    FILE *f = opener_read(path);
    if (fscanf(f, "%" SCNu64 " %64[0-9a-f] %64[0-9a-f]", &v->blocks, v->root, v->salt) != 3 || v->blocks == 0 ||
        strlen(v->root) != 64)
        opener_fault("%s in the initrd is not what was built", path);
    fclose(f);
}

/* The image as a block device that cannot be written: path in `device`. */
static void loop_open(const char *image, char device[64])
{
    struct loop_config config = {.info.lo_flags = LO_FLAGS_READ_ONLY, .block_size = VERITY_BLOCK};
    int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC), file = open(image, O_RDONLY | O_CLOEXEC);
    if (control < 0 || file < 0)
        opener_fault("%s: %s", control < 0 ? "/dev/loop-control" : image, strerror(errno));
    int number = ioctl(control, LOOP_CTL_GET_FREE);
    snprintf(device, 64, "/dev/loop%d", number);
    int loop = number < 0 ? -1 : open(device, O_RDONLY | O_CLOEXEC);
    config.fd = (uint32_t)file;
    if (loop < 0 || ioctl(loop, LOOP_CONFIGURE, &config) != 0)
        opener_fault("a loop device for %s: %s", image, strerror(errno));
    close(control);
    close(file);
    close(loop);
}

static void dm_call(int control, unsigned long request, const char *what, struct call *c, uint32_t flags)
{
    c->head = (struct dm_ioctl){.version = {4, 0, 0}, .data_size = sizeof *c, .data_start = sizeof c->head,
                                .target_count = request == DM_TABLE_LOAD, .flags = flags, .name = "root"};
    if (ioctl(control, request, c) != 0)
        opener_fault("the device mapper cannot %s the root: %s", what, strerror(errno));
}

/* Documentation/admin-guide/device-mapper/verity.rst: both devices are the same one here, and the hashes begin in the
 * block behind their superblock. */
static void describe(struct call *c, const struct verity *v, const char *device)
{
    memset(c, 0, sizeof *c);
    c->target.length = v->blocks * (VERITY_BLOCK / SECTOR);
    snprintf(c->target.target_type, sizeof c->target.target_type, "verity");
    int n = snprintf(c->parameters, sizeof c->parameters,
                     "1 %s %s %d %d %" PRIu64 " %" PRIu64 " sha256 %s %s 1 panic_on_corruption", device, device,
                     VERITY_BLOCK, VERITY_BLOCK, v->blocks, v->blocks + 1, v->root, v->salt);
    if (n < 0 || (size_t)n >= sizeof c->parameters)
        opener_fault("the description of the root is too long");
    c->target.next = sizeof c->target + sizeof c->parameters;
}

void verity_open(const struct verity *v, const char *image, char device[64])
{
    struct call c;
    char loop[64];
    loop_open(image, loop);
    int control = open("/dev/mapper/control", O_RDWR | O_CLOEXEC);
    if (control < 0)
        opener_fault("/dev/mapper/control: %s", strerror(errno));
    memset(&c, 0, sizeof c);
    dm_call(control, DM_DEV_CREATE, "create", &c, 0);
    snprintf(device, 64, "/dev/dm-%u", minor(c.head.dev));
    describe(&c, v, loop);
    dm_call(control, DM_TABLE_LOAD, "load", &c, DM_READONLY_FLAG);
    dm_call(control, DM_DEV_SUSPEND, "start", &c, 0); /* without the flag to suspend, it resumes */
    close(control);
}
