/* threads.h - the same work in several threads. */
#ifndef ROOTSEAL_CORE_THREADS_H
#define ROOTSEAL_CORE_THREADS_H

#include <pthread.h>
#include <stddef.h>

/* How many processors this process may use; at least 1. */
size_t threads_cores(void);

/* Start up to n threads that run work(arg), and put them into out. They take no signals: those are for the thread that
 * shows the progress. Returns how many there are, for threads_join(): fewer when the system gives no more, which is no
 * error. */
size_t threads_start(pthread_t *out, size_t n, void *(*work)(void *arg), void *arg);

/* Wait for the end of each of them. */
void threads_join(const pthread_t *threads, size_t n);

#endif
