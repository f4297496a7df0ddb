#include "officer/apart.h"

#include <string.h>

#include "core/limits.h"
#include "core/step.h"

/* What the step is about: a child has it from its parent, and gives back the answer alone. */
static const struct apart *asked;

struct answer {
    size_t n;
    uint8_t signature[LIMIT_APPROVAL_BYTES];
};

static enum err run(void *data, struct diag *d)
{
    struct answer *a = data;
    struct buf out = {0};
    enum err e = asked->sign(asked->arg, &out, d);
    if (e == E_OK && out.len > sizeof a->signature)
        e = diag_set(d, E_MEDIUM_LIMIT, "the signature of %s", asked->whose);
    if (e == E_OK) {
        memcpy(a->signature, out.data, out.len);
        a->n = out.len;
    }
    buf_free(&out);
    return e;
}

static bool settle(void *data)
{
    return ((const struct answer *)data)->n <= LIMIT_APPROVAL_BYTES;
}

enum err apart_sign(const struct apart *a, struct buf *out, struct diag *d)
{
    static struct answer answer;
    const struct step step = {.name = a->name, .run = run, .settle = settle, .keep_fd = a->keep_fd};
    answer.n = 0;
    asked = a;
    enum err e = step_run(&step, &answer, sizeof answer, d);
    if (e == E_OK) {
        buf_append(out, answer.signature, answer.n);
        e = buf_err(out) == E_OK ? E_OK : diag_set(d, E_NO_MEMORY, "the signature of %s", a->whose);
    }
    return e;
}
