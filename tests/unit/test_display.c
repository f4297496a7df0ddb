/* test_display.c - every character there is, through everything that is shown: printable ASCII, and never two that look the
 * same. What is shown can be read back, and so no two texts are shown alike. */
#include <check.h>
#include <openssl/x509.h>
#include <string.h>

#include "core/diag.h"
#include "core/set.h"
#include "expect.h"
#include "help_batch.h"
#include "help_text.h"
#include "pki/name.h"
#include "pki/san.h"

Suite *suite_display(void);

/* After the prefix it must be printable and lead back to these bytes. `out` ends with a NUL then. */
static void assert_shown(struct buf *out, const char *prefix, const uint8_t *in, size_t n)
{
    uint8_t back[64];
    size_t skip = strlen(prefix);
    buf_append_byte(out, '\0');
    const char *text = (const char *)out->data;
    for (size_t i = 0; i + 1 < out->len; i++)
        if (text[i] < 0x20 || text[i] > 0x7e)
            ck_abort_msg("not printable: byte %d", text[i]);
    if (strncmp(text, prefix, skip) != 0)
        ck_abort_msg("\"%s\" does not begin with \"%s\"", text, prefix);
    if (help_unescape(text + skip, back) != n || memcmp(back, in, n) != 0)
        ck_abort_msg("it does not lead back: %s", text);
    buf_reset(out);
}

/* The bytes as a name's value, alone and in its name, as an alternative name, and in a message. */
static void show_everywhere(X509_NAME *name, const uint8_t *in, size_t n)
{
    static struct buf out;
    static const uint8_t tags[] = {0x82, 0x86, 0x81};
    static const char *const prefixes[] = {"dns:", "uri:", "email:"};
    struct span text = {in, n};
    struct diag d = {0};
    name_display_text(text, &out);
    assert_shown(&out, "", in, n);
    /* Check is told of failures alone: each assertion that holds would cost a write to its pipe. */
    if (ASN1_STRING_set(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, 1)), in, (int)n) != 1)
        ck_abort_msg("memory");
    name_display(name, &out);
    assert_shown(&out, "C=CN, CN=", in, n);
    for (size_t i = 0; i < sizeof tags; i++) {
        const struct der one = {.tag = tags[i], .body = text, .whole = text};
        san_display(&one, &out);
        assert_shown(&out, prefixes[i], in, n);
    }
    if (memchr(in, '\0', n) != NULL)
        return; /* a message is made with printf() */
    diag_set(&d, E_JSON, "%.*s", (int)n, (const char *)in);
    buf_append_str(&out, d.text);
    assert_shown(&out, "", in, n);
}

START_TEST(every_code_point)
{
    X509_NAME *name = name_make("C", "CN", "CN", "x", NULL);
    /* Four processes share them. */
    for (uint32_t cp = (uint32_t)_i; cp <= 0x10ffff; cp += 4) {
        uint8_t in[4];
        show_everywhere(name, in, help_utf8(cp, in));
    }
    X509_NAME_free(name);
}
END_TEST

/* Neighbours of a character must not join it: cut, overlong, beyond Unicode, stray, and pairs of all bytes. */
START_TEST(every_broken_sequence)
{
    static const char *const broken[] = {"\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xe0\x9f\xbf", "\xed\xa0\x80\xed\xb0\x80",
                                         "\xf0\x80\x80\x80", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80",
                                         "\xfc\x84\x80\x80\x80\x80", "\xfe\xff", "\xe4\xb8", "\xf0\x9f\x98", "\x80\x80"};
    X509_NAME *name = name_make("C", "CN", "CN", "x", NULL);
    for (unsigned i = 0; i < 65536; i++) {
        const uint8_t in[2] = {(uint8_t)(i >> 8), (uint8_t)i};
        show_everywhere(name, in, 2);
    }
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        uint8_t in[32];
        size_t n = strlen(broken[i]);
        memcpy(in, broken[i], n);
        show_everywhere(name, in, n);
        memcpy(in + n, "{41}\\", 5); /* what an escape looks like */
        show_everywhere(name, in, n + 5);
    }
    X509_NAME_free(name);
}
END_TEST

/* Whole names of one, two and three attributes of values that would like to be taken for others. */
static const char *const values[] = {
    "a", "b", "a ", " a", "a  b", "a b", "a,", ", CN=a", "a, CN=b", "a, O=b", "a,CN=b", "a=b", "CN=a", "\\", "\\\\", "\\x{2C}",
    "\\u{202E}", "\xe2\x80\xae", "\xc3\xa4", "a\xcc\x88", "\xc3\xa4 ", "\x01", "\\u{1}", "\\x{20}", "+ a", "a + CN=b", "...",
    "\xd0\xb0", "\xff", "\\x{FF}", "\n", "a\nb"};
#define VALUES (sizeof values / sizeof values[0])

static X509_NAME *name_of(size_t i)
{
    static const char *const types[] = {"CN", "O", "OU"};
    X509_NAME *name = X509_NAME_new();
    size_t parts = i < VALUES ? 1 : i < VALUES + 2 * VALUES * VALUES ? 2 : 3;
    size_t k = i - (parts == 1 ? 0 : parts == 2 ? VALUES : VALUES + 2 * VALUES * VALUES);
    bool other = parts == 2 && k >= VALUES * VALUES; /* CN and O, or CN and CN */
    k -= other ? VALUES * VALUES : 0;
    for (size_t p = 0; p < parts; p++, k /= VALUES) {
        const char *value = values[k % VALUES];
        X509_NAME_ENTRY *e = X509_NAME_ENTRY_create_by_txt(NULL, types[other ? 0 : p], V_ASN1_UTF8STRING,
                                                            (const uint8_t *)"x", 1);
        ck_assert_int_eq(ASN1_STRING_set(X509_NAME_ENTRY_get_data(e), value, (int)strlen(value)), 1);
        ck_assert_int_eq(X509_NAME_add_entry(name, e, -1, 0), 1);
        X509_NAME_ENTRY_free(e);
    }
    return name;
}

START_TEST(no_two_names_look_the_same)
{
    struct set seen = {0};
    struct buf out = {0};
    for (size_t i = 0; i < VALUES + 2 * VALUES * VALUES + VALUES * VALUES * VALUES; i++) {
        uint8_t digest[DIGEST_LEN];
        const uint8_t *old;
        X509_NAME *name = name_of(i);
        buf_reset(&out);
        name_display(name, &out);
        ck_assert_int_eq(digest_bytes(DIGEST_SHA256, out.data, out.len, digest), E_OK);
        ck_assert_int_eq(set_put(&seen, digest, digest, &old), E_OK);
        ck_assert_msg(old == NULL, "two names look like %.*s", (int)out.len, (const char *)out.data);
        X509_NAME_free(name);
    }
    set_free(&seen);
    buf_free(&out);
}
END_TEST

Suite *suite_display(void)
{
    Suite *s = suite_create("display");
    TCase *c = tcase_create("display");
    tcase_set_timeout(c, 120);
    tcase_add_loop_test(c, every_code_point, 0, 4);
    tcase_add_test(c, every_broken_sequence);
    tcase_add_test(c, no_two_names_look_the_same);
    suite_add_tcase(s, c);
    return s;
}
