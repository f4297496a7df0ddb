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

/* The DER of DigestInfo up to the digest (RFC 8017 9.2, note 1). */
#define INFO_N 19
static const uint8_t sha256_info[INFO_N] = {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
                                            0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20};
static const uint8_t sha384_info[INFO_N] = {0x30, 0x41, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
                                            0x65, 0x03, 0x04, 0x02, 0x02, 0x05, 0x00, 0x04, 0x30};

static enum err sign_rsa(const struct hsm_key *k, CK_SESSION_HANDLE session, const struct prehash_value *v,
                         struct answer *a, struct diag *d)
{
    const bool sha384 = v->alg == SIG_RSA_SHA384 || v->alg == SIG_PSS_SHA384;
    uint8_t info[INFO_N + PREHASH_MAX];
    memcpy(info, sha384 ? sha384_info : sha256_info, INFO_N);
    memcpy(info + INFO_N, v->bytes, v->n);
    if (v->alg != SIG_PSS_SHA256 && v->alg != SIG_PSS_SHA384)
        return sign_input(k, session, (CK_MECHANISM){CKM_RSA_PKCS, NULL, 0}, info, INFO_N + v->n, a, d);
    CK_RSA_PKCS_PSS_PARAMS pss = {sha384 ? CKM_SHA384 : CKM_SHA256, sha384 ? CKG_MGF1_SHA384 : CKG_MGF1_SHA256, v->n};
    return sign_input(k, session, (CK_MECHANISM){CKM_RSA_PKCS_PSS, &pss, sizeof pss}, info + INFO_N, v->n, a, d);
}

static enum err sign_sm2(const struct hsm_key *k, CK_SESSION_HANDLE session, const struct prehash_value *v,
                         struct answer *a, struct diag *d)
{
    uint8_t e[PREHASH_MAX];
    memcpy(e, v->bytes, v->n);
    return sign_input(k, session, (CK_MECHANISM){k->h->vendor->sign_e, NULL, 0}, e, v->n, a, d);
}

/* The token's signature over the digest in its standard form, which nobody has verified yet. */
static enum err sign_value(const struct hsm_key *k, CK_SESSION_HANDLE session, const struct prehash_value *v,
                           struct buf *out, struct diag *d)
{
    struct answer a = {0};
    enum err e = k->row->kind == KEY_RSA ? sign_rsa(k, session, v, &a, d) : sign_sm2(k, session, v, &a, d);
    if (e != E_OK)
        return e;
    if (k->row->kind == KEY_RSA) {
        buf_append(out, a.bytes, a.n);
        e = buf_err(out);
    } else {
        e = sm2_signature_normalise((struct span){a.bytes, a.n}, out);
    }
    if (e == E_SIGNATURE_BAD)
        return diag_set(d, e, "key \"%s\": %zu bytes that are neither r || s nor its DER", k->row->name, a.n);
    return e == E_OK ? E_OK : diag_set(d, e, "signature");
}

/* Give out what was verified, and nothing else. */
static enum err give(const struct hsm_key *k, enum err verified, const struct buf *signature, struct buf *out,
                     struct diag *d)
{
    if (verified != E_OK)
        return diag_set(d, verified, "key \"%s\", %s", k->row->name, alg_sig_name(k->row->alg));
    buf_append(out, signature->data, signature->len);
    return buf_err(out) == E_OK ? E_OK : diag_set(d, E_NO_MEMORY, "signature");
}

/* Z is that of the pinned key, found once, when the key was. */
static enum err digest_of(const struct hsm_key *k, struct span message, struct prehash_value *out)
{
    *out = (struct prehash_value){.alg = k->row->alg};
    if (k->row->kind == KEY_SM2) {
        out->n = DIGEST_LEN;
        return sm2_digest(k->z, message, out->bytes);
    }
    unsigned n = 0;
    const bool sha384 = out->alg == SIG_RSA_SHA384 || out->alg == SIG_PSS_SHA384;
    int ok = EVP_Digest(message.p, message.n, out->bytes, &n, sha384 ? EVP_sha384() : EVP_sha256(), NULL);
    out->n = n;
    return ok == 1 ? E_OK : E_CRYPTO;
}

enum err sign_in_session(const struct hsm_key *k, CK_SESSION_HANDLE session, struct span message,
                         struct buf *out, struct diag *d)
{
    struct prehash_value v;
    struct buf signature = {0};
    enum err e = digest_of(k, message, &v);
    if (e != E_OK)
        return diag_set(d, e, "digest for %s", alg_sig_name(k->row->alg));
    e = sign_value(k, session, &v, &signature, d);
    if (e == E_OK)
        e = give(k, alg_verify(k->row->alg, k->public_key, message, buf_span(&signature)), &signature, out, d);
    buf_free(&signature);
    return e;
}

enum err hsm_sign_digest(struct hsm_key *k, const struct prehash_value *v, struct buf *out, struct diag *d)
{
    struct buf signature = {0};
    struct span digest = {v->bytes, v->n};
    if (v->alg != k->row->alg || v->n > PREHASH_MAX)
        return diag_set(d, E_LINT, "key \"%s\": a digest for another algorithm", k->row->name);
    enum err e = sign_value(k, k->h->session, v, &signature, d);
    if (e == E_OK)
        e = give(k, alg_verify_digest(k->row->alg, k->public_key, digest, buf_span(&signature)), &signature, out, d);
    buf_free(&signature);
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
        e = diag_wrap(d, E_SELF_TEST, &cause, "key \"%s\": %s", k->row->name, err_name(e));
    buf_free(&signature);
    return e;
}
