#include "room/replace_token.h"

#include <stdio.h>
#include <string.h>

#include "batch/own_key.h"
#include "batch/sealing.h"
#include "batch/witness.h"
#include "core/clock.h"
#include "core/words.h"
#include "room/make_key.h"

void replace_token_show(const struct state *s)
{
    const struct log_position *at = log_position(s->log);
    char hex[DIGEST_HEX], words[DIGEST_LEN * 12 + 64], when[CLOCK_TEXT];
    hex_encode(at->head, DIGEST_LEN, hex);
    words_format(at->head, DIGEST_LEN, 4, "       ", words, sizeof words);
    clock_format(at->time, when);
    printf("token  the log's is %s, serial %s\nlines  %llu, the last of %s\nhead   %s\nwords  %s\n"
           "The lost token cannot say any more where the log stood: compare this head with the last minutes, and with the\n"
           "seal of the last bundle that an RA took home.\n",
           s->token_model, s->token_serial, (unsigned long long)at->size, when, hex, words);
}

/* The log key must be there; what else is missing cannot sign, and nothing asks for it in vain without a word. */
static enum err check_keys(struct state *s, struct hsm *h, struct hsm_key **log_key, struct diag *d)
{
    const struct policy_key *row;
    enum err e = own_key_open(s, h, s->policy->log_key.name, log_key, d);
    for (size_t i = 0; e == E_OK && (row = policy_key_at(s->policy, i)) != NULL; i++) {
        struct index_key known = {0};
        struct hsm_key *k = NULL;
        struct diag why = {0};
        bool found = false;
        e = index_key(s->index, row->name, &known, &found, d);
        if (e == E_OK && found && known.destroyed == 0 && row != &s->policy->log_key) {
            e = own_key_open(s, h, row->name, &k, &why);
            printf("%s %-24s%s%s\n", e == E_OK ? "there  " : "MISSING", row->name, e == E_OK ? "" : " ", e == E_OK ? "" : err_name(e));
            if (e == E_KEY_MISSING)
                e = E_OK;
            else if (e != E_OK)
                e = diag_set(d, e, "%s", why.text);
        }
        index_key_free(&known);
    }
    return e;
}

enum err replace_token(struct state *s, struct hsm *h, struct diag *d)
{
    struct hsm_key *log_key = NULL;
    enum err e = witness_take_over(s, h, d);
    if (e == E_OK)
        e = check_keys(s, h, &log_key, d);
    if (e == E_OK)
        e = make_key_tell_token(s, h, d);
    if (e == E_OK)
        e = sealing_run(s, log_key, d);
    if (e == E_OK)
        e = witness_write(s, h, d);
    if (e == E_OK)
        e = state_refresh(s, d);
    if (e == E_OK)
        printf("token   %s, serial %s, holds the keys from here on\n", hsm_identity(h)->label, hsm_identity(h)->serial);
    return e;
}
