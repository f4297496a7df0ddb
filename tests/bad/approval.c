/* approval.c - approvals spoilt, beside the batch they approve. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "bad/bad.h"
#include "bad/people.h"
#include "batch/approval.h"
#include "pki/der.h"

static const char *const names[] = {"entry.p7s", "review.p7s"};

static void spoil(struct inputs *in, const char *name, const struct buf *good)
{
    static const struct mutator *const ways[] = {&mutate_bits, &mutate_cuts, &mutate_tails, &mutate_elements};
    for (size_t m = 0; m < 4; m++)
        inputs_add(in, name, buf_span(good), ways[m]);
}

static void prepare(struct inputs *in)
{
    for (int i = 0; i < 2; i++)
        spoil(in, names[i], &people_get()->approvals[i]);
}

static void prepare_gmt0010(struct inputs *in)
{
    spoil(in, names[1], &people_get()->gmt0010);
}

enum { VERSION, SIGNER, DIGEST, ATTRIBUTES, ALGORITHM, SIGNATURE, PARTS };

static struct span inside(struct span in, uint8_t tag)
{
    struct der e;
    return der_take(&in, tag, &e) ? e.body : (struct span){0};
}

/* The parts of the SignerInfo: who signed what, and how. The set of signers is the SignedData's last element. */
static bool take_signer(struct span cms, struct der parts[PARTS])
{
    struct der e, last = {0};
    struct span in = inside(cms, DER_SEQUENCE);
    if (!der_take(&in, DER_OID, &e))
        return false;
    in = inside(inside(in, DER_CONSTRUCTED + 0), DER_SEQUENCE);
    while (der_next(&in, &e))
        last = e;
    in = inside(last.body, DER_SEQUENCE);
    for (int i = 0; i < PARTS; i++)
        if (!der_next(&in, &parts[i]))
            return false;
    return in.n == 0;
}

static bool same_signer(struct span a, struct span b)
{
    struct der x[PARTS], y[PARTS];
    bool same = take_signer(a, x) && take_signer(b, y);
    for (int i = 0; same && i < PARTS; i++)
        same = i == ALGORITHM || der_same(x[i].whole, y[i].whole);
    return same;
}

/* The same: in DER and nothing behind it, the batch is approved by the very same persons, and the SignerInfo is
 * the very same but for the algorithm's identifier, which for SM2 has two forms of one meaning (with NULL and without parameters). */
static enum err judge_against(const struct buf *good, const char *what, struct span bytes, bool *same)
{
    const struct people *p = people_get();
    const struct world *w = &p->world;
    struct approvals a;
    struct batch_header h = world_header(PEOPLE_KEYS);
    people_write(what, bytes);
    int dir = open(bad_folder(), O_RDONLY | O_DIRECTORY);
    enum err e = approval_check(dir, &w->policy, &w->authorities[0], &h, WORLD_NOW, &a, NULL);
    close(dir);
    *same = e == E_OK && der_check(bytes) && a.n == 2 && a.by[0] == &w->persons[ENTRY_1] && a.by[1] == &w->persons[REVIEW_1] &&
            same_signer(bytes, buf_span(good));
    return e;
}

static enum err judge(const char *what, struct span bytes, bool *same)
{
    return judge_against(&people_get()->approvals[strcmp(what, names[0]) == 0 ? 0 : 1], what, bytes, same);
}

static enum err judge_gmt0010(const char *what, struct span bytes, bool *same)
{
    return judge_against(&people_get()->gmt0010, what, bytes, same);
}

const struct kind kind_approval = {"approval", prepare, judge, NULL};
const struct kind kind_gmt0010 = {"gmt0010", prepare_gmt0010, judge_gmt0010, NULL};
