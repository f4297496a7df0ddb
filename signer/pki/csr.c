#include "pki/csr.h"

#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>

#include "core/limits.h"
#include "pki/cause.h"
#include "pki/der.h"

/* The request as RFC 2986 4 lays it out. */
struct parts {
    struct span info; /* what is signed */
    struct span version;
    struct span subject;
    struct span spki;
    struct span attributes;
    struct span algorithm;
    struct span signature;
};

static bool take_apart(struct span der, struct parts *out)
{
    *out = (struct parts){0};
    struct der request, info, e;
    if (!der_take(&der, DER_SEQUENCE, &request) || der.n != 0)
        return false;
    struct span in = request.body;
    if (!der_take(&in, DER_SEQUENCE, &info) || !der_take(&in, DER_SEQUENCE, &e))
        return false;
    out->info = info.whole;
    out->algorithm = e.whole;
    if (!der_take(&in, DER_BIT_STRING, &e) || in.n != 0 || !der_bits(&e, &out->signature))
        return false;
    in = info.body;
    if (!der_take(&in, DER_INTEGER, &e))
        return false;
    out->version = e.body;
    if (!der_take(&in, DER_SEQUENCE, &e))
        return false;
    out->subject = e.whole;
    if (!der_take(&in, DER_SEQUENCE, &e))
        return false;
    out->spki = e.whole;
    /* Some software leaves out an empty set of attributes, though RFC 2986 4.1 does not make it
     * optional. */
    if (in.n == 0)
        return true;
    bool last = der_take(&in, DER_CONSTRUCTED + 0, &e) && in.n == 0;
    out->attributes = last ? e.body : (struct span){0};
    return last;
}

/* The subject as OpenSSL decodes it, which must be the same bytes when it is written anew. */
static enum err read_subject(struct span der, X509_NAME **out, struct diag *d)
{
    const uint8_t *p = der.p;
    uint8_t *again = NULL;
    X509_NAME *name = d2i_X509_NAME(NULL, &p, (long)der.n);
    int n = name != NULL && p == der.p + der.n ? i2d_X509_NAME(name, &again) : -1;
    bool same = n > 0 && der_same((struct span){again, (size_t)n}, der);
    OPENSSL_free(again);
    if (!same) {
        X509_NAME_free(name);
        return diag_set(d, cause_take(E_CSR_FORMAT), "the subject cannot be decoded and written back as it was");
    }
    *out = name;
    return E_OK;
}

/* The value of one attribute when it is an extensionRequest (PKCS #9, or Microsoft's older name for it). */
static enum err take_request(struct span der, struct span *value, struct diag *d)
{
    const uint8_t *p = der.p;
    enum err e = E_OK;
    X509_ATTRIBUTE *a = d2i_X509_ATTRIBUTE(NULL, &p, (long)der.n);
    if (a == NULL || p != der.p + der.n) {
        e = diag_set(d, cause_take(E_CSR_FORMAT), "an attribute cannot be decoded");
        goto out;
    }
    int nid = OBJ_obj2nid(X509_ATTRIBUTE_get0_object(a));
    if (nid != NID_ext_req && nid != NID_ms_ext_req)
        goto out;
    if (value->n > 0) {
        e = diag_set(d, E_CSR_EXTENSION, "more than one extensionRequest");
        goto out;
    }
    struct der attribute, type, set, list;
    struct span in = der;
    bool taken = der_take(&in, DER_SEQUENCE, &attribute);
    in = attribute.body;
    taken = taken && der_take(&in, DER_OID, &type) && der_take(&in, DER_SET, &set);
    in = set.body;
    if (!taken || !der_take(&in, DER_SEQUENCE, &list) || in.n != 0)
        e = diag_set(d, E_CSR_EXTENSION, "an extensionRequest that is not exactly one list");
    else
        *value = list.whole;
out:
    X509_ATTRIBUTE_free(a);
    return e;
}

/* The one list of extensions asked for; an empty value when there is none. */
static enum err find_request(struct span attributes, struct span *value, struct diag *d)
{
    struct der e;
    *value = (struct span){0};
    while (attributes.n > 0) {
        if (!der_next(&attributes, &e))
            return diag_set(d, E_CSR_FORMAT, "an attribute cannot be read");
        enum err err = take_request(e.whole, value, d);
        if (err != E_OK)
            return err;
    }
    return E_OK;
}

