#include "core/words.h"

#include <string.h>

#include "core/digest.h"
#include "expect.h"

static const char fingerprint_hex[] = "e58294f2e9a227486e8b061b31cc528fd7fa3f19";
static const char fingerprint_words[] =
    "topmost istanbul pluto vagabond treadmill pacific brackish dictator goldfish medusa "
    "afflict bravado chatter revolver dupont midsummer stopwatch whimsical cowbell bottomless";

START_TEST(all_words_differ)
{
    for (unsigned i = 0; i < 512; i++) {
        const char *word = words_word(i / 256, (uint8_t)i);
        size_t n = strlen(word);
        ck_assert_msg(n >= 4 && n <= 11, "%s", word);
        ck_assert_uint_eq(strspn(word, "abcdefghijklmnopqrstuvwxyz"), n);
        for (unsigned k = 0; k < i; k++)
            ck_assert_str_ne(word, words_word(k / 256, (uint8_t)k));
    }
}
END_TEST

START_TEST(lists_are_sorted)
{
    for (size_t list = 0; list < 2; list++)
        for (unsigned i = 1; i < 256; i++) {
            const char *a = words_word(list, (uint8_t)(i - 1));
            const char *b = words_word(list, (uint8_t)i);
            if (strcmp(a, "applicant") == 0 && strcmp(b, "apollo") == 0)
                continue; /* so in the original, at 9 and 10 of the odd list */
            ck_assert_msg(strcmp(a, b) < 0, "%s, %s", a, b);
        }
    ck_assert_str_eq(words_word(1, 9), "applicant");
    ck_assert_str_eq(words_word(1, 10), "apollo");
}
END_TEST

/* Syllables as groups of vowels, a silent final e left out; good enough for words chosen to fit. */
static unsigned syllables(const char *word)
{
    unsigned count = 0;
    for (size_t i = 0; word[i] != '\0'; i++)
        if (strchr("aeiouy", word[i]) != NULL && (i == 0 || strchr("aeiouy", word[i - 1]) == NULL))
            count++;
    size_t n = strlen(word);
    return word[n - 1] == 'e' && strchr("aeiouyl", word[n - 2]) == NULL ? count - 1 : count;
}

