#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "expect.h"

START_TEST(untrusted_text_is_escaped)
{
    struct diag d = {0};
    expect_err(diag_set(&d, E_JSON, "line %d: %s", 7, "a\n\x1b[2J\\\xe2\x80\xaegpj\xff"), E_JSON);
    ck_assert_int_eq(d.code, E_JSON);
    ck_assert_str_eq(d.text, "line 7: a\\u{A}\\u{1B}[2J\\\\\\u{202E}gpj\\x{FF}");
    ck_assert_str_eq(d.clause, err_clause(E_JSON));
}
END_TEST

START_TEST(long_text_is_cut)
{
    static char longer[5000];
    memset(longer, 'x', sizeof longer - 1);
    struct diag d = {0};
    ck_assert_int_eq(diag_set(&d, E_JSON, "%s", longer), E_JSON);
    ck_assert_uint_eq(strlen(d.text), DIAG_TEXT_MAX - 1);
    ck_assert_str_eq(d.text + DIAG_TEXT_MAX - 4, "...");

    for (size_t i = 0; i < sizeof longer - 1; i++)
        longer[i] = '\x01';
    ck_assert_int_eq(diag_set(&d, E_JSON, "%s", longer), E_JSON);
    ck_assert_uint_lt(strlen(d.text), DIAG_TEXT_MAX);
    ck_assert_str_eq(d.text + strlen(d.text) - 8, "\\u{1}...");
}
END_TEST

START_TEST(clause_of_the_policy_row_wins)
{
    struct diag d = {0};
    ck_assert_int_eq(diag_set_clause(&d, E_JSON, "art 4.1", "x"), E_JSON);
    ck_assert_str_eq(d.clause, "art 4.1");
    ck_assert_int_eq(diag_set_clause(&d, E_JSON, "", "x"), E_JSON);
    ck_assert_str_eq(d.clause, err_clause(E_JSON));
    ck_assert_int_eq(diag_set_clause(&d, E_JSON, NULL, "x"), E_JSON);
    ck_assert_str_eq(d.clause, err_clause(E_JSON));
}
END_TEST

START_TEST(errno_ends_the_text)
{
    struct diag d = {0};
    expect_err(diag_errno(&d, ENOSPC, "%s: writing", "a\tb"), E_DISK_FULL);
    ck_assert_ptr_nonnull(strstr(d.text, "a\\u{9}b: writing: "));
    ck_assert_ptr_nonnull(strstr(d.text, strerror(ENOSPC)));
    ck_assert_int_eq(d.code, E_DISK_FULL);
}
END_TEST

START_TEST(another_error_is_part_of_it)
{
    struct diag why = {0}, d = {0};
    expect_err(diag_set_clause(&why, E_JSON, "art 9", "byte %d", 3), E_JSON);
    expect_err(diag_wrap(&d, E_IO, &why, "line %d", 7), E_IO);
    ck_assert_int_eq(d.code, E_IO);
    ck_assert_str_eq(d.text, "line 7: byte 3");
    ck_assert_str_eq(d.said, d.text);
    ck_assert_str_eq(d.clause, err_clause(E_IO));
    expect_err(diag_wrap_clause(&d, E_IO, "art 1", &d, "file"), E_IO); /* itself */
    ck_assert_str_eq(d.text, "file: line 7: byte 3");
    ck_assert_str_eq(d.clause, "art 1");
    expect_err(diag_again(&d, E_JSON, &d), E_JSON);
    ck_assert_int_eq(d.code, E_JSON);
    ck_assert_str_eq(d.text, "file: line 7: byte 3");
    ck_assert_str_eq(d.clause, err_clause(E_JSON));
    expect_err(diag_again_clause(&d, E_JSON, why.clause, &why), E_JSON);
    ck_assert_str_eq(d.text, "byte 3");
    ck_assert_str_eq(d.said, "byte 3");
    ck_assert_str_eq(d.clause, "art 9");
    expect_err(diag_wrap(&d, E_IO, &(struct diag){0}, "line %d", 7), E_IO);
    ck_assert_str_eq(d.text, "line 7");
}
END_TEST

