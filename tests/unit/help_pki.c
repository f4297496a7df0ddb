#include "help_pki.h"

#include <check.h>
#include <dirent.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "batch/approval.h"
#include "core/digest.h"
#include "expect.h"
#include "log/merkle_lines.h"
#include "pki/cert.h"
#include "pki/cms.h"
#include "pki/der_write.h"
#include "pki/key.h"

void help_hex(const char *hex, struct buf *out)
{
    size_t n = strlen(hex) / 2;
    uint8_t bytes[8192];
    ck_assert(n <= sizeof bytes && hex_decode(hex, bytes, n));
    buf_append(out, bytes, n);
    ck_assert_int_eq(buf_err(out), E_OK);
}

static bool read_whole(const char *path, struct buf *out)
{
    FILE *f = fopen(path, "rb");
    if (f == NULL)
        return false;
    uint8_t chunk[4096];
    size_t n;
    while ((n = fread(chunk, 1, sizeof chunk, f)) > 0)
        buf_append(out, chunk, n);
    fclose(f);
    return buf_err(out) == E_OK;
}

bool help_vector(const char *name, struct buf *out)
{
    char path[512];
    const char *dir = getenv("ROOTSEAL_VECTORS");
    if (dir != NULL && snprintf(path, sizeof path, "%s/%s", dir, name) > 0 && read_whole(path, out))
        return true;
    printf("skipped: there is no vector %s\n", name);
    return false;
}

void help_pem(const struct buf *bytes, struct buf *der)
{
    char *label, *header;
    uint8_t *data;
    long n;
    BIO *in = BIO_new_mem_buf(bytes->data, (int)bytes->len);
    ck_assert_int_eq(PEM_read_bio(in, &label, &header, &data, &n), 1);
    buf_append(der, data, (size_t)n);
    OPENSSL_free(label);
    OPENSSL_free(header);
    OPENSSL_free(data);
    BIO_free(in);
}

EVP_PKEY *help_key(enum key_kind kind)
{
    EVP_PKEY *key = NULL;
    switch (kind) {
    case KEY_SM2:
        key = EVP_PKEY_Q_keygen(NULL, NULL, "SM2");
        break;
    case KEY_P256:
        key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
        break;
    case KEY_P384:
        key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-384");
        break;
    case KEY_RSA:
        key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048);
        break;
    }
    ck_assert_ptr_nonnull(key);
    return key;
}

static X509_ALGOR *algorithm(enum sig_alg alg)
{
    struct span id = alg_identifier(alg, true);
    const uint8_t *p = id.p;
    X509_ALGOR *a = d2i_X509_ALGOR(NULL, &p, (long)id.n);
    ck_assert_ptr_nonnull(a);
    return a;
}

void help_assemble(const struct buf *tbs, enum sig_alg alg, EVP_PKEY *key, struct buf *out)
{
    struct buf signature = {0};
    expect_ok(alg_sign(alg, key, buf_span(tbs), &signature));
    expect_ok(cert_assemble(buf_span(tbs), alg, true, buf_span(&signature), out));
    buf_free(&signature);
}

X509 *help_cert(EVP_PKEY *key, enum sig_alg alg, const char *name)
{
    X509 *cert = X509_new();
    X509_NAME *subject = X509_get_subject_name(cert);
    X509_set_version(cert, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), 4711);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const uint8_t *)name, -1, -1, 0);
    X509_set_issuer_name(cert, subject);
    ASN1_TIME_set_string_X509(X509_getm_notBefore(cert), "20240101000000Z");
    ASN1_TIME_set_string_X509(X509_getm_notAfter(cert), "20340101000000Z");
    ck_assert_int_eq(X509_set_pubkey(cert, key), 1);
    X509_EXTENSION *ski =
        X509V3_EXT_conf_nid(NULL, NULL, NID_subject_key_identifier, "0102030405060708");
    ck_assert_int_eq(X509_add_ext(cert, ski, -1), 1);
    X509_EXTENSION_free(ski);
    X509_ALGOR *inner = algorithm(alg);
    X509_ALGOR_copy((X509_ALGOR *)(uintptr_t)X509_get0_tbs_sigalg(cert), inner);
    X509_ALGOR_free(inner);
    uint8_t *bytes = NULL;
    int n = i2d_re_X509_tbs(cert, &bytes);
    ck_assert_int_gt(n, 0);
    X509_free(cert);
    struct buf tbs = {0}, der = {0};
    buf_append(&tbs, bytes, (size_t)n);
    OPENSSL_free(bytes);
    help_assemble(&tbs, alg, key, &der);
    expect_ok(cert_parse(buf_span(&der), &cert, NULL));
    buf_free(&tbs);
    buf_free(&der);
    return cert;
}

void help_approval(struct span batch, struct buf *text)
{
    uint8_t digest[DIGEST_LEN];
    expect_ok(merkle_lines_root(batch, digest));
    expect_ok(approval_text(digest, text));
}

