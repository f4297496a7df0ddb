/* store.h - the state medium: one partition with LUKS2 and authenticated encryption, and in it ext4 with the state.
 *
 * Every sector is encrypted with AES-256 in XTS and has a tag of HMAC-SHA256 (dm-crypt over dm-integrity): a sector
 * that was changed outside of the appliance cannot be read, and is no damaged file that is read all the same. The tags
 * are written through the journal of dm-integrity, which writes every sector twice: without it a power cut between a
 * sector and its tag would make the sector unreadable, and a state is small. An AEAD such as AES-GCM would do with one
 * pass; its nonce of 96 bits, drawn at random for each write, makes it the worse choice for a medium that lives for
 * years. What no tag finds is a whole medium put back as it was: that is found by the token's head and the RAs' seals.
 *
 * The passphrase is in two parts, each known to one person. Argon2id has a fixed cost, which a machine with 256 MB of
 * memory can bear, too: what was measured on one machine might not open on the next.
 */
#ifndef ROOTSEAL_INIT_STORE_H
#define ROOTSEAL_INIT_STORE_H

#include "core/diag.h"
#include "core/pin.h"
#include "media.h"
#include "mode.h"

#define STORE_LABEL "rootseal-state"
#define STORE_ROOT MACHINE_RUN "/state"     /* where it is mounted */
#define STORE_STATE STORE_ROOT "/rootseal"  /* the state, as --state of the programs takes it */
#define STORE_TOKENS STORE_ROOT "/tokens"   /* in training: the software token */

/* The least characters of a part of the passphrase. */
#define STORE_PART_LEAST 8

/* Wipe with pin_wipe() each. */
struct store_parts {
    struct pin part[2];
};

/* Is it a state medium, of either mode? */
bool store_is(const struct medium *m);

/* May a state medium be made of it: a disk of 100 MB at least that holds neither the image nor another state, and is
 * blank, or has a single FAT or ext file system, as new sticks come (nothing is said of what lies in that)? */
bool store_may_become(const struct medium *m, const struct media *all);

/* Make a state medium of this disk: everything on it is lost. E_MEDIUM when it is too small or no partition appears,
 * E_STEP when a program failed, E_IO. What was interrupted is begun again from the start. */
ERR_MUST_USE enum err store_make(const struct medium *m, enum mode mode, const struct store_parts *parts,
                                 struct diag *d);

/* Open the state medium and mount it on STORE_ROOT. E_MEDIUM when it is of the other mode, or the passphrase does not
 * open it; E_STEP when its file system is damaged. */
ERR_MUST_USE enum err store_open(const struct medium *m, enum mode mode, const struct store_parts *parts,
                                 struct diag *d);

/* Is one mounted? */
bool store_is_open(void);

/* Unmount and lock it; nothing when none is open. E_IO when something of it could not be written, or is in use still.
 */
ERR_MUST_USE enum err store_close(struct diag *d);

#endif
