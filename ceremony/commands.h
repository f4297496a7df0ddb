/* commands.h - the commands of ceremony, one file each, and what they share. */
#ifndef ROOTSEAL_CEREMONY_COMMANDS_H
#define ROOTSEAL_CEREMONY_COMMANDS_H

#include "banner.h"
#include "batch/plan.h"
#include "batch/state.h"
#include "core/cli.h"
#include "hsm/hsm.h"

struct options {
    const char *state, *module, *key, *batch, *officer, *key_file, *digest, *ceremony, *to;
    const char *without; /* keys that a token that replaces another may lack, with commas between them */
    const char *dir; /* of a rehearsal */
    const char *module_files; /* what the module wants within reach besides the usual; hsm/reach.h */
    const char *officer_token, *officer_module, *officer_module_files, *officer_vendor;
    const char *media;
    const char *algorithm; /* of enrol */
    int years;             /* of enrol */
    bool adopt, renew, json;
    bool utf8;               /* names in their own characters, beside the escaped form */
    int pin_fd, pass_fd, to_pin_fd, officer_pin_fd; /* -1: ask at the terminal */
    int pin_parts;       /* how many persons type it */
};
extern struct options options;

enum err cmd_init(int n, char **operands, struct diag *d);
enum err cmd_keygen(int n, char **operands, struct diag *d);
enum err cmd_keys(int n, char **operands, struct diag *d);
enum err cmd_transfer(int n, char **operands, struct diag *d);
enum err cmd_replace(int n, char **operands, struct diag *d);
enum err cmd_destroy(int n, char **operands, struct diag *d);
enum err cmd_root(int n, char **operands, struct diag *d);
enum err cmd_policy(int n, char **operands, struct diag *d);
enum err cmd_minutes(int n, char **operands, struct diag *d);
enum err cmd_rehearse(int n, char **operands, struct diag *d);
enum err cmd_run(int n, char **operands, struct diag *d);
enum err cmd_authorise(int n, char **operands, struct diag *d);
enum err cmd_enrol(int n, char **operands, struct diag *d);
enum err cmd_show(int n, char **operands, struct diag *d);

/* Shut the process in with the state and what the module needs (reach_shut_in()), open the policy's token with
 * options.module (room/known_token.h; known may be NULL), and log in with the PIN from options.pin_fd, the terminal or the pad. */
ERR_MUST_USE enum err token_open(int state_fd, const struct state *known, struct hsm **out, struct diag *d);

/* Open the token of this open state and see that they fit: witness_check(), and nothing untold but the end of the key
 * `ending` (NULL: none). */
ERR_MUST_USE enum err token_settle(struct state *s, const char *ending, struct hsm **out, struct diag *d);

/* Open the state from its log, with the banner unless quiet, and then its token as token_settle() does. */
ERR_MUST_USE enum err token_begin(bool quiet, struct state *s, struct hsm **out, struct diag *d);

/* Call step for every key of the policy (policy_key_at()), or with `only` (may be NULL) for that one alone, until one
 * returns an error, which is returned then. E_USAGE when the policy has no key of that name. */
ERR_MUST_USE enum err keys_each(const char *only, enum err (*step)(void *arg, const struct policy_key *row, struct diag *d), void *arg,
                                struct diag *d);

/* Make the certificates of our own keys that the log does not have yet, write all of them to the state's anchors, and seal the
 * log. */
ERR_MUST_USE enum err anchors_make(struct state *s, struct hsm *h, const char *only, struct diag *d);

/* Let the person at the terminal type words of this digest, the first three at least, or whole lines of them; or compare it
 * with options.digest when that was given. what names it, e.g. "plan". E_NOT_CONFIRMED; a word typed wrongly is asked for
 * again, three times in all. */
ERR_MUST_USE enum err confirm_digest(const uint8_t digest[DIGEST_LEN], const char *what, struct diag *d);

/* Where the options say that the officer's key is; checked by officer_check_key(), whose errors it gives. */
struct officer_key;
ERR_MUST_USE enum err officer_key_from_options(struct officer_key *out, struct diag *d);

/* What a ceremony works with, as the options say it, and the state's folder. E_USAGE. */
struct room_place;
ERR_MUST_USE enum err room_place_from_options(const char *state, struct room_place *out, struct diag *d);

/* How the officer's own token signs SM2: by options.officer_vendor, or else as the policy's token. E_USAGE. */
ERR_MUST_USE enum err officer_vendor(enum policy_vendor *out, struct diag *d);

/* Open the state and the planned batch that options.batch names. *dir_fd is the batch's folder. */
ERR_MUST_USE enum err batch_open(struct state *s, int *dir_fd, struct plan *plan, struct diag *d);

#endif
