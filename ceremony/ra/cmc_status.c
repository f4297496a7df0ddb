#include "ra/cmc_status.h"

#include <stdio.h>

/* What a client can act on; everything else is a transaction that is not permitted. */
static enum cmc_fail fail_of(enum err code)
{
    switch (code) {
    case E_CSR_ALGORITHM:
    case E_KEY_TYPE:
        return CMC_BAD_ALG;
    case E_REQUEST_DATE:
        return CMC_BAD_TIME;
    case E_CERT_UNKNOWN:
        return CMC_BAD_CERT_ID;
    case E_CSR_EXTENSION:
    case E_CSR_ASKS_CA:
        return CMC_UNSUPPORTED_EXT;
    case E_CSR_SIGNATURE:
        return CMC_POP_FAILED;
    case E_RENEWAL_SAME_KEY:
    case E_KEY_OTHER_SUBJECT:
    case E_KEY_OF_CA:
        return CMC_NO_KEY_REUSE;
    default:
        return CMC_BAD_REQUEST;
    }
}

static void refused(const struct answer *a, struct cmc_status *out)
{
    out->word = CMC_FAILED;
    out->fail = fail_of(a->code);
    snprintf(out->text, sizeof out->text, "%s: %s%s%s%s%s%s", err_name(a->code), err_sentence(a->code),
             a->note[0] != '\0' ? ": " : "", a->note, a->clause[0] != '\0' ? " [" : "", a->clause,
             a->clause[0] != '\0' ? "]" : "");
}

void cmc_status_of(const struct answer *a, struct cmc_status *out)
{
    *out = (struct cmc_status){.word = CMC_SUCCESS};
    if (a->act == PLAN_REFUSE)
        refused(a, out);
    else if (a->act == PLAN_ISSUE && a->note[0] != '\0')
        snprintf(out->text, sizeof out->text, "issued without the requested %s", a->note);
    else if (a->late)
        snprintf(out->text, sizeof out->text, "revoked later than promised");
}
