#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/checkpoint.h"
#include "core/base64.h"
#include "expect.h"
#include "memory_sweep.h"

Suite *suite_note(void);

#define ORIGIN "log.example.com/one"
#define DASH "\xe2\x80\x94 "

static struct diag d;

/* -- what others made: the example of golang.org/x/mod/sumdb/note, and that of C2SP signed-note -- */

#define GO_NAME "PeterNeumann"
#define GO_VKEY "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
#define GO_TEXT "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
#define GO_LINE DASH "PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
#define GO_OTHER DASH "EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n"
#define SPEC_VKEY "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
#define SPEC_NOTE                                                                                                                     \
    "This is an example message.\n\n" DASH                                                                                            \
    "example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"

/* The key in a text of the Go package: base64 of the type and the seed or the public key. */
static EVP_PKEY *key_of(const char *text, bool private)
{
    struct buf b = {0};
    expect_ok(base64_decode(text, strlen(text), &b));
    ck_assert_uint_eq(b.len, 33);
    EVP_PKEY *k = private ? EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, b.data + 1, 32)
                          : EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, b.data + 1, 32);
    ck_assert_ptr_nonnull(k);
    buf_free(&b);
    return k;
}

static EVP_PKEY *go_key(void)
{
    return key_of("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz", true);
}

static struct span span_of(const char *text)
{
    return (struct span){(const uint8_t *)text, strlen(text)};
}

static void expect_text(const struct buf *got, const char *want)
{
    ck_assert_msg(got->len == strlen(want) && memcmp(got->data, want, got->len) == 0, "got %.*s", (int)got->len, (const char *)got->data);
}

START_TEST(known_answers)
{
    EVP_PKEY *pkey = go_key(), *public = key_of(strrchr(SPEC_VKEY, '+') + 1, false);
    struct note_key k;
    struct buf out = {0};
    struct span text;
    expect_ok(note_key_of(GO_NAME, pkey, &k, &d));
    expect_ok(note_key_write(&k, &out));
    expect_text(&out, GO_VKEY);
    buf_reset(&out);
    expect_ok(note_sign(&k, span_of(GO_TEXT), &out));
    expect_text(&out, GO_TEXT "\n" GO_LINE);
    expect_ok_diag(note_open(&k, span_of(GO_TEXT "\n" GO_OTHER GO_LINE), &text, &d), &d);
    ck_assert_uint_eq(text.n, strlen(GO_TEXT));
    expect_err(note_open(&k, span_of(GO_TEXT "\n" GO_OTHER), &text, &d), E_CHECKPOINT);
    buf_reset(&out);
    expect_ok(note_key_of("example.com/foo", public, &k, &d));
    expect_ok(note_key_write(&k, &out));
    expect_text(&out, SPEC_VKEY);
    expect_ok_diag(note_open(&k, span_of(SPEC_NOTE), &text, &d), &d);
    buf_free(&out);
    EVP_PKEY_free(pkey);
    EVP_PKEY_free(public);
}
END_TEST

START_TEST(names)
{
    static const char *const bad[] = {"", "a b", "a+b", "a\tb", "a\nb", "\x7f", "log\xc2\xa0" "1", "\xe6\x97\xa5"};
    char longest[NOTE_NAME_MAX + 2];
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        expect_err(note_check_name(bad[i], &d), E_USAGE);
    memset(longest, 'a', sizeof longest);
    longest[NOTE_NAME_MAX + 1] = '\0';
    expect_err(note_check_name(longest, &d), E_USAGE);
    longest[NOTE_NAME_MAX] = '\0';
    expect_ok(note_check_name(longest, &d));
    expect_ok(note_check_name(ORIGIN, &d));
}
END_TEST

START_TEST(another_kind_of_key)
{
    EVP_PKEY *ec = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256"), *x = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
    struct note_key k;
    expect_err(note_key_of(ORIGIN, ec, &k, &d), E_PRIVATE_KEY);
    expect_err(note_key_of(ORIGIN, x, &k, &d), E_PRIVATE_KEY);
    EVP_PKEY_free(ec);
    EVP_PKEY_free(x);
}
END_TEST

