#include "ra/cmc_answer.h"

#include <openssl/rand.h>
#include <stdlib.h>

#include "pki/cause.h"
#include "pki/cert.h"
#include "ra/cmc_match.h"

/* The issuers' certificates, written into one buffer; spans are set when it grows no more. */
static enum err take_issuers(const struct answers *answers, struct cmc_response *out)
{
    size_t *ends = calloc(answers->issuers_n + 1, sizeof *ends);
    enum err e = ends != NULL ? E_OK : E_NO_MEMORY;
    for (size_t i = 0; e == E_OK && i < answers->issuers_n; i++) {
        e = cert_write_der(answers->issuers[i]->cert, &out->issuers);
        ends[i + 1] = out->issuers.len;
    }
    for (size_t i = 0; e == E_OK && i < answers->issuers_n; i++)
        out->certificates[out->certificates_n++] = (struct span){out->issuers.data + ends[i], ends[i + 1] - ends[i]};
    free(ends);
    return e;
}

static enum err take_answers(const struct answers *answers, const size_t *places, struct cmc_response *out)
{
    size_t issued = 0;
    for (size_t i = 0; i < out->request->n; i++) {
        const struct answer *a = answers_at(answers, places[i]);
        cmc_status_of(a, &out->statuses[i]);
        if (a->act == PLAN_ISSUE)
            out->certificates[issued++] = a->cert;
    }
    out->certificates_n = issued;
    return issued > 0 ? take_issuers(answers, out) : E_OK;
}

enum err cmc_answer(const struct cmc *c, const struct desk *k, const struct answers *answers, struct cmc_response *out,
                    struct diag *d)
{
    *out = (struct cmc_response){.request = c, .pending_until = k->header.valid_until};
    size_t *places = calloc(c->n, sizeof *places);
    out->statuses = calloc(c->n, sizeof *out->statuses);
    out->certificates = calloc(c->n + (answers != NULL ? answers->issuers_n : 0), sizeof *out->certificates);
    enum err e = E_OK;
    if (places == NULL || out->statuses == NULL || out->certificates == NULL)
        e = diag_set(d, E_NO_MEMORY, "a CMC response");
    else if (RAND_bytes(out->nonce, CMC_NONCE) != 1)
        e = diag_set(d, cause_take(E_CRYPTO), "a CMC response");
    if (e == E_OK)
        e = cmc_match(c, k, places, d);
    for (size_t i = 0; e == E_OK && i < c->n; i++)
        out->statuses[i].word = CMC_PENDING;
    if (e == E_OK && answers != NULL && (e = take_answers(answers, places, out)) != E_OK)
        diag_set(d, e, "a CMC response");
    free(places);
    return e;
}

void cmc_answer_free(struct cmc_response *r)
{
    free(r->statuses);
    free(r->certificates);
    buf_free(&r->issuers);
    *r = (struct cmc_response){.request = NULL};
}
