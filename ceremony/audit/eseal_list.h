/* eseal_list.h - is a seal on its maker's list of revoked ones? */
#ifndef ROOTSEAL_AUDIT_ESEAL_LIST_H
#define ROOTSEAL_AUDIT_ESEAL_LIST_H

#include "pki/eseal.h"

/* What a list says of one seal. */
struct eseal_list_answer {
    int64_t number, this_update, next_update; /* of the list */
    bool revoked;
    int64_t at;                               /* when; of a revoked one */
};

/* Look for the seal in the CRL at this path, whose entries are the numbers of seals. It must be signed with the key of the
 * certificate in the seal, by that subject. E_CRL_FORMAT, E_CRL_SIGNATURE, E_ANCHOR, E_IO, E_MEDIUM_LIMIT. */
ERR_MUST_USE enum err eseal_list_look(const char *path, const struct eseal *s, struct eseal_list_answer *out,
                                      struct diag *d);

#endif
