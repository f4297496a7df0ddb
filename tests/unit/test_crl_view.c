/* The reader of CRLs and the lint: what is read is what went in; nothing spoilt is taken. */
#include <check.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <unistd.h>

#include "expect.h"
#include "help_crl.h"
#include "help_pki.h"
#include "mutants.h"
#include "pki/crl_view.h"
#include "pki/der_write.h"

Suite *suite_crl_view(void);

static struct diag d;
static EVP_PKEY *key, *rsa;
static X509 *issuer;
static struct crl_head head;
static struct buf tbs, crl;
static unsigned accepted;

static void set_up(void)
{
    key = help_key(KEY_SM2);
    rsa = help_key(KEY_RSA);
    issuer = help_crl_issuer(key, SIG_SM2_SM3);
    head = help_crl_head(issuer, SIG_SM2_SM3);
    help_crl_tbs(&head, help_crl_entries, 4, &tbs);
    help_crl(&head, help_crl_entries, 4, key, &crl);
}

static void tear_down(void)
{
    buf_free(&tbs);
    buf_free(&crl);
    X509_free(issuer);
    EVP_PKEY_free(key);
    EVP_PKEY_free(rsa);
}

/* Read to the end; the head, and up to 8 entries, as the builder would be given them. */
struct seen {
    struct crl_facts f;
    struct crl_entry entries[8];
    size_t n;
};

static enum err read_to_end(struct crl_view *v, struct seen *s)
{
    bool more = true;
    struct crl_entry entry;
    *s = (struct seen){.f = *crl_view_facts(v)};
    for (;;) {
        enum err e = crl_view_next(v, &entry, &more, &d);
        if (e != E_OK || !more)
            return e;
        ck_assert_uint_lt(s->n, 8);
        s->entries[s->n++] = entry;
    }
}

static struct crl_head as_head(const struct crl_facts *f)
{
    return (struct crl_head){.issuer = f->issuer, .aki = f->aki, .alg = f->alg,
                             .sm2_null = f->alg_id.n == alg_identifier(f->alg, true).n, .this_update = f->this_update,
                             .next_update = f->next_update, .number = f->number, .base = f->base,
                             .idp_url = f->idp_url[0] != '\0' ? f->idp_url : NULL,
                             .freshest_url = f->freshest_url[0] != '\0' ? f->freshest_url : NULL};
}

/* Nothing is taken that the builder would write otherwise. */
static enum err try_tbs(struct span bytes)
{
    struct crl_view *v;
    struct seen s;
    struct buf again = {0};
    int fd = help_crl_file(bytes);
    d = (struct diag){0};
    enum err e = crl_view_open(fd, true, &v, &d);
    if (e == E_OK)
        e = read_to_end(v, &s);
    if (e == E_OK) {
        struct crl_head h = as_head(&s.f);
        help_crl_tbs(&h, s.entries, s.n, &again);
        ck_assert_uint_eq(again.len, bytes.n);
        ck_assert_mem_eq(again.data, bytes.p, bytes.n);
        accepted++;
    } else {
        ck_assert_int_eq(e, E_CRL_FORMAT);
        ck_assert_str_ne(d.text, "");
    }
    crl_view_close(v);
    close(fd);
    buf_free(&again);
    return e;
}

/* Of a signed list, only the list itself is taken. */
static enum err try_crl(struct span bytes, EVP_PKEY *with)
{
    struct crl_view *v;
    struct seen s;
    int fd = help_crl_file(bytes);
    enum err e = crl_view_open(fd, false, &v, &d);
    if (e == E_OK)
        e = read_to_end(v, &s);
    if (e == E_OK)
        e = crl_verify(v, with, &d);
    crl_view_close(v);
    close(fd);
    return e;
}

