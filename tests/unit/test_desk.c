#include <check.h>
#include <string.h>

#include "expect.h"
#include "ra/csv.h"
#include "ra/ident.h"
#include "ra/letters.h"
#include "ra/lines.h"

Suite *suite_desk(void);

START_TEST(csv_is_quoted_and_harmless)
{
    static const char *const fields[] = {"a",  "",   "say \"x\", y", "=1+1", "+1",
                                         "-1", "@f", "\tx",          "1=1",  "two\r\nlines"};
    struct buf out = {0};
    csv_row(&out, fields, 10);
    csv_row(&out, fields, 1);
    expect_ok(buf_err(&out));
    buf_append_byte(&out, 0);
    ck_assert_str_eq((const char *)out.data,
                     "\"a\",\"\",\"say \"\"x\"\", y\",\"'=1+1\",\"'+1\",\"'-1\",\"'@f\",\"'\tx\","
                     "\"1=1\",\"two\r\nlines\"\r\n\"a\"\r\n");
    buf_free(&out);
}
END_TEST

START_TEST(ids_come_from_file_names)
{
    static const struct {
        const char *name, *id;
    } good[] = {{"li.csr", "li"},
                {"li wei.pem", "li-wei"},
                {"a.b.der", "a.b"},
                {"plain", "plain"},
                {"-x.csr", "x"},
                {"- y.csr", "y"},
                {" z .csr", "z"},
                {"A_1-2.req", "A_1-2"},
                {"two  blanks.csr", "two--blanks"}};
    static const char *const bad[] = {"",
                                      ".csr",
                                      "..csr",
                                      ".hidden.csr",
                                      "-.csr",
                                      " .csr",
                                      "\xe5\xbc\xa0.csr",
                                      "a/b.csr",
                                      "a\nb.csr",
                                      "a\x1b[1m.csr",
                                      "a;rm.csr",
                                      "01234567890123456789012345678901234567890123456789"
                                      "012345678901234.csr"};
    char id[LIMIT_TOKEN_TEXT + 1];
    struct diag d = {0};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        expect_ok_diag(ident_from_name(good[i].name, id, &d), &d);
        ck_assert_str_eq(id, good[i].id);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        expect_err(ident_from_name(bad[i], id, &d), E_FIELD_VALUE);
        ck_assert_str_eq(id, "");
    }
}
END_TEST

START_TEST(only_plain_letters_are_shown)
{
    static const char *const texts[][2] = {
        {"CN=\\u{738B}\\u{82B3}", "CN=\u738b\u82b3"},
        {"\\u{20000}\\u{E9}\\u{30AB}\\u{D55C}", "\U00020000\u00e9\u30ab\ud55c"},
        {"\\u{202E}\\u{301}\\u{430}\\u{D7}\\u{200B}", "\\u{202E}\\u{301}\\u{430}\\u{D7}\\u{200B}"},
        {"\\\\u{738B}", "\\\\u{738B}"},
        {"\\x{1B}\\u{}\\u{738B", "\\x{1B}\\u{}\\u{738B"},
        {"\\", "\\"},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct buf out = {0};
        letters_show((struct span){(const uint8_t *)texts[i][0], strlen(texts[i][0])}, &out);
        buf_append_byte(&out, '\0');
        expect_ok(buf_err(&out));
        ck_assert_str_eq((const char *)out.data, texts[i][1]);
        buf_free(&out);
    }
}
END_TEST

START_TEST(lines_are_taken_one_by_one)
{
    static const char text[] = "one\n\nthree";
    struct lines l = {.rest = {(const uint8_t *)text, sizeof text - 1}};
    struct span line;
    bool whole;
    ck_assert(lines_next(&l, &line, &whole) && whole && line.n == 3 && l.number == 1);
    ck_assert(lines_next(&l, &line, &whole) && whole && line.n == 0 && l.number == 2);
    ck_assert(lines_next(&l, &line, &whole) && !whole && line.n == 5 && l.number == 3);
    ck_assert(memcmp(line.p, "three", 5) == 0);
    ck_assert(!lines_next(&l, &line, &whole) && l.number == 3);
}
END_TEST

Suite *suite_desk(void)
{
    Suite *s = suite_create("desk");
    TCase *t = tcase_create("parts");
    tcase_add_test(t, csv_is_quoted_and_harmless);
    tcase_add_test(t, ids_come_from_file_names);
    tcase_add_test(t, only_plain_letters_are_shown);
    tcase_add_test(t, lines_are_taken_one_by_one);
    suite_add_tcase(s, t);
    return s;
}
