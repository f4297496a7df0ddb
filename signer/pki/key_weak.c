/* The strength half of key.h. All numbers here are public: nothing needs to take constant time. */
#include <endian.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <pthread.h>
#include <string.h>

#include "pki/key.h"

#define RSA_BITS_MIN 2048
#define WORDS_MAX (8192 / 64)
#define PRIME_LIMIT 65536
#define PRIMES_ROOM 6542 /* primes below PRIME_LIMIT */
#define LANES 4          /* groups tried side by side, to keep the multiplier busy */
#define GROUPS_ROOM (PRIMES_ROOM / 4 + LANES) /* any four primes fit one group */
#define FERMAT_STEPS 100
#define ROCA_LAST_PRIME 167
#define ROCA_GENERATOR 65537

/* The odd primes below 2^16, and their products as far as they fit 64 bits: what C cannot compute
 * when it compiles. Written once, under pthread_once(), and constant from then on. */
struct group {
    uint64_t product;
    uint64_t inverse; /* of product, modulo 2^64 */
    uint16_t first;   /* of its primes in table.primes */
    uint16_t count;
};
struct table {
    uint16_t primes[PRIMES_ROOM];
    struct group groups[GROUPS_ROOM];
    size_t groups_count; /* a multiple of LANES */
};
static struct table table;
static pthread_once_t table_once = PTHREAD_ONCE_INIT;

/* Newton's iteration doubles the right bits, and an odd number is its own inverse modulo 8. */
static uint64_t inverse_of(uint64_t odd)
{
    uint64_t x = odd;
    for (int bits = 3; bits < 64; bits *= 2)
        x *= 2 - odd * x;
    return x;
}

static void table_make(void)
{
    static bool composite[PRIME_LIMIT];
    size_t primes = 0;
    struct group *g = NULL;
    for (unsigned p = 3; p < PRIME_LIMIT; p += 2) {
        if (composite[p])
            continue;
        for (unsigned m = 2 * p; m < PRIME_LIMIT; m += p)
            composite[m] = true;
        if (g == NULL || g->product > UINT64_MAX / p) {
            g = &table.groups[table.groups_count++];
            *g = (struct group){.product = 1, .first = (uint16_t)primes};
        }
        table.primes[primes++] = (uint16_t)p;
        g->product *= p;
        g->count++;
    }
    while (table.groups_count % LANES != 0)
        table.groups[table.groups_count++] = (struct group){.product = 1};
    for (size_t i = 0; i < table.groups_count; i++)
        table.groups[i].inverse = inverse_of(table.groups[i].product);
}

static uint64_t high_half(uint64_t a, uint64_t b)
{
    return (uint64_t)((unsigned __int128)a * b >> 64);
}

/* A prime below 2^16 that divides the number, or 0. Each product m is divided into the number
 * exactly from its low end: what is left over in `borrow` is congruent to minus the number, times a
 * power of 2^-64, modulo m, so that a prime of m divides the one when and only when it divides the
 * other. */
static unsigned small_factor(const uint64_t *words, size_t n)
{
    pthread_once(&table_once, table_make);
    for (size_t at = 0; at < table.groups_count; at += LANES) {
        const struct group *g = &table.groups[at];
        uint64_t borrow[LANES] = {0};
        for (size_t i = 0; i < n; i++)
            for (size_t lane = 0; lane < LANES; lane++) {
                uint64_t low = words[i] - borrow[lane];
                uint64_t quotient = low * g[lane].inverse;
                borrow[lane] = high_half(quotient, g[lane].product) + (words[i] < borrow[lane]);
            }
        for (size_t lane = 0; lane < LANES; lane++)
            for (size_t i = 0; i < g[lane].count; i++) {
                unsigned p = table.primes[g[lane].first + i];
                if (borrow[lane] % p == 0)
                    return p;
            }
    }
    return 0;
}

static bool is_power_of_generator(unsigned residue, unsigned p)
{
    unsigned x = 1;
    do {
        if (x == residue)
            return true;
        x = x * (ROCA_GENERATOR % p) % p;
    } while (x != 1);
    return false;
}

/* Primes that Infineon's library made are 65537^a modulo the product of the small primes, and so
 * are their products: for no prime up to 167 may the modulus then lie outside the group that 65537
 * generates (Nemec et al., 2017). */
static bool has_roca_fingerprint(const BIGNUM *n)
{
    pthread_once(&table_once, table_make);
    for (size_t i = 0; table.primes[i] <= ROCA_LAST_PRIME; i++)
        if (!is_power_of_generator((unsigned)BN_mod_word(n, table.primes[i]), table.primes[i]))
            return false;
    return true;
}

/* root = the integer part of the square root of v (Newton's method from above). */
static bool square_root(BIGNUM *root, const BIGNUM *v, BN_CTX *c)
{
    if (BN_is_zero(v)) {
        BN_zero(root);
        return true;
    }
    BN_CTX_start(c);
    BIGNUM *next = BN_CTX_get(c);
    bool ok = next != NULL && BN_set_word(root, 1) == 1 &&
              BN_lshift(root, root, (BN_num_bits(v) + 1) / 2) == 1;
    while (ok) {
        ok = BN_div(next, NULL, v, root, c) == 1 && BN_add(next, next, root) == 1 &&
             BN_rshift1(next, next) == 1;
        if (!ok || BN_cmp(next, root) >= 0)
            break;
        ok = BN_copy(root, next) != NULL;
    }
    BN_CTX_end(c);
    return ok;
}

