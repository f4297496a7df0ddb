#include "audit/page.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "expect.h"
#include "help_report.h"
#include "memory_sweep.h"

Suite *suite_page(void);

static struct help_report h;
static struct diag d;
static struct buf out;

static void write_page(void)
{
    buf_reset(&out);
    expect_ok_diag(page_write(&h.audit, &h.options, HELP_REPORT_END, &out, &d), &d);
    buf_append_byte(&out, '\0');
}

static const char *page(void)
{
    return (const char *)out.data;
}

static void must_say(const char *text)
{
    ck_assert_msg(strstr(page(), text) != NULL, "the page does not say: %s", text);
}

static void must_not_say(const char *text)
{
    ck_assert_msg(strstr(page(), text) == NULL, "the page says: %s", text);
}

static void begin(void)
{
    help_report_make(&h, INT64_MIN, INT64_MAX);
}

static void end(void)
{
    help_report_free(&h);
    buf_free(&out);
}

/* What is open comes before all else. */
START_TEST(the_order_of_its_parts)
{
    static const char *const headings[] = {
        "Open questions", "In short", "By authority and profile", "By authority and RA", "How the certificates stand",
        "Revocations, and the time that is promised", "What was refused, and why", "By person and role", "Exceptions of ceremonies",
        "Ceremonies, keys and seals in the order of time", "Month by month", "Keys, and what proves where they are", "What else should be known",
    };
    begin();
    write_page();
    const char *at = page();
    for (size_t i = 0; i < sizeof headings / sizeof headings[0]; i++) {
        char heading[80];
        snprintf(heading, sizeof heading, "<h2>%s</h2>", headings[i]);
        at = strstr(at, heading);
        ck_assert_msg(at != NULL, "%s", headings[i]);
    }
    ck_assert_ptr_null(strstr(at + 1, "<h2>"));
    end();
}
END_TEST

START_TEST(what_is_open)
{
    begin();
    write_page();
    must_say("This state verifies: nothing was found that is wrong.");
    must_say("no witness was given");
    must_say("Revocations after the promised time: 2.");
    must_say("Exceptions in ceremonies: 1.");
    must_say("The end of the key key-3 was begun in line 60, and no line tells that it is destroyed.");
    must_not_say("No question is open.");
    must_not_say("What is wrong");
    end();
}
END_TEST

START_TEST(nothing_is_open)
{
    begin();
    h.audit.findings = (struct findings){0};
    h.audit.keys.v[2].destroyed = 61;
    h.tally.late.n = h.tally.exceptions.n = 0;
    write_page();
    must_say("No question is open.");
    must_not_say("class=\"alarm\"");
    must_not_say("What else should be known");
    end();
}
END_TEST

/* It says so at the top, and how far the log was read and holds. */
START_TEST(a_state_that_does_not_verify)
{
    begin();
    h.audit.before.size = 41;
    h.audit.line = 42;
    for (int i = 0; i < FINDINGS_KEPT + 5; i++)
        audit_error(&h.audit, E_LOG_SEAL, "error %d", i);
    h.audit.log_ended = false;
    write_page();
    const char *alarm = strstr(page(), "What is wrong"), *first = strstr(page(), "In short");
    ck_assert(alarm != NULL && alarm < first);
    must_say("This state does not verify. Errors: 69.");
    must_say("proven of lines 1 to 41 only");
    must_say("what came after it is not counted");
    must_say("E_LOG_SEAL: ");
    must_say("<p>And 5 more.</p>");
    must_say("This is not told of a state that does not verify.");
    must_not_say("This state verifies");
    end();
}
END_TEST

