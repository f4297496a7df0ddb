#include <inttypes.h>
#include <stdio.h>

#include "commands.h"
#include "core/words.h"
#include "steps.h"

void sign_print(const struct step_signed *r)
{
    char head[DIGEST_HEX], words[DIGEST_LEN * 12 + 64];
    hex_encode(r->log_head, DIGEST_LEN, head);
    words_format(r->log_head, DIGEST_LEN, 4, "        ", words, sizeof words);
    printf("issued  %" PRId64 "\nrefused %" PRId64 "\n", r->issued, r->refused);
    if (r->status > 0)
        printf("changed %" PRId64 "\n", r->status);
    if (r->lists > 0)
        printf("lists   %" PRId64 "\n", r->lists);
    printf("log     %" PRIu64 " lines\nhead    %s\nwords   %s\n", r->log_size, head, words);
}

enum err cmd_sign(int n, char **operands, struct diag *d)
{
    struct step_signed report;
    (void)n;
    (void)operands;
    enum err e = banner_print(&policy_table, d);
    if (e == E_OK)
        e = step_sign(NULL, &report, d);
    if (e == E_OK)
        sign_print(&report);
    return e;
}
