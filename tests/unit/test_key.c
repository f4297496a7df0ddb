#include "pki/key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/x509.h>
#include <string.h>

#include "expect.h"
#include "help_pki.h"
#include "pki/der.h"
#include "pki/der_write.h"

Suite *suite_key(void);

#define SM2_PREFIX "3059301306072a8648ce3d020106082a811ccf5501822d034200"
#define P256_PREFIX "3059301306072a8648ce3d020106082a8648ce3d030107034200"
#define OLD_PREFIX "305a301406082a811ccf5501822d06082a811ccf5501822d034200"
#define SM2_X "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
#define SM2_Y "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"

static enum err from_hex(const char *hex, struct key *out)
{
    struct buf der = {0};
    help_hex(hex, &der);
    enum err e = key_from_spki(buf_span(&der), out, NULL);
    buf_free(&der);
    return e;
}

START_TEST(keys_are_read_and_written_as_openssl_does)
{
    static const int bits[] = {
        [KEY_SM2] = 256, [KEY_P256] = 256, [KEY_P384] = 384, [KEY_RSA] = 2048};
    for (int i = 0; i < 4; i++) {
        EVP_PKEY *pkey = help_key((enum key_kind)i);
        struct key key, again;
        struct diag d = {0};
        uint8_t *der = NULL, digest[DIGEST_LEN], ski[20];
        int n = i2d_PUBKEY(pkey, &der);
        expect_ok_diag(key_from_pkey(pkey, &key, &d), &d);
        ck_assert_int_eq(key.kind, i);
        ck_assert_int_eq(key.bits, bits[i]);
        ck_assert(der_same(buf_span(&key.spki), (struct span){der, (size_t)n}));
        ck_assert_int_eq(EVP_PKEY_eq(key.pkey, pkey), 1);
        expect_ok(digest_bytes(DIGEST_SHA256, der, (size_t)n, digest));
        ck_assert_mem_eq(key.digest, digest, DIGEST_LEN);
        X509_PUBKEY *pub = NULL;
        const uint8_t *bytes;
        int len;
        X509_PUBKEY_set(&pub, pkey);
        X509_PUBKEY_get0_param(NULL, &bytes, &len, NULL, pub);
        ck_assert_int_eq(EVP_Digest(bytes, (size_t)len, ski, NULL, EVP_sha1(), NULL), 1);
        ck_assert_mem_eq(key.ski, ski, sizeof ski);
        expect_ok(key_from_spki(buf_span(&key.spki), &again, NULL));
        expect_ok_diag(key_check_strength(&again, &d), &d);
        ck_assert_mem_eq(again.digest, key.digest, DIGEST_LEN);
        X509_PUBKEY_free(pub);
        key_free(&again);
        key_free(&key);
        OPENSSL_free(der);
        EVP_PKEY_free(pkey);
    }
}
END_TEST

START_TEST(older_sm2_form_becomes_the_standard_one)
{
    struct key old, standard;
    expect_ok(from_hex(OLD_PREFIX "04" SM2_X SM2_Y, &old));
    expect_ok(from_hex(SM2_PREFIX "04" SM2_X SM2_Y, &standard));
    ck_assert_uint_eq(old.spki.len, 91);
    ck_assert(der_same(buf_span(&old.spki), buf_span(&standard.spki)));
    ck_assert_mem_eq(old.digest, standard.digest, DIGEST_LEN);
    ck_assert_mem_eq(old.ski, standard.ski, 20);
    ck_assert(EVP_PKEY_is_a(old.pkey, "SM2"));
    key_free(&old);
    key_free(&standard);
}
END_TEST

START_TEST(points_off_the_curve_are_refused)
{
    struct key key;
    expect_err(from_hex(SM2_PREFIX "04" SM2_Y SM2_X, &key), E_KEY_POINT);
    expect_err(from_hex(P256_PREFIX "04" SM2_X SM2_Y, &key), E_KEY_POINT);
    expect_err(from_hex(OLD_PREFIX "04" SM2_Y SM2_X, &key), E_KEY_POINT);
    expect_err(from_hex("3018301306072a8648ce3d020106082a811ccf5501822d03"
                        "020000",
                        &key),
               E_CSR_FORMAT);
    expect_err(from_hex("3019301306072a8648ce3d020106082a811ccf5501822d03020000", &key),
               E_KEY_POINT);
    expect_err(from_hex("3019301306072a8648ce3d020106082a811ccf5501822d03020001", &key),
               E_KEY_TYPE);
    /* A coordinate that is not reduced: the field's prime itself in place of 0. */
    expect_err(from_hex(SM2_PREFIX
                        "04"
                        "fffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffff" SM2_Y,
                        &key),
               E_KEY_POINT);
    ck_assert_ptr_null(key.pkey);
}
END_TEST