START_TEST(what_went_in)
{
    struct crl_view *v;
    struct seen s;
    int fd = help_crl_file(buf_span(&crl));
    expect_ok_diag(crl_view_open(fd, false, &v, &d), &d);
    for (int i = 0; i < 2; i++, crl_view_rewind(v)) {
        expect_ok_diag(read_to_end(v, &s), &d);
        ck_assert_uint_eq(s.n, 4);
        ck_assert_mem_eq(s.entries, help_crl_entries, sizeof help_crl_entries);
    }
    ck_assert_int_eq(s.f.this_update, head.this_update);
    ck_assert_int_eq(s.f.next_update, head.next_update);
    ck_assert_uint_eq(s.f.number, 7);
    ck_assert_uint_eq(s.f.base, 0);
    ck_assert_str_eq(s.f.idp_url, head.idp_url);
    ck_assert_str_eq(s.f.freshest_url, "");
    ck_assert_uint_eq(s.f.tbs_n, tbs.len);
    expect_ok_diag(crl_verify(v, key, &d), &d);
    expect_err(crl_verify(v, rsa, &d), E_CRL_SIGNATURE);

    /* as the source of the next list */
    struct crl_source source = crl_view_source(v);
    struct crl_written w;
    uint8_t sha256[DIGEST_LEN];
    expect_ok_diag(crl_write_tbs(&head, &source, -1, NULL, &w, &d), &d);
    expect_ok_diag(crl_view_digest(v, sha256, &d), &d);
    ck_assert_mem_eq(w.sha256, sha256, DIGEST_LEN);
    crl_view_close(v);
    close(fd);
}
END_TEST

/* More than the reader holds at once. */
START_TEST(many)
{
    static struct crl_entry entries[5000];
    struct buf bytes = {0};
    struct crl_view *v;
    struct crl_entry entry;
    bool more = true;
    for (size_t i = 0; i < 5000; i++)
        entries[i] = (struct crl_entry){{(uint8_t)(1 + i / 256), (uint8_t)i}, 2, HELP_CRL_NOW, (int)(i % 7)};
    help_crl_tbs(&head, entries, 5000, &bytes);
    int fd = help_crl_file(buf_span(&bytes));
    expect_ok_diag(crl_view_open(fd, true, &v, &d), &d);
    for (size_t i = 0; i < 5000; i++) {
        expect_ok_diag(crl_view_next(v, &entry, &more, &d), &d);
        ck_assert(more);
        ck_assert_mem_eq(&entry, &entries[i], sizeof entry);
    }
    expect_ok_diag(crl_view_next(v, &entry, &more, &d), &d);
    ck_assert(!more);
    crl_view_close(v);
    close(fd);
    buf_free(&bytes);
}
END_TEST

/* What is too long, or too short, to be what it should be. */
START_TEST(limits)
{
    static char url[600] = "http://";
    struct crl_head h = head;
    struct buf bytes = {0};
    memset(url + 7, 'a', CRL_URL_MAX - 7);
    h.idp_url = url;
    help_crl_tbs(&h, NULL, 0, &bytes);
    expect_ok_diag(try_tbs(buf_span(&bytes)), &d);
    buf_reset(&bytes);
    url[CRL_URL_MAX] = 'a';
    help_crl_tbs(&h, NULL, 0, &bytes);
    expect_err(try_tbs(buf_span(&bytes)), E_CRL_FORMAT);
    static const size_t sizes[] = {0, 1, 1024, 1025, 17000};
    static const uint8_t signature[17000];
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        uint8_t sha256[DIGEST_LEN];
        struct crl_view *v;
        int from = help_crl_file(buf_span(&tbs)), to = help_crl_file((struct span){0});
        expect_ok_diag(crl_assemble(from, tbs.len, SIG_SM2_SM3, true, (struct span){signature, sizes[i]}, to, sha256, &d), &d);
        enum err e = crl_view_open(to, false, &v, &d);
        expect_err(e, sizes[i] == 1 || sizes[i] == 1024 ? E_OK : E_CRL_FORMAT);
        if (e == E_OK)
            expect_err(crl_verify(v, key, &d), E_CRL_SIGNATURE);
        crl_view_close(v);
        close(from);
        close(to);
    }
    buf_free(&bytes);
}
END_TEST

