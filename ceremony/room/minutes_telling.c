#include "room/minutes_telling.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/clock.h"

const json_t *telling_event(const struct telling *t, size_t i)
{
    return json_array_get(t->events, i);
}

const char *telling_text(const struct telling *t, size_t i, const char *key)
{
    const char *s = json_string_value(json_object_get(telling_event(t, i), key));
    return s != NULL ? s : "";
}

bool telling_is(const struct telling *t, size_t i, const char *event)
{
    return strcmp(telling_text(t, i, "event"), event) == 0;
}

int telling_step(const struct telling *t, size_t i)
{
    json_int_t n = json_integer_value(json_object_get(telling_event(t, i), "n"));
    return n > 0 && n <= SCRIPT_STEPS ? (int)n : 0;
}

static bool fits(const struct telling *t, size_t i, const char *event, int step)
{
    return telling_is(t, i, event) && (step == 0 || telling_step(t, i) == step);
}

size_t telling_count(const struct telling *t, const char *event, int step)
{
    size_t count = 0;
    for (size_t i = 0; i < t->n; i++)
        count += fits(t, i, event, step);
    return count;
}

size_t telling_last(const struct telling *t, const char *event, int step)
{
    for (size_t i = t->n; i > 0; i--)
        if (fits(t, i - 1, event, step))
            return i - 1;
    return t->n;
}

bool telling_counts(const struct telling *t, size_t i)
{
    const size_t undone = telling_last(t, "undone", telling_step(t, i));
    return undone == t->n || undone < i;
}

size_t telling_exceptions(const struct telling *t, int n)
{
    size_t count = 0;
    for (size_t i = 0; i < t->n; i++)
        count += fits(t, i, "exception", n) && telling_counts(t, i);
    return count;
}

bool telling_is_done(const struct telling *t, int n)
{
    const size_t done = telling_last(t, "done", n);
    bool ended = done < t->n && telling_counts(t, done);
    for (size_t i = 0; i < t->n && !ended; i++)
        ended = fits(t, i, "exception", n) && telling_text(t, i, "about")[0] == '\0' && telling_counts(t, i);
    return ended;
}

/* -- time -- */

/* Seconds that a zone like "+0800 CST" is ahead of UTC; text becomes "+08:00". False when it is no such zone. */
static bool zone_offset(const char *zone, int64_t *seconds, char text[7])
{
    if ((zone[0] != '+' && zone[0] != '-') || strspn(zone + 1, "0123456789") != 4 || (zone[5] != ' ' && zone[5] != '\0'))
        return false;
    const int hours = 10 * (zone[1] - '0') + zone[2] - '0', minutes = 10 * (zone[3] - '0') + zone[4] - '0';
    if (hours > 14 || minutes > 59)
        return false;
    *seconds = (zone[0] == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
    snprintf(text, 7, "%.3s:%.2s", zone, zone + 3);
    return true;
}

static const char *zone_at(const struct telling *t, size_t i)
{
    for (size_t k = i + 1; k > 0; k--)
        if (telling_is(t, k - 1, "open"))
            return telling_text(t, k - 1, "zone");
    return "";
}

void telling_time(const struct telling *t, size_t i, char out[TELLING_TIME])
{
    const char *at = telling_text(t, i, "at");
    char local[CLOCK_TEXT] = "", zone[7];
    int64_t utc, ahead;
    if (!clock_parse(at, &utc)) {
        snprintf(out, TELLING_TIME, "%.20s", at);
        return;
    }
    int n = snprintf(out, TELLING_TIME, "%.10s %.8s UTC", at, at + 11);
    if (zone_offset(zone_at(t, i), &ahead, zone))
        clock_format(utc + ahead, local);
    if (local[0] == '\0')
        return;
    bool same_day = strncmp(at, local, 10) == 0;
    snprintf(out + n, TELLING_TIME - (size_t)n, ", %.*s%s%.8s %s", same_day ? 0 : 10, local, same_day ? "" : " ", local + 11, zone);
}

/* -- persons, roles, kinds -- */

void telling_person(const struct telling *t, const char *id, char out[TELLING_PERSON])
{
    int i = script_person_find(t->script, id);
    if (i >= 0)
        snprintf(out, TELLING_PERSON, "%s (%s)", t->script->persons[i].name, id);
    else
        snprintf(out, TELLING_PERSON, "%s", id);
}

const char *telling_role(enum room_role r)
{
    return i18n_in("role", script_role_name(r));
}

const char *telling_kind(enum step_kind k)
{
    static const char *const names[STEP_KINDS] = {
        [STEP_TIME] = N_("Date and time"),
        [STEP_CHAIN] = N_("What went before: the log and the last ceremony"),
        [STEP_INIT] = N_("A new log"),
        [STEP_KEYGEN] = N_("Keys made in the token"),
        [STEP_ROOT] = N_("Certificates of our own keys"),
        [STEP_SUB_CA] = N_("Certificate of a subordinate CA"),
        [STEP_CROSS] = N_("Cross-certificate"),
        [STEP_MEDIUM] = N_("A medium"),
        [STEP_BATCH] = N_("A batch"),
        [STEP_CRL] = N_("A revocation list"),
        [STEP_TRANSFER] = N_("A key to a second token"),
        [STEP_REPLACE] = N_("A token in the place of a lost one"),
        [STEP_DESTROY] = N_("A key destroyed"),
        [STEP_KEYS] = N_("The keys on the token"),
        [STEP_MINUTES] = N_("The minutes"),
    };
    return k < STEP_KINDS && names[k] != NULL ? i18n(names[k]) : "";
}
