#include <stdio.h>
#include <string.h>

#include "batch/kept_policy.h"
#include "batch/sealing.h"
#include "batch/untold.h"
#include "batch/witness.h"
#include "commands.h"
#include "core/screen.h"

#define LABEL 11 /* columns */

/* Both, so that the officers can compare them with the pages they signed. */
static void show(const struct state *s, const uint8_t named[DIGEST_LEN])
{
    char hex[DIGEST_HEX];
    hex_encode(named, DIGEST_LEN, hex);
    screen_field(_("until now"), LABEL, "%s", hex);
    hex_encode(s->policy_digest, DIGEST_LEN, hex);
    screen_field(_("from now"), LABEL, "%s", hex);
    screen_words(_("words"), LABEL, s->policy_digest);
}

/* A line that the token was not told of is one whose run was cut short, or that somebody else wrote: the officers have
 * confirmed the digest now, and telling the token is what is left. */
static enum err record(struct state *s, struct hsm *h, bool named, struct diag *d)
{
    char hex[DIGEST_HEX];
    hex_encode(s->policy_digest, DIGEST_LEN, hex);
    enum err e = untold_check_keys(s, h, NULL, d);
    if (e == E_OK)
        e = untold_settle(s, h, NULL, d);
    if (e == E_OK)
        e = kept_policy_write(s->fd, s->policy, s->policy_digest, d);
    if (e == E_OK && !named)
        e = log_append(s->log, RECORD_POLICY, json_pack("{s:s}", "policy", hex), d);
    if (e == E_OK) /* should the token be lost next, the seal speaks for the line */
        e = sealing_finish_if_able(s, h, d);
    if (e == E_OK)
        e = state_refresh(s, d);
    if (e == E_OK)
        screen_fold(0, 0, _("The state is under this policy now. Plans made before must be made and authorised again."));
    return e;
}

static enum err change(struct state *s, struct diag *d)
{
    struct hsm *h = NULL;
    uint8_t named[DIGEST_LEN];
    uint64_t line;
    enum err e = index_policy(s->index, INDEX_NOW, named, &line, d);
    bool same = memcmp(named, s->policy_digest, DIGEST_LEN) == 0;
    if (e == E_OK) {
        show(s, named);
        e = confirm_digest(s->policy_digest, N_("policy"), d);
    }
    if (e == E_OK)
        e = token_open(s->fd, s, &h, d);
    if (e == E_OK)
        e = witness_check(s, h, d);
    if (e == E_OK && same && line <= s->told)
        screen_fold(0, 0, _("The state is under this policy already."));
    else if (e == E_OK)
        e = record(s, h, same, d);
    hsm_close(h);
    return e;
}

enum err cmd_policy(int n, char **operands, struct diag *d)
{
    struct state s = {.fd = -1, .lock_fd = -1, .archive_fd = -1};
    (void)n;
    (void)operands;
    enum err e = banner_print(&policy_table, d);
    if (e == E_OK)
        e = state_open_any(options.state, &policy_table, STATE_FROM_LOG, &s, d);
    if (e == E_OK)
        e = change(&s, d);
    state_close(&s);
    return e;
}
