/* commands.h - the commands of signer, one file each, and what they share. */
#ifndef ROOTSEAL_SIGNER_COMMANDS_H
#define ROOTSEAL_SIGNER_COMMANDS_H

#include "banner.h"
#include "batch/planner.h"
#include "batch/state.h"
#include "core/cli.h"

/* Options of all commands, set by cli.h. */
struct options {
    const char *state, *from, *to, *batch, *module;
    int pin_fd;   /* -1: ask at the terminal or the token's pad */
    int sessions;
    bool json;
};
extern struct options options;

enum err cmd_run(int n, char **operands, struct diag *d);
enum err cmd_plan(int n, char **operands, struct diag *d);
enum err cmd_sign(int n, char **operands, struct diag *d);
enum err cmd_export(int n, char **operands, struct diag *d);
enum err cmd_policy(int n, char **operands, struct diag *d);
enum err cmd_status(int n, char **operands, struct diag *d);

/* Intake and plan of options.from, reported on stdout. A batch refused whole is in *planned, and E_OK. */
ERR_MUST_USE enum err plan_medium(struct state *s, struct planned *planned, struct diag *d);

/* Print batch, plan digest and words of a batch that was not refused. */
void plan_print(const struct planned *p);

/* The code of a whole batch's refusal, with its words in the diag, for the exit status. */
ERR_MUST_USE enum err plan_refusal(const struct planned *p, struct diag *d);

/* Sign the planned batch of this intake; done already is fine. Reported on stdout. */
ERR_MUST_USE enum err sign_intake(struct state *s, const uint8_t intake[DIGEST_LEN], struct diag *d);

/* The intake that --batch names: its digest in hexadecimal, or the beginning of it (8 digits at least) where only one
 * folder of the archive begins so. The codes of archive_find(). */
ERR_MUST_USE enum err batch_by_option(struct state *s, uint8_t intake[DIGEST_LEN], struct diag *d);

#endif
