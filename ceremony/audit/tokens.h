/* tokens.h - which token holds the keys, and which keys came to their end. */
#ifndef ROOTSEAL_AUDIT_TOKENS_H
#define ROOTSEAL_AUDIT_TOKENS_H

#include "log/record.h"

struct audit;

/* Any line: what it says was signed is counted for its key, and not by one whose end the log told before: E_KEY_DESTROYED. */
void tokens_take_signature(struct audit *a, const struct record *r);

/* A token line: a note when it replaces one that could not say any more where the log stood; E_LOG_ORDER when it names
 * another one and replaces none. */
void tokens_take_token(struct audit *a, const struct record *r);

/* An ending line: of no key that has come to its end (E_LOG_ORDER), and of the one that was made under its name
 * (E_KEY_MISMATCH). */
ERR_MUST_USE enum err tokens_take_ending(struct audit *a, const struct record *r);

/* A destroyed line: of a key once (E_LOG_ORDER), and of the one that was made under its name (E_KEY_MISMATCH). One
 * that no line made was left over from an attempt. */
ERR_MUST_USE enum err tokens_take_destroyed(struct audit *a, const struct record *r);

/* A transferred line: of a key that was made, could leave its token, and still is (E_LOG_ORDER), with signatures over the
 * challenge by that key (E_KEY_MISMATCH). */
ERR_MUST_USE enum err tokens_take_transferred(struct audit *a, const struct record *r);

/* After the log: a note of each end that was begun and not completed. */
void tokens_finish(struct audit *a);

#endif
