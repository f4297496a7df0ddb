/* record.h - one line of the audit log: JSON, ASCII, fixed key order, no spaces.
 *
 * {"seq":N,"time":"...","type":"...","prev":"<hex>",<fields of the type, in their fixed order>}
 * seq is the number of the line, from 1. prev is the digest, by the log's algorithm, of the
 * previous line's bytes without its newline; zeros in the first. A line is at most LIMIT_LOG_LINE
 * bytes. The types and their fields are those below, in this order, and nothing else: a line with a
 * field missing, added, out of its place, of another type or with a value that is not allowed is
 * E_LOG_FORMAT. Where nothing else is said, batch, intake, plan, policy, officer, root, digest, and
 * the like are 32-byte digests, 64 lower-case hex digits; authority, ra, profile, key are names:
 * text_is_token() of at most 64 characters; sequence, requests, issue, refuse are integers from 0;
 *   public-key and signature are strict base64, not empty.
 */
#ifndef ROOTSEAL_LOG_RECORD_H
#define ROOTSEAL_LOG_RECORD_H

#include "core/buf.h"
#include "core/diag.h"
#include "core/digest.h"
#include "core/json.h"

enum record_type {
    /* How this log began, always and only the first line: hash ("sm3" or "sha256"), program (1..64
     * printable ASCII characters), policy, token-manufacturer, token-model, token-serial,
     * token-label (each at most 128 bytes of text_is_plain() characters, may be empty). */
    RECORD_GENESIS,
    /* "keygen": a key was made in the token: key, algorithm (alg_sig_name()), public-key (base64
     * SPKI), and its attributes, booleans: sensitive, always-sensitive, never-extractable,
     * local. */
    RECORD_KEYGEN,
    /* "anchor": a certificate for one of our own keys, self-signed or, an OCSP responder's, by its CA's
     * key: key, certificate (base64, not
     * empty). */
    RECORD_ANCHOR,
    /* "batch": a batch was taken in: batch, intake, authority, ra, sequence, requests. */
    RECORD_BATCH,
    /* "authorise": an officer authorised a plan: plan, officer (of the certificate), signature
     * (digest of the file). */
    RECORD_AUTHORISE,
    /* "plan", the intent: batch, intake, plan, policy, authority, ra, sequence, then how many items the plan has
     * to issue, refuse, status (changes of it), lists (CRLs), and program (as in genesis). */
    RECORD_PLAN,
    /* "self-test": a key signed the self-test text: key. */
    RECORD_SELF_TEST,
    /* "token": from here on this token holds the keys; what it and its module say of themselves:
     * token-manufacturer, token-model, token-serial, token-label as in genesis, token-hardware, token-firmware (versions,
     * "2.6"), module-manufacturer, module (texts as those), module-version, replaces (boolean: it was put into the place of
     * one that could not say any more where the log stood). */
    RECORD_TOKEN,
    /* "ending", the intent: what the token has of a key is about to be destroyed: key, public-key, private and public as in
     * destroyed. */
    RECORD_ENDING,
    /* "destroyed": what the token had of a key is gone from it, and that was proven: key, public-key (digest of the SPKI,
     * or "" when none was there to be read and none is in the log), private and public (booleans: there was
     * such an object when its end began). */
    RECORD_DESTROYED,
    /* "transferred": the key is on a second token as well, and the same: key, token-model and token-serial of the second,
     * challenge (of random numbers), signature (by the key on the first token, over transferred_text()) and copy-signature (by the
     * key on the second, over the same). */
    RECORD_TRANSFERRED,
    /* "issued": batch, n (from 1), authority, profile, key, serial (lower-case hex, 1..20 bytes),
     * certificate (digest of the DER), signature, supersedes (serial of the certificate that ends
     * with this, reason superseded; or ""). */
    RECORD_ISSUED,
    /* "revoked": the status of a certificate changed: batch, n, authority, key (that signed it),
     * serial, status ("revoked", "held", "released"), reason (the policy's name, or ""), reason-code
     * (CRLReason, RFC 5280 5.3.1), asked (when it was asked for), late (the time the policy promises
     * had gone by). When, as CRLs say it, is when the plan was made. */
    RECORD_REVOKED,
    /* "accepted": its holder has it and does not object: batch, n, authority, key, serial. */
    RECORD_ACCEPTED,
    /* "crl": batch, n, key, number (CRLNumber, from 1), base (of a delta, or 0), entries, tbs (digest
     * of the DER TBSCertList), signature. */
    RECORD_CRL,
    /* "ocsp": responses were signed: batch, n, key (whose certificates they are about), responder (the
     * key that signed), responses (how many), digest (of the file that holds them). */
    RECORD_OCSP,
    /* "refused": batch, intake, n (0: the whole batch), code (a name of the error table other than
     * E_OK), clause (at most 200 printable ASCII characters, may be empty). */
    RECORD_REFUSED,
    /* "seal", see seal.h: size (from 1), root, key, signature. */
    RECORD_SEAL,
    /* "bundle", about to be signed: batch, bundle (digest of bundle.json). */
    RECORD_BUNDLE,
    /* "policy": from here on the state is under another policy: policy. */
    RECORD_POLICY,
    /* "ceremony": a ceremony goes on from here: ceremony (its name), file (digest of the file that says what is done),
     * steps (how many), done (how many of them are over, from 0; see course.h). */
    RECORD_CEREMONY,
    /* "time": persons compared the clock with theirs: ceremony, persons (how many). */
    RECORD_TIME,
    /* "step": a step was done: ceremony, step (from 1), transcript (digest of transcript.jsonl up to there). */
    RECORD_STEP,
    /* "exception": a step was not, or not quite, what the ceremony's file says, and is over: ceremony, step (from 1), code (as
     * in refused), reason (digest of the text in the transcript), transcript as in step. */
    RECORD_EXCEPTION,
    /* "certify", the intent of a ceremony's step to sign certificates: ceremony, step (from 1), certificates (how many), tbs
     * (digest of the record's step-N.tbs, which the authorise lines before it name as plan). */
    RECORD_CERTIFY,
    /* "cross": a certificate by one of our CA keys for another CA, or another of our keys: key (that signed), subject-key
     * (digest of the SubjectPublicKeyInfo), certificate (base64). */
    RECORD_CROSS,
    /* "minutes": the ceremony's minutes: ceremony, minutes (digest of minutes.html), text (of minutes.txt), transcript (of
     * transcript.jsonl). */
    RECORD_MINUTES,
    /* "recovery": bytes of an unfinished line were cut off: torn (their number, from 1), digest
     * (their SHA-256). */
    RECORD_RECOVERY,
    RECORD_TYPE_COUNT
};

