/* Steps of ceremonies that the token was not told of: nobody vouches for them, so they are walked again. */
#include "batch/untold.h"
#include "log/course.h"

static enum err look(void *arg, const struct record *r, struct diag *d)
{
    bool *any = arg;
    (void)d;
    *any = *any || r->type == RECORD_CEREMONY || r->type == RECORD_STEP || r->type == RECORD_EXCEPTION;
    return E_OK;
}

struct walk {
    struct courses courses;
    uint64_t told;
};

/* Lines take no ceremony back behind what the token knows: else they could be written anew with other digests. */
static enum err take(void *arg, const struct record *r, struct diag *d)
{
    struct walk *w = arg;
    enum err e = courses_take(&w->courses, r, d);
    const struct course *c = courses_find(&w->courses, record_text(r, "ceremony"));
    if (e == E_OK && c != NULL && c->done < c->told && r->seq > w->told)
        e = diag_set(d, E_LOG_ORDER, "%s line %llu takes back steps of the ceremony %s that the token knows", LOG_FILE,
                     (unsigned long long)r->seq, c->name);
    for (size_t i = 0; i < w->courses.n && r->seq == w->told; i++)
        w->courses.v[i].told = w->courses.v[i].done;
    return e;
}

static enum err take_back(struct state *s, const struct course *c, struct diag *d)
{
    char file[DIGEST_HEX];
    hex_encode(c->file, DIGEST_LEN, file);
    return log_append(s->log, RECORD_CEREMONY,
                      json_pack("{s:s,s:s,s:I,s:I}", "ceremony", c->name, "file", file, "steps", (json_int_t)c->steps, "done",
                                (json_int_t)c->told), d);
}

enum err untold_take_back_steps(struct state *s, struct diag *d)
{
    struct walk w = {.told = s->told};
    bool any = false;
    enum err e = log_each(s->fd, &s->heard, look, &any, d); /* seldom */
    if (e != E_OK || !any)
        return e;
    e = log_each(s->fd, NULL, take, &w, d);
    for (size_t i = 0; i < w.courses.n && e == E_OK; i++)
        if (w.courses.v[i].done > w.courses.v[i].told)
            e = take_back(s, &w.courses.v[i], d);
    courses_free(&w.courses);
    return e == E_OK ? log_sync(s->log, d) : e;
}
