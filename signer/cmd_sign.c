#include <stdio.h>
#include <string.h>

#include "batch/archive.h"
#include "batch/signing.h"
#include "commands.h"
#include "core/words.h"
#include "hsm/login.h"

enum err batch_by_option(struct state *s, uint8_t intake[DIGEST_LEN], struct diag *d)
{
    return archive_find(s->archive_fd, options.batch, intake, d);
}

static void report(const struct signing *g)
{
    char head[DIGEST_HEX], words[DIGEST_LEN * 12 + 64];
    const struct log_position *at = log_position(g->state->log);
    hex_encode(at->head, DIGEST_LEN, head);
    words_format(at->head, DIGEST_LEN, 4, "        ", words, sizeof words);
    printf("issued  %lld\nrefused %lld\nlog     %llu lines\nhead    %s\nwords   %s\n", (long long)g->plan.issue,
           (long long)g->plan.refuse, (unsigned long long)at->size, head, words);
}

enum err sign_intake(struct state *s, const uint8_t intake[DIGEST_LEN], struct diag *d)
{
    struct cli_progress bar = {.label = "signing"};
    struct progress progress = {cli_progress_step, &bar};
    struct signing g;
    struct hsm *h = NULL;
    enum err e = signing_prepare(s, intake, &g, d); /* all that can be checked before a person is asked for the PIN */
    if (e == E_OK && !g.done) {
        e = hsm_open(options.module, s->policy->token, s->policy->vendor, &h, d);
        if (e == E_OK)
            e = login_run(h, options.pin_fd, d);
        if (e == E_OK)
            e = signing_run(&g, h, options.sessions, &progress, d);
        cli_progress_end(&bar);
    }
    if (e == E_OK)
        report(&g);
    hsm_close(h);
    signing_close(&g);
    return e;
}

enum err cmd_sign(int n, char **operands, struct diag *d)
{
    struct state s;
    uint8_t intake[DIGEST_LEN];
    (void)n;
    (void)operands;
    enum err e = banner_open_state(options.state, STATE_FROM_LOG, &s, d);
    if (e == E_OK)
        e = batch_by_option(&s, intake, d);
    if (e == E_OK)
        e = sign_intake(&s, intake, d);
    state_close(&s);
    return e;
}
