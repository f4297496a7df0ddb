/* program.h - the installed programs, started at the terminal. */
#ifndef ROOTSEAL_INIT_PROGRAM_H
#define ROOTSEAL_INIT_PROGRAM_H

#include "core/diag.h"
#include "mode.h"

#define PROGRAM_SIGNER "/usr/bin/rootseal-signer"
#define PROGRAM_CEREMONY "/usr/bin/rootseal-ceremony"
#define PROGRAM_AUDIT "/usr/bin/rootseal-audit"
#define PROGRAM_SOFTHSM "/usr/bin/softhsm2-util"

#define PROGRAM_WORDS 24

/* A command line: arguments are kept by reference. Zero-initialise; one that does not fit makes program_run() fail. */
struct program {
    const char *argv[PROGRAM_WORDS + 1];
    size_t n;
};

void program_add(struct program *p, const char *word);
void program_option(struct program *p, const char *name, const char *value);
/* --module, and what goes with it, of the image's mode. */
void program_module(struct program *p, enum mode mode);

/* --officer-module, and what goes with it: officers' own cards are read by OpenSC in either mode. */
void program_officer_module(struct program *p);

/* Run it at the terminal; `meanwhile` as in process.h. E_STEP when its exit status is not 0: what was wrong it has
 * said itself. *status has that; it may be NULL. */
ERR_MUST_USE enum err program_run(const struct program *p, void (*meanwhile)(void), int *status, struct diag *d);

#endif
