/* batches.h - batches as they came, were refused whole, or were planned. */
#ifndef ROOTSEAL_AUDIT_BATCHES_H
#define ROOTSEAL_AUDIT_BATCHES_H

#include "batch/plan.h"
#include "core/set.h"
#include "log/record.h"
#include "policy/policy.h"

struct audit;

#define BATCHES_FILES_MAX 1024 /* entries in one folder of the archive */

/* A batch between its plan line and its bundle line. */
struct batches_open {
    struct batches_open *next;
    uint8_t plan_digest[DIGEST_LEN];
    char batch[DIGEST_HEX], intake[DIGEST_HEX];
    int fd;                    /* its folder in the archive */
    struct plan_header header;
    struct plan_counts counts; /* of the plan */
    const struct policy *policy; /* it was planned under; NULL when nothing is known of it */
    bool given_up;             /* a refusal of the whole batch came after its plan line */
    bool followed;             /* the plan is whole, and its lines so far were answered in order */
    struct plan plan;          /* stands at the next item; closed when all are answered */
    int64_t answered;
    uint64_t plan_line, seal_line;
};

/* What is known of one RA. */
struct batches_ra {
    char id[LIMIT_TOKEN_TEXT + 1];
    int64_t sequence;           /* of its newest batch with a plan */
    uint8_t batch[DIGEST_LEN];  /* that batch */
    bool has_bundle;            /* the bundle of that batch is in the log */
    uint8_t bundle[DIGEST_LEN];
};

/* Zero-initialise; free with batches_free(). The sets grow with the log: less than 300 bytes
 * a certificate, the rest about as much a batch. */
struct batches {
    struct batches_open *open;
    struct batches_ra *ras;
    size_t ras_n;
    uint64_t last_plan;      /* line of the newest plan */
    struct set came;         /* intakes with a batch line */
    struct set seen;         /* intakes with a batch or refusal line */
    struct set refusals;     /* intake and code of refusals of whole batches */
    struct set planned;      /* batch digests with a plan line */
    struct set plans;        /* plan digests */
    struct set under_way;    /* intakes with a plan line */
    struct set ids;          /* RA and batch id */
    struct set bundled;      /* intakes with a bundle line */
    struct set serials;      /* authority and serial number */
    struct set responses;    /* intake and name of files of OCSP responses */
    struct set owners;       /* key of a subject → the subject it was certified for */
};

/* A batch line: the folder is in the archive, its files give the intake digest, batch.jsonl the
 * batch digest, and its header what the line says. */
ERR_MUST_USE enum err batches_take_batch(struct audit *a, const struct record *r);

/* A refused line with n 0: the batch was not refused with this code before; the folder as for a
 * batch line; the refusal file, when it is there, says the same. */
ERR_MUST_USE enum err batches_take_refusal(struct audit *a, const struct record *r);

/* A plan line: its batch line came before; neither batch, plan, nor the RA's batch id was planned
 * before; the RA's sequence number is the next; the plan in the archive has the digest and says
 * what the line says; it was decided on this log after the plan before it; approvals and
 * authorisations are checked (approvals.h, officers.h). */
ERR_MUST_USE enum err batches_take_plan(struct audit *a, const struct record *r);

/* How many items its plan has. */
int64_t batches_total(const struct batches_open *b);

/* The batch with this digest between its plan line and its bundle line, or NULL. */
struct batches_open *batches_find(const struct batches *b, const char *batch);

/* The bundle line of a batch came: it is done. */
void batches_close(struct batches *b, struct batches_open *one);

/* A seal came in this line: it is the seal of every batch that is answered and has none. */
void batches_sealed(struct batches *b, uint64_t line);

/* Put a key into a set. *known says whether it was there. */
ERR_MUST_USE enum err batches_put(struct set *s, const uint8_t key[DIGEST_LEN], bool *known);

/* The same for two texts without blanks. */
ERR_MUST_USE enum err batches_put_text(struct set *s, bool *known, const char *first,
                                       const char *second);

/* After the log: batches that are not answered, sealed or bundled yet are told. */
void batches_finish(struct audit *a);

void batches_free(struct batches *b);

#endif
