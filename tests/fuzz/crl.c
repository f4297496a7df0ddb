/* A CRL, or the bytes that one is signed over: read to its end, written again, verified. */
#include <openssl/x509.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"
#include "pki/cert.h"
#include "pki/crl_lint.h"
#include "pki/crl_view.h"
#include "policy/policy.h"

static X509 *issuer;
static int in_fd, tbs_fd, out_fd;

void fuzz_start(void)
{
    char name[128];
    struct buf der = {0};
    struct diag d = {0};
    snprintf(name, sizeof name, "issuer/%s.der", policy_table.authorities[0].keys[0].name);
    fuzz_sample(name, &der);
    fuzz_hold(cert_parse(buf_span(&der), &issuer, &d) == E_OK, "the sample's issuer is no certificate");
    buf_free(&der);
    in_fd = memfd_create("in", MFD_CLOEXEC);
    tbs_fd = memfd_create("tbs", MFD_CLOEXEC);
    out_fd = memfd_create("out", MFD_CLOEXEC);
    fuzz_hold(in_fd >= 0 && tbs_fd >= 0 && out_fd >= 0, "no file in memory");
}

static void empty(int fd)
{
    fuzz_hold(ftruncate(fd, 0) == 0 && lseek(fd, 0, SEEK_SET) == 0, "a file in memory is not emptied");
}

static void check_same(int fd, struct span want, const char *what)
{
    uint8_t bytes[16384];
    ssize_t n = pread(fd, bytes, sizeof bytes, 0);
    fuzz_hold(want.n <= sizeof bytes && n >= 0 && fuzz_same((struct span){bytes, (size_t)n}, want), what);
}

static struct crl_head as_head(const struct crl_facts *f)
{
    return (struct crl_head){.issuer = f->issuer, .aki = f->aki, .alg = f->alg,
                             .sm2_null = f->alg_id.n == alg_identifier(f->alg, true).n, .this_update = f->this_update,
                             .next_update = f->next_update, .number = f->number, .base = f->base,
                             .idp_url = f->idp_url[0] != '\0' ? f->idp_url : NULL,
                             .freshest_url = f->freshest_url[0] != '\0' ? f->freshest_url : NULL};
}

/* What is read has one form: the builder makes the same bytes of it. */
static void check_rebuilt(struct crl_view *v, struct span in, bool whole)
{
    const struct crl_facts *f = crl_view_facts(v);
    struct crl_head head = as_head(f);
    struct crl_source source = crl_view_source(v);
    struct crl_written w;
    struct diag d = {0};
    uint8_t sha256[DIGEST_LEN];
    empty(tbs_fd);
    fuzz_hold(crl_write_tbs(&head, &source, tbs_fd, NULL, &w, &d) == E_OK, "a list that is read and not written");
    fuzz_hold(w.bytes == f->tbs_n && crl_view_digest(v, sha256, &d) == E_OK &&
                  fuzz_same((struct span){sha256, DIGEST_LEN}, (struct span){w.sha256, DIGEST_LEN}),
              "a list that is written otherwise");
    if (!whole)
        return;
    empty(out_fd);
    fuzz_hold(crl_assemble(tbs_fd, w.bytes, f->alg, head.sm2_null, f->signature, out_fd, sha256, &d) == E_OK,
              "a CRL that is read and not written");
    check_same(out_fd, in, "a CRL that is written otherwise");
    enum err e = crl_verify(v, X509_get0_pubkey(issuer), &d);
    fuzz_check_diag(e, &d);
    const uint8_t *p = in.p;
    X509_CRL *theirs = d2i_X509_CRL(NULL, &p, (long)in.n);
    fuzz_hold(theirs != NULL && p == in.p + in.n, "a CRL that OpenSSL does not read to its end");
    X509_CRL_free(theirs);
}

static bool try(struct span in, bool whole)
{
    struct crl_view *v;
    struct crl_entry entry;
    struct diag d = {0};
    bool more = true;
    uint64_t n = 0;
    uint8_t sha256[DIGEST_LEN];
    enum err e = crl_view_open(in_fd, !whole, &v, &d);
    while (e == E_OK && more) {
        e = crl_view_next(v, &entry, &more, &d);
        n++;
    }
    fuzz_check_diag(e, &d);
    fuzz_hold(e == E_OK || e == E_CRL_FORMAT, "a bad CRL that is not called one");
    if (e == E_OK) {
        check_rebuilt(v, in, whole);
        struct crl_head head = as_head(crl_view_facts(v));
        struct diag why = {0};
        enum err linted = crl_lint(v, &head, n - 1, issuer, sha256, &why);
        fuzz_check_diag(linted, &why);
    }
    crl_view_close(v);
    return e == E_OK;
}

bool fuzz_one(struct span in)
{
    empty(in_fd);
    fuzz_hold(in.n == 0 || write(in_fd, in.p, in.n) == (ssize_t)in.n, "a file in memory is not written");
    bool whole = try(in, true), tbs = try(in, false);
    fuzz_hold(!whole || !tbs, "a CRL that is its own TBSCertList");
    return whole || tbs;
}
