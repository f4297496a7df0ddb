#include <check.h>
#include <stdio.h>
#include <string.h>

#include "expect.h"
#include "ra/csv.h"
#include "ra/ident.h"
#include "core/letters.h"
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

/* Cells joined by |, rows by /. */
static enum err read_table(const char *bytes, size_t n, char *out, size_t cap, struct diag *d)
{
    struct csv_reader r;
    bool more = true;
    size_t used = 0;
    out[0] = '\0';
    *d = (struct diag){0};
    enum err e = csv_begin((struct span){(const uint8_t *)bytes, n}, &r, d);
    while (e == E_OK && (e = csv_next(&r, &more, d)) == E_OK && more)
        for (size_t i = 0; i < r.n; i++)
            used += (size_t)snprintf(out + used, cap - used, "%s%s", r.cells[i].text, i + 1 < r.n ? "|" : "/");
    csv_free(&r);
    return e;
}

START_TEST(tables_are_read_as_spreadsheets_write_them)
{
    static const char *const rows[][2] = {
        {"", ""},
        {"a", "a/"},
        {"a,b\r\nc,d\r\n", "a|b/c|d/"},
        {"a,b\nc,d", "a|b/c|d/"},
        {"\xef\xbb\xbfid,op\n", "id|op/"},
        {"a,", "a|/"},
        {",\n", "|/"},
        {"\n\n", "//"},
        {" a , b c ,\n", "a|b c|/"},
        {"\"a\",\" b \",\"\"\r\n", "a| b |/"},
        {"\"a,b\",\"say \"\"x\"\"\"", "a,b|say \"x\"/"},
        {"\"two\r\nlines\",x\n", "two\r\nlines|x/"},
        {"\xe7\x8e\x8b\xe8\x8a\xb3,1\n", "\xe7\x8e\x8b\xe8\x8a\xb3|1/"},
    };
    char out[256];
    struct diag d;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        expect_ok_diag(read_table(rows[i][0], strlen(rows[i][0]), out, sizeof out, &d), &d);
        ck_assert_str_eq(out, rows[i][1]);
    }
}
END_TEST

START_TEST(spoilt_tables_say_where)
{
    static const struct {
        const char *bytes;
        size_t n;
        const char *says;
    } rows[] = {
        {"\xff\xfei\0", 4, "line 1, column 1: the table is in UTF-16"},
        {"\xfe\xff\0i", 4, "line 1, column 1: the table is in UTF-16"},
        {"a,b\nc,\xcd\xf5\n", 9, "line 2, column 2: this is not UTF-8"},
        {"a,b\nc,\0\n", 8, "line 2, column 2: a NUL"},
        {"a\nb\"c\"", 6, "line 2, column 1: a quote in the middle"},
        {"a,\"b\"c", 6, "line 1, column 2: something stands behind the closing quote"},
        {"a\n\n\"b,\nc\n", 9, "line 3, column 1: the quote that begins here is not closed"},
        {"\"x\ny\",b\rc", 9, "line 2, column 2: a carriage return alone"},
    };
    char out[256], many[2 * CSV_CELLS + 2];
    struct diag d;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        expect_err(read_table(rows[i].bytes, rows[i].n, out, sizeof out, &d), E_CSV);
        ck_assert_msg(strncmp(d.text, rows[i].says, strlen(rows[i].says)) == 0, "%zu: %s", i, d.text);
    }
    memset(many, ',', sizeof many);
    expect_err(read_table(many, CSV_CELLS, out, sizeof out, &d), E_CSV);
    ck_assert_ptr_nonnull(strstr(d.text, "too many columns"));
    expect_ok(read_table(many, CSV_CELLS - 1, out, sizeof out, &d));
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
    tcase_add_test(t, tables_are_read_as_spreadsheets_write_them);
    tcase_add_test(t, spoilt_tables_say_where);
    tcase_add_test(t, ids_come_from_file_names);
    tcase_add_test(t, only_plain_letters_are_shown);
    tcase_add_test(t, lines_are_taken_one_by_one);
    suite_add_tcase(s, t);
    return s;
}
