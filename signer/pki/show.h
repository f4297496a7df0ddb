/* show.h - what a TBSCertificate says, for people: rebuilt from the bytes, in characters that cannot deceive a screen. */
#ifndef ROOTSEAL_PKI_SHOW_H
#define ROOTSEAL_PKI_SHOW_H

#include "core/buf.h"
#include "core/clock.h"
#include "core/diag.h"
#include "pki/name.h"

struct show {
    char subject[NAME_DISPLAY];
    char issuer[NAME_DISPLAY];
    char serial[64];            /* hexadecimal */
    char not_before[CLOCK_TEXT], not_after[CLOCK_TEXT];
    char key[32];               /* "sm2", "p256", "rsa-2048" */
    char usage[160];            /* key usage and extended key usage, comma-separated */
    char names[400];            /* subject alternative names */
    bool ca;
};

/* Read the TBS. E_LINT when it cannot be parsed. Every text is printable ASCII. */
ERR_MUST_USE enum err show_tbs(struct span tbs, struct show *out, struct diag *d);

/* The same of a whole certificate. */
ERR_MUST_USE enum err show_certificate(X509 *x, struct show *out, struct diag *d);

#endif