START_TEST(other_kinds_are_refused)
{
    struct key key;
    EVP_PKEY *other[] = {EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"),
                         EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-521"),
                         EVP_PKEY_Q_keygen(NULL, NULL, "EC", "secp256k1")};
    for (size_t i = 0; i < 3; i++) {
        expect_err(key_from_pkey(other[i], &key, NULL), E_KEY_TYPE);
        EVP_PKEY_free(other[i]);
    }
    /* compressed, and hybrid */
    expect_err(from_hex("3039301306072a8648ce3d020106082a811ccf5501822d03220003" SM2_X, &key),
               E_KEY_TYPE);
    expect_err(from_hex(SM2_PREFIX "07" SM2_X SM2_Y, &key), E_KEY_TYPE);
    /* a point of another length */
    expect_err(from_hex("3058301306072a8648ce3d020106082a811ccf5501822d03410004" SM2_X
                        "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad",
                        &key),
               E_KEY_TYPE);
    /* explicit parameters; an RSA key bound to PSS */
    ck_assert(help_run(
        "openssl ecparam -name prime256v1 -genkey -param_enc explicit -noout -out k.pem && "
        "openssl pkey -in k.pem -pubout -outform DER -out p.der"));
    struct buf der = {0};
    help_read("p.der", &der);
    expect_err(key_from_spki(buf_span(&der), &key, NULL), E_KEY_TYPE);
    buf_reset(&der);
    ck_assert(
        help_run("openssl genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 -out k.pem && "
                 "openssl pkey -in k.pem -pubout -outform DER -out p.der"));
    help_read("p.der", &der);
    expect_err(key_from_spki(buf_span(&der), &key, NULL), E_KEY_TYPE);
    buf_free(&der);
}
END_TEST

/* Whatever is accepted is written back as those very bytes, so that one key has one digest. */
START_TEST(every_flip_and_truncation_gives_another_key_or_none)
{
    for (int i = 0; i < 4; i++) {
        EVP_PKEY *pkey = help_key((enum key_kind)i);
        struct key key, changed;
        struct buf der = {0};
        expect_ok(key_from_pkey(pkey, &key, NULL));
        buf_append(&der, key.spki.data, key.spki.len);
        for (size_t n = 0; n < der.len; n++)
            ck_assert_int_eq(key_from_spki((struct span){der.data, n}, &changed, NULL),
                             E_CSR_FORMAT);
        for (size_t bit = 0; bit < 8 * der.len; bit++) {
            der.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
            if (key_from_spki(buf_span(&der), &changed, NULL) == E_OK) {
                ck_assert(der_same(buf_span(&changed.spki), buf_span(&der)));
                ck_assert(memcmp(changed.digest, key.digest, DIGEST_LEN) != 0);
                key_free(&changed);
            }
            ck_assert_ptr_null(changed.pkey);
            ck_assert_ptr_null(changed.spki.data);
            der.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
        buf_append_byte(&der, 0);
        expect_err(key_from_spki(buf_span(&der), &changed, NULL), E_CSR_FORMAT);
        buf_free(&der);
        key_free(&key);
        EVP_PKEY_free(pkey);
    }
}
END_TEST

/* The SubjectPublicKeyInfo of n and e. */
static void rsa_spki(const BIGNUM *n, const BIGNUM *e, struct buf *out)
{
    static const uint8_t id[] = {0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
                                 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00};
    struct buf numbers = {0}, bits = {0}, body = {0};
    uint8_t bytes[2048];
    const BIGNUM *both[] = {n, e};
    for (int i = 0; i < 2; i++) {
        ck_assert_int_le(BN_num_bytes(both[i]), (int)sizeof bytes);
        int len = BN_bn2bin(both[i], bytes);
        der_put_unsigned(&numbers, (struct span){bytes, (size_t)len});
    }
    buf_append_byte(&bits, 0);
    der_put(&bits, DER_SEQUENCE, buf_span(&numbers));
    buf_append(&body, id, sizeof id);
    der_put(&body, DER_BIT_STRING, buf_span(&bits));
    der_put(out, DER_SEQUENCE, buf_span(&body));
    ck_assert_int_eq(buf_err(out), E_OK);
    buf_free(&numbers);
    buf_free(&bits);
    buf_free(&body);
}

static enum err strength_of_spki(struct span der)
{
    struct key key;
    struct diag d = {0};
    enum err e = key_from_spki(der, &key, &d);
    if (e == E_OK)
        e = key_check_strength(&key, &d);
    ck_assert_int_eq(d.code, e);
    key_free(&key);
    return e;
}

static enum err strength_of(const BIGNUM *n, const BIGNUM *e)
{
    struct buf der = {0};
    rsa_spki(n, e, &der);
    enum err result = strength_of_spki(buf_span(&der));
    buf_free(&der);
    return result;
}

static enum err strength(const BIGNUM *n, BN_ULONG e)
{
    BIGNUM *exponent = BN_new();
    ck_assert_int_eq(BN_set_word(exponent, e), 1);
    enum err result = strength_of(n, exponent);
    BN_free(exponent);
    return result;
}

static BIGNUM *modulus(size_t bits)
{
    BIGNUM *n = NULL;
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", bits);
    ck_assert_int_eq(EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n), 1);
    EVP_PKEY_free(key);
    return n;
}

