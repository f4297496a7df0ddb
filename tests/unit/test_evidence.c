/* Evidence that was made for the purpose, without a state: what it holds, what is found in it, and what happens without memory. The
 * scenario `evidence` has that of a whole appliance. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "expect.h"
#include "help_evidence.h"
#include "memory_sweep.h"

Suite *suite_evidence(void);

static struct help_evidence h;
static struct diag d;
static bool differs;

static void set_up(void)
{
    help_evidence_make(&h);
}

static void tear_down(void)
{
    help_evidence_free(&h);
}

START_TEST(what_belongs_together_is_accepted)
{
    struct evidence e;
    expect_ok_diag(help_evidence_check(&h.policy, buf_span(&h.text), &e, &d), &d);
    ck_assert_uint_eq(e.log.n, h.evidence.log.n);
    evidence_free(&e);
}
END_TEST

/* As the parts are, and the text is written for them: what is told is the part's own fault. */
static enum err judge(void)
{
    struct evidence_facts f = {0};
    struct evidence_verdict v = {0};
    enum err e = evidence_read_parts(&h.evidence, &f, &d);
    if (e == E_OK)
        e = evidence_check(&h.evidence, &f, &h.policy, NULL, &v, &d);
    if (e == E_OK)
        ck_assert(v.same_policy && !v.anchors_compared);
    evidence_facts_free(&f);
    return e;
}

START_TEST(people_are_those_of_the_policy)
{
    expect_ok_diag(judge(), &d);
    h.policy.quorum = 3; /* another policy, so that it is not this one's business */
    struct evidence_facts f = {0};
    struct evidence_verdict v = {0};
    expect_ok(evidence_read_parts(&h.evidence, &f, &d));
    expect_ok_diag(evidence_check(&h.evidence, &f, &h.policy, NULL, &v, &d), &d);
    ck_assert(!v.same_policy);
    evidence_facts_free(&f);
}
END_TEST

START_TEST(every_byte_of_a_part_counts)
{
    struct evidence *e = &h.evidence;
    struct buf *const parts[] = {&e->log.v[0].bytes, &e->log.v[3].bytes, &e->log.v[e->log.n - 1].bytes, &e->batch.v[0].bytes,
                                 &e->batch.v[1].bytes, &e->plan.v[0].bytes, &e->plan.v[1].bytes, &e->certificate,
                                 &e->approvals.v[0].certificate, &e->authorisations.v[1].certificate, &e->authorisations.v[0].cms,
                                 &e->seal.signature};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        for (size_t at = 0; at < parts[i]->len; at += 1 + parts[i]->len / 40) {
            parts[i]->data[at] ^= 1;
            ck_assert_msg(judge() != E_OK, "part %zu, byte %zu", i, at);
            parts[i]->data[at] ^= 1;
        }
    expect_ok_diag(judge(), &d);
}
END_TEST

/* Reading and judging apart, and only some of the many thousand allocations: the signatures cost the most. */
#define STEP 47

static struct evidence_facts facts;

static enum err read_text(void)
{
    struct evidence e;
    enum err err = evidence_parse(buf_span(&h.text), &e, &d);
    differs = differs || (err == E_OK && e.log.n != h.evidence.log.n);
    evidence_free(&e);
    return err;
}

static enum err check_parts(void)
{
    struct evidence_verdict v = {0};
    enum err e = evidence_check(&h.evidence, &facts, &h.policy, NULL, &v, &d);
    differs = differs || (e == E_OK && !v.same_policy);
    return e;
}

START_TEST(evidence_read_without_memory)
{
    memory_sweep_every(STEP, "evidence_parse", read_text, &d, &differs);
}
END_TEST

START_TEST(evidence_checked_without_memory)
{
    expect_ok_diag(evidence_read_parts(&h.evidence, &facts, &d), &d);
    memory_sweep_every(STEP, "evidence_check", check_parts, &d, &differs);
    evidence_facts_free(&facts);
}
END_TEST

Suite *suite_evidence(void)
{
    Suite *s = suite_create("evidence");
    TCase *c = tcase_create("evidence");
    tcase_add_checked_fixture(c, set_up, tear_down);
    tcase_set_timeout(c, 60);
    tcase_add_test(c, what_belongs_together_is_accepted);
    tcase_add_test(c, people_are_those_of_the_policy);
    tcase_add_test(c, every_byte_of_a_part_counts);
    tcase_add_test(c, evidence_read_without_memory);
    tcase_add_test(c, evidence_checked_without_memory);
    suite_add_tcase(s, c);
    return s;
}
