#include <check.h>
#include <sched.h>
#include <stdatomic.h>

#include "core/threads.h"
#include "core/turns.h"

Suite *suite_turns(void);

#define MANY 20000

static struct turns gate;
static atomic_int given; /* numbers given out, from 1 */
static int order[MANY];  /* in which they passed: what the gate guards */
static int passed;
static int stops_at;     /* the number that closes the gate; 0: none does */

static void *work(void *arg)
{
    int n;
    while ((n = atomic_fetch_add(&given, 1) + 1) <= MANY) {
        if (n % 7 == 0)
            sched_yield(); /* so that later ones come to the gate first */
        if (!turns_wait(&gate, n))
            break;
        order[passed++] = n;
        if (n == stops_at) {
            turns_stop(&gate);
            break;
        }
        turns_pass(&gate);
    }
    return arg;
}

static void run(size_t threads)
{
    pthread_t helpers[8];
    atomic_store(&given, 0);
    passed = 0;
    turns_begin(&gate, 1);
    size_t n = threads_start(helpers, threads - 1, work, NULL);
    ck_assert_uint_eq(n, threads - 1);
    (void)work(NULL);
    threads_join(helpers, n);
    turns_end(&gate);
}

START_TEST(they_pass_in_the_order_of_their_numbers)
{
    stops_at = 0;
    for (size_t threads = 1; threads <= 8; threads++) {
        run(threads);
        ck_assert_int_eq(passed, MANY);
        for (int i = 0; i < MANY; i++)
            ck_assert_int_eq(order[i], i + 1);
    }
}
END_TEST

START_TEST(nobody_passes_a_closed_gate_or_waits_at_it)
{
    for (size_t threads = 1; threads <= 8; threads++) {
        stops_at = 1000;
        run(threads);
        ck_assert_int_eq(passed, stops_at);
    }
}
END_TEST

START_TEST(there_is_a_core)
{
    ck_assert_uint_ge(threads_cores(), 1);
    ck_assert_uint_eq(threads_start(NULL, 0, work, NULL), 0);
}
END_TEST

Suite *suite_turns(void)
{
    Suite *s = suite_create("turns");
    TCase *t = tcase_create("turns");
    tcase_add_test(t, they_pass_in_the_order_of_their_numbers);
    tcase_add_test(t, nobody_passes_a_closed_gate_or_waits_at_it);
    tcase_add_test(t, there_is_a_core);
    suite_add_tcase(s, t);
    return s;
}
