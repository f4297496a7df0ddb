/* signals.h - the signals that end or stop the program are held back while something must be put right first. */
#ifndef ROOTSEAL_CORE_SIGNALS_H
#define ROOTSEAL_CORE_SIGNALS_H

#include <signal.h>
#include <stdbool.h>

/* Hold back SIGINT, SIGTERM, SIGHUP and SIGQUIT, and with `stopping` SIGTSTP; one that is ignored is left alone, because it
 * would only wake us for nothing. What this thread's mask was goes into before. The descriptor can be read, as signalfd(2)
 * says and without blocking, when one has come; -1, with errno, when there is none: they are held all the same. */
int signals_hold(bool stopping, sigset_t *before);

/* Close the descriptor, which may be -1, and take the old mask back: a signal that came and was not read takes effect here,
 * and may end the program. */
void signals_release(int fd, const sigset_t *before);

#endif
