/* draft.h - a request as a clerk writes it down: texts and names of files, on the command line or in a table. */
#ifndef ROOTSEAL_RA_DRAFT_H
#define ROOTSEAL_RA_DRAFT_H

#include "batch/request.h"
#include "policy/policy.h"

/* Named as options and as columns, draft_name(). Where a file is named, its content goes into the request. */
enum draft_field {
    DRAFT_ID,            /* without it: the name of the file of the request, or OP-SERIAL, or OP-KEY */
    DRAFT_OP,            /* without it: issue */
    DRAFT_PROFILE,
    DRAFT_CSR,           /* file: PKCS#10, PEM or DER */
    DRAFT_SERIAL,        /* of the certificate or seal that it is about, in hexadecimal, or */
    DRAFT_CERTIFICATE,   /* file: that certificate, PEM or DER */
    DRAFT_BY,
    DRAFT_REASON,
    DRAFT_KEY,
    DRAFT_NAME,          /* of a seal; so are the next four */
    DRAFT_PICTURE,       /* file */
    DRAFT_WIDTH,
    DRAFT_HEIGHT,
    DRAFT_HOLDER,        /* file: certificate, PEM or DER */
    DRAFT_RESIDENT_ID,   /* the identity fields, in the order of enum policy_identity */
    DRAFT_IDENTITY_END = DRAFT_RESIDENT_ID + POLICY_IDENTITY_COUNT,
    DRAFT_PAIR = DRAFT_IDENTITY_END,
    DRAFT_PAIR_SERIAL,
    DRAFT_ENVELOPED_KEY, /* file: DER */
    DRAFT_REQUESTED_AT,  /* without it: now */
    DRAFT_EVIDENCE,      /* file: the applicant's, whose digest goes into the request */
    DRAFT_OPERATOR,
    DRAFT_OVERRIDE,
    DRAFT_FIELDS
};

/* "id", "op", ...; and back: DRAFT_FIELDS when there is none of that name. */
const char *draft_name(enum draft_field f);
enum draft_field draft_by_name(const char *name);

/* Told what is wrong with a field, once for each field; DRAFT_FIELDS for what is of none. */
typedef void (*draft_tell)(void *arg, enum draft_field f, const struct diag *why);

struct draft {
    const char *text[DRAFT_FIELDS]; /* NULL or "": not given */
    const char *folder;             /* that names of files are relative to; NULL: where the program runs */
    struct span csr;                /* the PKCS#10 request itself, DER, in place of its file; else empty */
    draft_tell tell;                /* NULL: nobody */
    void *arg;
};

/* Make it a request of this authority (NULL: one that this program does not know), asked for now where it does not say when.
 * E_OP_NOT_OFFERED, E_PROFILE and E_REASON for what its policy does not have; E_FIELD_MISSING, E_FIELD_UNKNOWN,
 * E_FIELD_VALUE; E_CSR_FORMAT, E_CERTIFICATE, and what
 * draft_files.h says of files. All fields are looked at: each error goes to draft->tell, and the first of them comes
 * back, with its field in *wrong; but E_NO_MEMORY and E_CRYPTO, which are of no field, go before all others. Free the
 * request with request_free(), on failure too. */
ERR_MUST_USE enum err draft_request(const struct draft *draft, const struct policy_authority *authority, int64_t now,
                                    struct request *out, enum draft_field *wrong, struct diag *d);

#endif
