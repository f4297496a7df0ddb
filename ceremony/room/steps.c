#include "room/steps.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/i18n.h"
#include "core/screen.h"
#include "room/tee.h"

const struct step_row step_rows[STEP_KINDS] = {
    [STEP_TIME] = {step_time_show, step_time, false, true},
    [STEP_CHAIN] = {step_chain_bundles, step_chain, true, false},
    [STEP_INIT] = {NULL, step_init, true, false},
    [STEP_KEYGEN] = {NULL, step_keygen, true, true},
    [STEP_ROOT] = {step_root_agree, step_root, true, true},
    [STEP_SUB_CA] = {step_sub_ca_agree, step_sub_ca, true, true},
    [STEP_CROSS] = {step_cross_agree, step_cross, true, true},
    [STEP_TRANSFER] = {step_transfer_show, step_transfer, true, true},
    [STEP_REPLACE] = {step_replace_show, step_replace, true, false},
    [STEP_DESTROY] = {step_destroy_show, step_destroy, true, true},
    [STEP_KEYS] = {NULL, step_keys, true, true},
    [STEP_BATCH] = {step_batch_agree, step_batch, false, true},
    [STEP_CRL] = {step_batch_agree, step_batch, false, true},
    [STEP_MEDIUM] = {step_medium_ask, step_medium, false, true},
    [STEP_MINUTES] = {step_minutes_agree, step_minutes, true, false},
};

#define INDENT 4 /* columns */

/* What a rehearsal cannot have as the file says it. */
static bool is_thrown_away(const char *what)
{
    return strcmp(what, "token") == 0 || strcmp(what, "key-id") == 0;
}

/* The text, if it was made, is freed. */
static enum err tell(int made, char **text, struct diag *d)
{
    if (made < 0)
        return diag_set(d, E_NO_MEMORY, "what was found");
    printf("%*s", INDENT, "");
    screen_fold(INDENT, 2 * INDENT, *text);
    free(*text);
    return E_OK;
}

enum err step_expect(struct room *r, const struct script_step *s, const char *what, const char *expected, const char *found,
                     struct diag *d)
{
    char *text = NULL;
    if (expected == NULL)
        return E_OK;
    if (r->rehearsal && is_thrown_away(what)) {
        return tell(asprintf(&text, _("not compared in a rehearsal: %s %s"), _(what), found), &text, d);
    }
    enum err e = transcript_add(r->transcript, EVENT_CHECKED,
                                json_pack("{s:i,s:s,s:s,s:s}", "n", s->n, "what", what, "expected", expected, "found", found),
                                d);
    if (e != E_OK)
        return e;
    if (strcmp(expected, found) != 0)
        return diag_set(d, E_EXPECTATION, "%s: %s was expected, %s was found", what, expected, found);
    return tell(asprintf(&text, _("as expected: %s %s"), _(what), found), &text, d);
}

enum err step_done(struct room *r, const struct script_step *s, struct diag *d)
{
    enum err e = tee_check(d);
    if (e == E_OK && r->has_state) {
        const struct log_position *at = log_position(r->state.log);
        char hex[DIGEST_HEX];
        hex_encode(at->head, DIGEST_LEN, hex);
        e = transcript_add(r->transcript, EVENT_HEAD,
                           json_pack("{s:i,s:I,s:s}", "n", s->n, "size", (json_int_t)at->size, "head", hex), d);
    }
    return e == E_OK ? transcript_add(r->transcript, EVENT_DONE, json_pack("{s:i}", "n", s->n), d) : e;
}

enum err step_with_state(struct room *r, const struct script_step *s, step_function *work, struct diag *d)
{
    enum err e = state_open(r->path, &policy_table, STATE_FROM_LOG, &r->state, d);
    if (e == E_OK)
        e = work(r, s, d);
    state_close(&r->state);
    return e;
}
