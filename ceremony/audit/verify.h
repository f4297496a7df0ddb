/* verify.h - a whole audit: the log once from its first line to its last, with the archive at each
 * line that names something in it, and then what is left.
 *
 * Nothing is written and no lock is taken, so the state can lie on a medium that cannot be written.
 * The index is not looked at.
 */
#ifndef ROOTSEAL_AUDIT_VERIFY_H
#define ROOTSEAL_AUDIT_VERIFY_H

#include "audit/audit.h"
#include "audit/tally.h"
#include "audit/witnesses.h"
#include "core/progress.h"

struct verify_options {
    const struct policy *policy;
    const char *state;
    const char *log;            /* this file alone in place of a state (log_alone.h); or NULL */
    bool replay;                /* decide under every policy that the log names, not this program's alone */
    const char *policies;       /* with replay: folder with a policy folder DIGEST/ for each other one, that came by hand; or NULL */
    const char *anchors;        /* folder with NAME.pem for each key, that came by hand; or NULL */
    struct witnesses witnesses; /* that the log must have met */
    size_t cores;               /* to be used; what is said does not depend on it */
    struct tally *tally;        /* counts what is walked along, for a report; or NULL */
    const struct progress *progress; /* in bytes of the log; NULL for silence */
};

/* Do it. What is wrong with the state is in the findings; the return value is other than E_OK when
 * nothing could be said: E_STATE_MISSING, also for a log alone, E_MEDIUM for the folders of anchors and policies, E_NO_MEMORY. End with
 * verify_free(), on failure too. */
ERR_MUST_USE enum err verify_run(const struct verify_options *o, struct audit *out, struct diag *d);

void verify_free(struct audit *a);

#endif
