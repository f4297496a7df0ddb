/* make - the status of many certificates, by the product's own writers and readers, for crl.sh and ocsp.sh:
 *
 *   make crl N FOLDER [CA]                 two CRLs with N entries each, FOLDER/rsa.crl and sm2.crl, with their issuers, verified;
 *                                          what they are, how long each took, and the most memory; or only the one of rsa or sm2
 *   make ocsp FOLDER                       two CAs with a responder, and the responses about their certificates in FOLDER/www;
 *                                          FOLDER/list tells of each: CA, serial number, status, path
 *   make check CA RESPONSE SERIAL STATUS   is the response of the CA for this serial number, in force now, and as told?
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/digest.h"
#include "pki/cert.h"
#include "pki/crl_lint.h"
#include "pki/ocsp_check.h"
#include "unit/expect.h"
#include "unit/help_crl.h"
#include "unit/help_ocsp.h"
#include "unit/help_pki.h"

static struct diag d;
static char **args;
static const struct {
    const char *name;
    enum sig_alg alg;
} cas[] = {{"rsa", SIG_RSA_SHA256}, {"sm2", SIG_SM2_SM3}};
#define CAS (sizeof cas / sizeof cas[0])

__attribute__((format(printf, 3, 4))) static void path_of(char out[512], const char *folder, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    int n = snprintf(out, 512, "%s/", folder);
    ck_assert_int_lt(vsnprintf(out + n, 512 - (size_t)n, format, ap), 512 - n);
    va_end(ap);
}

static int open_new(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    ck_assert_msg(fd >= 0, "%s: %s", path, strerror(errno));
    return fd;
}

/* A file, its folders made. */
static void put(const char *path, struct span bytes)
{
    char folder[512];
    for (const char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path);
        ck_assert_msg(mkdir(folder, 0755) == 0 || errno == EEXIST, "%s: %s", folder, strerror(errno));
    }
    int fd = open_new(path);
    ck_assert_int_eq(write(fd, bytes.p, bytes.n), (ssize_t)bytes.n);
    close(fd);
}

static void put_cert(const char *folder, const char *name, X509 *cert)
{
    char path[512];
    struct buf pem = {0};
    expect_ok(cert_write_pem(cert, &pem));
    path_of(path, folder, "%s.pem", name);
    put(path, buf_span(&pem));
    buf_free(&pem);
}

/* -- lists -- */

/* Serial numbers of 16 bytes, one for each i. */
struct counted {
    uint64_t n, at;
};

static enum err counted_rewind(void *arg, struct diag *why)
{
    (void)why;
    ((struct counted *)arg)->at = 0;
    return E_OK;
}

static enum err counted_next(void *arg, struct crl_entry *e, bool *more, struct diag *why)
{
    (void)why;
    struct counted *c = arg;
    *more = c->at < c->n;
    *e = (struct crl_entry){.serial = {0x40}, .serial_n = 16, .revoked = HELP_CRL_NOW - 86400, .reason = (int)(c->at % 6)};
    for (int i = 0; i < 8; i++)
        e->serial[4 + i] = (uint8_t)(c->at >> (56 - 8 * i));
    c->at++;
    return E_OK;
}

/* As a token would: SM2 signs 32 bytes as e itself. */
static void sign_digest(EVP_PKEY *key, const struct prehash_value *v, struct buf *out)
{
    uint8_t bytes[512];
    size_t n = sizeof bytes;
    EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(key, NULL);
    ck_assert_int_eq(EVP_PKEY_sign_init(c), 1);
    if (v->alg != SIG_SM2_SM3)
        ck_assert_int_eq(EVP_PKEY_CTX_set_signature_md(c, EVP_sha256()), 1);
    ck_assert_int_eq(EVP_PKEY_sign(c, bytes, &n, v->bytes, v->n), 1);
    buf_append(out, bytes, n);
    EVP_PKEY_CTX_free(c);
    expect_ok(alg_verify_digest(v->alg, key, (struct span){v->bytes, v->n}, buf_span(out)));
}

