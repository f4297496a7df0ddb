#include <stdio.h>

#include "commands.h"
#include "room/replace_token.h"

enum err cmd_replace(int n, char **operands, struct diag *d)
{
    struct state s;
    struct hsm *h = NULL;
    (void)n;
    (void)operands;
    enum err e = banner_open_state(options.state, STATE_FROM_LOG, &s, d);
    if (e == E_OK) {
        replace_token_show(&s);
        printf("%s", _("Whether it has, audit verify --head tells: ask before you confirm this head.\n"));
        e = confirm_digest(log_position(s.log)->head, "log's head", d);
    }
    if (e == E_OK)
        e = token_open(s.fd, NULL, &h, d);
    if (e == E_OK)
        e = replace_token(&s, h, options.without, &(struct log_position){0}, d);
    state_close(&s);
    hsm_close(h);
    return e;
}
