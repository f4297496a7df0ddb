/* log.c - the audit log spoilt, before its reader, the auditor, and its three witnesses. */
#include "bad/log.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/head.h"
#include "audit/page.h"
#include "audit/verify.h"
#include "core/words.h"

static int open_folder(struct span log)
{
    bad_write(LOG_FILE, log);
    int dir = open(bad_folder(), O_RDONLY | O_DIRECTORY);
    bad_must(dir >= 0, "the folder");
    return dir;
}

/* -- the reader, with the head in hand -- */

static void prepare_reader(struct inputs *in)
{
    static const struct mutator *const ways[] = {&mutate_bits, &mutate_cuts, &mutate_tails, &mutate_lines, &mutate_forged};
    for (size_t m = 0; m < 5; m++)
        inputs_add(in, "samples", buf_span(&bad_log_samples()->bytes), ways[m]);
}

/* The same: the same head after as many lines, and nothing behind them. */
static enum err judge_reader(const char *what, struct span bytes, bool *same)
{
    const struct bad_log *l = bad_log_samples();
    struct log_reader *r = NULL;
    struct span line;
    struct record rec;
    bool more = true;
    (void)what;
    int dir = open_folder(bytes);
    enum err e = log_reader_open(dir, LOG_FILE, NULL, &r, NULL);
    while (e == E_OK && more) {
        e = log_reader_next(r, &line, &rec, &more, NULL);
        record_free(&rec);
    }
    if (e == E_OK) {
        const struct log_position *at = log_reader_position(r);
        bool head = at->size == l->lines && memcmp(at->head, l->at[l->lines].head, DIGEST_LEN) == 0;
        bool torn = log_reader_torn(r).n > 0; /* explained by the next run: cut off, and logged */
        *same = head && !torn && bytes.n == l->bytes.len && memcmp(bytes.p, l->bytes.data, bytes.n) == 0;
        if (!head || torn)
            e = E_LOG_ROLLED_BACK;
    }
    log_reader_close(r);
    close(dir);
    return e;
}

const struct kind kind_log_reader = {"log, reader", prepare_reader, judge_reader, bad_log_code};

/* -- audit verify -- */

/* Whatever the log is, there is a report of it, and no line of it is markup. */
static void report(const struct audit *a, const struct verify_options *o)
{
    struct buf page = {0};
    struct diag d = {0};
    bad_must(page_write(a, o, 0, &page, &d) == E_OK, "a report");
    buf_append_byte(&page, '\0');
    const char *end = strstr((const char *)page.data, "</html>\n");
    bad_must(end != NULL && end[strlen("</html>\n")] == '\0' && strstr((const char *)page.data, "<script") == NULL, "a whole report");
    buf_free(&page);
}

static enum err audit(const struct verify_options *with, bool *same)
{
    struct diag d = {0};
    struct tally tally = {.from = INT64_MIN, .to = INT64_MAX};
    struct verify_options counting = *with, *o = &counting;
    struct audit *a = malloc(sizeof *a);
    bad_must(a != NULL, "memory");
    o->tally = &tally;
    enum err e = verify_run(o, a, &d);
    if (e == E_OK)
        report(a, o);
    if (e == E_OK && a->findings.count[FINDING_ERROR] > 0)
        e = a->findings.kept[FINDING_ERROR][0].code;
    *same = e == E_OK && a->findings.count[FINDING_OPEN] == a->alone /* which is told */ && a->end.size == bad_log_real()->lines &&
            a->end.bytes == bad_log_real()->bytes.len;
    tally_free(&tally);
    verify_free(a);
    free(a);
    return e;
}

/* The words that the last run printed, as the auditor types them after --head. */
static void head_by_words(const uint8_t head[DIGEST_LEN], struct verify_options *o)
{
    char words[DIGEST_LEN * 12 + 64];
    words_format(head, DIGEST_LEN, 4, " ", words, sizeof words);
    o->witnesses.of[WITNESS_HEAD].given = true;
    bad_must(head_parse(words, o->witnesses.of[WITNESS_HEAD].head, NULL) == E_OK, "the words");
}

