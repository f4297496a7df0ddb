#include "batch/sealed.h"

#include "log/seal.h"

/* A seal line that does not verify is as good as none. */
static bool is_sealed(const struct record *r, const struct log_position *before, enum sig_alg alg, EVP_PKEY *key)
{
    struct seal seal = {0};
    bool good = seal_from_record(r, before, &seal, NULL) == E_OK && seal_verify(&seal, alg, key, NULL) == E_OK;
    seal_free(&seal);
    return good;
}

static enum err walk(struct state *s, struct log_reader *reader, EVP_PKEY *key, struct diag *d)
{
    bool more = true;
    enum err e = E_OK;
    while (e == E_OK) {
        const struct log_position before = *log_reader_position(reader);
        struct record r = {0};
        struct span line;
        e = log_reader_next(reader, &line, &r, &more, d);
        if (e != E_OK || !more)
            break;
        const struct log_position *now = log_reader_position(reader);
        if (r.type == RECORD_SEAL && now->size > s->told && is_sealed(&r, &before, s->policy->log_key.alg, key)) {
            s->told = now->size;
            s->heard = *now;
        }
        record_free(&r);
    }
    return e;
}

enum err sealed_take(struct state *s, struct diag *d)
{
    struct log_reader *reader = NULL;
    EVP_PKEY *key = NULL;
    enum err e = state_public_key(s, s->policy->log_key.name, &key, d);
    if (e == E_OK)
        e = log_reader_open(s->fd, LOG_FILE, NULL, &reader, d);
    if (e == E_OK)
        e = walk(s, reader, key, d);
    log_reader_close(reader);
    EVP_PKEY_free(key);
    return e;
}
