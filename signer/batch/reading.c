#include "batch/reading.h"

enum err verdict_tell(const struct verdict *v, struct diag *d)
{
    if (v->err != E_OK && d != NULL)
        *d = v->why;
    return v->err;
}

void reading_take(struct span line, enum err line_error, uint64_t number, struct reading *out)
{
    *out = (struct reading){.number = number};
    out->line.err = line_error != E_OK
                        ? diag_set(&out->line.why, line_error, "batch.jsonl line %llu", (unsigned long long)number)
                        : request_parse(line, number, &out->request, &out->line.why);
    if (out->line.err != E_OK || !op_certifies(out->request.op))
        return;
    out->proof.err = csr_parse(buf_span(&out->request.csr), &out->csr, &out->proof.why);
    if (out->proof.err == E_OK)
        out->strength.err = key_check_strength(&out->csr.key, &out->strength.why);
}

void reading_free(struct reading *r)
{
    request_free(&r->request);
    csr_free(&r->csr);
}
