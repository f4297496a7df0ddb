/*
 * measure OUT PROGRAM [ARGUMENT ...]: runs the program and appends one line to the file OUT:
 *
 *     wall-seconds user-seconds system-seconds peak-KiB exit-status
 *
 * The peak is what the kernel calls the largest resident set (getrusage(2)). Ends as the program ended.
 */
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double seconds(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

int main(int argc, char **argv)
{
    pid_t pid;
    int status = 0;
    struct rusage used;
    if (argc < 3) {
        fprintf(stderr, "usage: measure OUT PROGRAM [ARGUMENT ...]\n");
        return 2;
    }
    FILE *out = fopen(argv[1], "ae"); /* the program must not inherit it */
    if (out == NULL) {
        perror(argv[1]);
        return 2;
    }
    double start = now();
    int failed = posix_spawnp(&pid, argv[2], NULL, NULL, argv + 2, environ);
    if (failed != 0) {
        fprintf(stderr, "%s: %s\n", argv[2], strerror(failed));
        fclose(out);
        return 2;
    }
    if (wait4(pid, &status, 0, &used) != pid) {
        perror("wait4");
        fclose(out);
        return 2;
    }
    double wall = now() - start;
    int ended = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    fprintf(out, "%.4f %.4f %.4f %ld %d\n", wall, seconds(used.ru_utime), seconds(used.ru_stime), used.ru_maxrss,
            ended);
    return fclose(out) == 0 ? ended : 2;
}
