/* commands.h - the commands of ra, one file each, and what they share. */
#ifndef ROOTSEAL_RA_COMMANDS_H
#define ROOTSEAL_RA_COMMANDS_H

#include "core/cli.h"
#include "ra/draft.h"
#include "ra/import.h"

/* Options of all commands, set by cli.h. */
struct options {
    const char *dir, *authority, *ra, *id, *previous; /* new; dir for all but import */
    int sequence, valid_for; /* -1: not given */
    const char *draft[DRAFT_FIELDS], *evidence, *csv; /* add */
    const char *person, *key, *digest, *form;   /* approve */
    int pass_fd;                                /* -1: ask at the terminal */
    const char *module, *module_files, *vendor; /* of approve, whose key is then on a token */
    int pin_fd;                                 /* -1: ask at the terminal */
    const char *bundle, *batch, *anchors, *out, *db; /* import; bundle and anchors of ocsp-tree, too */
    const char *to; /* ocsp-tree */
    const char *signer, *keep; /* cmc-in; signer, batch, bundle, anchors, key, pass_fd and out of cmc-out, too */
    bool utf8; /* show */
    bool json;
};
extern struct options options;

enum err cmd_new(int n, char **operands, struct diag *d);
enum err cmd_add(int n, char **operands, struct diag *d);
enum err cmd_remove(int n, char **operands, struct diag *d);
enum err cmd_approve(int n, char **operands, struct diag *d);
enum err cmd_check(int n, char **operands, struct diag *d);
enum err cmd_show(int n, char **operands, struct diag *d);
enum err cmd_import(int n, char **operands, struct diag *d);
enum err cmd_ocsp_tree(int n, char **operands, struct diag *d);
enum err cmd_cmc_in(int n, char **operands, struct diag *d);
enum err cmd_cmc_out(int n, char **operands, struct diag *d);

/* import_verify() of what the options bundle, batch and anchors name, with a bar; work is the folder where large parts lie meanwhile. */
ERR_MUST_USE enum err cmd_import_verify(struct import *i, const char *work, struct diag *d);

/* After an error in a bundle that only the appliance can have made: what an RA has to do about it. */
void cmd_import_advise(enum err e, struct diag *d);

#endif