START_TEST(no_diag_is_allowed)
{
    const struct diag why = {0};
    ck_assert_int_eq(diag_wrap(NULL, E_IO, &why, "x"), E_IO);
    ck_assert_int_eq(diag_wrap_clause(NULL, E_IO, "c", &why, "x"), E_IO);
    ck_assert_int_eq(diag_again(NULL, E_IO, &why), E_IO);
    ck_assert_int_eq(diag_set(NULL, E_IO, "x"), E_IO);
    ck_assert_int_eq(diag_set_clause(NULL, E_IO, "c", "x"), E_IO);
    ck_assert_int_eq(diag_errno(NULL, EIO, "x"), E_IO);
}
END_TEST

START_TEST(clear_forgets)
{
    struct diag d = {0};
    ck_assert_int_eq(diag_set(&d, E_IO, "x"), E_IO);
    diag_clear(&d);
    ck_assert_int_eq(d.code, E_OK);
    ck_assert_str_eq(d.text, "");
}
END_TEST

/* What diag_print() writes to stderr. */
static void printed(enum err code, const struct diag *d, char *out, size_t cap)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    int saved = dup(STDERR_FILENO);
    ck_assert_int_ge(saved, 0);
    ck_assert_int_ge(dup2(ends[1], STDERR_FILENO), 0);
    diag_print("prog", code, d);
    ck_assert_int_ge(dup2(saved, STDERR_FILENO), 0);
    close(saved);
    close(ends[1]);
    ssize_t n = read(ends[0], out, cap - 1);
    close(ends[0]);
    ck_assert_int_gt(n, 0);
    out[n] = '\0';
}

START_TEST(print_says_what_where_and_what_to_do)
{
    char out[2000];
    struct diag d = {0};
    ck_assert_int_eq(diag_set_clause(&d, E_JSON, "art 9", "line 3"), E_JSON);
    printed(E_JSON, &d, out, sizeof out);
    ck_assert_str_eq(out, "prog: E_JSON: a line is not one JSON object: line 3 [art 9]\n"
                          "prog: what to do: correct the line\n");
}
END_TEST

START_TEST(advice_for_another_reader)
{
    char out[2000];
    struct diag d = {0};
    expect_err(diag_set(&d, E_LOG_CHAIN, "line 3"), E_LOG_CHAIN);
    diag_advise(&d, "call somebody");
    printed(E_LOG_CHAIN, &d, out, sizeof out);
    ck_assert_ptr_nonnull(strstr(out, "prog: what to do: call somebody\n"));
    ck_assert_ptr_null(strstr(out, err_advice(E_LOG_CHAIN)));
    printed(E_JSON, &d, out, sizeof out); /* of another code it says nothing */
    ck_assert_ptr_null(strstr(out, "somebody"));
    expect_err(diag_set(&d, E_LOG_CHAIN, "line 4"), E_LOG_CHAIN);
    printed(E_LOG_CHAIN, &d, out, sizeof out);
    ck_assert_ptr_nonnull(strstr(out, err_advice(E_LOG_CHAIN)));
    diag_advise(NULL, "x");
}
END_TEST

START_TEST(print_leaves_out_what_is_about_another_code)
{
    char out[2000];
    struct diag d = {0};
    ck_assert_int_eq(diag_set_clause(&d, E_IO, "art 9", "line 3"), E_IO);
    printed(E_JSON, &d, out, sizeof out);
    ck_assert_str_eq(out, "prog: E_JSON: a line is not one JSON object [RFC 8259]\n"
                          "prog: what to do: correct the line\n");
    printed(E_JSON, NULL, out, sizeof out);
    ck_assert_ptr_null(strstr(out, "line 3"));
}
END_TEST

Suite *suite_diag(void);
Suite *suite_diag(void)
{
    Suite *s = suite_create("diag");
    TCase *t = tcase_create("record");
    tcase_add_test(t, untrusted_text_is_escaped);
    tcase_add_test(t, long_text_is_cut);
    tcase_add_test(t, clause_of_the_policy_row_wins);
    tcase_add_test(t, errno_ends_the_text);
    tcase_add_test(t, another_error_is_part_of_it);
    tcase_add_test(t, no_diag_is_allowed);
    tcase_add_test(t, clear_forgets);
    suite_add_tcase(s, t);
    t = tcase_create("print");
    tcase_add_test(t, print_says_what_where_and_what_to_do);
    tcase_add_test(t, advice_for_another_reader);
    tcase_add_test(t, print_leaves_out_what_is_about_another_code);
    suite_add_tcase(s, t);
    return s;
}
