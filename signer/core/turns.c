#include "core/turns.h"

void turns_begin(struct turns *t, int64_t first)
{
    *t = (struct turns){.next = first};
    pthread_mutex_init(&t->lock, NULL);
    pthread_cond_init(&t->moved, NULL);
}

void turns_end(struct turns *t)
{
    pthread_mutex_destroy(&t->lock);
    pthread_cond_destroy(&t->moved);
}

bool turns_wait(struct turns *t, int64_t n)
{
    pthread_mutex_lock(&t->lock);
    while (!t->stopped && t->next != n)
        pthread_cond_wait(&t->moved, &t->lock);
    const bool open = !t->stopped;
    pthread_mutex_unlock(&t->lock);
    return open;
}

void turns_pass(struct turns *t)
{
    pthread_mutex_lock(&t->lock);
    t->next++;
    pthread_cond_broadcast(&t->moved);
    pthread_mutex_unlock(&t->lock);
}

void turns_stop(struct turns *t)
{
    pthread_mutex_lock(&t->lock);
    t->stopped = true;
    pthread_cond_broadcast(&t->moved);
    pthread_mutex_unlock(&t->lock);
}
