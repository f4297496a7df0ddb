#include <check.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

#include "core/json.h"
#include "core/limits.h"
#include "expect.h"
#include "log/seal.h"

static const enum sig_alg algs[] = {SIG_SM2_SM3, SIG_RSA_SHA256};
#define ALGS ((int)(sizeof algs / sizeof algs[0]))

#define NAME "log-key"

static EVP_PKEY *key;
static enum sig_alg alg;
static struct log_position at;
static struct diag d;

static const char line_text[] = "a line";

/* A position behind five lines, and a key that seals it. */
static void prepare(int which)
{
    alg = algs[which];
    key = alg == SIG_SM2_SM3 ? EVP_PKEY_Q_keygen(NULL, NULL, "SM2") : EVP_RSA_gen(2048);
    ck_assert_ptr_nonnull(key);
    at = (struct log_position){.size = 5, .bytes = 500, .time = 1760000000, .hash = DIGEST_SM3};
    memset(at.id, 0x11, DIGEST_LEN);
    memset(at.head, 0x22, DIGEST_LEN);
    for (int i = 0; i < 5; i++)
        expect_ok(merkle_append(&at.merkle, (struct span){(const uint8_t *)line_text, (size_t)i}));
}

static void tear_down(void)
{
    EVP_PKEY_free(key);
    key = NULL;
}

static void make(struct seal *s)
{
    struct buf text = {0};
    expect_ok(seal_of(&at, NAME, s));
    expect_ok(seal_text(s, &text));
    expect_ok(alg_sign(alg, key, buf_span(&text), &s->signature));
    buf_free(&text);
}

START_TEST(the_text_is_as_documented)
{
    struct seal s;
    struct buf text = {0};
    prepare(0);
    expect_ok(seal_of(&at, NAME, &s));
    memset(s.root, 0x33, DIGEST_LEN);
    expect_ok(seal_text(&s, &text));
    buf_append_byte(&text, 0);
    ck_assert_str_eq((const char *)text.data,
                     "rootseal-seal-1\n"
                     "log 1111111111111111111111111111111111111111111111111111111111111111\n"
                     "size 5\n"
                     "head 2222222222222222222222222222222222222222222222222222222222222222\n"
                     "root 3333333333333333333333333333333333333333333333333333333333333333\n");
    buf_free(&text);
    seal_free(&s);
}
END_TEST

START_TEST(names_are_checked)
{
    struct seal s;
    prepare(0);
    expect_err(seal_of(&at, "", &s), E_FIELD_VALUE);
    expect_err(seal_of(&at, "no such/name", &s), E_FIELD_VALUE);
    expect_err(
        seal_of(&at, "01234567890123456789012345678901234567890123456789012345678901234", &s),
        E_FIELD_VALUE);
}
END_TEST

START_TEST(a_seal_verifies)
{
    struct seal s;
    prepare(_i);
    make(&s);
    expect_ok_diag(seal_verify(&s, alg, key, &d), &d);
    expect_ok_diag(seal_check_position(&s, &at, &d), &d);
    seal_free(&s);
}
END_TEST

START_TEST(altered_seals_do_not_verify)
{
    struct seal s;
    prepare(_i);
    make(&s);
    uint8_t *parts[] = {s.log, s.head, s.root, s.signature.data};
    size_t lengths[] = {DIGEST_LEN, DIGEST_LEN, DIGEST_LEN, s.signature.len};
    for (size_t i = 0; i < 4; i++)
        for (size_t k = 0; k < lengths[i]; k++) {
            parts[i][k] ^= 0x10;
            expect_err(seal_verify(&s, alg, key, &d), E_LOG_SEAL);
            parts[i][k] ^= 0x10;
        }
    s.size++;
    expect_err(seal_verify(&s, alg, key, &d), E_LOG_SEAL);
    s.size--;
    expect_ok(seal_verify(&s, alg, key, &d));

    EVP_PKEY *other = alg == SIG_SM2_SM3 ? EVP_PKEY_Q_keygen(NULL, NULL, "SM2") : EVP_RSA_gen(2048);
    expect_err(seal_verify(&s, alg, other, &d), E_LOG_SEAL);
    expect_err(seal_verify(&s, alg == SIG_SM2_SM3 ? SIG_RSA_SHA256 : SIG_SM2_SM3, key, &d),
               E_LOG_SEAL);
    EVP_PKEY_free(other);
    seal_free(&s);
}
END_TEST

