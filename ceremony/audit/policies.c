#include "audit/policies.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/audit.h"
#include "batch/state.h"
#include "core/file.h"

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

/* The auditor's own copy is believed; of the state's it is said that it was taken from there. */
static enum err load(struct audit *a, const uint8_t digest[DIGEST_LEN], struct policy_folder **out, struct diag *d)
{
    char hex[DIGEST_HEX], kept[sizeof POLICIES_DIR + DIGEST_HEX];
    int fd;
    hex_encode(digest, DIGEST_LEN, hex);
    snprintf(kept, sizeof kept, POLICIES_DIR "/%s", hex);
    open_named(a->policies_fd, hex, &fd);
    const bool by_hand = fd >= 0;
    if (!by_hand)
        open_named(a->state_fd, kept, &fd);
    if (fd < 0) {
        audit_open(a, "%s is not there: what was decided under that policy is not decided again", kept);
        return E_OK;
    }
    enum err e = read_folder(fd, by_hand ? hex : kept, digest, out, d);
    close(fd);
    if (e == E_OK && !by_hand)
        audit_open(a, "the policy was taken from the state itself: compare %s with what the officers typed then, or give --policies", hex);
    return e;
}

/* Once for each policy, at the line that names it first. */
static enum err meet(struct audit *a, const uint8_t digest[DIGEST_LEN])
{
    struct policies *p = &a->policies;
    struct diag why = {0};
    if (!a->replay || is_own(a, digest) || find(p, digest) != NULL)
        return E_OK;
    struct policies_entry *more = realloc(p->v, (p->n + 1) * sizeof *more);
    if (more == NULL)
        return E_NO_MEMORY;
    p->v = more;
    struct policies_entry *one = &p->v[p->n++];
    *one = (struct policies_entry){0};
    memcpy(one->digest, digest, DIGEST_LEN);
    return audit_take(a, load(a, digest, &one->folder, &why), &why);
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
