/* addition.h - requests that are being added to a batch, which is written once, at the end. */
#ifndef ROOTSEAL_RA_ADDITION_H
#define ROOTSEAL_RA_ADDITION_H

#include "batch/request.h"
#include "core/set.h"
#include "policy/policy.h"
#include "ra/desk.h"

/* Zero-initialise with desk.fd and evidence_fd -1 by addition_begin(); end with addition_free(), on failure too. */
#define FOLDER_FILES (4 * LIMIT_BATCH_REQUESTS) /* in a folder of requests, or of evidence */

struct addition {
    struct desk desk;
    const struct policy_authority *authority; /* NULL: one that this program does not know */
    struct set ids;   /* digest of the id of every request that is there → where its line begins in */
    struct buf lines; /* of every request */
    bool list_seen, disordered; /* there is a request for a list; another one stands behind it, until the batch is written */
    int evidence_fd;  /* -1 for none */
    const char *evidence_path;
    struct file_list evidence;
    struct set evidence_of; /* digest of an id → place in that list, from 1 */
    bool evidence_used;     /* some file there is a request's */
    int64_t now;
    int64_t added, with_evidence;
};

/* Open and lock the batch in this folder. Its lines stay byte for byte. E_APPROVAL_SIGNATURE when it is approved already;
 * E_BATCH_COUNT and errors of request_parse() when it is damaged: a new header would hide it. */
ERR_MUST_USE enum err addition_begin(const char *dir, struct addition *out, struct diag *d);

/* The same, of a batch that is approved already, too: then addition_finish() fails when there is anything to be added. */
ERR_MUST_USE enum err addition_open(const char *dir, struct addition *out, struct diag *d);

/* The applicants' files lie in this folder, each called like its request's id. E_EVIDENCE when two are called alike. */
ERR_MUST_USE enum err addition_evidence(struct addition *a, const char *folder, struct diag *d);

/* One more request, with the evidence of its id. E_REQUEST_ID when the id is there already, E_LINE_TOO_LONG. `name` is where
 * it came from. */
ERR_MUST_USE enum err addition_put(struct addition *a, struct request *r, const char *name, struct diag *d);

/* The same for one that may have been added before: nothing is done then, and *there set, when the batch has the same of this id,
 * whoever keyed it in, and whenever; E_REQUEST_ID when it has another, or had it with other evidence. */
ERR_MUST_USE enum err addition_put_new(struct addition *a, struct request *r, const char *name, bool *there, struct diag *d);

/* Write the batch when something was added, with requests for lists behind all others, as the appliance takes them, and tell
 * what. E_APPROVAL_SIGNATURE; E_EVIDENCE when there is a folder of evidence with nothing for any request. */
ERR_MUST_USE enum err addition_finish(struct addition *a, struct diag *d);
void addition_free(struct addition *a);

/* Is this the name of a file that holds a request: *.csr, *.pem, *.der, *.req? */
bool addition_is_request(const char *name);

#endif
