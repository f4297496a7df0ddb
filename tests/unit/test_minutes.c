#include "room/minutes.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/text.h"
#include "core/screen.h"
#include "expect.h"
#include "help_batch.h"
#include "help_minutes.h"
#include "memory_sweep.h"

static struct help_ceremony c;
static struct minutes_facts facts;
static struct minutes m;
static struct diag d;
static int dir;

static void set_up(void)
{
    tree_make();
    dir = tree_open(".");
    help_ceremony_make(dir, &c);
    expect_ok_diag(minutes_facts_read(dir, c.script.name, c.size, c.head, &facts, &d), &d);
    facts.language = "en";
}

static void tear_down(void)
{
    minutes_free(&m);
    minutes_facts_free(&facts);
    help_ceremony_free(&c);
    close(dir);
    tree_remove();
}

/* Write them and end both with a NUL, so that they can be searched. */
static void write_minutes(void)
{
    minutes_free(&m);
    expect_ok_diag(minutes_write(&c.script, c.events, &facts, &m, &d), &d);
    buf_append_byte(&m.html, '\0');
    buf_append_byte(&m.text, '\0');
}

static const char *html(void)
{
    return (const char *)m.html.data;
}

/* The text form with its lines put together, for what may stand across two. */
static char *text_unwrapped(void)
{
    char *out = calloc(1, m.text.len), *end = out;
    for (const char *p = (const char *)m.text.data; *p != '\0'; p++) {
        bool blank = *p == ' ' || *p == '\n';
        if (!blank)
            *end++ = *p;
        else if (end > out && end[-1] != ' ')
            *end++ = ' ';
    }
    return out;
}

static void expect_in_both(const char *in_html, const char *in_text)
{
    char *text = text_unwrapped();
    ck_assert_msg(strstr(html(), in_html) != NULL, "not in the HTML: %s", in_html);
    ck_assert_msg(strstr(text, in_text) != NULL, "not in the text: %s\n%s", in_text, text);
    free(text);
}

static void expect_in_neither(const char *what)
{
    char *text = text_unwrapped();
    ck_assert_msg(strstr(html(), what) == NULL, "in the HTML: %s", what);
    ck_assert_msg(strstr(text, what) == NULL, "in the text: %s", what);
    free(text);
}

/* -- what they say -- */

START_TEST(all_of_it)
{
    static const char *const rows[][2] = {
        {"双根认证机构 · Roots", "双根认证机构 · Roots"},
        {"王芳", "王芳"},
        {"O&#39;Brien &amp; Søn", "O'Brien & Søn"},
        {"witness", "witness"},
        {"2026-11-27 05:30:56 UTC, 13:30:56 +08:00", "2026-11-27 05:30:56 UTC, 13:30:56 +08:00"},
        {"+0800 CST", "+0800 CST"},
        {"rootseal 0.1.0", "rootseal 0.1.0"},
        {"abcd000000000000000000000000000000000000000000000000000000000000", "abcd000000000000000000000000000000000000000000000000000000000000"},
        {"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff", "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"},
        {"E_PIN_WRONG: the token refused the PIN", "E_PIN_WRONG: the token refused the PIN"},
        {"rootseal, serial 1f2e3d4c", "rootseal, serial 1f2e3d4c"},
        {"Stopped by those present", "Stopped by those present"},
        {"已与审计员核对。", "已与审计员核对。"},
        {"请各位见证：两把根密钥", "请各位见证：两把根密钥"},
        {"CN=双根 SM2,O=Two-Root Authority,C=CN", "CN=双根 SM2,O=Two-Root Authority,C=CN"},
        {"<h3>Line 3: keygen</h3>", "Line 3: keygen"},
        {"public-key, SHA-256", "public-key, SHA-256"},
        {"this is the first ceremony", "this is the first ceremony"},
    };
    write_minutes();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        expect_in_both(rows[i][0], rows[i][1]);
    char hex[DIGEST_HEX], word[200];
    hex_encode(c.head, DIGEST_LEN, hex);
    expect_in_both(hex, hex);
    snprintf(word, sizeof word, "rootseal-head ");
    expect_in_both(word, word);
    hex_encode(m.transcript, DIGEST_LEN, hex);
    expect_in_both(hex, hex);
    expect_in_both("minutes-officer-1.p7s", "minutes-officer-1.p7s");
    expect_in_both("on paper, below", "on paper, below");
    for (size_t i = 0; i < 4; i++) /* a line to sign on for everybody */
        expect_in_both("<span>signature</span><span>date</span>", "signature date");
    ck_assert_ptr_null(strstr(html(), "<b>root-sm2</b>"));
}
END_TEST

