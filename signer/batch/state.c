#include "batch/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "batch/history.h"
#include "batch/kept_policy.h"
#include "core/file.h"
#include "core/version.h"
#include "hsm/hsm.h"
#include "pki/cert.h"
#include "pki/key.h"

static enum err take_lock(struct state *s, struct diag *d)
{
    s->lock_fd = openat(s->fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (s->lock_fd < 0)
        return diag_errno(d, errno, "%s/lock", s->path);
    if (flock(s->lock_fd, LOCK_EX | LOCK_NB) != 0)
        return errno == EWOULDBLOCK ? diag_set(d, E_STATE_LOCKED, "%s", s->path)
                                    : diag_errno(d, errno, "%s/lock", s->path);
    return E_OK;
}

static enum err begin(const char *path, const struct policy *policy, struct state *out, struct diag *d)
{
    *out = (struct state){.policy = policy, .fd = -1, .lock_fd = -1, .archive_fd = -1};
    out->path = strdup(path);
    if (out->path == NULL)
        return diag_set(d, E_NO_MEMORY, "%s", path);
    return policy_digest(policy, out->policy_digest);
}

static enum err check_empty(int fd, const char *path, struct diag *d)
{
    struct file_list list = {0};
    struct stat st;
    if (fstatat(fd, LOG_FILE, &st, AT_SYMLINK_NOFOLLOW) == 0)
        return diag_set(d, E_STATE_EXISTS, "%s", path);
    enum err e = file_list(fd, LIMIT_MEDIUM_FILES, &list, d);
    if (e == E_MEDIUM_LIMIT)
        e = diag_set(d, E_FOLDER_OCCUPIED, "%s", path);
    for (size_t i = 0; i < list.n && e == E_OK; i++) /* an interrupted beginning may be begun again */
        if (strcmp(list.names[i], "lock") != 0 && strcmp(list.names[i], LOG_FILE ".tmp") != 0 &&
            strcmp(list.names[i], CEREMONIES_DIR) != 0 && strcmp(list.names[i], POLICIES_DIR) != 0)
            e = diag_set(d, E_FOLDER_OCCUPIED, "%s", path);
    file_list_free(&list);
    return e;
}

static json_t *genesis_fields(const struct state *s, const struct hsm_identity *token)
{
    char hex[DIGEST_HEX];
    hex_encode(s->policy_digest, DIGEST_LEN, hex);
    return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s}", "hash", digest_name(s->policy->log_hash), "program",
                     PROGRAM_NAME, "policy", hex, "token-manufacturer", token->manufacturer,
                     "token-model", token->model, "token-serial", token->serial, "token-label", token->label);
}

static void remember_token(struct state *s, const char *serial, const char *model)
{
    snprintf(s->token_serial, sizeof s->token_serial, "%s", serial);
    snprintf(s->token_model, sizeof s->token_model, "%s", model);
}

enum err state_check_absent(const char *path, struct diag *d)
{
    struct stat st;
    int fd = -1;
    if (lstat(path, &st) != 0)
        return errno == ENOENT ? E_OK : diag_errno(d, errno, "%s", path);
    enum err e = file_open_dir(path, &fd, d);
    if (e == E_OK)
        e = check_empty(fd, path, d);
    if (fd >= 0)
        close(fd);
    return e;
}

enum err state_create(const char *path, const struct policy *policy, const struct hsm_identity *token,
                      struct state *out, struct diag *d)
{
    enum err e = begin(path, policy, out, d);
    if (e == E_OK)
        e = file_make_path(path, &out->fd, d);
    if (e == E_OK)
        e = check_empty(out->fd, path, d);
    if (e == E_OK)
        e = take_lock(out, d);
    if (e == E_OK)
        e = kept_policy_write(out->fd, policy, out->policy_digest, d);
    if (e == E_OK)
        e = log_create(out->fd, policy->log_hash, genesis_fields(out, token), &out->log, d);
    if (e == E_OK)
        e = file_make_dir(out->fd, ARCHIVE_DIR, &out->archive_fd, d);
    if (e == E_OK)
        e = index_open(out->path, &out->index, d);
    if (e == E_OK)
        e = state_refresh(out, d);
    if (e == E_OK) {
        memcpy(out->log_id, log_position(out->log)->id, DIGEST_LEN);
        remember_token(out, token->serial, token->model);
    }
    return e;
}

