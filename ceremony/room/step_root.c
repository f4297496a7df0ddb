/* root: the certificates of our own keys. */
#include "room/certify_spec.h"

static enum err agree(struct room *r, const struct script_step *s, struct diag *d)
{
    struct certify_spec spec;
    enum err e = certify_spec_root(s, &spec, d);
    return e == E_OK ? certify_agree(r, s, &spec, d) : e;
}

enum err step_root_agree(struct room *r, const struct script_step *s, struct diag *d)
{
    return step_with_state(r, s, agree, d);
}

enum err step_root(struct room *r, const struct script_step *s, struct diag *d)
{
    struct certify_spec spec;
    enum err e = certify_spec_root(s, &spec, d);
    return e == E_OK ? certify_sign(r, s, &spec, d) : e;
}
