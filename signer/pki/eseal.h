/* eseal.h - electronic seals (GB/T 38540-2020, version 4; GM/T 0031-2025 writes version 5 in the same shape) and the values
 * that are signed with them. What this program calls a seal by itself is the log's: log/seal.h.
 *
 * A maker signs what a seal is: its number, name, validity, picture, and whose it is, by the certificates of those who may
 * sign with it or by the digests of these. Such a holder's signature over a document carries the whole seal.
 *
 * The bytes must be DER throughout. Signatures are SM2 with SM3 under SM2_ID, the algorithm named by the bare OBJECT
 * IDENTIFIER. Accepted on the way in: versions 4 and 5; extensions that are not critical; a time stamp in version 5, whose
 * content is not looked at. Written: version 4 or 5, no time stamp.
 */
#ifndef ROOTSEAL_PKI_ESEAL_H
#define ROOTSEAL_PKI_ESEAL_H

#include <openssl/x509.h>

#include "core/buf.h"
#include "core/diag.h"
#include "pki/picture.h"

#define ESEAL_SIGNERS 16 /* more are refused */

/* SES_CertList: how a seal names its holders. */
enum eseal_list {
    ESEAL_CERTIFICATES = 1, /* their certificates, DER */
    ESEAL_DIGESTS = 2       /* the SM3 digests of these */
};

struct eseal_signer {
    struct span type; /* a word for the kind of digest; empty for a certificate */
    struct span value;
};

/* SES_SealInfo: what the maker signs. All spans belong to somebody else. Texts are not empty; widths and heights are in
 * millimetres. */
struct eseal_info {
    int64_t version;              /* 4 or 5 */
    struct span vendor, id;       /* ASCII: who made the program that makes seals, and the seal's own number */
    int64_t type;                 /* the standard leaves the numbers to the maker */
    struct span name;             /* UTF-8 */
    enum eseal_list list;
    struct eseal_signer signers[ESEAL_SIGNERS];
    size_t signers_n;             /* at least 1 */
    int64_t created, from, until; /* from is not after until */
    struct span picture_type;     /* ASCII: "PNG", "GIF", ... */
    struct span picture;
    int64_t width, height;        /* 1 to LIMIT_ESEAL_SIDE */
    struct span extensions;       /* the DER of ExtensionDatas; empty when there are none */
};

/* Who signed something, and the signature. */
struct eseal_proof {
    struct span cert, signature;
    bool stamped; /* there is a time stamp */
};

/* SESeal. Points into the bytes that were read. */
struct eseal {
    struct span whole;
    struct span signed_part; /* the DER of SES_SealInfo */
    struct eseal_info info;
    struct eseal_proof maker;
};

/* SES_Signature: a document's digest signed with a seal. Points into the bytes that were read. */
struct eseal_value {
    struct span signed_part; /* the DER of TBS_Sign */
    struct eseal seal;
    int64_t time;            /* when it was signed, as the holder says */
    struct span digest;      /* of the document's list of contents, 32 bytes */
    struct span property;    /* ASCII: where that list stands in the document */
    struct eseal_proof holder;
};

/* Append the DER of SES_SealInfo: what the maker has to sign. E_ESEAL_FORMAT when the struct holds what
 * eseal_info_parse() would not take; then, as with E_NO_MEMORY, out is as it was. */
ERR_MUST_USE enum err eseal_build(const struct eseal_info *info, struct buf *out, struct diag *d);

/* Append the SESeal of that DER, the maker's certificate (DER) and its signature. The signature is not verified. */
ERR_MUST_USE enum err eseal_assemble(struct span info, struct span cert, struct span signature, struct buf *out);

/* Take bytes apart that must be exactly one SES_SealInfo, SESeal or SES_Signature. E_ESEAL_FORMAT otherwise; then *out is
 * all zero. Nothing is verified. */
ERR_MUST_USE enum err eseal_info_parse(struct span der, struct eseal_info *out, struct diag *d);
ERR_MUST_USE enum err eseal_parse(struct span der, struct eseal *out, struct diag *d);
ERR_MUST_USE enum err eseal_value_parse(struct span der, struct eseal_value *out, struct diag *d);

/* Verify the maker's signature with the certificate in the seal. That nobody else made this certificate is for
 * eseal_check_maker() to say. E_ESEAL_SIGNATURE, or E_CERTIFICATE when there is no certificate. */
ERR_MUST_USE enum err eseal_verify(const struct eseal *s, struct diag *d);

/* The maker's certificate is the anchor itself, or a CA's certificate that the anchor is has signed it; and it was valid
 * when the seal was made. E_ANCHOR, E_CERT_SIGNATURE, E_ESEAL_EXPIRED, E_CERTIFICATE. */
ERR_MUST_USE enum err eseal_check_maker(const struct eseal *s, X509 *anchor, struct diag *d);

/* Verify a signed value: the seal in it; the holder's signature; that the seal names the holder (E_ESEAL_HOLDER); and that
 * the time of signing lies in the validity of the seal and of the holder's certificate (E_ESEAL_EXPIRED). */
ERR_MUST_USE enum err eseal_value_verify(const struct eseal_value *v, struct diag *d);

/* What the picture is. *known is false when the seal calls it neither PNG nor GIF: then nothing is said of it. E_PICTURE
 * when it is not what the seal calls it. */
ERR_MUST_USE enum err eseal_picture(const struct eseal_info *x, bool *known, struct picture *out, struct diag *d);

#endif
