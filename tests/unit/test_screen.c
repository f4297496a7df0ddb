#include "core/screen.h"

#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "expect.h"

Suite *suite_screen(void);

START_TEST(a_chinese_character_takes_two_columns)
{
    static const struct {
        const char *text;
        size_t columns;
    } rows[] = {{"", 0},       {"abc", 3},     {"密钥", 4},           {"根 key，", 8},         {"e\xcc\x81", 1},
                {"\xff\xe5", 2}, {"한글", 4}, {"（ＣＲＬ）", 10}, {"\xf0\xa0\x80\x80", 2}, {"\xc3\xbc", 1}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        ck_assert_uint_eq(screen_columns(rows[i].text), rows[i].columns);
}
END_TEST

/* -- what is printed, to a pipe or to a terminal -- */

static void fields(void)
{
    screen_field("key", 8, "%s", "root");
    screen_field("密钥", 8, "%s", "root");
    screen_field("a long label", 8, "%d", 7);
    screen_field("a label!", 8, "%s", "x23456789 x23456789 x23456789 x23456789 x23456789 x23456789 x23456789 x2");
    screen_field("text", 8, "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen");
    screen_field("文本", 8, "根密钥仪式由授权员在见证人面前按照经过审核的文件进行，每一步都须由在场人员输入姓名首字母确认。（完）");
    screen_field("name", 8, "%s", "\\u{6C5F}\\u{6C5F}\\u{6C5F}\\u{6C5F}\\u{6C5F}\\u{6C5F}\\u{6C5F}\\u{6C5F}\\u{6C5F}\\u{6C5F}\\u{6C5F}");
    screen_field("hex", 8, "a digest that is told: %s", "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef");
}

/* What fields() prints, its line ends as a program wrote them. */
static void capture(bool terminal, char *out, size_t cap)
{
    int from, to[2], status;
    pid_t pid;
    if (terminal) {
        pid = forkpty(&from, NULL, NULL, NULL);
    } else {
        ck_assert_int_eq(pipe(to), 0);
        from = to[0];
        fflush(NULL);
        pid = fork();
        if (pid == 0)
            dup2(to[1], STDOUT_FILENO);
        close(to[1]);
    }
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        fields();
        fflush(stdout);
        _exit(0);
    }
    size_t n = 0;
    ssize_t got;
    while ((got = read(from, out + n, cap - 1 - n)) > 0)
        n += (size_t)got;
    close(from);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    size_t k = 0;
    for (size_t i = 0; i < n; i++)
        if (out[i] != '\r')
            out[k++] = out[i];
    out[k] = '\0';
}

START_TEST(a_pipe_gets_whole_lines)
{
    char out[4096];
    capture(false, out, sizeof out);
    ck_assert_ptr_nonnull(strstr(out, "key     root\n密钥    root\na long label 7\n"));
    ck_assert_ptr_nonnull(strstr(out, " fifteen\n"));
    ck_assert_ptr_nonnull(strstr(out, "每一步都须由在场人员输入姓名首字母确认。（完）\n"));
    int lines = 0;
    for (const char *p = out; (p = strchr(p, '\n')) != NULL; p++)
        lines++;
    ck_assert_int_eq(lines, 8);
}
END_TEST

START_TEST(a_terminal_gets_rows_of_80_columns)
{
    char out[4096];
    capture(true, out, sizeof out);
    ck_assert_ptr_nonnull(strstr(out, "text    one two three four five six seven eight nine ten eleven twelve thirteen\n"
                                      "        fourteen fifteen\n"));
    ck_assert_ptr_nonnull(strstr(out, "文本    根密钥仪式由授权员在见证人面前按照经过审核的文件进行，每一步都须由在场人\n"
                                      "        员输入姓名首字母确认。（完）\n"));
    ck_assert_ptr_nonnull(strstr(out, "a digest that is told:\n"
                                      "        0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n"));
    ck_assert_ptr_nonnull(strstr(out, "name    \\u{6C5F}\\u{6C5F}\\u{6C5F}\\u{6C5F}\\u{6C5F}\\u{6C5F}\\u{6C5F}\\u{6C5F}\\u{6C5F}\n"
                                      "        \\u{6C5F}\\u{6C5F}\n"));
    for (char *line = strtok(out, "\n"); line != NULL; line = strtok(NULL, "\n"))
        ck_assert_msg(screen_columns(line) <= SCREEN_COLUMNS, "%s", line);
}
END_TEST

Suite *suite_screen(void)
{
    Suite *s = suite_create("screen");
    TCase *c = tcase_create("screen");
    tcase_add_test(c, a_chinese_character_takes_two_columns);
    tcase_add_test(c, a_pipe_gets_whole_lines);
    tcase_add_test(c, a_terminal_gets_rows_of_80_columns);
    suite_add_tcase(s, c);
    return s;
}