/* Sieve for squares: a square is one modulo each of these as well. Their product fits 32 bits; 4 in
 * 1,000 pass. */
static const unsigned sieve[] = {64, 63, 61, 59, 55};
#define SIEVE_COUNT (sizeof sieve / sizeof sieve[0])
#define SIEVE_PRODUCT (64u * 63 * 61 * 59 * 55)

static void sieve_make(uint64_t squares[SIEVE_COUNT])
{
    for (size_t i = 0; i < SIEVE_COUNT; i++) {
        squares[i] = 0;
        for (unsigned x = 0; x < sieve[i]; x++)
            squares[i] |= UINT64_C(1) << (x * x % sieve[i]);
    }
}

static bool sieve_passes(const uint64_t squares[SIEVE_COUNT], uint64_t v)
{
    for (size_t i = 0; i < SIEVE_COUNT; i++)
        if ((squares[i] >> (v % sieve[i]) & 1) == 0)
            return false;
    return true;
}

/* Is (root + step)^2 - n a square? Then n = (a - b)(a + b). */
static bool splits(const BIGNUM *n, const BIGNUM *root, unsigned step, BN_CTX *c, bool *yes)
{
    BN_CTX_start(c);
    BIGNUM *a = BN_CTX_get(c), *rest = BN_CTX_get(c), *b = BN_CTX_get(c);
    bool ok = b != NULL && BN_copy(a, root) != NULL && BN_add_word(a, step) == 1 &&
              BN_sqr(rest, a, c) == 1 && BN_sub(rest, rest, n) == 1 && square_root(b, rest, c) &&
              BN_sqr(b, b, c) == 1;
    *yes = ok && BN_cmp(b, rest) == 0;
    BN_CTX_end(c);
    return ok;
}

/* Fermat's method: 100 steps from the square root upwards. */
static bool fermat(const BIGNUM *n, bool *found)
{
    *found = false;
    BN_CTX *c = BN_CTX_new();
    BIGNUM *root = BN_new(), *square = BN_new();
    bool ok = c != NULL && root != NULL && square != NULL && square_root(root, n, c) &&
              BN_sqr(square, root, c) == 1;
    if (ok && BN_cmp(square, n) < 0)
        ok = BN_add_word(root, 1) == 1;
    if (!ok)
        goto out;
    uint64_t squares[SIEVE_COUNT];
    sieve_make(squares);
    uint64_t n_rest = BN_mod_word(n, SIEVE_PRODUCT), a_rest = BN_mod_word(root, SIEVE_PRODUCT);
    for (unsigned step = 0; ok && !*found && step < FERMAT_STEPS; step++) {
        uint64_t a = a_rest + step;
        if (sieve_passes(squares, a * a + SIEVE_PRODUCT - n_rest))
            ok = splits(n, root, step, c, found);
    }
out:
    BN_free(square);
    BN_free(root);
    BN_CTX_free(c);
    return ok;
}

static enum err check_modulus(const BIGNUM *n, struct diag *d)
{
    uint8_t bytes[8 * WORDS_MAX];
    uint64_t words[WORDS_MAX];
    size_t count = ((size_t)BN_num_bits(n) + 63) / 64;
    bool close_primes;
    if (count > WORDS_MAX || BN_bn2lebinpad(n, bytes, (int)(8 * count)) < 0)
        return diag_set(d, E_KEY_SIZE, "RSA with %d bits", BN_num_bits(n));
    memcpy(words, bytes, 8 * count);
    for (size_t i = 0; i < count; i++)
        words[i] = le64toh(words[i]);
    unsigned p = BN_is_odd(n) ? small_factor(words, count) : 2;
    if (p != 0)
        return diag_set(d, E_KEY_FACTOR, "%u divides the modulus", p);
    if (has_roca_fingerprint(n))
        return diag_set(d, E_KEY_ROCA, "RSA with %d bits", BN_num_bits(n));
    if (!fermat(n, &close_primes))
        return diag_set(d, E_CRYPTO, "looking for close primes");
    if (close_primes)
        return diag_set(d, E_KEY_FERMAT, "the modulus was factored in at most %d steps",
                        FERMAT_STEPS);
    return E_OK;
}

enum err key_check_strength(const struct key *k, struct diag *d)
{
    if (k->kind != KEY_RSA)
        return E_OK;
    enum err e = E_OK;
    BIGNUM *n = NULL, *x = NULL;
    if (EVP_PKEY_get_bn_param(k->pkey, OSSL_PKEY_PARAM_RSA_N, &n) != 1 ||
        EVP_PKEY_get_bn_param(k->pkey, OSSL_PKEY_PARAM_RSA_E, &x) != 1)
        e = diag_set(d, E_CRYPTO, "an RSA key's numbers");
    else if (k->bits < RSA_BITS_MIN || k->bits % 8 != 0)
        e = diag_set(d, E_KEY_SIZE, "RSA with %d bits; at least %d, in whole bytes", k->bits,
                     RSA_BITS_MIN);
    else if (!BN_is_word(x, 65537))
        e = diag_set(d, E_KEY_EXPONENT, "an exponent of %d bits", BN_num_bits(x));
    else
        e = check_modulus(n, d);
    BN_free(n);
    BN_free(x);
    ERR_clear_error();
    return e;
}