START_TEST(notes_that_are_none)
{
    static const char *const bad[] = {
        "", "\n", "\n\n", GO_TEXT, GO_TEXT "\n", GO_TEXT GO_LINE,
        "\n" GO_TEXT "\n" GO_LINE,                /* the text is another */
        GO_TEXT "\n" GO_LINE "\n",                /* nobody signed */
        GO_TEXT "\n\n" GO_LINE, GO_TEXT "\n" GO_LINE "x\n", GO_TEXT "\n" DASH "\n" GO_LINE,
        GO_TEXT "\n" DASH "name \n" GO_LINE,      /* nothing is no signature */
        GO_TEXT "\n" DASH "name AAAA\n" GO_LINE, GO_TEXT "\n" DASH "name AAAAA\n" GO_LINE,
        GO_TEXT "\n" DASH " AAAAAAAA\n" GO_LINE,
        GO_TEXT "\n- PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n",
        GO_TEXT "\n" DASH "PeterNeumann x08go/ZJkuBS\n" GO_LINE, /* its name and ID, but no signature */
        GO_TEXT "\n" GO_LINE "\xff\n", GO_TEXT "\n" GO_LINE DASH "a\tb AAAAAAAA\n",
    };
    EVP_PKEY *pkey = go_key();
    struct note_key k;
    struct span text;
    expect_ok(note_key_of(GO_NAME, pkey, &k, &d));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        enum err e = note_open(&k, span_of(bad[i]), &text, &d);
        ck_assert_msg(e == E_CHECKPOINT && text.n == 0, "note %zu: %s", i, err_name(e));
    }
    expect_err(note_open(&k, (struct span){(const uint8_t *)GO_TEXT "\n" GO_LINE, sizeof GO_TEXT "\n" GO_LINE}, &text, &d), E_CHECKPOINT);
    EVP_PKEY_free(pkey);
}
END_TEST

START_TEST(a_note_without_end)
{
    EVP_PKEY *pkey = go_key();
    struct note_key k;
    struct span text;
    struct buf b = {0};
    expect_ok(note_key_of(GO_NAME, pkey, &k, &d));
    buf_append_str(&b, GO_TEXT "\n" GO_LINE);
    while (b.len + strlen(GO_OTHER) <= NOTE_BYTES_MAX)
        buf_append_str(&b, GO_OTHER);
    expect_ok_diag(note_open(&k, buf_span(&b), &text, &d), &d);
    buf_append_str(&b, GO_OTHER);
    expect_err(note_open(&k, buf_span(&b), &text, &d), E_CHECKPOINT);
    buf_free(&b);
    EVP_PKEY_free(pkey);
}
END_TEST

/* -- checkpoints -- */

static EVP_PKEY *own;
static struct note_key key;

static void set_up(void)
{
    own = go_key();
    expect_ok(note_key_of(ORIGIN, own, &key, &d));
}

static void tear_down(void)
{
    EVP_PKEY_free(own);
}

#define ROOT "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="

START_TEST(a_checkpoint_comes_back)
{
    static const uint64_t sizes[] = {0, 1, 20852163, UINT64_C(999999999999999999)};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct checkpoint c = {.size = sizes[i], .root = {7, [31] = 9}}, back;
        struct buf b = {0};
        expect_ok(checkpoint_write(&key, &c, &b));
        expect_ok_diag(checkpoint_read(&key, buf_span(&b), &back, &d), &d);
        ck_assert_uint_eq(back.size, c.size);
        ck_assert_mem_eq(back.root, c.root, DIGEST_LEN);
        for (size_t at = 0; at < b.len; at++)
            for (int bit = 0; bit < 8; bit++) {
                b.data[at] ^= (uint8_t)(1 << bit);
                ck_assert_int_eq(checkpoint_read(&key, buf_span(&b), &back, &d), E_CHECKPOINT);
                ck_assert_uint_eq(back.size, 0);
                b.data[at] ^= (uint8_t)(1 << bit);
            }
        buf_free(&b);
    }
}
END_TEST

/* Signed as they are. */
START_TEST(texts_that_are_no_checkpoint)
{
    static const char *const bad[] = {
        "log.example.com/two\n1\n" ROOT "\n", ORIGIN "\n1\n", ORIGIN "\n", ORIGIN "\n01\n" ROOT "\n", ORIGIN "\n+1\n" ROOT "\n",
        ORIGIN "\n-1\n" ROOT "\n", ORIGIN "\n 1\n" ROOT "\n", ORIGIN "\n1 \n" ROOT "\n", ORIGIN "\n0x1\n" ROOT "\n",
        ORIGIN "\n18446744073709551617\n" ROOT "\n", ORIGIN "\n1000000000000000000\n" ROOT "\n",
        ORIGIN "\n1\n" ROOT "\nextension\n", ORIGIN "\n1\n" ROOT " \n", ORIGIN "\n1\nAAAA\n", ORIGIN "\n1\n\n" ROOT "\n",
        ORIGIN "\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I\n", "\n" ORIGIN "\n1\n" ROOT "\n", ORIGIN " \n1\n" ROOT "\n"};
    struct checkpoint c;
    struct buf b = {0};
    expect_ok(note_sign(&key, span_of(ORIGIN "\n1\n" ROOT "\n"), &b));
    expect_ok_diag(checkpoint_read(&key, buf_span(&b), &c, &d), &d);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        buf_reset(&b);
        expect_ok(note_sign(&key, span_of(bad[i]), &b));
        enum err e = checkpoint_read(&key, buf_span(&b), &c, &d);
        ck_assert_msg(e == E_CHECKPOINT && c.size == 0, "text %zu: %s", i, err_name(e));
    }
    buf_free(&b);
}
END_TEST

/* -- without memory -- */

static bool differs;

