#include "hsm/sign.h"

#include <openssl/err.h>
#include <openssl/rsa.h>
#include <string.h>

#include "hsm/session.h"
#include "pki/sm2.h"

#define SELF_TEST_TEXT "rootseal self-test"

/* What the token answered, before anybody believed it. */
struct answer {
    uint8_t bytes[LIMIT_SIGNATURE_BYTES];
    size_t n;
};

static enum err sign_sm2(const struct hsm_key *k, CK_SESSION_HANDLE session, struct span message,
                         struct answer *a, struct diag *d)
{
    uint8_t e[DIGEST_LEN];
    enum err err = sm2_digest(k->z, message, e);
    if (err != E_OK)
        return diag_set(d, err, "SM3");
    CK_MECHANISM mechanism = {k->h->vendor->sign_e, NULL, 0};
    CK_RV rv = CALL(k->h, C_SignInit, session, &mechanism, k->handle);
    if (rv != CKR_OK)
        return session_fail(k->h, rv, "C_SignInit", d);
    CK_ULONG n = sizeof a->bytes;
    rv = CALL(k->h, C_Sign, session, e, sizeof e, a->bytes, &n);
    if (rv != CKR_OK)
        return session_fail(k->h, rv, "C_Sign", d);
    if (n > sizeof a->bytes)
        return diag_set(d, E_SIGNATURE_BAD, "the token claims a signature of %lu bytes", n);
    a->n = n;
    return E_OK;
}

static bool set_padding(EVP_PKEY_CTX *c, enum sig_alg alg, const EVP_MD *md)
{
    if (alg != SIG_PSS_SHA256 && alg != SIG_PSS_SHA384)
        return EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_PADDING) == 1;
    return EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_mgf1_md(c, md) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(c, RSA_PSS_SALTLEN_DIGEST) == 1;
}

static enum err sign_rsa(const struct hsm_key *k, struct span message, struct answer *a,
                         struct diag *d)
{
    enum sig_alg alg = k->row->alg;
    const EVP_MD *md = alg == SIG_RSA_SHA384 || alg == SIG_PSS_SHA384 ? EVP_sha384() : EVP_sha256();
    EVP_PKEY_CTX *c = NULL; /* belongs to m */
    EVP_MD_CTX *m = EVP_MD_CTX_new();
    a->n = sizeof a->bytes;
    enum err e = E_OK;
    if (m == NULL)
        e = diag_set(d, E_NO_MEMORY, "digest");
    else if (EVP_DigestSignInit(m, &c, md, NULL, k->rsa) != 1 || !set_padding(c, alg, md))
        e = diag_set(d, E_CRYPTO, "setting up %s", alg_sig_name(alg));
    else if (CALL_LIBP11(k->h, "C_Sign", EVP_DigestSign(m, a->bytes, &a->n, message.p, message.n)) != 1)
        e = session_fail_libp11(k->h, "signing through libp11", d);
    EVP_MD_CTX_free(m);
    ERR_clear_error();
    return e;
}

static enum err verify(const struct hsm_key *k, struct span message, struct span signature,
                       struct diag *d)
{
    enum err e = alg_verify(k->row->alg, k->public_key, message, signature);
    return e == E_OK ? E_OK
                     : diag_set(d, e, "key \"%s\", %s", k->row->name, alg_sig_name(k->row->alg));
}

enum err sign_in_session(const struct hsm_key *k, CK_SESSION_HANDLE session, struct span message,
                         struct buf *out, struct diag *d)
{
    struct answer a = {0};
    struct buf der = {0};
    enum err e = k->row->kind == KEY_RSA ? sign_rsa(k, message, &a, d)
                                         : sign_sm2(k, session, message, &a, d);
    if (e != E_OK)
        return e;
    struct span signature = {a.bytes, a.n};
    if (k->row->kind == KEY_SM2) {
        e = sm2_signature_normalise(signature, &der);
        if (e != E_OK) {
            e = diag_set(d, e, "key \"%s\": %zu bytes that are neither r || s nor its DER",
                         k->row->name, a.n);
            goto out;
        }
        signature = buf_span(&der);
    }
    e = verify(k, message, signature, d);
    if (e != E_OK)
        goto out;
    buf_append(out, signature.p, signature.n);
    if (buf_err(out) != E_OK)
        e = diag_set(d, E_NO_MEMORY, "signature");

out:
    buf_free(&der);
    return e;
}

enum err hsm_sign(struct hsm_key *k, struct span message, struct buf *out, struct diag *d)
{
    return sign_in_session(k, k->h->session, message, out, d);
}

enum err hsm_self_test(struct hsm_key *k, struct diag *d)
{
    struct span text = {(const uint8_t *)SELF_TEST_TEXT, strlen(SELF_TEST_TEXT)};
    struct buf signature = {0};
    struct diag cause = {0};
    enum err e = hsm_sign(k, text, &signature, &cause);
    if (e != E_OK)
        e = diag_set(d, E_SELF_TEST, "key \"%s\": %s: %s", k->row->name, err_name(e), cause.text);
    buf_free(&signature);
    return e;
}
