/* tally.h - what an audit counts while it walks along the log, for the report (page.h): figures in tables, and lists of lines.
 *
 * It is taken from the lines themselves, whatever the findings say of them; who approved a plan is taken from the plan. Of a
 * period only the lines with a time in it count; the walk is over the whole log none the less.
 *
 * Memory is bounded, however long the log: a table has at most TALLY_ROWS_MAX rows, and what would need more is counted together
 * in `rest`; a list has at most TALLY_LINES_MAX entries, the first ones, and how many came after them.
 */
#ifndef ROOTSEAL_AUDIT_TALLY_H
#define ROOTSEAL_AUDIT_TALLY_H

#include "core/limits.h"
#include "log/record.h"

struct audit;
struct batches_open;

#define TALLY_ROWS_MAX 2048
#define TALLY_LINES_MAX 1000
#define TALLY_KEYS 3    /* names that a row is found by */
#define TALLY_TEXT 200  /* characters: of a clause, a digest, what a token says of itself */

enum tally_figure {
    TALLY_BATCHES,
    TALLY_ISSUED,
    TALLY_SUPERSEDED,
    TALLY_REFUSED,
    TALLY_REVOKED,
    TALLY_LATE,
    TALLY_HELD,
    TALLY_RELEASED,
    TALLY_ACCEPTED,
    TALLY_LISTS,
    TALLY_SEALS,
    TALLY_CEREMONIES,
    TALLY_SIGNATURES, /* of a person: approvals, or authorise lines */
    TALLY_CHANGES,    /* of a person: changes of status that were approved or authorised */
    TALLY_LONGEST,    /* not a sum: the most seconds from asking to revoking */
    TALLY_FIGURES
};

struct tally_row {
    char key[TALLY_KEYS][TALLY_TEXT + 1];
    uint64_t figure[TALLY_FIGURES];
};

/* Sorted by its keys. Zero-initialise. */
struct tally_table {
    struct tally_row *v;
    size_t n;
    struct tally_row rest; /* with empty keys */
    bool has_rest;
};

/* The row with these keys, made when it is not there, or the rest. Valid until the next row is made. Keys are cut at
 * TALLY_TEXT. */
ERR_MUST_USE enum err tally_at(struct tally_table *t, const char *const key[TALLY_KEYS], struct tally_row **out);

/* The sums over all but these two keys (TALLY_KEYS for none), by these two. Free with tally_table_free(). */
ERR_MUST_USE enum err tally_sum(const struct tally_table *t, size_t first, size_t second, struct tally_table *out);
void tally_table_free(struct tally_table *t);

/* One line that a list has, or several of the same type in a row. */
struct tally_line {
    enum record_type type;
    uint64_t line, last;     /* the first of them and the last */
    int64_t time, last_time; /* and when */
    uint64_t lines;          /* how many they are */
    int64_t number;
    char text[TALLY_KEYS][TALLY_TEXT + 1];
};

struct tally_list {
    struct tally_line *v;
    size_t n;
    uint64_t more; /* came after the last */
};

/* Set from and to, zero the rest; free with tally_free(). */
struct tally {
    int64_t from, to;            /* the period, both inclusive */
    uint64_t lines;              /* of the log in it */
    struct tally_table outcomes; /* by authority, profile, RA; a request that was refused has no profile in the log */
    struct tally_table batches;  /* by authority, RA: planned */
    struct tally_table refusals; /* by authority, code, clause: requests (TALLY_REFUSED) and whole batches (TALLY_BATCHES) */
    struct tally_table reasons;  /* of revocations, by authority, reason, CRLReason */
    struct tally_table promise;  /* by authority: revoked, late, longest */
    struct tally_table persons;  /* by role, digest of the certificate, RA; of plans: what was planned to be done */
    struct tally_table months;   /* by month, "2026-11" */
    struct tally_list late;      /* authority, serial, reason; number: when it was asked for */
    struct tally_list course;    /* of ceremonies, keys, tokens, policies and seals; what text and number are, the type says */
    struct tally_list exceptions; /* ceremony, code, digest of the reason; number: the step */
    char intake[DIGEST_HEX], authority[LIMIT_TOKEN_TEXT + 1], ra[LIMIT_TOKEN_TEXT + 1]; /* of the last batch line */
};

/* The line came, and the audit has taken it. Only E_NO_MEMORY, or E_INDEX. */
ERR_MUST_USE enum err tally_take(const struct audit *a, const struct record *r);

/* The plan of this batch came in the line at hand, and is the one that the log names; the authorise lines are still waiting for
 * it. Only E_NO_MEMORY. */
ERR_MUST_USE enum err tally_take_plan(const struct audit *a, const struct batches_open *b, int64_t time);

void tally_free(struct tally *t);

#endif
