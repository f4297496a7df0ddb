/* A transcript beside the log's lines, event by event: what the auditor finds when one is missing, added, swapped or altered. */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/audit.h"
#include "audit/signatures.h"
#include "audit/transcript_ends.h"
#include "batch/state.h"
#include "core/file.h"
#include "expect.h"
#include "help_log.h"
#include "room/record_files.h"

Suite *suite_transcripts(void);

#define HEX_64 "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define AT "{\"at\":\"2026-11-27T10:00:00Z\",\"event\":"
#define LATE "{\"at\":\"2099-01-01T00:00:00Z\",\"event\":" /* after every line of the log */
#define EVENTS 20

/* A ceremony of four steps: clock, keys, an exception, minutes. */
static const char *const good[EVENTS] = {
    AT "\"open\",\"ceremony\":\"one\"}",
    AT "\"step\",\"n\":1,\"do\":\"time\"}",
    AT "\"confirm\",\"n\":1,\"person\":\"a\"}",
    AT "\"confirm\",\"n\":1,\"person\":\"b\"}",
    AT "\"done\",\"n\":1}",
    AT "\"step\",\"n\":2,\"do\":\"keys\"}",
    AT "\"confirm\",\"n\":2,\"person\":\"a\"}",
    AT "\"done\",\"n\":2}",
    AT "\"step\",\"n\":3,\"do\":\"keygen\"}",
    AT "\"failed\",\"n\":3,\"code\":\"E_EXPECTATION\",\"text\":\"other\"}",
    AT "\"exception\",\"n\":3,\"code\":\"E_EXPECTATION\",\"reason\":\"it is so\",\"persons\":[\"a\",\"b\"]}",
    AT "\"step\",\"n\":4,\"do\":\"minutes\"}",
    LATE "\"done\",\"n\":4}",
};
enum { CONFIRMED = 3, DONE_1 = 4, CONFIRMED_2 = 6, DONE_2 = 7, EXCEPTED = 10, MINUTES = 11, DONE_4 = 12, ALL = 13 };

/* What the log was told of, and what lies in the record. */
static const char *told[EVENTS], *lies[EVENTS];
static size_t told_n, lies_n;
static bool unfinished; /* the last line of what lies there */
static char stood_event[256];
static struct log *l;
static struct audit *a;

static void set_up(void)
{
    help_log_set_up();
    help_log_make(DIGEST_SM3, &l);
    memcpy(told, good, sizeof good);
    memcpy(lies, good, sizeof good);
    told_n = lies_n = ALL;
    unfinished = false;
    a = calloc(1, sizeof *a);
    ck_assert_ptr_nonnull(a);
    a->state_fd = help_log_dir;
    a->sealed = UINT64_MAX;
}

static void tear_down(void)
{
    transcripts_free(&a->transcripts);
    free(a);
    log_close(l);
    expect_ok(file_remove_dir(help_log_dir, CEREMONIES_DIR "/one", NULL));
    ck_assert_int_eq(unlinkat(help_log_dir, CEREMONIES_DIR, AT_REMOVEDIR), 0);
    help_log_tear_down();
}

static void join(const char *const *events, size_t n, struct buf *out)
{
    for (size_t i = 0; i < n; i++) {
        buf_append_str(out, events[i]);
        buf_append_byte(out, '\n');
    }
    expect_ok(buf_err(out));
}

static void append(enum record_type type, json_t *fields)
{
    expect_ok_diag(log_append(l, type, fields, &help_log_diag), &help_log_diag);
}

/* Of what the log was told, up to event i. */
static void digest_to(size_t i, char hex[DIGEST_HEX])
{
    struct buf text = {0};
    uint8_t digest[DIGEST_LEN];
    join(told, i + 1, &text);
    expect_ok(digest_bytes(DIGEST_SHA256, text.data, text.len, digest));
    hex_encode(digest, DIGEST_LEN, hex);
    buf_free(&text);
}

static void begin(int persons)
{
    append(RECORD_CEREMONY, json_pack("{s:s,s:s,s:i,s:i}", "ceremony", "one", "file", HEX_64, "steps", 4, "done", 0));
    append(RECORD_TIME, json_pack("{s:s,s:i}", "ceremony", "one", "persons", persons));
}

