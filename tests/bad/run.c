#include "bad/run.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/digest.h"

#define CPU_SECONDS 5    /* for one input; a hang without work is ended after WALL_SECONDS */
#define WALL_SECONDS 60
#define MEMORY_BYTES (512u << 20) /* of address space: more than any reader may need */
#define WORKERS_MAX 64
#define TOLD 5

enum fate {
    FATE_NONE,     /* not reached */
    FATE_GOOD,     /* the good input itself; not counted */
    FATE_REFUSED,
    FATE_SAME,     /* accepted, and means the same */
    FATE_ACCEPTED, /* accepted, and means something else */
    FATE_BLAMED,   /* refused with a code that is not the input's fault */
    FATE_DIED
};

/* One input's outcome, in memory that parent and children share. */
struct outcome {
    uint64_t digest; /* the first 8 bytes of its SHA-256 */
    uint16_t code;
    uint8_t fate;
    uint8_t signal;
};

struct job {
    const struct kind *kind;
    const struct inputs *in;
    size_t step, n; /* inputs that are run: 0, step, 2 * step, ... */
    struct outcome *outcomes;
    volatile size_t *next; /* where each worker stands */
};

#ifdef __SANITIZE_ADDRESS__
/* Its shadow needs more address space than any limit would leave; it counts by itself. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "detect_leaks=0:hard_rss_limit_mb=512:max_allocation_size_mb=256";
}
#endif

static const struct cell *cell_of(const struct inputs *in, size_t i)
{
    size_t c = 0;
    while (i >= in->v[c].first + in->v[c].n)
        c++;
    return &in->v[c];
}

static const struct cell *make(const struct inputs *in, size_t i, struct buf *out)
{
    const struct cell *c = cell_of(in, i);
    buf_reset(out);
    c->mutator->make(c->good, i - c->first, out);
    bad_must(buf_err(out) == E_OK, "%s: %s %zu", c->what, c->mutator->name, i - c->first);
    return c;
}

/* -- in the child -- */

static void limit_memory(void)
{
#ifndef __SANITIZE_ADDRESS__
    const struct rlimit all = {MEMORY_BYTES, MEMORY_BYTES};
    bad_must(setrlimit(RLIMIT_AS, &all) == 0, "RLIMIT_AS");
#endif
    const struct rlimit none = {0, 0};
    bad_must(setrlimit(RLIMIT_CORE, &none) == 0, "RLIMIT_CORE");
}

static void limit_time(void)
{
    const struct itimerval t = {.it_value = {.tv_sec = CPU_SECONDS}};
    setitimer(ITIMER_PROF, &t, NULL);
    alarm(WALL_SECONDS);
}

static enum fate judge(const struct job *j, const struct cell *c, struct span bytes, struct outcome *o)
{
    bool same = false;
    uint8_t digest[DIGEST_LEN];
    if (bytes.n == c->good.n && (bytes.n == 0 || memcmp(bytes.p, c->good.p, bytes.n) == 0))
        return FATE_GOOD;
    bad_must(digest_bytes(DIGEST_SHA256, bytes.p, bytes.n, digest) == E_OK, "digest");
    memcpy(&o->digest, digest, sizeof o->digest);
    /* A copy of exactly this size, so that a sanitizer sees a read past its end. */
    uint8_t *copy = malloc(bytes.n > 0 ? bytes.n : 1);
    bad_must(copy != NULL, "memory");
    if (bytes.n > 0)
        memcpy(copy, bytes.p, bytes.n);
    enum err e = j->kind->judge(c->what, (struct span){copy, bytes.n}, &same);
    free(copy);
    o->code = (uint16_t)e;
    if (e == E_OK)
        return same ? FATE_SAME : FATE_ACCEPTED;
    return (j->kind->may != NULL ? j->kind->may(e) : err_is_refusal(e)) ? FATE_REFUSED : FATE_BLAMED;
}

/* The share of one worker: every workers-th input, from where it stands. */
static void work(const struct job *j, size_t worker, size_t workers)
{
    struct buf bytes = {0};
    limit_memory();
    for (size_t i; (i = j->next[worker]) < j->n; j->next[worker] = i + workers) {
        struct outcome *o = &j->outcomes[i];
        const struct cell *c = make(j->in, i * j->step, &bytes);
        limit_time();
        o->fate = (uint8_t)judge(j, c, buf_span(&bytes), o);
    }
    alarm(0);
    buf_free(&bytes);
}

/* -- in the parent -- */

static pid_t start(const struct job *j, size_t worker, size_t workers)
{
    fflush(stdout);
    pid_t pid = fork();
    bad_must(pid >= 0, "fork: %s", strerror(errno));
    if (pid == 0) {
        work(j, worker, workers);
        _exit(0);
    }
    return pid;
}

