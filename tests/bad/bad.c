/* bad.c - the sweep of bad inputs: none is accepted unless it means what the good one means, none is answered with a code
 * that blames the machine, none makes the product crash, hang or use up its memory.
 *
 *   bad [--sample N] [WORD ...]   every N-th input only; only kinds whose names hold one of the words
 *
 * Environment: ROOTSEAL_BUILD, the build folder; an input that fails is kept in BUILD/test/bad/KIND-NUMBER.
 */
#include <check.h>
#include <errno.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bad/bad.h"
#include "bad/run.h"

static const struct kind *const kinds[] = {
    &kind_csr,  &kind_transplant, &kind_approval, &kind_gmt0010, &kind_header,     &kind_request,   &kind_plan,
    &kind_bundle, &kind_signed_bundle, &kind_log_reader, &kind_log_audit, &kind_log_alone, &kind_log_rollback,
    &kind_eseal, &kind_eseal_value, &kind_crl, &kind_ocsp, &kind_csv, &kind_cmc,
    &kind_checkpoint, &kind_evidence};
#define KINDS (sizeof kinds / sizeof kinds[0])

/* -- shared by the kinds -- */

static char root[64]; /* folders of all processes are below it */

const char *bad_folder(void)
{
    static char path[128];
    static pid_t of;
    if (of != getpid()) {
        of = getpid();
        snprintf(path, sizeof path, "%s/%ld", root, (long)of);
        bad_must(mkdir(path, 0700) == 0 || errno == EEXIST, "%s: %s", path, strerror(errno));
    }
    return path;
}

void bad_write(const char *name, struct span bytes)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", bad_folder(), name);
    FILE *f = fopen(path, "wb");
    bad_must(f != NULL, "%s: %s", path, strerror(errno));
    bad_must(bytes.n == 0 || fwrite(bytes.p, 1, bytes.n, f) == bytes.n, "%s", path);
    bad_must(fclose(f) == 0, "%s", path);
}

bool bad_log_code(enum err e)
{
    return e == E_LOG_FORMAT || e == E_LOG_CHAIN || e == E_LOG_ORDER || e == E_LOG_SEAL || e == E_LOG_ROLLED_BACK;
}

void bad_stop(const char *file, int line, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    fprintf(stderr, "bad: %s:%d: ", file, line);
    vfprintf(stderr, format, ap);
    fputc('\n', stderr);
    va_end(ap);
    exit(2);
}

/* The helpers of tests/unit say ck_assert. There is no runner of Check here to tell, so this program ends. */
void _mark_point(const char *file, int line)
{
    (void)file;
    (void)line;
}

void _ck_assert_failed(const char *file, int line, const char *expr, const char *msg, ...)
{
    va_list ap;
    va_start(ap, msg);
    fprintf(stderr, "bad: %s:%d: %s: ", file, line, expr);
    if (msg != NULL)
        vfprintf(stderr, msg, ap);
    fputc('\n', stderr);
    va_end(ap);
    exit(2);
}

void inputs_add(struct inputs *in, const char *what, struct span good, const struct mutator *m)
{
    bad_must(in->cells < BAD_CELLS, "more than %d cells", BAD_CELLS);
    size_t n = m->count(good);
    in->v[in->cells++] = (struct cell){what, good, m, in->n, n};
    in->n += n;
}

/* -- the whole -- */

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)st;
    (void)type;
    (void)where;
    return remove(path);
}

static bool chosen(const char *name, int argc, char **argv)
{
    for (int i = 0; i < argc; i++)
        if (strstr(name, argv[i]) != NULL)
            return true;
    return argc == 0;
}

static void report(const char *name, const struct tally *t)
{
    printf("%-22s %7zu passed, %zu failed (%zu distinct; %zu refused, %zu accepted that mean the same)\n", name, t->passed,
           t->failed, t->distinct, t->refused, t->same);
    fflush(stdout);
}

/* In memory where that can be had: each input is a file that is cut and written anew, and a disk would be made to keep up. */
static void make_root(void)
{
    strcpy(root, "/dev/shm/rootseal-bad-XXXXXX");
    if (mkdtemp(root) != NULL)
        return;
    strcpy(root, "/tmp/rootseal-bad-XXXXXX");
    bad_must(mkdtemp(root) != NULL, "%s: %s", root, strerror(errno));
}

int main(int argc, char **argv)
{
    struct tally all = {0};
    size_t step = 1;
    argc--, argv++;
    if (argc >= 2 && strcmp(argv[0], "--sample") == 0) {
        step = (size_t)strtoul(argv[1], NULL, 10);
        bad_must(step > 0, "--sample wants a number");
        argc -= 2, argv += 2;
    }
    make_root();
    for (size_t k = 0; k < KINDS; k++) {
        struct tally t = {0};
        if (!chosen(kinds[k]->name, argc, argv))
            continue;
        run_kind(kinds[k], step, &t);
        report(kinds[k]->name, &t);
        all.passed += t.passed;
        all.failed += t.failed;
    }
    size_t distinct = run_distinct();
    printf("distinct bad inputs in all: %zu\n", distinct);
    if (argc == 0 && step == 1 && distinct < 30000) {
        printf("fewer than the 30000 that are promised\n");
        all.failed++;
    }
    bad_must(nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0, "%s: %s", root, strerror(errno));
    printf("%zu passed, %zu failed\n", all.passed, all.failed);
    return all.failed == 0 && all.passed > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
