/* A bundle as `ra import` reads it. The first byte of an input says which of its files the rest stands for; the others
 * are the sample's. Where bundle.json is the sample's, its digests are mended, so that what they hide is read.
 *
 * The reader of that file comes first: what it refuses the import would refuse, and is given to it only now and then. */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"
#include "help_bundle.h"
#include "pki/cms.h"
#include "pki/crl_view.h"
#include "ra/chain.h"
#include "ra/copies.h"
#include "ra/import.h"
#include "ra/result.h"

#define MANIFEST "bundle.json"
#define SIGNATURE "bundle.p7s"
#define IMPORT_OF_REFUSED 64 /* one in so many */

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);

enum { BUNDLE_JSON = MANIFEST_FILES, BUNDLE_P7S, LIST, FILES };

static struct buf files[FILES];
static struct import sample;

static const char *name_of(int f)
{
    static const char *const others[] = {
        [BUNDLE_JSON] = MANIFEST, [BUNDLE_P7S] = SIGNATURE, [LIST] = HELP_BUNDLE_LIST};
    return f < MANIFEST_FILES ? manifest_file_name((enum manifest_file)f) : others[f];
}

static enum err import_folder(struct import *i)
{
    struct diag d = {0};
    enum err e = import_verify(help_bundle_policy(), FUZZ_SAMPLE "/anchors", FUZZ_SAMPLE "/batch", fuzz_folder_path(),
                               fuzz_folder_path(), NULL, i, &d);
    fuzz_check_diag(e, &d);
    return e;
}

void fuzz_start(void)
{
    for (int f = 0; f < FILES; f++) {
        char name[64];
        snprintf(name, sizeof name, "bundle/%s", name_of(f));
        fuzz_sample(name, &files[f]);
        fuzz_put(name_of(f), buf_span(&files[f]));
    }
    fuzz_hold(import_folder(&sample) == E_OK, "the sample is refused");
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    uint8_t first = size > 0 ? data[0] : 0;
    size = LLVMFuzzerMutate(data, size, max_size);
    if (size > 0 && seed % 64 != 0)
        data[0] = first;
    if (size > 1 && data[0] == MANIFEST_LOG && seed % 2 == 0)
        fuzz_mend_chain(data + 1, size - 1);
    return size;
}

/* bundle.json as the sample has it, with this file's digest. */
static void put_manifest(int f, struct span bytes)
{
    struct buf text = {0};
    uint8_t digest[DIGEST_LEN];
    char hex[DIGEST_HEX], name[64];
    buf_append(&text, files[BUNDLE_JSON].data, files[BUNDLE_JSON].len);
    snprintf(name, sizeof name, "{\"name\":\"%s\",\"sha256\":\"", name_of(f));
    uint8_t *at = memmem(text.data, text.len, name, strlen(name));
    fuzz_hold(at != NULL, "the sample's bundle.json has another form");
    fuzz_hold(digest_bytes(DIGEST_SHA256, bytes.p, bytes.n, digest) == E_OK, "no digest");
    hex_encode(digest, DIGEST_LEN, hex);
    memcpy(at + strlen(name), hex, 2 * DIGEST_LEN);
    fuzz_put(MANIFEST, buf_span(&text));
    buf_free(&text);
}

static void check_accepted(const struct import *i)
{
    fuzz_hold(i->answers.n == 9 && i->bundle.manifest.issued == 3 && i->bundle.manifest.refused == 1,
              "other answers than the batch asks for");
    for (size_t k = 0; k < i->answers.n; k++) {
        const struct answer *a = answers_at(&i->answers, k);
        fuzz_check_shown((struct span){(const uint8_t *)a->clause, strlen(a->clause)}, false);
        fuzz_hold((a->act == PLAN_ISSUE) == (a->cert.n > 0) && (a->act == PLAN_REFUSE) == (a->code != E_OK) &&
                      (a->act == PLAN_CRL) == (a->list != NULL),
                  "an answer that lacks what it is about");
    }
}

