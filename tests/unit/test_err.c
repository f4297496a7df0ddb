#include <errno.h>
#include <string.h>

#include "expect.h"

START_TEST(every_row_is_complete)
{
    for (int i = 0; i < ERR_COUNT; i++) {
        enum err e = (enum err)i;
        ck_assert_msg(strncmp(err_name(e), "E_", 2) == 0, "row %d: %s", i, err_name(e));
        ck_assert_msg(err_sentence(e)[0] != '\0', "%s has no sentence", err_name(e));
        ck_assert_msg(e == E_OK || err_advice(e)[0] != '\0', "%s has no advice", err_name(e));
        ck_assert_msg((e == E_OK) == (err_class(e) == CLASS_DONE), "%s: class", err_name(e));
        ck_assert_ptr_nonnull(err_clause(e));
    }
}
END_TEST

START_TEST(texts_are_printable_ascii_without_full_stop)
{
    for (int i = 0; i < ERR_COUNT; i++) {
        enum err e = (enum err)i;
        const char *texts[] = {err_name(e), err_sentence(e), err_advice(e), err_clause(e)};
        for (size_t k = 0; k < sizeof texts / sizeof texts[0]; k++) {
            for (const char *c = texts[k]; *c != '\0'; c++)
                ck_assert_msg(*c >= ' ' && *c <= '~', "%s: \"%s\"", err_name(e), texts[k]);
            size_t n = strlen(texts[k]);
            ck_assert_msg(n == 0 || texts[k][n - 1] != '.', "%s: \"%s\"", err_name(e), texts[k]);
        }
    }
}
END_TEST

START_TEST(names_are_unique_and_lead_back)
{
    for (int i = 0; i < ERR_COUNT; i++) {
        ck_assert_int_eq((int)err_by_name(err_name((enum err)i)), i);
        for (int k = 0; k < i; k++)
            ck_assert_str_ne(err_name((enum err)i), err_name((enum err)k));
    }
    ck_assert_int_eq(err_by_name("E_NO_SUCH_CODE"), E_OK);
    ck_assert_int_eq(err_by_name(""), E_OK);
    ck_assert_int_eq(err_by_name("e_io"), E_OK);
}
END_TEST

START_TEST(a_number_outside_the_table_is_harmless)
{
    enum err beyond[] = {ERR_COUNT, (enum err)(ERR_COUNT + 1), (enum err)10000, (enum err) - 1};
    for (size_t i = 0; i < sizeof beyond / sizeof beyond[0]; i++) {
        ck_assert_str_eq(err_name(beyond[i]), "E_UNKNOWN");
        ck_assert_str_ne(err_sentence(beyond[i]), "");
        ck_assert_int_eq(err_class(beyond[i]), CLASS_STORAGE);
    }
}
END_TEST

START_TEST(refusals_are_two_classes)
{
    static const enum err refusals[] = {E_KEY_SIZE, E_QUORUM, E_CSR_FORMAT, E_LINT};
    static const enum err others[] = {E_OK, E_USAGE, E_NO_MEMORY, E_CRYPTO, E_DISK_FULL, E_LOG_CHAIN, ERR_COUNT};
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++)
        ck_assert_msg(err_is_refusal(refusals[i]), "%s", err_name(refusals[i]));
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        ck_assert_msg(!err_is_refusal(others[i]), "%s", err_name(others[i]));
}
END_TEST

START_TEST(errno_becomes_a_code)
{
    expect_err(err_from_errno(ENOSPC), E_DISK_FULL);
    expect_err(err_from_errno(EDQUOT), E_DISK_FULL);
    expect_err(err_from_errno(EROFS), E_READ_ONLY);
    expect_err(err_from_errno(ENOMEM), E_NO_MEMORY);
    expect_err(err_from_errno(EIO), E_IO);
    expect_err(err_from_errno(EACCES), E_IO);
    expect_err(err_from_errno(0), E_IO);
}
END_TEST

Suite *suite_err(void);
Suite *suite_err(void)
{
    Suite *s = suite_create("err");
    TCase *t = tcase_create("table");
    tcase_add_test(t, every_row_is_complete);
    tcase_add_test(t, texts_are_printable_ascii_without_full_stop);
    tcase_add_test(t, names_are_unique_and_lead_back);
    tcase_add_test(t, a_number_outside_the_table_is_harmless);
    tcase_add_test(t, refusals_are_two_classes);
    tcase_add_test(t, errno_becomes_a_code);
    suite_add_tcase(s, t);
    return s;
}
