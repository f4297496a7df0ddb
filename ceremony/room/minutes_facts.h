/* minutes_facts.h - what the minutes take from the log: the lines of this ceremony. */
#ifndef ROOTSEAL_ROOM_MINUTES_FACTS_H
#define ROOTSEAL_ROOM_MINUTES_FACTS_H

#include "log/log.h"

struct minutes_facts {
    const char *language;         /* BCP 47: of the locale that the minutes are written in */
    bool has_log;                 /* false: the ceremony ended before it began a log, and then the rest is empty */
    uint8_t log[DIGEST_LEN];      /* the log's name */
    struct record *lines;         /* told one by one: keys, certificates, exceptions, and what else there are few of */
    size_t lines_n;
    uint64_t others[RECORD_TYPE_COUNT]; /* and how many there are of each other type */
};

/* Read the log in the state's folder from the line that began this ceremony up to line `size`, whose digest must be `head`, as the
 * transcript says: E_TRANSCRIPT otherwise. The log's own errors. minutes_facts_free() it, on failure too. */
ERR_MUST_USE enum err minutes_facts_read(int state_fd, const char *ceremony, uint64_t size, const uint8_t head[DIGEST_LEN],
                                         struct minutes_facts *out, struct diag *d);
void minutes_facts_free(struct minutes_facts *f);

#endif