static void over(int step, size_t i)
{
    char hex[DIGEST_HEX];
    digest_to(i, hex);
    append(RECORD_STEP, json_pack("{s:s,s:i,s:s}", "ceremony", "one", "step", step, "transcript", hex));
}

static void excepted(const char *code, const char *reason, size_t i)
{
    char hex[DIGEST_HEX], why[DIGEST_HEX];
    uint8_t digest[DIGEST_LEN];
    digest_to(i, hex);
    expect_ok(digest_bytes(DIGEST_SHA256, reason, strlen(reason), digest));
    hex_encode(digest, DIGEST_LEN, why);
    append(RECORD_EXCEPTION, json_pack("{s:s,s:i,s:s,s:s,s:s}", "ceremony", "one", "step", 3, "code", code, "reason", why, "transcript", hex));
}

static void begin_to_excepted(void)
{
    begin(2);
    over(1, DONE_1);
    over(2, DONE_2);
    excepted("E_EXPECTATION", "it is so", EXCEPTED);
}

static void whole_log(void)
{
    begin_to_excepted();
    over(4, DONE_4);
}

static enum err take(void *arg, const struct record *r, struct diag *d)
{
    const bool ours = r->type == RECORD_CEREMONY || r->type == RECORD_TIME || r->type == RECORD_STEP || r->type == RECORD_EXCEPTION;
    (void)d;
    return ours ? transcripts_take(arg, r) : E_OK;
}

static void look(void)
{
    struct buf text = {0};
    int all = -1, fd = -1;
    expect_ok_diag(log_sync(l, &help_log_diag), &help_log_diag);
    expect_ok_diag(file_make_dir(help_log_dir, CEREMONIES_DIR, &all, &help_log_diag), &help_log_diag);
    expect_ok_diag(file_make_dir(all, "one", &fd, &help_log_diag), &help_log_diag);
    join(lies, lies_n, &text);
    text.len -= unfinished;
    expect_ok_diag(file_write(fd, TRANSCRIPT_FILE, text.data, text.len, &help_log_diag), &help_log_diag);
    close(all);
    close(fd);
    buf_free(&text);
    expect_ok_diag(log_each(help_log_dir, NULL, take, a, &help_log_diag), &help_log_diag);
    transcript_ends_finish(a);
    expect_ok(transcript_heads_finish(a));
    signatures_finish(a);
}

/* There are errors, the first of which says this; NULL: none. */
static void expect_error(const char *words)
{
    if (words == NULL) {
        ck_assert_uint_eq(a->findings.count[FINDING_ERROR], 0);
        return;
    }
    ck_assert_uint_ge(a->findings.count[FINDING_ERROR], 1);
    const struct finding *first = &a->findings.kept[FINDING_ERROR][0];
    ck_assert_int_eq(first->code, E_TRANSCRIPT);
    ck_assert_msg(strstr(first->text, words) != NULL, "%s", first->text);
}

static void insert(const char **events, size_t *n, size_t at, const char *event)
{
    memmove(events + at + 1, events + at, (*n - at) * sizeof *events);
    events[at] = event;
    (*n)++;
}

static void drop(const char **events, size_t *n, size_t at)
{
    memmove(events + at, events + at + 1, (*n - at - 1) * sizeof *events);
    (*n)--;
}

START_TEST(as_it_was)
{
    whole_log();
    look();
    expect_error(NULL);
    ck_assert_uint_eq(a->findings.count[FINDING_OPEN], 0);
}
END_TEST

START_TEST(missing)
{
    whole_log();
    drop(lies, &lies_n, CONFIRMED_2);
    look();
    expect_error("transcript.jsonl:6-7: it was not as the line says at the end of step 2; all later ends of steps follow from it");
    ck_assert_uint_eq(a->findings.count[FINDING_ERROR], 1);
}
END_TEST

START_TEST(extra)
{
    whole_log();
    insert(lies, &lies_n, CONFIRMED_2, good[CONFIRMED_2]);
    look();
    expect_error("it was not as the line says at the end of step 2");
}
END_TEST

START_TEST(swapped)
{
    whole_log();
    lies[CONFIRMED] = good[CONFIRMED - 1];
    lies[CONFIRMED - 1] = good[CONFIRMED];
    look();
    expect_error("it was not as the line says at the end of step 1");
}
END_TEST

