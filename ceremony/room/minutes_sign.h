/* minutes_sign.h - the minutes signed by those present who have a key: the officers, whose certificates the policy pins, and
 * others whose certificates stand in the ceremony's file. A person is a struct policy_officer here, by id and certificate.
 *
 * What a person signs (detached CMS) is this text, so that the signature can mean nothing else:
 *
 *     rootseal-minutes-1
 *     ceremony <name>
 *     minutes <SHA-256 of minutes.html>
 *     text <SHA-256 of minutes.txt>
 *     transcript <SHA-256 of transcript.jsonl, as far as the minutes tell of it>
 *
 * digests in lower-case hexadecimal, each line ended by a newline. It is kept beside the minutes as minutes-<person>.p7s.
 * The same digests stand in the log's line `minutes`, which the log's key seals.
 */
#ifndef ROOTSEAL_ROOM_MINUTES_SIGN_H
#define ROOTSEAL_ROOM_MINUTES_SIGN_H

#include "log/record.h"
#include "policy/policy.h"

#define MINUTES_SIGNATURE_PREFIX "minutes-"

/* Append the text that is signed, of a line `minutes` of the log. */
ERR_MUST_USE enum err minutes_sign_text(const struct record *line, struct buf *out);

/* The same before there is a line. */
ERR_MUST_USE enum err minutes_sign_text_of(const char *ceremony, const uint8_t minutes[DIGEST_LEN], const uint8_t text[DIGEST_LEN],
                                           const uint8_t transcript[DIGEST_LEN], struct buf *out);

/* Put a person's signature over this text beside the minutes, synced; one that is there is replaced. E_MINUTES_SIGNATURE
 * when it is not that. */
ERR_MUST_USE enum err minutes_sign_put(int dir_fd, const struct policy_officer *who, struct span cms, struct span text,
                                       int64_t now, struct diag *d);

/* The person's signature as it lies beside the minutes, appended to cms; *found is false when there is none. */
ERR_MUST_USE enum err minutes_sign_read(int dir_fd, const char *id, struct buf *cms, bool *found, struct diag *d);

/* Has the person signed this text? Verified, by a certificate valid at `then`, when the minutes were logged.
 * E_MINUTES_SIGNATURE when what is there is not what it seems. */
ERR_MUST_USE enum err minutes_sign_check(int dir_fd, const struct policy_officer *who, struct span text, int64_t then, bool *found,
                                         struct diag *d);

/* why once more, in the words of minutes: a key that is not the person's is E_MINUTES_SIGNATURE, other codes are as they were. */
ERR_MUST_USE enum err minutes_sign_again(struct diag *d, enum err e, const struct diag *why);

#endif
