/* help_audit.h - a state with the two keys of the appliance, made with keys in memory, and a log to go on with, for the tests of
 * ceremony/audit. Everything here fails the running test when it cannot do its work. */
#ifndef ROOTSEAL_TESTS_HELP_AUDIT_H
#define ROOTSEAL_TESTS_HELP_AUDIT_H

#include "audit/verify.h"
#include "log/log.h"

/* What help_audit_begin() makes; a and d are what the last call left. */
extern struct audit_fix {
    char path[64];
    int fd, anchors_fd; /* of the state, and of the folder of anchors that comes by hand */
    struct log *log;
    EVP_PKEY *log_key, *bundle_key;
    struct audit a;
    struct verify_options o;
    struct diag d;
} audit_fix;

/* A log with its first line. End with help_audit_end(). */
void help_audit_begin(void);
void help_audit_end(void);

/* Both keys, certified and sealed: 6 lines. */
void help_audit_begin_with_keys(void);

/* -- lines; the fields' reference is taken -- */

void help_audit_append(enum record_type type, json_t *fields);
void help_audit_keygen(const struct policy_key *row, EVP_PKEY *key, bool local);
void help_audit_anchor(const char *name, const struct buf *der);
void help_audit_seal(const char *name, EVP_PKEY *key);

/* The anchor line, and the file in the folder that comes by hand. */
void help_audit_certify(const struct policy_key *row, EVP_PKEY *key);

/* -- files -- */

/* The certificate that ceremony would make, signed with `signer`. */
void help_audit_cert(const struct policy_key *row, EVP_PKEY *key, EVP_PKEY *signer, struct buf *out);
void help_audit_file(int dir_fd, const char *name, const struct buf *b);

/* The code of the first finding that is an error, which must be at this line of the log. */
enum err help_audit_verdict(uint64_t line);

#endif
