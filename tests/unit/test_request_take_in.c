/* The request of a CA elsewhere: what comes back of the process that reads it, and what is believed of that. */
#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/step.h"
#include "expect.h"
#include "help_pki.h"
#include "room/request.h"

Suite *suite_request_take_in(void);

/* The linker puts this in front of step_run() (Makefile): a process that was taken over by what it read does what it likes. */
enum err __real_step_run(const struct step *step, void *data, size_t n, struct diag *d);
enum err __wrap_step_run(const struct step *step, void *data, size_t n, struct diag *d);

static enum err (*taken_over)(void *data, struct diag *d);
static size_t data_n;

enum err __wrap_step_run(const struct step *step, void *data, size_t n, struct diag *d)
{
    struct step forged = *step;
    if (taken_over != NULL)
        forged.run = taken_over;
    data_n = n;
    return __real_step_run(&forged, data, n, d);
}

static struct diag d;
static struct script_step step;
static int dir_fd;
static struct buf csr;

static void make_request(void)
{
    EVP_PKEY *key = help_key(KEY_SM2);
    help_csr(key, SIG_SM2_SM3, NULL, &csr);
    EVP_PKEY_free(key);
    step = (struct script_step){.n = 3, .kind = 0, .from = strdup(help_path("ca.csr"))};
    help_write("ca.csr", buf_span(&csr));
    dir_fd = open(help_dir(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_int_ge(dir_fd, 0);
}

static void remove_request(void)
{
    free((char *)step.from);
    close(dir_fd);
    buf_free(&csr);
    help_clean();
}

static enum err take_in(struct request *out)
{
    d = (struct diag){0};
    return request_take_in(dir_fd, &step, out, &d);
}

START_TEST(subject_and_key_come_back)
{
    struct request r;
    struct request_subject s;
    expect_ok_diag(take_in(&r), &d);
    ck_assert_int_eq(r.alg, SIG_SM2_SM3);
    expect_ok_diag(request_subject(&r, &s, &d), &d);
    ck_assert_int_eq(X509_NAME_entry_count(s.name), 2);
    ck_assert_uint_eq(s.key.spki.len, r.spki_n);
    request_subject_free(&s);
}
END_TEST

/* It lies in the record as it came, and whatever lies on the medium later is not asked for. */
START_TEST(it_is_taken_in_once)
{
    struct request first, again;
    struct buf kept = {0};
    expect_ok_diag(take_in(&first), &d);
    help_read("step-3.csr", &kept);
    ck_assert_uint_eq(kept.len, csr.len);
    ck_assert_mem_eq(kept.data, csr.data, csr.len);
    help_write("ca.csr", (struct span){(const uint8_t *)"other", 5});
    expect_ok_diag(take_in(&again), &d);
    ck_assert_mem_eq(again.digest, first.digest, DIGEST_LEN);
    buf_free(&kept);
}
END_TEST

START_TEST(the_digest_that_was_reviewed)
{
    struct request r;
    static char hex[DIGEST_HEX]; /* `step` outlives the test */
    step.digest = "00";
    expect_err(take_in(&r), E_EXPECTATION);
    ck_assert_int_ne(faccessat(dir_fd, "step-3.csr", F_OK, 0), 0);
    hex_encode(r.digest, DIGEST_LEN, hex);
    ck_assert_ptr_nonnull(strstr(d.text, hex));
    step.digest = hex;
    expect_ok_diag(take_in(&r), &d);
}
END_TEST

START_TEST(what_is_no_request)
{
    struct request r;
    help_write("ca.csr", (struct span){csr.data, csr.len - 1});
    expect_err(take_in(&r), E_CSR_FORMAT);
    ck_assert_int_ne(faccessat(dir_fd, "step-3.csr", F_OK, 0), 0);
    help_run("rm ca.csr");
    expect_err(take_in(&r), E_IO);
}
END_TEST

/* -- taken over -- */

/* What it returns stands at the end of the data. */
static struct request *request_in(void *data)
{
    return (struct request *)((uint8_t *)data + data_n - sizeof(struct request));
}

static enum err fills_both(void *data, struct diag *why)
{
    struct request *r = request_in(data);
    (void)why;
    memset(r->digest, 7, DIGEST_LEN);
    r->subject_n = REQUEST_SUBJECT;
    r->spki_n = REQUEST_SPKI;
    return E_OK;
}

static enum err lengthens_subject(void *data, struct diag *why)
{
    enum err e = fills_both(data, why);
    request_in(data)->subject_n++;
    return e;
}

static enum err lengthens_key(void *data, struct diag *why)
{
    enum err e = fills_both(data, why);
    request_in(data)->spki_n++;
    return e;
}

/* No length is believed that is longer than what there is of the bytes; the request is as if there were none. */
START_TEST(lengths_are_not_believed)
{
    static enum err (*const lies[])(void *, struct diag *) = {lengthens_subject, lengthens_key};
    struct request r;
    taken_over = fills_both;
    expect_ok_diag(take_in(&r), &d);
    ck_assert_uint_eq(r.digest[DIGEST_LEN - 1], 7); /* so it was the request that was forged */
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        struct request_subject s;
        taken_over = lies[i];
        expect_err(take_in(&r), E_STEP);
        ck_assert_uint_eq(r.subject_n + r.spki_n + r.digest[0], 0);
        expect_err(request_subject(&r, &s, &d), E_ARCHIVE);
        request_subject_free(&s);
    }
}
END_TEST

/* Nor are the bytes: each way to be no name, or no key, is an error. */
START_TEST(bytes_are_not_believed)
{
    struct request good, r;
    struct request_subject s;
    expect_ok_diag(take_in(&good), &d);
    r = good;
    r.spki_n = 0;
    expect_err(request_subject(&r, &s, &d), E_ARCHIVE);
    request_subject_free(&s);
    r = good;
    r.subject_n++; /* a byte behind the name */
    expect_err(request_subject(&r, &s, &d), E_CSR_FORMAT);
    request_subject_free(&s);
    r = good;
    r.subject[0] = 0x31;
    expect_err(request_subject(&r, &s, &d), E_CSR_FORMAT);
    request_subject_free(&s);
    r = good;
    r.spki_n--;
    ck_assert_int_ne(request_subject(&r, &s, &d), E_OK);
    request_subject_free(&s);
}
END_TEST

Suite *suite_request_take_in(void)
{
    Suite *s = suite_create("request_take_in");
    TCase *t = tcase_create("request_take_in");
    tcase_add_checked_fixture(t, make_request, remove_request);
    tcase_add_test(t, subject_and_key_come_back);
    tcase_add_test(t, it_is_taken_in_once);
    tcase_add_test(t, the_digest_that_was_reviewed);
    tcase_add_test(t, what_is_no_request);
    tcase_add_test(t, lengths_are_not_believed);
    tcase_add_test(t, bytes_are_not_believed);
    suite_add_tcase(s, t);
    return s;
}