START_TEST(sizes_and_exponents)
{
    BIGNUM *n2048 = modulus(2048), *n3072 = modulus(3072), *n1024 = modulus(1024),
           *n2050 = modulus(2050);
    expect_ok(strength(n2048, 65537));
    expect_ok(strength(n3072, 65537));
    expect_err(strength(n1024, 65537), E_KEY_SIZE);
    expect_err(strength(n2050, 65537), E_KEY_SIZE);
    expect_err(strength(n2048, 3), E_KEY_EXPONENT);
    expect_err(strength(n2048, 1), E_KEY_EXPONENT);
    expect_err(strength(n2048, 65539), E_KEY_EXPONENT);
    expect_err(strength(n2048, 0), E_CSR_FORMAT);
    expect_err(strength_of(n2048, n1024), E_KEY_EXPONENT);
    BIGNUM *zero = BN_new(), *huge = BN_new();
    expect_err(strength(zero, 65537), E_CSR_FORMAT);
    ck_assert_int_eq(BN_lshift(huge, n2048, 8192 - 2048), 1);
    expect_err(strength(huge, 65537), E_KEY_FACTOR);
    ck_assert_int_eq(BN_lshift1(huge, huge), 1);
    expect_err(strength(huge, 65537), E_KEY_SIZE);
    ck_assert_int_eq(BN_lshift(huge, huge, 4096), 1);
    expect_err(strength(huge, 65537), E_KEY_SIZE);
    BN_free(n2048);
    BN_free(n3072);
    BN_free(n1024);
    BN_free(n2050);
    BN_free(zero);
    BN_free(huge);
}
END_TEST

static BIGNUM *prime(int bits)
{
    BIGNUM *p = BN_new();
    ck_assert_int_eq(BN_generate_prime_ex(p, bits, 0, NULL, NULL, NULL), 1);
    return p;
}

static BIGNUM *product(const BIGNUM *a, const BIGNUM *b)
{
    BN_CTX *c = BN_CTX_new();
    BIGNUM *n = BN_new();
    ck_assert_int_eq(BN_mul(n, a, b, c), 1);
    BN_CTX_free(c);
    return n;
}

static bool is_prime(unsigned p)
{
    for (unsigned q = 2; q * q <= p; q++)
        if (p % q == 0)
            return false;
    return p > 1;
}

#define COFACTORS 24

static bool is_allowed_size(const BIGNUM *n)
{
    return BN_num_bits(n) >= 2048 && BN_num_bits(n) % 8 == 0;
}

/* A modulus of an allowed size: powers of p, and large primes. */
static void multiple_of(BIGNUM *n, BN_ULONG p, BIGNUM *const cofactors[COFACTORS])
{
    for (int i = 0; i < COFACTORS; i++) {
        ck_assert_ptr_nonnull(BN_copy(n, cofactors[i]));
        do
            ck_assert_int_eq(BN_mul_word(n, p), 1);
        while (!is_allowed_size(n) && BN_num_bits(n) < 2100);
        if (is_allowed_size(n))
            return;
    }
    ck_abort_msg("no modulus for %lu", (unsigned long)p);
}

