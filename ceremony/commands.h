/* commands.h - the commands of ceremony, one file each, and what they share. */
#ifndef ROOTSEAL_CEREMONY_COMMANDS_H
#define ROOTSEAL_CEREMONY_COMMANDS_H

#include "batch/banner.h"
#include "batch/plan.h"
#include "batch/state.h"
#include "core/cli.h"
#include "hsm/hsm.h"

struct options {
    const char *state, *module, *key, *batch, *officer, *key_file, *digest;
    bool adopt;
    int pin_fd, pass_fd; /* -1: ask at the terminal */
};
extern struct options options;

enum err cmd_init(int n, char **operands, struct diag *d);
enum err cmd_keygen(int n, char **operands, struct diag *d);
enum err cmd_root(int n, char **operands, struct diag *d);
enum err cmd_authorise(int n, char **operands, struct diag *d);
enum err cmd_show(int n, char **operands, struct diag *d);

/* Open the policy's token with options.module and log in with the PIN from options.pin_fd, the terminal or the pad. */
ERR_MUST_USE enum err token_open(struct hsm **out, struct diag *d);

/* Every key of the policy: the log key, the bundle key, then the authorities'. *ca says whether it signs certificates.
 * NULL after the last. */
const struct policy_key *key_at(size_t i, bool *ca);

/* Open the state and the planned batch that options.batch names. *dir_fd is the batch's folder. */
ERR_MUST_USE enum err batch_open(struct state *s, int *dir_fd, struct plan *plan, struct diag *d);

/* Print what would be signed: every certificate as its TBS says, refusals first, then the digest and its words. The
 * plan stands at its first item, and does so again afterwards. */
ERR_MUST_USE enum err summary_print(struct plan *plan, struct diag *d);

#endif
