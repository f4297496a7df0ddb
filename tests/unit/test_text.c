#include "core/text.h"

#include <stdlib.h>
#include <string.h>

#include "expect.h"
#include "help_text.h"

static void assert_reversible(const uint8_t *in, size_t n)
{
    char text[64];
    uint8_t back[64];
    size_t len = text_escape(text, sizeof text, in, n);
    if (len != strlen(text))
        ck_abort_msg("length %zu, text %s", len, text);
    for (size_t i = 0; i < len; i++)
        if (text[i] < 0x20 || text[i] > 0x7e)
            ck_abort_msg("not printable: byte %d", text[i]);
    if (help_unescape(text, back) != n || memcmp(back, in, n) != 0)
        ck_abort_msg("not reversible: %s", text);
}

START_TEST(every_code_point_escapes_and_comes_back)
{
    for (uint32_t cp = 0; cp <= 0x10ffff; cp++) {
        uint8_t in[6];
        size_t n = help_utf8(cp, in + 1);
        in[0] = 'a';
        in[n + 1] = '\\';
        assert_reversible(in + 1, n);
        assert_reversible(in, n + 2);

        uint32_t read;
        bool surrogate = cp >= 0xd800 && cp <= 0xdfff;
        size_t used = text_utf8_next(in + 1, n, &read);
        if (used != (surrogate ? 0 : n) || read != (surrogate ? 0 : cp))
            ck_abort_msg("U+%04X reads as U+%04X in %zu bytes", cp, read, used);
        for (size_t cut = 0; cut < n; cut++)
            if (text_utf8_next(in + 1, cut, &read) != 0)
                ck_abort_msg("U+%04X cut to %zu bytes is taken", cp, cut);
    }
}
END_TEST

START_TEST(every_pair_of_bytes_escapes_and_comes_back)
{
    for (unsigned i = 0; i < 65536; i++) {
        uint8_t in[3] = {(uint8_t)(i >> 8), (uint8_t)i, 'z'};
        assert_reversible(in, 3);
    }
}
END_TEST

START_TEST(escape_has_this_form)
{
    char out[100];
    static const char in[] = "A~ \\\t\x7f\xc3\xa9\xe4\xb8\xad\xf0\x9f\x98\x80\xff\xe4\xb8";
    size_t n = text_escape(out, sizeof out, in, sizeof in - 1);
    ck_assert_str_eq(out, "A~ \\\\\\u{9}\\u{7F}\\u{E9}\\u{4E2D}\\u{1F600}\\x{FF}\\x{E4}\\x{B8}");
    ck_assert_uint_eq(n, strlen(out));
    ck_assert_uint_eq(text_escape(out, sizeof out, NULL, 0), 0);
    ck_assert_str_eq(out, "");
    ck_assert_uint_eq(text_escape(out, sizeof out, "a\0b", 3), 7);
    ck_assert_str_eq(out, "a\\u{0}b");
}
END_TEST

START_TEST(escape_is_cut_whole)
{
    static const char in[] = "ab\xe4\xb8\xad"
                             "cd";
    static const char whole[] = "ab\\u{4E2D}cd";
    for (size_t cap = 4; cap <= sizeof whole + 1; cap++) {
        char out[32];
        memset(out, '#', sizeof out);
        size_t n = text_escape(out, cap, in, sizeof in - 1);
        ck_assert_uint_lt(n, cap);
        ck_assert_uint_eq(strlen(out), n);
        ck_assert_int_eq(out[cap], '#');
        if (cap >= sizeof whole)
            ck_assert_str_eq(out, whole);
        else
            ck_assert_str_eq(out, cap == 4 ? "..." : cap == 5 ? "a..." : "ab...");
    }
    char out[16];
    ck_assert_uint_eq(text_escape(out, 4, "abc", 3), 3);
    ck_assert_str_eq(out, "abc");
    ck_assert_uint_eq(text_escape(out, 4, "abcd", 4), 3);
    ck_assert_str_eq(out, "...");
}
END_TEST

