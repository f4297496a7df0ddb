#include "program.h"

#include <stdio.h>
#include <unistd.h>

#include "core/i18n.h"
#include "machine.h"
#include "process.h"
#include "readers.h"
#include "vendor.h"

#define MODULE_TRAINING "/usr/lib/rootseal/softhsm-sm2.so"
#define OPENSC "/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so"

void program_add(struct program *p, const char *word)
{
    if (p->n < PROGRAM_WORDS)
        p->argv[p->n] = word;
    p->n++;
}

void program_option(struct program *p, const char *name, const char *value)
{
    program_add(p, name);
    program_add(p, value);
}

void program_module(struct program *p, enum mode mode)
{
    static struct vendor_module vendor; /* arguments are kept by reference */
    static char path[sizeof VENDOR_ROOT + sizeof vendor.name];
    if (mode == MODE_TRAINING) {
        program_option(p, "--module", MODULE_TRAINING);
    } else if (vendor_taken(&vendor)) {
        snprintf(path, sizeof path, VENDOR_ROOT "/%s", vendor.name);
        program_option(p, "--module", path);
        if (vendor.files[0] != '\0')
            program_option(p, "--module-files", vendor.files);
    } else {
        program_option(p, "--module", OPENSC);
        program_option(p, "--module-files", READERS_SOCKET);
    }
}

void program_officer_module(struct program *p)
{
    program_option(p, "--officer-module", OPENSC);
    program_option(p, "--officer-module-files", READERS_SOCKET);
}

enum err program_run(const struct program *p, void (*meanwhile)(void), int *status, struct diag *d)
{
    int own = 0;
    /* where people can call a file on a stick stick/NAME; on no medium, which could not be taken out then */
    const struct process process = {
        .argv = p->argv, .folder = MACHINE_RUN "/media", .terminal = true, .meanwhile = meanwhile};
    if (p->n > PROGRAM_WORDS)
        return diag_set(d, E_USAGE, "%s: too many arguments", p->argv[0]);
    status = status != NULL ? status : &own;
    fflush(stdout);
    enum err e = process_run(&process, status, d);
    if (e == E_OK && *status != 0) {
        e = diag_set(d, E_STEP, "%s ended with status %d", p->argv[0], *status);
        diag_advise(d, N_("do what it says above, and choose the same again"));
    }
    return e;
}
