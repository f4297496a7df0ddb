#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/audit.h"
#include "audit/evidence.h"
#include "audit/evidence_archive.h"
#include "batch/state.h"
#include "core/file.h"
#include "log/log.h"
#include "pki/cause.h"

/* What the lines of the log say of the certificate that is looked for. */
struct search {
    const char *serial;
    const struct policy *policy;
    struct evidence *out;
    uint64_t issued; /* number of its line; 0 while it is not found */
    char key[LIMIT_TOKEN_TEXT + 1];
    char batch[DIGEST_HEX], intake[DIGEST_HEX], plan[DIGEST_HEX];
    bool planned, sealed;
};

/* Take a line, which follows on this position; *more is true, and false ends it. */
typedef enum err take_line(struct search *s, struct span line, const struct record *r, const struct log_position *before, bool *more,
                           struct diag *d);

static enum err walk(int fd, struct search *s, take_line *take, struct diag *d)
{
    struct log_reader *reader = NULL;
    bool more = true;
    enum err e = log_reader_open(fd, LOG_FILE, NULL, &reader, d);
    while (e == E_OK && more) {
        struct span line;
        struct record r = {0};
        const struct log_position before = *log_reader_position(reader);
        e = log_reader_next(reader, &line, &r, &more, d);
        if (e == E_OK && more)
            e = take(s, line, &r, &before, &more, d);
        record_free(&r);
    }
    log_reader_close(reader);
    return e;
}

/* -- first: the certificate's own line, and the seal that covers it -- */

static enum err take_issued(struct search *s, struct span line, const struct record *r, const struct log_position *before, bool *more,
                            struct diag *d)
{
    (void)line;
    if (s->issued == 0 && r->type == RECORD_ISSUED && strcmp(record_text(r, "serial"), s->serial) == 0) {
        if (strcmp(record_text(r, "profile"), POLICY_SEAL) == 0)
            return diag_set(d, E_NOT_A_SEAL, "%s is the number of an electronic seal, not of a certificate", s->serial);
        s->issued = r->seq;
        snprintf(s->key, sizeof s->key, "%s", record_text(r, "key"));
        snprintf(s->batch, sizeof s->batch, "%s", record_text(r, "batch"));
    }
    if (s->issued == 0 || r->type != RECORD_SEAL)
        return E_OK;
    s->sealed = true;
    *more = false;
    return seal_from_record(r, before, &s->out->seal, d);
}

/* -- then: its plan -- */

static enum err take_plan(struct search *s, struct span line, const struct record *r, const struct log_position *before, bool *more,
                          struct diag *d)
{
    (void)line;
    (void)before;
    (void)d;
    if (r->type != RECORD_PLAN || strcmp(record_text(r, "batch"), s->batch) != 0)
        return E_OK;
    s->planned = true;
    *more = false;
    snprintf(s->intake, sizeof s->intake, "%s", record_text(r, "intake"));
    snprintf(s->plan, sizeof s->plan, "%s", record_text(r, "plan"));
    return E_OK;
}

/* -- then: every line that belongs to it -- */

/* The key that signed the certificate, one above it, or the one that signs seals. */
static bool is_key_of_ours(const struct search *s, const char *key)
{
    const struct policy_key *row = policy_key_find(s->policy, s->key);
    if (strcmp(key, s->key) == 0 || strcmp(key, s->out->seal.key) == 0)
        return true;
    for (int i = 0; i < POLICY_KEY_DEPTH && row != NULL; i++) {
        row = policy_key_issuer(s->policy, row);
        if (row != NULL && strcmp(key, row->name) == 0)
            return true;
    }
    return false;
}

static bool belongs(const struct search *s, const struct record *r)
{
    switch (r->type) {
    case RECORD_GENESIS:
        return true;
    case RECORD_ANCHOR:
        return is_key_of_ours(s, record_text(r, "key"));
    case RECORD_BATCH:
        return strcmp(record_text(r, "intake"), s->intake) == 0 && strcmp(record_text(r, "batch"), s->batch) == 0;
    case RECORD_AUTHORISE:
        return strcmp(record_text(r, "plan"), s->plan) == 0;
    case RECORD_PLAN:
        return strcmp(record_text(r, "plan"), s->plan) == 0 && strcmp(record_text(r, "batch"), s->batch) == 0;
    default:
        return r->seq == s->issued;
    }
}

