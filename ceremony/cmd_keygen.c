#include <stdio.h>
#include <stdlib.h>

#include "batch/untold.h"
#include "batch/witness.h"
#include "commands.h"
#include "core/base64.h"
#include "core/screen.h"
#include "hsm/sign.h"
#include "pki/key.h"

#define LABEL 8 /* columns */

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

/* A key whose making was interrupted before its line was written: the token itself must say that it was made there and
 * has never left. */
static enum err adopt(struct hsm *h, const struct policy_key *row, struct hsm_key **k, struct diag *d)
{
    struct hsm_attributes a;
    enum err e = hsm_key_find(h, row, NULL, k, d);
    if (e == E_OK)
        e = hsm_key_attributes(*k, &a, d);
    if (e == E_OK && !(a.sensitive && a.always_sensitive && a.never_extractable && a.local))
        e = diag_set(d, E_KEY_ATTRIBUTES, "%s was not made in the token, or could have left it", row->name);
    return e;
}

/* The line is on disk before anything else is made, so that a key is never without its record for long. */
static enum err generate(struct state *s, struct hsm *h, const struct policy_key *row, bool adopting, struct diag *d)
{
    struct hsm_key *k = NULL;
    struct key public = {0};
    char hex[DIGEST_HEX];
    enum err e = hsm_key_generate(h, row, &k, d);
    bool adopted = e == E_KEY_EXISTS && adopting;
    if (adopted)
        e = adopt(h, row, &k, d);
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
        screen_label(adopted ? _("adopted") : _("made"), LABEL);
        printf("%-24s %-14s %s\n", row->name, alg_sig_name(row->alg), hex);
    }
    key_free(&public);
    return e;
}

/* What the steps work on. */
struct job {
    struct state *s;
    struct hsm *h;
    bool adopt;
};

static enum err generate_missing(void *arg, const struct policy_key *row, struct diag *d)
{
    const struct job *j = arg;
    struct index_key known = {0};
    bool found = false;
    enum err e = index_key(j->s->index, row->name, &known, &found, d);
    if (e == E_OK && found)
        screen_field(_("there"), LABEL, "%-24s %s", row->name, alg_sig_name(row->alg));
    else if (e == E_OK)
        e = generate(j->s, j->h, row, j->adopt, d);
    index_key_free(&known);
    return e;
}

enum err keys_make(struct state *s, struct hsm *h, const char *only, bool adopting, struct diag *d)
{
    enum err e = keys_each(only, generate_missing, &(struct job){s, h, adopting}, d);
    return e == E_OK ? witness_write(s, h, d) : e;
}

enum err cmd_keygen(int n, char **operands, struct diag *d)
{
    struct state s;
    struct hsm *h = NULL;
    (void)n;
    (void)operands;
    enum err e = banner_open_state(options.state, STATE_FROM_LOG, &s, d);
    if (e == E_OK)
        e = token_open(s.fd, &h, d);
    if (e == E_OK)
        e = witness_check(&s, h, d);
    if (e == E_OK)
        e = untold_check_policy(&s, d);
    if (e == E_OK)
        e = untold_settle(&s, h, NULL, d);
    if (e == E_OK)
        e = keys_make(&s, h, options.key, options.adopt, d);
    state_close(&s);
    hsm_close(h);
    return e;
}
