/* csr.c - requests of all four kinds of keys, spoilt after they were signed. */
#include "bad/bad.h"
#include "bad/people.h"

static void prepare(struct inputs *in)
{
    const struct people *p = people_get();
    static const struct mutator *const ways[] = {&mutate_bits, &mutate_cuts, &mutate_tails, &mutate_elements};
    for (int k = 0; k < PEOPLE_KEYS; k++)
        for (size_t m = 0; m < 4; m++)
            inputs_add(in, people_key_names[k], buf_span(&p->csr[k]), ways[m]);
}

const struct kind kind_csr = {"csr", prepare, people_judge, NULL};
