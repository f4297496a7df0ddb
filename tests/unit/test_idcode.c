#include <check.h>
#include <stdio.h>
#include <string.h>

#include "expect.h"
#include "pki/idcode.h"

Suite *suite_idcode(void);

#define NOW INT64_C(1772323200) /* 2026-03-01T00:00:00Z */

static const char letters[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
static const char digits[] = "0123456789X";

static enum idcode resident(const char *s)
{
    return idcode_resident(s, NOW);
}

/* Published ones. */
START_TEST(known_answers)
{
    ck_assert_int_eq(idcode_uscc("91350100M000100Y43"), IDCODE_GOOD);
    ck_assert_int_eq(idcode_uscc("91350100M000100Y4A"), IDCODE_CHECK);
    ck_assert_int_eq(resident("11010519491231002X"), IDCODE_GOOD);
    ck_assert_int_eq(resident("440524188001010014"), IDCODE_FORM); /* the standard's own, born in 1880 */
    ck_assert_int_eq(resident("110105194912310021"), IDCODE_CHECK);
}
END_TEST

START_TEST(out_of_form)
{
    static const char *const codes[] = {
        "",                   "91350100M000100Y4",  "91350100M000100Y433", "91350100m000100Y43", "9135O100M000100Y43",
        "9135I100M000100Y43", "9135S100M000100Y43", "9135V100M000100Y43",  "9135Z100M000100Y43", "91350100M000100Y4\n",
        " 1350100M000100Y43"};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        ck_assert_int_eq(idcode_uscc(codes[i]), IDCODE_FORM);
    static const char *const numbers[] = {"",
                                          "1101051949123100",
                                          "11010519491231002",
                                          "11010519491231002x",
                                          "11010519491231002A",
                                          "11010519491231002XX",
                                          "1101051949123100X2",
                                          "01010519491231002X",
                                          "110105 949123100 X"};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        ck_assert_int_eq(resident(numbers[i]), IDCODE_FORM);
}
END_TEST

/* The number with this birth date and the check character that belongs to it. */
static enum idcode born(const char *date, int64_t now)
{
    char number[19];
    for (const char *last = digits; *last != '\0'; last++) {
        snprintf(number, sizeof number, "110105%s002%c", date, *last);
        if (idcode_resident(number, now) != IDCODE_CHECK)
            break;
    }
    return idcode_resident(number, now);
}

START_TEST(birth_dates)
{
    static const char *const good[] = {"19000101", "19491231", "20000229", "19960229", "20260228", "20260301"};
    static const char *const bad[] = {"18991231", "19000229", "20230229", "19490431", "19490001",
                                      "19491301", "19490100", "19490132", "20260302", "20270101", "00000000"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        ck_assert_msg(born(good[i], NOW) == IDCODE_GOOD, "%s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(born(bad[i], NOW) == IDCODE_FORM, "%s", bad[i]);
    /* a day begins in Beijing eight hours before it does in Greenwich */
    ck_assert_int_eq(born("20260302", NOW + 16 * 3600), IDCODE_GOOD);
    ck_assert_int_eq(born("20260302", NOW + 16 * 3600 - 1), IDCODE_FORM);
}
END_TEST

/* Every error in one character, anywhere, is found. */
static void single_errors(const char *good, const char *alphabet, enum idcode (*check)(const char *))
{
    char bad[19];
    for (size_t at = 0; at < 18; at++)
        for (const char *c = alphabet; *c != '\0'; c++) {
            snprintf(bad, sizeof bad, "%s", good);
            bad[at] = *c;
            ck_assert_msg((check(bad) == IDCODE_GOOD) == (*c == good[at]), "%s", bad);
        }
}

/* Two characters exchanged are found, except where both have one weight: `same` is their distance. */
static int transpositions(const char *good, size_t same, enum idcode (*check)(const char *))
{
    char bad[19];
    int n = 0;
    for (size_t a = 0; a < 18; a++)
        for (size_t b = a + 1; b < 18; b++) {
            if (good[a] == good[b] || b - a == same)
                continue;
            snprintf(bad, sizeof bad, "%s", good);
            bad[a] = good[b];
            bad[b] = good[a];
            ck_assert_msg(check(bad) != IDCODE_GOOD, "%s", bad);
            n++;
        }
    return n;
}

/* Codes with the check character that belongs to them, of all kinds of content. */
static void make_uscc(unsigned seed, char out[19])
{
    for (int i = 0; i < 17; i++) {
        seed = seed * 1103515245u + 12345u;
        out[i] = letters[(seed >> 16) % 31];
    }
    out[18] = '\0';
    for (const char *c = letters; *c != '\0'; c++) {
        out[17] = *c;
        if (idcode_uscc(out) == IDCODE_GOOD)
            return;
    }
    ck_abort_msg("no check character fits");
}

START_TEST(what_the_schemes_promise)
{
    char code[19];
    int tried = 0;
    single_errors("91350100M000100Y43", letters, idcode_uscc);
    single_errors("11010519491231002X", digits, resident);
    for (unsigned seed = 1; seed <= 50; seed++) {
        make_uscc(seed, code);
        single_errors(code, letters, idcode_uscc);
        tried += transpositions(code, 17, idcode_uscc); /* the first and the last both weigh 1 */
    }
    tried += transpositions("11010519491231002X", 10, resident); /* 2^10 is 1 modulo 11 */
    ck_assert_int_gt(tried, 50 * 120);
}
END_TEST

Suite *suite_idcode(void)
{
    Suite *s = suite_create("idcode");
    TCase *t = tcase_create("idcode");
    tcase_add_test(t, known_answers);
    tcase_add_test(t, out_of_form);
    tcase_add_test(t, birth_dates);
    tcase_add_test(t, what_the_schemes_promise);
    suite_add_tcase(s, t);
    return s;
}
