/* store.h - a verified bundle in a database that the RA's own system reads (db.h, rootseal-ra-db(5)).
 *
 * All of a bundle is there, or nothing of it: one transaction. Once more, it changes nothing; a row of it that was changed or
 * lost is put right.
 */
#ifndef ROOTSEAL_RA_STORE_H
#define ROOTSEAL_RA_STORE_H

#include "ra/db.h"
#include "ra/import.h"

/* Make the tables where they are missing, and put the bundle into them. The transaction stays open and is the caller's to end
 * with db_commit(), once the files are written: they are the truth, and the database follows. *news: something of it was not
 * there. E_BUNDLE_OTHER when it contradicts what is there: another bundle under its sequence number, a serial number or the
 * number of a list that came with another one, a seal over another log of the same size; E_DATABASE. */
ERR_MUST_USE enum err store_put(struct db *db, const struct import *i, const struct progress *progress, bool *news, struct diag *d);

#endif
