/* Many signatures side by side. */
#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/limits.h"
#include "expect.h"
#include "hsm/pool.h"
#include "token.h"

#define JOBS 200

static struct hsm *h;
static struct diag d;
static struct hsm_key *sm2, *rsa, *pss;

static void setup(void)
{
    token_make();
    h = token_open(POLICY_VENDOR_SOFTHSM_SM2);
    expect_ok_diag(hsm_key_generate(h, token_row("sm2", KEY_SM2, 256, SIG_SM2_SM3), &sm2, &d), &d);
    expect_ok_diag(hsm_key_generate(h, token_row("rsa", KEY_RSA, 2048, SIG_RSA_SHA256), &rsa, &d),
                   &d);
    expect_ok_diag(hsm_key_find(h, token_row("rsa", KEY_RSA, 2048, SIG_PSS_SHA256), NULL, &pss, &d),
                   &d);
}

static void teardown(void)
{
    hsm_close(h);
    token_remove();
}

static struct hsm_key *key_of(int job)
{
    return job % 7 == 0 ? pss : job % 3 == 0 ? rsa : sm2;
}

/* Every job has a message of its own, of a length of its own. */
static struct span message_of(int job, uint8_t room[4096])
{
    size_t n = 10 + (size_t)(job * 37 % 4000);
    for (size_t i = 0; i < n; i++)
        room[i] = (uint8_t)(i * 7 + (size_t)job);
    return (struct span){room, n};
}

static struct hsm_pool *open_pool(int sessions)
{
    struct hsm_pool *p;
    expect_ok_diag(hsm_pool_open(h, sessions, &p, &d), &d);
    return p;
}

static void submit(struct hsm_pool *p, int job)
{
    uint8_t room[4096];
    expect_ok_diag(hsm_pool_submit(p, key_of(job), message_of(job, room), &d), &d);
}

/* Take the oldest and prove that it is the signature of this job. */
static void take(struct hsm_pool *p, int job)
{
    uint8_t room[4096];
    struct buf out = {0};
    expect_ok_diag(hsm_pool_take(p, &out, &d), &d);
    expect_ok(alg_verify(hsm_key_row(key_of(job))->alg, hsm_key_public(key_of(job)),
                         message_of(job, room), buf_span(&out)));
    buf_free(&out);
}

static size_t threads(void)
{
    size_t n = 0;
    DIR *tasks = opendir("/proc/self/task");
    ck_assert_ptr_nonnull(tasks);
    for (struct dirent *e; (e = readdir(tasks)) != NULL;)
        n += e->d_name[0] != '.';
    closedir(tasks);
    return n;
}

/* A thread that was joined may stand in /proc for a moment longer. */
static void expect_threads(size_t n)
{
    for (int i = 0; i < 1000 && threads() != n; i++)
        usleep(1000);
    ck_assert_uint_eq(threads(), n);
}

START_TEST(in_order)
{
    size_t before = threads();
    struct hsm_pool *p = open_pool(4);
    int submitted = 0, taken = 0;
    while (taken < JOBS) {
        while (submitted < JOBS && hsm_pool_has_room(p))
            submit(p, submitted++);
        ck_assert_uint_eq(hsm_pool_pending(p), (size_t)(submitted - taken));
        take(p, taken++);
    }
    ck_assert_uint_eq(hsm_pool_pending(p), 0);
    ck_assert_uint_eq(hsm_pool_count(p), JOBS);
    hsm_pool_close(p);
    expect_threads(before);
}
END_TEST

/* The ring is a few jobs a worker, and full is full. */
START_TEST(full)
{
    struct hsm_pool *p = open_pool(2);
    int n = 0;
    while (hsm_pool_has_room(p))
        submit(p, n++);
    ck_assert_int_ge(n, 2);
    ck_assert_int_le(n, 2 * 32);
    take(p, 0);
    ck_assert(hsm_pool_has_room(p));
    submit(p, n);
    ck_assert(!hsm_pool_has_room(p));
    for (int i = 1; i <= n; i++)
        take(p, i);
    hsm_pool_close(p);
}
END_TEST

START_TEST(too_long)
{
    static uint8_t big[LIMIT_TBS_BYTES + 1];
    struct buf out = {0};
    struct hsm_pool *p = open_pool(1);
    expect_err(hsm_pool_submit(p, sm2, (struct span){big, sizeof big}, &d), E_LINT);
    ck_assert_uint_eq(hsm_pool_pending(p), 0);
    expect_ok(hsm_pool_submit(p, sm2, (struct span){big, sizeof big - 1}, &d));
    expect_ok_diag(hsm_pool_take(p, &out, &d), &d);
    buf_free(&out);
    hsm_pool_close(p);
}
END_TEST

