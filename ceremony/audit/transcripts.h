/* transcripts.h - what the transcripts of ceremonies say, event by event, beside the log's lines. */
#ifndef ROOTSEAL_AUDIT_TRANSCRIPTS_H
#define ROOTSEAL_AUDIT_TRANSCRIPTS_H

#include "core/buf.h"
#include "core/json.h"
#include "core/set.h"
#include "log/course.h"

struct audit;

/* The transcript of one ceremony. */
struct transcripts_entry {
    char name[LIMIT_TOKEN_TEXT + 1];
    bool gone;        /* there is no such folder, which was told */
    bool broken;      /* it is not the one of the log, which was told: nothing after that can be compared */
    json_t *events;   /* NULL: it could not be read, which was told */
    struct buf lines; /* the file, and */
    size_t *ends;     /* where each event ends in it */
    size_t at;        /* the events before this one stand under a line of the log, */
    uint64_t line;    /* which is this one */
    int64_t persons;  /* of the last time line since; 0 for none */
    bool keys_known;  /* whose signatures of the minutes there can be is known, and they were looked at */
};

/* Zero-initialise; free with transcripts_free(). */
struct transcripts {
    struct courses courses;
    struct transcripts_entry **v;
    size_t n;
    struct set named; /* files of records that something names (records.h) */
};

/* A line of a ceremony: it follows from those before it (log/course.h: E_LOG_ORDER). A step or exception line: the transcript
 * has that step's end, in that way, with that digest up to there, and before it no other end that is in no line: E_TRANSCRIPT;
 * E_ARCHIVE when it is not there. A time line: as many confirmed the clock in the step that comes next. Of a transcript that differs the first place is told, and not what follows from it. */
ERR_MUST_USE enum err transcripts_take(struct audit *a, const struct record *r);

/* The transcript in the record of that ceremony; read, and its events looked at one by one, when it is asked for first. What is
 * wrong is told then. Belongs to the audit. */
ERR_MUST_USE enum err transcripts_read(struct audit *a, const char *name, struct transcripts_entry **out);

void transcripts_free(struct transcripts *t);

/* -- events -- */

/* A text field, "" when there is none; is it that event; its step, 0 for none. */
const char *transcripts_text(const json_t *event, const char *key);
bool transcripts_is(const json_t *event, const char *name);
json_int_t transcripts_step(const json_t *event);

/* Does the event end its step? And does an event between i and `end` say that the step which event i ends is done again? */
bool transcripts_is_end(const json_t *event);
bool transcripts_is_undone(const struct transcripts_entry *t, size_t i, size_t end);

/* E_TRANSCRIPT, at the events from one to the other. */
void transcripts_wrong(struct audit *a, const struct transcripts_entry *t, size_t from, size_t to, const char *what);

#endif