static void prepare_audit(struct inputs *in)
{
    static const struct mutator *const ways[] = {&mutate_bits, &mutate_cuts, &mutate_tails, &mutate_lines, &mutate_forged};
    for (size_t m = 0; m < 5; m++)
        inputs_add(in, "real", buf_span(&bad_log_real()->bytes), ways[m]);
}

/* The same: nothing is found, nothing is left open, and it is as long as it was. What follows the last whole line is no
 * line: the auditor notes it, and the next run cuts it off; so a tail is told from the good log by being noted. A whole line more that follows rightly is
 * what any later run writes: the witness is older than it, and says nothing of it. */
static enum err judge(struct verify_options *o, struct span bytes, bool *same)
{
    const struct bad_log *l = bad_log_real();
    bad_write(LOG_FILE, bytes);
    head_by_words(l->at[l->lines].head, o);
    enum err e = audit(o, same);
    bool begins_so = bytes.n >= l->bytes.len && memcmp(bytes.p, l->bytes.data, l->bytes.len) == 0;
    *same = begins_so && (*same || (e == E_OK && bytes.n > l->bytes.len && bytes.p[bytes.n - 1] == '\n'));
    return e;
}

static enum err judge_audit(const char *what, struct span bytes, bool *same)
{
    struct verify_options o = {.policy = &policy_table, .state = bad_folder(), .anchors = bad_log_anchors()};
    (void)what;
    return judge(&o, bytes, same);
}

/* The same by the same rule, of the file without a state. */
static enum err judge_alone(const char *what, struct span bytes, bool *same)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/" LOG_FILE, bad_folder());
    struct verify_options o = {.policy = &policy_table, .log = path, .anchors = bad_log_anchors()};
    (void)what;
    return judge(&o, bytes, same);
}

/* A line can also say something that is wrong in itself, a key off its curve, before its chain shows it to be another. */
static bool may_audit(enum err e)
{
    return bad_log_code(e) || err_is_refusal(e);
}

const struct kind kind_log_audit = {"log, audit", prepare_audit, judge_audit, may_audit};
const struct kind kind_log_alone = {"log, alone", prepare_audit, judge_alone, may_audit};

/* -- rolled back: each of the three witnesses finds it by itself -- */

#define SEALED 8 /* lines under the newest seal, which an RA holds */

static void prepare_rollback(struct inputs *in)
{
    const struct bad_log *l = bad_log_real();
    struct span whole = buf_span(&l->bytes), sealed = {whole.p, (size_t)l->at[SEALED + 1].bytes};
    inputs_add(in, "words", whole, &mutate_rolled_back);
    inputs_add(in, "token", whole, &mutate_rolled_back);
    inputs_add(in, "seal", sealed, &mutate_rolled_back); /* what came after the seal, its holder cannot know of */
}

/* The token's head, as signer compares it at its start (witness.c). */
static enum err ask_token(struct span bytes, bool *same)
{
    const struct bad_log *l = bad_log_real();
    bool holds = false;
    int dir = open_folder(bytes);
    enum err e = log_position_holds(dir, &l->at[l->lines], &holds, NULL);
    close(dir);
    *same = holds;
    return e != E_OK ? e : holds ? E_OK : E_LOG_ROLLED_BACK;
}

/* The same: the line of the witness is there. */
static enum err judge_rollback(const char *what, struct span bytes, bool *same)
{
    const struct bad_log *l = bad_log_real();
    struct verify_options o = {.policy = &policy_table, .state = bad_folder(), .anchors = bad_log_anchors()};
    if (strcmp(what, "token") == 0)
        return ask_token(bytes, same);
    bad_write(LOG_FILE, bytes);
    if (strcmp(what, "words") == 0) {
        head_by_words(l->at[l->lines].head, &o);
    } else {
        struct witness *head = &o.witnesses.of[WITNESS_HEAD];
        head->given = true;
        head->line = SEALED;
        memcpy(head->head, l->at[SEALED].head, DIGEST_LEN);
    }
    enum err e = audit(&o, same);
    *same = e == E_OK;
    return e;
}

const struct kind kind_log_rollback = {"log, rolled back", prepare_rollback, judge_rollback, bad_log_code};