START_TEST(utf8_is_strict)
{
    static const char *const good[] = {"",
                                       "abc",
                                       "\xc2\x80",
                                       "\xdf\xbf",
                                       "\xe0\xa0\x80",
                                       "\xed\x9f\xbf",
                                       "\xee\x80\x80",
                                       "\xf0\x90\x80\x80",
                                       "\xf4\x8f\xbf\xbf"};
    static const char *const bad[] = {
        "\x80",             /* continuation alone */
        "\xc0\x80",         /* overlong NUL */
        "\xc1\xbf",         /* overlong */
        "\xe0\x9f\xbf",     /* overlong */
        "\xf0\x8f\xbf\xbf", /* overlong */
        "\xed\xa0\x80",     /* surrogate */
        "\xed\xbf\xbf",     /* surrogate */
        "\xf4\x90\x80\x80", /* above U+10FFFF */
        "\xf8\x88\x80\x80\x80",
        "\xfe",
        "\xff",
        "a\xe4\xb8",
        "\xe4\xb8z",
        "\xc3(",
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        ck_assert_msg(text_is_utf8(good[i], strlen(good[i])), "good %zu", i);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(!text_is_utf8(bad[i], strlen(bad[i])), "bad %zu", i);
    ck_assert(text_is_utf8(NULL, 0));
    ck_assert(text_is_utf8("a\0b", 3));
}
END_TEST

START_TEST(deceiving_characters_are_not_plain)
{
    static const uint32_t refused[] = {
        0x0,      0x9,      0xa,        0x1b,    0x1f,    0x7f,    0x80,    0x9f,    0xa0,
        0xad,     0x34f,    0x600,      0x61c,   0x6dd,   0x70f,   0x890,   0x8e2,   0x115f,
        0x1160,   0x1680,   0x17b4,     0x180b,  0x180e,  0x180f,  0x2000,  0x200b,  0x200d,
        0x200f,   0x2028,   0x2029,     0x202a,  0x202e,  0x202f,  0x205f,  0x2060,  0x2065,
        0x2066,   0x2069,   0x206f,     0x2800,  0x3000,  0x3164,  0xd800,  0xdfff,  0xe000,
        0xf8ff,   0xfdd0,   0xfdef,     0xfe00,  0xfe0f,  0xfeff,  0xffa0,  0xfff9,  0xfffb,
        0xfffe,   0xffff,   0x110bd,    0x13430, 0x1bca0, 0x1d173, 0x1fffe, 0x1ffff, 0x8fffe,
        0xe0000,  0xe0001,  0xe0020,    0xe007f, 0xe0100, 0xe01ef, 0xe0fff, 0xf0000, 0x10fffd,
        0x10ffff, 0x110000, 0xffffffff,
    };
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        ck_assert_msg(!text_is_plain(refused[i]), "U+%04X", refused[i]);
}
END_TEST

START_TEST(ordinary_characters_are_plain)
{
    static const uint32_t taken[] = {
        ' ',    '!',    '~',     'A',     'z',     0xa1,    0xe9,    0x3b1,   0x416,  0x5d0,
        0x627,  0x905,  0xe01,   0x10d0,  0x2010,  0x2027,  0x2030,  0x20ac,  0x3001, 0x3042,
        0x3105, 0x3400, 0x4e00,  0x4e2d,  0x9fff,  0xac00,  0xd7a3,  0xf900,  0xff01, 0xff21,
        0xfffd, 0xfffc, 0x1f600, 0x20000, 0x2a6df, 0x2ceb0, 0x30000, 0x3134a,
    };
    for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++)
        ck_assert_msg(text_is_plain(taken[i]), "U+%04X", taken[i]);
    for (uint32_t cp = 0x4e00; cp <= 0x9fff; cp++)
        ck_assert_msg(text_is_plain(cp), "U+%04X", cp);
}
END_TEST

