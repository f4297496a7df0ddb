/* store.h - a verified bundle in a database that the RA's own system reads (db.h, rootseal-ra-db(5)).
 *
 * All of a bundle is there, or nothing of it: one transaction. Once more, it changes nothing; a row of it that was changed or
 * lost is put right.
 */
#ifndef ROOTSEAL_RA_STORE_H
#define ROOTSEAL_RA_STORE_H

#include "ra/db.h"
#include "ra/import.h"

#define STORE_NAMED 20 /* rows at most */

/* What came of it. Free with store_done_free(). */
struct store_done {
    bool news;           /* something of the bundle was not there */
    uint64_t mended;     /* rows of a bundle that was there before, which were changed or lost and are put right; */
    struct buf names;    /* the first of them, a line each: the table, and what the row is about */
    struct buf stranger; /* the account that the tables belong to; empty when it is the own one */
};

/* Make the tables where they are missing, put the bundle into them, and read it back: each row, and how many there are of it. The
 * transaction stays open and is the caller's to end with db_commit(), once the files are written: they are the truth, and the
 * database follows. E_BUNDLE_OTHER when it contradicts what is there: another bundle under its sequence number, a serial number
 * or the number of a list that came with another one, a seal over another log of the same size; E_DATABASE, also when what is read
 * back is not what was put, or more. */
ERR_MUST_USE enum err store_put(struct db *db, const struct import *i, const struct progress *progress, struct store_done *done,
                                struct diag *d);
void store_done_free(struct store_done *done);

#endif