/* The type's name in the log. Constant. */
const char *record_type_name(enum record_type t);

/* A line taken apart. The json_t holds every field; free with record_free(). */
struct record {
    uint64_t seq;
    int64_t time;
    enum record_type type;
    uint8_t prev[DIGEST_LEN];
    json_t *obj;
};

/* Read one line (no newline): canonical form and fields of its type are proven; E_LOG_FORMAT
 * otherwise. Whether prev is right is the reader's matter. */
ERR_MUST_USE enum err record_parse(struct span line, struct record *out, struct diag *d);

/* Append a line (no newline) to out. fields is an object with exactly the type's fields in their
 * order (as json_pack makes it); its reference is taken over, also on failure. NULL is E_NO_MEMORY;
 * other fields, a seq of 0 or a time outside 1970..9999 are E_LOG_FORMAT, with out unchanged. */
ERR_MUST_USE enum err record_write(uint64_t seq, int64_t time, enum record_type type,
                                   const uint8_t prev[DIGEST_LEN], json_t *fields, struct buf *out,
                                   struct diag *d);

void record_free(struct record *r);

/* Does the line tell what became of one request of a batch, or of a list that the batch made necessary? */
bool record_is_outcome(const struct record *r);

/* Fields of a record that record_parse() made, whose form is therefore proven. A field that its type
 * does not have is "" (never NULL), 0, or E_LOG_FORMAT with out set to zeros. The text belongs to the
 * record. */
const char *record_text(const struct record *r, const char *key);
int64_t record_number(const struct record *r, const char *key);
ERR_MUST_USE enum err record_digest(const struct record *r, const char *key,
                                    uint8_t out[DIGEST_LEN]);

#endif