START_TEST(exceptions_come_first)
{
    write_minutes();
    const char *reason = strstr(html(), "fifteen years"), *steps = strstr(html(), "<h2>What was done"), *who = strstr(html(), "<h2>Who was there");
    ck_assert(reason != NULL && who != NULL && steps != NULL && reason < who && who < steps);
    ck_assert_ptr_nonnull(strstr(html(), "<p class=\"alarm\">Not everything was done as the ceremony file says. Exceptions: 1.</p>"));
    expect_in_both("<div class=\"piece alarm\">\n<h3>Exception 1</h3>", "!!!!!!!! Exception 1");
    expect_in_both("李娜 (officer-1)", "answered for by 李娜 (officer-1)");
    expect_in_both("done, with an exception: see above", "done, with an exception: see above");
}
END_TEST

START_TEST(without_any)
{
    json_array_remove(c.events, help_ceremony_find(&c, "exception"));
    write_minutes();
    expect_in_neither("Exceptions: ");
    expect_in_both("None up to the signing of these minutes: every step came to what the ceremony file says.",
                   "None up to the signing of these minutes: every step came to what");
    ck_assert_ptr_null(strstr(html(), "<p class=\"alarm\">"));
}
END_TEST

START_TEST(not_finished)
{
    size_t n = help_ceremony_find(&c, "stopped");
    while (json_array_size(c.events) > n + 1)
        json_array_remove(c.events, n + 1);
    write_minutes();
    expect_in_both("<p class=\"alarm\">The ceremony is not finished: step 3 of 6 is not done.</p>",
                   "!! The ceremony is not finished: step 3 of 6 is not done.");
    expect_in_both("begun and not done", "begun and not done");
    expect_in_both("not begun", "not begun");
}
END_TEST

START_TEST(nothing_at_all)
{
    json_array_clear(c.events);
    minutes_facts_free(&facts);
    facts.language = "zh-CN";
    write_minutes();
    ck_assert_ptr_nonnull(strstr(html(), "<html lang=\"zh-CN\">"));
    expect_in_both("step 1 of 6 is not done", "step 1 of 6 is not done");
    expect_in_both("There is no log yet.", "There is no log yet.");
    expect_in_both("not there", "张伟 operator operator-1 not there");
}
END_TEST

START_TEST(a_rehearsal_says_so)
{
    for (size_t i = 0; i < json_array_size(c.events); i++)
        if (json_object_get(json_array_get(c.events, i), "rehearsal") != NULL)
            json_object_set_new(json_array_get(c.events, i), "rehearsal", json_true());
    write_minutes();
    expect_in_both("<p class=\"alarm\">This was a rehearsal", "!! This was a rehearsal");
}
END_TEST

