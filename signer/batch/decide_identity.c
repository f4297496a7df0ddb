#include "batch/decide_identity.h"

#include <string.h>

#include "core/text.h"

/* "organization-code: REASON": the officers read the reason, the number only in the certificate. */
static void tell_override(struct decision *o, unsigned wrong)
{
    char *out = o->override_;
    size_t cap = sizeof o->override_, n = 0;
    for (enum policy_identity f = 0; f < POLICY_IDENTITY_COUNT; f++)
        if (wrong & 1u << f)
            n += (size_t)snprintf(out + n, cap - n, "%s%s", n > 0 ? "," : "", policy_identity_name(f));
    n += (size_t)snprintf(out + n, cap - n, ": ");
    text_escape(out + n, cap - n, o->request.override_, strlen(o->request.override_));
}

enum err decide_identity(const struct decider *c, struct decision *o, struct diag *d)
{
    bool override = o->request.override_[0] != '\0';
    unsigned wrong = 0;
    enum err e = identity_from_request(&o->request.identity, o->profile, c->now, override, &o->identity, &wrong, d);
    if (e == E_OK && override && wrong == 0)
        e = diag_set_clause(d, E_OVERRIDE, o->profile->clause, "no check digit of the request is wrong");
    if (e == E_OK && wrong != 0)
        tell_override(o, wrong);
    return e == E_OK ? identity_holder(buf_span(&o->subject), buf_span(&o->identity), o->subject_digest) : e;
}