START_TEST(altered)
{
    whole_log();
    lies[EXCEPTED - 1] = AT "\"failed\",\"n\":3,\"code\":\"E_EXPECTATION\",\"text\":\"another\"}";
    look();
    expect_error("it was not as the line says at the end of step 3");
}
END_TEST

START_TEST(cut)
{
    whole_log();
    lies_n = DONE_2 + 1;
    look();
    expect_error("it was not as the line says at the end of step 3");
}
END_TEST

/* After the last end there is nothing, */
static void then(const char *event, const char *words)
{
    whole_log();
    insert(lies, &lies_n, lies_n, event);
    look();
    expect_error(words);
}

static const struct {
    const char *event, *says;
} behind[] = {
    {LATE "\"said\",\"n\":4,\"text\":\"All is well\"}", "transcript.jsonl:14: nothing of the kind follows the end of the last step"},
    {LATE "\"confirm\",\"n\":4,\"person\":\"b\"}", "nothing of the kind follows the end of the last step"},
    {LATE "\"done\",\"n\":4}", "no line tells of this end of step 4"},
    {LATE "\"agreed\",\"n\":4}", "transcript.jsonl:14: there is no such event"},
    {AT "\"open\",\"ceremony\":\"one\"}", "transcript.jsonl:14: its time is before that of the line above"},
};

START_TEST(behind_the_end)
{
    then(behind[_i].event, behind[_i].says);
}
END_TEST

/* but what another start left, or a seal that failed. */
static void noted(const char *event)
{
    insert(lies, &lies_n, lies_n, LATE "\"said\",\"n\":4,\"text\":\"E_TOKEN_GONE\"}");
    then(event, strstr(event, "open") != NULL ? "nothing of the kind follows" : NULL);
    ck_assert_uint_eq(a->findings.count[FINDING_NOTE], 1);
    ck_assert_ptr_nonnull(strstr(a->findings.kept[FINDING_NOTE][0].text, "it was started again after its end"));
}

START_TEST(started_again)
{
    noted(LATE "\"open\",\"ceremony\":\"one\"}");
}
END_TEST

START_TEST(seal_that_failed)
{
    noted(LATE "\"failed\",\"n\":4,\"code\":\"E_TOKEN_GONE\",\"text\":\"gone\"}");
}
END_TEST

START_TEST(half_a_line)
{
    lies[lies_n++] = LATE;
    unfinished = true;
    whole_log();
    look();
    expect_error(NULL);
    ck_assert_ptr_nonnull(strstr(a->findings.kept[FINDING_NOTE][0].text, "bytes of an unfinished line"));
}
END_TEST

START_TEST(no_seal)
{
    whole_log();
    a->sealed = 0;
    look();
    expect_error(NULL);
    ck_assert_ptr_nonnull(strstr(a->findings.kept[FINDING_OPEN][0].text, "is under no seal"));
}
END_TEST

START_TEST(rehearsed)
{
    told[0] = lies[0] = AT "\"open\",\"ceremony\":\"one\",\"rehearsal\":true}";
    whole_log();
    look();
    expect_error(NULL);
    ck_assert_ptr_nonnull(strstr(a->findings.kept[FINDING_NOTE][0].text, "was a rehearsal"));
}
END_TEST

/* Where the log stood before the last end: after so many lines, with this head. */
static void stood(const char *begin, uint64_t size, const uint8_t head[DIGEST_LEN])
{
    char hex[DIGEST_HEX];
    hex_encode(head, DIGEST_LEN, hex);
    snprintf(stood_event, sizeof stood_event, "%s\"head\",\"n\":4,\"size\":%llu,\"head\":\"%s\"}", begin, (unsigned long long)size, hex);
    insert(told, &told_n, DONE_4, stood_event);
    memcpy(lies, told, sizeof told);
    lies_n = told_n;
    begin_to_excepted();
    over(4, DONE_4 + 1);
    look();
}

START_TEST(stood_there)
{
    stood(LATE, 1, log_position(l)->head);
    expect_error(NULL);
}
END_TEST

START_TEST(stood_elsewhere)
{
    const uint8_t other[DIGEST_LEN] = {1};
    stood(LATE, 1, other);
    expect_error("transcript.jsonl:13: line 1 of the log is another one");
}
END_TEST

