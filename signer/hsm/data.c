#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hsm/session.h"

#define APPLICATION "rootseal"
#define MAX_VALUE 512
#define MAX_LABEL 128
#define MAX_COUNT 21  /* digits of a 64-bit number, and the blank */
#define MAX_OBJECTS 8 /* more than any row of interrupted writes leaves, each write tidies up */

/* The objects of one label. Values begin with a number that grows with each write, then a blank. */
struct versions {
    CK_OBJECT_HANDLE handles[MAX_OBJECTS];
    CK_ULONG n;
    uint64_t newest; /* its number; 0 when there is none that can be read */
    uint8_t value[MAX_COUNT + MAX_VALUE];
    size_t value_at, value_n; /* of the newest: where its value begins, how long it is */
};

/* The log stands a token that knows an older head of it, so a backup of the token helps. */
static enum err unreadable(const struct hsm *h, CK_RV rv, const char *label, struct diag *d)
{
    char what[MAX_LABEL + 128];
    snprintf(what, sizeof what, "C_GetAttributeValue of data object \"%s\" (if it stays so, restore the token's backup)", label);
    return session_fail(h, rv, what, d);
}

/* Read the value as a version. An object without a value is one whose making was cut off inside the token, and is passed
 * over. Whatever else cannot be read may be a head, of this log or of another's: the token failed, and if it were passed
 * over, an older version would count as the newest, or a token in use as a new one, and the next write would destroy it.
 * CKR_GENERAL_ERROR above all: SoftHSM says it of an object file that was cut off, but any token of any trouble. */
static enum err take_newest(struct hsm *h, CK_OBJECT_HANDLE object, const char *label, struct versions *v, struct diag *d)
{
    uint8_t bytes[sizeof v->value + 1];
    CK_ATTRIBUTE a = {CKA_VALUE, bytes, sizeof bytes - 1};
    CK_RV rv = CALL(h, C_GetAttributeValue, h->session, object, &a, 1);
    if (rv == CKR_ATTRIBUTE_TYPE_INVALID || (rv == CKR_OK && a.ulValueLen == 0))
        return E_OK;
    if (rv != CKR_OK)
        return unreadable(h, rv, label, d);
    size_t n = a.ulValueLen;
    if (n > sizeof bytes - 1)
        return diag_set(d, E_TOKEN, "data object \"%s\" has %zu bytes", label, n);
    bytes[n] = '\0';
    char *end;
    uint64_t number = strtoull((const char *)bytes, &end, 10);
    size_t at = (size_t)(end - (char *)bytes) + 1;
    if (bytes[0] < '0' || bytes[0] > '9' || *end != ' ' || at > n)
        return diag_set(d, E_TOKEN, "data object \"%s\" is none that Rootseal made", label);
    if (number <= v->newest)
        return E_OK;
    v->newest = number;
    memcpy(v->value, bytes, n);
    v->value_at = at;
    v->value_n = n - at;
    return E_OK;
}

static enum err find_versions(struct hsm *h, const char *label, struct versions *v, struct diag *d)
{
    CK_OBJECT_CLASS class_ = CKO_DATA;
    CK_ATTRIBUTE template[] = {
        {CKA_CLASS, &class_, sizeof class_},
        {CKA_APPLICATION, (void *)APPLICATION, strlen(APPLICATION)},
        {CKA_LABEL, (void *)label, strlen(label)},
    };
    *v = (struct versions){0};
    if (strlen(label) > MAX_LABEL)
        return diag_set(d, E_TOKEN, "the label of a data object is longer than %d bytes",
                        MAX_LABEL);
    enum err e = object_find(h, template, 3, v->handles, MAX_OBJECTS, &v->n, d);
    for (CK_ULONG i = 0; e == E_OK && i < v->n; i++)
        e = take_newest(h, v->handles[i], label, v, d);
    return e;
}

enum err hsm_data_read(struct hsm *h, const char *label, void *value, size_t cap, size_t *n,
                       struct diag *d)
{
    struct versions v;
    *n = 0;
    enum err e = find_versions(h, label, &v, d);
    if (e == E_OK && v.value_n > cap)
        e = diag_set(d, E_TOKEN, "data object \"%s\" has %zu bytes", label, v.value_n);
    if (e == E_OK && v.newest > 0) {
        memcpy(value, v.value + v.value_at, v.value_n);
        *n = v.value_n;
    }
    return e;
}

static enum err create(struct hsm *h, const char *label, const void *value, size_t n,
                       struct diag *d)
{
    CK_OBJECT_CLASS class_ = CKO_DATA;
    CK_BBOOL yes = CK_TRUE;
    CK_OBJECT_HANDLE object;
    CK_ATTRIBUTE template[] = {
        {CKA_CLASS, &class_, sizeof class_},
        {CKA_TOKEN, &yes, sizeof yes},
        {CKA_PRIVATE, &yes, sizeof yes},
        {CKA_MODIFIABLE, &yes, sizeof yes},
        {CKA_APPLICATION, (void *)APPLICATION, strlen(APPLICATION)},
        {CKA_LABEL, (void *)label, strlen(label)},
        {CKA_VALUE, (void *)value, n},
    };
    CK_RV rv =
        CALL(h, C_CreateObject, h->session, template, sizeof template / sizeof template[0], &object);
    return rv == CKR_OK ? E_OK : session_fail(h, rv, "C_CreateObject", d);
}

enum err hsm_data_write(struct hsm *h, const char *label, const void *value, size_t n,
                        struct diag *d)
{
    struct versions before;
    uint8_t bytes[MAX_COUNT + MAX_VALUE + 1];
    if (n > MAX_VALUE)
        return diag_set(d, E_TOKEN, "%zu bytes are too many for data object \"%s\"", n, label);
    enum err e = find_versions(h, label, &before, d);
    if (e != E_OK)
        return e;
    int at = snprintf((char *)bytes, sizeof bytes, "%" PRIu64 " ", before.newest + 1);
    memcpy(bytes + at, value, n);
    e = create(h, label, bytes, (size_t)at + n, d);
    for (CK_ULONG i = 0; e == E_OK && i < before.n; i++) {
        CK_RV rv = CALL(h, C_DestroyObject, h->session, before.handles[i]);
        if (rv != CKR_OK)
            e = session_fail(h, rv, "C_DestroyObject", d);
    }
    return e;
}
