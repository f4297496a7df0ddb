#include "hsm/watch.h"

#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define NEVER INT64_MAX
#define TICK 1000       /* milliseconds between two looks while calls are under way */
#define OVERSLEPT 1000  /* when a look is this much late, the whole process stood still */
#define MESSAGE_MAX 1200 /* two lines of diag_format() */
#define WRITE_WAIT 1000  /* milliseconds that a stopped terminal or a full pipe is given */

/* The call that a thread is in. */
struct call {
    struct call *next, *before;
    const char *what;
    int64_t deadline; /* milliseconds of the monotonic clock */
    int64_t allowed;  /* milliseconds */
};

struct watch {
    struct hsm_patience patience;
    pthread_t thread;
    pthread_mutex_t lock; /* for all below */
    pthread_cond_t changed;
    char token[256];
    struct call *under_way;
    int64_t looked; /* when the thread looked last, */
    int64_t wakes;  /* and when it looks next without being called */
    bool stop;
};

/* A thread is in one call at most, so this needs neither a search nor memory. */
static _Thread_local struct call mine;

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---------------------------------------------------------------- the end */

/* Nothing that hangs may keep the watchdog from ending the process: not a terminal that was stopped,
 * nor a pipe that nobody reads. */
static bool can_write(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    return poll(&p, 1, WRITE_WAIT) == 1 && (p.revents & POLLOUT) != 0;
}

static void say(const char *text)
{
    if (can_write(STDERR_FILENO) && write(STDERR_FILENO, text, strlen(text)) < 0)
        return; /* there is nobody else to tell */
}

/* What the program printed so far belongs before the message, as at any other error. */
static void flush_stdout(void)
{
    if (!can_write(STDOUT_FILENO) || ftrylockfile(stdout) != 0)
        return;
    fflush_unlocked(stdout);
    funlockfile(stdout);
}

static _Noreturn void give_up(const struct watch *w, const struct call *c)
{
    struct diag d = {0};
    char text[MESSAGE_MAX];
    diag_set(&d, E_TOKEN_TIMEOUT, "%s: no answer in %" PRId64 " s (token %s)", c->what,
             c->allowed / 1000, w->token);
    flush_stdout();
    if (isatty(STDERR_FILENO)) /* a progress bar may stand on this line */
        say("\n");
    if (w->patience.end != NULL)
        w->patience.end(&d);
    diag_format(w->patience.program, E_TOKEN_TIMEOUT, &d, text, sizeof text);
    say(text);
    _exit((int)err_class(E_TOKEN_TIMEOUT));
}

/* ---------------------------------------------------------------- the thread */

static const struct call *first_due(const struct watch *w)
{
    const struct call *first = w->under_way;
    for (const struct call *c = first; c != NULL; c = c->next)
        if (c->deadline < first->deadline)
            first = c;
    return first;
}

/* The clock ran on while the process was stopped; calls under way do not pay for it. */
static void make_up(struct watch *w, int64_t now)
{
    if (w->wakes == NEVER || now - w->wakes < OVERSLEPT)
        return;
    for (struct call *c = w->under_way; c != NULL; c = c->next)
        c->deadline += now - w->looked;
}

/* Called for by a call that is due earlier than the thread would look, which is seldom: while calls
 * come and go, the time set for the first of them stands. */
static void *watch(void *arg)
{
    struct watch *w = arg;
    pthread_mutex_lock(&w->lock);
    while (!w->stop) {
        int64_t now = now_ms();
        make_up(w, now);
        w->looked = now;
        const struct call *c = first_due(w);
        if (c != NULL && c->deadline <= now)
            give_up(w, c);
        w->wakes = c == NULL ? NEVER : c->deadline < now + TICK ? c->deadline : now + TICK;
        const struct timespec until = {.tv_sec = (time_t)(w->wakes / 1000), .tv_nsec = (long)(w->wakes % 1000) * 1000000};
        if (w->wakes == NEVER)
            pthread_cond_wait(&w->changed, &w->lock);
        else
            pthread_cond_timedwait(&w->changed, &w->lock, &until);
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

/* Signals are for the thread that asks questions. */
static int start_thread(struct watch *w)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int r = pthread_create(&w->thread, NULL, watch, w);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return r;
}

/* ---------------------------------------------------------------- life */

enum err watch_start(const struct hsm_patience *patience, const char *uri, struct watch **out,
                     struct diag *d)
{
    pthread_condattr_t monotonic;
    *out = NULL;
    struct watch *w = calloc(1, sizeof *w);
    if (w == NULL)
        return diag_set(d, E_NO_MEMORY, "watchdog");
    w->patience = *patience;
    w->wakes = NEVER;
    snprintf(w->token, sizeof w->token, "%s", uri);
    pthread_mutex_init(&w->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&w->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    int r = start_thread(w);
    if (r == 0) {
        *out = w;
        return E_OK;
    }
    pthread_cond_destroy(&w->changed);
    pthread_mutex_destroy(&w->lock);
    free(w);
    return diag_set(d, E_NO_MEMORY, "a thread could not be started: %s", strerror(r));
}

void watch_name(struct watch *w, const struct hsm_identity *token)
{
    pthread_mutex_lock(&w->lock);
    snprintf(w->token, sizeof w->token, "\"%s\", serial %s", token->label, token->serial);
    pthread_mutex_unlock(&w->lock);
}

void watch_begin(struct watch *w, const char *what, int times)
{
    mine.what = what;
    mine.allowed = w->patience.seconds * times * 1000;
    mine.deadline = now_ms() + mine.allowed;
    pthread_mutex_lock(&w->lock);
    mine.before = NULL;
    mine.next = w->under_way;
    if (mine.next != NULL)
        mine.next->before = &mine;
    w->under_way = &mine;
    if (mine.deadline < w->wakes)
        pthread_cond_signal(&w->changed);
    pthread_mutex_unlock(&w->lock);
}

CK_RV watch_end(struct watch *w, CK_RV rv)
{
    pthread_mutex_lock(&w->lock);
    if (mine.before != NULL)
        mine.before->next = mine.next;
    else
        w->under_way = mine.next;
    if (mine.next != NULL)
        mine.next->before = mine.before;
    pthread_mutex_unlock(&w->lock);
    return rv;
}

void watch_stop(struct watch *w)
{
    if (w == NULL)
        return;
    pthread_mutex_lock(&w->lock);
    w->stop = true;
    pthread_cond_signal(&w->changed);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->thread, NULL);
    pthread_cond_destroy(&w->changed);
    pthread_mutex_destroy(&w->lock);
    free(w);
}
