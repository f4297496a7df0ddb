/* readers.h - pcscd, between smart cards' PKCS#11 modules and the readers. For PID 1. */
#ifndef ROOTSEAL_INIT_READERS_H
#define ROOTSEAL_INIT_READERS_H

#include <stdbool.h>
#include <sys/types.h>

#define READERS_SOCKET "/run/pcscd/pcscd.comm"

/* Start it unless it runs, or was started a moment ago and did not stay. */
void readers_keep(void);

/* Tell of a process that has ended. */
void readers_ended(pid_t pid);

/* A reader came: without udev the daemon finds those that are there when it starts, and so it is started anew. A card
 * that is at work meanwhile answers with an error, and the command is run again. */
void readers_again(void);

#endif
