#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "machine.h"
#include "media.h"

#ifndef MS_NOSYMFOLLOW /* Linux 5.10; not in the C library's header of the platform */
#define MS_NOSYMFOLLOW 256
#endif

#define STRANGE (MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME | MS_NOSYMFOLLOW)

static enum err make_place(struct diag *d)
{
    return mkdir(MEDIA_STICK, 0700) == 0 || errno == EEXIST ? E_OK : diag_errno(d, errno, MEDIA_STICK);
}

static enum err mount_it(const struct medium *m, bool writable, struct diag *d)
{
    char device[MEDIA_DEVICE];
    const char *type = "vfat", *options = "umask=0077,errors=remount-ro";
    media_device(m, device);
    if (m->content.kind == CONTENT_EXT) {
        type = "ext4";
        /* a journal of strangers is not worked off on a medium that is only read */
        options = writable ? "errors=remount-ro" : "noload,errors=remount-ro";
    } else if (m->content.kind == CONTENT_ISO) {
        type = "iso9660";
        options = NULL;
    }
    const unsigned long flags = STRANGE | (writable ? MS_SYNCHRONOUS : MS_RDONLY);
    return mount(device, MEDIA_STICK, type, flags, options) == 0 ? E_OK : diag_errno(d, errno, "%s", m->model);
}

enum err media_mount(const struct medium *m, bool writable, struct diag *d)
{
    if (writable && m->content.kind == CONTENT_ISO)
        return diag_set(d, E_READ_ONLY, "%s", m->model);
    enum err e = media_unmount(d);
    if (e == E_OK)
        e = make_place(d);
    return e == E_OK ? mount_it(m, writable, d) : e;
}

enum err media_unmount(struct diag *d)
{
    int fd = open(MEDIA_STICK, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? E_OK : diag_errno(d, errno, "%s", MEDIA_STICK);
    const int failed = syncfs(fd) == 0 ? 0 : errno;
    close(fd);
    while (umount2(MEDIA_STICK, UMOUNT_NOFOLLOW) == 0)
        ;
    if (errno == EBUSY)
        (void)umount2(MEDIA_STICK, MNT_DETACH | UMOUNT_NOFOLLOW);
    return failed == 0 ? E_OK : diag_errno(d, failed, "%s", MEDIA_STICK);
}
