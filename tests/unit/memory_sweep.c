#include "memory_sweep.h"

#include <check.h>

void memory_sweep(const char *name, enum err (*call)(void), struct diag *d, const bool *differs)
{
    memory_sweep_every(1, name, call, d, differs);
}

/* Every function is called once with all its memory, so that what libraries prepare once is prepared. */
void memory_sweep_every(uint64_t step, const char *name, enum err (*call)(void), struct diag *d, const bool *differs)
{
    *d = (struct diag){0};
    ck_assert_msg(call() == E_OK, "%s: %s", name, d->text);
    for (int and_on = 0; and_on < 2; and_on++) {
        bool failed = true;
        for (uint64_t n = 1; failed; n += step) {
            *d = (struct diag){0};
            memory_fail(n, and_on == 1);
            enum err e = call();
            failed = memory_stop();
            ck_assert_msg(!*differs, "%s, allocation %llu: another result", name, (unsigned long long)n);
            ck_assert_msg(e == E_NO_MEMORY || e == E_OK || e == E_CRYPTO, "%s, allocation %llu%s: %s: %s", name,
                          (unsigned long long)n, and_on ? " and on" : "", err_name(e), d->text);
            ck_assert_msg(failed || e == E_OK, "%s: %s when nothing failed", name, err_name(e));
        }
    }
}