START_TEST(local_time)
{
    static const struct {
        const char *zone, *want;
    } rows[] = {
        {"-0330 NST", "2026-11-27 05:30:09 UTC, 02:00:09 -03:30"},
        {"-0800 PST", "2026-11-27 05:30:09 UTC, 2026-11-26 21:30:09 -08:00"},
        {"+0000 UTC", "2026-11-27 05:30:09 UTC, 05:30:09 +00:00"},
        {"+08:00", ">WF: 2026-11-27 05:30:09 UTC</td>"},
        {"nonsense", ">WF: 2026-11-27 05:30:09 UTC</td>"},
        {"+9900 X", ">WF: 2026-11-27 05:30:09 UTC</td>"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        json_t *open = json_array_get(c.events, 0);
        json_object_set_new(open, "zone", json_string(rows[i].zone));
        json_incref(open);
        json_array_clear(c.events);
        json_array_append_new(c.events, open);
        help_ceremony_insert(&c, 1, "{\"at\":\"2026-11-27T05:30:09Z\",\"event\":\"present\",\"person\":\"witness-1\",\"role\":\"witness\"}");
        write_minutes();
        ck_assert_msg(strstr(html(), rows[i].want) != NULL, "%s", rows[i].want);
        tear_down();
        set_up();
    }
}
END_TEST

/* -- what they follow from -- */

START_TEST(the_same_again)
{
    struct minutes again;
    struct minutes_facts anew;
    minutes_free(&m);
    expect_ok(minutes_write(&c.script, c.events, &facts, &m, &d));
    expect_ok(minutes_facts_read(dir, c.script.name, c.size, c.head, &anew, &d));
    anew.language = "en";
    expect_ok(minutes_write(&c.script, c.events, &anew, &again, &d));
    ck_assert_uint_eq(again.html.len, m.html.len);
    ck_assert_mem_eq(again.html.data, m.html.data, m.html.len);
    ck_assert_uint_eq(again.text.len, m.text.len);
    ck_assert_mem_eq(again.text.data, m.text.data, m.text.len);
    minutes_free(&again);
    minutes_facts_free(&anew);
}
END_TEST

/* What comes after the minutes' own step was shown is not in them: they are the same when it is done again. */
START_TEST(what_comes_after)
{
    uint8_t before[DIGEST_LEN];
    write_minutes();
    memcpy(before, m.html_digest, DIGEST_LEN);
    help_ceremony_insert(&c, json_array_size(c.events), "{\"at\":\"2026-11-27T07:00:00Z\",\"event\":\"step\",\"n\":6,\"do\":\"minutes\"}");
    help_ceremony_insert(&c, json_array_size(c.events), "{\"at\":\"2026-11-27T07:00:00Z\",\"event\":\"exception\",\"n\":6,\"code\":\"E_IO\"}");
    write_minutes();
    ck_assert_mem_eq(m.html_digest, before, DIGEST_LEN);
    size_t done = help_ceremony_find(&c, "head");
    json_object_set_new(json_array_get(c.events, done), "size", json_integer(3)); /* and what comes before it is */
    write_minutes();
    ck_assert_mem_ne(m.html_digest, before, DIGEST_LEN);
}
END_TEST

/* The transcript is in the HTML byte by byte, and its digest is the one that stands there. */
START_TEST(the_transcript_can_be_taken_out)
{
    static const struct {
        const char *reference;
        char c;
    } references[] = {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&#39;", '\''}};
    uint8_t digest[DIGEST_LEN];
    struct buf lines = {0};
    write_minutes();
    const char *p = strstr(html(), "<pre>{&quot;at&quot;");
    ck_assert_ptr_nonnull(p);
    for (p += 5; strncmp(p, "</pre>", 6) != 0;) {
        size_t n = 1;
        char one = *p;
        for (size_t i = 0; i < sizeof references / sizeof references[0]; i++)
            if (strncmp(p, references[i].reference, strlen(references[i].reference)) == 0) {
                one = references[i].c;
                n = strlen(references[i].reference);
            }
        buf_append_byte(&lines, (uint8_t)one);
        p += n;
    }
    expect_ok(digest_bytes(DIGEST_SHA256, lines.data, lines.len, digest));
    ck_assert_mem_eq(digest, m.transcript, DIGEST_LEN);
    buf_free(&lines);
}
END_TEST

/* Whatever a transcript says. */
START_TEST(strange_events)
{
    static const char *const events[] = {
        "{}", "{\"event\":7}", "{\"event\":\"failed\",\"n\":999}", "{\"event\":\"failed\",\"n\":-1,\"code\":\"E_NEVER\",\"text\":\"</pre><script>\"}",
        "{\"event\":\"exception\",\"n\":4,\"code\":\"<b>\",\"reason\":\"\\u202e\\u0007\",\"persons\":[7,\"<i>\",\"a\\u001b[2Jb\\u202e\"]}",
        "{\"event\":\"exception\",\"persons\":\"x\"}", "{\"event\":\"present\",\"person\":\"nobody\"}", "{\"event\":\"confirm\",\"n\":1,\"person\":\"<u>\"}",
        "{\"event\":\"open\",\"zone\":\"</style>\",\"program\":\"\\\"\",\"policy\":\"x\"}", "{\"event\":\"said\",\"n\":2,\"text\":\"a\\nb\\u001b[2J\"}",
        "{\"at\":\"2026-13-01T00:00:00Z and more than fits into any field that holds a time, whatever it may say\",\"event\":\"step\",\"n\":1}",
        "{\"event\":\"head\",\"n\":1,\"size\":-9,\"head\":\"zz\"}", "{\"event\":\"checked\",\"n\":1,\"what\":\"\",\"expected\":\"a\",\"found\":\"a\"}",
    };
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++)
        help_ceremony_insert(&c, help_ceremony_find(&c, "done"), events[i]);
    write_minutes();
    static const char *const never[] = {"<script", "<b>", "</style>\"", "<i>", "<u>", "\x1b", "\xe2\x80\xae"};
    for (size_t i = 0; i < sizeof never / sizeof never[0]; i++)
        ck_assert_msg(strstr(html(), never[i]) == NULL || strcmp(never[i], "<b>") == 0, "%s", never[i]);
    /* who answers for an exception, too, on paper as on a screen */
    ck_assert_ptr_nonnull(strstr(html(), "a\\u{1B}[2Jb\\u{202E}"));
    ck_assert_ptr_nonnull(strstr((const char *)m.text.data, "a\\u{1B}[2Jb\\u{202E}"));
    ck_assert_ptr_null(strchr((const char *)m.text.data, '\x1b'));
    for (char *p = (char *)m.text.data, *end; (end = strchr(p, '\n')) != NULL; p = end + 1) {
        *end = '\0';
        ck_assert_msg(screen_columns(p) <= 80, "%s", p);
    }
}
END_TEST

/* -- the log -- */

START_TEST(the_log_must_be_that_of_the_transcript)
{
    struct minutes_facts f;
    uint8_t other[DIGEST_LEN] = {1};
    expect_err(minutes_facts_read(dir, c.script.name, c.size, other, &f, &d), E_TRANSCRIPT);
    minutes_facts_free(&f);
    expect_err(minutes_facts_read(dir, c.script.name, c.size - 1, c.head, &f, &d), E_TRANSCRIPT);
    minutes_facts_free(&f);
    expect_err(minutes_facts_read(dir, c.script.name, c.size + 1, c.head, &f, &d), E_TRANSCRIPT);
    minutes_facts_free(&f);
    ck_assert_int_eq(unlinkat(dir, LOG_FILE, 0), 0);
    expect_err(minutes_facts_read(dir, c.script.name, c.size, c.head, &f, &d), E_IO);
    minutes_facts_free(&f);
}
END_TEST

START_TEST(only_its_own_lines)
{
    struct minutes_facts f;
    ck_assert_uint_eq(facts.lines_n, 6);
    ck_assert_int_eq(facts.lines[0].type, RECORD_GENESIS);
    ck_assert_int_eq(facts.lines[5].type, RECORD_ANCHOR);
    expect_ok(minutes_facts_read(dir, "another", c.size, c.head, &f, &d));
    ck_assert_uint_eq(f.lines_n, 0);
    ck_assert(f.has_log);
    minutes_facts_free(&f);
}
END_TEST

/* -- memory -- */

static bool differs;

static enum err write_and_compare(void)
{
    static uint8_t before[DIGEST_LEN];
    static const uint8_t none[DIGEST_LEN];
    struct minutes now;
    enum err e = minutes_write(&c.script, c.events, &facts, &now, &d);
    if (e == E_OK && memcmp(before, none, DIGEST_LEN) == 0)
        memcpy(before, now.html_digest, DIGEST_LEN);
    differs = differs || (e == E_OK && memcmp(before, now.html_digest, DIGEST_LEN) != 0);
    minutes_free(&now);
    return e;
}

static enum err read_and_compare(void)
{
    struct minutes_facts f;
    enum err e = minutes_facts_read(dir, c.script.name, c.size, c.head, &f, &d);
    differs = differs || (e == E_OK && f.lines_n != 6);
    minutes_facts_free(&f);
    return e;
}

START_TEST(without_memory)
{
    c.script.steps_n = 1; /* a short one */
    c.script.persons_n = 1;
    while (json_array_size(c.events) > 12)
        json_array_remove(c.events, 12);
    while (facts.lines_n > 4) /* with keys and without certificates, whose words are many */
        record_free(&facts.lines[--facts.lines_n]);
    memory_sweep("minutes_write", write_and_compare, &d, &differs);
    memory_sweep("minutes_facts_read", read_and_compare, &d, &differs);
}
END_TEST

Suite *suite_minutes(void);
Suite *suite_minutes(void)
{
    Suite *s = suite_create("minutes");
    TCase *t = tcase_create("what they say");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, all_of_it);
    tcase_add_test(t, exceptions_come_first);
    tcase_add_test(t, without_any);
    tcase_add_test(t, not_finished);
    tcase_add_test(t, nothing_at_all);
    tcase_add_test(t, a_rehearsal_says_so);
    tcase_add_test(t, local_time);
    suite_add_tcase(s, t);
    t = tcase_create("what they follow from");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, the_same_again);
    tcase_add_test(t, what_comes_after);
    tcase_add_test(t, the_transcript_can_be_taken_out);
    tcase_add_test(t, strange_events);
    suite_add_tcase(s, t);
    t = tcase_create("the log");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, the_log_must_be_that_of_the_transcript);
    tcase_add_test(t, only_its_own_lines);
    suite_add_tcase(s, t);
    t = tcase_create("memory");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, without_memory);
    suite_add_tcase(s, t);
    return s;
}
