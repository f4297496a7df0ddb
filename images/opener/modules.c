#include "opener.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static void load(const char *name)
{
    char path[128];
    snprintf(path, sizeof path, "/modules/%s", name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        opener_fault("the initrd lacks the module %s: %s", name, strerror(errno));
    if (syscall(SYS_finit_module, fd, "", 0) != 0 && errno != ENODEV && errno != EEXIST)
        opener_fault("the kernel refuses the module %s: %s", name, strerror(errno));
    close(fd);
}

void modules_load(void)
{
    char line[96];
    FILE *f = opener_read("/modules.txt");
    while (fgets(line, sizeof line, f) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        load(line);
    }
    fclose(f);
}