/* Each odd prime below 2^16 as the only small factor: none is missing. */
START_TEST(every_small_factor_is_found)
{
    BIGNUM *half = prime(1000), *cofactors[COFACTORS], *n = BN_new();
    unsigned found = 0;
    for (int i = 0; i < COFACTORS; i++) {
        BIGNUM *other = prime(1032 + i);
        cofactors[i] = product(half, other);
        BN_free(other);
    }
    for (unsigned p = 3; p < 65536; p += 2) {
        if (!is_prime(p))
            continue;
        multiple_of(n, p, cofactors);
        ck_assert_msg(strength(n, 65537) == E_KEY_FACTOR, "%u", p);
        found++;
    }
    ck_assert_uint_eq(found, 6541);
    expect_seen(E_KEY_FACTOR);
    /* The least prime above 2^16: the limit is where it is said to be. */
    multiple_of(n, 65537, cofactors);
    expect_ok(strength(n, 65537));
    for (int i = 0; i < COFACTORS; i++)
        BN_free(cofactors[i]);
    BN_free(half);
    BN_free(n);
}
END_TEST

static void square_root(BIGNUM *root, const BIGNUM *v)
{
    BN_CTX *c = BN_CTX_new();
    BIGNUM *next = BN_new();
    BN_one(root);
    BN_lshift(root, root, (BN_num_bits(v) + 1) / 2);
    while (BN_div(next, NULL, v, root, c) == 1 && BN_add(next, next, root) == 1 &&
           BN_rshift1(next, next) == 1 && BN_cmp(next, root) < 0)
        BN_copy(root, next);
    BN_free(next);
    BN_CTX_free(c);
}

/* The code for n = (a - b)(a + b), which Fermat's method finds in the step of this number, counted
 * from 0. */
static enum err fermat_step(unsigned step)
{
    BIGNUM *a = BN_new(), *b = BN_new(), *p = BN_new(), *q = BN_new(), *v = BN_new();
    enum err e = E_KEY_FACTOR;
    while (e == E_KEY_FACTOR || e == E_KEY_SIZE) {
        ck_assert_int_eq(BN_rand(a, 1024, BN_RAND_TOP_TWO, BN_RAND_BOTTOM_ANY), 1);
        /* b^2 / 2a = step + 1/2 */
        ck_assert(BN_copy(v, a) != NULL && BN_mul_word(v, 2 * step + 1) == 1);
        square_root(b, v);
        ck_assert(BN_sub(p, a, b) == 1 && BN_add(q, a, b) == 1);
        if (!BN_is_odd(p))
            continue;
        BIGNUM *n = product(p, q);
        e = strength(n, 65537);
        BN_free(n);
    }
    BN_free(a);
    BN_free(b);
    BN_free(p);
    BN_free(q);
    BN_free(v);
    return e;
}

START_TEST(close_primes_are_found_in_100_steps)
{
    expect_err(fermat_step(0), E_KEY_FERMAT);
    expect_err(fermat_step(1), E_KEY_FERMAT);
    expect_err(fermat_step(50), E_KEY_FERMAT);
    expect_err(fermat_step(99), E_KEY_FERMAT);
    expect_ok(fermat_step(100));
    BIGNUM *p = prime(1024), *square = product(p, p);
    expect_err(strength(square, 65537), E_KEY_FERMAT);
    BN_free(p);
    BN_free(square);
}
END_TEST

/* A prime k * M + (65537^a mod M), M the product of the primes up to 167, as the broken library
 * made them. */
static BIGNUM *roca_prime(void)
{
    BN_CTX *c = BN_CTX_new();
    BIGNUM *m = BN_new(), *g = BN_new(), *a = BN_new(), *rest = BN_new(), *p = BN_new();
    BN_one(m);
    for (unsigned q = 2; q <= 167; q++)
        if (is_prime(q))
            BN_mul_word(m, q);
    BN_set_word(g, 65537);
    do {
        ck_assert(BN_rand(a, 62, 0, 0) == 1 && BN_mod_exp(rest, g, a, m, c) == 1);
        ck_assert(BN_rand(p, 1024 - BN_num_bits(m) + 1, BN_RAND_TOP_TWO, 0) == 1 &&
                  BN_mul(p, p, m, c) == 1 && BN_add(p, p, rest) == 1);
    } while (BN_num_bits(p) != 1024 || BN_check_prime(p, c, NULL) != 1);
    BN_free(m);
    BN_free(g);
    BN_free(a);
    BN_free(rest);
    BN_CTX_free(c);
    return p;
}