START_TEST(stood_too_early)
{
    stood(AT, 1, log_position(l)->head);
    expect_error("transcript.jsonl:13: line 1 of the log was written later");
}
END_TEST

START_TEST(stood_further)
{
    stood(LATE, 100, log_position(l)->head);
    ck_assert_uint_eq(a->findings.count[FINDING_ERROR], 1);
    ck_assert_int_eq(a->findings.kept[FINDING_ERROR][0].code, E_LOG_ROLLED_BACK);
}
END_TEST

START_TEST(stood_nowhere)
{
    stood(LATE, 0, log_position(l)->head);
    expect_error("it does not say where the log stood");
}
END_TEST

START_TEST(a_step_that_ends_after_the_last_line)
{
    whole_log();
    insert(lies, &lies_n, ALL, LATE "\"done\",\"n\":2}");
    look();
    expect_error("no line tells of this end of step 2");
}
END_TEST

START_TEST(other_persons)
{
    begin(3);
    over(1, DONE_1);
    look();
    expect_error("the time line tells of others who confirmed step 1");
}
END_TEST

/* Whoever can write the log dates it by clocks that nobody compared. */
START_TEST(time_that_nobody_confirmed)
{
    begin(2);
    over(1, DONE_1);
    append(RECORD_TIME, json_pack("{s:s,s:i}", "ceremony", "one", "persons", 2));
    over(2, DONE_2);
    look();
    expect_error("transcript.jsonl: nobody confirmed the clock there");
    ck_assert_uint_eq(a->findings.count[FINDING_ERROR], 1);
}
END_TEST

/* They confirm anew after a failure: those before it do not count. */
START_TEST(confirmed_again)
{
    insert(told, &told_n, DONE_1, AT "\"failed\",\"n\":1,\"code\":\"E_CLOCK_JUMP\",\"text\":\"far\"}");
    insert(told, &told_n, DONE_1 + 1, good[CONFIRMED - 1]);
    insert(told, &told_n, DONE_1 + 2, good[CONFIRMED]);
    memcpy(lies, told, sizeof told);
    lies_n = told_n;
    begin(2);
    over(1, DONE_1 + 3);
    look();
    expect_error(NULL);
}
END_TEST

START_TEST(another_reason)
{
    begin(2);
    over(1, DONE_1);
    over(2, DONE_2);
    excepted("E_EXPECTATION", "it is otherwise", EXCEPTED);
    look();
    expect_error("the line tells otherwise of the end of step 3");
}
END_TEST

START_TEST(another_code)
{
    begin(2);
    over(1, DONE_1);
    over(2, DONE_2);
    excepted("E_KEY_EXISTS", "it is so", EXCEPTED);
    look();
    expect_error("the line tells otherwise of the end of step 3");
}
END_TEST

START_TEST(an_exception_told_as_done)
{
    begin(2);
    over(1, DONE_1);
    over(2, DONE_2);
    over(3, EXCEPTED);
    look();
    expect_error("the line tells otherwise of the end of step 3");
}
END_TEST

/* A step that ended twice, with nothing that says that the first end does not count, and with that. */
static void ended_twice(bool undone)
{
    insert(told, &told_n, DONE_2 + 1, AT "\"undone\",\"n\":2}");
    insert(told, &told_n, DONE_2 + 2, good[DONE_2]);
    if (!undone)
        drop(told, &told_n, DONE_2 + 1);
    memcpy(lies, told, sizeof told);
    lies_n = told_n;
    begin(2);
    over(1, DONE_1);
    over(2, DONE_2 + 1 + undone);
    look();
}

START_TEST(an_end_without_a_line)
{
    ended_twice(false);
    expect_error("no line tells of this end of step 2");
}
END_TEST

START_TEST(an_end_that_was_undone)
{
    ended_twice(true);
    expect_error(NULL);
}
END_TEST

/* Of a ceremony that is not over that is left open. */
START_TEST(not_over)
{
    begin(2);
    over(1, DONE_1);
    look();
    expect_error(NULL);
    ck_assert_uint_eq(a->findings.count[FINDING_OPEN], 3); /* of steps 2 to 4 */
}
END_TEST

