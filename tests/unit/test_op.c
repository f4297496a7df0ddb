/* What a request can ask for: names, fields and kinds belong together. */
#include <string.h>

#include "batch/op.h"
#include "expect.h"

Suite *suite_op(void);

/* i: a certificate; s: supersedes; l: a list; e: an electronic seal. Written from rootseal-formats(5). */
static const struct {
    const char *name, *kinds;
    unsigned fields;
} rows[OP_UNKNOWN] = {
    [OP_ISSUE] = {"issue", "i", OP_PROFILE | OP_CSR},
    [OP_RENEW] = {"renew", "i", OP_PROFILE | OP_CSR | OP_SERIAL},
    [OP_CHANGE] = {"change", "is", OP_PROFILE | OP_CSR | OP_SERIAL},
    [OP_ADD_APPLICATION] = {"add-application", "is", OP_PROFILE | OP_CSR | OP_SERIAL},
    [OP_SUSPEND] = {"suspend", "", OP_SERIAL},
    [OP_RESUME] = {"resume", "", OP_SERIAL},
    [OP_REVOKE] = {"revoke", "", OP_SERIAL | OP_BY | OP_REASON},
    [OP_ACCEPT] = {"accept", "", OP_SERIAL},
    [OP_CRL] = {"crl", "l", OP_KEY},
    [OP_DELTA_CRL] = {"delta-crl", "l", OP_KEY},
    [OP_OCSP] = {"ocsp", "l", OP_KEY},
    [OP_SEAL_ISSUE] = {"seal-issue", "e", OP_SEAL},
    [OP_SEAL_RENEW] = {"seal-renew", "e", OP_SEAL | OP_SERIAL},
    [OP_SEAL_REVOKE] = {"seal-revoke", "e", OP_SERIAL | OP_BY | OP_REASON},
};

static void expect_kinds(enum op op, const char *kinds)
{
    ck_assert_int_eq(op_certifies(op), strchr(kinds, 'i') != NULL);
    ck_assert_int_eq(op_supersedes(op), strchr(kinds, 's') != NULL);
    ck_assert_int_eq(op_is_list(op), strchr(kinds, 'l') != NULL);
    ck_assert_int_eq(op_is_eseal(op), strchr(kinds, 'e') != NULL);
}

START_TEST(every_op)
{
    for (int op = 0; op < OP_UNKNOWN; op++) {
        ck_assert_str_eq(op_name((enum op)op), rows[op].name);
        ck_assert_int_eq(op_by_name(rows[op].name), op);
        ck_assert_uint_eq(op_fields((enum op)op), rows[op].fields);
        expect_kinds((enum op)op, rows[op].kinds);
    }
}
END_TEST

START_TEST(any_other_word)
{
    ck_assert_int_eq(op_by_name("?"), OP_UNKNOWN);
    ck_assert_int_eq(op_by_name(""), OP_UNKNOWN);
    ck_assert_int_eq(op_by_name("Issue"), OP_UNKNOWN);
    ck_assert_str_eq(op_name(OP_UNKNOWN), "?");
    ck_assert_uint_eq(op_fields(OP_UNKNOWN), 0);
    expect_kinds(OP_UNKNOWN, "");
}
END_TEST

Suite *suite_op(void)
{
    Suite *s = suite_create("op");
    TCase *t = tcase_create("op");
    tcase_add_test(t, every_op);
    tcase_add_test(t, any_other_word);
    suite_add_tcase(s, t);
    return s;
}
