/* certifies.h - the certificates of ceremonies: what was agreed upon, and what came of it. */
#ifndef ROOTSEAL_AUDIT_CERTIFIES_H
#define ROOTSEAL_AUDIT_CERTIFIES_H

#include <openssl/x509.h>

#include "core/set.h"
#include "log/record.h"

struct audit;

/* Zero-initialise; free with certifies_free(). */
struct certifies {
    bool ceremony;       /* a ceremony line came: from there on anchors are made in ceremonies */
    struct set agreed;   /* digest of a TBSCertificate in a step-N.tbs that a quorum authorised */
    struct set made;     /* of one that an anchor or cross line has */
    struct set digests;  /* of certificates in cross lines */
};

/* A certify line: step-N.tbs is in the record with this digest, is as many TBSCertificates, and a quorum of officers signed
 * it (officers.h). */
ERR_MUST_USE enum err certifies_take(struct audit *a, const struct record *r);

/* A cross line: the first of its certificate, which was agreed upon, is signed by the key that the line names, and is as
 * pki/lint.h says; its public key is the one named. */
ERR_MUST_USE enum err certifies_take_cross(struct audit *a, const struct record *r);

/* The certificate of an anchor line: agreed upon, or made outside of a ceremony, which is noted once there are ceremonies. */
ERR_MUST_USE enum err certifies_take_anchor(struct audit *a, const char *name, X509 *x);

/* After the log: every file in STATE/crosses/ is one of the log's. */
ERR_MUST_USE enum err certifies_finish(struct audit *a);

void certifies_free(struct certifies *c);

#endif