/* Which token holds the keys now. */
static enum err read_token(struct state *s, struct diag *d)
{
    struct index_token t;
    enum err e = index_token(s->index, &t, d);
    if (e == E_OK)
        remember_token(s, t.serial, t.model);
    return e;
}

/* The first line tells which digest this state belongs to. */
static enum err read_genesis(struct state *s, struct diag *d)
{
    struct log_reader *reader = NULL;
    struct record r = {0};
    struct span line;
    bool more = false;
    enum err e = log_reader_open(s->fd, LOG_FILE, NULL, &reader, d);
    if (e == E_OK)
        e = log_reader_next(reader, &line, &r, &more, d);
    if (e == E_OK && (!more || r.type != RECORD_GENESIS))
        e = diag_set(d, E_LOG_FORMAT, "%s does not begin with a genesis line", LOG_FILE);
    if (e == E_OK) {
        memcpy(s->log_id, log_reader_position(reader)->id, DIGEST_LEN);
        if (log_reader_position(reader)->hash != s->policy->log_hash)
            e = diag_set(d, E_STATE_OTHER, "the log is chained with %s, the policy says %s",
                         digest_name(log_reader_position(reader)->hash), digest_name(s->policy->log_hash));
    }
    record_free(&r);
    log_reader_close(reader);
    return e;
}

