/* A policy folder as policyc reads it: appliance.yaml, people.yaml and one authority's file, with a NUL between them. */
#include <fcntl.h>
#include <string.h>

#include "fuzz.h"
#include "policy/build.h"
#include "policy/emit.h"

#define FILES 3

static const struct {
    const char *name;
    enum schema_kind kind;
} kinds[FILES] = {{"appliance.yaml", SCHEMA_APPLIANCE}, {"people.yaml", SCHEMA_PEOPLE}, {"ca.yaml", SCHEMA_AUTHORITY}};

static int sample_fd; /* FUZZ_SAMPLE, where the certificates are */

void fuzz_start(void)
{
    sample_fd = open(FUZZ_SAMPLE, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    fuzz_hold(sample_fd >= 0, "the sample");
}

/* What lies before the next NUL. */
static struct span take(struct span *in)
{
    const uint8_t *nul = in->n > 0 ? memchr(in->p, 0, in->n) : NULL;
    struct span part = {in->p, nul != NULL ? (size_t)(nul - in->p) : in->n};
    size_t used = part.n + (nul != NULL);
    *in = (struct span){in->p + used, in->n - used};
    return part;
}

/* Most inputs change one of the three files: what was read of the others is kept for the inputs after it. */
#define KEPT 64
static struct kept {
    struct buf text;
    struct build_file file; /* where is NULL when there is none */
} kept[FILES][KEPT];

static struct kept *place(int i, struct span text)
{
    return &kept[i][fuzz_hash(text) % KEPT];
}

static void drop(int i, struct kept *k)
{
    schema_free(kinds[i].kind, k->file.data);
    where_free(k->file.where);
    buf_free(&k->text);
    *k = (struct kept){0};
}

static enum err read_file(int i, struct span text, struct build_file *out, struct diag *d)
{
    struct kept *k = place(i, text);
    if (k->file.where == NULL || !fuzz_same(buf_span(&k->text), text)) {
        drop(i, k);
        buf_append(&k->text, text.p, text.n);
        enum err e = where_load(kinds[i].name, text, &k->file.where, d);
        if (e == E_OK)
            e = schema_load(kinds[i].kind, text, k->file.where, &k->file.data, d);
        if (e != E_OK) {
            drop(i, k);
            return e;
        }
    }
    *out = k->file;
    return E_OK;
}

static void check_policy(const struct policy *p)
{
    struct buf c = {0};
    uint8_t digest[DIGEST_LEN];
    fuzz_hold(policy_digest(p, digest) == E_OK && emit_policy(p, &c) == E_OK, "a policy that cannot be written");
    fuzz_check_shown(buf_span(&c), true);
    buf_free(&c);
}

bool fuzz_one(struct span in)
{
    struct build_file files[FILES] = {{0}};
    struct build *b = NULL;
    struct diag d = {0};
    enum err e = E_OK;
    for (int i = 0; i < FILES && e == E_OK; i++)
        e = read_file(i, take(&in), &files[i], &d);
    if (e == E_OK) {
        const struct build_input input = {FUZZ_SAMPLE, sample_fd, files[0], files[1], &files[2], 1};
        e = build_policy(&input, &b, &d);
    }
    fuzz_check_diag(e, &d);
    if (e == E_OK)
        check_policy(build_result(b));
    fuzz_hold(e == E_OK || e == E_POLICY, "a policy that is refused for what it cannot be");
    build_free(b);
    return e == E_OK;
}
