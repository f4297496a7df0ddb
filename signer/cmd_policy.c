#include <stdio.h>

#include "commands.h"

enum err cmd_policy(int n, char **operands, struct diag *d)
{
    struct buf text = {0};
    uint8_t digest[DIGEST_LEN];
    char hex[DIGEST_HEX];
    (void)n;
    (void)operands;
    enum err e = policy_print(&policy_table, &text);
    if (e == E_OK)
        e = policy_digest(&policy_table, digest);
    if (e == E_OK) {
        hex_encode(digest, DIGEST_LEN, hex);
        fwrite(text.data, 1, text.len, stdout);
        fprintf(stderr, "policy sha256 %s\n", hex);
    } else {
        e = diag_set(d, e, "printing the policy");
    }
    buf_free(&text);
    return e;
}
