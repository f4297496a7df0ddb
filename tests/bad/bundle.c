/* bundle.c - the files of a bundle: spoilt on their way to the RA, and spoilt before the bundle key signed for them. */
#include <openssl/x509.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bad/bad.h"
#include "pki/cert.h"
#include "pki/der.h"
#include "ra/chain.h"
#include "ra/import.h"
#include "unit/help_bundle.h"
#include "unit/help_pki.h"

enum { LIST = MANIFEST_FILES, BUNDLE_JSON, BUNDLE_P7S, FILES };

static struct help_bundle made;
static struct {
    const char *name;
    struct buf bytes;
} files[FILES]; /* of the bundle: those that bundle.json names, itself, and bundle.p7s */
static struct import good;

static void read_file(int i, const char *name)
{
    char path[64];
    snprintf(path, sizeof path, "bundle/%s", name);
    files[i].name = name;
    help_read(path, &files[i].bytes);
}

static void make_good(void)
{
    char anchors[256], batch[256];
    if (made.batch.len > 0)
        return;
    help_bundle_make(&made);
    help_bundle_write(&made);
    for (int f = 0; f < MANIFEST_FILES; f++)
        read_file(f, manifest_file_name((enum manifest_file)f));
    read_file(LIST, HELP_BUNDLE_LIST);
    read_file(BUNDLE_JSON, "bundle.json");
    read_file(BUNDLE_P7S, "bundle.p7s");
    snprintf(anchors, sizeof anchors, "%s", help_path("anchors"));
    snprintf(batch, sizeof batch, "%s", help_path("batch"));
    bad_must(import_verify(help_bundle_policy(), anchors, batch, help_path("bundle"), bad_folder(), NULL, &good, NULL) == E_OK,
             "the good bundle");
    bad_must(help_run("rm -r anchors batch bundle"), "tidying up");
    help_clean();
}

static const struct mutator *const text_ways[] = {&mutate_bits, &mutate_cuts, &mutate_tails, NULL};
static const struct mutator *const line_ways[] = {&mutate_bits, &mutate_cuts, &mutate_tails, &mutate_lines, NULL};
static const struct mutator *const der_ways[] = {&mutate_bits, &mutate_cuts, &mutate_tails, &mutate_elements, NULL};
static const struct mutator *const object_ways[] = {&mutate_bits, &mutate_cuts, &mutate_tails, &mutate_members, NULL};

static const struct mutator *const *ways_of(const char *name)
{
    size_t n = strlen(name);
    if (strcmp(name + n - 6, ".jsonl") == 0)
        return line_ways;
    if (strcmp(name + n - 5, ".json") == 0)
        return object_ways;
    return strcmp(name + n - 4, ".pem") == 0 ? text_ways : der_ways;
}

static void add_files(struct inputs *in, int n)
{
    make_good();
    for (int i = 0; i < n; i++)
        for (const struct mutator *const *m = ways_of(files[i].name); *m != NULL; m++)
            inputs_add(in, files[i].name, buf_span(&files[i].bytes), *m);
}

static bool same_list(const struct answer *a, const struct answer *b)
{
    return (a->list == NULL) == (b->list == NULL) &&
           (a->list == NULL || der_same(a->list->content, b->list->content));
}

/* All that an import makes of a bundle: two that agree in this give the RA the same certificates and answers. */
static bool same_answers(const struct answers *a, const struct answers *b)
{
    bool same = a->n == b->n && a->issuers_n == b->issuers_n;
    for (size_t i = 0; same && i < a->n; i++) {
        const struct answer *x = answers_at(a, i), *y = answers_at(b, i);
        same = strcmp(x->id, y->id) == 0 && x->act == y->act && x->code == y->code && x->late == y->late &&
               x->number == y->number && x->base == y->base && strcmp(x->key, y->key) == 0 &&
               strcmp(x->reason, y->reason) == 0 && strcmp(x->supersedes, y->supersedes) == 0 &&
               strcmp(x->next_update, y->next_update) == 0 && same_list(x, y) &&
               strcmp(x->clause, y->clause) == 0 && strcmp(x->serial, y->serial) == 0 &&
               strcmp(x->not_before, y->not_before) == 0 && strcmp(x->not_after, y->not_after) == 0 &&
               der_same(x->cert, y->cert);
    }
    return same;
}

