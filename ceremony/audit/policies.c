#include "audit/policies.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/audit.h"
#include "batch/state.h"
#include "core/file.h"

#define FOLDERS_MAX 100000

static bool is_own(const struct audit *a, const uint8_t digest[DIGEST_LEN])
{
    return memcmp(digest, a->policy_digest, DIGEST_LEN) == 0;
}

static struct policies_entry *find(const struct policies *p, const uint8_t digest[DIGEST_LEN])
{
    for (size_t i = 0; i < p->n; i++)
        if (memcmp(p->v[i].digest, digest, DIGEST_LEN) == 0)
            return &p->v[i];
    return NULL;
}

const struct policy *policies_find(const struct audit *a, const uint8_t digest[DIGEST_LEN])
{
    if (is_own(a, digest))
        return a->own;
    const struct policies_entry *one = find(&a->policies, digest);
    return one != NULL && one->folder != NULL ? policy_folder_result(one->folder) : NULL;
}

size_t policies_read(const struct policies *p)
{
    size_t n = 0;
    for (size_t i = 0; i < p->n; i++)
        n += p->v[i].folder != NULL;
    return n;
}

/* What lies there is what its name says, or nothing of it is believed. */
static enum err read_folder(int fd, const char *name, const uint8_t digest[DIGEST_LEN], struct policy_folder **out, struct diag *d)
{
    struct diag why = {0};
    uint8_t got[DIGEST_LEN];
    enum err e = policy_folder_read(fd, name, out, &why);
    if (e == E_OK)
        e = policy_digest(policy_folder_result(*out), got);
    if (e == E_NO_MEMORY)
        return e;
    if (e == E_OK && memcmp(got, digest, DIGEST_LEN) == 0)
        return E_OK;
    policy_folder_free(*out);
    *out = NULL;
    return diag_wrap(d, E_ARCHIVE, &why, "%s is not the policy of its name", name);
}

/* Below a folder whose entries are named by digests. *fd is -1 when it has none of this name. */
static void open_named(int dir_fd, const char *name, int *fd)
{
    *fd = dir_fd >= 0 ? file_open_beneath(dir_fd, name, O_RDONLY | O_DIRECTORY, 0) : -1;
}

/* Of another policy than this program's. The auditor's own copy is believed; of the state's it is said that it was taken from there. */
static enum err load(struct audit *a, const char *hex, const uint8_t digest[DIGEST_LEN], struct policy_folder **out, struct diag *d)
{
    char kept[sizeof POLICIES_DIR + DIGEST_HEX];
    int fd;
    snprintf(kept, sizeof kept, POLICIES_DIR "/%s", hex);
    open_named(a->policies_fd, hex, &fd);
    const bool by_hand = fd >= 0;
    if (!by_hand && a->policies_fd >= 0)
        audit_error(a, E_ARCHIVE, "%s is not among the policies that came by hand", hex);
    if (!by_hand)
        open_named(a->state_fd, kept, &fd);
    if (fd < 0) {
        audit_open(a, "%s is not there: what was decided under that policy is not decided again", kept);
        return E_OK;
    }
    enum err e = read_folder(fd, by_hand ? hex : kept, digest, out, d);
    close(fd);
    if (e == E_OK && !by_hand)
        audit_open(a, "the policy was taken from the state itself: compare %s with the digest that was given then, or give --policies", hex);
    return e;
}

/* This program has it, and needs no file; that the one which is kept is the same is for others. */
static enum err look_at_own(struct audit *a, const char *hex, const uint8_t digest[DIGEST_LEN], struct diag *d)
{
    char kept[sizeof POLICIES_DIR + DIGEST_HEX];
    struct policy_folder *folder = NULL;
    int fd;
    snprintf(kept, sizeof kept, POLICIES_DIR "/%s", hex);
    open_named(a->state_fd, kept, &fd);
    if (fd < 0) {
        audit_open(a, "%s is not there: only a program of that policy can decide again what was decided under it", kept);
        return E_OK;
    }
    enum err e = read_folder(fd, kept, digest, &folder, d);
    close(fd);
    policy_folder_free(folder);
    return e;
}

/* Once for each policy, at the line that names it first. */
static enum err meet(struct audit *a, const uint8_t digest[DIGEST_LEN])
{
    char hex[DIGEST_HEX];
    struct policies *p = &a->policies;
    struct diag why = {0};
    if (!a->replay || find(p, digest) != NULL)
        return E_OK;
    struct policies_entry *more = realloc(p->v, (p->n + 1) * sizeof *more);
    if (more == NULL)
        return E_NO_MEMORY;
    p->v = more;
    struct policies_entry *one = &p->v[p->n++];
    *one = (struct policies_entry){0};
    memcpy(one->digest, digest, DIGEST_LEN);
    hex_encode(digest, DIGEST_LEN, hex);
    enum err e = is_own(a, digest) ? look_at_own(a, hex, digest, &why) : load(a, hex, digest, &one->folder, &why);
    return audit_take(a, e, &why);
}

