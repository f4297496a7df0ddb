/* csr.c - requests of all four kinds of keys, spoilt after they were signed. */
#include <string.h>

#include "bad/bad.h"
#include "bad/people.h"
#include "pki/der.h"

static void prepare(struct inputs *in)
{
    const struct people *p = people_get();
    static const struct mutator *const ways[] = {&mutate_bits, &mutate_cuts, &mutate_tails, &mutate_elements};
    for (int k = 0; k < PEOPLE_KEYS; k++)
        for (size_t m = 0; m < 4; m++)
            inputs_add(in, people_key_names[k], buf_span(&p->csr[k]), ways[m]);
}

struct parts {
    struct der info, algorithm, signature;
};

/* The request in its canonical form: one element in DER of three parts, and nothing else. */
static bool take_apart(struct span bytes, struct parts *out)
{
    struct der request;
    struct span in = bytes;
    if (!der_check(bytes) || !der_take(&in, DER_SEQUENCE, &request))
        return false;
    in = request.body;
    return der_next(&in, &out->info) && der_next(&in, &out->algorithm) && der_next(&in, &out->signature) && in.n == 0;
}

/* The same: what would be signed is the same, and so is, byte for byte, what the applicant signed, and the signature. Only
 * the algorithm's identifier is left, which for SM2 has two forms of one meaning (with NULL and without parameters). */
static enum err judge(const char *what, struct span bytes, bool *same)
{
    const struct people *p = people_get();
    struct parts x, y;
    enum err e = people_judge(what, bytes, same);
    for (int k = 0; e == E_OK && k < PEOPLE_KEYS; k++)
        if (strcmp(what, people_key_names[k]) == 0)
            *same = *same && take_apart(bytes, &x) && take_apart(buf_span(&p->csr[k]), &y) &&
                    der_same(x.info.whole, y.info.whole) && der_same(x.signature.whole, y.signature.whole);
    return e;
}

const struct kind kind_csr = {"csr", prepare, judge, NULL};
