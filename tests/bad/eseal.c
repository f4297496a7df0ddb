/* eseal.c - electronic seals, and values signed with them, spoilt after they were signed. */
#include "bad/bad.h"
#include "pki/der.h"
#include "unit/help_eseal.h"

/* Made once, before the workers are. */
static struct help_eseal *made(void)
{
    static struct help_eseal h;
    if (h.ca == NULL)
        help_eseal_make(&h);
    return &h;
}

static void prepare(struct inputs *in, const char *what, struct span good)
{
    static const struct mutator *const ways[] = {&mutate_bits, &mutate_cuts, &mutate_tails, &mutate_elements};
    for (size_t m = 0; m < 4; m++)
        inputs_add(in, what, good, ways[m]);
}

static void prepare_seal(struct inputs *in)
{
    prepare(in, "seal", buf_span(&made()->seal));
}

static void prepare_value(struct inputs *in)
{
    prepare(in, "value", buf_span(&made()->value));
}

/* The same: byte for byte. A seal has one form, and under a trusted CA no part that nobody signed. */
static enum err judge_seal(const char *what, struct span bytes, bool *same)
{
    struct eseal s;
    struct diag d = {0};
    (void)what;
    enum err e = eseal_parse(bytes, &s, &d);
    if (e == E_OK)
        e = eseal_verify(&s, &d);
    if (e == E_OK)
        e = eseal_check_maker(&s, made()->ca, &d);
    *same = e == E_OK && der_same(bytes, buf_span(&made()->seal));
    return e;
}

static enum err judge_value(const char *what, struct span bytes, bool *same)
{
    struct eseal_value v;
    struct diag d = {0};
    (void)what;
    enum err e = eseal_value_parse(bytes, &v, &d);
    if (e == E_OK)
        e = eseal_value_verify(&v, &d);
    *same = e == E_OK && der_same(bytes, buf_span(&made()->value));
    return e;
}

const struct kind kind_eseal = {"eseal", prepare_seal, judge_seal, NULL};
const struct kind kind_eseal_value = {"eseal-value", prepare_value, judge_value, NULL};