START_TEST(another_position_is_found)
{
    struct seal s;
    prepare(0);
    make(&s);
    struct log_position other = at;
    other.size++;
    expect_err(seal_check_position(&s, &other, &d), E_LOG_SEAL);
    other = at;
    other.head[5] ^= 1;
    expect_err(seal_check_position(&s, &other, &d), E_LOG_SEAL);
    other = at;
    other.id[5] ^= 1;
    expect_err(seal_check_position(&s, &other, &d), E_LOG_SEAL);
    other = at;
    other.hash = DIGEST_SHA256;
    expect_err(seal_check_position(&s, &other, &d), E_LOG_SEAL);
    other = at;
    other.merkle.peaks[1][5] ^= 1;
    expect_err(seal_check_position(&s, &other, &d), E_LOG_SEAL);
    expect_ok(seal_check_position(&s, &at, &d));
    seal_free(&s);
}
END_TEST

/* The seal line of a log that stands at `at`. */
static void seal_record(const struct seal *s, struct record *r)
{
    struct buf line = {0};
    expect_ok_diag(
        record_write(at.size + 1, at.time, RECORD_SEAL, at.head, seal_fields(s), &line, &d), &d);
    expect_ok_diag(record_parse(buf_span(&line), r, &d), &d);
    buf_free(&line);
}

START_TEST(a_seal_line_gives_the_seal_back)
{
    struct seal s;
    struct seal back;
    struct record r;
    prepare(_i);
    make(&s);
    seal_record(&s, &r);
    expect_ok_diag(seal_from_record(&r, &at, &back, &d), &d);
    ck_assert_str_eq(back.key, NAME);
    ck_assert_uint_eq(back.size, 5);
    expect_ok_diag(seal_verify(&back, alg, key, &d), &d);
    expect_ok_diag(seal_check_position(&back, &at, &d), &d);
    seal_free(&back);

    struct log_position other = at;
    other.size = 4;
    expect_err(seal_from_record(&r, &other, &back, &d), E_LOG_SEAL);
    ck_assert_ptr_null(back.signature.data);
    other = at;
    other.merkle.peaks[0][0] ^= 1;
    expect_err(seal_from_record(&r, &other, &back, &d), E_LOG_SEAL);
    r.type = RECORD_BUNDLE;
    expect_err(seal_from_record(&r, &at, &back, &d), E_LOG_FORMAT);
    record_free(&r);
    seal_free(&s);
}
END_TEST

START_TEST(a_seal_file_round_trips)
{
    struct seal s;
    struct seal back;
    struct buf file = {0};
    struct buf again = {0};
    prepare(_i);
    make(&s);
    expect_ok(seal_write(&s, &file));
    ck_assert_int_eq(file.data[file.len - 1], '\n');
    expect_ok_diag(seal_parse(buf_span(&file), &back, &d), &d);
    expect_ok(seal_write(&back, &again));
    ck_assert_uint_eq(again.len, file.len);
    ck_assert_mem_eq(again.data, file.data, file.len);
    expect_ok_diag(seal_verify(&back, alg, key, &d), &d);
    expect_ok_diag(seal_check_position(&back, &at, &d), &d);
    seal_free(&back);
    seal_free(&s);
    buf_free(&file);
    buf_free(&again);
}
END_TEST

/* What whoever reads a seal does: the key is found by its name, so that another name is no key of
 * ours. */
static bool accepted(struct span file)
{
    struct seal s;
    enum err e = seal_parse(file, &s, &d);
    if (e != E_OK) {
        ck_assert_int_eq(e, E_BUNDLE_FORMAT);
        ck_assert_ptr_null(s.signature.data);
        return false;
    }
    bool ours = strcmp(s.key, NAME) == 0 && seal_verify(&s, alg, key, &d) == E_OK;
    seal_free(&s);
    return ours;
}

