#include "core/map.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum err map_open(int dirfd, const char *name, size_t max, struct span *out, struct diag *d)
{
    enum err e = E_OK;
    struct stat st;
    *out = (struct span){0};
    int fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return errno == ELOOP || errno == ENXIO ? diag_set(d, E_MEDIUM_FILE, "%s is not a plain file", name)
                              : diag_errno(d, errno, "%s", name);
    if (fstat(fd, &st) != 0)
        e = diag_errno(d, errno, "%s", name);
    else if (!S_ISREG(st.st_mode))
        e = diag_set(d, E_MEDIUM_FILE, "%s is not a plain file", name);
    else if ((uint64_t)st.st_size > max)
        e = diag_set(d, E_MEDIUM_LIMIT, "%s has %lld bytes, allowed are %zu", name, (long long)st.st_size, max);
    else if (st.st_size > 0) {
        void *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (p == MAP_FAILED)
            e = diag_errno(d, errno, "%s", name);
        else
            *out = (struct span){p, (size_t)st.st_size};
    }
    close(fd);
    return e;
}

void map_close(struct span *s)
{
    if (s->p != NULL)
        munmap((void *)s->p, s->n);
    *s = (struct span){0};
}