void help_extension(STACK_OF(X509_EXTENSION) * *list, int nid, const char *value)
{
    X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
    ck_assert_ptr_nonnull(ext);
    ck_assert_ptr_nonnull(X509v3_add_ext(list, ext, -1));
    X509_EXTENSION_free(ext);
}

void help_csr(EVP_PKEY *key, enum sig_alg alg, const STACK_OF(X509_EXTENSION) * extensions,
              struct buf *out)
{
    X509_REQ *req = X509_REQ_new();
    X509_NAME *subject = X509_REQ_get_subject_name(req);
    X509_NAME_add_entry_by_txt(subject, "C", MBSTRING_ASC, (const uint8_t *)"CN", -1, -1, 0);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const uint8_t *)"Applicant", -1, -1,
                               0);
    ck_assert_int_eq(X509_REQ_set_pubkey(req, key), 1);
    if (extensions != NULL)
        ck_assert_int_eq(
            X509_REQ_add_extensions(req, (STACK_OF(X509_EXTENSION) *)(uintptr_t)extensions), 1);
    uint8_t *bytes = NULL;
    int n = i2d_re_X509_REQ_tbs(req, &bytes);
    ck_assert_int_gt(n, 0);
    struct buf tbs = {0};
    buf_append(&tbs, bytes, (size_t)n);
    help_assemble(&tbs, alg, key, out);
    buf_free(&tbs);
    OPENSSL_free(bytes);
    X509_REQ_free(req);
}

enum err help_accept(struct span bytes, X509 *cert, struct span content)
{
    struct cms *cms;
    struct diag d = {0};
    enum err e = cms_parse_person(bytes, &cms, &d);
    if (e == E_OK)
        e = cms_verify(cms, cert, content, &d);
    ck_assert_int_eq(d.code, e);
    cms_free(cms);
    return e;
}

static char folder[64];

const char *help_dir(void)
{
    if (folder[0] == '\0') {
        strcpy(folder, "/tmp/rootseal-unit-XXXXXX");
        ck_assert_ptr_nonnull(mkdtemp(folder));
    }
    return folder;
}

void help_clean(void)
{
    if (folder[0] == '\0')
        return;
    DIR *dir = opendir(folder);
    for (struct dirent *e; dir != NULL && (e = readdir(dir)) != NULL;)
        unlinkat(dirfd(dir), e->d_name, 0);
    if (dir != NULL)
        closedir(dir);
    rmdir(folder);
    folder[0] = '\0';
}

bool help_run(const char *format, ...)
{
    char command[1024], whole[1200];
    va_list ap;
    va_start(ap, format);
    int n = vsnprintf(command, sizeof command, format, ap);
    va_end(ap);
    ck_assert(n > 0 && (size_t)n < sizeof command);
    snprintf(whole, sizeof whole, "cd %s && { %s; } >log 2>&1", help_dir(), command);
    return system(whole) == 0;
}

const char *help_path(const char *name)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", help_dir(), name);
    return path;
}

void help_write(const char *name, struct span bytes)
{
    FILE *f = fopen(help_path(name), "wb");
    ck_assert_ptr_nonnull(f);
    if (bytes.n > 0) /* fwrite() takes no NULL */
        ck_assert_uint_eq(fwrite(bytes.p, 1, bytes.n, f), bytes.n);
    ck_assert_int_eq(fclose(f), 0);
}

void help_read(const char *name, struct buf *out)
{
    ck_assert_msg(read_whole(help_path(name), out), "%s cannot be read", name);
}

void help_write_cert(const char *name, X509 *cert)
{
    struct buf pem = {0};
    expect_ok(cert_write_pem(cert, &pem));
    help_write(name, buf_span(&pem));
    buf_free(&pem);
}

void help_envelope(EVP_PKEY *key, struct buf *out)
{
    struct key k = {0};
    struct diag d = {0};
    static const uint8_t some[64] = {0x11};
    expect_ok(key_from_pkey(key, &k, &d));
    size_t whole = der_open(out, DER_SEQUENCE), algorithm = der_open(out, DER_SEQUENCE);
    expect_ok(der_oid(out, "1.2.156.10197.1.104.1"));
    der_close(out, algorithm);
    size_t cipher = der_open(out, DER_SEQUENCE);
    der_put_unsigned(out, (struct span){some, 32});
    der_put_unsigned(out, (struct span){some, 32});
    der_value(out, DER_OCTET_STRING, some, 32);
    der_value(out, DER_OCTET_STRING, some, 16);
    der_close(out, cipher);
    size_t bits = der_open(out, DER_BIT_STRING);
    buf_append_byte(out, 0);
    buf_append(out, k.spki.data + k.spki.len - 65, 65);
    der_close(out, bits);
    bits = der_open(out, DER_BIT_STRING);
    buf_append_byte(out, 0);
    buf_append(out, some, 32);
    der_close(out, bits);
    der_close(out, whole);
    key_free(&k);
}
