/* What an auditor is given to compare a log with. */
#include <stdio.h>
#include <string.h>

#include "audit/witnesses.h"
#include "expect.h"
#include "help_audit.h"
#include "help_batch.h"
#include "log/head_text.h"
#include "log/log.h"
#include "memory_sweep.h"

Suite *suite_witnesses(void);

static struct diag d;
static bool differs; /* a sweep has no result to compare */
static struct witnesses w;

static void set_up(void)
{
    d = (struct diag){0};
    tree_make();
    help_audit_begin_with_keys();
}

static void tear_down(void)
{
    witnesses_free(&w);
    help_audit_end();
    tree_remove();
}

static void head_now(struct head_text *out)
{
    const struct log_position *at = log_position(audit_fix.log);
    *out = (struct head_text){.size = at->size, .bytes = at->bytes};
    memcpy(out->log, at->id, DIGEST_LEN);
    memcpy(out->head, at->head, DIGEST_LEN);
}

/* The token's head with something before and behind it. */
static enum err read_head(const struct head_text *h, const char *before, const char *behind)
{
    char text[HEAD_TEXT_MAX], file[HEAD_TEXT_MAX + 40];
    head_text_write(h, text);
    snprintf(file, sizeof file, "%s%s%s", before, text, behind);
    tree_write_str("head", file);
    w = (struct witnesses){0};
    return witnesses_read_token(&w, tree_path("head"), &d);
}

START_TEST(head_text)
{
    struct head_text h, again;
    char text[HEAD_TEXT_MAX];
    head_now(&h);
    ck_assert_uint_eq(head_text_write(&h, text), strlen(text));
    ck_assert(head_text_parse(text, &again));
    ck_assert_mem_eq(&h, &again, sizeof h);
    ck_assert(!head_text_parse("", &again));
    for (size_t n = 0; n < strlen(text); n++) { /* cut anywhere */
        char cut[HEAD_TEXT_MAX];
        snprintf(cut, sizeof cut, "%.*s", (int)n, text);
        ck_assert(!head_text_parse(cut, &again));
    }
}
END_TEST

START_TEST(head_of_a_token)
{
    struct head_text h;
    head_now(&h);
    expect_ok_diag(read_head(&h, "", ""), &d);
    expect_ok_diag(read_head(&h, "17 ", "\n"), &d);
    ck_assert_uint_eq(w.of[WITNESS_TOKEN].line, h.size);
    expect_err(read_head(&h, "", "\n\n"), E_WITNESS);
    expect_err(read_head(&h, "", " "), E_WITNESS);
    expect_err(read_head(&h, " ", ""), E_WITNESS);
    expect_err(read_head(&h, "17", ""), E_WITNESS);
    expect_err(read_head(&h, "17 18 ", ""), E_WITNESS);
    tree_write("head", "rootseal-head-1\0 ", 17);
    expect_err(witnesses_read_token(&w, tree_path("head"), &d), E_WITNESS);
    tree_write_str("head", "");
    expect_err(witnesses_read_token(&w, tree_path("head"), &d), E_WITNESS);
    expect_err(witnesses_read_token(&w, tree_path("nothing"), &d), E_IO);
    h.size = 0;
    expect_err(read_head(&h, "", ""), E_WITNESS);
}
END_TEST

/* Of this log and of another, of this line and of none. */
START_TEST(compared_with_the_log)
{
    struct head_text h;
    head_now(&h);
    expect_ok_diag(read_head(&h, "", ""), &d);
    audit_fix.o.witnesses = w;
    expect_err(help_audit_verdict(0), E_OK);
    audit_fix.o.witnesses.of[WITNESS_TOKEN].line++;
    expect_err(help_audit_verdict(0), E_LOG_ROLLED_BACK);
    audit_fix.o.witnesses.of[WITNESS_TOKEN].line--;
    audit_fix.o.witnesses.of[WITNESS_TOKEN].log[0] ^= 1;
    expect_err(help_audit_verdict(0), E_LOG_ROLLED_BACK);
}
END_TEST

START_TEST(a_seal_that_is_none)
{
    tree_write_str("seal.json", "{}");
    expect_err(witnesses_read_seal(&w, tree_path("seal.json"), &d), E_BUNDLE_FORMAT);
    ck_assert(!witnesses_given(&w));
    expect_err(witnesses_read_seal(&w, tree_path("nothing"), &d), E_IO);
}
END_TEST

static const char *path; /* Check allocates when it is made */

static enum err read_again(void)
{
    witnesses_free(&w);
    return witnesses_read_token(&w, path, &d);
}

START_TEST(no_memory)
{
    struct head_text h;
    head_now(&h);
    expect_ok_diag(read_head(&h, "", ""), &d);
    path = tree_path("head");
    memory_sweep("read_token", read_again, &d, &differs);
}
END_TEST

Suite *suite_witnesses(void)
{
    Suite *s = suite_create("witnesses");
    TCase *t = tcase_create("witnesses");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, head_text);
    tcase_add_test(t, head_of_a_token);
    tcase_add_test(t, compared_with_the_log);
    tcase_add_test(t, a_seal_that_is_none);
    tcase_add_test(t, no_memory);
    suite_add_tcase(s, t);
    return s;
}
