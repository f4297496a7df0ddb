/* RAs, and the certificates of the persons and officers who are pinned. */
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/file.h"
#include "core/limits.h"
#include "pki/cert.h"
#include "policy/part.h"
#include "policy/scalar.h"

static enum err build_ras(struct build *b, const struct yaml_ra *y, size_t n)
{
    struct policy_ra *list = build_alloc(b, n, sizeof *list);
    enum err e = list != NULL ? E_OK : E_NO_MEMORY;
    for (size_t i = 0; i < n && e == E_OK; i++) {
        char at[WHERE_PATH];
        build_path(at, "", "ras", i);
        e = build_token(b, at, "id", y[i].id, &list[i].id);
        if (e == E_OK)
            e = build_claim(b, at, "id", "id of an RA", "", y[i].id);
        if (e == E_OK && policy_authority_find(&b->policy, y[i].authority) == NULL)
            e = build_error(b, at, "authority", "no file defines an authority \"%s\"",
                            y[i].authority);
        list[i].authority = y[i].authority;
    }
    b->policy.ras = list;
    b->policy.ras_n = e == E_OK ? n : 0;
    return e;
}

/* Keys that approvals and authorisations can be checked with: RSA with SHA-2, SM2 with SM3. */
static enum err check_key(struct build *b, const char *at, const char *field, const char *file, EVP_PKEY *key)
{
    if (key == NULL)
        return build_error(b, at, field, "\"%s\": the public key could not be read", file);
    if (EVP_PKEY_is_a(key, "SM2"))
        return E_OK;
    if (!EVP_PKEY_is_a(key, "RSA"))
        return build_error(b, at, field, "\"%s\": the key must be RSA or SM2", file);
    if (EVP_PKEY_get_bits(key) < RSA_MIN)
        return build_error(b, at, field, "\"%s\": the RSA key has %d bits; %d are needed",
                           file, EVP_PKEY_get_bits(key), RSA_MIN);
    return E_OK;
}

/* One person is one certificate and one key: two certificates for one key would make one person
 * count twice. */
static enum err claim_certificate(struct build *b, const char *at, X509 *cert)
{
    uint8_t digest[DIGEST_LEN];
    char hex[DIGEST_HEX];
    enum err e = cert_digest(cert, digest);
    if (e != E_OK)
        return diag_set(b->diag, e, "%s: digest of a certificate", where_file(b->where));
    hex_encode(digest, sizeof digest, hex);
    e = build_claim(b, at, "certificate", "certificate", "", hex);
    if (e != E_OK)
        return e;
    unsigned char *spki = NULL;
    int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &spki);
    e = n > 0 ? digest_bytes(DIGEST_SHA256, spki, (size_t)n, digest) : E_CRYPTO;
    OPENSSL_free(spki);
    if (e != E_OK)
        return diag_set(b->diag, e, "%s: digest of a key", where_file(b->where));
    hex_encode(digest, sizeof digest, hex);
    return build_claim(b, at, "certificate", "key of a certificate", "", hex);
}

/* Keep the DER in the build. */
static enum err keep_certificate(struct build *b, X509 *cert, struct span *out)
{
    struct buf der = {0};
    uint8_t *p = NULL;
    enum err e = cert_write_der(cert, &der);
    if (e == E_OK) {
        p = build_alloc(b, der.len, 1);
        e = p != NULL ? E_OK : E_NO_MEMORY;
    } else {
        diag_set(b->diag, e, "%s: encoding a certificate", where_file(b->where));
    }
    if (e == E_OK) {
        memcpy(p, der.data, der.len);
        *out = (struct span){p, der.len};
    }
    buf_free(&der);
    return e;
}

static enum err keep_file(struct build *b, const char *name, const struct buf *bytes)
{
    uint8_t *p = build_alloc(b, bytes->len, 1);
    if (p == NULL)
        return E_NO_MEMORY;
    memcpy(p, bytes->data, bytes->len);
    return build_keep_file(b, name, (struct span){p, bytes->len});
}