/* A signature under the empty ID, as OpenSSL makes it by default, is none. */
START_TEST(sm2_id)
{
    struct buf signature = {0}, whole = {0};
    uint8_t bytes[128];
    size_t n = sizeof bytes;
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    ck_assert_int_eq(EVP_DigestSignInit(c, NULL, EVP_sm3(), NULL, key), 1);
    ck_assert_int_eq(EVP_DigestSign(c, bytes, &n, tbs.data, tbs.len), 1);
    EVP_MD_CTX_free(c);
    int from = help_crl_file(buf_span(&tbs)), to = help_crl_file((struct span){0});
    uint8_t sha256[DIGEST_LEN];
    expect_ok_diag(crl_assemble(from, tbs.len, SIG_SM2_SM3, true, (struct span){bytes, n}, to, sha256, &d), &d);
    help_crl_read(to, &whole);
    expect_err(try_crl(buf_span(&whole), key), E_CRL_SIGNATURE);
    close(from);
    close(to);
    buf_free(&signature);
    buf_free(&whole);
}
END_TEST

START_TEST(every_bit)
{
    expect_ok_diag(try_crl(buf_span(&crl), key), &d);
    for (size_t bit = 0; bit < 8 * crl.len; bit++) {
        crl.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        ck_assert_msg(try_crl(buf_span(&crl), key) != E_OK, "bit %zu", bit);
        crl.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t n = 0; n < crl.len; n++)
        ck_assert_msg(try_crl((struct span){crl.data, n}, key) == E_CRL_FORMAT, "%zu bytes", n);
    buf_append_byte(&crl, 0);
    expect_err(try_crl(buf_span(&crl), key), E_CRL_FORMAT);
    crl.len--;
}
END_TEST

static void try_mutant(struct span mutant)
{
    enum err e = try_tbs(mutant);
    (void)!e;
}

