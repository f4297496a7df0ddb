#include "core/map.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/file.h"

enum err map_open(int dirfd, const char *name, size_t max, struct span *out, struct diag *d)
{
    struct stat st;
    int fd;
    *out = (struct span){0};
    enum err e = file_open_regular(dirfd, name, &fd, &st, d);
    if (e == E_OK && fd < 0)
        e = diag_errno(d, ENOENT, "%s", name);
    if (e != E_OK)
        return e;
    if ((uint64_t)st.st_size > max)
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
