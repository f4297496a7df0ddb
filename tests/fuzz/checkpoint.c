/* The checkpoint that lies in the folder of a published log. */
#include "audit/checkpoint.h"

#include <string.h>

#include "fuzz.h"

#define ORIGIN "log.example.com/rootseal"

static struct note_key key;

/* A key that everybody knows. */
void fuzz_start(void)
{
    static const uint8_t seed[32] = {FUZZ_CHECKPOINT_SEED};
    struct diag d = {0};
    EVP_PKEY *pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, sizeof seed);
    fuzz_hold(pkey != NULL && note_key_of(ORIGIN, pkey, &key, &d) == E_OK, "no key");
}

bool fuzz_one(struct span in)
{
    struct checkpoint c;
    struct span text;
    struct buf again = {0};
    struct diag d = {0}, why = {0};
    enum err e = checkpoint_read(&key, in, &c, &d), opened = note_open(&key, in, &text, &why);
    fuzz_check_diag(e, &d);
    fuzz_check_diag(opened, &why);
    fuzz_hold(e == E_OK || e == E_CHECKPOINT, "a checkpoint that is refused for what it cannot be");
    fuzz_hold(e != E_OK || opened == E_OK, "a checkpoint that is no note");
    if (e == E_OK) {
        fuzz_hold(checkpoint_text(ORIGIN, &c, &again) == E_OK && fuzz_same(buf_span(&again), text), "a text that is written otherwise");
        fuzz_hold(text.p == in.p && text.n < in.n, "a text that is not the note's");
    }
    buf_free(&again);
    return e == E_OK;
}
