/* bad.h - what the sweep of bad inputs is made of: kinds of inputs, the ways in which they are spoilt, and the judge of
 * each kind, which asks the product's own reader.
 *
 * A bad input is never stored: it is the i-th one of a cell (a good input and a mutator), so any process can make it
 * again, and a run is the same whatever process it falls to.
 */
#ifndef ROOTSEAL_TESTS_BAD_H
#define ROOTSEAL_TESTS_BAD_H

#include <stdbool.h>
#include <stddef.h>

#include "core/buf.h"
#include "core/err.h"

/* -- mutators -- */

struct mutator {
    const char *name;
    size_t (*count)(struct span good);                           /* how many bad inputs it makes of a good one */
    void (*make)(struct span good, size_t i, struct buf *out);   /* append the i-th */
};

extern const struct mutator mutate_bits;      /* every bit flipped */
extern const struct mutator mutate_cuts;      /* every proper beginning, the empty one too */
extern const struct mutator mutate_tails;     /* bytes added at the end */
extern const struct mutator mutate_elements;  /* DER: each element deleted, doubled, retagged, its length wrong, ... */
extern const struct mutator mutate_fragments; /* text: a hostile fragment put in at every place */
extern const struct mutator mutate_members;   /* a JSON object: each member dropped, doubled, renamed, of another type */
extern const struct mutator mutate_lines;     /* lines: each dropped, doubled, emptied, swapped with each later one */

/* What those that spoil lines share. How many lines end in this, and one of them without its end. */
size_t lines_count(struct span in);
struct span lines_at(struct span in, size_t number);
/* The number of inputs, and the line that stands in input i where `at` stood, *times over; *changed: in that input the
 * mutator changes this one in its own way. */
size_t lines_spoilt(struct span good);
struct span lines_spoilt_at(struct span good, size_t i, size_t at, int *times, bool *changed);

/* -- kinds -- */

#define BAD_CELLS 64

struct cell {
    const char *what; /* names the good input */
    struct span good; /* lives as long as the program */
    const struct mutator *mutator;
    size_t first, n;  /* numbers of its inputs */
};

struct inputs {
    struct cell v[BAD_CELLS];
    size_t cells, n;
};

void inputs_add(struct inputs *in, const char *what, struct span good, const struct mutator *m);

struct kind {
    const char *name;
    /* Make the good inputs and name the ways to spoil them. */
    void (*prepare)(struct inputs *in);
    /* Give the bytes to the product in place of the good input `what`. The code that it gets; with E_OK *same says that
     * they mean what the good one means, by the kind's strict rule, which stands in the comment on its judge. */
    enum err (*judge)(const char *what, struct span bytes, bool *same);
    /* The codes with which a bad one may be refused; NULL for those of class REFUSED and INPUT. */
    bool (*may)(enum err e);
};

extern const struct kind kind_csr, kind_transplant, kind_approval, kind_gmt0010, kind_header, kind_request, kind_plan,
    kind_bundle, kind_signed_bundle, kind_log_reader, kind_log_audit, kind_log_alone, kind_log_rollback, kind_eseal,
    kind_eseal_value, kind_crl, kind_ocsp, kind_csv, kind_cmc, kind_checkpoint, kind_evidence;

/* -- what kinds share -- */

/* A folder of this process alone, made at its first use; the main program removes it. */
const char *bad_folder(void);
/* Write the file in it. */
void bad_write(const char *name, struct span bytes);

/* The codes that tell of a damaged log. */
bool bad_log_code(enum err e);

/* What is wanted to go on; ends the process with the words otherwise. */
#define bad_must(what, ...)                                                                                            \
    do {                                                                                                               \
        if (!(what))                                                                                                   \
            bad_stop(__FILE__, __LINE__, __VA_ARGS__);                                                                 \
    } while (0)
void bad_stop(const char *file, int line, const char *format, ...) __attribute__((format(printf, 3, 4), noreturn));

#endif
