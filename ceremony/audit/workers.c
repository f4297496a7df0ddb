#include "audit/workers.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

#include "core/threads.h"

#define MOST 64
#define ROOM 256 /* checks that wait */

struct job {
    workers_check *check;
    void *what;
};

/* put and taken only grow; a job's place is its number modulo ROOM, and put - taken is at most that. */
struct workers {
    pthread_t threads[MOST];
    size_t n;
    struct job jobs[ROOM];
    uint64_t put, taken;
    bool failed, stop;
    pthread_mutex_t lock; /* for all of the above but the threads */
    pthread_cond_t work;  /* something to do, or stop */
    pthread_cond_t room;  /* a place is free */
};

static void *work(void *arg)
{
    struct workers *w = arg;
    pthread_mutex_lock(&w->lock);
    for (;;) {
        while (!w->stop && w->put == w->taken)
            pthread_cond_wait(&w->work, &w->lock);
        if (w->put == w->taken)
            break;
        struct job job = w->jobs[w->taken++ % ROOM];
        pthread_cond_signal(&w->room);
        pthread_mutex_unlock(&w->lock);
        const bool good = job.check(job.what) == E_OK;
        pthread_mutex_lock(&w->lock);
        w->failed = w->failed || !good;
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

struct workers *workers_start(size_t n)
{
    struct workers *w = n < 2 ? NULL : calloc(1, sizeof *w);
    if (w == NULL)
        return NULL;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->work, NULL);
    pthread_cond_init(&w->room, NULL);
    w->n = threads_start(w->threads, n < MOST ? n : MOST, work, w);
    if (w->n > 0)
        return w;
    (void)workers_finish(w);
    return NULL;
}

void workers_put(struct workers *w, workers_check *check, void *what)
{
    pthread_mutex_lock(&w->lock);
    while (w->put - w->taken == ROOM)
        pthread_cond_wait(&w->room, &w->lock);
    w->jobs[w->put++ % ROOM] = (struct job){check, what};
    pthread_cond_signal(&w->work);
    pthread_mutex_unlock(&w->lock);
}

bool workers_finish(struct workers *w)
{
    if (w == NULL)
        return true;
    pthread_mutex_lock(&w->lock);
    w->stop = true;
    pthread_cond_broadcast(&w->work);
    pthread_mutex_unlock(&w->lock);
    threads_join(w->threads, w->n);
    const bool good = !w->failed;
    pthread_mutex_destroy(&w->lock);
    pthread_cond_destroy(&w->work);
    pthread_cond_destroy(&w->room);
    free(w);
    return good;
}
