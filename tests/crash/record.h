/* record.h - what a traced program changed in its files, in order, with the data: from this a power cut is played.
 *
 * One entry a call that succeeded, paths relative to the folder that is watched, numbers in decimal:
 *
 *   create PATH | mkdir PATH | unlink PATH
 *   sync PATH | syncfs PATH     of a file or a folder | of all that is on its disk
 *   truncate SIZE PATH
 *   write OFFSET SIZE PATH      followed by a newline, SIZE bytes and a newline
 *   rename FROM<tab>TO
 *   shown SIZE                  likewise followed by the bytes: what went to stdout
 */
#ifndef ROOTSEAL_TESTS_CRASH_RECORD_H
#define ROOTSEAL_TESTS_CRASH_RECORD_H

#include <stdio.h>

#include "calls.h"

/* Write down a call that has just succeeded with this result. */
void record_call(FILE *f, const struct touch *t, const char *under, uint64_t result);

/* Is the call in regs a write to stdout? Write it down as if it succeeds. */
bool record_is_shown(pid_t tid, const struct user_regs_struct *regs);
void record_shown(FILE *f, pid_t tid, const struct user_regs_struct *regs);

#endif