/* The certificate in this file below the policy folder, with a key that signatures are checked with. */
static enum err load_certificate(struct build *b, const char *at, const char *field, const char *file, X509 **out)
{
    struct buf bytes = {0};
    struct diag d = {0}, why = {0};
    *out = NULL;
    if (!scalar_path(file))
        return build_error(b, at, field, "\"%s\" is not a file below the policy folder", file);
    enum err e = file_read(b->in->fd, file, LIMIT_CERT_BYTES, &bytes, NULL, &d);
    if (e == E_OK && (e = cert_parse(buf_span(&bytes), out, &why)) != E_OK)
        diag_wrap(&d, e, &why, "%s", file);
    if (e == E_NO_MEMORY)
        diag_again(b->diag, e, &d);
    else if (e != E_OK)
        e = build_error(b, at, field, "%s: %s", err_sentence(e), d.text);
    if (e == E_OK)
        e = check_key(b, at, field, file, X509_get0_pubkey(*out));
    if (e == E_OK)
        e = keep_file(b, file, &bytes);
    buf_free(&bytes);
    return e;
}

static enum err build_certificate(struct build *b, const char *at, const char *file, struct span *out)
{
    X509 *cert = NULL;
    enum err e = load_certificate(b, at, "certificate", file, &cert);
    if (e == E_OK)
        e = claim_certificate(b, at, cert);
    if (e == E_OK)
        e = keep_certificate(b, cert, out);
    X509_free(cert);
    return e;
}

enum err build_ca_certificate(struct build *b, const char *at, const char *field, const char *file, struct span *out)
{
    X509 *cert = NULL;
    enum err e = load_certificate(b, at, field, file, &cert);
    if (e == E_OK && X509_check_ca(cert) != 1)
        e = build_error(b, at, field, "\"%s\" is not a CA's certificate", file);
    if (e == E_OK)
        e = keep_certificate(b, cert, out);
    X509_free(cert);
    return e;
}

static enum err build_persons(struct build *b, const struct yaml_person *y, size_t n)
{
    struct policy_person *list = build_alloc(b, n, sizeof *list);
    enum err e = list != NULL ? E_OK : E_NO_MEMORY;
    for (size_t i = 0; i < n && e == E_OK; i++) {
        char at[WHERE_PATH];
        build_path(at, "", "persons", i);
        e = build_token(b, at, "id", y[i].id, &list[i].id);
        if (e == E_OK)
            e = build_claim(b, at, "id", "id of a person", "", y[i].id);
        if (e == E_OK && policy_ra_find(&b->policy, y[i].ra) == NULL)
            e = build_error(b, at, "ra", "there is no RA \"%s\"", y[i].ra);
        if (e == E_OK && !policy_role_by_name(y[i].role, &list[i].role))
            e = build_error(b, at, "role", "\"%s\" is neither entry nor review", y[i].role);
        if (e == E_OK)
            e = build_certificate(b, at, y[i].certificate, &list[i].certificate);
        list[i].ra = y[i].ra;
    }
    b->policy.persons = list;
    b->policy.persons_n = e == E_OK ? n : 0;
    return e;
}

static enum err build_officers(struct build *b, const struct yaml_person *y, size_t n)
{
    struct policy_officer *list = build_alloc(b, n, sizeof *list);
    enum err e = list != NULL ? E_OK : E_NO_MEMORY;
    for (size_t i = 0; i < n && e == E_OK; i++) {
        char at[WHERE_PATH];
        build_path(at, "", "officers", i);
        e = build_token(b, at, "id", y[i].id, &list[i].id);
        if (e == E_OK)
            e = build_claim(b, at, "id", "id of a person", "", y[i].id);
        if (e == E_OK)
            e = build_certificate(b, at, y[i].certificate, &list[i].certificate);
    }
    b->policy.officers = list;
    b->policy.officers_n = e == E_OK ? n : 0;
    return e;
}

enum err build_people(struct build *b, const struct yaml_people *y)
{
    enum err e = build_ras(b, y->ras, y->ras_n);
    if (e == E_OK)
        e = build_persons(b, y->persons, y->persons_n);
    if (e == E_OK)
        e = y->officers_n <= LIMIT_OFFICERS
                ? build_officers(b, y->officers, y->officers_n)
                : build_error(b, "", "officers", "at most %d officers are allowed", LIMIT_OFFICERS);
    if (e == E_OK && y->officers_n > 0 && y->officers_n < (size_t)b->policy.quorum)
        e = build_error(b, "", "officers", "the quorum of %d can never be reached with %u",
                        b->policy.quorum, y->officers_n);
    return e;
}
