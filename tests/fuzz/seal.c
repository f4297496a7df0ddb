/* seal.json. */
#include "log/seal.h"

#include "fuzz.h"

void fuzz_start(void)
{
}

bool fuzz_one(struct span in)
{
    struct seal s;
    struct buf again = {0}, text = {0};
    struct diag d = {0};
    enum err e = seal_parse(in, &s, &d);
    fuzz_check_diag(e, &d);
    fuzz_hold(e == E_OK || e == E_BUNDLE_FORMAT, "a seal that is refused for what it cannot be");
    if (e == E_OK) {
        fuzz_hold(seal_write(&s, &again) == E_OK && fuzz_same(buf_span(&again), in), "a seal that is not what it says");
        fuzz_hold(seal_text(&s, &text) == E_OK, "a seal without its text");
        fuzz_check_shown(buf_span(&text), true);
    }
    seal_free(&s);
    buf_free(&again);
    buf_free(&text);
    return e == E_OK;
}
