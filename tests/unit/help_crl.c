#include "help_crl.h"

#include <openssl/x509v3.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/digest.h"
#include "expect.h"
#include "help_pki.h"
#include "pki/cert.h"

const struct crl_entry help_crl_entries[4] = {
    {{0x7f}, 1, HELP_CRL_NOW - 9, 0},
    {{0x80}, 1, HELP_CRL_NOW - 8, 1},
    {{0x01, 0x00}, 2, HELP_CRL_NOW, 6},
    {{0x7f, 0xff, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20}, 20, HELP_CRL_NOW - 1, 10},
};

static enum err rewind_entries(void *arg, struct diag *d)
{
    (void)d;
    ((struct help_entries *)arg)->at = 0;
    return E_OK;
}

static enum err next_entry(void *arg, struct crl_entry *e, bool *more, struct diag *d)
{
    (void)d;
    struct help_entries *s = arg;
    *more = s->at < s->n;
    if (*more)
        *e = s->v[s->at++];
    return E_OK;
}

struct crl_source help_crl_source(struct help_entries *entries)
{
    return (struct crl_source){entries, rewind_entries, next_entry};
}

struct crl_entry help_crl_entry(const char *serial, int64_t revoked, int reason)
{
    struct crl_entry e = {.serial_n = strlen(serial) / 2, .revoked = revoked, .reason = reason};
    ck_assert(e.serial_n <= CRL_SERIAL_MAX && hex_decode(serial, e.serial, e.serial_n));
    return e;
}

static void add(X509 *x, int nid, const char *value)
{
    X509V3_CTX c;
    X509V3_set_ctx(&c, x, x, NULL, NULL, 0);
    X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, &c, nid, value);
    ck_assert_int_eq(X509_add_ext(x, ext, -1), 1);
    X509_EXTENSION_free(ext);
}

X509 *help_crl_issuer(EVP_PKEY *key, enum sig_alg alg)
{
    X509 *x = help_cert(key, alg, "Issuer");
    X509_EXTENSION_free(X509_delete_ext(x, 0));
    add(x, NID_subject_key_identifier, "hash");
    add(x, NID_basic_constraints, "critical,CA:TRUE");
    add(x, NID_key_usage, "critical,keyCertSign,cRLSign");
    uint8_t *bytes = NULL;
    struct buf tbs = {0}, der = {0};
    int n = i2d_re_X509_tbs(x, &bytes);
    ck_assert_int_gt(n, 0);
    X509_free(x);
    buf_append(&tbs, bytes, (size_t)n);
    OPENSSL_free(bytes);
    help_assemble(&tbs, alg, key, &der);
    expect_ok(cert_parse(buf_span(&der), &x, NULL));
    buf_free(&tbs);
    buf_free(&der);
    return x;
}

struct crl_head help_crl_head(X509 *issuer, enum sig_alg alg)
{
    struct crl_head h = {.alg = alg, .sm2_null = true, .this_update = HELP_CRL_NOW, .next_update = HELP_CRL_NOW + 604800,
                         .number = 7, .idp_url = "http://crl.example/ca.crl"};
    ck_assert_int_eq(X509_NAME_get0_der(X509_get_subject_name(issuer), &h.issuer.p, &h.issuer.n), 1);
    const ASN1_OCTET_STRING *ski = X509_get0_subject_key_id(issuer);
    h.aki = (struct span){ASN1_STRING_get0_data(ski), (size_t)ASN1_STRING_length(ski)};
    return h;
}

int help_crl_file(struct span bytes)
{
    int fd = memfd_create("crl", MFD_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, bytes.p, bytes.n), (ssize_t)bytes.n);
    return fd;
}

void help_crl_read(int fd, struct buf *out)
{
    uint8_t chunk[4096];
    off_t at = 0;
    for (ssize_t n; (n = pread(fd, chunk, sizeof chunk, at)) > 0; at += n)
        buf_append(out, chunk, (size_t)n);
    ck_assert_int_eq(buf_err(out), E_OK);
}

void help_crl_tbs(const struct crl_head *head, const struct crl_entry *entries, size_t n, struct buf *out)
{
    struct diag d = {0};
    struct help_entries e = {entries, n, 0};
    struct crl_source source = help_crl_source(&e);
    struct crl_written w;
    int fd = help_crl_file((struct span){0});
    expect_ok_diag(crl_write_tbs(head, &source, fd, NULL, &w, &d), &d);
    help_crl_read(fd, out);
    ck_assert_uint_eq(w.entries, n);
    ck_assert_uint_eq(w.bytes, out->len);
    close(fd);
}

void help_crl_join(const struct buf *tbs, enum sig_alg alg, bool sm2_null, const struct buf *signature, struct buf *out)
{
    struct diag d = {0};
    uint8_t sha256[DIGEST_LEN], want[DIGEST_LEN];
    int tbs_fd = help_crl_file(buf_span(tbs)), fd = help_crl_file((struct span){0});
    expect_ok_diag(crl_assemble(tbs_fd, tbs->len, alg, sm2_null, buf_span(signature), fd, sha256, &d), &d);
    help_crl_read(fd, out);
    expect_ok(digest_bytes(DIGEST_SHA256, out->data, out->len, want));
    ck_assert_mem_eq(sha256, want, DIGEST_LEN);
    close(tbs_fd);
    close(fd);
}

void help_crl(const struct crl_head *head, const struct crl_entry *entries, size_t n, EVP_PKEY *key, struct buf *out)
{
    struct buf tbs = {0}, signature = {0};
    help_crl_tbs(head, entries, n, &tbs);
    expect_ok(alg_sign(head->alg, key, buf_span(&tbs), &signature));
    help_crl_join(&tbs, head->alg, head->sm2_null, &signature, out);
    buf_free(&tbs);
    buf_free(&signature);
}
