#include "core/threads.h"

#include <sched.h>
#include <signal.h>

#define STACK (1024 * 1024) /* bytes a thread: all memory may be locked */

size_t threads_cores(void)
{
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? (size_t)CPU_COUNT(&set) : 1;
}

size_t threads_start(pthread_t *out, size_t n, void *(*work)(void *arg), void *arg)
{
    pthread_attr_t attr;
    sigset_t all, before;
    size_t started = 0;
    if (pthread_attr_init(&attr) != 0)
        return 0;
    pthread_attr_setstacksize(&attr, STACK);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (started < n && pthread_create(&out[started], &attr, work, arg) == 0)
        started++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attr);
    return started;
}

void threads_join(const pthread_t *threads, size_t n)
{
    for (size_t i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
}