static enum err write_and_read(void)
{
    static const struct checkpoint c = {.size = 12345, .root = {1}};
    struct checkpoint back = {0};
    struct note_key again;
    struct buf b = {0};
    enum err e = note_key_of(ORIGIN, own, &again, &d);
    if (e == E_OK)
        e = note_key_write(&again, &b);
    buf_reset(&b);
    if (e == E_OK)
        e = checkpoint_write(&again, &c, &b);
    if (e == E_OK)
        e = checkpoint_read(&again, buf_span(&b), &back, &d);
    differs = differs || (e == E_OK && (back.size != c.size || back.root[0] != 1));
    buf_free(&b);
    return e;
}

START_TEST(checkpoints_without_memory)
{
    memory_sweep("checkpoint_write and _read", write_and_read, &d, &differs);
}
END_TEST

static void expect_no_vkey(const char *text)
{
    char name[NOTE_NAME_MAX + 1];
    struct note_key k;
    expect_err(note_key_read(text, name, &k, &d), E_USAGE);
    ck_assert_ptr_null(k.pkey);
}

START_TEST(vkeys_are_read)
{
    static const char *const good[] = {GO_VKEY, SPEC_VKEY};
    char name[NOTE_NAME_MAX + 1], text[256];
    struct note_key k;
    for (size_t i = 0; i < 2; i++) {
        struct buf again = {0};
        expect_ok_diag(note_key_read(good[i], name, &k, &d), &d);
        expect_ok(note_key_write(&k, &again));
        ck_assert(again.len == strlen(good[i]) && memcmp(again.data, good[i], again.len) == 0);
        buf_free(&again);
        EVP_PKEY_free(k.pkey);
    }
    expect_ok_diag(note_key_read(GO_VKEY, name, &k, &d), &d);
    ck_assert_str_eq(k.name, GO_NAME);
    EVP_PKEY_free(k.pkey);
    /* cut anywhere, or with another character anywhere */
    for (size_t n = 0; n < strlen(GO_VKEY); n++) {
        snprintf(text, sizeof text, "%.*s", (int)n, GO_VKEY);
        expect_no_vkey(text);
        snprintf(text, sizeof text, "%s", GO_VKEY);
        text[n] = text[n] == 'B' ? 'C' : 'B';
        expect_no_vkey(text);
    }
    expect_no_vkey(GO_VKEY "A");
    expect_no_vkey("PeterNeumann+c74f20a34+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"); /* an ID of nine digits */
    expect_no_vkey("+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW");
}
END_TEST

/* The longest name comes back, and one that is longer by a character is no name, though everything else is right. */
START_TEST(vkeys_with_long_names)
{
    char longest[NOTE_NAME_MAX + 2], name[NOTE_NAME_MAX + 1];
    EVP_PKEY *pkey = go_key();
    struct note_key k, back;
    struct buf text = {0};
    memset(longest, 'a', sizeof longest);
    longest[NOTE_NAME_MAX + 1] = '\0';
    expect_ok(note_key_of(longest, pkey, &k, &d));
    expect_ok(note_key_write(&k, &text));
    buf_append_byte(&text, 0);
    expect_no_vkey((const char *)text.data);
    longest[NOTE_NAME_MAX] = '\0';
    buf_reset(&text);
    expect_ok(note_key_of(longest, pkey, &k, &d));
    expect_ok(note_key_write(&k, &text));
    buf_append_byte(&text, 0);
    expect_ok_diag(note_key_read((const char *)text.data, name, &back, &d), &d);
    ck_assert_str_eq(back.name, longest);
    EVP_PKEY_free(back.pkey);
    EVP_PKEY_free(pkey);
    buf_free(&text);
}
END_TEST

static bool vkey_differs;

static enum err read_vkey(void)
{
    char name[NOTE_NAME_MAX + 1];
    struct note_key k;
    enum err e = note_key_read(GO_VKEY, name, &k, &d);
    vkey_differs = vkey_differs || (e == E_OK && strcmp(k.name, GO_NAME) != 0);
    EVP_PKEY_free(k.pkey);
    return e;
}

START_TEST(vkeys_without_memory)
{
    memory_sweep("read_vkey", read_vkey, &d, &vkey_differs);
}
END_TEST

Suite *suite_note(void)
{
    Suite *s = suite_create("note");
    TCase *c = tcase_create("notes");
    tcase_add_test(c, known_answers);
    tcase_add_test(c, names);
    tcase_add_test(c, another_kind_of_key);
    tcase_add_test(c, notes_that_are_none);
    tcase_add_test(c, a_note_without_end);
    tcase_add_test(c, vkeys_are_read);
    tcase_add_test(c, vkeys_with_long_names);
    tcase_add_test(c, vkeys_without_memory);
    suite_add_tcase(s, c);
    c = tcase_create("checkpoints");
    tcase_add_checked_fixture(c, set_up, tear_down);
    tcase_add_test(c, a_checkpoint_comes_back);
    tcase_add_test(c, texts_that_are_no_checkpoint);
    tcase_add_test(c, checkpoints_without_memory);
    suite_add_tcase(s, c);
    return s;
}