START_TEST(no_transcript)
{
    whole_log();
    lies[0] = "no event";
    look();
    ck_assert_uint_eq(a->findings.count[FINDING_ERROR], 1);
    ck_assert_int_eq(a->findings.kept[FINDING_ERROR][0].code, E_ARCHIVE);
}
END_TEST

/* Somebody whom no policy pins was there with a certificate whose digest nothing has. */
START_TEST(a_certificate_of_nothing)
{
    whole_log();
    look();
    struct record r = {.type = RECORD_MINUTES,
                       .obj = json_pack("{s:s,s:s,s:s,s:s}", "ceremony", "one", "minutes", HEX_64, "text", HEX_64, "transcript", HEX_64)};
    json_t *events = json_pack("[{s:s,s:s,s:s}]", "event", "present", "person", "w", "certificate",
                               "0000000000000000000000000000000000000000000000000000000000000000");
    expect_ok_diag(signatures_check(a, help_log_dir, &r, events, 1, &help_log_diag), &help_log_diag);
    ck_assert_str_eq(json_string_value(json_array_get(json_object_get(a->unsigned_by, "one"), 0)), "w");
    json_decref(a->unsigned_by);
    json_decref(events);
    record_free(&r);
}
END_TEST

/* It was written before the line, so the line is of it, too. */
static void signed_by(const char *present, const char *who)
{
    insert(told, &told_n, 1, present);
    insert(told, &told_n, MINUTES + 2, who);
    memcpy(lies, told, sizeof told);
    lies_n = told_n;
    begin(2);
    over(1, DONE_1 + 1);
    over(2, DONE_2 + 1);
    excepted("E_EXPECTATION", "it is so", EXCEPTED + 1);
    over(4, DONE_4 + 2);
    look();
}

START_TEST(signed_with_a_key)
{
    signed_by(AT "\"present\",\"person\":\"a\",\"certificate\":\"" HEX_64 "\"}", AT "\"signed\",\"n\":4,\"person\":\"a\"}");
    expect_error(NULL);
}
END_TEST

START_TEST(signed_without_a_key)
{
    signed_by(AT "\"present\",\"person\":\"b\"}", AT "\"signed\",\"n\":4,\"person\":\"b\"}");
    expect_error("whoever signed the minutes here was there without a key");
}
END_TEST

START_TEST(signed_by_nobody_who_was_there)
{
    signed_by(AT "\"present\",\"person\":\"a\",\"certificate\":\"" HEX_64 "\"}", AT "\"signed\",\"n\":4,\"person\":\"b\"}");
    expect_error("whoever signed the minutes here was there without a key");
}
END_TEST

Suite *suite_transcripts(void)
{
    Suite *s = suite_create("transcripts");
    TCase *t = tcase_create("transcripts");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, as_it_was);
    tcase_add_test(t, missing);
    tcase_add_test(t, extra);
    tcase_add_test(t, swapped);
    tcase_add_test(t, altered);
    tcase_add_test(t, cut);
    tcase_add_loop_test(t, behind_the_end, 0, (int)(sizeof behind / sizeof *behind));
    tcase_add_test(t, started_again);
    tcase_add_test(t, seal_that_failed);
    tcase_add_test(t, half_a_line);
    tcase_add_test(t, no_seal);
    tcase_add_test(t, rehearsed);
    tcase_add_test(t, stood_there);
    tcase_add_test(t, stood_elsewhere);
    tcase_add_test(t, stood_too_early);
    tcase_add_test(t, stood_further);
    tcase_add_test(t, stood_nowhere);
    tcase_add_test(t, a_step_that_ends_after_the_last_line);
    tcase_add_test(t, other_persons);
    tcase_add_test(t, time_that_nobody_confirmed);
    tcase_add_test(t, confirmed_again);
    tcase_add_test(t, another_reason);
    tcase_add_test(t, another_code);
    tcase_add_test(t, an_exception_told_as_done);
    tcase_add_test(t, an_end_without_a_line);
    tcase_add_test(t, an_end_that_was_undone);
    tcase_add_test(t, not_over);
    tcase_add_test(t, no_transcript);
    tcase_add_test(t, a_certificate_of_nothing);
    tcase_add_test(t, signed_with_a_key);
    tcase_add_test(t, signed_without_a_key);
    tcase_add_test(t, signed_by_nobody_who_was_there);
    suite_add_tcase(s, t);
    return s;
}
