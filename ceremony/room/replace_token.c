#include "room/replace_token.h"

#include <stdio.h>

#include "batch/own_key.h"
#include "batch/sealed.h"
#include "batch/sealing.h"
#include "batch/untold.h"
#include "batch/witness.h"
#include "core/clock.h"
#include "core/i18n.h"
#include "core/screen.h"
#include "core/text.h"
#include "room/make_key.h"

#define LABEL 8

void replace_token_show(const struct state *s)
{
    const struct log_position *at = log_position(s->log);
    char hex[DIGEST_HEX], when[CLOCK_TEXT];
    hex_encode(at->head, DIGEST_LEN, hex);
    clock_format(at->time, when);
    screen_field(_("token"), LABEL, _("the log's is %s, serial %s"), s->token_model, s->token_serial);
    screen_field(_("lines"), LABEL, _("%llu, the last of %s"), (unsigned long long)at->size, when);
    screen_field(_("head"), LABEL, "%s", hex);
    screen_words(_("words"), LABEL, at->head);
    screen_fold(0, 0, _("The lost token cannot say any more where the log stood. The last minutes, and the seal of the last bundle "
                        "that an RA took home, have the head of an earlier line, which this log must have, too."));
}

/* The log key must be there; what else is missing cannot sign, and nothing asks for it in vain without a word. */
static enum err check_keys(struct state *s, struct hsm *h, const char *without, struct hsm_key **log_key, struct diag *d)
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
            if (e == E_OK)
                printf(_("there   %s\n"), row->name);
            else
                printf(_("MISSING %s: %s\n"), row->name, err_name(e));
            if (e == E_KEY_MISSING && text_lists(without, row->name))
                e = E_OK;
            else if (e != E_OK)
                e = diag_again(d, e, &why);
        }
        index_key_free(&known);
    }
    return e;
}

/* Lines that the old token knew, or a seal covers, count as told. */
static enum err count_as_told(struct state *s, const struct log_position *heard, struct diag *d)
{
    bool holds = true;
    enum err e = heard->size > 0 ? log_position_holds(s->fd, heard, &holds, d) : E_OK;
    if (e == E_OK && !holds)
        e = diag_set(d, E_LOG_ROLLED_BACK, "line %llu is not the one that the token knew", (unsigned long long)heard->size);
    if (e == E_OK) {
        s->told = heard->size;
        s->heard = *heard;
        e = sealed_take(s, d);
    }
    return e;
}

/* The new token will vouch for all of the log, so what is not told yet must speak for itself. */
static enum err check_untold(struct state *s, struct hsm *h, const char *without, struct diag *d)
{
    enum err e = untold_check_policy(s, d);
    if (e == E_OK)
        e = untold_check_ends(s, NULL, d);
    if (e == E_OK)
        e = untold_check_keys(s, h, without, d);
    return e == E_OK ? untold_settle(s, h, NULL, d) : e;
}

enum err replace_token(struct state *s, struct hsm *h, const char *without, const struct log_position *heard, struct diag *d)
{
    struct hsm_key *log_key = NULL;
    enum err e = witness_take_over(s, h, d);
    if (e == E_OK)
        e = check_keys(s, h, without, &log_key, d);
    if (e == E_OK)
        e = count_as_told(s, heard, d);
    if (e == E_OK)
        e = check_untold(s, h, without, d);
    if (e == E_OK)
        e = make_key_tell_token(s, h, true, d);
    if (e == E_OK)
        e = sealing_run(s, log_key, d);
    if (e == E_OK)
        e = witness_write(s, h, d);
    if (e == E_OK)
        e = state_refresh(s, d);
    if (e == E_OK)
        printf(_("token   %s, serial %s, holds the keys from here on\n"), hsm_identity(h)->label, hsm_identity(h)->serial);
    return e;
}
