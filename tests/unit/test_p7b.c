#include <check.h>
#include <fcntl.h>
#include <openssl/pkcs7.h>
#include <unistd.h>

#include "expect.h"
#include "help_batch.h"
#include "help_pki.h"
#include "pki/cert.h"
#include "pki/der.h"
#include "pki/p7b.h"

Suite *suite_p7b(void);

static int dir = -1;
static struct diag d;

static void set_up(void)
{
    tree_make();
    dir = tree_open(".");
}

static void tear_down(void)
{
    close(dir);
    tree_remove();
}

static enum err make(const struct buf *certs, size_t told)
{
    tree_write("certs", certs->data, certs->len);
    int from = open(tree_path("certs"), O_RDONLY);
    ck_assert_int_ge(from, 0);
    ck_assert_int_ge(lseek(from, 0, SEEK_END), 0); /* where it stands does not matter */
    unlink(tree_path("out.p7b"));
    d = (struct diag){0};
    enum err e = p7b_write(dir, "out.p7b", from, told, &d);
    ck_assert_int_eq(d.code, e);
    close(from);
    return e;
}

/* How many certificates OpenSSL finds in the file; -1 when it is not DER or not such a file. */
static int count(X509 *const *want, int n)
{
    struct buf out = {0};
    tree_read("out.p7b", &out);
    const uint8_t *p = out.data;
    PKCS7 *p7 = der_check(buf_span(&out)) ? d2i_PKCS7(NULL, &p, (long)out.len) : NULL;
    int found = -1;
    if (p7 != NULL && p == out.data + out.len && PKCS7_type_is_signed(p7)) {
        STACK_OF(X509) *certs = p7->d.sign->cert;
        found = certs != NULL ? sk_X509_num(certs) : 0;
        ck_assert_int_eq(sk_PKCS7_SIGNER_INFO_num(p7->d.sign->signer_info), 0);
        ck_assert(p7->d.sign->crl == NULL);
        for (int i = 0; i < found && i < n; i++)
            ck_assert_int_eq(X509_cmp(sk_X509_value(certs, i), want[i]), 0);
    }
    PKCS7_free(p7);
    buf_free(&out);
    return found;
}

/* none, one, three, and so many that the lengths need three octets */
START_TEST(openssl_reads_it_back)
{
    static const int numbers[] = {0, 1, 3, 200};
    static X509 *certs[200];
    struct buf all = {0};
    int n = numbers[_i];
    EVP_PKEY *key = help_key(KEY_SM2);
    for (int i = 0; i < n; i++) {
        char name[24];
        snprintf(name, sizeof name, "Person %d", i);
        certs[i] = help_cert(key, SIG_SM2_SM3, name);
        expect_ok(cert_write_der(certs[i], &all));
    }
    expect_ok_diag(make(&all, all.len), &d);
    ck_assert_int_eq(count(certs, n), n);
    for (int i = 0; i < n; i++)
        X509_free(certs[i]);
    EVP_PKEY_free(key);
    buf_free(&all);
}
END_TEST

/* Told another length than the file has, it must not call a broken file done. */
START_TEST(a_length_that_is_wrong)
{
    struct buf all = {0};
    EVP_PKEY *key = help_key(KEY_SM2);
    X509 *cert = help_cert(key, SIG_SM2_SM3, "Person");
    expect_ok(cert_write_der(cert, &all));
    size_t one = all.len;
    expect_ok(cert_write_der(cert, &all));
    enum err e = _i == 0 ? make(&all, one) : make(&all, all.len + 5);
    ck_assert_msg(e != E_OK || count(&cert, 1) == 1, "a broken file is called done");
    X509_free(cert);
    EVP_PKEY_free(key);
    buf_free(&all);
}
END_TEST

START_TEST(files_that_are_there_are_not_written_over)
{
    struct buf none = {0};
    int from = open("/dev/null", O_RDONLY);
    tree_write_str("there", "something");
    expect_err(p7b_write(dir, "there", from, 0, &d), E_IO);
    ck_assert_int_eq(symlink("elsewhere", tree_path("link")), 0);
    expect_err(p7b_write(dir, "link", from, 0, &d), E_IO);
    ck_assert(!tree_has("elsewhere"));
    tree_read("there", &none);
    ck_assert_mem_eq(none.data, "something", 9);
    close(from);
    int unreadable = open(tree_path("writable"), O_WRONLY | O_CREAT, 0600);
    expect_err(p7b_write(dir, "out.p7b", unreadable, 1, &d), E_IO);
    close(unreadable);
    buf_free(&none);
}
END_TEST

Suite *suite_p7b(void)
{
    Suite *s = suite_create("p7b");
    TCase *t = tcase_create("p7b");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_loop_test(t, openssl_reads_it_back, 0, 4);
    tcase_add_loop_test(t, a_length_that_is_wrong, 0, 2);
    tcase_add_test(t, files_that_are_there_are_not_written_over);
    suite_add_tcase(s, t);
    return s;
}
