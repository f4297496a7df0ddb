#include "audit/verify.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/answers.h"
#include "audit/bundles.h"
#include "audit/ceremonies.h"
#include "audit/log_alone.h"
#include "audit/records.h"
#include "audit/seals.h"
#include "audit/signatures.h"
#include "audit/sweep.h"
#include "audit/tokens.h"
#include "audit/transcript_ends.h"
#include "batch/state.h"
#include "core/clock.h"
#include "core/file.h"
#include "core/i18n.h"

#define PROGRESS_LINES 64
#define FUTURE (24 * 3600) /* seconds that clocks may differ by */

static enum err open_log(const struct verify_options *o, struct audit *a, const char **name, uint64_t *bytes, struct diag *d)
{
    struct stat st;
    const char *path = o->log != NULL ? o->log : o->state;
    *name = LOG_FILE;
    enum err e = o->log != NULL ? file_open_folder_of(AT_FDCWD, path, &a->state_fd, name, d)
                                : file_open_dir(path, &a->state_fd, d);
    const bool missing = e == E_OK && fstatat(a->state_fd, *name, &st, AT_SYMLINK_NOFOLLOW) != 0;
    if (missing && o->log == NULL && log_missing(a->state_fd, path, d) == E_LOG_MISSING)
        return E_LOG_MISSING;
    if (e == E_MEDIUM || missing) {
        diag_set(d, E_STATE_MISSING, "%s", path);
        diag_advise(d, o->log != NULL ? N_("name the file audit.jsonl, or its folder with --state")
                                      : N_("name the folder that holds audit.jsonl: the state, or a copy of it"));
        return E_STATE_MISSING;
    }
    *bytes = e == E_OK ? (uint64_t)st.st_size : 0;
    return e;
}

static enum err open_all(const struct verify_options *o, struct audit *a, const char **name, uint64_t *bytes, struct diag *d)
{
    a->own = a->policy = o->policy;
    a->replay = o->replay;
    a->alone = o->log != NULL;
    enum err e = policy_digest(o->policy, a->policy_digest);
    if (e == E_OK)
        e = open_log(o, a, name, bytes, d);
    if (e != E_OK)
        return e;
    if (!a->alone)
        a->archive_fd = file_open_beneath(a->state_fd, ARCHIVE_DIR, O_RDONLY | O_DIRECTORY, 0);
    if (o->policies != NULL)
        e = file_open_dir(o->policies, &a->policies_fd, d);
    return o->anchors == NULL || e != E_OK ? e : file_open_dir(o->anchors, &a->anchors_fd, d);
}

/* A development build may have worked without its sandbox: nothing is wrong with what it signed, but somebody should know. */
static void note_program(struct audit *a, const struct record *r)
{
    if (strstr(record_text(r, "program"), "-development") != NULL)
        audit_note(a, "written by a build for development: %s", record_text(r, "program"));
}

static enum err take_policy(struct audit *a, const struct record *r)
{
    uint8_t before[DIGEST_LEN];
    memcpy(before, a->log_policy, DIGEST_LEN);
    enum err e = policies_take(a, r);
    if (e == E_OK && memcmp(before, a->log_policy, DIGEST_LEN) == 0)
        audit_error(a, E_LOG_ORDER, "the policy is the one before");
    else if (e == E_OK)
        policies_tell_change(a, before);
    return e;
}

static void take_recovery(struct audit *a, const struct record *r)
{
    a->counts.recoveries++;
    audit_note(a, "%lld bytes of a line that was never finished were cut off here (SHA-256 %s)",
               (long long)record_number(r, "torn"), record_text(r, "digest"));
}

