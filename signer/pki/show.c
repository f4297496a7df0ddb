#include "pki/show.h"

#include <openssl/x509v3.h>
#include <string.h>

#include "pki/key.h"
#include "pki/lint.h"
#include "pki/san.h"

static void append(char *out, size_t cap, const char *text)
{
    size_t n = strlen(out);
    snprintf(out + n, cap - n, "%s%s", n > 0 ? "," : "", text);
}

static void show_usage(X509 *x, char *out, size_t cap)
{
    static const struct {
        uint32_t bit;
        const char *name;
    } bits[] = {{KU_DIGITAL_SIGNATURE, "digitalSignature"}, {KU_NON_REPUDIATION, "nonRepudiation"},
                {KU_KEY_ENCIPHERMENT, "keyEncipherment"},   {KU_DATA_ENCIPHERMENT, "dataEncipherment"},
                {KU_KEY_AGREEMENT, "keyAgreement"},         {KU_KEY_CERT_SIGN, "keyCertSign"},
                {KU_CRL_SIGN, "cRLSign"},                   {KU_ENCIPHER_ONLY, "encipherOnly"},
                {KU_DECIPHER_ONLY, "decipherOnly"}};
    out[0] = '\0';
    uint32_t usage = X509_get_key_usage(x);
    for (size_t i = 0; usage != UINT32_MAX && i < sizeof bits / sizeof bits[0]; i++)
        if (usage & bits[i].bit)
            append(out, cap, bits[i].name);
    EXTENDED_KEY_USAGE *eku = X509_get_ext_d2i(x, NID_ext_key_usage, NULL, NULL);
    for (int i = 0; eku != NULL && i < sk_ASN1_OBJECT_num(eku); i++) {
        char oid[80];
        const ASN1_OBJECT *o = sk_ASN1_OBJECT_value(eku, i);
        OBJ_obj2txt(oid, sizeof oid, o, 1);
        append(out, cap, OBJ_obj2nid(o) != NID_undef ? OBJ_nid2sn(OBJ_obj2nid(o)) : oid);
    }
    EXTENDED_KEY_USAGE_free(eku);
}

static enum err show_time(const ASN1_TIME *t, char out[CLOCK_TEXT], struct diag *d)
{
    struct tm tm;
    if (ASN1_TIME_to_tm(t, &tm) != 1)
        return diag_set(d, E_LINT, "a time is malformed");
    clock_format((int64_t)timegm(&tm), out);
    return E_OK;
}

static enum err show_key(X509 *x, char *out, size_t cap, struct diag *d)
{
    struct key key = {0};
    EVP_PKEY *pkey = X509_get0_pubkey(x);
    if (pkey == NULL)
        return diag_set(d, E_LINT, "the public key cannot be read");
    enum err e = key_from_pkey(pkey, &key, d);
    if (e == E_OK && key.kind == KEY_RSA)
        snprintf(out, cap, "rsa-%d", key.bits);
    else if (e == E_OK)
        snprintf(out, cap, "%s", alg_key_name(key.kind));
    key_free(&key);
    return e;
}

static void show_serial(const ASN1_INTEGER *serial, char *out, size_t cap)
{
    int n = ASN1_STRING_length(serial);
    if (n < 0 || 2 * (size_t)n + 1 > cap)
        n = 0;
    hex_encode(ASN1_STRING_get0_data(serial), (size_t)n, out);
}

enum err show_certificate(X509 *x, struct show *out, struct diag *d)
{
    *out = (struct show){0};
    name_display(X509_get_subject_name(x), out->subject);
    name_display(X509_get_issuer_name(x), out->issuer);
    show_serial(X509_get0_serialNumber(x), out->serial, sizeof out->serial);
    show_usage(x, out->usage, sizeof out->usage);
    san_display(x, out->names, sizeof out->names);
    out->ca = X509_check_ca(x) != 0;
    enum err e = show_time(X509_get0_notBefore(x), out->not_before, d);
    if (e == E_OK)
        e = show_time(X509_get0_notAfter(x), out->not_after, d);
    return e != E_OK ? e : show_key(x, out->key, sizeof out->key, d);
}

enum err show_tbs(struct span tbs, struct show *out, struct diag *d)
{
    X509 *x;
    *out = (struct show){0};
    enum err e = lint_parse(tbs, &x, d);
    if (e == E_OK)
        e = show_certificate(x, out, d);
    X509_free(x);
    return e;
}
