/* help_eseal.h - a maker of electronic seals with its CA, a holder, a seal, and a value signed with it. */
#ifndef ROOTSEAL_TESTS_HELP_ESEAL_H
#define ROOTSEAL_TESTS_HELP_ESEAL_H

#include "pki/eseal.h"

#define HELP_ESEAL_TIME INT64_C(1760000000) /* when it is made; valid for a year */
#define HELP_ESEAL_YEAR INT64_C(31536000)

/* Good pictures of one pixel. */
extern const struct span help_png, help_gif;

/* Change whatever is wanted, and call help_eseal_sign() again. */
struct help_eseal {
    EVP_PKEY *ca_key, *maker_key, *holder_key;
    X509 *ca, *maker, *holder;
    struct buf maker_der, holder_der;
    struct eseal_info info;   /* points to the holder's certificate and a picture */
    int64_t time;             /* of the signing */
    struct buf tbs, seal, value;
};

void help_eseal_make(struct help_eseal *h);
/* Build and sign: tbs and seal from info; value from seal. */
void help_eseal_sign(struct help_eseal *h);
/* Sign the DER of a SES_SealInfo, or of a TBS_Sign, and assemble, whatever it says. */
void help_eseal_seal(const struct help_eseal *h, struct span tbs, struct buf *out);
void help_eseal_value(const struct help_eseal *h, struct span seal, struct buf *out);
void help_eseal_free(struct help_eseal *h);

/* A certificate with an SM2 key, signed with SM2 by the issuer; times as YYYYMMDDHHMMSSZ. issuer may be NULL: by itself. */
X509 *help_issued(EVP_PKEY *key, const char *name, bool ca, const char *from, const char *until, X509 *issuer,
                  EVP_PKEY *issuer_key);

/* Both have the same elements, however deep, whatever is in them. */
void help_same_shape(const struct buf *ours, const struct buf *theirs);

#endif
