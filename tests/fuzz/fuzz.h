/* fuzz.h - what the fuzz targets share. A target is one .c file that defines the two functions below; fuzz.c is the rest
 * of the program that libFuzzer wants. Run in the project's root: the sample is read from tests/fuzz/sample.
 *
 * Environment: FUZZ_GOOD=1 makes an input that is not accepted a finding, for the seeds that must be (good-*).
 */
#ifndef ROOTSEAL_TESTS_FUZZ_H
#define ROOTSEAL_TESTS_FUZZ_H

#include <openssl/x509.h>

#include "core/buf.h"
#include "core/diag.h"

#define FUZZ_SAMPLE "tests/fuzz/sample"
#define FUZZ_NOW INT64_C(1760000000) /* when everything in the sample was made */

/* The target's own: prepare once; then try one input, true when the product accepts it. */
void fuzz_start(void);
bool fuzz_one(struct span in);

/* A number for these bytes, quickly. */
uint64_t fuzz_hash(struct span in);
/* Of n things that cost much, each is done for one input in n: is it this one's turn? The input alone says that; seeds
 * that must be accepted get them all. */
bool fuzz_turn(size_t thing, size_t n);

/* A property that must hold whatever the input is. */
#define fuzz_hold(condition, what) ((condition) ? (void)0 : fuzz_broken(__FILE__, __LINE__, what))
_Noreturn void fuzz_broken(const char *file, int line, const char *what);

/* What is true of every error: the diag has its code when and only when there is one, and its text is printable ASCII. */
void fuzz_check_diag(enum err e, const struct diag *d);
/* Nothing but printable ASCII, and newlines when lines is true. */
void fuzz_check_shown(struct span text, bool lines);
/* One element in DER, and OpenSSL's name for this type writes it back byte for byte. */
void fuzz_check_name(struct span der);
bool fuzz_same(struct span a, struct span b);

/* A file of the sample, or an end with a word. */
void fuzz_sample(const char *name, struct buf *out);

/* A folder of this process in memory (/dev/shm, else /tmp), with its path and descriptor, and a file put into it anew. */
int fuzz_folder(void);
const char *fuzz_folder_path(void);
void fuzz_put(const char *name, struct span bytes);

/* Mend what a forger would: number the lines of a log and name in each the digest of the one before, by the hash that
 * the first names, or by SM3. In place: only the digits after "prev":" are overwritten. */
void fuzz_mend_chain(uint8_t *bytes, size_t n);

/* The first bytes of the private key that signs the checkpoints of the sample. */
#define FUZZ_CHECKPOINT_SEED 0x52, 0x6f, 0x6f, 0x74

#endif
