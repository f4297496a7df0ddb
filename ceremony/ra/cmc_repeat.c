#include "ra/cmc_repeat.h"

#include <inttypes.h>
#include <string.h>

/* The digest of the line without what does not tell what is asked for. */
static enum err digest_asked(const struct request *r, uint8_t digest[DIGEST_LEN])
{
    struct request same = *r; /* what it points to stays r's */
    struct buf line = {0};
    same.id[0] = same.operator_[0] = same.issuer[0] = '\0';
    same.requested_at = 0;
    same.has_evidence = false;
    enum err e = request_write(&same, &line);
    if (e == E_OK && (e = buf_err(&line)) == E_OK)
        e = digest_bytes(DIGEST_SHA256, line.data, line.len, digest);
    buf_free(&line);
    return e;
}

static enum err put(struct set *s, const uint8_t key[DIGEST_LEN], uint64_t line, const uint8_t **old)
{
    uint8_t value[DIGEST_LEN] = {0};
    memcpy(value, &line, sizeof line);
    return set_put(s, key, value, old);
}

static uint64_t line_of(const uint8_t *value)
{
    uint64_t line;
    memcpy(&line, value, sizeof line);
    return line;
}

static enum err read_line(struct cmc_repeat *out, struct span line, uint64_t number, struct diag *d)
{
    struct request r;
    uint8_t asked[DIGEST_LEN];
    const uint8_t *old;
    enum err e = request_parse(line, number, &r, d);
    if (e == E_OK) {
        e = digest_asked(&r, asked);
        if (e == E_OK)
            e = put(&out->asked, asked, number, &old);
        if (e == E_OK && r.has_evidence)
            e = put(&out->evidence, r.evidence, number, &old);
        if (e != E_OK)
            diag_set(d, e, "%s line %" PRIu64, BATCH_FILE, number);
    }
    request_free(&r);
    return e;
}

enum err cmc_repeat_read(const struct desk *k, struct cmc_repeat *out, struct diag *d)
{
    struct lines requests = k->requests;
    struct span line;
    enum err line_error, e = E_OK;
    while (e == E_OK && desk_next(&requests, &line, &line_error))
        e = line_error == E_OK ? read_line(out, line, requests.number, d)
                               : diag_set(d, line_error, "%s line %" PRIu64, BATCH_FILE, (uint64_t)requests.number);
    return e;
}

enum err cmc_repeat_check(const struct cmc_repeat *r, const uint8_t digest[DIGEST_LEN], struct diag *d)
{
    const uint8_t *there = set_find(&r->evidence, digest);
    return there == NULL ? E_OK
                         : diag_set(d, E_CMC_REPEATED, "%s line %" PRIu64 " has it as evidence", BATCH_FILE, line_of(there));
}

enum err cmc_repeat_put(struct cmc_repeat *r, const struct request *request, struct diag *d)
{
    uint8_t asked[DIGEST_LEN];
    const uint8_t *old = NULL;
    enum err e = digest_asked(request, asked);
    if (e == E_OK)
        e = put(&r->asked, asked, 0, &old);
    if (e != E_OK)
        return diag_set(d, e, "%s", request->id);
    if (old == NULL)
        return E_OK;
    return line_of(old) > 0 ? diag_set(d, E_CMC_REPEATED, "%s asks for the same as %s line %" PRIu64, request->id, BATCH_FILE,
                                       line_of(old))
                            : diag_set(d, E_CMC_REPEATED, "%s asks for the same as a body part before it", request->id);
}

void cmc_repeat_free(struct cmc_repeat *r)
{
    set_free(&r->asked);
    set_free(&r->evidence);
}