/* -- what changed -- */

static bool same_bytes(struct span one, struct span other)
{
    return one.n == other.n && (one.n == 0 || memcmp(one.p, other.p, one.n) == 0);
}

/* Certificates of one policy that the other has not under the same id. */
static size_t officers_without(const struct policy *p, const struct policy *other)
{
    size_t n = 0;
    for (size_t i = 0; i < p->officers_n; i++) {
        const struct policy_officer *there = policy_officer_find(other, p->officers[i].id);
        n += there == NULL || !same_bytes(there->certificate, p->officers[i].certificate);
    }
    return n;
}

static size_t persons_without(const struct policy *p, const struct policy *other)
{
    size_t n = 0;
    for (size_t i = 0; i < p->persons_n; i++) {
        const struct policy_person *one = &p->persons[i], *there = policy_person_find(other, one->id);
        n += there == NULL || !same_bytes(there->certificate, one->certificate) || there->role != one->role || strcmp(there->ra, one->ra) != 0;
    }
    return n;
}

static size_t keys_without(const struct policy *p, const struct policy *other)
{
    const struct policy_key *key;
    size_t n = 0;
    for (size_t i = 0; (key = policy_key_at(p, i)) != NULL; i++)
        n += policy_key_find(other, key->name) == NULL;
    return n;
}

void policies_tell_change(struct audit *a, const uint8_t before[DIGEST_LEN])
{
    char hex[DIGEST_HEX];
    const struct policy *old = policies_find(a, before), *now = policies_find(a, a->log_policy);
    hex_encode(a->log_policy, DIGEST_LEN, hex);
    audit_note(a, "from here on the policy is %s", hex);
    if (old == NULL || now == NULL)
        return;
    audit_note(a, "with it come %zu officers, %zu persons and %zu keys, and go %zu, %zu and %zu; %d officers authorise a plan, before it %d",
               officers_without(now, old), persons_without(now, old), keys_without(now, old), officers_without(old, now),
               persons_without(old, now), keys_without(old, now), now->quorum, old->quorum);
}

/* -- after the log -- */

static void tell_stray(struct audit *a, const char *folder, const char *name, bool all)
{
    uint8_t digest[DIGEST_LEN];
    if (strlen(name) != 2 * DIGEST_LEN || !hex_decode(name, digest, DIGEST_LEN))
        audit_note(a, "%s/%s is no policy", folder, name);
    else if (all && find(&a->policies, digest) == NULL)
        audit_note(a, "%s/%s: no line names this policy", folder, name);
}

static enum err look_through(struct audit *a, int fd, const char *folder, bool all, struct diag *d)
{
    struct file_list list = {0};
    enum err e = file_list(fd, FOLDERS_MAX, &list, d);
    for (size_t i = 0; i < list.n && e == E_OK; i++)
        tell_stray(a, folder, list.names[i], all);
    file_list_free(&list);
    return e;
}

/* Who collects policies by hand may have more of them than this log names. */
enum err policies_finish(struct audit *a)
{
    struct diag why = {0};
    enum err e = E_OK;
    int fd;
    if (!a->replay)
        return E_OK;
    open_named(a->state_fd, POLICIES_DIR, &fd);
    if (fd >= 0)
        e = look_through(a, fd, POLICIES_DIR, true, &why);
    if (fd >= 0)
        close(fd);
    if (e == E_OK && a->policies_fd >= 0)
        e = look_through(a, a->policies_fd, "--policies", false, &why);
    return audit_take(a, e, &why);
}

enum err policies_take(struct audit *a, const struct record *r)
{
    enum err e = record_digest(r, "policy", a->log_policy);
    if (e == E_OK)
        e = meet(a, a->log_policy);
    const struct policy *named = e == E_OK ? policies_find(a, a->log_policy) : NULL;
    a->policy = named != NULL ? named : a->own;
    a->policy_known = named != NULL;
    a->policy_line = r->seq;
    return e;
}

void policies_free(struct policies *p)
{
    for (size_t i = 0; i < p->n; i++)
        policy_folder_free(p->v[i].folder);
    free(p->v);
    *p = (struct policies){0};
}