static struct crl_written write_list(const struct crl_head *head, uint64_t n, X509 *issuer, EVP_PKEY *key, int tbs_fd, int fd)
{
    struct counted c = {n, 0};
    struct crl_source source = {&c, counted_rewind, counted_next};
    struct prehash *p;
    struct prehash_value v;
    struct crl_written w;
    struct buf signature = {0};
    struct crl_view *view;
    uint8_t sha256[DIGEST_LEN];
    expect_ok(prehash_new(head->alg, key, &p));
    expect_ok_diag(crl_write_tbs(head, &source, tbs_fd, p, &w, &d), &d);
    expect_ok(prehash_final(p, &v));
    prehash_free(p);
    expect_ok_diag(crl_view_open(tbs_fd, true, &view, &d), &d);
    expect_ok_diag(crl_lint(view, head, n, issuer, sha256, &d), &d);
    ck_assert_mem_eq(sha256, w.sha256, DIGEST_LEN);
    crl_view_close(view);
    sign_digest(key, &v, &signature);
    expect_ok_diag(crl_assemble(tbs_fd, w.bytes, head->alg, head->sm2_null, buf_span(&signature), fd, sha256, &d), &d);
    expect_ok_diag(crl_view_open(fd, false, &view, &d), &d);
    expect_ok_diag(crl_verify(view, key, &d), &d);
    crl_view_close(view);
    buf_free(&signature);
    return w;
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void make_list(enum sig_alg alg, const char *name, uint64_t n, const char *folder)
{
    char path[512];
    EVP_PKEY *key = help_key(alg_sig_key(alg));
    X509 *issuer = help_crl_issuer(key, alg);
    struct crl_head head = help_crl_head(issuer, alg);
    put_cert(folder, name, issuer);
    path_of(path, folder, "%s.tbs", name);
    int tbs_fd = open_new(path);
    unlink(path);
    path_of(path, folder, "%s.crl", name);
    int fd = open_new(path);
    double begun = seconds();
    struct crl_written w = write_list(&head, n, issuer, key, tbs_fd, fd);
    printf("%s: %llu entries, %zu bytes to be signed, %.3f s\n", name, (unsigned long long)w.entries, w.bytes, seconds() - begun);
    close(fd);
    close(tbs_fd);
    X509_free(issuer);
    EVP_PKEY_free(key);
}

START_TEST(lists)
{
    struct rusage use;
    for (size_t i = 0; i < CAS; i++)
        if (args[2] == NULL || strcmp(args[2], cas[i].name) == 0)
            make_list(cas[i].alg, cas[i].name, strtoull(args[0], NULL, 10), args[1]);
    getrusage(RUSAGE_SELF, &use);
    printf("peak %ld kB\n", use.ru_maxrss);
}
END_TEST

/* -- responses -- */

#define CERTIFICATES 24

static void make_response(const struct help_ocsp *h, const char *name, int i, FILE *list)
{
    static const char *const told[] = {"good", "revoked", "hold"};
    struct ocsp_status s = help_ocsp_status(h);
    struct buf der = {0};
    char rest[OCSP_PATH_MAX], path[512], hex[2 * OCSP_SERIAL_MAX + 1];
    s.revoked = i % 3 != 0;
    s.revoked_at = s.revoked ? HELP_OCSP_NOW - 3600 : 0;
    s.reason = i % 3 == 2 ? 6 : 0;
    s.id.serial_n = (size_t)(i % OCSP_SERIAL_MAX) + 1;
    ck_assert_int_eq(RAND_bytes(s.id.serial, (int)s.id.serial_n), 1);
    s.id.serial[0] = (uint8_t)(0x40 + i); /* no two are the same, also of one byte */
    help_ocsp_response(h, &s, &der);
    expect_ok(ocsp_path(&s.id, rest));
    path_of(path, args[0], "www/%s/%s", name, rest);
    put(path, buf_span(&der));
    hex_encode(s.id.serial, s.id.serial_n, hex);
    fprintf(list, "%s %s %s %s\n", name, hex, told[i % 3], rest);
    buf_free(&der);
}

START_TEST(responses)
{
    char path[512];
    path_of(path, args[0], "list");
    FILE *list = fopen(path, "w");
    ck_assert_ptr_nonnull(list);
    for (size_t k = 0; k < CAS; k++) {
        struct help_ocsp h;
        help_ocsp_make(&h, cas[k].alg);
        put_cert(args[0], cas[k].name, h.ca);
        for (int i = 0; i < CERTIFICATES; i++)
            make_response(&h, cas[k].name, i, list);
        help_ocsp_free(&h);
    }
    ck_assert_int_eq(fclose(list), 0);
}
END_TEST

static const char *told(const struct ocsp_status *s)
{
    return !s->revoked ? "good" : s->reason == 6 ? "hold" : "revoked";
}

START_TEST(check)
{
    X509 *ca;
    struct ocsp_view v;
    struct buf der = {0};
    char hex[2 * OCSP_SERIAL_MAX + 1];
    int fd = open(args[1], O_RDONLY);
    ck_assert_int_ge(fd, 0);
    help_crl_read(fd, &der);
    close(fd);
    expect_ok_diag(cert_load(args[0], &ca, &d), &d);
    expect_ok_diag(ocsp_view_response(buf_span(&der), &v, &d), &d);
    expect_ok_diag(ocsp_verify(&v, ca, &d), &d);
    hex_encode(v.status.id.serial, v.status.id.serial_n, hex);
    ck_assert_str_eq(hex, args[2]);
    ck_assert_str_eq(told(&v.status), args[3]);
    ck_assert(v.status.this_update <= clock_now() && clock_now() < v.status.next_update);
    X509_free(ca);
    buf_free(&der);
}
END_TEST

int main(int argc, char **argv)
{
    Suite *s = suite_create("status");
    TCase *t = tcase_create("status");
    tcase_set_timeout(t, 0);
    args = argv + 2;
    if ((argc == 4 || argc == 5) && strcmp(argv[1], "crl") == 0)
        tcase_add_test(t, lists);
    else if (argc == 3 && strcmp(argv[1], "ocsp") == 0)
        tcase_add_test(t, responses);
    else if (argc == 6 && strcmp(argv[1], "check") == 0)
        tcase_add_test(t, check);
    else
        return 2;
    suite_add_tcase(s, t);
    SRunner *runner = srunner_create(s);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_MINIMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