START_TEST(every_flipped_bit_is_found)
{
    struct seal s;
    struct buf file = {0};
    prepare(_i);
    make(&s);
    expect_ok(seal_write(&s, &file));
    ck_assert(accepted(buf_span(&file)));
    for (size_t i = 0; i < 8 * file.len; i++) {
        file.data[i / 8] ^= (uint8_t)(1u << i % 8);
        ck_assert_msg(!accepted(buf_span(&file)), "byte %zu bit %zu", i / 8, i % 8);
        file.data[i / 8] ^= (uint8_t)(1u << i % 8);
    }
    for (size_t n = 0; n < file.len; n++)
        ck_assert(!accepted((struct span){file.data, n}));
    seal_free(&s);
    buf_free(&file);
}
END_TEST

/* The object of a good seal with one field set to this JSON value (NULL: removed). */
static void expect_refused(const char *field, const char *value)
{
    struct seal s;
    struct seal back;
    struct buf file = {0};
    make(&s);
    expect_ok(seal_write(&s, &file));
    json_t *obj = json_loadb((const char *)file.data, file.len, 0, NULL);
    ck_assert_ptr_nonnull(obj);
    if (value == NULL)
        ck_assert_int_eq(json_object_del(obj, field), 0);
    else
        ck_assert_int_eq(json_object_set_new(obj, field, json_loads(value, JSON_DECODE_ANY, NULL)),
                         0);
    buf_reset(&file);
    expect_ok(json_line_write(obj, &file));
    buf_append_byte(&file, '\n');
    expect_err(seal_parse(buf_span(&file), &back, &d), E_BUNDLE_FORMAT);
    json_decref(obj);
    buf_free(&file);
    seal_free(&s);
}

START_TEST(other_objects_are_refused)
{
    static const char *const fields[] = {"format", "log",  "hash", "size",
                                         "head",   "root", "key",  "signature"};
    prepare(0);
    for (size_t i = 0; i < 8; i++) {
        expect_refused(fields[i], NULL);
        expect_refused(fields[i], "null");
        expect_refused(fields[i], "\"\"");
        expect_refused(fields[i], "-1");
    }
    expect_refused("format", "\"rootseal-seal-2\"");
    expect_refused("hash", "\"md5\"");
    expect_refused("size", "0");
    expect_refused("size", "\"5\"");
    expect_refused("key", "\"../key\"");
    expect_refused("extra", "1");
    struct seal s;
    expect_err(seal_parse((struct span){(const uint8_t *)"{}\n", 3}, &s, &d), E_BUNDLE_FORMAT);
    expect_err(seal_parse((struct span){NULL, 0}, &s, &d), E_BUNDLE_FORMAT);
    static const uint8_t large[LIMIT_LOG_LINE + 1];
    expect_err(seal_parse((struct span){large, sizeof large}, &s, &d), E_BUNDLE_FORMAT);
}
END_TEST

Suite *suite_seal(void);
Suite *suite_seal(void)
{
    Suite *s = suite_create("seal");
    TCase *t = tcase_create("seal");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, NULL, tear_down);
    tcase_add_test(t, the_text_is_as_documented);
    tcase_add_test(t, names_are_checked);
    tcase_add_loop_test(t, a_seal_verifies, 0, ALGS);
    tcase_add_loop_test(t, altered_seals_do_not_verify, 0, ALGS);
    tcase_add_test(t, another_position_is_found);
    tcase_add_loop_test(t, a_seal_line_gives_the_seal_back, 0, ALGS);
    tcase_add_loop_test(t, a_seal_file_round_trips, 0, ALGS);
    tcase_add_loop_test(t, every_flipped_bit_is_found, 0, ALGS);
    tcase_add_test(t, other_objects_are_refused);
    suite_add_tcase(s, t);
    return s;
}
