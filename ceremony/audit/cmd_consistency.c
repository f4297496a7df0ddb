#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "audit/commands.h"
#include "audit/consistency.h"
#include "core/i18n.h"

#define ADVICE N_("keep both seals and the log as they are, and have the officers explain")

/* With a proof it is what the proof carries that counts; the seals are those that the auditor has in hand. */
static enum err compare(const char *path, const struct seal *there, struct diag *d)
{
    struct seal here;
    struct buf a = {0}, b = {0};
    enum err e = consistency_read_seal(path, &here, d);
    if (e == E_OK)
        e = seal_write(&here, &a);
    if (e == E_OK)
        e = seal_write(there, &b);
    if (e == E_OK && (a.len != b.len || memcmp(a.data, b.data, a.len) != 0))
        e = diag_set(d, E_LOG_SEAL, "the proof carries another seal than %s", path);
    seal_free(&here);
    buf_free(&a);
    buf_free(&b);
    return e;
}

/* Is it a log or a seal that is not as it should be, rather than a file's name? */
static bool is_a_finding(enum err e)
{
    switch (e) {
    case E_LOG_SEAL:
    case E_LOG_PROOF:
    case E_LOG_FORMAT:
    case E_LOG_CHAIN:
    case E_LOG_ROLLED_BACK:
    case E_SEAL_OTHER:
        return true;
    default:
        return false;
    }
}

static enum err take(struct consistency *c, char **operands, struct diag *d)
{
    *c = (struct consistency){0};
    if ((options.state != NULL) == (options.proof != NULL))
        return diag_set(d, E_USAGE, "give the log with --state, or a proof made from it with --proof");
    enum err e = E_OK;
    if (options.proof != NULL) {
        e = consistency_read(options.proof, c, d);
        if (e == E_OK)
            e = compare(operands[0], &c->earlier, d);
        return e == E_OK ? compare(operands[1], &c->later, d) : e;
    }
    e = consistency_read_seal(operands[0], &c->earlier, d);
    if (e == E_OK)
        e = consistency_read_seal(operands[1], &c->later, d);
    return e == E_OK ? consistency_prove(c, options.state, d) : e;
}

static enum err print_proof(const struct consistency *c)
{
    struct buf out = {0};
    enum err e = consistency_write(c, &out);
    if (e == E_OK)
        fwrite(out.data, 1, out.len, stdout);
    buf_free(&out);
    return e;
}

enum err cmd_consistency(int n, char **operands, struct diag *d)
{
    struct consistency c;
    if (n != 2)
        return diag_set(d, E_USAGE, "two seals are wanted, the earlier one first");
    enum err e = take(&c, operands, d);
    if (e == E_OK)
        e = consistency_check(&c, d);
    if (e == E_OK && options.anchors != NULL)
        e = consistency_check_signatures(&c, &policy_table, options.anchors, d);
    if (e == E_OK && options.state != NULL)
        e = print_proof(&c);
    if (e == E_OK) {
        fprintf(stderr, _("audit: the log of %" PRIu64 " lines continues that of %" PRIu64 "\n"), c.later.size, c.earlier.size);
        if (options.anchors == NULL)
            fprintf(stderr, "%s", _("audit: the signatures of the seals were not checked: give --anchors\n"));
    }
    if (is_a_finding(e) && d->advice[0] == '\0')
        diag_advise(d, ADVICE);
    consistency_free(&c);
    return e;
}
