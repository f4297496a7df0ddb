#include "opener.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <time.h>
#include <unistd.h>

/* ECMA-119, 8.4: the primary volume descriptor is in sector 16, and in its bytes 40 to 71 the volume id, filled with
 * blanks. */
#define DESCRIPTOR_AT (16 * 2048)
#define VOLUME_ID_AT 40
#define VOLUME_ID_SIZE 32

static bool is_image(const char *device)
{
    char sector[VOLUME_ID_AT + VOLUME_ID_SIZE], want[VOLUME_ID_SIZE];
    int fd = open(device, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t got = pread(fd, sector, sizeof sector, DESCRIPTOR_AT);
    close(fd);
    memset(want, ' ', sizeof want);
    memcpy(want, VOLUME_ID, strlen(VOLUME_ID));
    return got == (ssize_t)sizeof sector && memcmp(sector + 1, "CD001", 5) == 0 &&
           memcmp(sector + VOLUME_ID_AT, want, sizeof want) == 0;
}

/* Mounted, and with an image on it: of two media of that name, the one without may have come first. */
static bool mount_image(const char *device, const char *at)
{
    char path[128];
    if (mount(device, at, "iso9660", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOSYMFOLLOW, NULL) != 0) {
        opener_say("%s has the name of the image, and cannot be mounted: %s", device, strerror(errno));
        return false;
    }
    snprintf(path, sizeof path, "%s%s", at, IMAGE_PATH);
    if (access(path, R_OK) == 0)
        return true;
    opener_say("%s has the name of the image, and no %s on it", device, IMAGE_PATH);
    umount(at);
    return false;
}

/* Every block device there is now, whole or a partition. */
static bool look_once(const char *at)
{
    char line[128], name[64], device[80];
    bool found = false;
    FILE *f = opener_read("/proc/partitions");
    while (!found && fgets(line, sizeof line, f) != NULL) {
        if (sscanf(line, "%*u %*u %*u %63s", name) != 1)
            continue;
        snprintf(device, sizeof device, "/dev/%s", name);
        found = is_image(device) && mount_image(device, at);
    }
    fclose(f);
    if (found)
        opener_say("the image is on %s", device);
    return found;
}

bool medium_mount(const char *at, unsigned seconds)
{
    const struct timespec pause = {.tv_nsec = 200 * 1000 * 1000};
    for (unsigned i = 0; i < seconds * 5; i++) {
        if (look_once(at))
            return true;
        nanosleep(&pause, NULL);
    }
    return false;
}