/* A forger who has the key writes a list of another form: whatever is taken is the one form of what it says. */
START_TEST(mutants)
{
    struct buf full = {0}, delta = {0};
    struct crl_head h = head;
    h.freshest_url = "http://crl.example/delta.crl";
    help_crl_tbs(&h, help_crl_entries, 4, &full);
    h.base = 3;
    help_crl_tbs(&h, help_crl_entries, 4, &delta);
    size_t n = mutants_each(buf_span(&full), try_mutant) + mutants_each(buf_span(&delta), try_mutant);
    ck_assert_uint_gt(n, 500);
    ck_assert_uint_gt(accepted, 10); /* other numbers, names and times are lists too */
    for (size_t bit = 0; bit < 8 * delta.len; bit++) {
        delta.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        try_mutant(buf_span(&delta));
        delta.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    buf_free(&full);
    buf_free(&delta);
}
END_TEST

/* -- forms by hand -- */

static struct buf hand;
static void hex(const char *text)
{
    help_hex(text, &hand);
}

/* A TBSCertList whose parts are given in hexadecimal; NULL: the right one. */
static enum err try_parts(const char *version, const char *alg, const char *times, const char *entries, const char *extensions)
{
    buf_reset(&hand);
    size_t seq = der_open(&hand, DER_SEQUENCE);
    hex(version != NULL ? version : "020101");
    hex(alg != NULL ? alg : "300c06082a811ccf550183750500");
    buf_append(&hand, head.issuer.p, head.issuer.n);
    hex(times != NULL ? times : "170d3236303130313030303030305a" "170d3236303230313030303030305a");
    hex(entries != NULL ? entries : "");
    hex(extensions != NULL ? extensions : "a01d301b" "300c0603551d23040530038001aa" "300b0603551d140404020209ff");
    der_close(&hand, seq);
    return try_tbs(buf_span(&hand));
}

START_TEST(forms)
{
    expect_ok_diag(try_parts(NULL, NULL, NULL, NULL, NULL), &d);
    static const char *const versions[] = {"", "020100", "020102", "02020001", "0200"};
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++)
        expect_err(try_parts(versions[i], NULL, NULL, NULL, NULL), E_CRL_FORMAT);
    static const char *const times[] = {
        "170d3236303130313030303030305a",                                       /* no nextUpdate */
        "170b323630313031303030305a" "170d3236303230313030303030305a",          /* no seconds */
        "170d3236313330313030303030305a" "170d3236303230313030303030305a",      /* month 13 */
        "170d32362d3130313030303030305a" "170d3236303230313030303030305a",      /* a sign */
        "170d3236303130313030303030302b" "170d3236303230313030303030305a",      /* not Z */
        "180f32303236303130313030303030305a" "170d3236303230313030303030305a",  /* GeneralizedTime too early */
        "170d3530303130313030303030305a" "170d3236303230313030303030305a",      /* 1950 */
        "180f32303530303130313030303030305a" "0500",
        "180f32303530303130313030303030305a" "181132303530303130313030303030302e355a", /* parts of a second */
        "180f32303530303130313030303030305a" "180f323035303031303130303030303041"};
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
        expect_err(try_parts(NULL, NULL, times[i], NULL, NULL), E_CRL_FORMAT);
    expect_ok_diag(try_parts(NULL, NULL, "180f32303530303130313030303030305a" "180f32303530303130323030303030305a", NULL, NULL), &d);
    static const char *const entries[] = {
        "3000",                                                      /* an empty list */
        "30143012020100" "170d3236303130313030303030305a",           /* serial zero */
        "301430120201ff" "170d3236303130313030303030305a",           /* negative */
        "301530130202007f" "170d3236303130313030303030305a",         /* not minimal */
        "301330110200" "170d3236303130313030303030305a",             /* no number */
        "3005300302" "0101",                                         /* no time */
        "30163014020101" "170d3236303130313030303030305a" "3000",    /* no extensions in the list of them */
        "30223020020101" "170d3236303130313030303030305a" "300c300a0603551d1504030a0100", /* reason 0 */
        "30223020020101" "170d3236303130313030303030305a" "300c300a0603551d1504030a0107", /* reason 7 */
        "30223020020101" "170d3236303130313030303030305a" "300c300a0603551d1504030a0108", /* remove from what? */
        "30223020020101" "170d3236303130313030303030305a" "300c300a0603551d150403020101", /* no ENUMERATED */
        "30223020020101" "170d3236303130313030303030305a" "300c300a0603551d1804030a0101", /* invalidityDate's OID */
        "30253023020101" "170d3236303130313030303030305a" "300f300d0603551d150101ff04030a0101", /* critical */
    };
    for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++)
        expect_err(try_parts(NULL, NULL, NULL, entries[i], NULL), E_CRL_FORMAT);
    expect_ok_diag(try_parts(NULL, NULL, NULL, "30223020020101" "170d3236303130313030303030305a"
                             "300c300a0603551d1504030a0106", NULL), &d);
    expect_err(try_parts(NULL, "300a06082a811ccf55018376", NULL, NULL, NULL), E_CRL_FORMAT);
    static const char *const names[] = {"3000", "3002" "3100", "300f" "fd0d300b06035504030c0461626364", "3005" "31033001" "05",
                                        "300d" "310b300906035504030c02" "6161"};
    const struct span right = head.issuer;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct buf name = {0};
        help_hex(names[i], &name);
        head.issuer = buf_span(&name);
        expect_err(try_parts(NULL, NULL, NULL, NULL, NULL), i < 4 ? E_CRL_FORMAT : E_OK);
        buf_free(&name);
    }
    head.issuer = right;
}
END_TEST

/* crlExtensions around these. */
static enum err try_extensions(const char *list)
{
    static char text[512];
    size_t n = strlen(list) / 2;
    ck_assert_uint_lt(n, 0x7e);
    snprintf(text, sizeof text, "a0%02zx30%02zx%s", n + 2, n, list);
    return try_parts(NULL, NULL, NULL, NULL, text);
}

