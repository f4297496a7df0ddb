/* minutes_telling.h - what the parts of the minutes share while they are told. For minutes*.c only. */
#ifndef ROOTSEAL_ROOM_MINUTES_TELLING_H
#define ROOTSEAL_ROOM_MINUTES_TELLING_H

#include "core/i18n.h"
#include "room/minutes.h"
#include "room/sheet.h"

struct telling {
    const struct sheet *sheet; /* the form */
    struct buf *out;
    const struct script *script;
    const json_t *events;
    size_t n; /* of them are told */
    const struct minutes_facts *facts;
    const struct buf *lines; /* the transcript's lines */
    const uint8_t *transcript; /* and their digest */
};

/* Event i and its fields; a text that is not there is "", a number 0. */
const json_t *telling_event(const struct telling *t, size_t i);
bool telling_is(const struct telling *t, size_t i, const char *event);
const char *telling_text(const struct telling *t, size_t i, const char *key);
/* The step of event i, 0 when it is of none. */
int telling_step(const struct telling *t, size_t i);
/* How many events of this name there are; of this step, or of all when it is 0. */
size_t telling_count(const struct telling *t, const char *event, int step);
/* The last event of this name, of this step or of all; t->n when there is none. */
size_t telling_last(const struct telling *t, const char *event, int step);

/* Does event i, which ends a step, still count? Not when a later one says that the step was done again. */
bool telling_counts(const struct telling *t, size_t i);
/* Is step n done, in full or with an exception? And are there exceptions that count, of this step or (0) of all? */
bool telling_is_done(const struct telling *t, int n);
size_t telling_exceptions(const struct telling *t, int n);

/* When event i was: "2026-11-27 05:12:33 UTC, 13:12:33 +08:00", the local time by the zone that was in force then. */
#define TELLING_TIME 80
void telling_time(const struct telling *t, size_t i, char out[TELLING_TIME]);

/* "NAME (ID)" of a person, or the id alone where the file has no such person. */
#define TELLING_PERSON (4 * SCRIPT_NAME + LIMIT_TOKEN_TEXT + 4)
void telling_person(const struct telling *t, const char *id, char out[TELLING_PERSON]);

/* What a role and a step are called in the language of the locale. */
const char *telling_role(enum room_role r);
const char *telling_kind(enum step_kind k);

/* A pair, a sentence, or the heading of a piece, formatted: telling_pair(t, label, format, ...), telling_say(t, tone, format, ...). */
#define telling_pair(t, ...) sheet_pair((t)->sheet, (t)->out, __VA_ARGS__)
#define telling_say(t, ...) sheet_say((t)->sheet, (t)->out, __VA_ARGS__)
#define telling_piece(t, ...) sheet_piece((t)->sheet, (t)->out, __VA_ARGS__)

/* The parts. */
void minutes_summary(const struct telling *t);
void minutes_exceptions(const struct telling *t);
void minutes_failures(const struct telling *t);
void minutes_persons(const struct telling *t);
void minutes_steps(const struct telling *t);
ERR_MUST_USE enum err minutes_log(const struct telling *t, struct diag *d);
ERR_MUST_USE enum err minutes_digests(const struct telling *t, struct diag *d);
ERR_MUST_USE enum err minutes_signatures(const struct telling *t, struct diag *d);

#endif
