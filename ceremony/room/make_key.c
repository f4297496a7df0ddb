#include "room/make_key.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base64.h"
#include "core/clock.h"
#include "core/i18n.h"
#include "core/screen.h"
#include "hsm/destroy.h"
#include "hsm/inventory.h"
#include "hsm/sign.h"
#include "hsm/uri.h"
#include "pki/key.h"
#include "room/end_key.h"

#define LABEL 8

/* -- the log's lines -- */

enum err make_key_tell_token(struct state *s, struct hsm *h, bool replaces, struct diag *d)
{
    struct hsm_provenance p;
    enum err e = hsm_provenance(h, &p, d);
    if (e != E_OK)
        return e;
    return log_append(s->log, RECORD_TOKEN,
                      json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:b}", "token-manufacturer", p.token.manufacturer,
                                "token-model",
                                p.token.model, "token-serial", p.token.serial, "token-label", p.token.label, "token-hardware", p.hardware,
                                "token-firmware", p.firmware, "module-manufacturer", p.module_manufacturer, "module", p.module,
                                "module-version", p.module_version, "replaces", (int)replaces),
                      d);
}

static enum err log_key(struct state *s, const struct policy_key *row, struct hsm_key *k, struct key *public,
                        struct diag *d)
{
    struct hsm_attributes a;
    enum err e = key_from_pkey(hsm_key_public(k), public, d);
    if (e == E_OK)
        e = hsm_key_attributes(k, &a, d);
    if (e != E_OK)
        return e;
    char *spki = base64_string(public->spki.data, public->spki.len);
    if (spki == NULL)
        return diag_set(d, E_NO_MEMORY, "%s", row->name);
    e = log_append(s->log, RECORD_KEYGEN,
                   json_pack("{s:s,s:s,s:s,s:b,s:b,s:b,s:b}", "key", row->name, "algorithm", alg_sig_name(row->alg),
                             "public-key", spki, "sensitive", (int)a.sensitive, "always-sensitive",
                             (int)a.always_sensitive, "never-extractable", (int)a.never_extractable, "local",
                             (int)a.local),
                   d);
    free(spki);
    return e;
}

/* -- what is there already -- */

static void tell_object(const struct hsm_object *o)
{
    const struct hsm_attributes *a = &o->attributes;
    printf(o->private_ ? _("    a private key object, %s, id %s\n") : _("    a public key object, %s, id %s\n"), o->kind,
           o->id[0] != '\0' ? o->id : "-");
    if (o->private_ && hsm_confined_for_ever(a))
        printf("%s", _("        it was made in this token and can never have left it\n"));
    else if (o->private_)
        printf("%s", a->local ? _("        it was made in this token and could have left it\n")
                              : _("        it was not made in this token and could have left it\n"));
}

/* No riddle: what has the label, since when at the earliest, whether there is a certificate, and the two ways on. */
static enum err tell_remains(struct state *s, struct hsm *h, const struct policy_key *row, struct diag *d)
{
    const struct log_position *at = log_position(s->log);
    struct hsm_objects all = {0};
    struct uri *u = NULL;
    char when[CLOCK_TEXT];
    enum err e = uri_parse(row->uri, &u, d);
    if (e == E_OK)
        e = hsm_objects(h, uri_label(u), &all, d);
    if (e == E_OK) {
        clock_format(at->time, when);
        printf(_("The label of %s is in use on the token, by\n"), row->name);
        for (size_t i = 0; i < all.n; i++)
            tell_object(&all.v[i]);
        printf(_("None of the log's %llu lines (to %s) tells of its making, and there is no certificate for it:\n"
                 "an attempt was cut off before its line, or somebody else made it.\n"
                 "Two ways on, each with its line in the log:\n"
                 "    ceremony keygen --adopt   takes it, if it was made in this token and can never have left it\n"
                 "    ceremony keygen --renew   destroys it, and makes the key anew\n"),
               (unsigned long long)at->size, when);
    }
    uri_free(u);
    hsm_objects_free(&all);
    return e;
}

