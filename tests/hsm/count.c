/* count.c - which key made each signature. */
#include "faulty.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define SESSIONS 64
#define LABEL 128

/* What a session signs with next. */
static struct {
    CK_SESSION_HANDLE session;
    char label[LABEL + 1];
} by[SESSIONS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int file = -1;

bool count_init(void)
{
    const char *path = getenv("FAULTY_SIGNED");
    if (path != NULL)
        file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (path == NULL || file >= 0)
        return true;
    fprintf(stderr, "faulty: FAULTY_SIGNED cannot be written\n");
    return false;
}

/* The session's place, or a free one. */
static size_t place(CK_SESSION_HANDLE s)
{
    size_t at = SESSIONS - 1;
    for (size_t i = SESSIONS; i-- > 0;) {
        if (by[i].session == s)
            return i;
        if (by[i].session == 0)
            at = i;
    }
    return at;
}

void count_begin(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE key)
{
    char label[LABEL + 1] = "";
    CK_ATTRIBUTE a = {CKA_LABEL, label, LABEL};
    if (file < 0)
        return;
    if (behind->C_GetAttributeValue(s, key, &a, 1) != CKR_OK)
        snprintf(label, sizeof label, "?");
    pthread_mutex_lock(&lock);
    const size_t at = place(s);
    by[at].session = s;
    snprintf(by[at].label, sizeof by[at].label, "%s", label);
    pthread_mutex_unlock(&lock);
}

CK_RV count_made(CK_SESSION_HANDLE s, CK_RV rv)
{
    if (file < 0 || rv != CKR_OK)
        return rv;
    pthread_mutex_lock(&lock);
    dprintf(file, "%s\n", by[place(s)].label);
    pthread_mutex_unlock(&lock);
    return rv;
}
