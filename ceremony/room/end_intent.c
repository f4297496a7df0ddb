#include "room/end_intent.h"

#include <stdio.h>
#include <string.h>

#include "batch/witness.h"
#include "core/i18n.h"
#include "pki/key.h"

/* An end that was begun and, as far as the log knows, not completed. */
struct begun {
    const char *key;
    uint64_t told; /* lines that the token knows */
    uint64_t line; /* 0: none */
    bool private_, public_;
};

static enum err take_line(void *arg, const struct record *r, struct diag *d)
{
    struct begun *b = arg;
    const bool ending = r->type == RECORD_ENDING && r->seq <= b->told; /* any other, whoever wrote it, says nothing */
    (void)d;
    if ((!ending && r->type != RECORD_DESTROYED) || strcmp(record_text(r, "key"), b->key) != 0)
        return E_OK;
    b->line = ending ? r->seq : 0;
    b->private_ = ending && json_is_true(json_object_get(r->obj, "private"));
    b->public_ = ending && json_is_true(json_object_get(r->obj, "public"));
    return E_OK;
}

static enum err declare(struct state *s, struct hsm *h, const struct policy_key *row, const struct hsm_destroyed *there,
                        struct diag *d)
{
    struct key key = {0};
    char hex[DIGEST_HEX] = "";
    enum err e = there->public_key != NULL ? key_from_pkey(there->public_key, &key, d) : E_OK;
    if (e == E_OK && there->public_key != NULL)
        hex_encode(key.digest, DIGEST_LEN, hex);
    if (e == E_OK)
        e = log_append(s->log, RECORD_ENDING,
                       json_pack("{s:s,s:s,s:b,s:b}", "key", row->name, "public-key", hex, "private", (int)there->private_, "public",
                                 (int)there->public_),
                       d);
    if (e == E_OK)
        e = log_sync(s->log, d);
    if (e == E_OK)
        e = witness_write(s, h, d);
    key_free(&key);
    return e == E_OK ? state_refresh(s, d) : e;
}

enum err end_intent(struct state *s, struct hsm *h, const struct policy_key *row, EVP_PKEY *given, struct hsm_destroyed *out,
                    struct diag *d)
{
    struct begun b = {.key = row->name, .told = s->told};
    enum err e = hsm_key_look(h, row, given, out, d);
    if (e == E_OK)
        e = log_each(s->fd, NULL, take_line, &b, d);
    if (e != E_OK)
        return e;
    if (b.line == 0)
        return declare(s, h, row, out, d);
    printf(_("Its end was begun in log line %llu, and interrupted; it is completed now.\n"), (unsigned long long)b.line);
    out->private_ = out->private_ || b.private_;
    out->public_ = out->public_ || b.public_;
    return E_OK;
}
