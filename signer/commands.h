/* commands.h - the commands of signer, one file each, and what they share. */
#ifndef ROOTSEAL_SIGNER_COMMANDS_H
#define ROOTSEAL_SIGNER_COMMANDS_H

#include "banner.h"
#include "batch/planner.h"
#include "batch/state.h"
#include "core/cli.h"
#include "steps.h"

/* Options of all commands, set by cli.h. */
struct options {
    const char *state, *from, *to, *batch, *module;
    const char *module_files; /* what the module wants within reach besides the usual; hsm/reach.h */
    int pin_fd;    /* -1: ask at the terminal or the token's pad */
    int pin_parts; /* how many persons type it */
    const char *authority, *key; /* of crl and ocsp */
    int sessions;
    bool json, delta;
};
extern struct options options;

/* Where the steps (steps.h) find things, as the options say. */
struct step_place options_place(void);

enum err cmd_run(int n, char **operands, struct diag *d);
enum err cmd_plan(int n, char **operands, struct diag *d);
enum err cmd_crl(int n, char **operands, struct diag *d);
enum err cmd_ocsp(int n, char **operands, struct diag *d);
enum err cmd_sign(int n, char **operands, struct diag *d);
enum err cmd_export(int n, char **operands, struct diag *d);
enum err cmd_policy(int n, char **operands, struct diag *d);
enum err cmd_status(int n, char **operands, struct diag *d);

/* Plan what was taken in, and say what the officers do next. */
ERR_MUST_USE enum err plan_and_tell(const struct intake *in, struct diag *d);

/* Print batch, plan digest and words of a batch that was not refused. */
void plan_print(const struct planned *p);

/* The code of a whole batch's refusal, with its words in the diag, for the exit status. */
ERR_MUST_USE enum err plan_refusal(const struct planned *p, struct diag *d);

/* Print what signing came to. */
void sign_print(const struct step_signed *r);

#endif