START_TEST(spot_checks)
{
    static const struct {
        uint8_t b;
        const char *even;
        const char *odd;
    } rows[] = {
        {0x00, "aardvark", "adroitness"}, {0x14, "baboon", "belowground"},
        {0x40, "crackdown", "dakota"},    {0x56, "egghead", "escapade"},
        {0x80, "merit", "intention"},     {0xa5, "reindeer", "paperweight"},
        {0xc8, "spaniel", "retrieval"},   {0xff, "zulu", "yucatan"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ck_assert_str_eq(words_word(0, rows[i].b), rows[i].even);
        ck_assert_str_eq(words_word(1, rows[i].b), rows[i].odd);
        ck_assert_str_eq(words_word(2, rows[i].b), rows[i].even);
        ck_assert_uint_eq(syllables(rows[i].even), 2);
        ck_assert_uint_eq(syllables(rows[i].odd), 3);
    }
}
END_TEST

START_TEST(known_answer)
{
    uint8_t bytes[20];
    uint8_t back[20];
    char out[20 * 12];
    ck_assert(hex_decode(fingerprint_hex, bytes, sizeof bytes));
    words_format(bytes, sizeof bytes, 0, "", out, sizeof out);
    ck_assert_str_eq(out, fingerprint_words);
    ck_assert(words_parse(fingerprint_words, back, sizeof back));
    ck_assert_mem_eq(back, bytes, sizeof bytes);
}
END_TEST

START_TEST(lines_and_indents)
{
    static const uint8_t bytes[] = {0, 0, 1, 1, 2};
    char out[100];
    words_format(bytes, 5, 2, "  ", out, sizeof out);
    ck_assert_str_eq(out, "1  aardvark adroitness\n  2  absurd adviser\n  3  accrue");
    words_format(bytes, 4, 2, "", out, sizeof out);
    ck_assert_str_eq(out, "1  aardvark adroitness\n2  absurd adviser");
    words_format(bytes, 0, 2, "  ", out, sizeof out);
    ck_assert_str_eq(out, "");
}
END_TEST

START_TEST(too_little_room_cuts)
{
    uint8_t bytes[20];
    char whole[256];
    ck_assert(hex_decode(fingerprint_hex, bytes, sizeof bytes));
    words_format(bytes, sizeof bytes, 4, "   ", whole, sizeof whole);
    for (size_t cap = 1; cap <= strlen(whole) + 1; cap++) {
        char out[257];
        memset(out, '#', sizeof out);
        words_format(bytes, sizeof bytes, 4, "   ", out, cap);
        ck_assert_int_eq(out[cap], '#');
        ck_assert_uint_lt(strnlen(out, cap), cap);
        ck_assert_int_eq(strncmp(whole, out, strlen(out)), 0);
        ck_assert_int_eq(strcmp(whole, out) == 0, cap == strlen(whole) + 1);
    }
}
END_TEST

START_TEST(every_byte_comes_back)
{
    uint8_t bytes[512];
    uint8_t back[512];
    static char out[512 * 12];
    for (unsigned i = 0; i < 512; i++)
        bytes[i] = (uint8_t)(i < 256 ? i : 255 - i);
    for (size_t start = 0; start < 2; start++) {
        words_format(bytes + start, 510, 8, "", out, sizeof out);
        ck_assert(words_parse(out, back, 510));
        ck_assert_mem_eq(back, bytes + start, 510);
    }
}
END_TEST

START_TEST(parse_is_lenient_in_form_only)
{
    uint8_t out[3];
    static const char *const good[] = {
        "aardvark adroitness absurd", "AARDVARK Adroitness aBSURD", "aardvark-adroitness-absurd",
        "  aardvark\tadroitness\r\n absurd\n", "-aardvark--adroitness - absurd-",
        "1  aardvark adroitness\n2  absurd"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        memset(out, 9, sizeof out);
        ck_assert_msg(words_parse(good[i], out, 3), "%s", good[i]);
        ck_assert_mem_eq(out, "\0\0\1", 3);
    }
    static const char *const bad[] = {
        "",
        "aardvark adroitness",               /* dropped */
        "aardvark adroitness absurd absurd", /* too many */
        "aardvark adroitness absurd x",      /* too many, unknown */
        "aardvark aardvark adroitness",      /* doubled */
        "adroitness aardvark absurd",        /* swapped */
        "aardvark adroitness adviser",       /* wrong list */
        "aardvar adroitness absurd",         /* a prefix */
        "aardvarks adroitness absurd",       /* longer */
        "1aardvark adroitness absurd",       /* a number that is no line's */
        "aardvark,adroitness,absurd",        /* no separator of ours */
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        memset(out, 9, sizeof out);
        ck_assert_msg(!words_parse(bad[i], out, 3), "%s", bad[i]);
        ck_assert_mem_eq(out, "\0\0\0", 3);
    }
}
END_TEST

Suite *suite_words(void);
Suite *suite_words(void)
{
    Suite *s = suite_create("words");
    TCase *t = tcase_create("list");
    tcase_add_test(t, all_words_differ);
    tcase_add_test(t, lists_are_sorted);
    tcase_add_test(t, spot_checks);
    tcase_add_test(t, known_answer);
    suite_add_tcase(s, t);
    t = tcase_create("text");
    tcase_add_test(t, lines_and_indents);
    tcase_add_test(t, too_little_room_cuts);
    tcase_add_test(t, every_byte_comes_back);
    tcase_add_test(t, parse_is_lenient_in_form_only);
    suite_add_tcase(s, t);
    return s;
}
