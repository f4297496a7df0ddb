#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "core/json.h"
#include "core/words.h"
#include "ra/chain.h"
#include "ra/layout.h"

struct import {
    struct anchors anchors;
    struct desk desk;
    struct bundle bundle;
    struct seal seal;
    struct answers answers;
    char name[LAYOUT_NAME];
};

static enum err check_seal(struct import *i, struct diag *d)
{
    const struct policy_key *row = &policy_table.log_key;
    const struct anchor *anchor;
    enum err e = anchors_find(&i->anchors, row->name, &anchor, d);
    if (e == E_OK)
        e = seal_parse(buf_span(&i->bundle.files[MANIFEST_SEAL]), &i->seal, d);
    if (e == E_OK && strcmp(i->seal.key, row->name) != 0)
        e = diag_set(d, E_LOG_SEAL, "the seal is by %s, the policy's log key is %s", i->seal.key, row->name);
    if (e == E_OK && i->seal.hash != policy_table.log_hash)
        e = diag_set(d, E_LOG_SEAL, "the seal is over a log chained by %s, the policy's by %s",
                     digest_name(i->seal.hash), digest_name(policy_table.log_hash));
    return e != E_OK ? e : seal_verify(&i->seal, row->alg, anchor->key, d);
}

/* Everything is proven before anything is written. */
static enum err verify(struct import *i, struct diag *d)
{
    struct cli_progress bar = {.label = "checking"};
    struct answers_progress progress = {cli_progress_step, &bar};
    enum err e = anchors_open(options.anchors, &policy_table, &i->anchors, d);
    if (e == E_OK)
        e = desk_open(options.batch, &i->desk, d);
    if (e == E_OK)
        e = bundle_read(options.bundle, &i->anchors, &i->bundle, d);
    if (e == E_OK)
        e = check_seal(i, d);
    if (e == E_OK)
        e = chain_check(buf_span(&i->bundle.files[MANIFEST_LOG]), &i->bundle.manifest, &i->seal, d);
    if (e == E_OK)
        e = answers_check(&i->desk, &i->bundle, &i->anchors, &progress, &i->answers, d);
    cli_progress_end(&bar);
    return e;
}

static enum err write_out(struct import *i, struct diag *d)
{
    struct cli_progress bar = {.label = "writing"};
    struct answers_progress progress = {cli_progress_step, &bar};
    enum err e = layout_write(options.out, &i->bundle, &i->answers, &i->seal, &progress, i->name, d);
    cli_progress_end(&bar);
    return e;
}

static enum err report_json(const struct import *i)
{
    char bundle[DIGEST_HEX], head[DIGEST_HEX];
    const struct manifest *m = &i->bundle.manifest;
    struct buf line = {0};
    hex_encode(i->bundle.digest, DIGEST_LEN, bundle);
    hex_encode(i->seal.head, DIGEST_LEN, head);
    json_t *obj = json_pack("{s:s,s:s,s:I,s:s,s:I,s:I,s:s,s:I,s:s}", "ra", m->ra, "id", m->id, "sequence",
                            (json_int_t)m->sequence, "bundle", bundle, "issued", (json_int_t)m->issued, "refused",
                            (json_int_t)m->refused, "folder", i->name, "log-size", (json_int_t)i->seal.size,
                            "log-head", head);
    enum err e = json_line_write(obj, &line);
    if (e == E_OK)
        printf("%.*s\n", (int)line.len, (const char *)line.data);
    json_decref(obj);
    buf_free(&line);
    return e;
}

static void report(const struct import *i)
{
    char bundle[DIGEST_HEX], head[DIGEST_HEX], words[DIGEST_LEN * 12 + 64];
    const struct manifest *m = &i->bundle.manifest;
    for (size_t n = 0; n < i->answers.n; n++) {
        const struct answer *a = &i->answers.v[n];
        if (!a->issued)
            printf("refused  %6zu  %-20s %-22s %s\n", n + 1, a->id, err_name(a->code), a->clause);
    }
    hex_encode(i->bundle.digest, DIGEST_LEN, bundle);
    hex_encode(i->seal.head, DIGEST_LEN, head);
    words_format(i->seal.head, DIGEST_LEN, 4, "         ", words, sizeof words);
    printf("batch    %s, sequence %" PRId64 " of %s\nbundle   %s\nissued   %" PRId64 "\nrefused  %" PRId64
           "\nfolder   %s/%s\nlog      %" PRIu64 " lines were sealed with this head\nhead     %s\nwords    %s\n",
           m->id, m->sequence, m->ra, bundle, m->issued, m->refused, options.out, i->name, i->seal.size, head, words);
}

enum err cmd_import(int n, char **operands, struct diag *d)
{
    struct import i = {.anchors = {.fd = -1}, .desk = {.fd = -1}};
    (void)n;
    (void)operands;
    enum err e = verify(&i, d);
    if (e == E_OK)
        e = write_out(&i, d);
    if (e == E_OK && options.json)
        e = report_json(&i);
    else if (e == E_OK)
        report(&i);
    answers_free(&i.answers);
    seal_free(&i.seal);
    bundle_free(&i.bundle);
    desk_close(&i.desk);
    anchors_close(&i.anchors);
    return e;
}