static bool may(enum err e)
{
    return err_is_refusal(e) || bad_log_code(e);
}

/* -- on the way: through ra import's own reading -- */

static void prepare_carried(struct inputs *in)
{
    add_files(in, FILES);
}

/* The folder that a process keeps, with the file in place of the good one. */
static void lay_out(const char *name, struct span bytes)
{
    static pid_t of;
    static const char *spoilt = NULL;
    char path[256];
    if (of != getpid()) {
        snprintf(path, sizeof path, "%s/bundle", bad_folder());
        mkdir(path, 0700);
    }
    for (int i = 0; i < FILES; i++) {
        bool this = strcmp(files[i].name, name) == 0;
        if (!this && of == getpid() && spoilt != files[i].name)
            continue;
        snprintf(path, sizeof path, "bundle/%s", files[i].name);
        bad_write(path, this ? bytes : buf_span(&files[i].bytes));
    }
    for (int i = 0; i < FILES; i++)
        if (strcmp(files[i].name, name) == 0)
            spoilt = files[i].name;
    of = getpid();
}

/* The same: what is verified and used afterwards, manifest and all files, is the very same. */
static enum err judge_carried(const char *what, struct span bytes, bool *same)
{
    struct bundle b = {0};
    char path[256];
    lay_out(what, bytes);
    snprintf(path, sizeof path, "%s/bundle", bad_folder());
    enum err e = bundle_read(path, good.folder, &good.anchors, &b, NULL);
    if (e == E_OK) {
        *same = memcmp(b.digest, good.bundle.digest, DIGEST_LEN) == 0;
        for (int f = 0; f < MANIFEST_FILES && *same; f++)
            *same = der_same(b.files[f].content, buf_span(&files[f].bytes));
        *same = *same && der_same(b.lists[0].content, buf_span(&files[LIST].bytes));
    }
    bundle_free(&b);
    return e;
}

const struct kind kind_bundle = {"bundle", prepare_carried, judge_carried, NULL};

/* -- signed: an appliance gone mad signs whatever stands in the file; the parsers behind the signature must find it -- */

static void prepare_signed(struct inputs *in)
{
    add_files(in, BUNDLE_JSON);
}

static enum err check_seal(struct span bytes, struct seal *seal)
{
    const struct policy *p = help_bundle_policy();
    const struct anchor *anchor;
    enum err e = anchors_find(&good.anchors, p->log_key.name, &anchor, NULL);
    if (e == E_OK)
        e = seal_parse(bytes, seal, NULL);
    if (e == E_OK && (strcmp(seal->key, p->log_key.name) != 0 || seal->hash != p->log_hash))
        e = E_LOG_SEAL;
    return e == E_OK ? seal_verify(seal, p->log_key.alg, anchor->key, NULL) : e;
}

/* The same: the same answers, under the same seal. Words that only explain ("detail", "ignored") are the appliance's
 * own, and nothing but its bundle key vouches for them. */
static enum err judge_signed(const char *what, struct span bytes, bool *same)
{
    struct bundle b = good.bundle;
    struct seal seal = {0};
    struct answers answers = {0};
    struct spool spoilt = {0};
    enum err e = spool_make(good.folder, bytes.n, &spoilt, NULL);
    if (e == E_OK)
        e = spool_append(&spoilt, bytes, NULL, NULL);
    for (int f = 0; f < BUNDLE_JSON; f++)
        if (strcmp(files[f].name, what) == 0)
            *(f == LIST ? &b.lists[0] : &b.files[f]) = spoilt;
    if (e == E_OK)
        e = check_seal(b.files[MANIFEST_SEAL].content, &seal);
    if (e == E_OK)
        e = chain_check(lines_of(&b.files[MANIFEST_LOG]), &b.manifest, &seal, NULL);
    if (e == E_OK)
        e = answers_check(&good.desk, &b, &good.anchors, NULL, &answers, NULL);
    *same = e == E_OK && same_answers(&answers, &good.answers) && memcmp(seal.root, good.seal.root, DIGEST_LEN) == 0 &&
            memcmp(seal.head, good.seal.head, DIGEST_LEN) == 0 && seal.size == good.seal.size;
    answers_free(&answers);
    seal_free(&seal);
    spool_free(&spoilt);
    return e;
}

const struct kind kind_signed_bundle = {"bundle signed bad", prepare_signed, judge_signed, may};
