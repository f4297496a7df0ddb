#include "pki/cause.h"

#include <openssl/err.h>

#include "core/starved.h"

enum err cause_take(enum err otherwise)
{
    enum err e = starved_take() ? E_NO_MEMORY : otherwise;
    for (unsigned long one; (one = ERR_get_error()) != 0;)
        if (ERR_GET_REASON(one) == ERR_R_MALLOC_FAILURE)
            e = E_NO_MEMORY;
    return e;
}

enum err cause_settle(enum err e, struct diag *d, const char *what)
{
    if (e == E_OK || e == E_NO_MEMORY)
        return e;
    enum err cause = cause_take(e);
    return cause == e ? e : diag_set(d, cause, "%s", what);
}