enum err state_enter(const char *path, const struct policy *policy, struct state *out, struct diag *d)
{
    struct stat st;
    enum err e = begin(path, policy, out, d);
    if (e == E_OK)
        e = file_open_dir(path, &out->fd, d);
    if (e == E_MEDIUM)
        return diag_set(d, E_STATE_MISSING, "%s", path);
    if (e == E_OK && fstatat(out->fd, LOG_FILE, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return log_missing(out->fd, path, d);
    if (e == E_OK)
        e = take_lock(out, d);
    if (e == E_OK)
        e = file_make_dir(out->fd, ARCHIVE_DIR, &out->archive_fd, d);
    return e;
}

static enum err open_index(struct state *s, enum state_trust trust, struct diag *d)
{
    switch (trust) {
    case STATE_CACHED:
        return index_open(s->path, &s->index, d);
    case STATE_FROM_LOG:
        return index_make(s->path, &s->index, d);
    default:
        return index_open_vouched(s->path, trust == STATE_VOUCHED_ANEW, &s->index, d);
    }
}

static enum err open_records(struct state *s, enum state_trust trust, struct diag *d)
{
    struct log_position end = {0};
    enum err e = open_index(s, trust, d);
    if (e == E_OK)
        e = history_catch_up(s, &end, d);
    if (e == E_OK)
        e = read_token(s, d);
    if (e == E_OK)
        e = log_open(s->fd, &end, &s->log, d);
    if (e == E_OK && log_position(s->log)->size != end.size) /* a recovery line was added */
        e = state_refresh(s, d);
    return e;
}

/* That says nothing about what was read. */
static bool scarce(enum err e)
{
    return e == E_NO_MEMORY || e == E_DISK_FULL;
}

/* An index that nobody vouched for yet must not be what makes it fail. */
static enum err open_records_surely(struct state *s, enum state_trust trust, struct diag *d)
{
    struct diag why = {0};
    enum err e = open_records(s, trust, &why);
    if (e != E_OK && !scarce(e) && trust == STATE_VOUCHED) {
        state_close_records(s);
        why = (struct diag){0};
        e = open_records(s, STATE_VOUCHED_ANEW, &why);
    }
    if (e != E_OK && d != NULL)
        *d = why;
    return e;
}

enum err state_reopen(struct state *s, enum state_trust trust, struct diag *d)
{
    state_close_records(s);
    s->told = 0;
    s->heard = (struct log_position){0};
    enum err e = open_records_surely(s, trust, d);
    return e == E_OK ? state_check_policy(s, d) : e;
}

enum err state_open_any(const char *path, const struct policy *policy, enum state_trust trust, struct state *out,
                        struct diag *d)
{
    enum err e = state_enter(path, policy, out, d);
    if (e == E_OK)
        e = read_genesis(out, d);
    return e == E_OK ? open_records_surely(out, trust, d) : e;
}

enum err state_refresh(struct state *s, struct diag *d)
{
    struct log_position end = {0};
    enum err e = history_catch_up(s, &end, d);
    if (e == E_OK && memcmp(end.head, log_position(s->log)->head, DIGEST_LEN) != 0)
        e = diag_set(d, E_LOG_CHAIN, "the log on disk is not the one that was written");
    return e;
}

enum err state_check_policy(struct state *s, struct diag *d)
{
    uint8_t named[DIGEST_LEN];
    uint64_t line;
    char theirs[DIGEST_HEX], ours[DIGEST_HEX];
    enum err e = index_policy(s->index, INDEX_NOW, named, &line, d);
    if (e != E_OK || memcmp(named, s->policy_digest, DIGEST_LEN) == 0)
        return e;
    hex_encode(named, DIGEST_LEN, theirs);
    hex_encode(s->policy_digest, DIGEST_LEN, ours);
    return diag_set(d, E_STATE_POLICY, "the state's is %s, this program's %s", theirs, ours);
}

enum err state_open(const char *path, const struct policy *policy, enum state_trust trust, struct state *out,
                    struct diag *d)
{
    enum err e = state_open_any(path, policy, trust, out, d);
    return e != E_OK ? e : state_check_policy(out, d);
}

enum err state_anchor(struct state *s, const char *key, X509 **out, struct diag *d)
{
    struct index_key k = {0};
    bool found = false;
    *out = NULL;
    enum err e = index_key(s->index, key, &k, &found, d);
    if (e == E_OK && (!found || k.certificate.len == 0))
        e = diag_set(d, E_ANCHOR, "the log has no certificate for the key %s", key);
    if (e == E_OK)
        e = cert_parse(buf_span(&k.certificate), out, d);
    index_key_free(&k);
    return e;
}

enum err state_public_key(struct state *s, const char *key, EVP_PKEY **out, struct diag *d)
{
    struct index_key k = {0};
    struct key parsed = {0};
    bool found = false;
    *out = NULL;
    enum err e = index_key(s->index, key, &k, &found, d);
    if (e == E_OK && !found)
        e = diag_set(d, E_KEY_MISSING, "the log has no key %s", key);
    if (e == E_OK)
        e = key_from_spki(buf_span(&k.spki), &parsed, d);
    if (e == E_OK && EVP_PKEY_up_ref(parsed.pkey) != 1)
        e = diag_set(d, E_CRYPTO, "the key %s", key);
    if (e == E_OK)
        *out = parsed.pkey;
    key_free(&parsed);
    index_key_free(&k);
    return e;
}

enum err state_key_ended(struct state *s, const char *key, bool *ended, struct diag *d)
{
    struct index_key k = {0};
    bool found = false;
    enum err e = index_key(s->index, key, &k, &found, d);
    *ended = e == E_OK && found && k.destroyed > 0;
    index_key_free(&k);
    return e;
}

enum err state_open_batch(struct state *s, const uint8_t intake[DIGEST_LEN], int *fd, struct diag *d)
{
    char hex[DIGEST_HEX];
    hex_encode(intake, DIGEST_LEN, hex);
    *fd = openat(s->archive_fd, hex, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return *fd >= 0 ? E_OK : diag_set(d, E_ARCHIVE, "%s/%s is not there", ARCHIVE_DIR, hex);
}

void state_close_records(struct state *s)
{
    log_close(s->log);
    index_close(s->index);
    s->log = NULL;
    s->index = NULL;
}

void state_close(struct state *s)
{
    state_close_records(s);
    if (s->archive_fd >= 0)
        close(s->archive_fd);
    if (s->lock_fd >= 0)
        close(s->lock_fd);
    if (s->fd >= 0)
        close(s->fd);
    free(s->path);
    *s = (struct state){.fd = -1, .lock_fd = -1, .archive_fd = -1};
}
