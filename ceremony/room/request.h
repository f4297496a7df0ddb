/* request.h - the PKCS#10 request (RFC 2986) of a CA elsewhere: taken in and read by a process that can do no harm.
 *
 * What a stranger wrote is parsed in a process of its own, which reaches the medium's file, the record's folder and nothing
 * else (core/sandbox.h, filter_strict()). Subject and key come back, as bytes. The request lies in the record as it came,
 * step-N.csr, and what is certified is what was taken in there, whatever lies on the medium later.
 */
#ifndef ROOTSEAL_ROOM_REQUEST_H
#define ROOTSEAL_ROOM_REQUEST_H

#include <openssl/x509.h>

#include "core/diag.h"
#include "core/digest.h"
#include "pki/key.h"
#include "room/script.h"

#define REQUEST_SUBJECT 4096 /* bytes of a subject's DER */
#define REQUEST_SPKI 2048    /* of a SubjectPublicKeyInfo; RSA of 8192 bits has 1,062 */

/* What was read. A plain value: it goes from one process to another. Zero when nothing was. */
struct request {
    uint8_t digest[DIGEST_LEN]; /* SHA-256 of the file */
    enum sig_alg alg;           /* of the proof of possession */
    size_t subject_n, spki_n;
    uint8_t subject[REQUEST_SUBJECT], spki[REQUEST_SPKI];
};

/* Read the request of this step from the record's folder (dir_fd), or, when none was taken in yet, from the file that `from`
 * names, which then is put there once it was found good: csr_parse_ca(), key_check_strength(), and, where the step names a
 * digest, that it is the file's. E_EXPECTATION when it is another, with out->digest set; E_IO, E_CSR_FORMAT (too large, too),
 * the errors of those; E_SANDBOX, E_STEP. Call it before the first thread. */
ERR_MUST_USE enum err request_take_in(int dir_fd, const struct script_step *s, struct request *out, struct diag *d);

/* Subject and key of what was read. Zero-initialise; free with request_subject_free(). E_ARCHIVE when nothing was read. */
struct request_subject {
    X509_NAME *name;
    struct key key;
    enum sig_alg alg;
};
ERR_MUST_USE enum err request_subject(const struct request *r, struct request_subject *out, struct diag *d);
void request_subject_free(struct request_subject *s);

#endif
