#include "core/signals.h"

#include <stddef.h>
#include <sys/signalfd.h>
#include <unistd.h>

int signals_hold(bool stopping, sigset_t *before)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};
    size_t n = sizeof signals / sizeof signals[0] - (stopping ? 0 : 1);
    sigset_t held;
    sigemptyset(&held);
    for (size_t i = 0; i < n; i++) {
        struct sigaction now;
        if (sigaction(signals[i], NULL, &now) == 0 && now.sa_handler != SIG_IGN)
            sigaddset(&held, signals[i]);
    }
    pthread_sigmask(SIG_BLOCK, &held, before);
    return signalfd(-1, &held, SFD_CLOEXEC | SFD_NONBLOCK);
}

void signals_release(int fd, const sigset_t *before)
{
    if (fd >= 0)
        close(fd);
    pthread_sigmask(SIG_SETMASK, before, NULL);
}
