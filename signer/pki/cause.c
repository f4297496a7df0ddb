#include "pki/cause.h"

#include <openssl/err.h>

enum err cause_take(enum err otherwise)
{
    enum err e = otherwise;
    for (unsigned long one; (one = ERR_get_error()) != 0;)
        if (ERR_GET_REASON(one) == ERR_R_MALLOC_FAILURE)
            e = E_NO_MEMORY;
    return e;
}
