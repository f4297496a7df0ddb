#include "audit/sweep.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "audit/audit.h"
#include "audit/folder.h"
#include "batch/bundle.h"
#include "batch/intake.h"
#include "core/file.h"
#include "log/index.h"
#include "log/merkle_lines.h"
#include "room/record_files.h"

#define FOLDERS_MAX 10000000
#define SUPERSEDED "superseded-"
#define SUPERSEDED_DIGITS 16
#define REFUSED "refused-"
#define REFUSED_DIGITS 8

/* What the log said of one folder. */
struct known {
    const char *dir;
    bool seen, planned, bundled;
};

static enum err look_up(struct audit *a, const uint8_t intake[DIGEST_LEN], struct known *k)
{
    struct batches *b = &a->batches;
    enum err e = batches_put(&b->seen, intake, &k->seen);
    if (e == E_OK)
        e = batches_put(&b->under_way, intake, &k->planned);
    if (e == E_OK)
        e = batches_put(&b->bundled, intake, &k->bundled);
    return e;
}

/* A plan that the log does not name yet was decided on this log all the same. */
static enum err check_waiting_plan(struct audit *a, int fd, const char *dir, struct diag *d)
{
    struct plan plan = {0};
    struct diag why = {0};
    bool holds = false;
    enum err e = plan_open(fd, &plan, &why);
    if (e == E_OK) {
        struct log_position base = {.size = plan.header.log_size,
                                    .bytes = plan.header.log_bytes,
                                    .hash = a->end.hash};
        memcpy(base.head, plan.header.log_head, DIGEST_LEN);
        e = log_position_holds(a->state_fd, &base, &holds, &why);
        if (e == E_OK && !holds)
            e = diag_set(&why, E_LOG_ROLLED_BACK, "the plan was decided on a log with %llu lines, "
                                                  "which is not this one",
                         (unsigned long long)plan.header.log_size);
    }
    plan_close(&plan);
    return e == E_OK ? E_OK : diag_wrap(d, e, &why, "%s/%s", ARCHIVE_DIR, dir);
}

/* A plan that was given up carries the beginning of its digest in its name. */
static enum err check_superseded(int fd, const char *dir, const char *name, struct diag *d)
{
    uint8_t digest[DIGEST_LEN];
    char hex[DIGEST_HEX];
    enum err e = audit_archive(merkle_lines_root_file(fd, name, LIMIT_ARCHIVE_BYTES, digest, d), d);
    if (e != E_OK)
        return e;
    hex_encode(digest, DIGEST_LEN, hex);
    if (strncmp(name + strlen(SUPERSEDED), hex, SUPERSEDED_DIGITS) != 0)
        e = diag_set(d, E_ARCHIVE, "%s/%s/%s is not the plan of its name", ARCHIVE_DIR, dir, name);
    return e;
}

static bool begins(const char *name, const char *with)
{
    return strncmp(name, with, strlen(with)) == 0;
}

/* refused-<8 digits>-<code>/ was made after the line. */
static enum err check_refused(struct audit *a, const char *dir, const char *name, struct diag *d)
{
    bool known;
    size_t digits = strlen(REFUSED) + REFUSED_DIGITS;
    const char *code = strlen(name) > digits ? name + digits + 1 : "";
    enum err e = batches_put_text(&a->batches.refusals, &known, dir, code);
    if (e == E_OK && !known)
        e = diag_set(d, E_LOG_ROLLED_BACK, "%s/%s/%s has no line in the log", ARCHIVE_DIR, dir, name);
    return e;
}

static bool has_place(const char *name)
{
    return strcmp(name, BATCH_FILE) == 0 || intake_is_approval(name) ||
           strcmp(name, PLAN_FILE) == 0 || begins(name, AUTHORISATION_PREFIX) ||
           strcmp(name, BUNDLE_DIR) == 0;
}

