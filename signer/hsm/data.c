#include <stdio.h>
#include <string.h>

#include "hsm/session.h"

#define APPLICATION "rootseal"
#define MAX_VALUE 512
#define MAX_LABEL 128

/* The object under a label, and the one that was about to take its place. */
struct pair {
    const char *label;
    char next_label[MAX_LABEL + 8];
    CK_OBJECT_HANDLE now, next;
    bool has_now, has_next;
};

static enum err find_data(struct hsm *h, const char *label, CK_OBJECT_HANDLE *out, bool *found,
                          struct diag *d)
{
    CK_OBJECT_CLASS class_ = CKO_DATA;
    CK_ATTRIBUTE template[] = {
        {CKA_CLASS, &class_, sizeof class_},
        {CKA_APPLICATION, (void *)APPLICATION, strlen(APPLICATION)},
        {CKA_LABEL, (void *)label, strlen(label)},
    };
    CK_OBJECT_HANDLE handles[2] = {0};
    CK_ULONG n = 0;
    enum err e = object_find(h, template, 3, handles, 2, &n, d);
    if (e == E_OK && n > 1)
        e = diag_set(d, E_TOKEN, "two data objects are labelled \"%s\" (token \"%s\")", label,
                     h->identity.label);
    *found = e == E_OK && n == 1;
    *out = handles[0];
    return e;
}

static enum err find_pair(struct hsm *h, const char *label, struct pair *p, struct diag *d)
{
    *p = (struct pair){.label = label};
    if (strlen(label) > MAX_LABEL)
        return diag_set(d, E_TOKEN, "the label of a data object is longer than %d bytes",
                        MAX_LABEL);
    snprintf(p->next_label, sizeof p->next_label, "%s.new", label);
    enum err e = find_data(h, label, &p->now, &p->has_now, d);
    if (e == E_OK)
        e = find_data(h, p->next_label, &p->next, &p->has_next, d);
    return e;
}

/* The old object wins while it is there: the write that made the new one was never reported as
 * done. */
enum err hsm_data_read(struct hsm *h, const char *label, void *value, size_t cap, size_t *n,
                       struct diag *d)
{
    *n = 0;
    struct pair p;
    enum err e = find_pair(h, label, &p, d);
    if (e == E_OK && (p.has_now || p.has_next))
        e = object_bytes(h, p.has_now ? p.now : p.next, CKA_VALUE, value, cap, n, d);
    return e;
}

static enum err create(struct hsm *h, const char *label, const void *value, size_t n,
                       CK_OBJECT_HANDLE *out, struct diag *d)
{
    CK_OBJECT_CLASS class_ = CKO_DATA;
    CK_BBOOL yes = CK_TRUE;
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
        h->f->C_CreateObject(h->session, template, sizeof template / sizeof template[0], out);
    return rv == CKR_OK ? E_OK : session_fail(h, rv, "C_CreateObject", d);
}

static enum err destroy(struct hsm *h, CK_OBJECT_HANDLE object, struct diag *d)
{
    CK_RV rv = h->f->C_DestroyObject(h->session, object);
    return rv == CKR_OK ? E_OK : session_fail(h, rv, "C_DestroyObject", d);
}

/* The new object becomes the one. */
static enum err take_over(struct hsm *h, struct pair *p, struct diag *d)
{
    if (p->has_now) {
        enum err e = destroy(h, p->now, d);
        if (e != E_OK)
            return e;
    }
    CK_ATTRIBUTE label = {CKA_LABEL, (void *)p->label, strlen(p->label)};
    CK_RV rv = h->f->C_SetAttributeValue(h->session, p->next, &label, 1);
    if (rv != CKR_OK)
        return session_fail(h, rv, "C_SetAttributeValue", d);
    p->now = p->next;
    p->has_now = true;
    p->has_next = false;
    return E_OK;
}

enum err hsm_data_write(struct hsm *h, const char *label, const void *value, size_t n,
                        struct diag *d)
{
    if (n > MAX_VALUE)
        return diag_set(d, E_TOKEN, "%zu bytes are too many for data object \"%s\"", n, label);
    struct pair p;
    enum err e = find_pair(h, label, &p, d);
    /* What a write left that was cut off: before the old object was destroyed, or after. */
    if (e == E_OK && p.has_next)
        e = p.has_now ? destroy(h, p.next, d) : take_over(h, &p, d);
    if (e == E_OK)
        e = create(h, p.next_label, value, n, &p.next, d);
    return e == E_OK ? take_over(h, &p, d) : e;
}