/* Lines that name something in the archive or in the record of a ceremony. */
static enum err take_with_archive(struct audit *a, const struct record *r)
{
    enum err e;
    switch (r->type) {
    case RECORD_BATCH:
        return batches_take_batch(a, r);
    case RECORD_AUTHORISE:
        return officers_take(a, r);
    case RECORD_PLAN:
        return batches_take_plan(a, r);
    case RECORD_ISSUED:
        return answers_take_issued(a, r);
    case RECORD_REVOKED:
    case RECORD_ACCEPTED:
        return answers_take_status(a, r);
    case RECORD_CRL:
        return answers_take_list(a, r);
    case RECORD_OCSP:
        return answers_take_responses(a, r);
    case RECORD_REFUSED:
        return record_number(r, "n") == 0 ? batches_take_refusal(a, r) : answers_take_refused(a, r);
    case RECORD_BUNDLE:
        return bundles_take(a, r);
    case RECORD_CERTIFY:
        e = transcripts_take(a, r);
        return e == E_OK ? certifies_take(a, r) : e;
    case RECORD_CROSS:
        return certifies_take_cross(a, r);
    case RECORD_CEREMONY:
        a->certifies.ceremony = true;
        __attribute__((fallthrough));
    case RECORD_TIME:
    case RECORD_STEP:
    case RECORD_EXCEPTION:
    case RECORD_MINUTES:
        e = transcripts_take(a, r);
        return e == E_OK ? ceremonies_take(a, r) : e;
    default:
        break;
    }
    audit_error(a, E_LOG_FORMAT, "a line of a type this program does not know");
    return E_OK;
}

/* What a line says of keys, tokens, policies and seals is all in the log. */
static enum err take_line(struct audit *a, const struct record *r)
{
    tokens_take_signature(a, r);
    switch (r->type) {
    case RECORD_GENESIS:
        note_program(a, r);
        snprintf(a->token_model, sizeof a->token_model, "%s", record_text(r, "token-model"));
        snprintf(a->token_serial, sizeof a->token_serial, "%s", record_text(r, "token-serial"));
        return policies_take(a, r);
    case RECORD_POLICY:
        return take_policy(a, r);
    case RECORD_KEYGEN:
        return keys_take_keygen(a, r);
    case RECORD_ANCHOR:
        return keys_take_anchor(a, r);
    case RECORD_SELF_TEST:
        keys_take_self_test(a, r);
        return E_OK;
    case RECORD_TOKEN:
        tokens_take_token(a, r);
        return E_OK;
    case RECORD_ENDING:
        return tokens_take_ending(a, r);
    case RECORD_DESTROYED:
        return tokens_take_destroyed(a, r);
    case RECORD_TRANSFERRED:
        return tokens_take_transferred(a, r);
    case RECORD_SEAL:
        return seals_take(a, r);
    case RECORD_RECOVERY:
        take_recovery(a, r);
        return E_OK;
    case RECORD_PLAN:
        note_program(a, r);
        break;
    default:
        break;
    }
    return a->alone ? log_alone_take(a, r) : take_with_archive(a, r);
}
static void tell_torn(struct audit *a, struct log_reader *reader)
{
    struct span torn = log_reader_torn(reader);
    if (torn.n > 0)
        audit_note(a, "%zu bytes of an unfinished line follow the last one; the next program that "
                      "opens the state cuts them off and explains it with a recovery line", torn.n);
}

/* One line; *more is false after the last, and after one that breaks the chain. */
static enum err step(const struct verify_options *o, struct audit *a, struct log_reader *reader,
                     bool *more)
{
    struct span line;
    struct record r = {0};
    struct diag why = {0};
    a->earlier = a->before;
    a->before = *log_reader_position(reader);
    a->line = a->before.size + 1;
    enum err e = log_reader_next(reader, &line, &r, more, &why);
    if (e != E_OK) {
        *more = false;
        a->before = a->earlier; /* it is the line after it that says a line is the one it was */
        return audit_take(a, e, &why);
    }
    a->log_ended = !*more;
    if (!*more) {
        a->line = 0;
        return E_OK;
    }
    a->end = *log_reader_position(reader);
    e = take_line(a, &r);
    if (e == E_OK && a->tally != NULL)
        e = tally_take(a, &r);
    witnesses_take(&o->witnesses, a, &r);
    record_free(&r);
    return e;
}

static enum err walk(const struct verify_options *o, struct audit *a, const char *name, uint64_t bytes, struct diag *d)
{
    struct log_reader *reader = NULL;
    bool more = true;
    enum err e = log_reader_open(a->state_fd, name, NULL, &reader, d);
    if (e != E_OK)
        return e;
    while (e == E_OK && more) {
        e = step(o, a, reader, &more);
        if (o->progress != NULL && a->end.size % PROGRESS_LINES == 0)
            o->progress->step(o->progress->arg, a->end.bytes, bytes);
    }
    a->line = 0;
    a->before = a->end;
    if (e == E_OK && a->log_ended && a->end.size == 0)
        audit_error(a, E_LOG_FORMAT, "%s has no line", name);
    tell_torn(a, reader);
    log_reader_close(reader);
    return e;
}

