/* transcripts.h - what the transcripts of ceremonies say, event by event, beside the log's lines. */
#ifndef ROOTSEAL_AUDIT_TRANSCRIPTS_H
#define ROOTSEAL_AUDIT_TRANSCRIPTS_H

#include "core/buf.h"
#include "core/json.h"
#include "log/course.h"

struct audit;

/* The transcript of one ceremony. */
struct transcripts_entry {
    char name[LIMIT_TOKEN_TEXT + 1];
    json_t *events;   /* NULL: it could not be read, which was told */
    struct buf lines; /* the file, and */
    size_t *ends;     /* where each event ends in it */
    size_t at;        /* the events before this one stand under a line of the log */
    int64_t persons;  /* of the last time line */
};

/* Zero-initialise; free with transcripts_free(). */
struct transcripts {
    struct courses courses;
    struct transcripts_entry *v;
    size_t n;
};

/* A line of a ceremony: it follows from those before it (log/course.h: E_LOG_ORDER). A step or exception line: the transcript
 * has that step's end, in that way, with that digest up to there, and before it no other end that is in no line: E_TRANSCRIPT;
 * E_ARCHIVE when it is not there. */
ERR_MUST_USE enum err transcripts_take(struct audit *a, const struct record *r);

/* After the log: no step ends in a transcript without a line; of a ceremony that is not over, that is left open. */
void transcripts_finish(struct audit *a);

void transcripts_free(struct transcripts *t);

#endif
