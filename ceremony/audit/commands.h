/* commands.h - the commands of audit, one file each, and what they share. */
#ifndef ROOTSEAL_AUDIT_COMMANDS_H
#define ROOTSEAL_AUDIT_COMMANDS_H

#include "audit/verify.h"
#include "core/cli.h"

/* Options of all commands, set by cli.h; NULL when not given. */
struct options {
    const char *state, *log, *anchors, *policies, *min_size, *size, *head, *seal, *token_head;
    const char *signed_value, *anchor, *list;
    const char *proof;
    const char *serial;
    const char *from, *to, *origin, *key, *vkey, *record;
    int pass_fd;
    bool json;
};
extern struct options options;

/* Audit the state that the options name, under all its policies (replay) or this program's alone, counting for tally unless it is
 * NULL, let tell() say what is to be said, and end with the first error that was found. */
ERR_MUST_USE enum err verify_and(struct tally *tally, bool replay,
                                 enum err (*tell)(const struct audit *a, const struct verify_options *o, struct diag *d),
                                 struct diag *d);

/* Tell it all, as text or JSON. */
ERR_MUST_USE enum err verify_report(const struct audit *a, const struct verify_options *o, struct diag *d);

enum err cmd_verify(int n, char **operands, struct diag *d);
enum err cmd_replay(int n, char **operands, struct diag *d);
enum err cmd_status(int n, char **operands, struct diag *d);
enum err cmd_report(int n, char **operands, struct diag *d);
enum err cmd_eseal(int n, char **operands, struct diag *d);
enum err cmd_consistency(int n, char **operands, struct diag *d);
enum err cmd_evidence(int n, char **operands, struct diag *d);
enum err cmd_check_evidence(int n, char **operands, struct diag *d);
enum err cmd_tiles(int n, char **operands, struct diag *d);
enum err cmd_check_tiles(int n, char **operands, struct diag *d);

#endif
