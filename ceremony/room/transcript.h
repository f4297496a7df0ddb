/* transcript.h - what was done in a ceremony: transcript.jsonl in its record, one event a line, only ever added to.
 *
 * Every event is on disk before what follows it is done, so that whoever comes back after a power cut knows how far it came.
 * An unfinished last line is cut off when it is opened again. Anybody who can write to the state can write here: that a step
 * is over is believed when the log has a line for it, which names the digest of this file up to there (log/course.h).
 */
#ifndef ROOTSEAL_ROOM_TRANSCRIPT_H
#define ROOTSEAL_ROOM_TRANSCRIPT_H

#include "core/json.h"
#include "room/script.h"

/* {"at":TIME,"event":NAME,<fields>}. n is the number of the step. Persons by their ids. */
enum event {
    EVENT_OPEN,      /* ceremony, file, policy (digests), program, zone, rehearsal (boolean): at each start */
    EVENT_PRESENT,   /* person, role, certificate (digest, of who has one): typed their initials at that start */
    EVENT_STEP,      /* n, do: the step was shown */
    EVENT_CONFIRM,   /* n, person: typed their initials */
    EVENT_SAID,      /* n, text: a line that stood on the screen */
    EVENT_CHECKED,   /* n, what, expected, found */
    EVENT_EXCEPTION, /* n, about, code, reason, persons (array of two ids). With `about` it is a part of the step, else it ends it */
    EVENT_FAILED,    /* n, about, code, text */
    EVENT_SIGNED,    /* n, person: signed the minutes with a key */
    EVENT_STOPPED,   /* n: those present stopped before this step was done */
    EVENT_HEAD,      /* n, size, head: where the log stood after the step; of the minutes, before its line */
    EVENT_DONE,      /* n */
    EVENT_UNDONE,    /* n: what was said of its end before is in no line of the log that counts; it is walked again */
    EVENT_KINDS
};

const char *event_name(enum event e);

struct transcript;

/* Open or begin the transcript in the record's folder and read what is there. E_TRANSCRIPT when a line is not one of ours,
 * or its time is before that of the line above. */
ERR_MUST_USE enum err transcript_open(int dir_fd, struct transcript **out, struct diag *d);
void transcript_close(struct transcript *t);

/* Add an event with the present time and sync; `said` alone is synced with the next. fields as json_pack() makes them,
 * taken over, NULL is E_NO_MEMORY. An event that cannot be written ends the ceremony: E_DISK_FULL, E_IO and the like;
 * E_CLOCK_BEHIND when the clock is before the last event. */
ERR_MUST_USE enum err transcript_add(struct transcript *t, enum event event, json_t *fields, struct diag *d);

/* All events so far, in order; the objects belong to t and are valid until the next transcript_add(). */
size_t transcript_count(const struct transcript *t);
const json_t *transcript_event(const struct transcript *t, size_t i, enum event *event);

/* The same as a JSON array, which json_decref() frees; NULL without memory. */
json_t *transcript_array(const struct transcript *t);

/* Was step n begun? */
bool transcript_is_begun(const struct transcript *t, int n);

/* The last event that says that step n is over, EVENT_DONE or EVENT_EXCEPTION, unless it was undone; NULL when there is none.
 * digest (may be NULL): of the file up to this event. Belongs to t. */
ERR_MUST_USE enum err transcript_over(const struct transcript *t, int n, const json_t **out, enum event *how,
                                      uint8_t digest[DIGEST_LEN], struct diag *d);

/* Did the file have this digest once, at the end of an event other than EVENT_SAID? */
ERR_MUST_USE enum err transcript_held(const struct transcript *t, const uint8_t digest[DIGEST_LEN], bool *held, struct diag *d);

/* SHA-256 of the file. */
ERR_MUST_USE enum err transcript_digest(const struct transcript *t, uint8_t out[DIGEST_LEN], struct diag *d);

/* Does an exception of step n say that it goes on without this part? One from before the program was started last does not count:
 * whoever can write to the file may have written it. */
bool transcript_is_excepted(const struct transcript *t, int n, const char *part);

/* Does it tell that this person signed in step n, and of no exception about the person since? */
bool transcript_is_signed(const struct transcript *t, int n, const char *person);

#endif
