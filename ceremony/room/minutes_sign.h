/* minutes_sign.h - the minutes signed by those present who have a key that the policy pins: the officers.
 *
 * What an officer signs (detached CMS) is this text, so that the signature can mean nothing else:
 *
 *     rootseal-minutes-1
 *     ceremony <name>
 *     minutes <SHA-256 of minutes.html>
 *     text <SHA-256 of minutes.txt>
 *     transcript <SHA-256 of transcript.jsonl, as far as the minutes tell of it>
 *
 * digests in lower-case hexadecimal, each line ended by a newline. It is kept beside the minutes as minutes-<officer>.p7s.
 * The same digests stand in the log's line `minutes`, which the log's key seals.
 */
#ifndef ROOTSEAL_ROOM_MINUTES_SIGN_H
#define ROOTSEAL_ROOM_MINUTES_SIGN_H

#include "log/record.h"
#include "policy/policy.h"

#define MINUTES_SIGNATURE_PREFIX "minutes-"

/* Append the text that is signed, of a line `minutes` of the log. */
ERR_MUST_USE enum err minutes_sign_text(const struct record *line, struct buf *out);

/* Put an officer's signature over this text beside the minutes, synced; one that is there is replaced. E_OFFICER,
 * E_OFFICER_SIGNATURE when it is not that. */
ERR_MUST_USE enum err minutes_sign_put(int dir_fd, const struct policy_officer *officer, struct span cms, struct span text,
                                       int64_t now, struct diag *d);

/* Verify every officer's signature that is there, by certificates valid at `then`, when the minutes were logged. by, of
 * LIMIT_OFFICERS, becomes whose they are, *n how many. E_OFFICER, E_OFFICER_SIGNATURE when one is not what it seems. */
ERR_MUST_USE enum err minutes_sign_check(int dir_fd, const struct policy *p, struct span text, int64_t then,
                                         const struct policy_officer **by, size_t *n, struct diag *d);

#endif
