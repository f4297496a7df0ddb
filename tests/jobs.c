/* jobs.c - see jobs.h. What is known of each job is in memory that all processes share. */
#include "jobs.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WORKERS_MAX 64
#define SHOWN 10

enum { WAITING = -2, BROKEN = -1 };

struct outcome {
    atomic_int status;
    double seconds;
};

static struct {
    atomic_size_t next; /* the first that nobody has begun */
    struct outcome of[];
} *shared;
static size_t shared_size;

static const struct job *jobs;
static size_t jobs_n;
static pid_t workers[WORKERS_MAX];
static size_t workers_n;

/* -- running one -- */

/* A process group of its own, which timeout(1) ends as a whole: when its time is up, or when we are gone. */
static void exec_job(const struct job *j)
{
    char seconds[16];
    char *argv[4 + sizeof j->argv / sizeof j->argv[0]] = {"timeout", "--kill-after=10", seconds};
    int fd = open(j->log, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    int null = open("/dev/null", O_RDONLY);
    if (fd < 0 || null < 0 || dup2(null, 0) < 0 || dup2(fd, 1) < 0 || dup2(fd, 2) < 0 || prctl(PR_SET_PDEATHSIG, SIGTERM) != 0)
        _exit(127);
    snprintf(seconds, sizeof seconds, "%d", j->seconds);
    memcpy(argv + 3, j->argv, sizeof j->argv);
    execvp(argv[0], argv);
    fprintf(stderr, "%s: %s\n", argv[0], strerror(errno));
    _exit(127);
}

int job_run(const struct job *j)
{
    int status;
    pid_t pid = fork();
    if (pid < 0)
        return BROKEN;
    if (pid == 0)
        exec_job(j);
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return BROKEN;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static bool run_next(void)
{
    size_t i = atomic_fetch_add(&shared->next, 1);
    if (i >= jobs_n)
        return false;
    double begun = now();
    int status = job_run(&jobs[i]);
    shared->of[i].seconds = now() - begun;
    atomic_store(&shared->of[i].status, status);
    return true;
}

/* -- all of them -- */

static size_t cores(void)
{
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? (size_t)CPU_COUNT(&set) : 1;
}

static size_t at_once(void)
{
    const char *said = getenv("JOBS");
    return said != NULL && atoi(said) > 0 ? (size_t)atoi(said) : cores() + 1;
}

static bool start_worker(void)
{
    pid_t parent = getpid(), pid = fork();
    if (pid < 0)
        return false;
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        while (getppid() == parent && run_next())
            continue;
        _exit(0);
    }
    workers[workers_n++] = pid;
    return true;
}

bool jobs_start(const struct job *list, size_t n)
{
    size_t may = at_once();
    char each[16];
    jobs = list;
    jobs_n = n;
    shared_size = sizeof *shared + n * sizeof *shared->of;
    shared = mmap(NULL, shared_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        return false;
    for (size_t i = 0; i < n; i++)
        atomic_init(&shared->of[i].status, WAITING);
    snprintf(each, sizeof each, "%zu", n > 1 ? (size_t)1 : cores());
    if (setenv("JOBS", each, 1) != 0)
        return false;
    while (workers_n + 1 < may && workers_n + 1 < n && workers_n < WORKERS_MAX)
        if (!start_worker())
            return false;
    return true;
}

int jobs_wait(size_t i)
{
    int status;
    while ((status = atomic_load(&shared->of[i].status)) == WAITING)
        if (!run_next())
            usleep(20000);
    return status;
}

void jobs_end(void)
{
    for (size_t i = 0; i < workers_n; i++)
        kill(workers[i], SIGTERM);
    for (size_t i = 0; i < workers_n; i++)
        waitpid(workers[i], NULL, 0);
    munmap(shared, shared_size);
}

static int by_seconds(const void *a, const void *b)
{
    double x = shared->of[*(const size_t *)a].seconds, y = shared->of[*(const size_t *)b].seconds;
    return (x < y) - (x > y);
}

void jobs_print_slowest(void)
{
    size_t *order = calloc(jobs_n + 1, sizeof *order);
    if (order == NULL)
        return;
    for (size_t i = 0; i < jobs_n; i++)
        order[i] = i;
    qsort(order, jobs_n, sizeof *order, by_seconds);
    for (size_t i = 0; i < jobs_n && i < SHOWN; i++)
        printf("%s%s %.0f s", i == 0 ? "The slowest: " : ", ", jobs[order[i]].name, shared->of[order[i]].seconds);
    printf(jobs_n > 0 ? "\n" : "");
    free(order);
}
