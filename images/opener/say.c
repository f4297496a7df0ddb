#include "opener.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/reboot.h>
#include <unistd.h>

/* The level of a message in front of it: one that the quiet console shows, too (Documentation/ABI/testing/dev-kmsg). */
#define LEVEL "<2>"
#define SECONDS_TO_READ 20

FILE *opener_read(const char *path)
{
    FILE *f = fopen(path, "re");
    if (f == NULL)
        opener_fault("%s cannot be read: %s", path, strerror(errno));
    return f;
}

static void say(const char *format, va_list args)
{
    static const char prefix[] = LEVEL "rootseal: ";
    char line[512];
    memcpy(line, prefix, sizeof prefix);
    vsnprintf(line + strlen(prefix), sizeof line - strlen(prefix), format, args);
    int fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
    if (fd < 0) /* before /dev is there */
        fd = dup(STDERR_FILENO);
    ssize_t written = write(fd, line, strlen(line));
    (void)written; /* there is nobody else to tell */
    close(fd);
}

void opener_say(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(format, args);
    va_end(args);
}

_Noreturn void opener_fault(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(format, args);
    va_end(args);
    opener_say("this machine did not start, nothing was touched; it powers off in %d seconds", SECONDS_TO_READ);
    sleep(SECONDS_TO_READ);
    for (;;) {
        reboot(RB_POWER_OFF); /* halts where power cannot be switched */
        pause();
    }
}
