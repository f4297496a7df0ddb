#include "hsm/sign.h"

#include <openssl/evp.h>
#include <string.h>

#include "hsm/session.h"
#include "pki/sm2.h"

#define SELF_TEST_TEXT "rootseal self-test"

/* What the token answered, before anybody believed it. */
struct answer {
    uint8_t bytes[LIMIT_SIGNATURE_BYTES];
    size_t n;
};

/* The token signs the input by this mechanism, in this session. */
static enum err sign_input(const struct hsm_key *k, CK_SESSION_HANDLE session, CK_MECHANISM mechanism,
                           uint8_t *input, CK_ULONG input_n, struct answer *a, struct diag *d)
{
    CK_RV rv = CALL(k->h, C_SignInit, session, &mechanism, k->handle);
    if (rv != CKR_OK)
        return session_fail(k->h, rv, "C_SignInit", d);
    CK_ULONG n = sizeof a->bytes;
    rv = CALL(k->h, C_Sign, session, input, input_n, a->bytes, &n);
    if (rv != CKR_OK)
        return session_fail(k->h, rv, "C_Sign", d);
    if (n > sizeof a->bytes)
        return diag_set(d, E_SIGNATURE_BAD, "the token claims a signature of %lu bytes", n);
    a->n = n;
    return E_OK;
}

static enum err sign_sm2(const struct hsm_key *k, CK_SESSION_HANDLE session, struct span message,
                         struct answer *a, struct diag *d)
{
    uint8_t e[DIGEST_LEN];
    enum err err = sm2_digest(k->z, message, e);
    if (err != E_OK)
        return diag_set(d, err, "SM3");
    return sign_input(k, session, (CK_MECHANISM){k->h->vendor->sign_e, NULL, 0}, e, sizeof e, a, d);
}

/* The DER of DigestInfo up to the digest (RFC 8017 9.2, note 1). */
#define INFO_N 19
static const uint8_t sha256_info[INFO_N] = {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
                                            0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20};
static const uint8_t sha384_info[INFO_N] = {0x30, 0x41, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
                                            0x65, 0x03, 0x04, 0x02, 0x02, 0x05, 0x00, 0x04, 0x30};

static enum err sign_rsa(const struct hsm_key *k, CK_SESSION_HANDLE session, struct span message,
                         struct answer *a, struct diag *d)
{
    enum sig_alg alg = k->row->alg;
    const bool sha384 = alg == SIG_RSA_SHA384 || alg == SIG_PSS_SHA384;
    uint8_t info[INFO_N + EVP_MAX_MD_SIZE];
    unsigned n = 0;
    memcpy(info, sha384 ? sha384_info : sha256_info, INFO_N);
    if (EVP_Digest(message.p, message.n, info + INFO_N, &n, sha384 ? EVP_sha384() : EVP_sha256(), NULL) != 1)
        return diag_set(d, E_CRYPTO, "digest for %s", alg_sig_name(alg));
    if (alg != SIG_PSS_SHA256 && alg != SIG_PSS_SHA384)
        return sign_input(k, session, (CK_MECHANISM){CKM_RSA_PKCS, NULL, 0}, info, INFO_N + n, a, d);
    CK_RSA_PKCS_PSS_PARAMS pss = {sha384 ? CKM_SHA384 : CKM_SHA256, sha384 ? CKG_MGF1_SHA384 : CKG_MGF1_SHA256, n};
    return sign_input(k, session, (CK_MECHANISM){CKM_RSA_PKCS_PSS, &pss, sizeof pss}, info + INFO_N, n, a, d);
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
    enum err e = k->row->kind == KEY_RSA ? sign_rsa(k, session, message, &a, d)
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
