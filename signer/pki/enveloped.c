#include "pki/enveloped.h"

#include "pki/der.h"

/* SM2Cipher ::= SEQUENCE { XCoordinate INTEGER, YCoordinate INTEGER, HASH OCTET STRING SIZE(32), CipherText OCTET STRING } */
static bool is_sm2_cipher(const struct der *cipher)
{
    struct span in = cipher->body;
    struct der x, y, hash, text;
    return der_take(&in, DER_INTEGER, &x) && der_take(&in, DER_INTEGER, &y) && der_take(&in, DER_OCTET_STRING, &hash) &&
           hash.body.n == 32 && der_take(&in, DER_OCTET_STRING, &text) && text.body.n > 0 && in.n == 0;
}

/* The content of the BIT STRING in the SubjectPublicKeyInfo. */
static bool is_key(struct span bits, const struct key *key)
{
    struct span in = buf_span(&key->spki), own;
    struct der spki, algorithm, string;
    return der_take(&in, DER_SEQUENCE, &spki) && der_take(&spki.body, DER_SEQUENCE, &algorithm) &&
           der_take(&spki.body, DER_BIT_STRING, &string) && der_bits(&string, &own) && der_same(own, bits);
}

/* SM2EnvelopedKey ::= SEQUENCE { symAlgID AlgorithmIdentifier, symEncryptedKey SM2Cipher, Sm2PublicKey BIT STRING,
 * Sm2EncryptedPrivateKey BIT STRING } */
enum err enveloped_check(struct span der, const struct key *key, struct diag *d)
{
    struct der whole, algorithm, oid, cipher, public_key, private_key;
    struct span in = der, bits, secret;
    if (!der_check(der) || !der_take(&in, DER_SEQUENCE, &whole))
        return diag_set(d, E_ENVELOPED_KEY, "it is not one SM2EnvelopedKey in DER");
    in = whole.body;
    if (!der_take(&in, DER_SEQUENCE, &algorithm) || !der_take(&algorithm.body, DER_OID, &oid) ||
        !der_take(&in, DER_SEQUENCE, &cipher) || !is_sm2_cipher(&cipher) ||
        !der_take(&in, DER_BIT_STRING, &public_key) || !der_bits(&public_key, &bits) ||
        !der_take(&in, DER_BIT_STRING, &private_key) || !der_bits(&private_key, &secret) || secret.n == 0 || in.n != 0)
        return diag_set(d, E_ENVELOPED_KEY, "it is not one SM2EnvelopedKey in DER");
    if (!is_key(bits, key))
        return diag_set(d, E_ENVELOPED_KEY, "it holds another public key than the request");
    return E_OK;
}
