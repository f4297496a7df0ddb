/* past.h - what the log says of earlier ceremonies, and of this one. Reads the log, without lock and index. */
#ifndef ROOTSEAL_ROOM_PAST_H
#define ROOTSEAL_ROOM_PAST_H

#include <stdbool.h>
#include <stdint.h>

#include "core/diag.h"
#include "core/digest.h"
#include "core/limits.h"

struct past {
    bool state;        /* there is a log */
    uint64_t size;     /* its lines, */
    int64_t time;      /* the time of the last, */
    uint8_t head[DIGEST_LEN]; /* and its digest */
    bool minutes;      /* there are minutes of a ceremony of another name, the last of them: */
    char ceremony[LIMIT_TOKEN_TEXT + 1];
    uint8_t minutes_digest[DIGEST_LEN]; /* of minutes.html */
    bool begun;        /* there is a line of the ceremony `name`, by the file with this digest, and */
    uint8_t file[DIGEST_LEN];
    int done;          /* so many of its steps are over (log/course.h); */
    uint8_t over[DIGEST_LEN]; /* the transcript's digest in the line of the last of them */
};

/* Read the log in the state's folder; name is the ceremony's own. No log is E_OK. The log's errors otherwise, E_LOG_ORDER. */
ERR_MUST_USE enum err past_read(int state_fd, const char *name, struct past *out, struct diag *d);

#endif
