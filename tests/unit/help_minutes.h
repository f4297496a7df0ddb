/* help_minutes.h - a ceremony as its files leave it: what was to be done, the transcript, the log; for the tests of
 * ceremony/room/minutes*.c. Everything here fails the running test when it cannot do its work. */
#ifndef ROOTSEAL_TESTS_HELP_MINUTES_H
#define ROOTSEAL_TESTS_HELP_MINUTES_H

#include "room/minutes.h"

/* Six steps, four persons with Chinese names. Constant but for what a test changes: the tables are the struct's own. */
struct help_ceremony {
    struct script script;
    struct script_person persons[4];
    struct script_step steps[6];
    json_t *events; /* with a failure, a stop and an exception, up to the end */
    uint64_t size;  /* of the log, when the minutes are written */
    uint8_t head[DIGEST_LEN];
};

/* Write the log into the folder, and make the rest. help_ceremony_free() it. */
void help_ceremony_make(int dir_fd, struct help_ceremony *out);
void help_ceremony_free(struct help_ceremony *c);

/* Put one event, written as JSON, before the event `at`. */
void help_ceremony_insert(struct help_ceremony *c, size_t at, const char *json);

/* The place of the first event with this name. */
size_t help_ceremony_find(const struct help_ceremony *c, const char *event);

#endif