START_TEST(the_roca_fingerprint_is_found)
{
    BIGNUM *p = roca_prime(), *q = roca_prime(), *other = prime(1024), *n = product(p, q),
           *half = product(p, other);
    if (BN_num_bits(n) == 2048)
        expect_err(strength(n, 65537), E_KEY_ROCA);
    /* One broken prime does not give the modulus the fingerprint. */
    if (BN_num_bits(half) == 2048)
        expect_ok(strength(half, 65537));
    BN_free(p);
    BN_free(q);
    BN_free(other);
    BN_free(n);
    BN_free(half);
}
END_TEST

START_TEST(known_weak_keys)
{
    /* The last three have no flaw that shows in one key: they need a list of the known ones. */
    static const struct {
        const char *file;
        enum err want;
    } vectors[] = {
        {"weak-rsa/rsa-e1.key", E_KEY_EXPONENT},
        {"weak-rsa/rsa-large-e.key", E_KEY_EXPONENT},
        {"weak-rsa/rsa-fermat-pkcs8.key", E_KEY_FERMAT},
        {"weak-rsa/rsa-roca.key", E_KEY_ROCA},
        {"weak-rsa/rsa-smallfactors-valid.key", E_KEY_FACTOR},
        {"weak-rsa/rsa-pattern.key", E_OK},
        {"weak-rsa/rsa-debianweak.key", E_OK},
        {"weak-rsa/rsa-sharedprimes.key", E_OK},
    };
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        struct buf file = {0}, der = {0};
        if (!help_vector(vectors[i].file, &file))
            return;
        help_pem(&file, &der);
        const uint8_t *p = der.data, *r = der.data, *s = der.data;
        EVP_PKEY *key = d2i_PUBKEY(NULL, &p, (long)der.len);
        if (key == NULL)
            key = d2i_PublicKey(EVP_PKEY_RSA, NULL, &r, (long)der.len);
        if (key == NULL)
            key = d2i_AutoPrivateKey(NULL, &s, (long)der.len);
        ck_assert_msg(key != NULL, "%s", vectors[i].file);
        uint8_t *spki = NULL;
        int n = i2d_PUBKEY(key, &spki);
        enum err e = strength_of_spki((struct span){spki, (size_t)n});
        ck_assert_msg(e == vectors[i].want, "%s: %s", vectors[i].file, err_name(e));
        expect_seen(e);
        OPENSSL_free(spki);
        EVP_PKEY_free(key);
        buf_free(&file);
        buf_free(&der);
    }
}
END_TEST

/* RSAPublicKey with a number of no bytes, and an exponent longer than any modulus. */
START_TEST(rsa_numbers_out_of_form)
{
    struct key key;
    struct buf numbers = {0}, der = {0}, bits = {0};
    static const uint8_t large[8192 / 8 + 2] = {1};
    expect_err(from_hex("3019300d06092a864886f70d0101010500030800300502000201" "03", &key), E_CSR_FORMAT);
    expect_err(from_hex("3019300d06092a864886f70d0101010500030800300502010502" "00", &key), E_CSR_FORMAT);
    der_value(&numbers, DER_INTEGER, "\x05", 1);
    der_value(&numbers, DER_INTEGER, large, sizeof large);
    buf_append_byte(&bits, 0);
    der_value(&bits, DER_SEQUENCE, numbers.data, numbers.len);
    size_t whole = der_open(&der, DER_SEQUENCE);
    buf_append(&der, "\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00", 15);
    der_value(&der, DER_BIT_STRING, bits.data, bits.len);
    der_close(&der, whole);
    expect_err(key_from_spki(buf_span(&der), &key, NULL), E_KEY_SIZE);
    buf_free(&numbers);
    buf_free(&der);
    buf_free(&bits);
}
END_TEST

Suite *suite_key(void)
{
    Suite *s = suite_create("key");
    TCase *c = tcase_create("key");
    tcase_set_timeout(c, 60);
    tcase_add_checked_fixture(c, NULL, help_clean);
    tcase_add_test(c, keys_are_read_and_written_as_openssl_does);
    tcase_add_test(c, older_sm2_form_becomes_the_standard_one);
    tcase_add_test(c, points_off_the_curve_are_refused);
    tcase_add_test(c, other_kinds_are_refused);
    tcase_add_test(c, rsa_numbers_out_of_form);
    tcase_add_test(c, every_flip_and_truncation_gives_another_key_or_none);
    tcase_add_test(c, sizes_and_exponents);
    tcase_add_test(c, every_small_factor_is_found);
    tcase_add_test(c, close_primes_are_found_in_100_steps);
    tcase_add_test(c, the_roca_fingerprint_is_found);
    tcase_add_test(c, known_weak_keys);
    suite_add_tcase(s, c);
    return s;
}
