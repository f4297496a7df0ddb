/* help_lint.h - good TBS bytes, and ways to change one thing in them, for the tests of pki/lint. Everything here fails the
 * running test when it cannot do its work. */
#ifndef ROOTSEAL_TESTS_HELP_LINT_H
#define ROOTSEAL_TESTS_HELP_LINT_H

#include <openssl/x509v3.h>

#include "help_batch.h"

/* Whose policy the lint is after, and what the last one said. */
extern struct world lint_world;
extern struct diag lint_diag;

/* An unchecked fixture, because keys cost time. */
void lint_set_up(void);
void lint_tear_down(void);

#define LINT_SERIAL "\x12\x34\x56\x78\x9a\xbc\xde\xf0\x12\x34\x56\x78\x9a\xbc\xde"
#define LINT_SAN "\x30\x13\x82\x0bwww.example\x87\x04\x0a\x00\x00\x01"

/* A good TBS of one of the world's profiles, with a name or, where the profile copies them, LINT_SAN. */
void lint_build(int profile, struct buf *out);
enum err lint_run(int profile, struct span tbs);

/* A certificate around the TBS, for changing it through OpenSSL. */
X509 *lint_parsed(const struct buf *tbs);
/* Build, change, write anew, lint. */
enum err lint_changed(int profile, void (*change)(X509 *));

struct lint_change {
    const char *name;
    void (*change)(X509 *);
    int profile;
    enum err want;
};
#define LINT_CHANGE(name, body) \
    static void name(X509 *x) \
    { \
        body; \
    }
void lint_expect(const struct lint_change *c);

/* The body of the element at the front, which must have this tag. */
struct span lint_take(struct span *in, uint8_t tag);

void lint_set_serial(X509 *x, const char *hex);
void lint_set_algorithm(X509 *x, int nid, int parameter);
void lint_set_time(ASN1_TIME *t, int type, const char *text);
void lint_set_issuer(X509 *x, const char *cn, int string);
/* Of each part the type, the value, and in max the ASN.1 type of its string; {0} ends them. */
void lint_set_subject(X509 *x, const struct policy_attribute *parts);
/* Put an extension, as openssl.cnf names and writes it, in place of the one that is there. */
void lint_add(X509 *x, const char *name, const char *value);
/* Give an extension that is there these bytes. */
void lint_put_value(X509 *x, int nid, const void *bytes, size_t n);

#define LINT_PART(t, s, v) {.type = t, .max = s, .value = v}
#define LINT_C LINT_PART("C", V_ASN1_PRINTABLESTRING, "CN")
#define LINT_ST LINT_PART("ST", V_ASN1_UTF8STRING, "Jiangsu")
#define LINT_OU LINT_PART("OU", V_ASN1_PRINTABLESTRING, "Unit 7")
#define LINT_CN LINT_PART("CN", V_ASN1_UTF8STRING, "Wang Wu")
#define LINT_SUBJECT(...) lint_set_subject(x, (const struct policy_attribute[]){__VA_ARGS__, {0}})

#endif
