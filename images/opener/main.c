#include "opener.h"

#include <errno.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#define MEDIUM "/medium"
#define SECONDS_TO_APPEAR 60 /* a slow CD drive spins up in less */

static void mount_kernels(void)
{
    if (mount("devtmpfs", "/dev", "devtmpfs", MS_NOSUID | MS_NOEXEC, "mode=0755") != 0 && errno != EBUSY)
        opener_fault("/dev: %s", strerror(errno));
    if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) != 0)
        opener_fault("/proc: %s", strerror(errno));
    if (mount("sysfs", "/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) != 0)
        opener_fault("/sys: %s", strerror(errno));
}

int main(void)
{
    struct verity v;
    char device[64];
    if (getpid() != 1)
        return 1;
    mount_kernels();
    modules_load();
    verity_read("/verity", &v);
    if (!medium_mount(MEDIUM, SECONDS_TO_APPEAR))
        opener_fault("no medium has the image on it; looked for %d seconds for a volume named " VOLUME_ID,
                     SECONDS_TO_APPEAR);
    verity_open(&v, MEDIUM IMAGE_PATH, device);
    root_enter(device, &v);
}
