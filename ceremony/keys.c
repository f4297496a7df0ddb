#include <string.h>

#include "commands.h"

enum err keys_each(const char *only, enum err (*step)(void *arg, const struct policy_key *row, struct diag *d), void *arg,
                   struct diag *d)
{
    const struct policy_key *row;
    bool any = false;
    enum err e = E_OK;
    for (size_t i = 0; e == E_OK && (row = policy_key_at(&policy_table, i)) != NULL; i++) {
        if (only != NULL && strcmp(only, row->name) != 0)
            continue;
        any = true;
        e = step(arg, row, d);
    }
    if (e == E_OK && !any)
        e = diag_set(d, E_USAGE, "the policy has no key %s", only);
    return e;
}