/* Closing drops what was not begun and leaves no thread; the token is then as good as before. */
START_TEST(close_early)
{
    size_t before = threads();
    for (int i = 0; i < 20; i++) {
        struct hsm_pool *p = open_pool(1 + i % 4);
        for (int j = 0; hsm_pool_has_room(p) && j < i; j++)
            submit(p, j);
        hsm_pool_close(p);
        expect_threads(before);
    }
    hsm_pool_close(NULL);
    struct hsm_pool *p = open_pool(0);
    submit(p, 1);
    take(p, 1);
    hsm_pool_close(p);
}
END_TEST

static CK_C_Sign real_sign;
static unsigned calls;

/* Every fifth call fails in one way or another, when its answer is an SM2 signature (64 bytes, r || s). */
static CK_RV faulty_sign(CK_SESSION_HANDLE s, CK_BYTE *data, CK_ULONG data_n, CK_BYTE *sig,
                         CK_ULONG *n)
{
    CK_RV rv = real_sign(s, data, data_n, sig, n);
    unsigned call = __atomic_add_fetch(&calls, 1, __ATOMIC_SEQ_CST);
    if (*n != 64 || call % 5 != 0)
        return rv;
    if (call % 2 == 0)
        return CKR_DEVICE_ERROR;
    sig[3] ^= 0x40;
    return rv;
}

/* A job that fails, fails alone. */
START_TEST(own_error_only)
{
    CK_FUNCTION_LIST *f = token_functions();
    real_sign = f->C_Sign;
    calls = 0;
    f->C_Sign = faulty_sign;
    struct hsm_pool *p = open_pool(4);
    unsigned bad = 0, device = 0;
    for (int next = 0, taken = 0; taken < JOBS; taken++) {
        while (next < JOBS && hsm_pool_has_room(p))
            submit(p, next++);
        uint8_t bytes[4096];
        struct buf out = {0};
        memset(&d, 0, sizeof d);
        enum err e = hsm_pool_take(p, &out, &d);
        if (e == E_OK) {
            expect_ok(alg_verify(hsm_key_row(key_of(taken))->alg, hsm_key_public(key_of(taken)),
                                 message_of(taken, bytes), buf_span(&out)));
        } else {
            ck_assert_ptr_eq(key_of(taken), sm2);
            ck_assert_uint_eq(out.len, 0);
            ck_assert_int_eq(d.code, e);
            bad += e == E_SIGNATURE_BAD;
            device += e == E_TOKEN && strstr(d.text, "C_Sign: CKR_DEVICE_ERROR") != NULL;
        }
        buf_free(&out);
    }
    ck_assert_uint_gt(bad, 0);
    ck_assert_uint_gt(device, 0);
    ck_assert_uint_eq(hsm_pool_count(p), JOBS - bad - device);
    hsm_pool_close(p);
    f->C_Sign = real_sign;
}
END_TEST

static CK_C_OpenSession real_open;
static unsigned opened;

static CK_RV scarce_open(CK_SLOT_ID slot, CK_FLAGS flags, void *app, CK_NOTIFY notify,
                         CK_SESSION_HANDLE *s)
{
    return ++opened > 2 ? CKR_SESSION_COUNT : real_open(slot, flags, app, notify, s);
}

START_TEST(too_few_sessions)
{
    size_t before = threads();
    CK_FUNCTION_LIST *f = token_functions();
    struct hsm_pool *p = (struct hsm_pool *)1;
    real_open = f->C_OpenSession;
    opened = 0;
    f->C_OpenSession = scarce_open;
    expect_err(hsm_pool_open(h, 4, &p, &d), E_TOKEN);
    ck_assert_ptr_null(p);
    ck_assert_ptr_nonnull(strstr(d.text, "C_OpenSession: CKR_SESSION_COUNT"));
    expect_threads(before);
    f->C_OpenSession = real_open;
}
END_TEST

Suite *suite_pool(void);
Suite *suite_pool(void)
{
    Suite *s = suite_create("pool");
    if (token_module() == NULL) {
        printf("pool: skipped, ROOTSEAL_MODULE is not set\n");
        return s;
    }
    TCase *t = tcase_create("workers");
    tcase_set_timeout(t, 300);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, in_order);
    tcase_add_test(t, full);
    tcase_add_test(t, too_long);
    tcase_add_test(t, close_early);
    tcase_add_test(t, own_error_only);
    tcase_add_test(t, too_few_sessions);
    suite_add_tcase(s, t);
    return s;
}