/* Files of OCSP responses are named by their log lines. */
static enum err check_other(struct audit *a, const char *dir, const char *name)
{
    bool known = false;
    enum err e = has_place(name) ? E_OK : batches_put_text(&a->batches.responses, &known, dir, name);
    if (e == E_OK && !known && !has_place(name))
        audit_note(a, "%s/%s/%s: nothing names it", ARCHIVE_DIR, dir, name);
    return e;
}

static enum err check_names(struct audit *a, int fd, const char *dir, struct diag *d)
{
    struct file_list list = {0};
    enum err e = audit_archive(file_list(fd, BATCHES_FILES_MAX, &list, d), d);
    for (size_t i = 0; i < list.n && e == E_OK; i++) {
        if (begins(list.names[i], SUPERSEDED))
            e = check_superseded(fd, dir, list.names[i], d);
        else if (begins(list.names[i], REFUSED))
            e = check_refused(a, dir, list.names[i], d);
        else
            e = check_other(a, dir, list.names[i]);
    }
    file_list_free(&list);
    return e;
}

static enum err check_folder(struct audit *a, const struct known *k, int fd, struct diag *d)
{
    if (file_is_there(fd, BUNDLE_DIR) && !k->bundled)
        return diag_set(d, E_LOG_ROLLED_BACK, "%s/%s has a bundle that the log does not", ARCHIVE_DIR,
                        k->dir);
    if (!k->seen)
        audit_note(a, "%s/%s came in, but was not planned", ARCHIVE_DIR, k->dir);
    enum err e = check_names(a, fd, k->dir, d);
    if (e == E_OK && !k->planned && file_is_there(fd, PLAN_FILE))
        e = check_waiting_plan(a, fd, k->dir, d);
    return e;
}

static enum err check_entry(struct audit *a, const char *name)
{
    struct known k = {.dir = name};
    struct diag why = {0};
    uint8_t intake[DIGEST_LEN];
    int fd;
    if (strlen(name) != 2 * DIGEST_LEN || !hex_decode(name, intake, DIGEST_LEN)) {
        audit_note(a, "%s/%s is no batch", ARCHIVE_DIR, name);
        return E_OK;
    }
    enum err e = look_up(a, intake, &k);
    if (e != E_OK)
        return e;
    e = folder_open_only(a, name, &fd, &why);
    if (e == E_OK)
        e = check_folder(a, &k, fd, &why);
    if (fd >= 0)
        close(fd);
    return audit_take(a, e, &why);
}

static enum err sweep_archive(struct audit *a)
{
    struct file_list list = {0};
    struct diag why = {0};
    if (a->archive_fd < 0)
        return E_OK;
    enum err e = audit_take(a, file_list(a->archive_fd, FOLDERS_MAX, &list, &why), &why);
    for (size_t i = 0; i < list.n && e == E_OK; i++)
        e = check_entry(a, list.names[i]);
    file_list_free(&list);
    return e;
}

/* What an interrupted program may leave is there to be used or replaced by the next. */
static bool belongs_to_state(const char *name)
{
    static const char *const names[] = {LOG_FILE, LOG_FILE ".tmp", "lock", ARCHIVE_DIR, ANCHORS_DIR, CEREMONIES_DIR, POLICIES_DIR, CROSSES_DIR};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return begins(name, INDEX_FILE) || begins(name, INDEX_VOUCHED_FILE); /* and what lies beside them */
}

static enum err sweep_state(struct audit *a)
{
    struct file_list list = {0};
    struct diag why = {0};
    enum err e = audit_take(a, file_list(a->state_fd, FOLDERS_MAX, &list, &why), &why);
    for (size_t i = 0; i < list.n && e == E_OK; i++)
        if (!belongs_to_state(list.names[i]))
            audit_note(a, "%s is no part of a state", list.names[i]);
    file_list_free(&list);
    return e;
}

enum err sweep_run(struct audit *a)
{
    enum err e = sweep_archive(a);
    return e == E_OK ? sweep_state(a) : e;
}
