/* err.h - every way a Rootseal program can fail, in one table.
 *
 * A code names a cause. Its class decides the exit status of the program, its clause is the rule a refusal rests on
 * when no policy row gives a narrower one, its sentence says what is wrong and its advice what to do about it.
 * Users, tests and man pages all read this table; a test fails if a code in it is never produced.
 */
#ifndef ROOTSEAL_CORE_ERR_H
#define ROOTSEAL_CORE_ERR_H

#include <stdbool.h>

#define ERR_MUST_USE __attribute__((warn_unused_result))

/* Exit statuses of all programs. */
enum err_class {
    CLASS_DONE = 0,
    CLASS_REFUSED = 1, /* the policy or a missing approval says no */
    CLASS_USAGE = 2,   /* the command line is wrong */
    CLASS_INPUT = 3,   /* the input is damaged, or is not what it claims to be */
    CLASS_HSM = 4,     /* module, token, key or PIN */
    CLASS_STORAGE = 5  /* files, log, memory */
};

/* X(code, class, clause, sentence, advice) */
#define ERR_TABLE(X)                                                                                                    \
    X(E_OK, DONE, "", "done", "")                                                                                       \
    /* the program and its surroundings */                                                                              \
    X(E_USAGE, USAGE, "", "the command line is not understood", "see --help")                                           \
    X(E_NO_MEMORY, STORAGE, "", "memory is used up", "close other programs and run the command again")                  \
    X(E_IO, STORAGE, "", "a file could not be read or written", "check the file and its medium, and run the command again") \
    X(E_DISK_FULL, STORAGE, "", "the medium is full", "free space and run the command again; nothing is lost")          \
    X(E_READ_ONLY, STORAGE, "", "the medium cannot be written", "take off its write protection, or use another")        \
    X(E_DATABASE, STORAGE, "", "the database could not be used", "see what it says, and import again; it has all of a bundle or nothing") \
    X(E_STATE_MISSING, STORAGE, "", "there is no Rootseal state here", "name the right folder, or run ceremony init")   \
    X(E_STATE_EXISTS, STORAGE, "", "there is a Rootseal state here already", "go on with ceremony keygen")              \
    X(E_FOLDER_OCCUPIED, STORAGE, "", "the folder already holds something else",                                        \
      "name an empty or new folder, or move away what is there")                                                        \
    X(E_STATE_OTHER, STORAGE, "", "the state was made under another policy's log", "use the program of this state")     \
    X(E_STATE_POLICY, STORAGE, "", "the state is under another policy than this program",                               \
      "use the program with the state's policy, or record the change with ceremony policy")                             \
    X(E_STATE_LOCKED, STORAGE, "", "another program is working on this state", "wait until it has ended")               \
    X(E_BATCH_LOCKED, STORAGE, "", "another program is working on this batch", "wait until it has ended, then run it again") \
    X(E_CRYPTO, STORAGE, "", "OpenSSL failed where it cannot be the input's fault", "run again; then report it")        \
    X(E_SANDBOX, STORAGE, "", "the system cannot shut the program in", "boot a kernel with Landlock and seccomp")         \
    X(E_STEP, STORAGE, "", "a step of the program was stopped", "run the command again; if it comes again, report it") \
    X(E_POLICY, INPUT, "rootseal-policy(5)", "the policy file is wrong", "correct the line named and build again")      \
    /* the audit log */                                                                                                 \
    X(E_LOG_FORMAT, STORAGE, "", "a line of the audit log is not in canonical form", "stop and call the auditor")       \
    X(E_LOG_CHAIN, STORAGE, "", "the audit log's hash chain is broken", "stop and call the auditor")                    \
    X(E_LOG_ORDER, STORAGE, "", "a line of the audit log does not follow from those before it", "stop and call the auditor") \
    X(E_LOG_SEAL, STORAGE, "", "a seal does not match the audit log", "stop and call the auditor")                      \
    X(E_LOG_PROOF, STORAGE, "RFC 9162 2.1", "a proof does not lead to the root of the seal", "stop and call the auditor")  \
    X(E_LOG_PUBLISHED, STORAGE, "C2SP tlog-tiles", "the log differs from what was published of it",                     \
      "publish nothing more; have the officers explain it")                                                             \
    X(E_LOG_MISSING, STORAGE, "", "the state has lost its audit log", "stop and call the auditor")                      \
    X(E_LOG_ROLLED_BACK, STORAGE, "", "the audit log is older than its witness", "stop and call the auditor")           \
    X(E_CLOCK_BEHIND, STORAGE, "", "the clock is behind the last log entry", "set the clock, then run again")           \
    X(E_ARCHIVE, STORAGE, "", "the archive lacks or contradicts what the log says", "stop and call the auditor")        \
    X(E_INDEX, STORAGE, "", "the index could not be used", "delete index.db; it is rebuilt from the log")               \
    /* module, token, key, PIN */                                                                                       \
    X(E_MODULE, HSM, "PKCS#11 5.4", "the PKCS#11 module could not be loaded", "check the path given with --module")     \
    X(E_MODULE_INIT, HSM, "PKCS#11 5.4", "the PKCS#11 module does not start", "check the module's own configuration")   \
    X(E_URI, INPUT, "RFC 7512", "a PKCS#11 URI is not understood", "correct the URI in the policy")                     \
    X(E_TOKEN_MISSING, HSM, "PKCS#11 5.5", "the token is not there", "plug in the token the policy names")              \
    X(E_TOKEN_AMBIGUOUS, HSM, "RFC 7512", "more than one token fits", "unplug the others, or name the serial")          \
    X(E_TOKEN_OTHER, HSM, "", "this is not the token the state was made with", "plug in the token of this state")       \
    X(E_TOKEN_USED, HSM, "", "the token belongs to another state already", "go on with that state, or take a fresh token") \
    X(E_TOKEN, HSM, "PKCS#11 5", "the token answered with an error", "check the token and run the command again")       \
    X(E_TOKEN_TIMEOUT, HSM, "", "the token did not answer in time",                                                     \
       "check the token, plug it in anew and run the command again")                                                    \
    X(E_PIN_MISSING, HSM, "PKCS#11 5.6", "no PIN was given", "type it at the terminal, or use --pin-fd")                \
    X(E_PIN_LENGTH, HSM, "PKCS#11 5.5", "the token can have no PIN of this length",                                    \
      "it was not tried; see the token's own limits")                                                                   \
    X(E_PIN_WRONG, HSM, "PKCS#11 5.6", "the token refused the PIN", "it was tried once; check it before trying again")  \
    X(E_PIN_LOCKED, HSM, "PKCS#11 5.6", "the PIN is locked", "the security officer of the token must unlock it")        \
    X(E_KEY_MISSING, HSM, "RFC 7512", "the key is not on the token", "run ceremony keygen, or plug in the right token") \
    X(E_KEY_AMBIGUOUS, HSM, "RFC 7512", "more than one key fits", "name the key's id in the policy")                    \
    X(E_KEY_EXISTS, HSM, "", "the label is already in use on the token",                                                \
      "see ceremony keys; then ceremony keygen with --adopt or --renew, or a new label")                                \
    X(E_KEY_DESTROYED, REFUSED, "", "the key was destroyed", "use another key of the policy")                           \
    X(E_KEY_NEEDED, REFUSED, "", "the key is still needed", "destroy the others first: the log key goes last")          \
    X(E_KEY_ALIVE, HSM, "", "the key still signs after it was destroyed", "lock the token away and call its vendor")    \
    X(E_KEY_STAYS, HSM, "PKCS#11 4.9", "the key can never leave its token",                                             \
      "copy the whole token by its vendor's means, or make keys that the policy calls transferable")                    \
    X(E_KEY_MISMATCH, HSM, "", "the key on the token is not the pinned one", "stop: the token was changed")             \
    X(E_KEY_ATTRIBUTES, HSM, "PKCS#11 4.9", "the key may leave the token", "generate the key inside the token")         \
    X(E_SELF_TEST, HSM, "GM/T 0003.2", "the key failed its self-test", "check the token, and the vendor in the policy")          \
    X(E_SIGNATURE_BAD, HSM, "", "the token's signature does not verify", "stop: the token or its key is faulty")        \
    /* people and their keys */                                                                                         \
    X(E_PASSPHRASE_MISSING, INPUT, "", "no passphrase was given", "type it at the terminal, or use --pass-fd")           \
    X(E_PRIVATE_KEY, INPUT, "RFC 5208", "the private key file could not be used", "check the file and its passphrase")  \
    X(E_CERTIFICATE, INPUT, "RFC 5280 4.1", "the certificate could not be read", "give one certificate, PEM or DER")    \
    /* media and intake */                                                                                              \
    X(E_MEDIUM, INPUT, "", "the medium or its folder is not there", "check that it is mounted and named rightly")       \
    X(E_MEDIUM_FILE, INPUT, "", "a file on the medium is not allowed", "only plain files with plain names belong here") \
    X(E_MEDIUM_LIMIT, INPUT, "", "the medium holds more than is allowed", "split the batch")                            \
    X(E_MEDIUM_CHANGED, INPUT, "", "a file changed while it was read", "check the medium and run again")                \
    X(E_CSV, INPUT, "RFC 4180", "the table of requests is not in its proper form", "correct it at the place named")      \
    X(E_NO_REQUESTS, INPUT, "", "there are no requests here", "name the folder that holds them, or the files themselves") \
    X(E_EVIDENCE, INPUT, "", "the files of evidence do not fit the requests",                                           \
      "name each file like its request, one for each")                                                                  \
    X(E_READ_BACK, STORAGE, "", "what was written reads back differently", "use another medium and run again")          \
    /* reading lines */                                                                                                 \
    X(E_JSON, INPUT, "RFC 8259", "a line is not one JSON object", "correct the line")                                   \
    X(E_UTF8, INPUT, "RFC 3629", "a line is not valid UTF-8", "correct the line")                                       \
    X(E_NUL, INPUT, "RFC 8259 7", "a line holds a NUL character", "correct the line")                                   \
    X(E_LINE_TOO_LONG, INPUT, "", "a line is longer than the limit", "make the line shorter")                           \
    X(E_FIELD_MISSING, INPUT, "rootseal-formats(5)", "a field is missing", "add the field")                             \
    X(E_FIELD_UNKNOWN, INPUT, "rootseal-formats(5)", "a field is not known", "remove the field")                        \
    X(E_FIELD_VALUE, INPUT, "rootseal-formats(5)", "a field's value is not allowed", "correct the value")               \
    X(E_BASE64, INPUT, "RFC 4648 4", "the text is not strict base64", "encode the bytes again, on one line")            \
    /* the batch as a whole */                                                                                          \
    X(E_NO_PERSONS, REFUSED, "", "this build pins no persons, so no batch can be approved", "build with POLICY=DIR")    \
    X(E_AUTHORITY, REFUSED, "", "the authority is not in the policy", "send the batch to the right appliance")          \
    X(E_RA, REFUSED, "", "the RA is not known for this authority", "check the header")                                  \
    X(E_BATCH_COUNT, REFUSED, "", "the number of requests is not as announced or allowed", "make the batch again")      \
    X(E_BATCH_EXPIRED, REFUSED, "", "the batch is past its time", "make and approve a new batch")                       \
    X(E_BATCH_FUTURE, REFUSED, "", "the batch was created in the future", "check both clocks")                          \
    X(E_BATCH_REPLAYED, REFUSED, "", "this batch number was already used by another batch", "use a new batch id")       \
    X(E_SEQUENCE, REFUSED, "", "the sequence number is not the next one", "send the batches in order")                  \
    X(E_POLICY_OTHER, REFUSED, "", "the RA prepared the batch under another policy", "check it against this one")       \
    X(E_PREVIOUS, REFUSED, "", "the previous bundle the RA names is not the one issued", "find the lost bundle first")  \
    /* approvals */                                                                                                     \
    X(E_APPROVAL_MISSING, REFUSED, "", "an approval is missing", "let the person of that role approve the batch")       \
    X(E_APPROVAL_FORMAT, REFUSED, "RFC 5652 5", "an approval is not a detached CMS signature", "approve it again")      \
    X(E_APPROVAL_SIGNATURE, REFUSED, "RFC 5652 5.4", "an approval does not fit the batch", "approve the batch again")   \
    X(E_APPROVAL_PERSON, REFUSED, "", "an approval is by nobody the policy pins", "let a pinned person approve")        \
    X(E_APPROVAL_RA, REFUSED, "", "an approval is by a person of another RA", "let a person of this RA approve")        \
    X(E_APPROVAL_EXPIRED, REFUSED, "RFC 5280 4.1.2.5", "the approving person's certificate is not valid now",           \
      "pin a new certificate in the policy")                                                                            \
    X(E_APPROVAL_TWICE, REFUSED, "", "one person approved more than once", "two different persons must approve")        \
    /* one request */                                                                                                   \
    X(E_REQUEST_ID, REFUSED, "", "the request id is used twice in the batch", "give each request its own id")           \
    X(E_OP_NOT_OFFERED, REFUSED, "", "this authority does not offer the service", "see the clause")                     \
    X(E_PROFILE, REFUSED, "", "the authority has no such profile", "use a profile of this authority")                   \
    X(E_CERT_UNKNOWN, REFUSED, "", "the authority issued no such certificate", "check the serial number")              \
    X(E_CERT_EXPIRED, REFUSED, "", "the certificate has expired", "ask for a new one with issue")                       \
    X(E_CERT_REVOKED, REFUSED, "", "the certificate was revoked before", "ask for a new one with issue")                \
    X(E_CERT_HELD, REFUSED, "", "the certificate is on hold", "resume it first, or revoke it")                          \
    X(E_CERT_NOT_HELD, REFUSED, "", "the certificate is not on hold", "check the serial number")                        \
    X(E_CERT_ACCEPTED, REFUSED, "", "the certificate was accepted before", "check the serial number")                   \
    X(E_RENEWAL_TOO_EARLY, REFUSED, "", "the certificate cannot be renewed yet", "wait until the date named")           \
    X(E_RENEWAL_SAME_KEY, REFUSED, "", "renewal needs a new key", "make a new key and request")                         \
    X(E_SUBJECT_OTHER, REFUSED, "", "the subject is not the certificate's", "correct the request, or ask for a change") \
    X(E_SUBJECT_SAME, REFUSED, "", "the change changes nothing", "correct the request, or ask for a renewal")           \
    X(E_PROFILE_OTHER, REFUSED, "", "the profile does not fit the certificate's", "name the right profile")             \
    X(E_REASON, REFUSED, "", "the authority does not revoke for this reason", "name a reason of the policy")            \
    X(E_LIST_KEY, REFUSED, "", "the key issues no such list", "name a key whose policy row has crl")                    \
    X(E_LIST_NOT_LAST, REFUSED, "rootseal-formats(5)", "the request comes after one for a list", "put requests for lists last")  \
    X(E_UNFINISHED, STORAGE, "", "another batch is not finished", "run signer again with that batch first")             \
    X(E_CSR_FORMAT, REFUSED, "RFC 2986 4.2", "the request is not a PKCS#10 request", "make the request again")          \
    X(E_CSR_TRAILING, REFUSED, "RFC 2986 4.2", "bytes follow the request", "remove them")                               \
    X(E_CSR_VERSION, REFUSED, "RFC 2986 4.1", "the request's version is not 0", "make the request again")               \
    X(E_CSR_ALGORITHM, REFUSED, "RFC 5280 4.1.1.2", "the signature algorithm is not exactly an allowed one",            \
      "sign with SM2-SM3, or RSA or ECDSA with SHA-256 or SHA-384")                                                     \
    X(E_CSR_SIGNATURE, REFUSED, "RFC 2986 4.2", "the request is not signed by its own key",                             \
      "sign it with the key it carries; SM2 under the ID 1234567812345678")                                             \
    X(E_CSR_ASKS_CA, REFUSED, "RFC 5280 4.2.1.9", "the request asks to become a CA", "remove basicConstraints CA:TRUE") \
    X(E_CSR_EXTENSION, REFUSED, "RFC 5280 4.2", "a requested extension is broken or not allowed", "correct it")         \
    X(E_KEY_TYPE, REFUSED, "", "the profile does not allow this kind of key", "use an allowed kind of key")             \
    X(E_KEY_SIZE, REFUSED, "GM/T 0015-2012", "the key's size is not allowed", "make a larger key")                      \
    X(E_KEY_EXPONENT, REFUSED, "GM/T 0015-2012", "the RSA exponent is not 65537", "make a new key")                     \
    X(E_KEY_FACTOR, REFUSED, "", "the RSA modulus has a small factor", "make a new key, elsewhere")                     \
    X(E_KEY_FERMAT, REFUSED, "", "the RSA primes are too close together", "make a new key, elsewhere")                  \
    X(E_KEY_ROCA, REFUSED, "CVE-2017-15361", "the RSA key was made by a broken library", "make a new key, elsewhere")   \
    X(E_KEY_POINT, REFUSED, "SEC 1 3.2.2", "the public key is not a point of its curve", "make a new key")              \
    X(E_KEY_OF_CA, REFUSED, "", "the key belongs to the authority itself", "make a new key")                            \
    X(E_KEY_OTHER_SUBJECT, REFUSED, "", "the key already belongs to another subject", "make a new key")                 \
    X(E_SUBJECT_ATTRIBUTE, REFUSED, "", "a subject attribute is not allowed by the profile", "remove it")               \
    X(E_SUBJECT_MISSING, REFUSED, "", "a subject attribute is missing", "add it")                                       \
    X(E_SUBJECT_VALUE, REFUSED, "", "a subject attribute has a value that is not allowed", "correct it")                \
    X(E_SUBJECT_CHARACTER, REFUSED, "", "a subject attribute holds a character that could deceive a reader",            \
      "remove control, bidirectional and invisible characters")                                                         \
    X(E_IDENTITY_FIELD, REFUSED, "", "an identity field is not allowed by the profile", "remove it")                     \
    X(E_IDENTITY_MISSING, REFUSED, "", "an identity field is missing", "add it")                                        \
    X(E_IDENTITY_VALUE, REFUSED, "", "an identity field has a value that is not allowed", "correct it")                 \
    X(E_IDENTITY_CHECK, REFUSED, "", "the check digit of an identity number is wrong",                                  \
      "correct the number, or give an override when it is genuine")                                                     \
    X(E_OVERRIDE, REFUSED, "", "there is an override but nothing to override", "remove it")                             \
    X(E_PAIR_FIELD, REFUSED, "", "what an encrypting request says of its pair does not fit the profile",                \
      "name one signing certificate and give its enveloped key; others have neither")                                   \
    X(E_PAIR_UNKNOWN, REFUSED, "", "the signing certificate of the pair is not there",                                  \
      "name a signing request before this one that is issued, or a good certificate")                                   \
    X(E_PAIR_SUBJECT, REFUSED, "", "the two certificates of the pair are not of one subject",                           \
      "give both the same subject and identity")                                                                        \
    X(E_ENVELOPED_KEY, REFUSED, "GM/T 0009-2012", "the enveloped key is not one of the request's key",                  \
      "fetch it again from the key-management centre")                                                                  \
    X(E_REQUEST_DATE, REFUSED, "", "the request was asked for at an impossible time", "correct requested-at")              \
    X(E_OUTLIVES_ISSUER, REFUSED, "RFC 5280 6.1", "the certificate would outlive its issuer", "renew the root first")    \
    /* plan and authorisation */                                                                                        \
    X(E_BATCH_MISSING, INPUT, "", "there is no such batch in the archive",                                              \
       "give --batch the batch that signer plan printed, not the plan")                                                 \
    X(E_PLAN_MISSING, INPUT, "", "there is no plan for this batch", "run signer plan first")                            \
    X(E_PLAN_FORMAT, INPUT, "rootseal-formats(5)", "the plan is not in canonical form", "plan the batch again")         \
    X(E_PLAN_DIGEST, INPUT, "", "the plan is not the one that was named", "compare the digests; plan again")            \
    X(E_PLAN_CONTENT, INPUT, "", "the plan does not follow from its batch", "stop: somebody changed it; plan the batch again") \
    X(E_PLAN_EXPIRED, REFUSED, "", "the plan is too old", "plan and authorise the batch again")                         \
    X(E_PLAN_STALE, REFUSED, "", "the log has moved on since the plan was made", "plan and authorise it again")         \
    X(E_PLAN_POLICY, REFUSED, "", "the plan was made under another policy", "plan and authorise the batch again")       \
    X(E_LINT, REFUSED, "RFC 5280 4", "the bytes to be signed failed the second check", "stop and report it")            \
    X(E_QUORUM, REFUSED, "", "too few officers authorised the plan", "run ceremony authorise with another officer")     \
    X(E_OFFICER, REFUSED, "", "an authorisation is not by an officer of the policy", "let an officer authorise")        \
    X(E_OFFICER_SIGNATURE, REFUSED, "RFC 5652 5.4", "an authorisation does not fit the plan", "authorise it again")     \
    X(E_OFFICER_TWICE, REFUSED, "", "this officer has already authorised the plan", "let another officer authorise")    \
    X(E_NOT_CONFIRMED, REFUSED, "", "what was shown was not confirmed",                                                 \
      "compare the digest with what was shown, and confirm it")                                                         \
    X(E_BUNDLE_MISSING, INPUT, "", "there is no bundle for this batch yet", "run signer sign first")                    \
    /* ceremonies */                                                                                                    \
    X(E_SCRIPT, INPUT, "rootseal-ceremony(5)", "the ceremony file is wrong",                                            \
      "correct the place named, and have it reviewed again")                                                            \
    X(E_SCRIPT_OTHER, INPUT, "", "the ceremony was begun with another file",                                            \
      "go on with the file in its record, or take a new name")                                                          \
    X(E_SCRIPT_FOLLOWS, REFUSED, "", "the ceremony does not follow from the last one",                                  \
      "compare the last minutes; stop until it is explained")                                                           \
    X(E_TRANSCRIPT, STORAGE, "", "the ceremony's transcript is not whole, or not the one of the log", "stop and call the auditor")                 \
    X(E_ABSENT, REFUSED, "", "a person whom the ceremony needs is not there",                                           \
      "wait for the person, then run it again")                                                                         \
    X(E_UNSIGNED, REFUSED, "", "somebody who was there has not signed the minutes",                                     \
      "sign them, or record an exception and sign later with ceremony minutes")                                         \
    X(E_MINUTES_SIGNATURE, REFUSED, "RFC 5652 5.4", "the minutes are not signed with the key of the person named",       \
      "have that person sign them again with ceremony minutes")                                                         \
    X(E_SEAL_OTHER, STORAGE, "", "the seal is of another log than this one", "stop and call the auditor")               \
    X(E_EXPECTATION, REFUSED, "", "a step did not come to what the ceremony file expects",                              \
      "stop, or record an exception")                                                                                   \
    X(E_CLOCK_JUMP, REFUSED, "", "the clock is further from the last log entry than the policy allows",                 \
      "set the clock, or record an exception")                                                                          \
    X(E_STOPPED, REFUSED, "", "those present stopped it", "run the same command again to go on")                        \
    /* electronic seals */                                                                                              \
    X(E_PICTURE, REFUSED, "", "the picture is not one whole, still PNG or GIF of an allowed size",                      \
      "make the picture anew")                                                                                          \
    X(E_ESEAL_NAME, REFUSED, "", "the seal's name is empty, too long, or could deceive a reader",                      \
      "remove control, bidirectional and invisible characters")                                                         \
    X(E_HOLDER, REFUSED, "", "the holder's certificate is not one that seals are made for",                            \
      "send the holder's valid certificate for signatures by the CA that the policy pins")                              \
    X(E_NOT_A_SEAL, REFUSED, "", "the serial number is not of this kind", "seal-* is for seals, the other ops for certificates") \
    X(E_ESEAL_FORMAT, INPUT, "GB/T 38540-2020", "the bytes are not an electronic seal in its proper form", "fetch it again") \
    X(E_ESEAL_SIGNATURE, INPUT, "GB/T 38540-2020", "a signature of an electronic seal does not verify", "do not accept it") \
    X(E_ESEAL_HOLDER, INPUT, "GB/T 38540-2020", "the electronic seal does not name who signed with it", "do not accept it") \
    X(E_ESEAL_EXPIRED, INPUT, "GB/T 38540-2020", "an electronic seal was made or used outside of a validity",           \
      "do not accept it")                                                                                               \
    X(E_ESEAL_REVOKED, REFUSED, "", "the electronic seal was revoked", "do not accept it")                                \
    X(E_ESEAL_OTHER, INPUT, "", "the value is signed with another electronic seal", "give the seal that is in the value")\
    /* bundles, import, audit */                                                                                        \
    X(E_BUNDLE_FORMAT, INPUT, "rootseal-formats(5)", "the bundle is not in its proper form", "fetch it again")          \
    X(E_BUNDLE_POLICY, INPUT, "", "the bundle was decided under another policy than this program's",                    \
      "import it with the ra program of that policy")                                                                   \
    X(E_BUNDLE_SIGNATURE, INPUT, "RFC 5652 5.4", "the bundle's signature does not verify", "do not use it; call the CA") \
    X(E_BUNDLE_DIGEST, INPUT, "", "a file of the bundle was changed or is missing", "do not use it; fetch it again")    \
    X(E_BUNDLE_ANSWER, INPUT, "", "the bundle does not answer the batch", "do not use it; call the CA")                 \
    X(E_BUNDLE_OTHER, INPUT, "", "an earlier import says something else", "do not use it; call the CA")                 \
    X(E_CMC_FORMAT, INPUT, "RFC 5272 3.2.1", "the file is not a CMC Full PKI Request in its proper form",                \
       "have it made again, in DER and signed by one RA")                                                               \
    X(E_CMC_SIGNATURE, INPUT, "RFC 5652 5.4", "the CMC request is not signed by the certificate that was named",         \
       "do not use it; ask the RA that sent it")                                                                        \
    X(E_CMC_UNSUPPORTED, REFUSED, "RFC 5272 6", "the CMC request holds what is not taken",                               \
       "ask for PKCS#10 requests and revokeRequest controls alone")                                                     \
    X(E_CMC_OTHER, INPUT, "", "the batch does not hold what the CMC request asks for",                                   \
       "name the batch and the file that ra cmc-in was given")                                                          \
    X(E_CMC_REPEATED, REFUSED, "", "the CMC request was taken before", "ask the RA that sent it for a new one")          \
    X(E_WITNESS, INPUT, "rootseal-formats(5)", "the head of the log that a token kept is not in its proper form",        \
       "read the token's data object rootseal-log-head out again")                                                      \
    X(E_PROOF_FORMAT, INPUT, "rootseal-formats(5)", "the proof is not in its proper form",                               \
       "have the auditor make it again from the log")                                                                    \
    X(E_EVIDENCE_FORMAT, INPUT, "rootseal-formats(5)", "the evidence is not in its proper form",                         \
       "get the file again from the auditor who made it")                                                               \
    X(E_EVIDENCE_CONTENT, INPUT, "", "the parts of the evidence do not belong together",                                \
       "do not rely on it; ask the auditor who made it")                                                                \
    X(E_CHECKPOINT, INPUT, "C2SP tlog-checkpoint", "the checkpoint is not one by this key",                             \
      "give the folder, the origin and the key that belong together")                                                   \
    X(E_ANCHOR, INPUT, "", "a trusted certificate is missing or differs",                                               \
       "fetch the anchors from the ceremony; on the appliance run ceremony root")                                       \
    X(E_CERT_SIGNATURE, INPUT, "RFC 5280 4.1.1.3", "a certificate's signature does not verify", "call the auditor")     \
    /* the status of certificates */                                                                                    \
    X(E_CRL_ENTRIES, STORAGE, "RFC 5280 5.1.2.6", "the entries for a CRL are not in order",                              \
      "delete index.db; it is rebuilt from the log")                                                                    \
    X(E_CRL_FORMAT, INPUT, "RFC 5280 5", "the bytes are not a CRL in its one form", "fetch it again")                   \
    X(E_CRL_SIGNATURE, INPUT, "RFC 5280 5.1.1.3", "a CRL's signature does not verify", "call the auditor") \
    X(E_OCSP_FORMAT, INPUT, "RFC 5019 2.2", "the bytes are not an OCSP response in its one form", "fetch it again")     \
    X(E_OCSP_SIGNATURE, INPUT, "RFC 6960 4.2.1", "an OCSP response's signature does not verify", "call the auditor")    \
    X(E_OCSP_RESPONDER, INPUT, "RFC 6960 4.2.2.2", "an OCSP response is not by a responder of the issuer", "call the auditor")

enum err {
#define X(code, class_, clause, sentence, advice) code,
    ERR_TABLE(X)
#undef X
    ERR_COUNT
};

/* The code's name, e.g. "E_KEY_SIZE". Constant; never NULL, also for a number outside the table. */
const char *err_name(enum err e);

/* What is wrong, one sentence without a full stop, in ASCII. Constant. */
const char *err_sentence(enum err e);

/* What the reader of the message should do. Constant; "" for E_OK. */
const char *err_advice(enum err e);

/* The clause or standard that the code rests on by itself; "" where only a policy row can say. Constant. */
const char *err_clause(enum err e);

/* The class of the code: the exit status of a program that ends with it. */
enum err_class err_class(enum err e);

/* Does the code say that what came from outside is not to be accepted (class REFUSED or INPUT)? Such a code is an answer
 * to whoever sent it; every other one but E_OK stops the work. */
bool err_is_refusal(enum err e);

/* The code with this name, or E_OK when there is none. */
enum err err_by_name(const char *name);

/* The code for an errno left by a failed system call: ENOSPC and EDQUOT are E_DISK_FULL, EROFS is E_READ_ONLY, ENOMEM is
 * E_NO_MEMORY, everything else is E_IO. */
enum err err_from_errno(int errnum);

#endif