static enum err read_results(struct span in, struct diag *d)
{
    struct lines lines = {.rest = in};
    struct span line;
    enum err e = E_OK;
    while (e == E_OK && lines_next(&lines, &line, NULL)) {
        struct result r;
        e = result_parse(line, lines.number, &r, d);
        result_free(&r);
    }
    return e;
}

/* In place of the sample's. */
static enum err read_copy(enum manifest_file f, struct span in, struct diag *d)
{
    struct bundle b = sample.bundle;
    b.files[f] = (struct spool){.content = in};
    return copies_check(&b, &sample.answers, &sample.anchors, d);
}

/* The same as a list: its form, its entries, its signature. */
static enum err read_list(struct span in, struct diag *d)
{
    struct crl_view *view = NULL;
    struct crl_entry entry;
    const struct anchor *anchor;
    bool more = true;
    int fd = memfd_create("list", MFD_CLOEXEC);
    fuzz_hold(fd >= 0 && write(fd, in.p, in.n) == (ssize_t)in.n, "no file in memory");
    enum err e = crl_view_open(fd, false, &view, d);
    while (e == E_OK && more)
        e = crl_view_next(view, &entry, &more, d);
    if (e == E_OK)
        e = anchors_find(&sample.anchors, "ca-root", &anchor, d);
    if (e == E_OK)
        e = crl_verify(view, anchor->key, d);
    crl_view_close(view);
    close(fd);
    return e;
}

static enum err read_signature(struct span in, struct diag *d)
{
    struct cms *cms;
    enum err e = cms_parse(in, &cms, d);
    cms_free(cms);
    return e;
}

static enum err read_seal(struct span in, struct diag *d)
{
    struct seal s;
    enum err e = seal_parse(in, &s, d);
    seal_free(&s);
    return e;
}

/* As its own reader has it. */
static enum err read_file(int f, struct span in)
{
    struct manifest m;
    struct diag d = {0};
    enum err e = f == BUNDLE_JSON        ? manifest_parse(in, &m, &d)
                 : f == BUNDLE_P7S       ? read_signature(in, &d)
                 : f == MANIFEST_SEAL    ? read_seal(in, &d)
                 : f == MANIFEST_LOG     ? chain_check((struct lines){.rest = in}, &sample.bundle.manifest, &sample.seal, &d)
                 : f == MANIFEST_RESULTS ? read_results(in, &d)
                 : f == LIST             ? read_list(in, &d)
                                         : read_copy((enum manifest_file)f, in, &d);
    fuzz_check_diag(e, &d);
    return e;
}

static enum err import_with(int f, struct span content)
{
    struct import i;
    fuzz_put(name_of(f), content);
    if (f != BUNDLE_JSON && f != BUNDLE_P7S)
        put_manifest(f, content);
    enum err e = import_folder(&i);
    if (e == E_OK)
        check_accepted(&i);
    import_free(&i);
    fuzz_put(name_of(f), buf_span(&files[f]));
    if (f != BUNDLE_JSON && f != BUNDLE_P7S)
        fuzz_put(MANIFEST, buf_span(&files[BUNDLE_JSON]));
    return e;
}

bool fuzz_one(struct span in)
{
    if (in.n == 0 || in.p[0] >= FILES)
        return false;
    int f = in.p[0];
    struct span content = {in.p + 1, in.n - 1};
    enum err read = read_file(f, content);
    /* Certificates and their chain follow from the rest to the byte. */
    fuzz_hold(read != E_OK || (f != MANIFEST_CERTS && f != MANIFEST_CHAIN) || fuzz_same(content, buf_span(&files[f])),
              "other certificates than were issued");
    if (read != E_OK && !fuzz_turn(0, IMPORT_OF_REFUSED))
        return false;
    enum err e = import_with(f, content);
    fuzz_hold(e != E_OK || read == E_OK, "an import of what its reader refuses");
    return e == E_OK;
}
