#include "ra/cmc_match.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "batch/request.h"
#include "pki/der.h"

#define NOWHERE SIZE_MAX

/* The number behind the last hyphen; 0 when there is none. */
static uint32_t number_of(const char *id)
{
    const char *hyphen = strrchr(id, '-');
    const char *digits = hyphen != NULL ? hyphen + 1 : "";
    uint64_t n = 0;
    if (digits[0] == '0' || strspn(digits, "0123456789") != strlen(digits) || strlen(digits) > 10)
        return 0;
    for (; *digits != '\0'; digits++)
        n = 10 * n + (uint64_t)(*digits - '0');
    return n <= UINT32_MAX ? (uint32_t)n : 0;
}

static bool asks_the_same(const struct cmc_part *p, const struct request *r)
{
    if (p->csr.n > 0)
        return der_same(p->csr, buf_span(&r->csr));
    return r->has_serial && r->csr.len == 0 && der_same(p->serial, (struct span){r->serial, SERIAL_LEN});
}

static enum err match(const struct cmc *c, const struct request *r, size_t place, size_t *places, struct diag *d)
{
    struct cmc_part *p = cmc_find(c, number_of(r->id));
    if (!r->has_evidence || memcmp(r->evidence, c->digest, DIGEST_LEN) != 0)
        return E_OK;
    if (p == NULL || !asks_the_same(p, r))
        return diag_set(d, E_CMC_OTHER, "the request %s has it as evidence, and is none of its body parts", r->id);
    if (places[p - c->parts] != NOWHERE)
        return diag_set(d, E_CMC_OTHER, "body part %" PRIu32 " is there twice", p->id);
    places[p - c->parts] = place;
    return E_OK;
}

/* What the appliance could not read either was none of these. */
static enum err match_line(const struct cmc *c, struct span line, size_t place, size_t *places, struct diag *d)
{
    struct request r;
    struct diag ignored = {0};
    enum err e = request_parse(line, place + 2, &r, &ignored);
    if (e == E_OK)
        e = match(c, &r, place, places, d);
    else if (err_is_refusal(e))
        e = E_OK;
    else
        diag_set(d, e, BATCH_FILE);
    request_free(&r);
    return e;
}

enum err cmc_match(const struct cmc *c, const struct desk *k, size_t *places, struct diag *d)
{
    struct lines requests = k->requests;
    struct span line;
    enum err line_error, e = E_OK;
    for (size_t i = 0; i < c->n; i++)
        places[i] = NOWHERE;
    for (size_t place = 0; e == E_OK && desk_next(&requests, &line, &line_error); place++)
        e = line_error == E_OK ? match_line(c, line, place, places, d) : E_OK;
    for (size_t i = 0; e == E_OK && i < c->n; i++)
        if (places[i] == NOWHERE)
            e = diag_set(d, E_CMC_OTHER, "body part %" PRIu32 " is not in this batch", c->parts[i].id);
    return e;
}
