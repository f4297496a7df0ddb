/* published.c - the checkpoint of a published log, as it lies in its folder, and the evidence of one certificate, as somebody hands it
 * on: spoilt after they were signed. */
#include <string.h>

#include "audit/checkpoint.h"
#include "bad/bad.h"
#include "unit/help_evidence.h"

/* -- the checkpoint -- */

static struct note_key key;
static const struct checkpoint head = {.size = 70000, .root = {1, 2, 3}};

static void prepare_checkpoint(struct inputs *in)
{
    static struct buf note;
    EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    bad_must(pkey != NULL && note_key_of("log.example.com/rootseal", pkey, &key, NULL) == E_OK, "a key");
    bad_must(checkpoint_write(&key, &head, &note) == E_OK, "a checkpoint");
    buf_append_str(&note, "\xe2\x80\x94 witness.example/w1 AAAABAAAAABnAAAA\n");
    static const struct mutator *const ways[] = {&mutate_bits, &mutate_cuts, &mutate_tails, &mutate_lines};
    for (size_t m = 0; m < sizeof ways / sizeof ways[0]; m++)
        inputs_add(in, "checkpoint", buf_span(&note), ways[m]);
}

/* The same: the same head. What stands in lines of others is not the log's matter. */
static enum err judge_checkpoint(const char *what, struct span bytes, bool *same)
{
    struct checkpoint c;
    (void)what;
    enum err e = checkpoint_read(&key, bytes, &c, NULL);
    *same = e == E_OK && c.size == head.size && memcmp(c.root, head.root, DIGEST_LEN) == 0;
    return e;
}

/* -- evidence -- */

/* One bit of every third byte: all bits of so long a text would take the sweep as long as all other inputs together. */
static size_t count_some_bits(struct span good)
{
    return (good.n + 2) / 3;
}

static void make_some_bits(struct span good, size_t i, struct buf *out)
{
    buf_append(out, good.p, good.n);
    if (!out->failed)
        out->data[3 * i] ^= (uint8_t)(1 << i % 8);
}

static const struct mutator some_bits = {"some bits", count_some_bits, make_some_bits};

static struct help_evidence *made(void)
{
    static struct help_evidence h;
    if (h.text.len == 0)
        help_evidence_make(&h);
    return &h;
}

static void prepare_evidence(struct inputs *in)
{
    static const struct mutator *const ways[] = {&some_bits, &mutate_cuts, &mutate_tails, &mutate_lines};
    for (size_t m = 0; m < sizeof ways / sizeof ways[0]; m++)
        inputs_add(in, "evidence", buf_span(&made()->text), ways[m]);
}

static bool same_bytes(const struct buf *a, const struct buf *b)
{
    return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

static bool same_lines(const struct evidence_lines *a, const struct evidence_lines *b)
{
    bool same = a->n == b->n;
    for (size_t i = 0; same && i < a->n; i++)
        same = a->v[i].index == b->v[i].index && same_bytes(&a->v[i].bytes, &b->v[i].bytes);
    return same;
}

static bool same_people(const struct evidence_signatures *a, const struct evidence_signatures *b)
{
    bool same = a->n == b->n;
    for (size_t i = 0; same && i < a->n; i++)
        same = same_bytes(&a->v[i].certificate, &b->v[i].certificate);
    return same;
}

/* The same: every line, the people and the certificate. A CMS may carry what its person did not sign. */
static enum err judge_evidence(const char *what, struct span bytes, bool *same)
{
    const struct evidence *good = &made()->evidence;
    struct evidence e;
    struct diag d = {0};
    (void)what;
    enum err err = help_evidence_check(&made()->policy, bytes, &e, &d);
    *same = err == E_OK && same_lines(&e.log, &good->log) && same_lines(&e.batch, &good->batch) && same_lines(&e.plan, &good->plan) &&
            same_people(&e.approvals, &good->approvals) && same_people(&e.authorisations, &good->authorisations) &&
            same_bytes(&e.certificate, &good->certificate);
    evidence_free(&e);
    return err;
}

static bool may(enum err e)
{
    return err_is_refusal(e) || bad_log_code(e) || e == E_LOG_PROOF;
}

const struct kind kind_checkpoint = {"checkpoint", prepare_checkpoint, judge_checkpoint, NULL};
const struct kind kind_evidence = {"evidence", prepare_evidence, judge_evidence, may};
