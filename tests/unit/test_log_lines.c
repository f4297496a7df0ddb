/* What the log says of a ceremony is what its record says, or nothing goes on. */
#include <unistd.h>

#include "core/file.h"
#include "expect.h"
#include "help_pki.h"
#include "room/log_lines.h"
#include "room/transcript.h"

Suite *suite_log_lines(void);

static struct script script = {.name = "one", .digest = {1, 2, 3}};
static struct room room = {.script = &script};
static struct past past;
static struct diag d;
static int dir;

/* A transcript of one step, which the log tells of. */
static void set_up(void)
{
    const json_t *event;
    enum event how;
    expect_ok_diag(file_open_dir(help_dir(), &dir, &d), &d);
    expect_ok_diag(transcript_open(dir, &room.transcript, &d), &d);
    expect_ok_diag(transcript_add(room.transcript, EVENT_DONE, json_pack("{s:i}", "n", 1), &d), &d);
    past = (struct past){.state = true, .begun = true, .file = {1, 2, 3}, .done = 1};
    expect_ok_diag(transcript_over(room.transcript, 1, &event, &how, past.over, &d), &d);
}

static void tear_down(void)
{
    transcript_close(room.transcript);
    close(dir);
    help_clean();
}

START_TEST(they_are_the_same)
{
    expect_ok_diag(log_lines_check(&room, &past, &d), &d);
    past = (struct past){.state = true}; /* not begun yet, whatever the record says */
    expect_ok_diag(log_lines_check(&room, &past, &d), &d);
}
END_TEST

START_TEST(begun_by_another_file)
{
    past.file[DIGEST_LEN - 1] ^= 1;
    expect_err(log_lines_check(&room, &past, &d), E_SCRIPT_OTHER);
}
END_TEST

START_TEST(another_transcript)
{
    past.over[0] ^= 1;
    expect_err(log_lines_check(&room, &past, &d), E_TRANSCRIPT);
    ck_assert_str_eq(d.text, "it is not the one that the log names for the end of step 1");
}
END_TEST

Suite *suite_log_lines(void)
{
    Suite *s = suite_create("log_lines");
    TCase *t = tcase_create("log_lines");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, they_are_the_same);
    tcase_add_test(t, begun_by_another_file);
    tcase_add_test(t, another_transcript);
    suite_add_tcase(s, t);
    return s;
}
