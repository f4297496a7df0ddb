/* commands.h - the commands of audit, one file each, and what they share. */
#ifndef ROOTSEAL_AUDIT_COMMANDS_H
#define ROOTSEAL_AUDIT_COMMANDS_H

#include "core/cli.h"

/* Options of all commands, set by cli.h; NULL when not given. */
struct options {
    const char *state, *anchors, *min_size, *size, *head;
    const char *signed_value, *anchor, *list;
    bool json;
};
extern struct options options;

enum err cmd_verify(int n, char **operands, struct diag *d);
enum err cmd_eseal(int n, char **operands, struct diag *d);

#endif
