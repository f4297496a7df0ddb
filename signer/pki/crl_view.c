#include "pki/crl_view.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/limits.h"
#include "pki/cause.h"
#include "pki/crl_extensions.h"
#include "pki/der_read.h"

#define WINDOW (64 * 1024)
#define ENTRY_MAX 128 /* more than any entry with a serial number, a time and a reason is long */

/* A stretch of the file. */
struct range {
    size_t at, n;
};

struct crl_view {
    int fd;
    struct crl_facts facts;
    struct range tbs, entries;
    struct buf front, extensions, end; /* what the facts' spans point into */
    uint8_t *window;
    size_t window_at, window_n;        /* what of the file is in the window */
    size_t at;                         /* of the next entry in the file */
    struct crl_entry last;
};

static enum err fail(struct diag *d, const char *clause, const char *what)
{
    return diag_set_clause(d, E_CRL_FORMAT, clause, "%s", what);
}

/* Exactly n bytes. The file was long enough when it was opened. */
static enum err read_at(int fd, uint8_t *p, struct range r, struct diag *d)
{
    size_t done = 0;
    while (done < r.n) {
        ssize_t got = pread(fd, p + done, r.n - done, (off_t)(r.at + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return diag_errno(d, errno, "reading a CRL");
        if (got == 0)
            return diag_set(d, E_IO, "the CRL became shorter while it was read");
        done += (size_t)got;
    }
    return E_OK;
}

/* The whole stretch into b. */
static enum err read_range(int fd, struct range r, struct buf *b, struct diag *d)
{
    if (r.n > LIMIT_CRL_HEAD_BYTES)
        return fail(d, "", "a part beside the entries is too long");
    uint8_t *p = malloc(r.n + 1);
    enum err e = p == NULL ? diag_set(d, E_NO_MEMORY, "reading a CRL") : read_at(fd, p, r, d);
    if (e == E_OK) {
        buf_append(b, p, r.n);
        e = buf_err(b);
        if (e != E_OK)
            diag_set(d, e, "reading a CRL");
    }
    free(p);
    return e;
}

/* The tag and the contents of the value that begins `in`, without its contents; in becomes what follows it. False when there
 * is none in DER. */
static bool split(int fd, struct range *in, uint8_t *tag, struct range *body, enum err *e, struct diag *d)
{
    uint8_t head[6] = {0};
    size_t n = in->n < sizeof head ? in->n : sizeof head, used = 2, len;
    *body = (struct range){0};
    *tag = 0;
    *e = read_at(fd, head, (struct range){in->at, n}, d);
    if (*e != E_OK || n < 2)
        return false;
    len = head[1];
    if (len >= 0x80) {
        size_t octets = len & 0x7f;
        if (octets == 0 || octets > 4 || n < 2 + octets || head[2] == 0)
            return false;
        len = 0;
        for (size_t i = 0; i < octets; i++)
            len = len << 8 | head[2 + i];
        if (len < 0x80)
            return false;
        used += octets;
    }
    if (len > in->n - used)
        return false;
    *tag = head[0];
    *body = (struct range){in->at + used, len};
    in->at += used + len;
    in->n -= used + len;
    return true;
}

/* The same for a value that must have this tag. */
static enum err take(int fd, struct range *in, uint8_t tag, struct range *body, const char *what, struct diag *d)
{
    uint8_t got;
    enum err e = E_OK;
    if (split(fd, in, &got, body, &e, d) && got == tag)
        return E_OK;
    return e != E_OK ? e : fail(d, "RFC 5280 5.1", what);
}

/* OpenSSL judges what is a name, der_check() how it is written. */
static bool is_name(struct span der)
{
    const uint8_t *p = der.p;
    X509_NAME *name = der_check(der) ? d2i_X509_NAME(NULL, &p, (long)der.n) : NULL;
    bool fine = name != NULL && p == der.p + der.n && X509_NAME_entry_count(name) > 0;
    X509_NAME_free(name);
    return fine;
}

/* Version, algorithm, issuer and the two times, which end where the entries or the extensions begin. */
static enum err read_front(struct crl_view *v, struct diag *d)
{
    struct der version, alg, issuer, this_update, next_update;
    struct crl_facts *f = &v->facts;
    struct span in = buf_span(&v->front);
    if (!der_take(&in, DER_INTEGER, &version) || version.body.n != 1 || version.body.p[0] != 1)
        return fail(d, "RFC 5280 5.1.2.1", "the version is not 2");
    if (!der_take(&in, DER_SEQUENCE, &alg) || alg_from_identifier(alg.whole, &f->alg) != E_OK)
        return fail(d, "RFC 5280 5.1.2.2", "the signature algorithm is not known");
    if (!der_take(&in, DER_SEQUENCE, &issuer) || !is_name(issuer.whole))
        return diag_set_clause(d, cause_take(E_CRL_FORMAT), "RFC 5280 5.1.2.3", "the issuer is not a name");
    if (!der_next(&in, &this_update) || !der_read_time(this_update, &f->this_update))
        return fail(d, "RFC 5280 5.1.2.4", "thisUpdate is not a time in its one form");
    if (!der_next(&in, &next_update) || !der_read_time(next_update, &f->next_update) || in.n != 0)
        return fail(d, "RFC 5280 5.1.2.5", "nextUpdate is not a time in its one form");
    f->alg_id = alg.whole;
    f->issuer = issuer.whole;
    return E_OK;
}

/* What the TBSCertList holds: five values, perhaps entries, and the extensions. */
static enum err read_tbs(struct crl_view *v, struct range tbs, struct diag *d)
{
    enum err e = E_OK;
    uint8_t tag;
    struct range in = tbs, body, extensions;
    for (int i = 0; i < 5; i++)
        if (!split(v->fd, &in, &tag, &body, &e, d))
            return e != E_OK ? e : fail(d, "RFC 5280 5.1.2", "the list ends too early");
    const struct range front = {tbs.at, in.at - tbs.at};
    if (!split(v->fd, &in, &tag, &body, &e, d))
        return e != E_OK ? e : fail(d, "RFC 5280 5.1.2", "the list ends too early");
    if (tag == DER_SEQUENCE) {
        if (body.n == 0)
            return fail(d, "RFC 5280 5.1.2.6", "an empty list of entries");
        v->entries = body;
        e = take(v->fd, &in, DER_CONSTRUCTED + 0, &extensions, "crlExtensions", d);
    } else if (tag == DER_CONSTRUCTED + 0) {
        extensions = body;
    } else {
        return fail(d, "RFC 5280 5.1.2.7", "crlExtensions");
    }
    if (e == E_OK && in.n != 0)
        e = fail(d, "RFC 5280 5.1.2", "bytes follow the extensions");
    if (e == E_OK)
        e = read_range(v->fd, front, &v->front, d);
    if (e == E_OK)
        e = read_range(v->fd, extensions, &v->extensions, d);
    if (e == E_OK)
        e = read_front(v, d);
    return e == E_OK ? crl_extensions_read(buf_span(&v->extensions), &v->facts, d) : e;
}

/* The outer algorithm, which must be the inner one, and the signature. */
static enum err read_end(struct crl_view *v, struct range end, struct diag *d)
{
    struct der alg, bits;
    enum err e = read_range(v->fd, end, &v->end, d);
    if (e != E_OK)
        return e;
    struct span in = buf_span(&v->end);
    if (!der_take(&in, DER_SEQUENCE, &alg) || !der_same(alg.whole, v->facts.alg_id))
        return fail(d, "RFC 5280 5.1.1.2", "the outer algorithm is not the inner one");
    if (!der_take(&in, DER_BIT_STRING, &bits) || in.n != 0 || !der_bits(&bits, &v->facts.signature) ||
        v->facts.signature.n == 0 || v->facts.signature.n > LIMIT_SIGNATURE_BYTES)
        return fail(d, "RFC 5280 5.1.1.3", "the signature is not a string of whole bytes");
    return E_OK;
}

static enum err read_all(struct crl_view *v, struct range in, bool tbs_only, struct diag *d)
{
    struct range whole = in, body, tbs;
    enum err e = E_OK;
    if (!tbs_only) {
        e = take(v->fd, &in, DER_SEQUENCE, &whole, "the file is no CRL", d);
        if (e == E_OK && in.n != 0)
            e = fail(d, "RFC 5280 5.1", "bytes follow the CRL");
    }
    if (e != E_OK)
        return e;
    tbs = whole;
    e = take(v->fd, &whole, DER_SEQUENCE, &body, "the file holds no TBSCertList", d);
    if (e == E_OK && tbs_only && whole.n != 0)
        e = fail(d, "RFC 5280 5.1", "bytes follow the TBSCertList");
    if (e != E_OK)
        return e;
    v->tbs = (struct range){tbs.at, body.at + body.n - tbs.at};
    v->facts.tbs_n = v->tbs.n;
    e = read_tbs(v, body, d);
    return e == E_OK && !tbs_only ? read_end(v, whole, d) : e;
}

enum err crl_view_open(int fd, bool tbs_only, struct crl_view **out, struct diag *d)
{
    struct stat st;
    *out = NULL;
    if (fstat(fd, &st) != 0)
        return diag_errno(d, errno, "reading a CRL");
    if (!S_ISREG(st.st_mode))
        return fail(d, "", "it is not a regular file");
    if (st.st_size > LIMIT_CRL_BYTES)
        return diag_set(d, E_MEDIUM_LIMIT, "the CRL is larger than %u bytes", LIMIT_CRL_BYTES);
    struct crl_view *v = calloc(1, sizeof *v);
    if (v == NULL)
        return diag_set(d, E_NO_MEMORY, "reading a CRL");
    v->fd = fd;
    v->window = malloc(WINDOW);
    enum err e = v->window == NULL ? diag_set(d, E_NO_MEMORY, "reading a CRL")
                                   : read_all(v, (struct range){0, (size_t)st.st_size}, tbs_only, d);
    if (e == E_OK) {
        crl_view_rewind(v);
        *out = v;
    } else {
        crl_view_close(v);
    }
    return e;
}

void crl_view_close(struct crl_view *v)
{
    if (v == NULL)
        return;
    buf_free(&v->front);
    buf_free(&v->extensions);
    buf_free(&v->end);
    free(v->window);
    free(v);
}

const struct crl_facts *crl_view_facts(const struct crl_view *v)
{
    return &v->facts;
}

void crl_view_rewind(struct crl_view *v)
{
    v->at = v->entries.at;
    v->window_n = 0;
    v->last = (struct crl_entry){0};
}

/* Have at least ENTRY_MAX bytes from v->at in the window, or all that the entries still have. */
static enum err fill(struct crl_view *v, struct span *out, struct diag *d)
{
    size_t left = v->entries.at + v->entries.n - v->at;
    size_t want = left < ENTRY_MAX ? left : ENTRY_MAX;
    if (v->window_n == 0 || v->at + want > v->window_at + v->window_n) {
        struct range r = {v->at, left < WINDOW ? left : WINDOW};
        enum err e = read_at(v->fd, v->window, r, d);
        if (e != E_OK)
            return e;
        v->window_at = r.at;
        v->window_n = r.n;
    }
    *out = (struct span){v->window + (v->at - v->window_at), v->window_n - (v->at - v->window_at)};
    return E_OK;
}

/* revokedCertificates' SEQUENCE { userCertificate, revocationDate, crlEntryExtensions OPTIONAL } */
static bool read_entry(struct span in, struct crl_entry *e)
{
    struct der serial, time, extensions;
    if (!der_next(&in, &serial) || !der_read_serial(serial, e->serial, &e->serial_n))
        return false;
    if (!der_next(&in, &time) || !der_read_time(time, &e->revoked))
        return false;
    return in.n == 0 || (der_take(&in, DER_SEQUENCE, &extensions) && in.n == 0 &&
                         crl_reason_read(extensions.body, &e->reason));
}

/* 7 is not used, and a full list has nothing to remove from. */
static bool may_have(int reason, bool delta)
{
    return reason <= 10 && reason != 7 && (reason != CRL_REMOVE || delta);
}

/* Right-aligned, numbers compare as bytes do. */
static bool ascends(const struct crl_entry *a, const struct crl_entry *b)
{
    uint8_t x[CRL_SERIAL_MAX] = {0}, y[CRL_SERIAL_MAX] = {0};
    memcpy(x + CRL_SERIAL_MAX - a->serial_n, a->serial, a->serial_n);
    memcpy(y + CRL_SERIAL_MAX - b->serial_n, b->serial, b->serial_n);
    return memcmp(x, y, CRL_SERIAL_MAX) < 0;
}

enum err crl_view_next(struct crl_view *v, struct crl_entry *out, bool *more, struct diag *d)
{
    struct span in;
    struct der der;
    *out = (struct crl_entry){0};
    *more = v->at < v->entries.at + v->entries.n;
    if (!*more)
        return E_OK;
    enum err e = fill(v, &in, d);
    if (e != E_OK)
        return e;
    if (!der_take(&in, DER_SEQUENCE, &der) || !read_entry(der.body, out))
        return fail(d, "RFC 5280 5.1.2.6", "an entry is not a serial number, a time and perhaps a reason");
    if (!may_have(out->reason, v->facts.base != 0))
        return fail(d, "RFC 5280 5.3.1", "an entry has a reason that the list cannot have");
    if (v->at != v->entries.at && !ascends(&v->last, out))
        return fail(d, "", "the serial numbers of the entries do not ascend");
    v->last = *out;
    v->at += der.whole.n;
    return E_OK;
}

static enum err source_rewind(void *arg, struct diag *d)
{
    (void)d;
    crl_view_rewind(arg);
    return E_OK;
}

static enum err source_next(void *arg, struct crl_entry *e, bool *more, struct diag *d)
{
    return crl_view_next(arg, e, more, d);
}

struct crl_source crl_view_source(struct crl_view *v)
{
    return (struct crl_source){v, source_rewind, source_next};
}

static enum err to_digest(void *arg, const void *p, size_t n)
{
    return digest_update(arg, p, n);
}

static enum err to_verifier(void *arg, const void *p, size_t n)
{
    return alg_verify_update(arg, p, n);
}

/* The TBSCertList's bytes, piece by piece. */
static enum err feed(struct crl_view *v, enum err (*to)(void *arg, const void *p, size_t n), void *arg, struct diag *d)
{
    uint8_t bytes[WINDOW];
    struct range left = v->tbs;
    while (left.n > 0) {
        struct range r = {left.at, left.n < sizeof bytes ? left.n : sizeof bytes};
        enum err e = read_at(v->fd, bytes, r, d);
        if (e != E_OK)
            return e;
        e = to(arg, bytes, r.n);
        if (e != E_OK)
            return diag_set(d, e, "the digest of a CRL");
        left.at += r.n;
        left.n -= r.n;
    }
    return E_OK;
}

enum err crl_view_digest(struct crl_view *v, uint8_t sha256[DIGEST_LEN], struct diag *d)
{
    struct digest *digest;
    memset(sha256, 0, DIGEST_LEN);
    enum err e = digest_new(DIGEST_SHA256, &digest);
    if (e != E_OK)
        return diag_set(d, e, "the digest of a CRL");
    e = feed(v, to_digest, digest, d);
    if (e == E_OK) {
        e = digest_final(digest, sha256);
        if (e != E_OK)
            e = diag_set(d, e, "the digest of a CRL");
    }
    digest_free(digest);
    return e;
}

enum err crl_verify(struct crl_view *v, EVP_PKEY *issuer, struct diag *d)
{
    struct alg_verifier *verifier = NULL;
    const struct crl_facts *f = &v->facts;
    if (f->signature.n == 0)
        return diag_set(d, E_CRL_SIGNATURE, "there is none");
    enum err e = alg_verify_begin(f->alg, issuer, &verifier);
    if (e == E_OK) {
        e = feed(v, to_verifier, verifier, d);
        if (e != E_OK)
            goto out;
        e = alg_verify_end(verifier, f->signature);
    }
    if (e == E_SIGNATURE_BAD)
        e = diag_set(d, E_CRL_SIGNATURE, "%s", alg_sig_name(f->alg));
    else if (e != E_OK)
        e = diag_set(d, e, "verifying a CRL");
out:
    alg_verify_free(verifier);
    return e;
}