/* Whoever dies has its input marked, and a new one goes on behind it. */
static void run_all(const struct job *j, size_t workers)
{
    pid_t pids[WORKERS_MAX];
    size_t running = workers;
    for (size_t w = 0; w < workers; w++) {
        j->next[w] = w;
        pids[w] = start(j, w, workers);
    }
    while (running > 0) {
        int status;
        size_t w = 0;
        pid_t pid = wait(&status);
        bad_must(pid > 0, "wait: %s", strerror(errno));
        while (w < workers && pids[w] != pid)
            w++;
        bad_must(w < workers, "a stranger's child");
        running--;
        if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
            continue;
        struct outcome *o = &j->outcomes[j->next[w]];
        o->fate = FATE_DIED;
        o->signal = (uint8_t)(WIFSIGNALED(status) ? WTERMSIG(status) : 0);
        j->next[w] += workers;
        pids[w] = start(j, w, workers);
        running++;
    }
}

static void keep(const struct job *j, size_t i, struct buf *bytes)
{
    const char *build = getenv("ROOTSEAL_BUILD");
    char path[512];
    snprintf(path, sizeof path, "%s/test/bad", build != NULL ? build : "build");
    mkdir(path, 0755);
    snprintf(path, sizeof path, "%s/test/bad/%s-%zu", build != NULL ? build : "build", j->kind->name, i);
    for (char *p = strrchr(path, '/'); *p != '\0'; p++)
        if (*p == ' ' || *p == ',')
            *p = '_';
    FILE *f = fopen(path, "wb");
    if (f == NULL || fwrite(bytes->data, 1, bytes->len, f) != bytes->len || fclose(f) != 0)
        printf("  (%s: %s)\n", path, strerror(errno));
    else
        printf("  kept in %s\n", path);
}

static void tell(const struct job *j, size_t i, const struct outcome *o)
{
    static const char *const words[] = {[FATE_NONE] = "was never reached",
                                        [FATE_ACCEPTED] = "was accepted and means something else",
                                        [FATE_BLAMED] = "was refused with a code that is not its fault",
                                        [FATE_DIED] = "ended the program"};
    struct buf bytes = {0};
    const struct cell *c = make(j->in, i, &bytes);
    printf("%s, %s, %s %zu %s (%s, signal %d%s)\n", j->kind->name, c->what, c->mutator->name, i - c->first, words[o->fate],
           err_name((enum err)o->code), o->signal,
           o->signal == SIGPROF || o->signal == SIGALRM ? ": it took too long" : "");
    keep(j, i, &bytes);
    buf_free(&bytes);
}

/* -- counting -- */

static uint64_t *seen; /* digests of all kinds */
static size_t seen_n;

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static size_t distinct(uint64_t *v, size_t n)
{
    size_t d = 0;
    qsort(v, n, sizeof *v, by_value);
    for (size_t i = 0; i < n; i++)
        d += i == 0 || v[i] != v[i - 1];
    return d;
}

size_t run_distinct(void)
{
    return distinct(seen, seen_n);
}

static void count(const struct job *j, struct tally *t)
{
    size_t from = seen_n;
    uint64_t *more = reallocarray(seen, seen_n + j->n + 1, sizeof *seen);
    bad_must(more != NULL, "memory");
    seen = more;
    for (size_t i = 0; i < j->n; i++) {
        const struct outcome *o = &j->outcomes[i];
        if (o->fate == FATE_GOOD)
            continue;
        seen[seen_n++] = o->digest;
        t->refused += o->fate == FATE_REFUSED;
        t->same += o->fate == FATE_SAME;
        if (o->fate != FATE_REFUSED && o->fate != FATE_SAME && t->failed++ < TOLD)
            tell(j, i * j->step, o);
    }
    t->passed = t->refused + t->same;
    t->distinct = distinct(seen + from, seen_n - from);
}

/* A judge that refuses the good input would prove nothing. */
static void check_good(const struct kind *kind, const struct inputs *in)
{
    for (size_t c = 0; c < in->cells; c++) {
        bool same = false;
        enum err e = kind->judge(in->v[c].what, in->v[c].good, &same);
        bad_must(e == E_OK && same, "%s, %s: the good input gets %s", kind->name, in->v[c].what, err_name(e));
    }
}

static void *shared(size_t n)
{
    void *p = mmap(NULL, n > 0 ? n : 1, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    bad_must(p != MAP_FAILED, "mmap: %s", strerror(errno));
    return p;
}

void run_kind(const struct kind *kind, size_t step, struct tally *out)
{
    static struct inputs in;
    const char *jobs = getenv("JOBS");
    long cores = jobs != NULL ? atol(jobs) : sysconf(_SC_NPROCESSORS_ONLN);
    size_t workers = cores < 1 ? 1 : cores > WORKERS_MAX ? WORKERS_MAX : (size_t)cores;
    in = (struct inputs){0};
    kind->prepare(&in);
    check_good(kind, &in);
    struct job j = {.kind = kind, .in = &in, .step = step, .n = (in.n + step - 1) / step};
    j.outcomes = shared(j.n * sizeof *j.outcomes);
    j.next = shared(workers * sizeof *j.next);
    run_all(&j, workers);
    count(&j, out);
    munmap(j.outcomes, j.n * sizeof *j.outcomes);
    munmap((void *)(uintptr_t)j.next, workers * sizeof *j.next);
}
