#include "room/brought.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "core/file.h"
#include "core/i18n.h"
#include "room/past.h"

#define SEAL_FILE "seal.json"

enum err brought_read(const char *path, struct seal *out, struct diag *d)
{
    struct buf bytes = {0};
    bool found = false;
    int fd = -1;
    *out = (struct seal){0};
    enum err e = file_open_dir(path, &fd, d);
    if (e == E_OK)
        e = file_read(fd, SEAL_FILE, LIMIT_LINE, &bytes, &found, d);
    if (e == E_OK && !found)
        e = diag_set(d, E_BUNDLE_FORMAT, "there is no %s", SEAL_FILE);
    if (e == E_OK)
        e = seal_parse(buf_span(&bytes), out, d);
    if (fd >= 0)
        close(fd);
    buf_free(&bytes);
    return e;
}

/* Anybody can write a file that looks like a seal. */
static enum err check_signature(const struct room *r, const struct seal *s, struct diag *d)
{
    struct state state;
    EVP_PKEY *key = NULL;
    enum err e = state_open(r->path, &policy_table, STATE_FROM_LOG, &state, d);
    if (e == E_OK)
        e = state_public_key(&state, policy_table.log_key.name, &key, d);
    if (e == E_OK)
        e = seal_verify(s, policy_table.log_key.alg, key, d);
    EVP_PKEY_free(key);
    state_close(&state);
    return e;
}

enum err brought_compare(const struct room *r, const struct seal *s, struct diag *d)
{
    struct log_position first, at;
    bool begun = false, found = false;
    enum err e = past_position(r->state_fd, 1, &first, &begun, d);
    if (e == E_OK)
        e = past_position(r->state_fd, s->size, &at, &found, d);
    if (e != E_OK)
        return e;
    if (!begun || memcmp(first.id, s->log, DIGEST_LEN) != 0)
        return diag_set(d, E_SEAL_OTHER, "its first line is another one");
    e = check_signature(r, s, d);
    if (e == E_OK && !(found && seal_check_position(s, &at, NULL) == E_OK))
        e = diag_set(d, E_LOG_ROLLED_BACK, found ? N_("line %" PRIu64 " of the log is not the one that was sealed")
                                                 : N_("%" PRIu64 " lines were sealed, the log has fewer"), s->size);
    return e;
}
