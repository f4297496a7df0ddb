/* certify.h - the certificates that one step of a ceremony signs: of our own keys (anchors), of our roots by one another
 * (cross-certificates, among them those of a root that follows another one), of sub-CAs elsewhere.
 *
 * Their TBSCertificates (RFC 5280 4.1) lie one behind the other, in DER, in the record's file step-N.tbs, and its SHA-256 stands
 * for them all. certify_agree() makes it and shows it; the persons type its words, and a quorum of officers signs it
 * (batch/authorise.h, with the record in the place of the batch's folder). certify_sign() has the token sign exactly these
 * bytes: a `certify` line is the intent, and the token hears of it first; each certificate is verified before its `anchor` or
 * `cross` line; the files in the state follow.
 *
 * Both can be run again after an interruption at any point. While the log has neither its intent nor one of its
 * certificates, and it is older than a plan may be, step-N.tbs is made anew; otherwise it stays what it was.
 */
#ifndef ROOTSEAL_ROOM_CERTIFY_H
#define ROOTSEAL_ROOM_CERTIFY_H

#include "room/record_files.h"
#include "room/request.h"
#include "room/steps.h"

enum certify_kind { CERTIFY_ANCHOR, CERTIFY_CROSS, CERTIFY_SUB_CA };

struct certify_item {
    enum certify_kind kind;
    const struct policy_key *subject; /* whose certificate; NULL for a sub-CA elsewhere */
    const struct policy_key *ca;      /* that signs it; of an anchor, itself or its issuer */
    const struct request_subject *request; /* of a sub-CA elsewhere; else NULL */
    int64_t until;                    /* when it ends; 0: an anchor's period, or as soon as the first of a cross's two */
};

/* In an order in which what signs comes before what it signs. */
struct certify_spec {
    struct certify_item v[CERTIFY_MAX];
    size_t n;
};

/* Without the token, r->state open: make step-N.tbs, show what it says, compare it with the step's expectations, have its
 * words typed and a quorum of officers sign it. Run again, it is shown and its words are typed again, but officers who have
 * signed these bytes are not asked again. E_LINT, E_OUTLIVES_ISSUER, E_ANCHOR, E_EXPECTATION, E_NOT_CONFIRMED, E_STOPPED;
 * E_ARCHIVE when step-N.tbs is not what the step signs. */
ERR_MUST_USE enum err certify_agree(struct room *r, const struct script_step *s, const struct certify_spec *spec, struct diag *d);

/* With the token: compare what was agreed with the step's expectations again, sign it, unless it is done, write the files, seal the log. E_EXPECTATION, E_QUORUM,
 * E_PLAN_EXPIRED, E_ARCHIVE and
 * the token's errors. */
ERR_MUST_USE enum err certify_sign(struct room *r, const struct script_step *s, const struct certify_spec *spec, struct diag *d);

#endif
