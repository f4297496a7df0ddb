#include "opener.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define AT "/root"

/* The initrd is memory: what is below this folder and on its own file system, removed. */
static void remove_below(int folder, dev_t device)
{
    DIR *d = fdopendir(folder);
    if (d == NULL)
        return;
    for (struct dirent *e = readdir(d); e != NULL; e = readdir(d)) {
        struct stat st;
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 ||
            fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 || st.st_dev != device)
            continue;
        if (S_ISDIR(st.st_mode)) {
            int below = openat(dirfd(d), e->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
            if (below >= 0)
                remove_below(below, device);
        }
        unlinkat(dirfd(d), e->d_name, S_ISDIR(st.st_mode) ? AT_REMOVEDIR : 0);
    }
    closedir(d);
}

static void free_initrd(void)
{
    struct stat st;
    int folder = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder >= 0 && fstat(folder, &st) == 0)
        remove_below(folder, st.st_dev);
}

_Noreturn void root_enter(const char *device, const struct verity *v)
{
    static const char *const moved[] = {"/dev", "/proc", "/sys"};
    char image[sizeof "ROOTSEAL_IMAGE=" + 64];
    snprintf(image, sizeof image, "ROOTSEAL_IMAGE=%s", v->root);
    char *const argv[] = {"/sbin/init", NULL}, *const envp[] = {image, NULL};

    if (mount(device, AT, "squashfs", MS_RDONLY | MS_NODEV | MS_NOSUID, NULL) != 0)
        opener_fault("the root cannot be mounted: %s", strerror(errno));
    for (size_t i = 0; i < sizeof moved / sizeof moved[0]; i++) {
        char to[32];
        snprintf(to, sizeof to, "%s%s", AT, moved[i]);
        if (mount(moved[i], to, NULL, MS_MOVE, NULL) != 0)
            opener_fault("%s cannot be moved into the root: %s", moved[i], strerror(errno));
    }
    if (chdir(AT) != 0)
        opener_fault("%s: %s", AT, strerror(errno));
    free_initrd();
    if (mount(".", "/", NULL, MS_MOVE, NULL) != 0 || chroot(".") != 0 || chdir("/") != 0)
        opener_fault("the root cannot take its place: %s", strerror(errno));
    execve(argv[0], argv, envp);
    opener_fault("%s cannot be started: %s", argv[0], strerror(errno));
}
