#include <check.h>
#include <stdio.h>
#include <string.h>

#include "core/words.h"
#include "expect.h"
#include "officer/typed.h"

Suite *suite_typed(void);

/* aardvark adviser accrue aggregate ... */
static uint8_t digest[DIGEST_LEN];
static char why[TYPED_WHY];

static void set_up(void)
{
    for (size_t i = 0; i < DIGEST_LEN; i++)
        digest[i] = (uint8_t)i;
}

static void take(struct typed *t, const char *line, bool right, size_t n, const char *said)
{
    ck_assert_msg(typed_take(t, line, why) == right, "%s: %s", line, why);
    ck_assert_msg(t->n == n, "%s: %zu", line, t->n);
    ck_assert_str_eq(why, said);
}

START_TEST(right)
{
    char all[DIGEST_LEN * 12 + 64];
    struct typed t = {.digest = digest};
    take(&t, "aardvark adviser\n", true, 2, "");
    take(&t, " 2 ACCRUE-Aggregate \r\n", true, 4, "");
    words_format(digest + 4, DIGEST_LEN - 4, 4, "", all, sizeof all);
    take(&t, all, true, DIGEST_LEN, "");
    take(&t, "accrue", false, DIGEST_LEN, "word 33, \"accrue\", is one too many");
    words_format(digest, DIGEST_LEN, 0, "", all, sizeof all);
    t.n = 0;
    take(&t, all, true, DIGEST_LEN, "");
}
END_TEST

START_TEST(wrong)
{
    struct typed t = {.digest = digest};
    take(&t, "\n", false, 0, "nothing was typed");
    take(&t, " - 1", false, 0, "nothing was typed");
    take(&t, "aardwark adviser", false, 0, "word 1 is not in the list");
    take(&t, "acme adviser", false, 0, "word 1, \"acme\", is another word");
    take(&t, "adviser accrue", false, 0,
         "word 1, \"adviser\", is of the other list: was a word left out, doubled or exchanged?");
    take(&t, "aardvark adviser accrue accrue", false, 3,
         "word 4, \"accrue\", is of the other list: was a word left out, doubled or exchanged?");
    take(&t, "\xE5\xAF\x86", false, 3, "word 4 is not in the list");
    take(&t, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", false, 3,
         "word 4 is not in the list");
}
END_TEST

/* After a slip a person goes on behind the last right word, or begins the line again. */
START_TEST(again)
{
    struct typed t = {.digest = digest};
    take(&t, "aardvark adviser acme", false, 2, "word 3, \"acme\", is another word");
    take(&t, "aardvark adviser accrue", true, 3, "");
    take(&t, "aardvark adviser beehive", false, 3, "word 3, \"beehive\", is another word");
    take(&t, "aggregate", true, 4, "");
}
END_TEST

/* The next word may be the first one once more: it is the reading that comes further. */
START_TEST(first_again)
{
    uint8_t doubled[DIGEST_LEN];
    memcpy(doubled, digest, sizeof doubled);
    doubled[2] = doubled[0];
    struct typed t = {.digest = doubled};
    take(&t, "aardvark adviser xylograph", false, 2, "word 3 is not in the list");
    take(&t, "aardvark adviser aardvark aggregate", true, 4, "");
    t.n = 2;
    take(&t, "aardvark aggregate", true, 4, "");
    t.n = 2;
    take(&t, "aardvark acme", false, 3, "word 4, \"acme\", is of the other list: was a word left out, doubled or exchanged?");
}
END_TEST

Suite *suite_typed(void)
{
    Suite *s = suite_create("typed");
    TCase *t = tcase_create("words");
    tcase_add_unchecked_fixture(t, set_up, NULL);
    tcase_add_test(t, right);
    tcase_add_test(t, wrong);
    tcase_add_test(t, again);
    tcase_add_test(t, first_again);
    suite_add_tcase(s, t);
    return s;
}
