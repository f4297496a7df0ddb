#include "audit/log_alone.h"

#include "audit/answers.h"
#include "audit/audit.h"

enum err log_alone_take(struct audit *a, const struct record *r)
{
    struct diag why = {0};
    struct audit_counts *c = &a->counts;
    switch (r->type) {
    case RECORD_PLAN:
        c->batches++;
        return E_OK;
    case RECORD_AUTHORISE:
        c->authorisations++;
        return E_OK;
    case RECORD_ISSUED:
        answers_count(c, r);
        return audit_take(a, answers_check_serial(a, r, &why), &why);
    case RECORD_REFUSED:
        if (record_number(r, "n") == 0)
            c->turned_away++;
        else
            answers_count(c, r);
        return E_OK;
    case RECORD_REVOKED:
    case RECORD_ACCEPTED:
    case RECORD_CRL:
    case RECORD_OCSP:
        answers_count(c, r);
        return E_OK;
    case RECORD_BUNDLE:
        c->bundles++;
        return E_OK;
    default:
        return E_OK;
    }
}

void log_alone_finish(struct audit *a)
{
    audit_open(a, "the log was read alone: approvals, decisions, certificates, lists, bundles and ceremonies were not looked at");
}
