/* fault.c - counts the calls, and says which of them fail, and how. */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "faulty.h"

static struct {
    const char *call; /* NULL: none fails */
    CK_RV rv;
    enum lie lie;
    bool dies, hangs, kills;
    long delay; /* milliseconds */
    long after, times;
    int trace;
} told = {.trace = -1};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool dead; /* and, like the counts in `told`, under the lock */

static const struct {
    const char *word;
    enum lie lie;
} lies[] = {
    {"flip", LIE_FLIP}, {"short", LIE_SHORT}, {"long", LIE_LONG},
    {"zero", LIE_ZERO}, {"hash", LIE_HASH},   {"other", LIE_OTHER},
};

static bool read_answer(const char *word)
{
    char *end;
    if (word == NULL)
        word = "0x30";
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++)
        if (strcmp(word, lies[i].word) == 0)
            told.lie = lies[i].lie;
    told.dies = strcmp(word, "die") == 0;
    told.hangs = strcmp(word, "hang") == 0;
    told.kills = strcmp(word, "kill") == 0;
    if (told.lie != LIE_NONE || told.dies || told.hangs || told.kills)
        return true;
    if (strncmp(word, "delay:", 6) == 0) {
        told.delay = strtol(word + 6, &end, 10);
        return told.delay > 0 && *end == '\0';
    }
    told.rv = strtoul(word, &end, 0);
    return told.rv != CKR_OK && *end == '\0';
}

bool fault_init(void)
{
    const char *after = getenv("FAULTY_AFTER"), *times = getenv("FAULTY_TIMES"), *trace = getenv("FAULTY_TRACE");
    told.call = getenv("FAULTY_CALL");
    told.after = after != NULL ? atol(after) : 0;
    told.times = times != NULL ? atol(times) : -1;
    if (trace != NULL)
        told.trace = open(trace, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (read_answer(getenv("FAULTY_ANSWER")) && (trace == NULL || told.trace >= 0))
        return true;
    fprintf(stderr, "faulty: FAULTY_ANSWER or FAULTY_TRACE makes no sense\n");
    return false;
}

static void pause_ms(long ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&t, NULL);
}

/* Is it this call's turn? Under the lock. */
static bool is_due(const char *call)
{
    if (told.call == NULL || (strcmp(told.call, "any") != 0 && strcmp(told.call, call) != 0) || told.after-- > 0 ||
        told.times == 0)
        return false;
    told.times -= told.times > 0;
    return true;
}

bool fault_strikes(const char *call, CK_RV *rv, enum lie *lie)
{
    *lie = LIE_NONE;
    pthread_mutex_lock(&lock);
    if (told.trace >= 0)
        dprintf(told.trace, "%s\n", call);
    bool was_dead = dead, due = !dead && is_due(call);
    dead = dead || (due && told.dies);
    pthread_mutex_unlock(&lock);
    *rv = was_dead || told.dies ? CKR_DEVICE_REMOVED : told.rv;
    if (!due)
        return was_dead;
    if (told.kills)
        raise(SIGKILL);
    while (told.hangs)
        pause_ms(3600000);
    if (told.delay > 0)
        pause_ms(told.delay);
    *lie = told.lie;
    return told.dies || told.rv != CKR_OK;
}
