#include "batch/op.h"

#include <string.h>

#define NEW_CERTIFICATE (OP_PROFILE | OP_CSR)

static const struct {
    const char *name;
    unsigned fields;
} ops[OP_UNKNOWN] = {
    [OP_ISSUE] = {"issue", NEW_CERTIFICATE},
    [OP_RENEW] = {"renew", NEW_CERTIFICATE | OP_SERIAL},
    [OP_CHANGE] = {"change", NEW_CERTIFICATE | OP_SERIAL},
    [OP_ADD_APPLICATION] = {"add-application", NEW_CERTIFICATE | OP_SERIAL},
    [OP_SUSPEND] = {"suspend", OP_SERIAL},
    [OP_RESUME] = {"resume", OP_SERIAL},
    [OP_REVOKE] = {"revoke", OP_SERIAL | OP_BY | OP_REASON},
    [OP_ACCEPT] = {"accept", OP_SERIAL},
    [OP_CRL] = {"crl", OP_KEY},
    [OP_DELTA_CRL] = {"delta-crl", OP_KEY},
    [OP_OCSP] = {"ocsp", OP_KEY},
    [OP_SEAL_ISSUE] = {"seal-issue", OP_SEAL},
    [OP_SEAL_RENEW] = {"seal-renew", OP_SEAL | OP_SERIAL},
    [OP_SEAL_REVOKE] = {"seal-revoke", OP_SERIAL | OP_BY | OP_REASON},
};

const char *op_name(enum op op)
{
    return op < OP_UNKNOWN ? ops[op].name : "?";
}

enum op op_by_name(const char *name)
{
    for (int i = 0; i < OP_UNKNOWN; i++)
        if (strcmp(ops[i].name, name) == 0)
            return (enum op)i;
    return OP_UNKNOWN;
}

unsigned op_fields(enum op op)
{
    return op < OP_UNKNOWN ? ops[op].fields : 0;
}

bool op_is_eseal(enum op op)
{
    return op == OP_SEAL_ISSUE || op == OP_SEAL_RENEW || op == OP_SEAL_REVOKE;
}

bool op_certifies(enum op op)
{
    return (op_fields(op) & OP_CSR) != 0;
}

bool op_supersedes(enum op op)
{
    return op == OP_CHANGE || op == OP_ADD_APPLICATION;
}

bool op_is_list(enum op op)
{
    return op == OP_CRL || op == OP_DELTA_CRL || op == OP_OCSP;
}
