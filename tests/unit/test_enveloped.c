/* SM2EnvelopedKey: each part of it missing, empty, of another kind or with something after it. */
#include <string.h>

#include "expect.h"
#include "help_pki.h"
#include "pki/der.h"
#include "pki/der_write.h"
#include "pki/enveloped.h"

Suite *suite_enveloped(void);

static EVP_PKEY *pkey;
static struct key key;
static struct diag d;

static void set_up(void)
{
    d = (struct diag){0};
    pkey = help_key(KEY_SM2);
    expect_ok(key_from_pkey(pkey, &key, &d));
}

static void tear_down(void)
{
    key_free(&key);
    EVP_PKEY_free(pkey);
}

/* The values in the order in which they are opened or stand; each can be spoilt. */
enum part { WHOLE, ALGORITHM, OID, CIPHER, X, Y, HASH, TEXT, PUBLIC, PRIVATE, PARTS };
enum spoil { NOTHING, OTHER_TAG, NOTHING_IN_IT, SOMETHING_AFTER, MISSING, SPOILS };

static void value(struct buf *out, enum part part, enum part at, enum spoil how, uint8_t tag, const uint8_t *p, size_t n)
{
    if (part != at)
        how = NOTHING;
    if (how != MISSING)
        der_value(out, how == OTHER_TAG ? 0x0c : tag, p, how == NOTHING_IN_IT ? 0 : n);
    if (how == SOMETHING_AFTER)
        der_value(out, 0x05, NULL, 0);
}

static enum err check_unused(enum part at, enum spoil how, uint8_t unused_public, uint8_t unused_private)
{
    static const uint8_t some[33] = {0, 0x11}, oid[] = {0x2a, 0x03};
    uint8_t bits[66] = {unused_public}, secret[33] = {unused_private};
    struct buf algorithm = {0}, cipher = {0}, body = {0}, whole = {0};
    memcpy(bits + 1, key.spki.data + key.spki.len - 65, 65);
    if (unused_public > 0)
        bits[65] &= 0xfe; /* DER has zeros there */
    value(&algorithm, OID, at, how, DER_OID, oid, sizeof oid);
    value(&cipher, X, at, how, DER_INTEGER, some + 1, 32);
    value(&cipher, Y, at, how, DER_INTEGER, some + 1, 32);
    value(&cipher, HASH, at, how, DER_OCTET_STRING, some, 32);
    value(&cipher, TEXT, at, how, DER_OCTET_STRING, some, 16);
    value(&body, ALGORITHM, at, how, DER_SEQUENCE, algorithm.data, algorithm.len);
    value(&body, CIPHER, at, how, DER_SEQUENCE, cipher.data, cipher.len);
    value(&body, PUBLIC, at, how, DER_BIT_STRING, bits, sizeof bits);
    value(&body, PRIVATE, at, how, DER_BIT_STRING, secret, sizeof secret);
    value(&whole, WHOLE, at, how, DER_SEQUENCE, body.data, body.len);
    enum err e = enveloped_check(buf_span(&whole), &key, &d);
    struct buf *all[] = {&algorithm, &cipher, &body, &whole};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        buf_free(all[i]);
    return e;
}

static enum err check(enum part at, enum spoil how)
{
    return check_unused(at, how, 0, 0);
}

START_TEST(every_part_spoilt)
{
    expect_ok_diag(check(PARTS, NOTHING), &d);
    for (int part = 0; part < PARTS; part++)
        for (int how = OTHER_TAG; how < SPOILS; how++) {
            /* algorithms have parameters */
            enum err want = part == OID && how == SOMETHING_AFTER ? E_OK : E_ENVELOPED_KEY;
            enum err e = check((enum part)part, (enum spoil)how);
            ck_assert_msg(e == want, "part %d, spoilt %d: %s", part, how, err_name(e));
        }
}
END_TEST

/* Bits at the end that do not count. */
START_TEST(bit_strings_in_bytes)
{
    expect_err(check_unused(PARTS, NOTHING, 1, 0), E_ENVELOPED_KEY);
    expect_err(check_unused(PARTS, NOTHING, 0, 1), E_ENVELOPED_KEY);
}
END_TEST

/* A private key of no bytes. */
START_TEST(nothing_encrypted)
{
    struct buf good = {0};
    static const uint8_t empty[] = {DER_BIT_STRING, 1, 0};
    help_envelope(pkey, &good);
    ck_assert_uint_lt(good.len, 0x100);
    ck_assert_uint_eq(good.data[1], 0x81);
    good.len -= 35; /* the BIT STRING with 32 bytes */
    buf_append(&good, empty, sizeof empty);
    good.data[2] = (uint8_t)(good.len - 3);
    expect_err(enveloped_check(buf_span(&good), &key, &d), E_ENVELOPED_KEY);
    buf_free(&good);
}
END_TEST

Suite *suite_enveloped(void)
{
    Suite *s = suite_create("enveloped");
    TCase *t = tcase_create("enveloped");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, every_part_spoilt);
    tcase_add_test(t, bit_strings_in_bytes);
    tcase_add_test(t, nothing_encrypted);
    suite_add_tcase(s, t);
    return s;
}