static enum err take_belonging(struct search *s, struct span line, const struct record *r, const struct log_position *before,
                               bool *more, struct diag *d)
{
    struct evidence_line *one;
    (void)before;
    *more = r->seq < s->issued;
    if (!belongs(s, r))
        return E_OK;
    enum err e = evidence_add_line(&s->out->log, r->seq - 1, &one);
    if (e != E_OK)
        return diag_set(d, e, "the log's lines");
    buf_append(&one->bytes, line.p, line.n);
    return buf_err(&one->bytes) == E_OK ? E_OK : diag_set(d, E_NO_MEMORY, "the log's lines");
}

/* -- and last: their paths -- */

struct paths {
    struct proof_maker *makers;
    size_t n;
};

static enum err follow(int fd, const struct evidence *e, struct paths *p, struct diag *d)
{
    struct log_reader *reader = NULL;
    bool more = true;
    enum err err = log_reader_open(fd, LOG_FILE, NULL, &reader, d);
    while (err == E_OK && more && log_reader_position(reader)->size < e->seal.size) {
        struct span line;
        struct record r = {0};
        err = log_reader_next(reader, &line, &r, &more, d);
        for (size_t i = 0; i < p->n && err == E_OK && more; i++)
            if ((err = proof_take(&p->makers[i], line)) != E_OK)
                diag_set(d, err, "the log's tree");
        record_free(&r);
    }
    log_reader_close(reader);
    return err;
}

static enum err find_paths(int fd, struct evidence *e, struct diag *d)
{
    struct paths p = {.makers = calloc(e->log.n + 1, sizeof *p.makers), .n = e->log.n};
    if (p.makers == NULL)
        return diag_set(d, E_NO_MEMORY, "the log's tree");
    for (size_t i = 0; i < p.n; i++)
        proof_of_leaf(&p.makers[i], e->log.v[i].index, e->seal.size);
    enum err err = follow(fd, e, &p, d);
    for (size_t i = 0; i < p.n; i++)
        e->log.v[i].path = p.makers[i].proof;
    free(p.makers);
    return err;
}

static enum err search_log(int fd, struct search *s, struct diag *d)
{
    enum err e = walk(fd, s, take_issued, d);
    if (e == E_OK && s->issued == 0)
        e = diag_set(d, E_CERT_UNKNOWN, "the log has no certificate with the serial number %s", s->serial);
    if (e == E_OK && !s->sealed)
        e = diag_set(d, E_LOG_SEAL, "no seal covers line %llu yet", (unsigned long long)s->issued);
    if (e == E_OK)
        e = walk(fd, s, take_plan, d);
    if (e == E_OK && !s->planned)
        e = diag_set(d, E_LOG_ORDER, "line %llu is of a batch without a plan", (unsigned long long)s->issued);
    if (e == E_OK)
        e = walk(fd, s, take_belonging, d);
    return e == E_OK ? find_paths(fd, s->out, d) : e;
}

enum err evidence_collect(const char *state, const char *serial, const struct policy *policy, struct evidence *out,
                          struct diag *d)
{
    struct search s = {.serial = serial, .policy = policy, .out = out};
    int fd = -1, archive_fd = -1, batch_fd = -1;
    *out = (struct evidence){0};
    enum err e = file_open_dir(state, &fd, d);
    if (e == E_OK)
        e = search_log(fd, &s, d);
    if (e != E_OK)
        goto out;
    archive_fd = file_open_beneath(fd, ARCHIVE_DIR, O_RDONLY | O_DIRECTORY, 0);
    if (archive_fd >= 0)
        batch_fd = file_open_beneath(archive_fd, s.intake, O_RDONLY | O_DIRECTORY, 0);
    e = batch_fd >= 0 ? evidence_from_archive(batch_fd, policy, out, d)
                      : diag_set(d, E_ARCHIVE, "%s/%s is not there", ARCHIVE_DIR, s.intake);
out:
    if (batch_fd >= 0)
        close(batch_fd);
    if (archive_fd >= 0)
        close(archive_fd);
    if (fd >= 0)
        close(fd);
    return cause_settle(e, d, "the evidence");
}
