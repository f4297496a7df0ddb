#include "audit/seals.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "audit/audit.h"
#include "pki/cert.h"

/* Only the log key may seal. Where the policy's log key is not in the log, the log was begun under
 * another policy, and that the sealing key was its log key cannot be known from here. */
static enum err check_key(struct audit *a, const struct seal *s, const struct keys_entry **key,
                          struct diag *d)
{
    const char *named = a->policy->log_key.name;
    *key = keys_find(&a->keys, s->key);
    if (*key == NULL)
        return diag_set(d, E_LOG_SEAL, "it names the key %s, which no line made", s->key);
    if (strcmp(s->key, named) == 0)
        return E_OK;
    if (a->policy_known || keys_find(&a->keys, named) != NULL)
        return diag_set(d, E_LOG_SEAL, "it is by the key %s, not by the log key %s", s->key, named);
    audit_open(a, "the seal is by the key %s, which this program's policy does not know as log key",
               s->key);
    return E_OK;
}

static enum err check(struct audit *a, const struct record *r, struct diag *d)
{
    struct seal seal = {0};
    const struct keys_entry *key = NULL;
    enum err e = seal_from_record(r, &a->before, &seal, d);
    if (e == E_OK)
        e = seal_check_position(&seal, &a->before, d);
    if (e == E_OK)
        e = check_key(a, &seal, &key, d);
    if (e == E_OK)
        e = seal_verify(&seal, key->alg, key->public, d);
    seal_free(&seal);
    return e;
}

enum err seals_take(struct audit *a, const struct record *r)
{
    struct diag why = {0};
    enum err e = check(a, r, &why);
    a->counts.seals++;
    if (e == E_OK)
        a->sealed = a->before.size;
    batches_sealed(&a->batches, r->seq);
    return audit_take(a, e, &why);
}

enum err seals_verify(const struct seal *s, const struct policy *policy, const char *anchors, struct diag *d)
{
    const struct policy_key *row = &policy->log_key;
    char path[4096];
    X509 *x = NULL;
    if ((size_t)snprintf(path, sizeof path, "%s/%s.pem", anchors, row->name) >= sizeof path)
        return diag_set(d, E_USAGE, "--anchors is too long a path");
    if (strcmp(s->key, row->name) != 0)
        return diag_set(d, E_LOG_SEAL, "the seal over %" PRIu64 " lines names the key %s, not the log key %s", s->size, s->key, row->name);
    enum err e = cert_load(path, &x, d);
    if (e == E_OK)
        e = seal_verify(s, row->alg, X509_get0_pubkey(x), d);
    X509_free(x);
    return e;
}
