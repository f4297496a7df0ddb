/* plan.jsonl, read through once and then again item by item. */
#include "batch/plan.h"

#include "core/text.h"
#include "fuzz.h"
#include "log/merkle_lines.h"
#include <string.h>

void fuzz_start(void)
{
}

static void check_item(const struct plan_item *i)
{
    fuzz_check_shown((struct span){(const uint8_t *)i->detail, strlen(i->detail)}, false);
    fuzz_check_shown((struct span){(const uint8_t *)i->clause, strlen(i->clause)}, false);
    fuzz_hold(i->act != PLAN_REFUSE ? i->code == E_OK : i->code != E_OK,
              "an item that is neither issued nor refused");
}

/* What was read is written: the very bytes that were read. */
static void check_again(struct plan *p, struct span in)
{
    struct plan_item item = {0};
    struct buf again = {0};
    struct diag d = {0};
    uint8_t digest[DIGEST_LEN];
    bool more = true;
    struct plan_counts counts = {0};
    fuzz_hold(plan_write_header(&p->header, &again) == E_OK, "a header that cannot be written");
    for (;;) {
        fuzz_hold(plan_next(p, &item, &more, &d) == E_OK, "an item that is not read the second time");
        if (!more)
            break;
        check_item(&item);
        plan_count(&counts, item.act);
        fuzz_hold(plan_write_item(&item, &again) == E_OK, "an item that cannot be written");
    }
    fuzz_hold(memcmp(&counts, &p->counts, sizeof counts) == 0, "counts that are not the items'");
    fuzz_hold(plan_write_end(&counts, &again) == E_OK, "an end that cannot be written");
    fuzz_hold(fuzz_same(buf_span(&again), in), "a plan that is not what it says");
    fuzz_hold(merkle_lines_root(in, digest) == E_OK && memcmp(digest, p->digest, DIGEST_LEN) == 0,
              "a plan under another digest");
    plan_item_free(&item);
    buf_free(&again);
}

bool fuzz_one(struct span in)
{
    struct plan p;
    struct diag d = {0};
    fuzz_put(PLAN_FILE, in);
    enum err e = plan_open(fuzz_folder(), &p, &d);
    fuzz_check_diag(e, &d);
    fuzz_hold(e == E_OK || e == E_PLAN_FORMAT, "a plan that is refused for what it cannot be");
    if (e == E_OK)
        check_again(&p, in);
    plan_close(&p);
    return e == E_OK;
}
