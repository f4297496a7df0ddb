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

enum err cmd_evidence(int n, char **operands, struct diag *d)
{
    char serial[2 * SERIAL_LEN + 1];
    struct evidence e = {0};
    struct buf text = {0};
    (void)n;
    (void)operands;
    enum err err = read_serial(serial, d);
    if (err != E_OK)
        return err;
    err = evidence_collect(options.state, serial, &policy_table, &e, d);
    if (err == E_OK)
        err = evidence_write(&e, &text, d);
    if (err == E_OK)
        err = check(buf_span(&text), d);
    if (err == E_OK)
        fwrite(text.data, 1, text.len, stdout);
    else if (err != E_CERT_UNKNOWN && err != E_NOT_A_SEAL)
        diag_advise(d, ADVICE);
    evidence_free(&e);
    buf_free(&text);
    return err;
}
