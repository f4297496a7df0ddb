/* audit.h - what an audit knows while it walks along the log, one line after the other.
 *
 * Each kind of line has a file that takes it (keys.h, seals.h, batches.h, answers.h, bundles.h).
 * Their functions put what they find into the findings and go on; what they return is other than
 * E_OK only when the audit itself cannot go on (E_NO_MEMORY).
 */
#ifndef ROOTSEAL_AUDIT_AUDIT_H
#define ROOTSEAL_AUDIT_AUDIT_H

#include "audit/batches.h"
#include "audit/certifies.h"
#include "audit/finding.h"
#include "audit/keys.h"
#include "audit/officers.h"
#include "audit/policies.h"
#include "audit/transcripts.h"
#include "audit/witnesses.h"
#include "audit/workers.h"
#include "log/index.h"
#include "log/log.h"
#include "policy/policy.h"

struct tally;

struct audit_counts {
    uint64_t keys, anchors;
    uint64_t batches;   /* with an intent */
    uint64_t turned_away; /* refusals of whole batches */
    uint64_t decided;   /* requests decided again, as they were */
    uint64_t authorisations;
    uint64_t issued, refused;
    uint64_t superseded, revoked, held, released, accepted; /* changes of status */
    uint64_t late;      /* revocations after the time that the policy promises */
    uint64_t lists;
    uint64_t seals, bundles, recoveries;
};

/* Zero-initialise; verify_run() fills it; free with verify_free(). */
struct audit {
    const struct policy *own;  /* this program's policy */
    uint8_t policy_digest[DIGEST_LEN]; /* of it */
    bool replay;               /* policies other than this program's are read, too */
    const struct policy *policy; /* at the line at hand: the one that the lines up to here named last, if it is known, else this
                                  * program's */
    bool policy_known;
    struct policies policies;
    int state_fd, archive_fd;  /* -1 when not there */
    bool alone;                /* state_fd is a folder with a log, and nothing else in it is looked at */
    int anchors_fd, policies_fd; /* folders that came by hand; -1 for none */
    uint64_t line;             /* number of the line at hand; 0 before and after the log */
    struct log_position before; /* where the log stood before the line at hand */
    struct log_position earlier; /* and before the line before that */
    struct log_position end;    /* after the last line that was read */
    struct log_position holds;  /* where the first error was met: all before it is proven */
    uint64_t holds_sealed;      /* lines under the newest good seal before the first error */
    bool log_ended;             /* the log was read to its end */
    uint8_t log_policy[DIGEST_LEN]; /* that the lines up to here named last */
    uint64_t policy_line;      /* the line that did */
    uint64_t sealed;           /* lines under the newest good seal */
    uint64_t witness;          /* the last line that a witness knows; 0 while none is met */
    uint64_t unknown;          /* the first line after it that does something (witnesses.h); 0 for none */
    uint64_t met[WITNESS_KINDS]; /* of each, the line */
    char token_model[129], token_serial[129]; /* that holds the keys at this line */
    struct keys keys;
    struct officers officers;
    struct certifies certifies;
    struct transcripts transcripts;
    struct batches batches;
    json_t *unsigned_by;       /* ceremonies, with those who were there and have not signed the minutes */
    struct index *index;       /* of certificates and lists, made from plans and outcome lines (statuses.h) */
    struct workers *workers;   /* that check what is issued beside; NULL: it is checked at its line */
    struct audit_counts counts;
    struct tally *tally;       /* of whoever asked for it (tally.h), or NULL */
    struct findings findings;
};

/* Put something into the findings, at the line at hand. */
void audit_error(struct audit *a, enum err code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void audit_open(struct audit *a, const char *format, ...) __attribute__((format(printf, 2, 3)));
void audit_note(struct audit *a, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Put the result of a check into the findings when it is an error, with the words of d. Returns
 * E_NO_MEMORY when that is what it is, else E_OK. */
ERR_MUST_USE enum err audit_take(struct audit *a, enum err e, const struct diag *d);

/* Trouble with a file that log or archive promise is E_ARCHIVE, whatever the system called it.
 * Rewrites d; other codes pass. */
enum err audit_archive(enum err e, struct diag *d);

#endif
