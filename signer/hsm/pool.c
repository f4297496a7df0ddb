#include "hsm/pool.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "hsm/session.h"

#define JOBS_PER_WORKER 32 /* enough to go on with while the user of the pool syncs a group of log lines */

/* One place in the ring. Its memory is kept from job to job. */
struct job {
    const struct hsm_key *key;
    struct buf message;
    struct buf signature;
    enum err err;
    struct diag diag;
    bool done;
};

struct worker {
    struct hsm_pool *pool;
    CK_SESSION_HANDLE session;
    pthread_t thread;
    bool has_session, has_thread;
};

/* The three counters only grow; a job's place is its number modulo size. Always
 * taken <= begun <= submitted and submitted - taken <= size. A worker owns jobs[i] from the moment
 * it counts it as begun until it marks it done. */
struct hsm_pool {
    struct hsm *h;
    struct worker *workers;
    size_t workers_n;
    struct job *jobs;
    size_t size;
    uint64_t submitted, taken; /* changed by the user's thread only */
    pthread_mutex_t lock;      /* for all below, and for `done` and `submitted` */
    pthread_cond_t work;       /* something to begin, or stop */
    pthread_cond_t finished;   /* some job is done */
    uint64_t begun;
    uint64_t count;
    bool stop;
};

static void run(struct worker *w, struct job *j)
{
    j->err = sign_in_session(j->key, w->session, buf_span(&j->message), &j->signature, &j->diag);
}

static void *work(void *arg)
{
    struct worker *w = arg;
    struct hsm_pool *p = w->pool;
    pthread_mutex_lock(&p->lock);
    for (;;) {
        while (!p->stop && p->begun == p->submitted)
            pthread_cond_wait(&p->work, &p->lock);
        if (p->stop)
            break;
        struct job *j = &p->jobs[p->begun++ % p->size];
        pthread_mutex_unlock(&p->lock);
        run(w, j);
        pthread_mutex_lock(&p->lock);
        j->done = true;
        p->count += j->err == E_OK;
        pthread_cond_signal(&p->finished);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

/* Signals are for the thread that shows progress and asks questions, so a worker is born with all
 * of them blocked. */
static enum err start(struct worker *w, struct diag *d)
{
    enum err e = session_open(w->pool->h, false, &w->session, d);
    if (e != E_OK)
        return e;
    w->has_session = true;
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int r = pthread_create(&w->thread, NULL, work, w);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (r != 0)
        return diag_set(d, E_NO_MEMORY, "a thread could not be started: %s", strerror(r));
    w->has_thread = true;
    return E_OK;
}

enum err hsm_pool_open(struct hsm *h, int sessions, struct hsm_pool **out, struct diag *d)
{
    *out = NULL;
    struct hsm_pool *p = calloc(1, sizeof *p);
    if (p == NULL)
        return diag_set(d, E_NO_MEMORY, "workers");
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->work, NULL);
    pthread_cond_init(&p->finished, NULL);
    p->h = h;
    p->workers_n = sessions < 1 ? 1 : sessions > LIMIT_SESSIONS ? LIMIT_SESSIONS : (size_t)sessions;
    p->size = p->workers_n * JOBS_PER_WORKER;
    p->workers = calloc(p->workers_n, sizeof *p->workers);
    p->jobs = calloc(p->size, sizeof *p->jobs);
    enum err e = p->workers != NULL && p->jobs != NULL ? E_OK : E_NO_MEMORY;
    if (e != E_OK)
        diag_set(d, e, "workers");
    for (size_t i = 0; e == E_OK && i < p->workers_n; i++) {
        p->workers[i].pool = p;
        e = start(&p->workers[i], d);
    }
    if (e == E_OK)
        *out = p;
    else
        hsm_pool_close(p);
    return e;
}

bool hsm_pool_has_room(const struct hsm_pool *p)
{
    return hsm_pool_pending(p) < p->size;
}

size_t hsm_pool_pending(const struct hsm_pool *p)
{
    return (size_t)(p->submitted - p->taken);
}

enum err hsm_pool_submit(struct hsm_pool *p, struct hsm_key *k, struct span message, struct diag *d)
{
    assert(hsm_pool_has_room(p));
    if (message.n > LIMIT_TBS_BYTES)
        return diag_set(d, E_LINT, "%zu bytes to be signed are more than %d", message.n,
                        LIMIT_TBS_BYTES);
    struct job *j = &p->jobs[p->submitted % p->size];
    buf_reset(&j->message);
    buf_reset(&j->signature);
    buf_append(&j->message, message.p, message.n);
    if (buf_err(&j->message) != E_OK)
        return diag_set(d, E_NO_MEMORY, "message");
    diag_clear(&j->diag);
    j->key = k;
    j->done = false;
    pthread_mutex_lock(&p->lock);
    p->submitted++;
    pthread_cond_signal(&p->work);
    pthread_mutex_unlock(&p->lock);
    return E_OK;
}

enum err hsm_pool_take(struct hsm_pool *p, struct buf *out, struct diag *d)
{
    assert(hsm_pool_pending(p) > 0);
    struct job *j = &p->jobs[p->taken % p->size];
    pthread_mutex_lock(&p->lock);
    while (!j->done)
        pthread_cond_wait(&p->finished, &p->lock);
    pthread_mutex_unlock(&p->lock);
    p->taken++;
    if (j->err != E_OK) {
        if (d != NULL)
            *d = j->diag;
        return j->err;
    }
    buf_append(out, j->signature.data, j->signature.len);
    return buf_err(out) == E_OK ? E_OK : diag_set(d, E_NO_MEMORY, "signature");
}

uint64_t hsm_pool_count(struct hsm_pool *p)
{
    pthread_mutex_lock(&p->lock);
    uint64_t count = p->count;
    pthread_mutex_unlock(&p->lock);
    return count;
}

void hsm_pool_close(struct hsm_pool *p)
{
    if (p == NULL)
        return;
    pthread_mutex_lock(&p->lock);
    p->stop = true;
    pthread_cond_broadcast(&p->work);
    pthread_mutex_unlock(&p->lock);
    for (size_t i = 0; p->workers != NULL && i < p->workers_n; i++) {
        struct worker *w = &p->workers[i];
        if (w->has_thread)
            pthread_join(w->thread, NULL);
        if (w->has_session)
            CALL(p->h, C_CloseSession, w->session);
    }
    for (size_t i = 0; p->jobs != NULL && i < p->size; i++) {
        buf_free(&p->jobs[i].message);
        buf_free(&p->jobs[i].signature);
    }
    free(p->jobs);
    free(p->workers);
    pthread_cond_destroy(&p->finished);
    pthread_cond_destroy(&p->work);
    pthread_mutex_destroy(&p->lock);
    free(p);
}
