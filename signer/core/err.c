#include "core/err.h"

#include <errno.h>
#include <string.h>

struct row {
    const char *name;
    enum err_class class_;
    const char *clause;
    const char *sentence;
    const char *advice;
};

static const struct row rows[ERR_COUNT] = {
#define X(code, class_, clause, sentence, advice) [code] = {#code, CLASS_##class_, clause, sentence, advice},
    ERR_TABLE(X)
#undef X
};

static const struct row unknown = {"E_UNKNOWN", CLASS_STORAGE, "", "an unknown error", "report it"};

static const struct row *row_of(enum err e)
{
    return (unsigned)e < ERR_COUNT ? &rows[e] : &unknown;
}

const char *err_name(enum err e)
{
    return row_of(e)->name;
}

const char *err_sentence(enum err e)
{
    return row_of(e)->sentence;
}

const char *err_advice(enum err e)
{
    return row_of(e)->advice;
}

const char *err_clause(enum err e)
{
    return row_of(e)->clause;
}

enum err_class err_class(enum err e)
{
    return row_of(e)->class_;
}

bool err_is_refusal(enum err e)
{
    return err_class(e) == CLASS_REFUSED || err_class(e) == CLASS_INPUT;
}

enum err err_by_name(const char *name)
{
    for (int i = 0; i < ERR_COUNT; i++)
        if (strcmp(rows[i].name, name) == 0)
            return (enum err)i;
    return E_OK;
}

enum err err_from_errno(int errnum)
{
    switch (errnum) {
    case ENOSPC:
    case EDQUOT:
        return E_DISK_FULL;
    case EROFS:
        return E_READ_ONLY;
    case ENOMEM:
        return E_NO_MEMORY;
    default:
        return E_IO;
    }
}
