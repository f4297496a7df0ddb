#include "batch/pair.h"

#include <string.h>

#include "batch/decide.h"
#include "batch/plan.h"
#include "pki/enveloped.h"

enum err pair_parse(const json_t *line, struct pair *out, const char *where, struct diag *d)
{
    const char *hex = "";
    enum err e = E_OK;
    *out = (struct pair){0};
    out->has_serial = json_object_get(line, "pair-serial") != NULL;
    if (json_object_get(line, "pair") != NULL)
        e = json_get_token(line, "pair", out->request, where, d);
    if (e == E_OK && out->has_serial)
        e = json_get_string(line, "pair-serial", &hex, where, d);
    if (e == E_OK && out->has_serial &&
        (strpbrk(hex, "ABCDEF") != NULL || !hex_decode(hex, out->serial, SERIAL_LEN)))
        e = diag_set(d, E_FIELD_VALUE, "%s: \"pair-serial\" is not %d lower-case hexadecimal digits", where,
                     2 * SERIAL_LEN);
    if (e == E_OK && json_object_get(line, "enveloped-key") != NULL)
        e = json_get_base64(line, "enveloped-key", &out->enveloped_key, where, d);
    if (e == E_OK && out->enveloped_key.len > LIMIT_ENVELOPED_BYTES)
        e = diag_set(d, E_FIELD_VALUE, "%s: \"enveloped-key\" has more than %d bytes", where, LIMIT_ENVELOPED_BYTES);
    return e;
}

int pair_write(const struct pair *p, json_t *line)
{
    char hex[2 * SERIAL_LEN + 1];
    int bad = 0;
    if (p->request[0] != '\0')
        bad = json_object_set_new(line, "pair", json_string(p->request));
    hex_encode(p->serial, SERIAL_LEN, hex);
    if (bad == 0 && p->has_serial)
        bad = json_object_set_new(line, "pair-serial", json_string(hex));
    if (bad == 0 && p->enveloped_key.len > 0)
        bad = json_set_base64(line, "enveloped-key", &p->enveloped_key);
    return bad;
}

void pair_free(struct pair *p)
{
    buf_free(&p->enveloped_key);
}

void pairs_free(struct pairs *p)
{
    set_free(&p->holders);
    set_free(&p->serials);
}

/* The key of both sets. Neither a profile's name nor an id holds a newline. */
static enum err name_digest(const char *profile, const char *id, uint8_t out[DIGEST_LEN])
{
    char text[2 * LIMIT_TOKEN_TEXT + 2];
    int n = snprintf(text, sizeof text, "%s\n%s", profile, id);
    return digest_bytes(DIGEST_SHA256, text, (size_t)n, out);
}

enum err pair_note_issued(struct decider *c, const struct decision *o, const struct plan_item *item, struct diag *d)
{
    uint8_t name[DIGEST_LEN], serial[DIGEST_LEN] = {0};
    const uint8_t *old;
    if (item->act != PLAN_ISSUE || o->profile == NULL || !policy_is_pair(c->authority, o->profile))
        return E_OK;
    memcpy(serial, item->serial, SERIAL_LEN);
    enum err e = name_digest(o->profile->name, o->request.id, name);
    if (e == E_OK)
        e = set_put(&c->pairs.holders, name, o->subject_digest, &old);
    if (e == E_OK)
        e = set_put(&c->pairs.serials, name, serial, &old);
    return e == E_OK ? E_OK : diag_set(d, e, "the pairs");
}

static enum err check_holder(const struct decision *o, const uint8_t holder[DIGEST_LEN], struct diag *d)
{
    if (memcmp(o->subject_digest, holder, DIGEST_LEN) != 0)
        return diag_set_clause(d, E_PAIR_SUBJECT, o->profile->clause, "the signing certificate has another subject or identity");
    return E_OK;
}

static enum err find_in_batch(const struct decider *c, struct decision *o, struct diag *d)
{
    const struct policy_profile *p = o->profile;
    uint8_t name[DIGEST_LEN];
    enum err e = name_digest(p->pair, o->request.pair.request, name);
    if (e != E_OK)
        return e;
    const uint8_t *holder = set_find(&c->pairs.holders, name), *serial = set_find(&c->pairs.serials, name);
    if (holder == NULL || serial == NULL)
        return diag_set_clause(d, E_PAIR_UNKNOWN, p->clause, "no request %s under %s is issued before it",
                               o->request.pair.request, p->pair);
    memcpy(o->pair, serial, SERIAL_LEN);
    return check_holder(o, holder, d);
}

/* An earlier certificate that is in force. At an RA's desk it is not known. */
static enum err find_issued(const struct decider *c, struct decision *o, struct diag *d)
{
    const struct policy_profile *p = o->profile;
    struct index_cert cert;
    bool found = false;
    memcpy(o->pair, o->request.pair.serial, SERIAL_LEN);
    if (c->history == NULL)
        return E_OK;
    enum err e = c->history->certificate(c->history->arg, c->authority->name, o->pair, &cert, &found, d);
    if (e != E_OK)
        return e;
    if (!found || strcmp(cert.profile, p->pair) != 0)
        return diag_set_clause(d, E_PAIR_UNKNOWN, p->clause, "no certificate under %s has the serial number", p->pair);
    if (cert.status != INDEX_GOOD || cert.not_after < c->now)
        return diag_set_clause(d, E_PAIR_UNKNOWN, p->clause, "the signing certificate has ended, or is held");
    return check_holder(o, cert.subject, d);
}

enum err pair_decide(const struct decider *c, struct decision *o, struct diag *d)
{
    const struct policy_profile *p = o->profile;
    const struct pair *asked = &o->request.pair;
    bool named = asked->request[0] != '\0', enveloped = asked->enveloped_key.len > 0;
    if (p->pair == NULL && (named || asked->has_serial || enveloped))
        return diag_set_clause(d, E_PAIR_FIELD, p->clause, "%s has no pair", p->name);
    if (p->pair == NULL)
        return E_OK;
    if (named == asked->has_serial)
        return diag_set_clause(d, E_PAIR_FIELD, p->clause, "%s needs one of pair and pair-serial", p->name);
    if (!enveloped)
        return diag_set_clause(d, E_PAIR_FIELD, p->clause, "%s needs an enveloped-key", p->name);
    enum err e = enveloped_check(buf_span(&asked->enveloped_key), &o->csr.key, d);
    if (e != E_OK)
        return e;
    return named ? find_in_batch(c, o, d) : find_issued(c, o, d);
}
