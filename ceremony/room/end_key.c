#include "room/end_key.h"

#include <stdio.h>
#include <string.h>

#include "batch/own_key.h"
#include "batch/sealing.h"
#include "batch/witness.h"
#include "core/i18n.h"
#include "core/screen.h"
#include "hsm/destroy.h"
#include "hsm/inventory.h"
#include "hsm/uri.h"
#include "pki/key.h"
#include "room/end_intent.h"

#define LABEL 8

static bool is_log_key(const struct state *s, const struct policy_key *row)
{
    return strcmp(row->name, s->policy->log_key.name) == 0;
}

/* -- before -- */

/* The log key seals what is told of the others. */
static enum err check_last(struct state *s, const struct policy_key *log_key, struct diag *d)
{
    const struct policy_key *row;
    enum err e = E_OK;
    for (size_t i = 0; e == E_OK && (row = policy_key_at(s->policy, i)) != NULL; i++) {
        struct index_key known = {0};
        bool found = false;
        e = index_key(s->index, row->name, &known, &found, d);
        if (e == E_OK && row != log_key && strcmp(row->name, log_key->name) != 0 && found && known.destroyed == 0)
            e = diag_set(d, E_KEY_NEEDED, "%s seals the log, and %s is still there", log_key->name, row->name);
        index_key_free(&known);
    }
    return e;
}

static enum err check_quiet(struct state *s, struct diag *d)
{
    static const uint8_t none[DIGEST_LEN];
    uint64_t line = 0;
    enum err e = index_unfinished(s->index, none, &line, d);
    return e == E_OK && line > 0 ? diag_set(d, E_UNFINISHED, "its intent is log line %llu", (unsigned long long)line) : e;
}

enum err end_key_prepare(struct state *s, const struct policy_key *row, uint8_t digest[DIGEST_LEN], struct diag *d)
{
    struct index_key known = {0};
    char hex[DIGEST_HEX];
    bool found = false;
    memset(digest, 0, DIGEST_LEN);
    enum err e = index_key(s->index, row->name, &known, &found, d);
    if (e == E_OK && !found)
        e = diag_set(d, E_KEY_MISSING, "the log has no key %s", row->name);
    if (e == E_OK && is_log_key(s, row))
        e = check_last(s, row, d);
    if (e == E_OK)
        e = check_quiet(s, d);
    if (e == E_OK)
        e = digest_bytes(DIGEST_SHA256, known.spki.data, known.spki.len, digest);
    if (e == E_OK) {
        hex_encode(digest, DIGEST_LEN, hex);
        printf(known.certificate.len > 0 ? _("To be destroyed: %s, %s, which has a certificate\n")
                                         : _("To be destroyed: %s, %s, which has no certificate\n"),
               row->name, alg_sig_name(row->alg));
        screen_item(_("public key"), "%s", hex);
        screen_item_words(_("words"), digest);
        if (known.destroyed > 0)
            printf(_("Log line %llu tells of its end already.\n"), (unsigned long long)known.destroyed);
    }
    index_key_free(&known);
    return e;
}

/* -- the end -- */

static enum err log_end(struct state *s, const struct policy_key *row, const struct hsm_destroyed *gone, struct diag *d)
{
    struct key key = {0};
    char hex[DIGEST_HEX] = "";
    enum err e = gone->public_key != NULL ? key_from_pkey(gone->public_key, &key, d) : E_OK;
    if (e != E_OK)
        return e; /* the line would say that there was none */
    if (gone->public_key != NULL)
        hex_encode(key.digest, DIGEST_LEN, hex);
    e = log_append(s->log, RECORD_DESTROYED,
                            json_pack("{s:s,s:s,s:b,s:b}", "key", row->name, "public-key", hex, "private",
                                      (int)gone->private_, "public", (int)gone->public_),
                            d);
    if (e == E_OK)
        e = log_sync(s->log, d);
    key_free(&key);
    return e;
}