START_TEST(extensions)
{
#define A "300c0603551d23040530038001aa"
#define N "300b0603551d140404020209ff"
#define DELTA(value) "300d0603551d1b0101ff0403" value
    static const char *const rows[] = {
        "", N, A,
        N A,                                                  /* another order */
        A A N, A N N,                                         /* twice */
        "300f0603551d230101ff040530038001aa" N,               /* critical */
        "300f0603551d2304083006" "8001aa" "810100" N,         /* names another certificate, too */
        A "300b0603551d14040402028001",                       /* a negative number */
        A "300a0603551d140403020100",                         /* number 0 */
        A "30140603551d14040d" "020b0100000000000000000000",  /* more than 64 bits */
        A "30120603551d14040b" "0209010000000000000000",
        A N "300a0603551d1b0403020102",                       /* a delta indicator that is not critical */
        A N DELTA("020100"),                                  /* the base is no list */
        A N "300e0603551d1b0101ff0404020209ff",               /* the base is the list itself */
        A N "300d0603551d1c0101ff04033000",                   /* two bytes in three */
        A N "300c0603551d1c0101ff04023000",                   /* a point without a name */
        A N "30090603551d2e04023000",
        A N "30090603551d6304023000",                         /* nobody's OID */
        A N "300a060455040304040204023000",
        A N "30060603551d2e0500",                             /* no OCTET STRING */
        A N "30090603551d2e01010004023000",                   /* FALSE is not written */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        ck_assert_msg(try_extensions(rows[i]) == E_CRL_FORMAT, "row %zu", i);
    static const char *const points[] = {
        "a003a0018600", "a004a0028600", "a005a003860120", "a005a003860178" "0500", "a005a00382" "0178", "a1028600",
        "a007a0058601788600", "a007a003860178" "8100"};
    for (size_t i = 0; i < sizeof points / sizeof points[0]; i++) {
        char text[256];
        size_t n = strlen(points[i]) / 2;
        snprintf(text, sizeof text, A N "30%02zx0603551d1c0101ff04%02zx30%02zx%s", n + 12, n + 2, n, points[i]);
        ck_assert_msg(try_extensions(text) == E_CRL_FORMAT, "point %zu", i);
        snprintf(text, sizeof text, A N "30%02zx0603551d2e04%02zx30%02zx30%02zx%s", n + 11, n + 4, n + 2, n, points[i]);
        ck_assert_msg(try_extensions(text) == E_CRL_FORMAT, "freshest %zu", i);
    }
    expect_ok_diag(try_extensions(A N), &d);
    expect_ok_diag(try_extensions(A "30120603551d14040b" "020900ffffffffffffffff"), &d);
    expect_ok_diag(try_extensions(A N DELTA("020102")), &d);
    expect_ok_diag(try_extensions(A N "30130603551d1c0101ff04093007a005a003860178"), &d);
    expect_ok_diag(try_extensions(A N "30120603551d2e040b30093007a005a003860178"), &d);
    /* a delta has no deltas */
    expect_err(try_extensions(A N DELTA("020102") "30120603551d2e040b30093007a005a003860178"), E_CRL_FORMAT);
}
END_TEST

START_TEST(files)
{
    struct crl_view *v;
    int pipe_fd[2];
    ck_assert_int_eq(pipe(pipe_fd), 0);
    expect_err(crl_view_open(pipe_fd[0], false, &v, &d), E_CRL_FORMAT);
    ck_assert_ptr_null(v);
    expect_err(crl_view_open(-1, false, &v, &d), E_IO);
    int fd = help_crl_file((struct span){0});
    ck_assert_int_eq(ftruncate(fd, (512u << 20) + 1), 0);
    expect_err(crl_view_open(fd, false, &v, &d), E_MEDIUM_LIMIT);
    close(fd);

    /* shorter while it is read */
    fd = help_crl_file(buf_span(&crl));
    struct seen s;
    expect_ok(crl_view_open(fd, false, &v, &d));
    ck_assert_int_eq(ftruncate(fd, 100), 0);
    expect_err(read_to_end(v, &s), E_IO);
    expect_err(crl_verify(v, key, &d), E_IO);
    uint8_t sha256[DIGEST_LEN];
    expect_err(crl_view_digest(v, sha256, &d), E_IO);
    crl_view_close(v);
    crl_view_close(NULL);
    close(fd);
    close(pipe_fd[0]);
    close(pipe_fd[1]);
}
END_TEST

Suite *suite_crl_view(void)
{
    Suite *s = suite_create("crl_view");
    TCase *t = tcase_create("crl_view");
    tcase_set_timeout(t, 240);
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, what_went_in);
    tcase_add_test(t, many);
    tcase_add_test(t, limits);
    tcase_add_test(t, sm2_id);
    tcase_add_test(t, every_bit);
    tcase_add_test(t, mutants);
    tcase_add_test(t, forms);
    tcase_add_test(t, extensions);
    tcase_add_test(t, files);
    suite_add_tcase(s, t);
    return s;
}
