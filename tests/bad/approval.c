/* approval.c - approvals spoilt, beside the batch they approve. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "bad/bad.h"
#include "bad/people.h"
#include "batch/approval.h"
#include "pki/der.h"

static const char *const names[] = {"entry.p7s", "review.p7s"};

static void prepare(struct inputs *in)
{
    const struct people *p = people_get();
    static const struct mutator *const ways[] = {&mutate_bits, &mutate_cuts, &mutate_tails, &mutate_elements};
    for (int i = 0; i < 2; i++)
        for (size_t m = 0; m < 4; m++)
            inputs_add(in, names[i], buf_span(&p->approvals[i]), ways[m]);
}

/* The SignerInfo: who signed what, and the signature. It is the last element of the SignedData's set of signers. */
static struct span signer_info(struct span cms)
{
    struct der e, last = {0};
    struct span in = cms;
    bad_must(der_take(&in, DER_SEQUENCE, &e), "an approval");
    in = e.body;
    bad_must(der_take(&in, DER_OID, &e) && der_take(&in, DER_CONSTRUCTED + 0, &e), "an approval");
    in = e.body;
    bad_must(der_take(&in, DER_SEQUENCE, &e), "an approval");
    in = e.body;
    while (der_next(&in, &e))
        last = e;
    bad_must(last.tag == DER_SET, "an approval");
    return last.body;
}

/* The same: the very same SignerInfo stands in it, and the batch is approved by the very same persons. */
static enum err judge(const char *what, struct span bytes, bool *same)
{
    const struct people *p = people_get();
    const struct world *w = &p->world;
    struct approvals a;
    struct batch_header h = world_header(PEOPLE_KEYS);
    people_write(what, bytes);
    int dir = open(bad_folder(), O_RDONLY | O_DIRECTORY);
    enum err e = approval_check(dir, &w->policy, &w->authorities[0], &h, WORLD_NOW, &a, NULL);
    close(dir);
    if (e == E_OK) {
        struct span signer = signer_info(buf_span(&p->approvals[strcmp(what, names[0]) == 0 ? 0 : 1]));
        *same = a.n == 2 && a.by[0] == &w->persons[ENTRY_1] && a.by[1] == &w->persons[REVIEW_1] &&
                memmem(bytes.p, bytes.n, signer.p, signer.n) != NULL;
    }
    return e;
}

const struct kind kind_approval = {"approval", prepare, judge, NULL};
