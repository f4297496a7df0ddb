#include <check.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "audit/workers.h"
#include "core/threads.h"
#include "expect.h"

Suite *suite_workers(void);

#define JOBS 5000 /* far more than wait at a time */

static atomic_int done;
static int bad = -1; /* the number of the check that fails */

static enum err check(void *what)
{
    const int n = *(int *)what;
    free(what);
    atomic_fetch_add(&done, 1);
    return n == bad ? E_LINT : E_OK;
}

static bool all_good(size_t threads)
{
    struct workers *w = workers_start(threads);
    ck_assert_ptr_nonnull(w);
    atomic_store(&done, 0);
    for (int i = 0; i < JOBS; i++) {
        int *what = malloc(sizeof *what);
        ck_assert_ptr_nonnull(what);
        *what = i;
        workers_put(w, check, what);
    }
    const bool good = workers_finish(w);
    ck_assert_int_eq(atomic_load(&done), JOBS);
    return good;
}

START_TEST(each_is_checked_and_none_that_fails_is_lost)
{
    static const int places[] = {0, 1, JOBS / 2, JOBS - 1};
    for (size_t threads = 2; threads <= 5; threads++) {
        bad = -1;
        ck_assert(all_good(threads));
        for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
            bad = places[i];
            ck_assert_msg(!all_good(threads), "%d, %zu threads", bad, threads);
        }
    }
}
END_TEST

START_TEST(one_core_needs_none)
{
    ck_assert_ptr_null(workers_start(0));
    ck_assert_ptr_null(workers_start(1));
    ck_assert(workers_finish(NULL));
    ck_assert_uint_ge(threads_cores(), 1);
    struct workers *w = workers_start(1000); /* no more than it has places for */
    ck_assert_ptr_nonnull(w);
    ck_assert(workers_finish(w));
}
END_TEST

Suite *suite_workers(void)
{
    Suite *s = suite_create("workers");
    TCase *t = tcase_create("workers");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, each_is_checked_and_none_that_fails_is_lost);
    tcase_add_test(t, one_core_needs_none);
    suite_add_tcase(s, t);
    return s;
}
