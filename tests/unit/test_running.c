/* A folder that fills: what is whole, what is the same, and no memory for either (memory_sweep.h). */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "expect.h"
#include "help_bundle.h"
#include "help_pki.h"
#include "memory_sweep.h"
#include "pki/pem.h"
#include "ra/addition.h"
#include "ra/draft_files.h"

Suite *suite_running(void);

#define NOW HELP_BUNDLE_NOW

static struct diag d;
static EVP_PKEY *key;
static struct buf csr;
static char path[512];

static void setup(void)
{
    key = help_key(KEY_P256);
    help_csr(key, SIG_ECDSA_SHA256, NULL, &csr);
    snprintf(path, sizeof path, "%s/a.csr", help_dir());
}

static void teardown(void)
{
    buf_free(&csr);
    EVP_PKEY_free(key);
    help_clean();
}

static enum err look(const void *p, size_t n, bool *whole)
{
    struct buf der = {0};
    help_write("a.csr", (struct span){p, n});
    enum err e = draft_csr_whole(path, whole, &der, &d);
    ck_assert(e != E_OK || !*whole || (der.len == csr.len && memcmp(der.data, csr.data, csr.len) == 0));
    buf_free(&der);
    return e;
}

START_TEST(what_is_cut_is_not_whole)
{
    bool whole;
    for (size_t n = 0; n < csr.len; n++) {
        expect_ok_diag(look(csr.data, n, &whole), &d);
        ck_assert_msg(!whole, "%zu bytes", n);
    }
    expect_ok_diag(look(csr.data, csr.len, &whole), &d);
    ck_assert(whole);
}
END_TEST

/* Whatever is done to it, it will not become a request. */
START_TEST(what_is_none_is_told)
{
    static const struct {
        const char *bytes;
        size_t n;
    } none[] = {{"text", 4},        {"0\x80\x01\x01\0\0", 6},  {"0\x85\x01\0\0\0\0", 7}, {"0\x02\x05\0", 4}, {"----BEGIN", 9},
                {"-----BEGIN X-----\n-----END X-----\n", 34}, {"x-----BEG", 9}};
    bool whole;
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        expect_err(look(none[i].bytes, none[i].n, &whole), E_CSR_FORMAT);
    static const struct {
        const char *bytes;
        size_t n;
    } cut[] = {{"", 0}, {"0", 1}, {"0\x82\x01", 3}, {"0\x84\xff\xff\xff\xff", 6}, {"-", 1}, {"-----BEGIN", 10}, {"-----BEGIN X-----\n-----END X--", 30}};
    for (size_t i = 0; i < sizeof cut / sizeof cut[0]; i++) {
        expect_ok_diag(look(cut[i].bytes, cut[i].n, &whole), &d);
        ck_assert(!whole);
    }
}
END_TEST

/* Request `id`, asked for then. */
static enum err request_of(const char *id, int64_t then, struct request *r)
{
    *r = (struct request){.op = OP_ISSUE, .requested_at = then};
    snprintf(r->id, sizeof r->id, "%s", id);
    snprintf(r->op_text, sizeof r->op_text, "issue");
    snprintf(r->profile, sizeof r->profile, "person");
    snprintf(r->operator_, sizeof r->operator_, "op-%d", (int)(then % 2));
    buf_append(&r->csr, csr.data, csr.len);
    return buf_err(&r->csr);
}

static struct addition addition(void)
{
    return (struct addition){.desk = {.fd = -1}, .evidence_fd = -1, .now = NOW};
}

START_TEST(a_request_is_added_once)
{
    struct addition a = addition();
    struct request r;
    bool there;
    for (int i = 0; i < 6; i++) {
        expect_ok(request_of(i % 2 == 0 ? "one" : "two", NOW + i, &r));
        expect_ok_diag(addition_put_new(&a, &r, "f", &there, &d), &d);
        ck_assert_int_eq(there, i > 1);
        request_free(&r);
    }
    ck_assert_int_eq(a.added, 2);
    expect_ok(request_of("one", NOW, &r));
    snprintf(r.profile, sizeof r.profile, "other");
    expect_err(addition_put_new(&a, &r, "f", &there, &d), E_REQUEST_ID);
    snprintf(r.profile, sizeof r.profile, "person");
    r.has_evidence = true;
    expect_err(addition_put_new(&a, &r, "f", &there, &d), E_REQUEST_ID);
    r.has_evidence = false;
    expect_err(addition_put(&a, &r, "f", &d), E_REQUEST_ID);
    r.csr.data[r.csr.len - 1] ^= 1;
    expect_err(addition_put_new(&a, &r, "f", &there, &d), E_REQUEST_ID);
    request_free(&r);
    ck_assert_int_eq(a.added, 2);
    addition_free(&a);
}
END_TEST

/* One that is too long leaves no trace: the next of its id is the first. */
START_TEST(a_line_too_long_is_none)
{
    struct addition a = addition();
    struct request r;
    bool there;
    expect_ok(request_of("one", NOW, &r));
    while (r.csr.len < LIMIT_LINE)
        buf_append(&r.csr, csr.data, csr.len);
    expect_err(addition_put_new(&a, &r, "f", &there, &d), E_LINE_TOO_LONG);
    r.csr.len = csr.len;
    expect_ok_diag(addition_put_new(&a, &r, "f", &there, &d), &d);
    ck_assert(!there && a.added == 1);
    request_free(&r);
    addition_free(&a);
}
END_TEST

static bool differs;

static enum err add_twice(void)
{
    struct addition a = addition();
    struct request r = {0};
    bool there = false;
    enum err e = E_OK;
    for (int i = 0; i < 2 && e == E_OK; i++) {
        e = request_of("one", NOW + i, &r);
        if (e == E_OK)
            e = addition_put_new(&a, &r, "f", &there, &d);
        request_free(&r);
    }
    differs = differs || (e == E_OK && (!there || a.added != 1));
    addition_free(&a);
    return e;
}

static enum err read_whole(void)
{
    struct buf der = {0};
    bool whole = false;
    enum err e = draft_csr_whole(path, &whole, &der, &d);
    differs = differs || (e == E_OK && (!whole || der.len != csr.len));
    buf_free(&der);
    return e;
}

START_TEST(without_memory)
{
    bool whole;
    expect_ok(look(csr.data, csr.len, &whole));
    memory_sweep("add_twice", add_twice, &d, &differs);
    memory_sweep("read_whole", read_whole, &d, &differs);
}
END_TEST

Suite *suite_running(void)
{
    Suite *s = suite_create("running");
    TCase *t = tcase_create("running");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, what_is_cut_is_not_whole);
    tcase_add_test(t, what_is_none_is_told);
    tcase_add_test(t, a_request_is_added_once);
    tcase_add_test(t, a_line_too_long_is_none);
    tcase_add_test(t, without_memory);
    suite_add_tcase(s, t);
    return s;
}