static void tell(const struct policy_key *row, const struct hsm_destroyed *gone)
{
    static const char *const what[] = {N_("nothing was left of it on the token"), N_("its public key object was left"),
                                       N_("its private key object was left"), N_("its private and its public key object")};
    screen_label(_("ended"), LABEL);
    printf("%s: %s\n", row->name, _(what[2 * gone->private_ + gone->public_]));
    printf("%s", _("        No object has its label; its handle signs nothing, in this session and in a fresh one;\n"
                   "        no other key on the token is the same.\n"));
}

/* The seal is over the line, too; without a log key only the token's head binds it. */
static enum err seal(struct state *s, struct hsm *h, const struct policy_key *row, struct diag *d)
{
    struct hsm_key *k = NULL;
    bool ended = false;
    enum err e = state_key_ended(s, s->policy->log_key.name, &ended, d);
    if (e == E_OK && !ended && !is_log_key(s, row)) {
        e = own_key_open(s, h, s->policy->log_key.name, &k, d);
        if (e == E_OK)
            e = sealing_run(s, k, d);
    }
    if (e == E_OK)
        e = witness_write(s, h, d);
    return e == E_OK ? state_refresh(s, d) : e;
}

/* Intent, destruction, line. there: what was there when it began. */
static enum err destroy(struct state *s, struct hsm *h, const struct policy_key *row, EVP_PKEY *public, struct hsm_destroyed *there,
                        struct diag *d)
{
    struct hsm_destroyed gone = {0};
    enum err e = end_intent(s, h, row, public, there, d);
    if (e == E_OK)
        e = hsm_key_destroy(h, row, public, &gone, d);
    if (e == E_OK)
        e = log_end(s, row, there, d);
    EVP_PKEY_free(gone.public_key);
    return e;
}

enum err end_key(struct state *s, struct hsm *h, const struct policy_key *row, struct diag *d)
{
    struct hsm_destroyed gone = {0};
    EVP_PKEY *public = NULL;
    bool ended = false;
    enum err e = state_public_key(s, row->name, &public, d);
    if (e == E_OK)
        e = state_key_ended(s, row->name, &ended, d);
    if (e == E_OK)
        e = ended ? hsm_key_destroy(h, row, public, &gone, d) : destroy(s, h, row, public, &gone, d);
    if (e == E_OK)
        e = seal(s, h, row, d);
    if (e == E_OK)
        tell(row, &gone);
    EVP_PKEY_free(public);
    EVP_PKEY_free(gone.public_key);
    return e;
}

/* -- what an attempt left -- */

/* Somebody could have given a key of ours the label of one that is to be made. */
static enum err check_not_ours(struct state *s, struct hsm *h, const struct policy_key *row, struct diag *d)
{
    struct hsm_objects all = {0};
    struct uri *u = NULL;
    enum err e = uri_parse(row->uri, &u, d);
    if (e == E_OK)
        e = hsm_objects(h, uri_label(u), &all, d);
    for (size_t i = 0; i < all.n && e == E_OK; i++) {
        struct key key = {0};
        bool own = false;
        if (all.v[i].public_key != NULL && key_from_pkey(all.v[i].public_key, &key, NULL) == E_OK)
            e = index_is_own_key(s->index, key.digest, &own, d);
        if (e == E_OK && own)
            e = diag_set(d, E_KEY_NEEDED, "what has the label of %s is a key that the log knows by another name", row->name);
        key_free(&key);
    }
    uri_free(u);
    hsm_objects_free(&all);
    return e;
}

enum err end_remains(struct state *s, struct hsm *h, const struct policy_key *row, struct diag *d)
{
    struct hsm_destroyed gone = {0};
    enum err e = check_not_ours(s, h, row, d);
    if (e == E_OK)
        e = destroy(s, h, row, NULL, &gone, d);
    if (e == E_OK)
        tell(row, &gone);
    EVP_PKEY_free(gone.public_key);
    return e;
}
