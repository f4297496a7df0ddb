/* A CMC request as `ra cmc-in` reads it, up to the requests that it becomes, and the response as `ra cmc-out` writes it.
 * The signature is not verified: the fuzzer could make none. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "help_bundle.h"
#include "pki/der.h"
#include "ra/cmc_draft.h"
#include "ra/cmc_write.h"

static struct cmc_additions with;

void fuzz_start(void)
{
    with = (struct cmc_additions){
        .policy = help_bundle_policy(), .authority = &help_bundle_policy()->authorities[0], .now = FUZZ_NOW};
    with.text[DRAFT_ID] = "order";
    with.text[DRAFT_PROFILE] = "person";
    with.text[DRAFT_BY] = "subscriber";
}

static void check_parts(const struct cmc *c)
{
    fuzz_hold(c->n > 0, "a request for nothing");
    for (size_t i = 0; i < c->n; i++) {
        const struct cmc_part *p = &c->parts[i];
        fuzz_hold(p->id > 0 && (i == 0 || p->id > c->parts[i - 1].id), "a number that comes twice, or is 0");
        fuzz_hold((p->csr.n > 0) == (p->serial.n == 0) && (p->csr.n > 0) == (p->issuer.n == 0), "a body part of no kind");
        fuzz_hold(cmc_find(c, p->id) == p, "a body part that is not found");
    }
}

/* All of them are a batch's lines, or the first that is not is named. */
static bool check_requests(const struct cmc *c)
{
    enum err e = E_OK;
    for (size_t i = 0; e == E_OK && i < c->n; i++) {
        struct request r, again;
        struct buf line = {0};
        struct diag d = {0};
        char id[32];
        e = cmc_draft(c, &c->parts[i], &with, &r, &d);
        fuzz_check_diag(e, &d);
        snprintf(id, sizeof id, "order-%u", c->parts[i].id);
        if (e == E_OK) {
            fuzz_hold(strcmp(r.id, id) == 0 && r.has_evidence, "a request of another body part");
            fuzz_hold(request_write(&r, &line) == E_OK && request_parse(buf_span(&line), 2, &again, &d) == E_OK,
                      "a body part that is no request");
            request_free(&again);
        }
        request_free(&r);
        buf_free(&line);
    }
    return e == E_OK;
}

/* Whatever numbers and nonces it has, the response is in DER. */
static void check_response(const struct cmc *c)
{
    struct buf out = {0};
    struct cmc_response r = {.request = c, .pending_until = FUZZ_NOW};
    r.statuses = calloc(c->n, sizeof *r.statuses);
    fuzz_hold(r.statuses != NULL, "memory");
    for (size_t i = 0; i < c->n; i++)
        r.statuses[i] = (struct cmc_status){.word = i % 3 == 0 ? CMC_PENDING : i % 3 == 1 ? CMC_FAILED : CMC_SUCCESS};
    fuzz_hold(cmc_write_content(&r, &out) == E_OK && der_check(buf_span(&out)), "a response that is not in DER");
    free(r.statuses);
    buf_free(&out);
}

bool fuzz_one(struct span in)
{
    struct cmc c;
    struct diag d = {0};
    bool good = false;
    enum err e = cmc_parse(in, &c, &d);
    fuzz_check_diag(e, &d);
    fuzz_hold(e == E_OK || e == E_CMC_FORMAT || e == E_CMC_UNSUPPORTED || e == E_NO_REQUESTS,
              "a CMC request that is refused for what it cannot be");
    if (e == E_OK) {
        check_parts(&c);
        good = check_requests(&c);
        check_response(&c);
    }
    cmc_free(&c);
    return good;
}
