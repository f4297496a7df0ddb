/* cross: our roots certify each other, so that whoever trusts one of them trusts the other: SM2 and RSA, old and new. */
#include "room/certify_spec.h"

static enum err agree(struct room *r, const struct script_step *s, struct diag *d)
{
    struct certify_spec spec;
    enum err e = certify_spec_cross(s, &spec, d);
    return e == E_OK ? certify_agree(r, s, &spec, d) : e;
}

enum err step_cross_agree(struct room *r, const struct script_step *s, struct diag *d)
{
    return step_with_state(r, s, agree, d);
}

enum err step_cross(struct room *r, const struct script_step *s, struct diag *d)
{
    struct certify_spec spec;
    enum err e = certify_spec_cross(s, &spec, d);
    return e == E_OK ? certify_sign(r, s, &spec, d) : e;
}
