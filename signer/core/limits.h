/* limits.h - every fixed limit of the program in one place. The policy can only lower those that it names. */
#ifndef ROOTSEAL_CORE_LIMITS_H
#define ROOTSEAL_CORE_LIMITS_H

#define LIMIT_LINE (64 * 1024)             /* bytes in one line of any JSON Lines file that comes from outside */
#define LIMIT_LOG_LINE (16 * 1024)         /* bytes in one line of the audit log */
#define LIMIT_BATCH_BYTES (512u << 20)     /* bytes in one batch.jsonl */
#define LIMIT_BATCH_REQUESTS 100000        /* requests in one batch */
#define LIMIT_MEDIUM_FILES 64              /* entries in a batch folder */
#define LIMIT_ARCHIVE_BYTES (2u << 30)     /* bytes in one file that the appliance makes of a batch: plan, results, log */
#define LIMIT_EVIDENCE_BYTES (1u << 30)    /* bytes in one file of evidence that an RA names in a request */
#define LIMIT_APPROVAL_BYTES (256 * 1024)  /* bytes in one detached signature */
#define LIMIT_CMC_BYTES (16u << 20)        /* bytes in one CMC request */
#define LIMIT_CMC_PARTS 10000              /* body parts in it: requests and controls */
#define LIMIT_CMC_NONCE 256                /* bytes in a transaction's number, or in a nonce */
#define LIMIT_CERT_BYTES (64 * 1024)       /* bytes in one certificate file */
#define LIMIT_KEY_BYTES (64 * 1024)        /* bytes in one private key file */
#define LIMIT_TBS_BYTES (24 * 1024)        /* bytes in one TBSCertificate */
#define LIMIT_CSR_BYTES (32 * 1024)        /* bytes in one PKCS#10 request */
#define LIMIT_CRL_BYTES (512u << 20)       /* bytes in one CRL; a million entries are some 40 MB */
#define LIMIT_CRL_HEAD_BYTES (16 * 1024)   /* bytes in what a CRL says beside its entries, each of its two ends */
#define LIMIT_ESEAL_BYTES (1u << 20)       /* bytes in one electronic seal, or in a value signed with it */
#define LIMIT_ESEAL_TEXT 256               /* bytes in one text of an electronic seal */
#define LIMIT_ESEAL_SIDE 1000              /* millimetres of one side of a seal */
#define LIMIT_PICTURE_BYTES (20 * 1024)    /* bytes in the picture of a seal that is made here */
#define LIMIT_HOLDER_BYTES 2048            /* bytes in the certificate of its holder */
#define LIMIT_PICTURE_PIXELS 4096          /* pixels of one side of a seal's picture */
#define LIMIT_SIGNATURE_BYTES 1024         /* bytes in one signature (RSA-8192) */
#define LIMIT_TOKEN_TEXT 64                /* characters in an id: batch, request, operator, person */
#define LIMIT_CLAUSE 200                   /* characters in a clause: it goes into plan and log */
#define LIMIT_SAN_NAMES 32                 /* names in one subjectAltName */
#define SERIAL_LEN 16                      /* bytes in a serial number we make: 127 random bits */
#define REASON_CODE_MAX 10                 /* the highest CRLReason of RFC 5280 5.3.1 */
#define CRL_REASON_SUPERSEDED 4            /* superseded, */
#define CRL_REASON_HOLD 6                  /* certificateHold, */
#define CRL_REASON_REMOVE 8                /* removeFromCRL: CRLReason */
#define LIMIT_IDENTITY_TEXT 64             /* bytes in an identity number */
#define LIMIT_OVERRIDE_TEXT 100            /* characters in the reason for an override */
#define LIMIT_OVERRIDE_SHOWN (10 * LIMIT_OVERRIDE_TEXT + 128) /* bytes of it as it is shown, with the fields' names */
#define LIMIT_ENVELOPED_BYTES 1024         /* bytes in an SM2EnvelopedKey */
#define LIMIT_SESSIONS 64                  /* parallel sessions on one token */
#define LIMIT_OFFICERS 32                  /* officers in a policy */
#define LIMIT_KEYS 32                      /* keys of one authority */
#define LIMIT_CLOCK_SKEW 300               /* seconds an RA's clock may be ahead of ours */
#define LIMIT_TOKEN_TIMEOUT 3600           /* seconds that one call to the token may take at most */
#define LIMIT_PIN_BYTES 256                /* bytes in a PIN or passphrase */

#endif
