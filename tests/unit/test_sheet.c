#include "room/sheet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "core/screen.h"
#include "expect.h"

#define N(x) (sizeof(x) / sizeof(x)[0])

/* Everything a form can be told, with this text in every place that takes one. */
static void tell(const struct sheet *s, struct buf *out, const char *text)
{
    const struct sheet_head head = {text, text, text, text, text, text};
    const struct sheet_column columns[] = {{text, 10, false}, {text, 30, false}, {text, 0, false}, {0}};
    const char *const cells[] = {text, text, text};
    static const uint8_t digest[DIGEST_LEN] = {1, 2, 3};
    s->begin(out, &head);
    s->part(out, text, false);
    s->piece(out, text, SHEET_ALARM);
    s->say(out, text, SHEET_ALARM);
    s->say(out, text, SHEET_PLAIN);
    s->pair(out, text, text);
    s->piece_end(out, SHEET_ALARM);
    s->piece(out, text, SHEET_PLAIN);
    s->digest(out, text, digest);
    s->code(out, text, (struct span){(const uint8_t *)"<svg></svg>", 11});
    s->piece_end(out, SHEET_PLAIN);
    s->part_end(out);
    s->part(out, text, true);
    s->table(out, columns);
    s->row(out, columns, cells);
    s->row(out, columns, (const char *const[]){"", text, ""});
    s->table_end(out);
    s->screen(out, (struct span){(const uint8_t *)text, strlen(text)});
    s->sign(out, text, "signature", "date");
    s->part_end(out);
    s->end(out);
    ck_assert(!out->failed);
}

/* -- what a text can do -- */

static const char *const hostile[] = {
    "<script>alert(1)</script>", "</style></pre></title><b>", "\"'><img src=x onerror=y>", "&lt;&amp;&#60;", "a\x01z\x1b[2J\x7f",
    "\xe2\x80\xae" "rtl", "\xe2\x80\x8b" "zero", "\xff\xfe\xc0\xaf", "\\\";}*{content:url(//x)}", "line\none\r\nmore\ttab", "<!--", "]]>",
};

/* All that a form wrote is plain, and every character of markup is the form's own: without the text there is as much of it. */
START_TEST(no_text_is_more_than_text)
{
    for (size_t f = 0; f < 2; f++)
        for (size_t i = 0; i < N(hostile); i++) {
            struct buf out = {0}, tame = {0};
            tell(f == 0 ? &sheet_html : &sheet_text, &out, hostile[i]);
            tell(f == 0 ? &sheet_html : &sheet_text, &tame, "tame");
            size_t marks[2] = {0};
            for (size_t at = 0; at < out.len;) {
                uint32_t cp;
                size_t used = text_utf8_next(out.data + at, out.len - at, &cp);
                ck_assert_msg(used > 0 && (cp == '\n' || text_is_plain(cp)), "%s: U+%04X", hostile[i], (unsigned)cp);
                marks[0] += f == 0 && strchr("<>\"", (int)(cp < 0x7f ? cp : 'x')) != NULL;
                at += used;
            }
            for (size_t at = 0; at < tame.len; at++)
                marks[1] += f == 0 && strchr("<>\"", tame.data[at]) != NULL;
            ck_assert_msg(marks[0] == marks[1], "%s: %zu marks, %zu", hostile[i], marks[0], marks[1]);
            buf_free(&out);
            buf_free(&tame);
        }
}
END_TEST

START_TEST(what_is_shown)
{
    static const struct {
        const char *text, *html, *plain;
    } rows[] = {
        {"a<b&c>\"d\"'e'", "a&lt;b&amp;c&gt;&quot;d&quot;&#39;e&#39;", "a<b&c>\"d\"'e'"},
        {"王芳", "王芳", "王芳"},
        {"a\\b", "a\\\\b", "a\\\\b"},
        {"\xe2\x80\xaex", "\\u{202E}x", "\\u{202E}x"},
        {"\x1b[2J", "\\u{1B}[2J", "\\u{1B}[2J"},
        {"\xff", "\\x{FF}", "\\x{FF}"},
    };
    for (size_t i = 0; i < N(rows); i++) {
        struct buf html = {0}, text = {0};
        char want[100];
        sheet_html.say(&html, rows[i].text, SHEET_PLAIN);
        sheet_text.say(&text, rows[i].text, SHEET_PLAIN);
        snprintf(want, sizeof want, "<p>%s</p>\n", rows[i].html);
        ck_assert_msg(html.len == strlen(want) && memcmp(html.data, want, html.len) == 0, "%s: %.*s", want, (int)html.len, (char *)html.data);
        snprintf(want, sizeof want, "%s\n", rows[i].plain);
        ck_assert_msg(text.len == strlen(want) && memcmp(text.data, want, text.len) == 0, "%s: %.*s", want, (int)text.len, (char *)text.data);
        buf_free(&html);
        buf_free(&text);
    }
}
END_TEST

