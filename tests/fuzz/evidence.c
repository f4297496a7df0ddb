/* The evidence of one certificate. The first byte of an input says what the rest stands for: the whole text, or one part, with the others
 * as the sample has them. */
#include "audit/evidence.h"

#include <string.h>

#include "fuzz.h"

enum { TEXT, SEAL, CERTIFICATE, FIRST_LINE };

static struct evidence sample;

void fuzz_start(void)
{
    struct buf whole = {0};
    struct diag d = {0};
    fuzz_sample("evidence.txt", &whole);
    fuzz_hold(evidence_parse(buf_span(&whole), &sample, &d) == E_OK, "the sample is refused");
    buf_free(&whole);
}

static enum err judge(const struct evidence *e)
{
    struct evidence_facts f = {0};
    struct evidence_verdict v = {0};
    struct diag d = {0};
    enum err err = evidence_read_parts(e, &f, &d);
    fuzz_check_diag(err, &d);
    if (err == E_OK) {
        err = evidence_check(e, &f, &policy_table, NULL, &v, &d);
        fuzz_check_diag(err, &d);
    }
    evidence_facts_free(&f);
    return err;
}

/* What is read is what is written. */
static enum err read_text(struct span in)
{
    struct evidence e;
    struct buf again = {0};
    struct diag d = {0};
    enum err err = evidence_parse(in, &e, &d);
    fuzz_check_diag(err, &d);
    fuzz_hold(err == E_OK || err == E_EVIDENCE_FORMAT, "evidence that is refused for what it cannot be");
    if (err == E_OK) {
        fuzz_hold(evidence_write(&e, &again, &d) == E_OK && fuzz_same(buf_span(&again), in), "evidence that is written otherwise");
        fuzz_check_shown(in, true);
        err = judge(&e);
    }
    evidence_free(&e);
    buf_free(&again);
    return err;
}

/* The part with this number: lines of log, batch and plan, then signatures with their certificates. *fixed: it is under a digest. */
static struct buf *part_of(struct evidence *e, size_t n, bool *fixed)
{
    struct evidence_lines *const lines[] = {&e->log, &e->batch, &e->plan};
    struct evidence_signatures *const signatures[] = {&e->approvals, &e->authorisations};
    *fixed = true;
    if (n == CERTIFICATE)
        return &e->certificate;
    n -= FIRST_LINE;
    for (size_t i = 0; i < 3; n -= lines[i]->n, i++)
        if (n < lines[i]->n)
            return &lines[i]->v[n].bytes;
    for (size_t i = 0; i < 2; n -= 2 * signatures[i]->n, i++)
        if (n < 2 * signatures[i]->n) {
            *fixed = n % 2 == 1; /* a signature may carry what nobody signed */
            return n % 2 == 1 ? &signatures[i]->v[n / 2].certificate : &signatures[i]->v[n / 2].cms;
        }
    return NULL;
}

/* In place of the sample's. */
static enum err with_seal(struct span in)
{
    struct evidence e = sample;
    struct diag d = {0};
    enum err err = seal_parse(in, &e.seal, &d);
    fuzz_check_diag(err, &d);
    if (err == E_OK)
        err = judge(&e);
    seal_free(&e.seal);
    return err;
}

static enum err with_part(size_t n, struct span in)
{
    bool fixed;
    struct buf *part = part_of(&sample, n, &fixed);
    if (part == NULL)
        return E_EVIDENCE_FORMAT;
    const struct buf before = *part;
    *part = (struct buf){.data = (uint8_t *)(uintptr_t)in.p, .len = in.n, .cap = in.n};
    enum err err = judge(&sample);
    *part = before;
    fuzz_hold(err != E_OK || !fixed || fuzz_same(buf_span(part), in), "a part that is accepted in place of another");
    return err;
}

bool fuzz_one(struct span in)
{
    if (in.n == 0)
        return false;
    const struct span rest = {in.p + 1, in.n - 1};
    enum err e = in.p[0] == TEXT ? read_text(rest) : in.p[0] == SEAL ? with_seal(rest) : with_part(in.p[0], rest);
    return e == E_OK;
}