START_TEST(nothing_but_printable_latin1_is_plain_below_0x100)
{
    for (uint32_t cp = 0; cp < 0x100; cp++)
        ck_assert_msg(text_is_plain(cp) ==
                          ((cp >= 0x20 && cp <= 0x7e) || (cp >= 0xa1 && cp != 0xad)),
                      "U+%04X", cp);
}
END_TEST

START_TEST(tokens)
{
    ck_assert(text_is_token("a", 1));
    ck_assert(text_is_token("RA-1_2025.07", 64));
    ck_assert(text_is_token("-", 64));
    ck_assert(text_is_token("abcd", 4));
    ck_assert(!text_is_token("abcde", 4));
    ck_assert(!text_is_token("a", 0));
    static const char *const bad[] = {"", ".", "..", ".a", "a/b", "a b", "a\n", "\xc3\xa9", "a*"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(!text_is_token(bad[i], 64), "bad %zu", i);
    for (int c = 1; c < 256; c++) {
        char s[3] = {'a', (char)c, '\0'};
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        ck_assert_int_eq(text_is_token(s, 64), letter || c == '.' || c == '_' || c == '-');
    }
}
END_TEST

START_TEST(lists)
{
    static const char *const in[] = {"a", "a,b", "b,a", "b,a,c", "a,a"}, *const out[] = {"", "b", "ab", "b,ab", "ab,c", "A", ",", "b,,c"};
    ck_assert(!text_lists(NULL, "a"));
    for (size_t i = 0; i < sizeof in / sizeof *in; i++)
        ck_assert_msg(text_lists(in[i], "a"), "%s", in[i]);
    for (size_t i = 0; i < sizeof out / sizeof *out; i++)
        ck_assert_msg(!text_lists(out[i], "a"), "%s", out[i]);
}
END_TEST

START_TEST(chinese_alone_stays)
{
    static const char in[] = "\xe6\x97\xa5\xe5\xbf\x97\xef\xbc\x9a" "a\n\\\xe2\x80\xae\xef\xbc\x8f\xc3\xa9\xff"; /* log, colon, and what does not stay */
    char out[80];
    text_escape_chinese(out, sizeof out, in, sizeof in - 1);
    ck_assert_str_eq(out, "\xe6\x97\xa5\xe5\xbf\x97\xef\xbc\x9a" "a\\u{A}\\\\\\u{202E}\\u{FF0F}\\u{E9}\\x{FF}");
    ck_assert(text_is_escaped_chinese(out, sizeof out));
    ck_assert(!text_is_escaped_chinese(out, strlen(out)));
    ck_assert(!text_is_escaped_chinese("a\n", 8));
    ck_assert(!text_is_escaped_chinese("\xe2\x80\xae", 8));
    ck_assert(!text_is_escaped_chinese("\xe6\x97", 8));
    text_escape_chinese(out, 8, in, 9); /* cut between characters */
    ck_assert_str_eq(out, "\xe6\x97\xa5...");
}
END_TEST

Suite *suite_text(void);
Suite *suite_text(void)
{
    Suite *s = suite_create("text");
    TCase *t = tcase_create("escape");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, every_code_point_escapes_and_comes_back);
    tcase_add_test(t, every_pair_of_bytes_escapes_and_comes_back);
    tcase_add_test(t, escape_has_this_form);
    tcase_add_test(t, escape_is_cut_whole);
    tcase_add_test(t, chinese_alone_stays);
    suite_add_tcase(s, t);
    t = tcase_create("characters");
    tcase_add_test(t, utf8_is_strict);
    tcase_add_test(t, deceiving_characters_are_not_plain);
    tcase_add_test(t, ordinary_characters_are_plain);
    tcase_add_test(t, nothing_but_printable_latin1_is_plain_below_0x100);
    tcase_add_test(t, tokens);
    tcase_add_test(t, lists);
    suite_add_tcase(s, t);
    return s;
}
