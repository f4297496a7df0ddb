/* run.h - a ceremony from its file on. */
#ifndef ROOTSEAL_ROOM_RUN_H
#define ROOTSEAL_ROOM_RUN_H

#include "room/enter.h"

/* Read and check the file at `path`, show what stands for it, its digest and words, and walk through it (walk_run()),
 * unless it is over already (room/over.h). E_MODULE when a module that was named is not there, E_IO, E_SCRIPT, and what walk_run() says. */
ERR_MUST_USE enum err room_run(const char *path, const struct room_place *place, struct diag *d);

#endif