START_TEST(what_is_cut_is_told)
{
    struct tally_row *r;
    begin();
    h.tally.late.more = 7;
    h.tally.course.more = 8;
    h.tally.exceptions.more = 9;
    for (int i = 0; i < TALLY_ROWS_MAX + 3; i++) {
        char name[16];
        snprintf(name, sizeof name, "ra-%06d", i);
        expect_ok(tally_at(&h.tally.outcomes, (const char *const[]){"smartca", "p", name}, &r));
        r->figure[TALLY_ISSUED] = 1;
    }
    write_page();
    must_say("Revocations after the promised time: 9.");
    must_say("<p>And 7 more.</p>");
    must_say("<p>And 8 more.</p>");
    must_say("<p>And 9 more.</p>");
    must_say("all others");
    end();
}
END_TEST

/* -- what a text can do -- */

static size_t count(const char *text, const char *of)
{
    size_t n = 0;
    for (; *text != '\0'; text++)
        n += strchr(of, *text) != NULL;
    return n;
}

/* All of it is plain, and every character of markup is the page's own: with another text there is as much of it. */
START_TEST(no_text_is_more_than_text)
{
    static const char *const hostile[] = {
        "<script>alert(1)</script>", "</style></title><b>", "\"'><img src=x onerror=y>", "&lt;&amp;&#60;", "\x1b[2J\x7f", "\xe2\x80\xae" "rtl",
        "\xff\xfe\xc0\xaf", "\\\";}*{content:url(//x)}", "<!--", "]]>", "%s%n",
    };
    size_t marks = 0;
    for (size_t i = 0; i <= sizeof hostile / sizeof hostile[0]; i++) {
        begin();
        audit_error(&h.audit, E_LOG_SEAL, "an error");
        help_report_say_everywhere(&h, i == 0 ? "tame" : hostile[i - 1]);
        write_page();
        if (i == 0)
            marks = count(page(), "<>\"");
        ck_assert_msg(count(page(), "<>\"") == marks, "%s: %zu marks, %zu", i == 0 ? "tame" : hostile[i - 1], count(page(), "<>\""), marks);
        for (size_t at = 0; at + 1 < out.len;) {
            uint32_t cp;
            size_t used = text_utf8_next(out.data + at, out.len - 1 - at, &cp);
            ck_assert_msg(used > 0 && (cp == '\n' || text_is_plain(cp)), "U+%04X", (unsigned)cp);
            at += used;
        }
        end();
    }
}
END_TEST

START_TEST(the_same_gives_the_same)
{
    struct buf first = {0};
    begin();
    write_page();
    buf_append(&first, out.data, out.len);
    end();
    begin();
    write_page();
    ck_assert(first.len == out.len && memcmp(first.data, out.data, out.len) == 0);
    end();
    buf_free(&first);
}
END_TEST

/* -- no memory -- */

static bool differs;
static struct buf good;

static enum err tell(void)
{
    struct buf now = {0};
    enum err e = help_report_tell(&h);
    if (e == E_OK)
        e = page_write(&h.audit, &h.options, HELP_REPORT_END, &now, &d);
    if (e == E_OK && good.len == 0)
        buf_append(&good, now.data, now.len);
    differs = differs || (e == E_OK && (now.len != good.len || memcmp(now.data, good.data, now.len) != 0));
    buf_free(&now);
    return e;
}

START_TEST(without_memory)
{
    begin();
    memory_sweep("a report", tell, &d, &differs);
    buf_free(&good);
    end();
}
END_TEST

Suite *suite_page(void)
{
    Suite *s = suite_create("page");
    TCase *t = tcase_create("page");
    tcase_set_timeout(t, 120);
    tcase_add_test(t, the_order_of_its_parts);
    tcase_add_test(t, what_is_open);
    tcase_add_test(t, nothing_is_open);
    tcase_add_test(t, a_state_that_does_not_verify);
    tcase_add_test(t, what_is_cut_is_told);
    tcase_add_test(t, no_text_is_more_than_text);
    tcase_add_test(t, the_same_gives_the_same);
    tcase_add_test(t, without_memory);
    suite_add_tcase(s, t);
    return s;
}