static enum err check_extension(X509_EXTENSION *ext, bool may_ask_ca, struct diag *d)
{
    char name[80];
    OBJ_obj2txt(name, sizeof name, X509_EXTENSION_get_object(ext), 0);
    const ASN1_OCTET_STRING *value = X509_EXTENSION_get_data(ext);
    struct span bytes = {ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value)};
    if (!der_check(bytes))
        return diag_set(d, E_CSR_EXTENSION, "%s is not in DER", name);
    const X509V3_EXT_METHOD *method = X509V3_EXT_get(ext);
    if (method == NULL)
        return E_OK; /* not known, so nobody here will read it */
    void *decoded = X509V3_EXT_d2i(ext);
    if (decoded == NULL)
        return diag_set(d, cause_take(E_CSR_EXTENSION), "%s cannot be decoded", name);
    bool ca = method->ext_nid == NID_basic_constraints && ((BASIC_CONSTRAINTS *)decoded)->ca != 0;
    if (method->it != NULL)
        ASN1_item_free(decoded, ASN1_ITEM_ptr(method->it));
    else
        method->ext_free(decoded);
    return ca && !may_ask_ca ? diag_set(d, E_CSR_ASKS_CA, "basicConstraints") : E_OK;
}

static enum err read_extensions(struct csr *csr, struct span attributes, bool may_ask_ca, struct diag *d)
{
    struct span value;
    enum err e = find_request(attributes, &value, d);
    if (e != E_OK || value.n == 0)
        return e;
    const uint8_t *p = value.p;
    csr->extensions = d2i_X509_EXTENSIONS(NULL, &p, (long)value.n);
    if (csr->extensions == NULL || p != value.p + value.n)
        return diag_set(d, cause_take(E_CSR_EXTENSION), "the extensionRequest cannot be decoded");
    for (int i = 0; i < sk_X509_EXTENSION_num(csr->extensions); i++) {
        X509_EXTENSION *ext = sk_X509_EXTENSION_value(csr->extensions, i);
        if (X509v3_get_ext_by_OBJ(csr->extensions, X509_EXTENSION_get_object(ext), i) >= 0)
            return diag_set(d, E_CSR_EXTENSION, "one extension is asked for twice");
        e = check_extension(ext, may_ask_ca, d);
        if (e != E_OK)
            return e;
    }
    if (sk_X509_EXTENSION_num(csr->extensions) == 0) {
        sk_X509_EXTENSION_free(csr->extensions);
        csr->extensions = NULL;
    }
    return E_OK;
}

static enum err check_proof(const struct parts *parts, struct csr *csr, struct diag *d)
{
    if (alg_from_identifier(parts->algorithm, &csr->alg) != E_OK)
        return diag_set(
            d, E_CSR_ALGORITHM,
            "its signature algorithm is not known, or not written in the one right way");
    enum err e = key_from_spki(parts->spki, &csr->key, d);
    if (e != E_OK)
        return e;
    if (alg_sig_key(csr->alg) != csr->key.kind)
        return diag_set(d, E_CSR_ALGORITHM, "%s does not go with a key of kind %s",
                        alg_sig_name(csr->alg), alg_key_name(csr->key.kind));
    e = alg_verify(csr->alg, csr->key.pkey, parts->info, parts->signature);
    if (e == E_SIGNATURE_BAD)
        return diag_set(d, E_CSR_SIGNATURE, "%s", alg_sig_name(csr->alg));
    return e == E_OK ? E_OK : diag_set(d, e, "a request's signature");
}

static enum err parse(struct span der, bool may_ask_ca, struct csr *out, struct diag *d)
{
    *out = (struct csr){0};
    struct span rest = der;
    struct der request;
    struct parts parts;
    if (der.n > LIMIT_CSR_BYTES)
        return diag_set(d, E_CSR_FORMAT, "%zu bytes, more than %d", der.n, LIMIT_CSR_BYTES);
    if (!der_take(&rest, DER_SEQUENCE, &request))
        return diag_set(d, E_CSR_FORMAT, "it is not one DER element");
    if (rest.n != 0)
        return diag_set(d, E_CSR_TRAILING, "%zu bytes", rest.n);
    if (!der_check(der) || !take_apart(der, &parts))
        return diag_set(d, E_CSR_FORMAT, "it is not in DER, or lacks a part");
    if (parts.version.n != 1 || parts.version.p[0] != 0)
        return diag_set(d, E_CSR_VERSION, "the version field");
    enum err e = check_proof(&parts, out, d);
    if (e == E_OK)
        e = read_subject(parts.subject, &out->subject, d);
    if (e == E_OK)
        e = read_extensions(out, parts.attributes, may_ask_ca, d);
    e = cause_settle(e, d, "a request");
    ERR_clear_error();
    if (e != E_OK)
        csr_free(out);
    return e;
}

enum err csr_parse(struct span der, struct csr *out, struct diag *d)
{
    return parse(der, false, out, d);
}

enum err csr_parse_ca(struct span der, struct csr *out, struct diag *d)
{
    return parse(der, true, out, d);
}

const X509_NAME *csr_subject(const struct csr *csr)
{
    return csr->subject;
}

void csr_free(struct csr *csr)
{
    sk_X509_EXTENSION_pop_free(csr->extensions, X509_EXTENSION_free);
    X509_NAME_free(csr->subject);
    key_free(&csr->key);
    *csr = (struct csr){0};
}
