#include "audit/records.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "audit/audit.h"
#include "audit/ceremonies.h"
#include "batch/state.h"
#include "core/file.h"
#include "room/minutes_sign.h"

#define FILES_MAX 100000

enum err records_name(struct audit *a, const char *ceremony, const char *file)
{
    bool known;
    return batches_put_text(&a->transcripts.named, &known, ceremony, file);
}

static bool is_signature(const char *name)
{
    const size_t prefix = strlen(MINUTES_SIGNATURE_PREFIX), n = strlen(name);
    return n > prefix + 4 && strncmp(name, MINUTES_SIGNATURE_PREFIX, prefix) == 0 && strcmp(name + n - 4, ".p7s") == 0;
}

static enum err check_file(struct audit *a, const struct transcripts_entry *t, const char *name)
{
    bool known = false;
    enum err e = batches_put_text(&a->transcripts.named, &known, t->name, name);
    if (e != E_OK || known)
        return e;
    if (is_signature(name) && t->keys_known)
        audit_error(a, E_MINUTES_SIGNATURE, "%s/%s/%s: nobody of this name has a key for it", CEREMONIES_DIR, t->name, name);
    else
        audit_note(a, "%s/%s/%s: nothing names it", CEREMONIES_DIR, t->name, name);
    return E_OK;
}

static enum err check_record(struct audit *a, const char *name, struct diag *d)
{
    struct transcripts_entry *t;
    struct file_list list = {0};
    int fd = -1;
    if (courses_find(&a->transcripts.courses, name) == NULL) {
        audit_note(a, "%s/%s: no line of the log tells of such a ceremony", CEREMONIES_DIR, name);
        return E_OK;
    }
    enum err e = transcripts_read(a, name, &t);
    if (e == E_OK)
        e = ceremonies_open(a, name, &fd, d);
    if (e == E_OK)
        e = file_list(fd, FILES_MAX, &list, d);
    for (size_t i = 0; i < list.n && e == E_OK; i++)
        e = check_file(a, t, list.names[i]);
    file_list_free(&list);
    if (fd >= 0)
        close(fd);
    return e;
}

enum err records_finish(struct audit *a)
{
    struct file_list list = {0};
    struct diag why = {0};
    int fd = file_open_beneath(a->state_fd, CEREMONIES_DIR, O_RDONLY | O_DIRECTORY, 0);
    if (fd < 0) /* a record that is missing was told */
        return E_OK;
    enum err e = audit_take(a, file_list(fd, FILES_MAX, &list, &why), &why);
    for (size_t i = 0; i < list.n && e == E_OK; i++) {
        struct diag one = {0};
        e = audit_take(a, audit_archive(check_record(a, list.names[i], &one), &one), &one);
    }
    file_list_free(&list);
    close(fd);
    return e;
}
