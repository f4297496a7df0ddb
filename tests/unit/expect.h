/* expect.h - what the unit tests share. */
#ifndef ROOTSEAL_TESTS_EXPECT_H
#define ROOTSEAL_TESTS_EXPECT_H

#include <check.h>

#include "core/diag.h"
#include "core/err.h"

/* Append the code's name to the file that $ROOTSEAL_CODES names, so that the last test of the suite can tell which
 * codes of the error table no test produced. */
void expect_seen(enum err code);

/* The call must return this code; the code counts as produced. */
#define expect_err(call, want)                                                                                         \
    do {                                                                                                               \
        enum err expect_got = (call);                                                                                  \
        ck_assert_msg(expect_got == (want), "%s: got %s, want %s", #call, err_name(expect_got), err_name(want));       \
        expect_seen(expect_got);                                                                                       \
    } while (0)

#define expect_ok(call) expect_err(call, E_OK)

/* The same, printing the diag's text when it is not as wanted. */
#define expect_ok_diag(call, d)                                                                                        \
    do {                                                                                                               \
        enum err expect_got = (call);                                                                                  \
        ck_assert_msg(expect_got == E_OK, "%s: %s: %s", #call, err_name(expect_got), (d)->text);                       \
    } while (0)

#endif
