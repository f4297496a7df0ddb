/* turns.h - a gate for threads that work side by side and do one thing in order: they pass it one by one, by their
 * numbers.
 *
 * What only the thread whose turn it is touches needs no other lock.
 */
#ifndef ROOTSEAL_CORE_TURNS_H
#define ROOTSEAL_CORE_TURNS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* Set up with turns_begin(), end with turns_end() when no thread waits any more. */
struct turns {
    pthread_mutex_t lock;
    pthread_cond_t moved;
    int64_t next; /* whose turn it is */
    bool stopped;
};

void turns_begin(struct turns *t, int64_t first);
void turns_end(struct turns *t);

/* Wait until all before n have passed. True: it is n's turn, until turns_pass(). False: the gate was closed. */
bool turns_wait(struct turns *t, int64_t n);
void turns_pass(struct turns *t);

/* Close the gate for good, for those who wait and all to come. */
void turns_stop(struct turns *t);

#endif
