/* jobs.h - the programs that make check runs, on all cores at once. They are begun in the order in which they are given;
 * the tests, which report them one by one in an order of their own, each wait for theirs, and run others meanwhile.
 */
#ifndef ROOTSEAL_TESTS_JOBS_H
#define ROOTSEAL_TESTS_JOBS_H

#include <stdbool.h>
#include <stddef.h>

struct job {
    const char *name;
    int seconds; /* how long it may take, waiting for what others make included; then it is ended: status 124 */
    char *argv[8];
    char *log; /* the path of the file with what it says */
};

/* Run one, here and now. Its exit status; 128 and the number of the signal that ended it; -1 when it could not be run. */
int job_run(const struct job *j);

/* Begin to run them, in processes beside this one: one for each core, or one fewer than the environment's JOBS says, since
 * whoever waits works, too. (Many sleep much of their time, so that one more than there are cores is not too many.) The
 * programs find JOBS set to what each of them may use. The array stays the caller's and must outlive jobs_end. False with
 * errno set when they cannot be begun. Once in a process. */
bool jobs_start(const struct job *jobs, size_t n);

/* The i-th has ended: the same as job_run says. */
int jobs_wait(size_t i);

/* One line: those that took longest, with their seconds. */
void jobs_print_slowest(void);

/* End those that still run. */
void jobs_end(void);

#endif
