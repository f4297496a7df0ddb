#include "ra/import.h"

#include <string.h>
#include <unistd.h>

#include "ra/chain.h"

static enum err check_seal(struct import *i, const struct policy *p, struct diag *d)
{
    const struct policy_key *row = &p->log_key;
    const struct anchor *anchor;
    enum err e = anchors_find(&i->anchors, row->name, &anchor, d);
    if (e == E_OK)
        e = seal_parse(i->bundle.files[MANIFEST_SEAL].content, &i->seal, d);
    if (e == E_OK && strcmp(i->seal.key, row->name) != 0)
        e = diag_set(d, E_LOG_SEAL, "the seal is by %s, the policy's log key is %s", i->seal.key,
                     row->name);
    if (e == E_OK && i->seal.hash != p->log_hash)
        e = diag_set(d, E_LOG_SEAL, "the seal is over a log chained by %s, the policy's by %s",
                     digest_name(i->seal.hash), digest_name(p->log_hash));
    return e != E_OK ? e : seal_verify(&i->seal, row->alg, anchor->key, d);
}

/* The bundle, its seal, and the log up to it. */
static enum err read_bundle(struct import *i, const struct policy *policy, const char *bundle, struct diag *d)
{
    enum err e = bundle_read(bundle, i->folder, &i->anchors, &i->bundle, d);
    if (e == E_OK)
        e = check_seal(i, policy, d);
    return e == E_OK ? chain_check(lines_of(&i->bundle.files[MANIFEST_LOG]), &i->bundle.manifest, &i->seal, d) : e;
}

static enum err begin(struct import *out, const struct policy *policy, const char *anchors, const char *work, struct diag *d)
{
    *out = (struct import){.folder = -1, .anchors = {.fd = -1}, .desk = {.fd = -1}};
    enum err e = anchors_open(anchors, policy, &out->anchors, d);
    return e == E_OK ? spool_folder(work, &out->folder, d) : e;
}

enum err import_read(const struct policy *policy, const char *anchors, const char *bundle, const char *work,
                     struct import *out, struct diag *d)
{
    enum err e = begin(out, policy, anchors, work, d);
    return e == E_OK ? read_bundle(out, policy, bundle, d) : e;
}

enum err import_verify(const struct policy *policy, const char *anchors, const char *batch, const char *bundle, const char *work,
                       const struct progress *progress, struct import *out, struct diag *d)
{
    enum err e = begin(out, policy, anchors, work, d);
    if (e == E_OK)
        e = desk_open_copy(batch, out->folder, &out->desk, d);
    if (e == E_OK)
        e = read_bundle(out, policy, bundle, d);
    if (e == E_OK)
        e = answers_check(&out->desk, &out->bundle, &out->anchors, progress, &out->answers, d);
    return e;
}

void import_free(struct import *i)
{
    answers_free(&i->answers);
    seal_free(&i->seal);
    bundle_free(&i->bundle);
    desk_close(&i->desk);
    anchors_close(&i->anchors);
    if (i->folder >= 0)
        close(i->folder);
    i->folder = -1;
}
