/* own.h - what a person who is about to approve has signed in this folder before. */
#ifndef ROOTSEAL_RA_OWN_H
#define ROOTSEAL_RA_OWN_H

#include <openssl/x509.h>

#include "ra/desk.h"

/* Find this person's approvals, under whatever name: two by one person would refuse the whole batch. One that fits the
 * batch is E_APPROVAL_TWICE. The names of those that do not, because the batch was another one then, go to *stale; so does
 * a file called `name`, where the new approval goes, that is no approval at all. What others have put there is not looked
 * at. Free with file_list_free(), on failure too. */
ERR_MUST_USE enum err own_find(const struct desk *k, const char *name, X509 *cert, struct file_list *stale, struct diag *d);

/* Write the new approval, then remove the stale ones under other names. */
ERR_MUST_USE enum err own_replace(const struct desk *k, const char *name, const struct buf *approval,
                                  const struct file_list *stale, struct diag *d);

#endif