/* A line is proven by its successors and by seals; the last ones have neither. */
static void tell_unsealed(struct audit *a)
{
    uint64_t bound = a->witness > a->sealed ? a->witness : a->sealed;
    if (a->end.size > bound)
        audit_note(a, "lines %llu to %llu are under no seal yet: only their chain binds them, and "
                      "only a later head shows a change of the last",
                   (unsigned long long)bound + 1, (unsigned long long)a->end.size);
    if (a->policy_line > bound && a->policy_line > 1)
        audit_open(a, "line %llu names the policy and is under no seal yet: whoever can write to the state could have "
                      "written it", (unsigned long long)a->policy_line);
}

/* Lines are in the order of time, so the last is the latest. The clock is the auditor's. */
static void tell_future(struct audit *a, int64_t now)
{
    char time[CLOCK_TEXT];
    clock_format(a->end.time, time);
    if (a->end.time > now + FUTURE)
        audit_open(a, "the last line is of %s, which is to come by the clock here: one of the clocks is wrong, or somebody dated lines ahead",
                   time);
}

/* What lines promised to come, or to be there. */
static enum err finish_lines(struct audit *a)
{
    tell_unsealed(a);
    tell_future(a, clock_now());
    tokens_finish(a);
    enum err e = keys_finish(a);
    if (a->alone || e != E_OK)
        return e;
    e = certifies_finish(a);
    officers_finish(a);
    transcript_ends_finish(a);
    if (e == E_OK)
        e = transcript_heads_finish(a);
    signatures_finish(a);
    batches_finish(a);
    if (e == E_OK)
        e = records_finish(a);
    if (e == E_OK)
        e = policies_finish(a);
    return e == E_OK ? sweep_run(a) : e;
}

/* What only the end of the log can tell. After a break it would all be said of lines not read. */
static enum err finish(const struct verify_options *o, struct audit *a)
{
    enum err e = witnesses_finish(&o->witnesses, a);
    if (e == E_OK && a->log_ended)
        e = finish_lines(a);
    if (a->alone)
        log_alone_finish(a);
    if (a->anchors_fd < 0)
        audit_open(a, "the keys were taken from the state itself: compare the words of their "
                      "certificates with the ceremony's, or give --anchors");
    if (!witnesses_given(&o->witnesses))
        audit_open(a, "no witness was given (--head, --seal, --token-head, --min-size): the log may once have been longer");
    return e;
}

/* *again: some check that was made beside the walk failed. */
static enum err run(const struct verify_options *o, size_t cores, struct audit *out, bool *again, struct diag *d)
{
    const char *name = LOG_FILE;
    uint64_t bytes = 0;
    *out = (struct audit){.state_fd = -1, .archive_fd = -1, .anchors_fd = -1, .policies_fd = -1, .tally = o->tally};
    enum err e = open_all(o, out, &name, &bytes, d);
    if (e == E_OK)
        e = index_private(&out->index, d);
    if (e == E_OK)
        out->workers = workers_start(cores);
    if (e == E_OK)
        e = walk(o, out, name, bytes, d);
    *again = !workers_finish(out->workers);
    out->workers = NULL;
    return e == E_OK && !*again ? finish(o, out) : e;
}

enum err verify_run(const struct verify_options *o, struct audit *out, struct diag *d)
{
    bool again;
    enum err e = run(o, o->cores, out, &again, d);
    if (!again)
        return e;
    verify_free(out);
    if (o->tally != NULL)
        tally_free(o->tally);
    diag_clear(d);
    return run(o, 1, out, &again, d);
}

void verify_free(struct audit *a)
{
    const int fds[] = {a->state_fd, a->archive_fd, a->anchors_fd, a->policies_fd};
    keys_free(&a->keys);
    officers_free(&a->officers);
    certifies_free(&a->certifies);
    transcripts_free(&a->transcripts);
    batches_free(&a->batches);
    policies_free(&a->policies);
    index_close(a->index);
    json_decref(a->unsigned_by);
    for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    *a = (struct audit){.state_fd = -1, .archive_fd = -1, .anchors_fd = -1, .policies_fd = -1};
}