static enum err adopt(struct hsm *h, const struct policy_key *row, struct hsm_key **k, struct diag *d)
{
    struct hsm_attributes a;
    enum err e = hsm_key_find(h, row, NULL, k, d);
    if (e == E_OK)
        e = hsm_key_attributes(*k, &a, d);
    if (e == E_OK && !hsm_confined_for_ever(&a))
        e = diag_set(d, E_KEY_ATTRIBUTES, "%s was not made in the token, or could have left it", row->name);
    return e;
}

/* -- making -- */

static enum err settle_existing(struct state *s, struct hsm *h, const struct policy_key *row, enum make_way way,
                                struct hsm_key **k, struct diag *d)
{
    struct diag stopped = *d;
    enum err e;
    switch (way) {
    case MAKE_ADOPT:
        return adopt(h, row, k, d);
    case MAKE_RENEW:
        e = end_remains(s, h, row, d);
        return e == E_OK ? hsm_key_generate(h, row, k, d) : e;
    case MAKE_STOP:
        break;
    }
    e = tell_remains(s, h, row, d);
    if (e == E_OK) {
        *d = stopped;
        e = E_KEY_EXISTS;
    }
    return e;
}

/* The line is on disk before anything else is made, so that a key is never without its record for long. */
static enum err generate(struct state *s, struct hsm *h, const struct policy_key *row, enum make_way way, struct diag *d)
{
    struct hsm_key *k = NULL;
    struct key public = {0};
    char hex[DIGEST_HEX];
    enum err e = hsm_key_generate(h, row, &k, d);
    bool existed = e == E_KEY_EXISTS;
    if (existed)
        e = settle_existing(s, h, row, way, &k, d);
    if (e == E_OK)
        e = hsm_self_test(k, d);
    if (e == E_OK)
        e = log_key(s, row, k, &public, d);
    if (e == E_OK)
        e = log_append(s->log, RECORD_SELF_TEST, json_pack("{s:s}", "key", row->name), d);
    if (e == E_OK)
        e = log_sync(s->log, d);
    if (e == E_OK) {
        hex_encode(public.digest, DIGEST_LEN, hex);
        screen_field(existed && way == MAKE_ADOPT ? _("adopted") : _("made"), LABEL, "%-24s %-14s %s", row->name, alg_sig_name(row->alg),
                     hex);
    }
    key_free(&public);
    return e;
}

static enum err make_one(struct state *s, struct hsm *h, const struct policy_key *row, enum make_way way, bool *told,
                         struct diag *d)
{
    struct index_key known = {0};
    bool found = false;
    enum err e = index_key(s->index, row->name, &known, &found, d);
    if (e == E_OK && found) {
        screen_label(known.destroyed > 0 ? _("ended") : _("there"), LABEL);
        printf("%-24s %s\n", row->name, alg_sig_name(row->alg));
    }
    if (e == E_OK && !found && !*told) {
        e = make_key_tell_token(s, h, false, d);
        if (e == E_OK)
            e = log_sync(s->log, d);
        *told = true;
    }
    if (e == E_OK && !found)
        e = generate(s, h, row, way, d);
    index_key_free(&known);
    return e;
}

static bool is_among(const char *name, const char *const *keys, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(keys[i], name) == 0)
            return true;
    return n == 0;
}

enum err make_keys(struct state *s, struct hsm *h, const char *const *keys, size_t keys_n, enum make_way way, struct diag *d)
{
    const struct policy_key *row;
    bool told = false;
    enum err e = E_OK;
    for (size_t i = 0; i < keys_n && e == E_OK; i++)
        if (policy_key_find(s->policy, keys[i]) == NULL)
            e = diag_set(d, E_USAGE, "the policy has no key %s", keys[i]);
    for (size_t i = 0; e == E_OK && (row = policy_key_at(s->policy, i)) != NULL; i++)
        if (is_among(row->name, keys, keys_n))
            e = make_one(s, h, row, way, &told, d);
    return e;
}
