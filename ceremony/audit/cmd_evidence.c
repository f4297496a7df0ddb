#include <stdio.h>

#include "audit/commands.h"
#include "audit/evidence.h"
#include "core/i18n.h"
#include "core/limits.h"

#define ADVICE N_("run audit verify on this state; it tells what is wrong with it")

/* In the form that the log has. */
static enum err read_serial(char out[2 * SERIAL_LEN + 1], struct diag *d)
{
    uint8_t serial[SERIAL_LEN];
    if (!hex_decode(options.serial, serial, sizeof serial))
        return diag_set(d, E_USAGE, "--serial wants %d hexadecimal digits", 2 * SERIAL_LEN);
    hex_encode(serial, sizeof serial, out);
    return E_OK;
}

/* Nothing is handed out that does not hold: the file is read as who gets it will read it. */
static enum err check(struct span text, struct diag *d)
{
    struct evidence e;
    struct evidence_facts f = {0};
    struct evidence_verdict verdict = {0};
    enum err err = evidence_parse(text, &e, d);
    if (err == E_OK)
        err = evidence_read_parts(&e, &f, d);
    if (err == E_OK)
        err = evidence_check(&e, &f, &policy_table, options.anchors, &verdict, d);
    evidence_facts_free(&f);
    evidence_free(&e);
    return err;
}

static enum err collect(const char *serial, struct buf *out, struct diag *d)
{
    struct evidence e = {0};
    enum err err = evidence_collect(options.state, serial, &policy_table, &e, d);
    if (err == E_OK)
        err = evidence_write(&e, out, d);
    if (err == E_OK)
        err = check(buf_span(out), d);
    if (err != E_OK && err != E_CERT_UNKNOWN && err != E_NOT_A_SEAL)
        diag_advise(d, ADVICE);
    evidence_free(&e);
    return err;
}

/* What it proves holds whatever else is wrong with the state; that something is, is said, and is the exit status. */
static enum err print(const struct audit *a, const struct verify_options *o, struct diag *d)
{
    char serial[2 * SERIAL_LEN + 1];
    struct buf text = {0};
    (void)o;
    enum err e = read_serial(serial, d);
    if (e == E_OK)
        e = collect(serial, &text, d);
    if (e == E_OK)
        fwrite(text.data, 1, text.len, stdout);
    if (e == E_OK && a->findings.count[FINDING_ERROR] > 0)
        fprintf(stderr, "%s\n", _("audit: this evidence is from a state that audit verify refuses: do not hand it out before that is explained"));
    buf_free(&text);
    return e;
}

enum err cmd_evidence(int n, char **operands, struct diag *d)
{
    char serial[2 * SERIAL_LEN + 1];
    (void)n;
    (void)operands;
    enum err e = read_serial(serial, d);
    return e == E_OK ? verify_and(NULL, false, print, d) : e;
}
