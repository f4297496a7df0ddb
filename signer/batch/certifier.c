#include "batch/certifier.h"

#include <openssl/rand.h>

/* 127 bits from the system's generator, the first byte never zero (RFC 5280 4.1.2.2: positive, at most 20 bytes). The
 * history is asked all the same: a number that comes twice must be refused, not trusted to chance. */
static enum err make_serial(struct certifier *c, uint8_t serial[SERIAL_LEN], struct diag *d)
{
    bool taken = true;
    enum err e = E_OK;
    while (e == E_OK && taken) {
        if (RAND_bytes(serial, SERIAL_LEN) != 1)
            return diag_set(d, E_CRYPTO, "random numbers");
        serial[0] &= 0x7f;
        if (serial[0] != 0)
            e = index_has_serial(c->state->index, c->authority->name, serial, SERIAL_LEN, &taken, d);
    }
    return e;
}

enum err certifier_issuer(struct certifier *c, const char *key, struct issuer **out, struct diag *d)
{
    return issuers_find(&c->issuers, c->state, key, out, d);
}

enum err certifier_begin(struct certifier *c, const struct decision *o, struct plan_item *item, struct issuer *issuer,
                         struct diag *d)
{
    struct issuer *found = NULL;
    enum err e = issuers_find(&c->issuers, c->state, certify_key(o), &found, d);
    if (e != E_OK)
        return e;
    *issuer = *found;
    return make_serial(c, item->serial, d);
}

void certifier_free(struct certifier *c)
{
    issuers_free(&c->issuers);
    *c = (struct certifier){0};
}
