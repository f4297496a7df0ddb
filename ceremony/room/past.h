/* past.h - what the log says of earlier ceremonies, and of this one. Reads the log, without lock and index. */
#ifndef ROOTSEAL_ROOM_PAST_H
#define ROOTSEAL_ROOM_PAST_H

#include "log/log.h"
#include "room/script.h"

struct past {
    bool state;        /* there is a log */
    uint64_t size;     /* its lines, */
    uint8_t id[DIGEST_LEN]; /* digest of the first: the log's name */
    int64_t time;      /* the time of the last, */
    uint8_t head[DIGEST_LEN]; /* and its digest */
    bool minutes;      /* there are minutes of a ceremony of another name, the last of them: */
    char ceremony[LIMIT_TOKEN_TEXT + 1];
    uint64_t minutes_size; /* lines up to theirs */
    uint64_t earlier_size; /* lines up to those of the minutes before them; 0: they are the first */
    uint8_t minutes_digest[DIGEST_LEN]; /* of minutes.html */
    uint8_t transcript[DIGEST_LEN];     /* of what they tell of */
    bool begun;        /* there is a line of the ceremony `name`, by the file with this digest, and */
    uint8_t file[DIGEST_LEN];
    int done;          /* so many of its steps are over (log/course.h); */
    uint8_t over[DIGEST_LEN]; /* the transcript's digest in the line of the last of them, */
    uint64_t last;     /* which is this line of the log, */
    uint64_t seal;     /* and the next seal behind it is this one; 0: none is */
};

/* Read the log in the state's folder; name is the ceremony's own. No log is E_OK. The log's errors otherwise, E_LOG_ORDER. */
ERR_MUST_USE enum err past_read(int state_fd, const char *name, struct past *out, struct diag *d);

/* Does the ceremony's file follow from these? In a rehearsal the last minutes are those of another rehearsal, with another digest.
 * E_SCRIPT_FOLLOWS. */
ERR_MUST_USE enum err past_check_follows(const struct past *past, const struct script *s, bool rehearsal, struct diag *d);

/* Where the log stood after `size` lines; *found is false when it has fewer. The log's errors. */
ERR_MUST_USE enum err past_position(int state_fd, uint64_t size, struct log_position *out, bool *found, struct diag *d);

#endif