/* A line of a screen has its escapes: its backslashes are not doubled, and what is not plain is escaped none the less. */
START_TEST(a_screen_stays_as_it_was)
{
    static const char lines[] = "{\"text\":\"\\u53CC <\"}\n\nno end \xe2\x80\xae";
    struct buf html = {0};
    sheet_html.screen(&html, (struct span){(const uint8_t *)lines, sizeof lines - 1});
    buf_append_byte(&html, '\0');
    ck_assert_str_eq((char *)html.data, "<pre>{&quot;text&quot;:&quot;\\u53CC &lt;&quot;}\n\nno end \\u{202E}\n</pre>\n");
    buf_free(&html);
}
END_TEST

/* -- the forms -- */

/* Every element is closed, in its order. */
START_TEST(html_is_nested)
{
    struct buf out = {0};
    char open[64][16];
    size_t depth = 0;
    tell(&sheet_html, &out, "text");
    buf_append_byte(&out, '\0');
    for (const char *p = (const char *)out.data; (p = strchr(p, '<')) != NULL; p++) {
        char name[16] = "";
        bool closes = p[1] == '/';
        sscanf(p + 1 + closes, "%15[a-z0-9]", name);
        const char *end = strchr(p, '>');
        ck_assert_ptr_nonnull(end);
        if (name[0] == '\0' || strcmp(name, "meta") == 0 || end[-1] == '/')
            continue; /* the doctype, and what has no content */
        if (!closes) {
            ck_assert_uint_lt(depth, 64);
            memcpy(open[depth++], name, sizeof name);
        } else {
            ck_assert_uint_gt(depth, 0);
            ck_assert_str_eq(open[--depth], name);
        }
    }
    ck_assert_uint_eq(depth, 0);
    ck_assert_ptr_null(strstr((char *)out.data, "http://"));
    ck_assert_ptr_null(strstr((char *)out.data, "url("));
    ck_assert_ptr_null(strstr((char *)out.data, "<script"));
    buf_free(&out);
}
END_TEST

START_TEST(text_has_80_columns)
{
    static const char *const texts[] = {
        "short", "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "a sentence of many words that is rather longer than one line can be, and goes on and on until it is on its third line at least",
        "请各位见证：两把根密钥在密码机内生成，私钥不能离开密码机。请各位见证：两把根密钥在密码机内生成，私钥不能离开密码机。请各位见证。",
        "mixed 双根 SM2 and 根密钥 RSA in one line 双根认证机构 that goes on 请各位见证：两把根密钥 for longer than eighty columns 私钥", "e\xcc\x81" "e\xcc\x81",
        "                                                                                                     far", "",
    };
    for (size_t i = 0; i < N(texts); i++) {
        struct buf out = {0};
        tell(&sheet_text, &out, texts[i]);
        const char *p = (const char *)out.data, *end = p + out.len;
        while (p < end) {
            const char *line_end = memchr(p, '\n', (size_t)(end - p));
            ck_assert_ptr_nonnull(line_end);
            char *line = strndup(p, (size_t)(line_end - p));
            ck_assert_msg(screen_columns(line) <= 80, "%s", line);
            free(line);
            p = line_end + 1;
        }
        buf_free(&out);
    }
}
END_TEST

START_TEST(text_breaks_where_it_may)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789",
         "  label         0123456789 0123456789 0123456789 0123456789 0123456789\n                0123456789 0123456789 0123456789\n"},
        /* no line begins with a full stop: 31 characters and the stop would be 64 columns and fit, 32 and the stop do not */
        {"一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十一二。", /* 32 wide, then the stop */
         "  label         一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十一\n                二。\n"},
        {"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", /* a digest is whole */
         "  label         0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n"},
    };
    for (size_t i = 0; i < N(rows); i++) {
        struct buf out = {0};
        sheet_text.pair(&out, "label", rows[i].text);
        buf_append_byte(&out, '\0');
        ck_assert_str_eq((char *)out.data, rows[i].want);
        buf_free(&out);
    }
}
END_TEST

START_TEST(words_stand_in_their_places)
{
    static const uint8_t digest[DIGEST_LEN] = {0, 0, 1, 1, 2};
    struct buf out = {0};
    sheet_text.digest(&out, "head", digest);
    buf_append_byte(&out, '\0');
    const char *second = strstr((char *)out.data, "\n") + 1;
    static const char want[] = "                 1  aardvark     adroitness   absurd       adviser\n"
                               "                 5  accrue       adroitness   aardvark     adroitness\n";
    ck_assert_msg(strncmp(second, want, sizeof want - 1) == 0, "%s", second);
    buf_free(&out);
}
END_TEST

Suite *suite_sheet(void);
Suite *suite_sheet(void)
{
    Suite *s = suite_create("sheet");
    TCase *t = tcase_create("texts");
    tcase_add_test(t, no_text_is_more_than_text);
    tcase_add_test(t, what_is_shown);
    tcase_add_test(t, a_screen_stays_as_it_was);
    suite_add_tcase(s, t);
    t = tcase_create("forms");
    tcase_add_test(t, html_is_nested);
    tcase_add_test(t, text_has_80_columns);
    tcase_add_test(t, text_breaks_where_it_may);
    tcase_add_test(t, words_stand_in_their_places);
    suite_add_tcase(s, t);
    return s;
}
