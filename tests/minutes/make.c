/* make.c - the minutes of a ceremony and the report of an audit made by hand, as they are: make FOLDER writes minutes.html,
 * minutes.txt and report.html there, in the language of the locale where the catalogue lies beside the program. For
 * tests/minutes/print.sh. */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/file.h"
#include "core/i18n.h"
#include "unit/help_minutes.h"
#include "unit/help_report.h"

static int open_folder(void)
{
    const char *folder = getenv("MINUTES_FOLDER");
    ck_assert_ptr_nonnull(folder);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    return fd;
}

START_TEST(report)
{
    struct help_report h;
    struct buf page = {0};
    struct diag d = {0};
    int fd = open_folder();
    help_report_make(&h, INT64_MIN, INT64_MAX);
    ck_assert_msg(page_write(&h.audit, &h.options, HELP_REPORT_END, &page, &d) == E_OK, "%s", d.text);
    ck_assert_int_eq(file_write(fd, "report.html", page.data, page.len, &d), E_OK);
    help_report_free(&h);
    buf_free(&page);
    close(fd);
}
END_TEST

START_TEST(make)
{
    struct help_ceremony c;
    struct minutes_facts facts;
    struct minutes m;
    struct diag d = {0};
    int fd = open_folder();
    help_ceremony_make(fd, &c);
    ck_assert_msg(minutes_facts_read(fd, c.script.name, c.size, c.head, &facts, &d) == E_OK, "%s", d.text);
    facts.language = strcmp(i18n_language(), "en") == 0 ? "en" : "zh-CN";
    ck_assert_msg(minutes_write(&c.script, c.events, &facts, &m, &d) == E_OK, "%s", d.text);
    ck_assert_int_eq(file_write(fd, "minutes.html", m.html.data, m.html.len, &d), E_OK);
    ck_assert_int_eq(file_write(fd, "minutes.txt", m.text.data, m.text.len, &d), E_OK);
    minutes_free(&m);
    minutes_facts_free(&facts);
    help_ceremony_free(&c);
    close(fd);
}
END_TEST

int main(int argc, char **argv)
{
    i18n_start();
    if (argc != 2 || setenv("MINUTES_FOLDER", argv[1], 1) != 0) {
        fputs("usage: make FOLDER\n", stderr);
        return 2;
    }
    Suite *s = suite_create("make");
    TCase *t = tcase_create("make");
    tcase_add_test(t, make);
    tcase_add_test(t, report);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_SILENT);
    int failed = srunner_ntests_failed(r);
    if (failed > 0)
        srunner_print(r, CK_NORMAL);
    srunner_free(r);
    return failed == 0 ? 0 : 1;
}
